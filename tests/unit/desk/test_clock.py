"""Times as a person types them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from triage import clock, errors

NEAR = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
"""03:00 on the 26th in Vietnam."""


@pytest.mark.parametrize(
    "typed, meant",
    [("9:41", "26/11/2026 09:41"), ("9h41", "26/11/2026 09:41"), ("09h", "26/11/2026 09:00"),
     (" 0:05 ", "26/11/2026 00:05"),
     ("25/11/2026 9:41", "25/11/2026 09:41"), ("2026-11-25 09:41", "25/11/2026 09:41")],
)  # fmt: skip
def test_a_time_alone_is_todays(typed: str, meant: str) -> None:
    assert f"{clock.parse(typed, near=NEAR).astimezone(clock.VIETNAM):%d/%m/%Y %H:%M}" == meant


@pytest.mark.parametrize("typed", ["24:00", "9:60", "9", "941", "9h4", "٩:٤١", "9:41 mai"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(errors.UsageError):
        clock.parse(typed, near=NEAR)


def test_a_time_alone_needs_a_day() -> None:
    with pytest.raises(errors.UsageError):
        clock.parse("9:41")
