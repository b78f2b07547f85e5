"""Coded rows for tests, each differing from one plain row where the test says so."""

from __future__ import annotations

from datetime import UTC, datetime

from triage.summary.tabulate import CodedRow
from triage.terms import Delay, Kind, Level, Platform

NOON = datetime(2026, 11, 10, 5, tzinfo=UTC)


def row(
    pupil: str = "K7Q2",
    at: datetime = NOON,
    level: Level = Level.MEDIUM,
    kind: Kind = Kind.SCAM,
    platform: Platform = Platform.ZALO,
    delay: Delay = Delay.SAME_DAY,
) -> CodedRow:
    """One coded row."""
    return CodedRow(pupil, at, level, kind, platform, delay)
