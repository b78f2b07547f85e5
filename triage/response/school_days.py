"""School days: when the school day ends, and which days are none."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from triage import clock
from triage.terms import Level

_FIXED = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
"""Fixed public holidays, month and day. [M] Source: semantics.md, Steps and clocks."""
_LUNAR = ("Lunar New Year", "Hung Kings")
"""What of the library's calendar counts: Tết and Giỗ Tổ Hùng Vương. Source: semantics.md, Steps and clocks."""
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
        """Where it is known from that a date is off: ``school``, ``fixed``, ``computed, check``, else None.

        Source: semantics.md, Steps and clocks. A public holiday on top of these (a day exchanged by decree,
        a second National Day) is the school's own to enter: until then a step is due earlier, never later.
        """
        if on in self.days_off:
            return "school"
        if (on.month, on.day) in _FIXED:
            return "fixed"
        return "computed, check" if on in _computed(on.year) else None

    def is_school_day(self, on: date) -> bool:
        """Whether there is school; a weekday not known to be off is a school day."""
        return on.weekday() < (6 if self.saturday else 5) and self.source(on) is None

    def next_day(self, after: date) -> date:
        """The first school day after a date."""
        on = after + timedelta(days=1)
        while not self.is_school_day(on):
            on += timedelta(days=1)
        return on

    def end_on(self, on: date) -> datetime:
        """The end of the school day on a date, in UTC."""
        return datetime.combine(on, self.ends, clock.VIETNAM).astimezone(UTC)

    def end_of_day(self, told_at: datetime, level: Level) -> datetime:
        """``SD``: the end of this school day if at least 60 minutes away.

        Otherwise, and on a day without school: 8 hours after ``told_at`` at CRITICAL and HIGH, the end of
        the next school day at MEDIUM and LOW.

        Source: semantics.md, Steps and clocks.
        """
        on = told_at.astimezone(clock.VIETNAM).date()
        if self.is_school_day(on) and self.end_on(on) - told_at >= _AT_LEAST:
            return self.end_on(on)
        if level >= Level.HIGH:
            return told_at + _URGENT
        return self.end_on(self.next_day(on))

    def add_school_days(self, at: datetime, count: int) -> datetime:
        """``+1sd``: the same time of day ``count`` school days later, and never after that day's end."""
        there = at.astimezone(clock.VIETNAM)
        on = there.date()
        for _day in range(count):
            on = self.next_day(on)
        same_time = datetime.combine(on, there.timetz()).astimezone(UTC)
        return max(at, min(same_time, self.end_on(on)))


@functools.cache
def _computed(year: int) -> frozenset[date]:
    """Tết and Giỗ Tổ of a year as the ``holidays`` library computes them from the lunar calendar."""
    import holidays

    days = holidays.country_holidays("VN", years=year, language="en_US")
    return frozenset(on for on, name in days.items() if any(word in name for word in _LUNAR))
