"""When the store was last backed up."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, func, select

from triage import models


def last(session: Session) -> datetime | None:
    """When the last backup was made that was opened and compared."""
    row = session.get(models.Setting, "last_backup_at")
    return datetime.fromisoformat(row.value) if row is not None and row.value else None


def place(session: Session) -> str:
    """Where that lies; empty when there is none."""
    row = session.get(models.Setting, "last_backup_place")
    return row.value if row is not None else ""


def begun(session: Session) -> datetime:
    """When the store was made: with its first member."""
    return session.exec(select(func.min(models.Member.added_at))).one()
