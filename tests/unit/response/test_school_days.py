"""When the school day ends and which days are none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from triage import clock
from triage.response.school_days import SchoolDay
from triage.terms import Level

DAY = SchoolDay()
MONDAY = date(2026, 1, 5)


def _at(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    """An instant of 2026 in Vietnam's time."""
    return datetime(2026, month, day, hour, minute, tzinfo=clock.VIETNAM).astimezone(UTC)


def test_monday_to_friday_and_saturday_by_setting() -> None:
    week = [MONDAY + timedelta(days=day) for day in range(7)]
    assert [DAY.is_school_day(on) for on in week] == [True] * 5 + [False] * 2
    assert [SchoolDay(saturday=True).is_school_day(on) for on in week] == [True] * 6 + [False]


@pytest.mark.parametrize(("month", "day"), [(1, 1), (4, 30), (5, 1), (9, 2)])
def test_fixed_holidays(month: int, day: int) -> None:
    for year in (2026, 2027, 2031):
        assert DAY.source(date(year, month, day)) == "fixed"
        assert not DAY.is_school_day(date(year, month, day))


@pytest.mark.parametrize(
    "on", [date(2026, 2, 17), date(2027, 2, 8), date(2025, 1, 29), date(2027, 4, 16), date(2026, 4, 27)]
)
def test_tet_and_gio_to_are_computed_and_say_so(on: date) -> None:
    """The first of Tết 2026, the third 2027, the first 2025; the tenth of the third month 2027 and 2026 (moved)."""
    assert DAY.source(on) == "computed, check"
    assert not DAY.is_school_day(on)


@pytest.mark.parametrize("on", [date(2026, 11, 24), date(2026, 8, 31), date(2026, 9, 1), date(2026, 11, 20)])
def test_a_day_not_known_to_be_off_is_a_school_day(on: date) -> None:
    """A step is due earlier, never later: what else a library calls a holiday is the school's to enter."""
    assert DAY.source(on) is None
    assert DAY.is_school_day(on)


def test_the_school_enters_its_own_days() -> None:
    own = SchoolDay(days_off=frozenset({date(2026, 11, 20), date(2026, 1, 1)}))
    assert own.source(date(2026, 11, 20)) == "school"
    assert own.source(date(2026, 1, 1)) == "school"
    assert not own.is_school_day(date(2026, 11, 20))
    assert own.next_day(date(2026, 11, 19)) == date(2026, 11, 23)


@pytest.mark.parametrize("level", list(Level))
def test_the_end_of_the_school_day_when_at_least_an_hour_away(level: Level) -> None:
    assert DAY.end_of_day(_at(5, 9), level) == _at(5, 17)
    assert DAY.end_of_day(_at(5, 16), level) == _at(5, 17)
    assert SchoolDay(ends=time(16, 30)).end_of_day(_at(5, 9), level) == _at(5, 16, 30)


@pytest.mark.parametrize("told", [_at(5, 16, 1), _at(5, 17), _at(5, 22), _at(10, 9), _at(1, 9)])
def test_otherwise_eight_hours_when_urgent_and_the_next_school_day_when_not(told: datetime) -> None:
    """Too late in the day, in the evening, on a Saturday, on New Year's Day."""
    for level in (Level.CRITICAL, Level.HIGH):
        assert DAY.end_of_day(told, level) == told + timedelta(hours=8)
    following = {5: _at(6, 17), 10: _at(12, 17), 1: _at(2, 17)}[told.astimezone(clock.VIETNAM).day]
    for level in (Level.MEDIUM, Level.LOW):
        assert DAY.end_of_day(told, level) == following


def test_the_day_is_that_of_vietnam_whatever_the_zone_of_the_instant() -> None:
    """23:30 UTC on Sunday is 06:30 on Monday in Vietnam."""
    for level in Level:
        assert DAY.end_of_day(datetime(2026, 1, 4, 23, 30, tzinfo=UTC), level) == _at(5, 17)


def test_school_days_skip_the_weekend_and_holidays_and_keep_the_time_of_day() -> None:
    assert DAY.add_school_days(_at(5, 9), 1) == _at(6, 9)
    assert DAY.add_school_days(_at(9, 9), 1) == _at(12, 9)
    assert DAY.add_school_days(_at(10, 9), 1) == _at(12, 9)
    assert DAY.add_school_days(_at(13, 10, month=2), 1) == _at(23, 10, month=2)
    assert DAY.add_school_days(_at(5, 9), 3) == _at(8, 9)


def test_a_school_day_later_is_never_after_school() -> None:
    assert DAY.add_school_days(_at(5, 22), 1) == _at(6, 17)
    assert DAY.add_school_days(_at(5, 22), 0) == _at(5, 22)
