"""How long a closed case is kept: the proposal there is, and the day on which a time has come."""

from __future__ import annotations

import calendar
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import tomli

from triage import clock
from triage.terms import Level

_FILE = Path(__file__).resolve().parent / "retention.toml"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the authors propose; the school decides."""

    months: Mapping[Level, int]
    """Months after closing."""
    notice: timedelta
    """So long before a case goes its notice is given."""
    mark: str
    """How sure it is: S, S~, M or D."""
    verified_on: str
    """When it was read."""


@functools.cache
def proposal() -> Proposal:
    """The proposal of the file beside this one."""
    found = tomli.loads(_FILE.read_text(encoding="utf-8"))
    months = {Level[name]: int(count) for name, count in found["proposed_months"].items()}
    return Proposal(months, timedelta(days=found["notice_days"]), found["mark"], found["verified_on"])


def due_on(closed_at: datetime, months: int) -> date:
    """The day in Vietnam on which the time of a case has come; of a shorter month its last day."""
    day = closed_at.astimezone(clock.VIETNAM).date()
    count = day.month - 1 + months
    year, month = day.year + count // 12, count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
