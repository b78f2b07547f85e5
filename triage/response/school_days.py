"""School days: when the school day ends, and which days are none."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from triage import clock
from triage.terms import Level

_FIXED = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
"""Fixed public holidays, month and day. [M] Source: semantics.md, Steps and clocks."""
_AT_LEAST = timedelta(minutes=60)
_URGENT = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A school's day and the days off it has entered."""

    ends: time = time(17, 0)
    """When the school day ends, Vietnam's time."""
    saturday: bool = False
    """Whether Saturday is a school day."""
    days_off: frozenset[date] = field(default_factory=frozenset)
    """The school's own days off."""

    def source(self, on: date) -> str | None:
        """Why a weekday is off: ``fixed``, ``computed, check``, ``school``; None when it is not known to be off."""
        if on in self.days_off:
            return "school"
        if (on.month, on.day) in _FIXED:
            return "fixed"
        return "computed, check" if on in _computed(on.year) else None

    def is_school_day(self, on: date) -> bool:
        """Whether there is school; a day not known to be off is a school day."""
        return on.weekday() < (6 if self.saturday else 5) and self.source(on) is None

    def next_day(self, after: date) -> date:
        """The first school day after a date."""
        on = after + timedelta(days=1)
        while not self.is_school_day(on):
            on += timedelta(days=1)
        return on

    def end_on(self, on: date) -> datetime:
        """The end of the school day on a date, in UTC."""
        return datetime.combine(on, self.ends, clock.VIETNAM).astimezone(clock.parse("2000-01-01T00:00:00Z").tzinfo)

    def end_of_day(self, told_at: datetime, level: Level) -> datetime:
        """SD: the end of this school day if at least an hour away, else soon or the next day, by level."""
        on = told_at.astimezone(clock.VIETNAM).date()
        if self.is_school_day(on) and self.end_on(on) - told_at >= _AT_LEAST:
            return self.end_on(on)
        if level >= Level.HIGH:
            return told_at + _URGENT
        return self.end_on(self.next_day(on))

    def add_school_days(self, at: datetime, count: int) -> datetime:
        """``count`` school days later, at the end of that day."""
        on = at.astimezone(clock.VIETNAM).date()
        for _day in range(count):
            on = self.next_day(on)
        return self.end_on(on)


@functools.cache
def _computed(year: int) -> frozenset[date]:
    """Tết and Giỗ Tổ Hùng Vương of a year, computed from the lunar calendar by the ``holidays`` library."""
    import holidays

    found = holidays.country_holidays("VN", years=year)
    return frozenset(on for on in found if (on.month, on.day) not in _FIXED)
