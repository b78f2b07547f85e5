"""What was told of the moment while a student was missing: found, she is asked again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from triage.store.records import cases as case_rows

if TYPE_CHECKING:
    from sqlmodel import Session

    from triage import models

OF_THE_MOMENT = {
    "danger_now": "yes",
    "live_control": "yes",
    "meeting_travel": "within_24h_or_under_way",
}
"""Answers that were true where the student was then."""
_AWAY = {"whereabouts": ("unreachable", "isolated_by_order"), "student_now": ("not_reached",)}
_FOUND = {"whereabouts": "known_safe", "student_now": "with_me"}


def since(session: Session, one: models.Person) -> datetime | None:
    """When a student who was missing was found; None when nobody was missing, or is still.

    Args:
        session: a unit of work.
        one: the affected student.
    """
    now = case_rows.answers(session, one.id)
    if any(key in now and now[key].value in values for key, values in _AWAY.items()):
        return None
    found = {key for key, value in _FOUND.items() if key in now and now[key].value == value}
    former = case_rows.former_answers(session, one.id) if found else []
    return max(
        (
            row.replaced_at
            for row in former
            if row.factor in found and row.value in _AWAY[row.factor] and row.replaced_at
        ),
        default=None,
    )


def ask_again(session: Session, one: models.Person) -> frozenset[str]:
    """The questions whose answer dates from before the student was found.

    The answer counts until there is another: the level does not fall by itself.

    Args:
        session: a unit of work.
        one: the affected student.
    """
    at = since(session, one)
    rows = case_rows.answers(session, one.id) if at else {}
    return frozenset(
        key
        for key, value in OF_THE_MOMENT.items()
        if at and key in rows and rows[key].value == value and rows[key].answered_at < at
    )
