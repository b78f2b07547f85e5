"""When a step is due: from the moment it was told, by level and time flag."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from triage.response.school_days import SchoolDay
from triage.terms import Level

_AFTER = re.compile(r"\+(\d{1,4})(m|h|d|sd)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def is_time(text: str) -> bool:
    """Whether ``text`` is one of ``now``, ``SD``, ``+15m``, ``+4h``, ``+2d``, ``+1sd``."""
    return text in ("now", "SD") or _AFTER.fullmatch(text) is not None


def at(
    rule: Mapping[str, str], told_at: datetime, level: Level, flags: Collection[str], day: SchoolDay
) -> datetime | None:
    """The earliest of the due times that match; None when none does.

    Args:
        rule: level, time flag or ``else`` to a due time.
        told_at: where the clock starts.
        level: the level now.
        flags: the time flags that hold.
        day: the school's day.

    Source: semantics.md, Steps and clocks.
    """
    names = [name for name in rule if name in flags or name == level.name]
    if "else" in rule and level.name not in rule:
        names.append("else")
    return min((after(rule[name], told_at, level, day) for name in names), default=None)


def after(text: str, start: datetime, level: Level, day: SchoolDay) -> datetime:
    """One due time, counted from ``start``: minutes, hours and days by the wall clock, ``sd`` by school days.

    Raises:
        ValueError: it is none.
    """
    if text == "now":
        return start
    if text == "SD":
        return day.end_of_day(start, level)
    found = _AFTER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    count, unit = int(found[1]), found[2]
    if unit == "sd":
        return day.add_school_days(start, count)
    return start + timedelta(**{_UNITS[unit]: count})
