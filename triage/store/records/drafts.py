"""Drafts: what a member was typing into a form, one row a form and, where two screens type, a screen."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from triage.models.house import Draft


def keep(session: Session, member: str, form: str, text: str, now: datetime) -> None:
    """Put a draft in the place of the one before."""
    row = session.get(Draft, (form, member))
    if row is None:
        session.add(Draft(form=form, member_id=member, text=text, saved_at=now))
    else:
        row.text, row.saved_at = text, now


def use(session: Session, member: str, form: str, text: str) -> bool:
    """A draft was used or is not wanted any more; one that another screen has written meanwhile stays (False)."""
    row = session.get(Draft, (form, member))
    if row is not None and row.text == text:
        session.delete(row)
    return row is None or row.text == text


def find(session: Session, member: str, form: str) -> Draft | None:
    """A member's draft for a form."""
    return session.get(Draft, (form, member))


def hand_over(session: Session, member: str, to: str) -> None:
    """Everything a member was typing belongs to another id: hers, under fresh keys."""
    for row in of_member(session, member):
        session.delete(row)
        session.add(Draft(form=row.form, member_id=to, text=row.text, saved_at=row.saved_at))


def of_member(session: Session, member: str) -> list[Draft]:
    """A member's drafts, the newest first."""
    query = select(Draft).where(Draft.member_id == member).order_by(col(Draft.saved_at).desc(), Draft.form)
    return list(session.exec(query).all())
