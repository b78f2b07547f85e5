"""Steps done again and again: which check-ins there are, with which number, and when each is due.

At CRITICAL one check is open at a time, each hour, until the student is safe; then, and at every other
level, the whole list of the level stands. Checks that were closed keep their number and what they were
due; the list's remaining entries take the numbers that are free. So a change of level adds the checks
that the new level wants and loses none.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.response import due
from triage.response.school_days import SchoolDay
from triage.terms import Level, StepState

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a step."""

    state: StepState
    """Done, skipped or waiting."""
    at: datetime
    """When it was truly done, skipped or set waiting."""
    due_at: datetime | None = None
    """When it was due as it was marked; without it a check-in stands for its place in the level's list."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What check-ins depend on."""

    level: Level
    """The level now."""
    told_at: datetime
    """Where the clocks start."""
    hourly: bool
    """One check each hour: the level is CRITICAL, the step wants it, and the student is not safe yet."""
    safe_at: datetime | None
    """When the student was said to be safe, where that ended hourly checks."""
    day: SchoolDay
    """The school's day."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check."""

    number: int
    """The 2 of ``X21.2``."""
    due_at: datetime | None
    """When it is due, or was."""


def plan(
    repeat: Mapping[str, Sequence[str]], marks: Mapping[int, Mark], clocks: Clocks, *, stands: bool
) -> Iterator[CheckIn]:
    """The checks that were marked and, when the step stands, those still to do.

    Args:
        repeat: level to the list of due times.
        marks: number of a check to what became of it.
        clocks: level, start and whether checks are hourly.
        stands: False when the step is no longer wanted: what was marked stays.

    Source: semantics.md, Steps and clocks.
    """
    start = clocks.safe_at or clocks.told_at
    entries = sorted(
        due.after(text, start, clocks.level, clocks.day) for text in repeat.get(clocks.level.name, ())
    )
    was_due = {number: _was_due(number, marks, entries, clocks) for number in marks}
    for number, due_at in was_due.items():
        yield CheckIn(number, due_at)
    if not stands:
        return
    if clocks.hourly:
        yield from _next_hour(marks, clocks)
        return
    for number, due_at in zip(_free(marks), _left(entries, was_due), strict=False):
        yield CheckIn(number, due_at)


def _next_hour(marks: Mapping[int, Mark], clocks: Clocks) -> Iterator[CheckIn]:
    """The one open hourly check: n hours after the report, an hour after a previous one that came later."""
    if any(mark.state is StepState.WAITING for mark in marks.values()):
        return
    number = next(_free(marks))
    due_at = clocks.told_at + number * _HOUR
    last = max((mark.at for mark in marks.values()), default=clocks.told_at)
    yield CheckIn(number, due_at if last <= due_at else last + _HOUR)


def _free(marks: Mapping[int, Mark]) -> Iterator[int]:
    number = 0
    while True:
        number += 1
        if number not in marks:
            yield number


def _left(entries: Sequence[datetime], was_due: Mapping[int, datetime | None]) -> list[datetime]:
    """The entries for which no check was marked: each mark stands for the last one due when it was due."""
    left = list(entries)
    for at in sorted(at for at in was_due.values() if at is not None):
        place = bisect.bisect_right(left, at)
        if place:
            del left[place - 1]
    return left


def _was_due(
    number: int, marks: Mapping[int, Mark], entries: Sequence[datetime], clocks: Clocks
) -> datetime | None:
    known = marks[number].due_at
    if known is not None:
        return known
    hourly = [one for one, mark in marks.items() if clocks.safe_at and mark.at < clocks.safe_at]
    place = number - 1 - len(hourly)
    if clocks.hourly or number in hourly or not 0 <= place < len(entries):
        return None
    return entries[place]
