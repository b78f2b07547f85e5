from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from triage import errors
from triage.summary import period

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "shape", "first", "last"),
    [
        ("2026-11", "month", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", "month", date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", "month", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-2027-HK1", "term", date(2026, 9, 1), date(2027, 1, 31)),
        ("2026-2027-HK2", "term", date(2027, 2, 1), date(2027, 8, 31)),
        ("2026-2027", "year", date(2026, 9, 1), date(2027, 8, 31)),
    ],
)
def test_a_period_has_the_calendars_days_and_keeps_its_string(
    text: str, shape: str, first: date, last: date
) -> None:
    found = period.read(text)
    assert (found.text, found.shape, found.first_day, found.last_day) == (text, shape, first, last)
    assert found.closes_on == last + timedelta(days=1)
    assert period.read(f" {text.lower()} ") == found


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-2028", "2026-2026", "2027-2026",
        "2026-2027-HK3", "2026-2027-HK", "2026-11-01", "2026-11..2026-12", "２０２６-11", "2026-11\n2026-12",
    ],
)  # fmt: skip
def test_no_other_window_can_be_asked_for(text: str) -> None:
    with pytest.raises(errors.UsageError) as raised:
        period.read(text)
    assert raised.value.code == "bad-period"


def test_a_day_begins_at_midnight_in_vietnam() -> None:
    november, last = period.read("2026-11"), datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)
    assert november.contains(last)
    assert period.of(last) == november
    assert not november.contains(last + SECOND)
    assert period.of(last + SECOND) == period.read("2026-12")
    assert november.contains(datetime(2026, 10, 31, 17, tzinfo=UTC))
    assert not november.contains(datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC))


def test_a_period_is_over_with_its_last_second_and_not_before() -> None:
    for text in ("2026-11", "2026-2027-HK1", "2026-2027-HK2", "2026-2027"):
        found = period.read(text)
        assert not found.is_over(found.after - SECOND)
        assert found.is_over(found.after)


def test_a_school_year_is_its_terms_and_its_terms_are_their_months_without_gap_or_overlap() -> None:
    year, first, second = (period.read(f"2026-2027{part}") for part in ("", "-HK1", "-HK2"))
    assert year.needs == (first.text, second.text)
    assert first.needs + second.needs == year.months
    assert len(year.months) == 12
    for whole, parts in ((year, year.needs), (first, first.needs), (second, second.needs)):
        found = [period.read(part) for part in parts]
        assert found[0].first == whole.first
        assert found[-1].after == whole.after
        assert all(a.after == b.first for a, b in itertools.pairwise(found))
    assert period.read("2026-11").needs == ()
