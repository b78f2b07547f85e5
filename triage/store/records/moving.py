"""Every row that belongs to a case: read to be copied elsewhere, then taken away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlmodel import Session, SQLModel, col, or_, select

from triage.models.case import (
    Answer,
    Case,
    CaseKind,
    Circumstance,
    Identity,
    Indicator,
    LevelChange,
    Link,
    Note,
    Person,
)
from triage.models.evidence import Custody, Evidence
from triage.models.house import PlaybookKept, Undo
from triage.models.leaving import Packet
from triage.models.step import Step

_OF_CASE = (CaseKind, Person, Circumstance, LevelChange, Note, Indicator, Step, Evidence, Packet)
_OF_PERSON = (Identity, Answer)


def rows(session: Session, case: Case) -> list[SQLModel]:
    """A case's rows, each after those it refers to: the case first; no links and nothing to take back."""
    found: list[SQLModel] = [case]
    for table in _OF_CASE:
        found += _of(session, table, "case_id", [case.id])
    people = [row.id for row in found if isinstance(row, Person)]
    for part in _OF_PERSON:
        found += _of(session, part, "person_id", people)
    items = [row.id for row in found if isinstance(row, Evidence)]
    return found + _of(session, Custody, "evidence_id", items)


def beside(session: Session, case: Case) -> list[SQLModel]:
    """What hangs on a case and does not go along: links, and what its acts could have been taken back to."""
    links = session.exec(select(Link).where(or_(Link.case_id == case.id, Link.other_id == case.id))).all()
    return [*links, *_of(session, Undo, "case_id", [case.id])]


def playbooks(session: Session, case: Case) -> list[PlaybookKept]:
    """The texts of the playbooks that a case began with."""
    found = [session.get(PlaybookKept, pair) for pair in json.loads(case.playbooks).items()]
    return [row for row in found if row is not None]


def playbooks_alone(session: Session, case: Case) -> list[PlaybookKept]:
    """Those of them with which no other case began: kept, they would tell what it was about."""
    query = select(Case.playbooks).where(Case.id != case.id).distinct()
    others = {pair for text in session.exec(query) for pair in json.loads(text).items()}
    return [row for row in playbooks(session, case) if (row.kind, row.version) not in others]


def delete(session: Session, gone: Sequence[SQLModel]) -> None:
    """Take rows away, each before those it refers to."""
    for row in reversed(gone):
        session.delete(row)
        session.flush()


def _of(session: Session, table: type[SQLModel], name: str, ids: Sequence[int]) -> list[SQLModel]:
    column = cast(Any, getattr(table, name))
    order = [col(one) for one in cast(Any, table).__table__.primary_key]
    return list(session.exec(select(table).where(column.in_(ids)).order_by(*order)))
