"""Coded rows to exact tables: each pupil code once in every table.

A pupil's place depends on that pupil's own rows alone. That is what the noise relies on: taking one
pupil away changes exactly one cell of each table by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from triage.summary import codebook
from triage.summary.period import Period
from triage.terms import Delay, Kind, Level, Platform


@dataclass(frozen=True, slots=True)
class CodedRow:
    """One affected student in one case, in codes: no name, no case, no text."""

    pupil: str
    """The school's random code for the student; empty when there is none."""
    registered_at: datetime
    """When the program recorded the student in the case, aware: never when it happened or was told."""
    level: Level
    """The student's own level: its answers alone, never the level of the case."""
    kind: Kind
    """The kind under which the student's answers rank highest."""
    platform: Platform
    """Where the first contact was."""
    delay: Delay
    """How long until the student told someone."""


def tables(rows: Iterable[CodedRow], wanted: Period) -> dict[str, list[int]]:
    """The exact tables of a period, over the full fixed domain in codebook order.

    Counted are pupil codes with a row registered in the period; a row without a code is not. Each code
    stands under its record of highest own level, of these the latest, of these the first in codebook order.

    Returns:
        for each table of the period's shape, its cells' counts in codebook order.
    """
    chosen: dict[str, CodedRow] = {}
    for row in rows:
        if not row.pupil or not wanted.contains(row.registered_at):
            continue
        before = chosen.get(row.pupil)
        if before is None or _rank(row) > _rank(before):
            chosen[row.pupil] = row
    return {table.name: _count(table, chosen.values()) for table in codebook.tables(wanted.shape)}


def _rank(row: CodedRow) -> tuple[Level, datetime, int, int, int]:
    # The last two decide only between rows alike in all the rule names: the order of input never decides.
    return (
        row.level,
        row.registered_at,
        -codebook.kind_order(row.kind),
        -list(Platform).index(row.platform),
        -list(Delay).index(row.delay),
    )


def _count(table: codebook.Table, rows: Iterable[CodedRow]) -> list[int]:
    counts = [0] * len(table.cells)
    for row in rows:
        counts[table.position(tuple(_value(row, part) for part in table.by))] += 1
    return counts


def _value(row: CodedRow, part: str) -> str:
    if part == "categories":
        return codebook.category(row.kind)
    if part == "severities":
        return codebook.severity(row.level)
    return row.platform.value if part == "platforms" else row.delay.value
