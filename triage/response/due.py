"""When a step is due: from the moment it was told, never before the step appeared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from triage.response.school_days import SchoolDay
from triage.terms import Level

_AFTER = re.compile(r"\+(\d+)(m|h|d|sd)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def at(
    rule: Mapping[str, str], told_at: datetime, level: Level, flags: frozenset[str], day: SchoolDay
) -> datetime | None:
    """The earliest of the due times whose key holds: the level, a time flag; ``else`` when no level key does.

    Args:
        rule: level, flag or ``else`` to ``now``, ``+15m``, ``+4h``, ``+2d``, ``+1sd`` or ``SD``.
        told_at: where the clock starts.
        level: the level now.
        flags: the time flags that hold.
        day: the school's day.
    """
    names = [name for name in rule if name in flags or name == level.name]
    if "else" in rule and level.name not in rule:
        names.append("else")
    return min((after(rule[name], told_at, level, day) for name in names), default=None)


def after(text: str, start: datetime, level: Level, day: SchoolDay) -> datetime:
    """One due time of the grammar, from ``start``."""
    if text == "now":
        return start
    if text == "SD":
        return day.end_of_day(start, level)
    found = _AFTER.fullmatch(text)
    if found is None:
        raise ValueError(f"no due time: {text}")
    count, unit = int(found[1]), found[2]
    if unit == "sd":
        return day.add_school_days(start, count)
    return start + timedelta(**{_UNITS[unit]: count})
