"""When a step is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.response import due
from triage.response.school_days import SchoolDay
from triage.terms import Level

TOLD = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
DAY = SchoolDay()


def _minutes(rule: dict[str, str], level: Level, *flags: str) -> float | None:
    at = due.at(rule, TOLD, level, flags, DAY)
    return None if at is None else (at - TOLD) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("now", 0), ("+15m", 15), ("+4h", 240), ("+2d", 2880), ("+1sd", 1440), ("+5sd", 7 * 1440), ("SD", 480)],
)
def test_minutes_hours_and_days_by_the_clock_and_sd_by_school_days(text: str, minutes: float) -> None:
    assert due.is_time(text)
    assert (due.after(text, TOLD, Level.LOW, DAY) - TOLD) / timedelta(minutes=1) == minutes


@pytest.mark.parametrize("text", ["", "15m", "+15", "+1w", "sd", "NOW", "+1.5h", "-1h", "+99999m"])
def test_anything_else_is_no_due_time(text: str) -> None:
    assert not due.is_time(text)
    with pytest.raises(ValueError, match="^" + text.replace("+", r"\+").replace(".", r"\.")):
        due.after(text, TOLD, Level.LOW, DAY)


def test_of_a_table_the_earliest_that_matches_wins() -> None:
    rule = {"CRITICAL": "+15m", "HIGH": "+4h", "T1": "+60m", "else": "+24h"}
    assert _minutes(rule, Level.CRITICAL) == 15
    assert _minutes(rule, Level.CRITICAL, "T1") == 15
    assert _minutes(rule, Level.HIGH) == 240
    assert _minutes(rule, Level.HIGH, "T1") == 60
    assert _minutes(rule, Level.MEDIUM) == 1440
    assert _minutes(rule, Level.MEDIUM, "T1") == 60
    assert _minutes(rule, Level.MEDIUM, "T2") == 1440


def test_else_is_for_levels_without_an_entry_even_beside_a_flag() -> None:
    rule = {"T1": "+2d", "HIGH": "+2d", "else": "+1d"}
    assert _minutes(rule, Level.LOW, "T1") == 1440
    assert _minutes(rule, Level.HIGH, "T1") == 2880


def test_no_entry_for_the_level_and_no_else_is_no_due_time() -> None:
    assert _minutes({"CRITICAL": "+15m"}, Level.LOW) is None
    assert _minutes({}, Level.CRITICAL) is None
