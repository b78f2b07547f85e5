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


def after(session: Session, one: models.Person, call: datetime | None) -> bool:
    """Whether a student was found after others were called to search: missing then, or nobody knew where she was."""
    at = _since(session, one, unknown=True)
    return at is not None and call is not None and at >= call


def _since(session: Session, one: models.Person, *, unknown: bool = False) -> datetime | None:
    """When a student who was missing was found; None when nobody was missing, or is still."""
    now = case_rows.answers(session, one.id)
    if "whereabouts" in now and now["whereabouts"].value in _AWAY["whereabouts"]:
        return None
    found = {key for key, value in _FOUND.items() if key in now and now[key].value == value}
    former = case_rows.former_answers(session, one.id) if found else []
    missing = ("unknown",) if unknown else ()
    return max(
        (
            row.replaced_at
            for row in former
            if row.factor in found and row.value in (*_AWAY[row.factor], *missing) and row.replaced_at
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
    at = _since(session, one)
    rows = case_rows.answers(session, one.id) if at else {}
    return frozenset(
        key
        for key, value in OF_THE_MOMENT.items()
        if at and key in rows and rows[key].value == value and rows[key].answered_at < at
    )
