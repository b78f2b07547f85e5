from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import triage
from tests.unit.summary.sample import row
from triage import canon, errors, schema
from triage.summary import codebook, period, release, tabulate

MONTH, TERM, YEAR = (period.read(text) for text in ("2026-11", "2026-2027-HK1", "2026-2027"))
PREV = "ab" * 32


def drawn(wanted: period.Period = MONTH, **changes: Any) -> bytes:
    """A release of one student, with the noise 0, -1, -2 ... in turn unless changed."""
    steps = iter(range(0, -200, -1))
    given: dict[str, Any] = {"school_code": "79012345", "seq": 1, "prev": None, "draw": lambda _: next(steps)}
    return release.draw(tabulate.tables([row()], wanted), wanted, **(given | changes))


def test_the_document_of_a_month_is_exactly_this() -> None:
    assert json.loads(drawn()) == {
        "schema": "summary-v1",
        "school": "79012345",
        "period": "2026-11",
        "shape": "month",
        "closed": "2026-12-01",
        "seq": 1,
        "prev": None,
        "codebook": {"version": 1, "sha256": codebook.digest()},
        "method": "discrete-gaussian",
        "sigma2": 16,
        "tables": [
            {"table": "total", "cells": ["total"], "values": [1]},
            {"table": "severity", "cells": ["red", "orange", "yellow"], "values": [-1, -2, -2]},
        ],
        "guarantee": release.guarantee("month"),
    }


def test_every_number_gets_its_own_draw_of_the_fixed_variance() -> None:
    for wanted, numbers in ((MONTH, 4), (TERM, 50), (YEAR, 10)):
        asked: list[int] = []

        def draw(sigma2: int, asked: list[int] = asked) -> int:
            asked.append(sigma2)
            return 1000 * len(asked)

        found = json.loads(drawn(wanted, draw=draw))
        values = [value for part in found["tables"] for value in part["values"]]
        assert asked == [16] * numbers
        assert [round(value, -3) for value in values] == [1000 * n for n in range(1, numbers + 1)]
        exact = [value for part in tabulate.tables([row()], wanted).values() for value in part]
        assert [value % 1000 for value in values] == exact


def test_negative_numbers_stay_as_drawn() -> None:
    found = json.loads(drawn(draw=lambda _: -9))
    assert [value for part in found["tables"] for value in part["values"]] == [-8, -9, -9, -8]


def test_two_draws_of_the_same_counts_differ() -> None:
    exact = tabulate.tables([], TERM)
    first, second = (release.draw(exact, TERM, school_code="79012345", seq=1, prev=None) for _ in range(2))
    assert first != second


def test_the_bytes_are_canonical_and_fit_the_schema() -> None:
    for wanted in (MONTH, TERM, YEAR):
        payload = drawn(wanted, seq=2, prev=PREV)
        document = release.read(payload)
        assert canon.dumps(document) == payload
        schema.check(document, "summary-v1")


def test_the_closing_date_is_the_scheduled_one() -> None:
    assert [release.closed_on(wanted).isoformat() for wanted in (MONTH, TERM, YEAR)] == [
        "2026-12-01",
        "2027-02-01",
        "2027-09-01",
    ]


def test_the_shape_of_the_file_never_depends_on_the_counts() -> None:
    """Same keys, order and number of values whether the school had nobody or everybody."""

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items() if key != "values"} | {
                key: len(item) for key, item in value.items() if key == "values"
            }
        return [shape(item) for item in value] if isinstance(value, list) else value

    crowd = [row(f"P{n}") for n in range(60)]
    for wanted in (MONTH, TERM, YEAR):
        empty, full = (
            release.draw(tabulate.tables(rows, wanted), wanted, school_code="79012345", seq=1, prev=None)
            for rows in ([], crowd)
        )
        assert shape(json.loads(empty)) == shape(json.loads(full))


@pytest.mark.parametrize("code", ["", "=1+1", "-7", "../x", "a/b", "a b", "x" * 33, "tên", "79\n"])
def test_a_code_that_cannot_be_a_file_name_is_refused(code: str) -> None:
    with pytest.raises(errors.UsageError) as raised:
        drawn(school_code=code)
    assert raised.value.code == "bad-school-code"


@pytest.mark.parametrize(("seq", "prev"), [(1, PREV), (2, None)])
def test_only_the_first_release_has_none_before_it(seq: int, prev: str | None) -> None:
    with pytest.raises(ValueError, match="previous"):
        drawn(seq=seq, prev=prev)


def test_tables_of_another_period_or_with_a_missing_cell_are_refused() -> None:
    short = tabulate.tables([], MONTH) | {"severity": [0, 0]}
    for exact in (tabulate.tables([], TERM), short, {}):
        with pytest.raises(ValueError, match="not those"):
            release.draw(exact, MONTH, school_code="79012345", seq=1, prev=None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "summary-v2"),
        (("school",), "=HYPERLINK()"),
        (("period",), "2026-2027-HK1"),
        (("period",), "2026-10"),
        (("shape",), "term"),
        (("closed",), "2026-12-02"),
        (("closed",), "2027-01-01"),
        (("seq",), 0),
        (("seq",), 2),
        (("prev",), PREV),
        (("codebook", "sha256"), PREV),
        (("sigma2",), 1),
        (("tables", 0, "values"), []),
        (("tables", 0, "values"), [1, 2]),
        (("tables", 0, "values"), [1.5]),
        (("tables", 0, "values"), [10**7]),
        (("tables", 1, "cells"), ["orange", "red", "yellow"]),
        (("guarantee", "en"), "Lan, 8A2, was here."),
        (("guarantee", "rho"), "1/8"),
        (("note",), "free text"),
    ],
)
def test_a_document_that_could_not_have_been_drawn_is_refused(path: tuple[Any, ...], value: object) -> None:
    document = json.loads(drawn())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(errors.CheckFailed) as raised:
        release.read(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    assert raised.value.code == "summary-shape"


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"a":NaN}', b"[" * 100_000])
def test_what_is_no_document_is_refused(payload: bytes) -> None:
    with pytest.raises(errors.CheckFailed):
        release.read(payload)


def test_another_spelling_of_the_same_document_is_refused() -> None:
    with pytest.raises(errors.CheckFailed):
        release.read(drawn() + b"\n")


def test_no_part_of_the_program_puts_in_its_own_noise() -> None:
    """The argument is there for tests: outside release.py nobody passes ``draw`` or ``below``."""
    for file in Path(triage.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert not {"draw", "below"} & {word.arg for word in node.keywords}, file
