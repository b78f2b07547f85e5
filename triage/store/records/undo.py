"""Taking an act back: what its rows were before, and putting them so again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from sqlalchemy import event, inspect
from sqlmodel import Session, SQLModel, col, func, select

from triage import clock
from triage.models.house import Undo

Before = dict[tuple[str, tuple[Any, ...]], dict[str, Any] | None]
_UNTOUCHED = frozenset({"undo", "auditentry", "setting", "playbookkept"})


@contextmanager
def watching(session: Session) -> Iterator[Before]:
    """Collect what each row changed in this session was before its first change (None: it was not there)."""
    before: Before = {}
    fresh: list[SQLModel] = []

    def remember(_session: Session, _context: object, _instances: object) -> None:
        for row in session.dirty:
            key = _key(row)
            if session.is_modified(row) and key[0] not in _UNTOUCHED and not any(row is new for new in fresh):
                before.setdefault(key, _former(row))
        for row in session.deleted:
            if _table(row) not in _UNTOUCHED and not any(row is new for new in fresh):
                before.setdefault(_key(row), _former(row))
        fresh.extend(row for row in session.new if _table(row) not in _UNTOUCHED)

    event.listen(session, "before_flush", remember)
    try:
        yield before
        session.flush()
        for row in fresh:
            before[_key(row)] = None
    finally:
        event.remove(session, "before_flush", remember)


def keep(session: Session, seq: int, case_id: int, member_id: str, act: str, before: Before | None) -> None:
    """Keep an act's before-images under its entry; None: the act has no way back, nor has what went before it."""
    text = ""
    if before is not None:
        rows = [[table, list(key), former] for (table, key), former in before.items()]
        text = json.dumps(rows, default=_write)
    session.add(Undo(seq=seq, case_id=case_id, member_id=member_id, act=act, before=text))


def newest(session: Session, case_id: int) -> Undo | None:
    """The newest act of a case that has not been taken back."""
    query = (
        select(Undo)
        .where(Undo.case_id == case_id, col(Undo.undone_by).is_(None))
        .order_by(col(Undo.seq).desc())
    )
    return session.exec(query).first()


def newest_seq(session: Session, case_id: int) -> int:
    """The entry of that act; 0 when there is none."""
    query = select(func.max(Undo.seq)).where(Undo.case_id == case_id, col(Undo.undone_by).is_(None))
    return session.exec(query).one() or 0


def made(session: Session, undo: Undo) -> list[tuple[SQLModel, dict[str, Any] | None]]:
    """What an act left of each row it changed, as copies, with what the row was before (None: it was not there)."""
    classes = _classes()
    found = []
    for table, key, former in json.loads(undo.before):
        row = session.get(classes[table], tuple(key))
        if row is not None:
            found.append((classes[table](**row.model_dump()), former))
    return found


def put_back(session: Session, undo: Undo) -> None:
    """Make the rows of an act what they were before it."""
    classes = _classes()
    for table, key, former in reversed(json.loads(undo.before)):
        row = session.get(classes[table], tuple(key))
        if former is None:
            if row is not None:
                session.delete(row)
                session.flush()
            continue
        if row is None:
            row = classes[table]()
            session.add(row)
        for name, value in former.items():
            setattr(row, name, _read(value))
    session.flush()


def _classes() -> dict[str, Any]:
    mapped: list[Any] = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    return {one.__tablename__: one for one in mapped if hasattr(one, "__tablename__")}


def _table(row: Any) -> str:
    return cast(str, row.__tablename__)


def _key(row: Any) -> tuple[str, tuple[Any, ...]]:
    return _table(row), tuple(inspect(row).mapper.primary_key_from_instance(row))


def _former(row: Any) -> dict[str, Any]:
    state = inspect(row)
    former = {}
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        former[attribute.key] = history.deleted[0] if history.deleted else getattr(row, attribute.key)
    return former


def _write(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"at": clock.text(value)}
    raise TypeError(type(value).__name__)


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"]) if "bytes" in value else datetime.fromisoformat(value["at"])
    return value
