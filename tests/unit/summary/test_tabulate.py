from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from tests.unit.summary.sample import NOON, row
from triage.summary import codebook, internal, period, tabulate
from triage.terms import Delay, Kind, Level, Platform

MONTH, TERM, YEAR = (period.read(text) for text in ("2026-11", "2026-2027-HK1", "2026-2027"))
HOUR = timedelta(hours=1)


def cells(rows: list[tabulate.CodedRow], wanted: period.Period, table: str) -> dict[str, int]:
    """The cells of one table that are not zero."""
    found = next(t for t in codebook.tables(wanted.shape) if t.name == table)
    values = tabulate.tables(rows, wanted)[table]
    return {cell.key: value for cell, value in zip(found.cells, values, strict=True) if value}


def test_an_empty_period_has_every_table_full_of_zeros() -> None:
    for wanted in (MONTH, TERM, YEAR):
        found = tabulate.tables([], wanted)
        assert {name: len(values) for name, values in found.items()} == {
            t.name: len(t.cells) for t in codebook.tables(wanted.shape)
        }
        assert not any(itertools.chain(*found.values()))


def test_a_pupil_in_three_cases_is_one_pupil_in_every_table() -> None:
    rows = [row(kind=kind, at=NOON + HOUR * n) for n, kind in enumerate((Kind.SCAM, Kind.NCII, Kind.UNSURE))]
    for wanted in (MONTH, TERM, YEAR):
        assert [sum(values) for values in tabulate.tables(rows, wanted).values()] == [1] * (
            len(codebook.tables(wanted.shape))
        )


def test_the_record_of_highest_own_level_counts_though_a_later_one_is_milder() -> None:
    rows = [row(level=Level.HIGH, kind=Kind.NCII), row(at=NOON + HOUR, level=Level.MEDIUM, kind=Kind.BULLY)]
    assert cells(rows, TERM, "category_severity") == {"sextort_ncii.orange": 1}


def test_medium_outranks_low_though_both_are_yellow() -> None:
    rows = [row(level=Level.MEDIUM, kind=Kind.NCII), row(at=NOON + HOUR, level=Level.LOW, kind=Kind.BULLY)]
    assert cells(rows, TERM, "category") == {"sextort_ncii": 1}


def test_of_two_alike_in_level_the_latest_registration_counts() -> None:
    rows = [row(kind=Kind.SCAM, platform=Platform.GAME), row(at=NOON + HOUR, kind=Kind.RECRUIT)]
    assert cells(rows, TERM, "category") == {"recruit": 1}
    assert cells(rows, TERM, "platform") == {"zalo": 1}


def test_of_two_at_the_same_instant_the_first_kind_of_the_codebook_counts() -> None:
    rows = [row(kind=Kind.UNSURE), row(kind=Kind.RECRUIT), row(kind=Kind.CONTROL), row(kind=Kind.GROOM)]
    for order in itertools.permutations(rows):
        assert cells(list(order), TERM, "category") == {"groom_control": 1}


def test_the_order_of_rows_never_matters() -> None:
    for rows in (
        [row(platform=Platform.GAME), row(platform=Platform.ZALO), row("B")],
        [row(delay=Delay.OVER_30), row(delay=Delay.SAME_DAY), row("B")],
    ):
        found = [tabulate.tables(order, TERM) for order in itertools.permutations(rows)]
        assert all(one == found[0] for one in found)


def test_an_unclear_kind_is_counted_as_unknown_never_dropped() -> None:
    rows = [row(kind=Kind.UNSURE, platform=Platform.UNKNOWN, delay=Delay.UNKNOWN)]
    assert cells(rows, TERM, "category") == cells(rows, YEAR, "category") == {"unknown": 1}
    assert cells(rows, TERM, "platform") == cells(rows, TERM, "delay") == {"unknown": 1}


def test_a_period_counts_what_was_registered_in_it_and_nothing_else() -> None:
    rows = [
        row("before", datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC)),
        row("first", datetime(2026, 10, 31, 17, tzinfo=UTC)),
        row("last", datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)),
        row("after", datetime(2026, 11, 30, 17, tzinfo=UTC)),
    ]
    assert tabulate.tables(rows, MONTH)["total"] == [2]
    assert tabulate.tables(rows, YEAR)["total"] == [4]


def test_a_worse_record_outside_the_period_does_not_colour_the_one_inside() -> None:
    rows = [row(level=Level.LOW), row(at=NOON + timedelta(days=40), level=Level.CRITICAL)]
    assert cells(rows, MONTH, "severity") == {"yellow": 1}
    assert cells(rows, TERM, "category_severity") == {"scam.red": 1}


def test_a_row_without_a_code_is_counted_inside_the_school_only() -> None:
    rows = [row(""), row(""), row("B")]
    assert tabulate.tables(rows, MONTH)["total"] == [1]
    assert internal.exact(rows, MONTH)["tables"][0] == {"table": "total", "cells": ["total"], "values": [3]}


def test_exact_tables_say_that_they_are_internal() -> None:
    found = internal.exact([row()], TERM)
    assert found["internal"] is True
    assert found["mark"]
    assert found["period"] == "2026-2027-HK1"
    assert [part["table"] for part in found["tables"]] == [t.name for t in codebook.tables("term")]
    assert [part["values"] for part in found["tables"]] == list(tabulate.tables([row()], TERM).values())
