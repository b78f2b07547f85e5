"""Cases and what hangs on them: find, list, count, what is due next."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, not_, or_
from sqlmodel import Session, col, select

from triage import errors, models
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
from triage.terms import Level

_MANY = 2_000
"""Rows that are read and sorted in a few milliseconds."""
BEFOREHAND = timedelta(hours=1)
"""So long before its step is due a CRITICAL case stands among the late ones."""
_OPEN = ("open", "waiting")
_RANK = {level.name: level.value for level in Level}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a list asks for; every field narrows it."""

    status: str | None = None
    """open, waiting or closed."""
    level: str | None = None
    """A level's name."""
    kind: str | None = None
    """A kind's code."""
    due_before: datetime | None = None
    """Open cases whose next step is due before this instant."""
    ids: tuple[int, ...] | None = None
    """Only these (a search has found them)."""
    limit: int = 50
    """At most so many."""
    offset: int = 0
    """After so many."""


def find(session: Session, ref: str) -> Case:
    """The case with this reference.

    Raises:
        errors.UsageError: ``no-such-case``.
    """
    case = session.exec(select(Case).where(Case.ref == ref.strip().upper())).first()
    if case is None:
        raise errors.UsageError("no-such-case", ref=ref)
    return case


def wanted(session: Session, want: Wanted) -> tuple[list[Case], int]:
    """The cases asked for and how many there are: newest first, with ``due_before`` earliest due first."""
    where = _where(want)
    order = col(Case.next_due_at) if want.due_before else col(Case.opened_at).desc()
    query = (
        select(Case).where(*where).order_by(order, col(Case.id).desc()).limit(want.limit).offset(want.offset)
    )
    total = session.exec(select(func.count()).select_from(Case).where(*where)).one()
    return list(session.exec(query).all()), total


def due(session: Session, limit: int) -> list[Case]:
    """Open cases with a step to do, the earliest due first."""
    query = (
        select(Case)
        .where(col(Case.status).in_(_OPEN), col(Case.next_due_at).is_not(None))
        .order_by(col(Case.next_due_at), col(Case.id))
        .limit(limit)
    )
    return list(session.exec(query).all())


def ids(session: Session, want: Wanted) -> array[int]:
    """The ids of the cases asked for, in the order of ``wanted``; a first screenful costs the same in any store."""
    order = col(Case.next_due_at) if want.due_before else col(Case.opened_at).desc()
    where = _where(want)
    if want.status and want.limit < _MANY and _many(session, want.status):
        # By its index a status gives all its cases, to be sorted; by the time the newest come first, and few are read.
        where[0] = col(Case.status).concat("") == want.status
    query = (
        select(Case.id)
        .where(*where)
        .order_by(order, col(Case.id).desc())
        .limit(want.limit)
        .offset(want.offset)
    )
    return array("q", session.connection().execute(query).scalars().all())


def due_ids(session: Session, now: datetime, limit: int) -> array[int]:
    """The ids of open cases with a step to do: those past their time by their level, then the earliest due first.

    A CRITICAL case stands among the late ones an hour before its step is due: no older matter hides an emergency.
    """
    critical = col(Case.level) == Level.CRITICAL.name
    hour = now + BEFOREHAND
    graver = case(_RANK, value=col(Case.level), else_=0)
    late = (
        select(Case.id)
        .where(
            col(Case.status).in_(_OPEN),
            col(Case.next_due_at) < hour,
            or_(col(Case.next_due_at) < now, critical),
        )
        .order_by(graver.desc(), col(Case.next_due_at), col(Case.id))
        .limit(limit)
    )
    # By its index each status gives its earliest ones in order: as many as are wanted are read, not all there are.
    soon = [
        select(Case.next_due_at, Case.id)
        .where(
            Case.status == status,
            col(Case.next_due_at) >= now,
            or_(not_(critical), col(Case.next_due_at) >= hour),
        )
        .order_by(col(Case.next_due_at), col(Case.id))
        .limit(limit)
        for status in _OPEN
    ]
    run = session.connection().execute
    found = array("q", (row[0] for row in run(late)))
    found.extend(row[1] for row in heapq.merge(*(run(query).all() for query in soon)))
    return found[:limit]


def by_ids(session: Session, wanted: Sequence[int]) -> list[Case]:
    """Cases by their ids, in no order; those that are gone are left out."""
    return list(session.exec(select(Case).where(col(Case.id).in_(wanted))))


def open_by_level(session: Session) -> dict[str, int]:
    """How many cases that are not closed there are of each level."""
    query = (
        select(Case.level, func.count())
        .where(col(Case.status).in_(_OPEN))
        # Not by the level's own index, which holds every case that was ever closed.
        .group_by(col(Case.level).concat(""))
    )
    return dict(session.exec(query).all())


def due_count(session: Session, before: datetime) -> int:
    """How many open cases have a step due before an instant."""
    query = (
        select(func.count())
        .select_from(Case)
        .where(col(Case.status).in_(_OPEN), col(Case.next_due_at) < before)
    )
    return session.exec(query).one()


def last_ref(session: Session, year: int) -> str | None:
    """The highest reference given in a year."""
    query = select(func.max(Case.ref)).where(col(Case.ref).like(f"{year}-%"))
    # A case that has left this part of the store leaves its number behind: it is given to no other.
    left = setting(session, f"last_ref_{year}")
    return max(session.exec(query).one() or "", f"{year}-{left}" if left else "") or None


def next_id(session: Session) -> int:
    """The id of the next case: none that any case had before."""
    highest = session.exec(select(func.max(Case.id))).one() or 0
    return max(highest, int(setting(session, "last_case_id", "0"))) + 1


def keep_number(session: Session, case: Case) -> None:
    """Before a case leaves this part of the store: its reference and its id are given to no other."""
    year = case.ref.partition("-")[0]
    for key, value in (
        (f"last_ref_{year}", (last_ref(session, int(year)) or "").partition("-")[2]),
        ("last_case_id", str(next_id(session) - 1)),
    ):
        row = session.get(models.Setting, key) or models.Setting(key=key, value="")
        row.value = value
        session.add(row)


def only(session: Session) -> Case | None:
    """The one case of a restricted case's small store."""
    return session.exec(select(Case)).first()


def kinds(session: Session, case_id: int) -> list[str]:
    """A case's kinds, in the order in which they were added."""
    query = (
        select(CaseKind.kind)
        .where(CaseKind.case_id == case_id)
        .order_by(col(CaseKind.added_at), CaseKind.kind)
    )
    return list(session.exec(query).all())


def kinds_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[str]]:
    """The kinds of many cases at once."""
    query = (
        select(CaseKind)
        .where(col(CaseKind.case_id).in_(case_ids))
        .order_by(col(CaseKind.added_at), CaseKind.kind)
    )
    found: dict[int, list[str]] = {case_id: [] for case_id in case_ids}
    for row in session.exec(query):
        found[row.case_id].append(row.kind)
    return found


def people(session: Session, case_id: int) -> list[Person]:
    """The people of a case, by letter."""
    return list(session.exec(select(Person).where(Person.case_id == case_id).order_by(Person.label)).all())


def identity(session: Session, person_id: int) -> Identity | None:
    """Who a person is, if that was recorded."""
    return session.get(Identity, person_id)


def pupil_known(session: Session, code: str) -> bool:
    """Whether this pupil code was given before."""
    return session.exec(select(Person.id).where(Person.pupil_code == code)).first() is not None


def answers(session: Session, person_id: int) -> dict[str, Answer]:
    """A person's present answers by factor."""
    query = select(Answer).where(Answer.person_id == person_id, col(Answer.replaced_at).is_(None))
    return {row.factor: row for row in session.exec(query)}


def former_answers(session: Session, person_id: int) -> list[Answer]:
    """A person's answers that were replaced by others."""
    query = select(Answer).where(Answer.person_id == person_id, col(Answer.replaced_at).is_not(None))
    return list(session.exec(query))


def circumstances(session: Session, case_id: int) -> dict[str, Circumstance]:
    """A case's present circumstances by key."""
    query = select(Circumstance).where(
        Circumstance.case_id == case_id, col(Circumstance.replaced_at).is_(None)
    )
    return {row.key: row for row in session.exec(query)}


def changes(session: Session, case_id: int) -> list[LevelChange]:
    """How the level went, oldest first."""
    query = select(LevelChange).where(LevelChange.case_id == case_id).order_by(col(LevelChange.id))
    return list(session.exec(query).all())


def notes(session: Session, case_id: int) -> list[Note]:
    """What was told and noted, oldest first."""
    query = (
        select(Note)
        .where(Note.case_id == case_id, col(Note.withdrawn_at).is_(None))
        .order_by(col(Note.at), col(Note.id))
    )
    return list(session.exec(query))


def indicators(session: Session, case_id: int) -> list[Indicator]:
    """The traces of the offender, in the order in which they were recorded."""
    return list(
        session.exec(select(Indicator).where(Indicator.case_id == case_id).order_by(col(Indicator.id)))
    )


def links(session: Session, case_id: int) -> list[tuple[Link, Case]]:
    """A case's links with the case at the other end."""
    query = select(Link).where(
        (Link.case_id == case_id) | (Link.other_id == case_id), col(Link.withdrawn_at).is_(None)
    )
    found = []
    for row in session.exec(query).all():
        other = session.get(Case, row.other_id if row.case_id == case_id else row.case_id)
        if other is not None:
            found.append((row, other))
    return found


def affected_between(session: Session, first: datetime, after: datetime) -> list[tuple[Person, Case]]:
    """The affected people with a pupil code registered in [first, after), with their cases."""
    query = (
        select(Person, Case)
        .join(Case, col(Person.case_id) == col(Case.id))
        .where(
            Person.part == "affected",
            col(Person.pupil_code).is_not(None),
            Person.added_at >= first,
            Person.added_at < after,
        )
        .order_by(col(Person.id))
    )
    return list(session.exec(query).all())


def setting(session: Session, key: str, default: str = "") -> str:
    """A setting of the school."""
    row = session.get(models.Setting, key)
    return default if row is None else row.value


def _many(session: Session, status: str) -> bool:
    """Whether more cases have this status than are quickly sorted."""
    some = select(Case.id).where(Case.status == status).limit(_MANY + 1).subquery()
    return session.exec(select(func.count()).select_from(some)).one() > _MANY


def _where(want: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if want.status:
        where.append(col(Case.status) == want.status)
    if want.level:
        where.append(col(Case.level) == want.level)
    if want.kind:
        where.append(col(Case.id).in_(select(CaseKind.case_id).where(CaseKind.kind == want.kind)))
    if want.due_before:
        where += [col(Case.status).in_(_OPEN), col(Case.next_due_at) < want.due_before]
    if want.ids is not None:
        where.append(col(Case.id).in_(want.ids))
    return where
