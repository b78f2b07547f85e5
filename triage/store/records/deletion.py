"""What belongs to a case, over all tables; the notices before a case goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlmodel import Session, SQLModel, col, or_, select

from triage import models
from triage.models.case import Case, Person
from triage.models.evidence import Evidence
from triage.models.house import Draft
from triage.models.purge import PurgeNotice

OWNERS = ("case_id", "other_id", "person_id", "evidence_id")
"""Columns by which a row belongs to a case."""
OF_NO_CASE = frozenset({
    "auditentry", "canary", "draft", "member", "meta", "playbookkept", "recipient", "release", "remains",
    "restrictedcase", "restrictedcoded", "restrictedkey", "restrictedrecovery", "schoolkey", "sealedkey",
    "setting", "tombstone",
})  # fmt: skip
"""Tables whose rows belong to no case; drafts are found by the names of their forms."""


def owned(session: Session, case_id: int) -> list[list[SQLModel]]:
    """The rows of a case, table by table, in an order in which they can be deleted; the case itself is last."""
    classes = {one.__tablename__: one for one in (getattr(models, name) for name in models.__all__)}
    found = []
    for table in reversed(SQLModel.metadata.sorted_tables):
        if table.name in classes and table.name != "case" and table.name not in OF_NO_CASE:
            found.append(_rows(session, classes[table.name], case_id))
    found.append([session.get_one(Case, case_id)])
    return [rows for rows in found if rows]


def _rows(session: Session, table: Any, case_id: int) -> list[SQLModel]:
    through = {
        "person_id": select(Person.id).where(Person.case_id == case_id),
        "evidence_id": select(Evidence.id).where(Evidence.case_id == case_id),
    }
    wanted = []
    for name in OWNERS:
        if hasattr(table, name):
            column = col(getattr(table, name))
            wanted.append(column.in_(through[name]) if name in through else column == case_id)
    return cast(list[SQLModel], list(session.exec(select(table).where(or_(*wanted))).all()))


def drafts(session: Session, ref: str) -> list[Draft]:
    """Drafts of everybody for forms of a case, and the places where somebody was in it."""
    return [
        row
        for row in session.exec(select(Draft))
        if ref in row.form.partition("~")[0].split(":")
        or (row.form.partition(":")[0] == "place" and ref in row.text)
    ]


def closed_before(session: Session, level: str, before: datetime) -> list[Case]:
    """Cases of a level that were closed at or before an instant, the oldest closing first."""
    query = select(Case).where(
        Case.level == level,
        Case.status == "closed",
        col(Case.closed_at).is_not(None),
        col(Case.closed_at) <= before,
    )
    return list(session.exec(query.order_by(col(Case.closed_at), col(Case.id))))


def notices(session: Session) -> dict[int, PurgeNotice]:
    """The notices that were given, by case."""
    return {row.case_id: row for row in session.exec(select(PurgeNotice))}


def notices_of_level(session: Session, level: str) -> Sequence[PurgeNotice]:
    """The notices given to cases of a level."""
    query = (
        select(PurgeNotice).join(Case, col(PurgeNotice.case_id) == col(Case.id)).where(Case.level == level)
    )
    return session.exec(query).all()
