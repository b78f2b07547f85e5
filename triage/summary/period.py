"""The periods a summary can be made for: months, terms and school years, in Vietnam's time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from triage import clock, errors

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"(20[0-9]{2})-(2[0-9]{3})(?:-HK([12]))?")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """One month, term or school year of the fixed calendar; there are no others.

    A window that a reader could choose would be one more question about each child.
    """

    text: str
    """``2026-11``, ``2026-2027-HK1``, ``2026-2027``: the same string stands in the file."""
    shape: str
    """month, term or year."""
    first_day: date
    """Its first day, in Vietnam."""
    last_day: date
    """Its last day, in Vietnam."""

    @property
    def first(self) -> datetime:
        """The instant it begins, in UTC."""
        return _midnight(self.first_day)

    @property
    def after(self) -> datetime:
        """The first instant that no longer belongs to it, in UTC."""
        return _midnight(self.closes_on)

    @property
    def closes_on(self) -> date:
        """The day after its last: the date a release carries, whenever it was really closed."""
        return self.last_day + _DAY

    @property
    def months(self) -> tuple[str, ...]:
        """The months it is made of, in order."""
        found, day = [], self.first_day
        while day <= self.last_day:
            found.append(f"{day:%Y-%m}")
            day = _next_month(day)
        return tuple(found)

    @property
    def needs(self) -> tuple[str, ...]:
        """The periods that must be closed before it: a term's months, a year's terms."""
        if self.shape == "term":
            return self.months
        if self.shape == "year":
            return f"{self.text}-HK1", f"{self.text}-HK2"
        return ()

    def contains(self, instant: datetime) -> bool:
        """Whether an aware instant of registration lies in it."""
        return self.first <= instant < self.after

    def is_over(self, now: datetime) -> bool:
        """Whether nothing can be registered in it any more."""
        return now >= self.after


def read(text: str) -> Period:
    """The period that ``text`` names.

    Args:
        text: ``2026-11``; ``2026-2027-HK1`` (1 September to 31 January); ``2026-2027-HK2`` (1 February
            to 31 August); ``2026-2027`` (1 September to 31 August).

    Raises:
        errors.UsageError: ``bad-period`` for anything else.
    """
    name = text.strip().upper()
    if found := _MONTH.fullmatch(name):
        day = date(int(found[1]), int(found[2]), 1)
        return Period(name, "month", day, _next_month(day) - _DAY)
    found = _YEAR.fullmatch(name)
    if found is None or int(found[2]) != int(found[1]) + 1:
        raise errors.UsageError("bad-period", value=text)
    begins, turns, ends = date(int(found[1]), 9, 1), date(int(found[2]), 2, 1), date(int(found[2]), 8, 31)
    if found[3] == "1":
        return Period(name, "term", begins, turns - _DAY)
    if found[3] == "2":
        return Period(name, "term", turns, ends)
    return Period(name, "year", begins, ends)


def of(instant: datetime) -> Period:
    """The month in which an aware instant lies, in Vietnam."""
    return read(f"{instant.astimezone(clock.VIETNAM):%Y-%m}")


def around(instant: datetime) -> tuple[str, ...]:
    """The month, the term and the school year in which an aware instant lies, in Vietnam."""
    day = instant.astimezone(clock.VIETNAM).date()
    begins = day.year if day.month >= 9 else day.year - 1
    year = f"{begins}-{begins + 1}"
    return f"{day:%Y-%m}", f"{year}-HK{1 if day.month >= 9 or day.month == 1 else 2}", year


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.VIETNAM).astimezone(UTC)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
