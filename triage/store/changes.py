"""What an act has changed: every row of a chained table, as its entry names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

from triage import canon, models
from triage.store import digests


@contextmanager
def watching(session: Session) -> Iterator[dict[int, SQLModel]]:
    """Collect every row of a chained table that is inserted, changed or deleted."""
    rows: dict[int, SQLModel] = {}

    def remember(_session: Session, _context: object) -> None:
        for row in [*session.new, *session.dirty, *session.deleted]:
            if cast(Any, row).__tablename__ not in models.UNCHAINED and (
                row in session.new or row in session.deleted or session.is_modified(row)
            ):
                rows[id(row)] = cast(SQLModel, row)

    def refuse(statement: ORMExecuteState) -> None:
        if statement.is_insert or statement.is_update or statement.is_delete:
            raise TypeError("a statement over many rows would not be in the log; change the rows")

    event.listen(session, "after_flush", remember)
    event.listen(session, "do_orm_execute", refuse)
    try:
        yield rows
    finally:
        event.remove(session, "after_flush", remember)
        event.remove(session, "do_orm_execute", refuse)


def named(session: Session, rows: Iterable[SQLModel]) -> list[canon.Json]:
    """Each row by its table, its key and the digest of what it holds now; nothing in its place when it is gone."""
    salts = digests.Salts(session)
    found: dict[bytes, list[canon.Json]] = {}
    for row in rows:
        table, key = salts.key_of(row)
        state = cast(Any, row)._sa_instance_state
        gone = row in session.deleted or state.deleted or state.was_deleted
        place = canon.dumps([table, key])
        # One object may have been deleted and another put in its place: the one that lives counts.
        if not gone or place not in found:
            found[place] = [table, key, None if gone else digests.of_row(salts.of(row), row)]
    return list(found.values())
