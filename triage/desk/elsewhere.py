"""What another desk recorded meanwhile is told, never overwritten: each act of a screen says what it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from triage import errors, i18n, models
from triage.store import audit
from triage.store.records import cases as case_rows
from triage.store.records import undo

if TYPE_CHECKING:
    from triage.desk.session import OnCase
    from triage.desk.view import StepLine


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen of a step."""

    state: str
    """Where it stood."""
    recorded_at: datetime | None
    """When that was recorded."""
    reason: str | None
    """Why."""
    until: datetime | None
    """Until when it waits."""

    @classmethod
    def of(cls, line: StepLine) -> Step:
        """As it stood on the list."""
        return cls(line.state.value, line.recorded_at, line.reason, line.until)


def step(on: OnCase, row: models.Step, seen: Step | None) -> None:
    """Refuse to replace what was recorded of a step after it was looked at.

    Raises:
        errors.TryAgain: ``edited-elsewhere``.
    """
    if seen is not None and seen != Step(row.state, row.recorded_at, row.reason, row.until):
        _refuse(on)


def case(on: OnCase, seen: int | None) -> None:
    """Refuse a decision on a case to which something was added after it was looked at.

    Args:
        on: the act.
        seen: the newest act there was; None: the act is not a screen's.

    Raises:
        errors.TryAgain: ``edited-elsewhere``.
    """
    if seen is not None and undo.newest_seq(on.session, on.case.id) != seen:
        _refuse(on)


def hold(on: OnCase, seen: bool | None) -> None:
    """Refuse to set a hold that was set meanwhile, or to lift one that was lifted.

    Raises:
        errors.TryAgain: ``edited-elsewhere``.
    """
    if seen is not None and on.case.held != seen:
        _refuse(on)


def identity(on: OnCase, one: models.Person, new: Mapping[str, str], seen: Mapping[str, str] | None) -> None:
    """Refuse to replace what is written down of a person and was not looked at.

    Raises:
        errors.TryAgain: ``identity-differs``.
    """
    row = case_rows.identity(on.session, one.id)
    if seen is None or row is None:
        return
    there = {key: str(value) for key, value in row.model_dump().items() if value and key in new}
    if any(value != seen.get(key, "") and value != new[key].strip() for key, value in there.items()):
        raise errors.TryAgain("identity-differs", person=one.label)


def _refuse(on: OnCase) -> None:
    (last,) = audit.entries(on.session, ref=on.case.ref, limit=1)
    raise errors.TryAgain("edited-elsewhere", by=last.member, at=i18n.moment(last.at))
