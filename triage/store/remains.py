"""What a deletion leaves to be cleared: files of the case, and pages that held its words.

SQLite overwrites what a row held, but not what a page keeps when its rows move to another page; only a
database that is written anew has none of it. That needs the store alone: who is not alone leaves it to the
next one who opens the store alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, select

from triage import errors, models
from triage.store import engine, evidence
from triage.store.keys.header import Unlocked

PAGES = "pages"
"""Stands for the pages of the database."""


def leave(session: Session, files: Iterable[str | None]) -> None:
    """Enter, within an act that deletes, what has to be cleared once it is durable."""
    for what in {PAGES, *(name for name in files if name)}:
        session.merge(models.Remains(what=what))


def left(session: Session) -> list[str]:
    """What is still to be cleared."""
    return sorted(session.exec(select(models.Remains.what)))


def clear(unlocked: Unlocked, made: Any, *, alone: bool) -> bool:
    """Remove the files, then the traces in the database's pages and its log; whether nothing is left.

    A file is removed only when no item names it. What cannot be done now (a full disk, a file that is in use, another
    session that writes) stays entered and is done on a later opening: the deletion itself is durable already.

    Args:
        unlocked: the store's keys.
        made: its engine.
        alone: nobody else has the store open; only then the database is written anew.
    """
    try:
        with engine.said():
            return _clear(unlocked, made, alone)
    except errors.TryAgain:
        return False


def _clear(unlocked: Unlocked, made: Any, alone: bool) -> bool:
    with engine.unit(made) as session:
        wanted = left(session)
        kept = {name for name in session.exec(select(models.Evidence.file)) if name}
    if not wanted:
        return True
    for name in wanted:
        if name != PAGES and name not in kept:
            evidence.remove(unlocked.folder, name)
    done = alone and _rewrite(unlocked)
    with engine.unit(made, write=True) as session:
        for row in session.exec(select(models.Remains)).all():
            if row.what in wanted and (done or row.what != PAGES):
                session.delete(row)
    return _write_back(unlocked) and done


def _rewrite(unlocked: Unlocked) -> bool:
    """Write the database anew, then its log back into it; whether both were done."""
    with engine.raw(unlocked.database, unlocked.subkey("db")) as connection:
        connection.execute("VACUUM")
        return _truncated(connection)


def _write_back(unlocked: Unlocked) -> bool:
    with engine.raw(unlocked.database, unlocked.subkey("db")) as connection:
        return _truncated(connection)


def _truncated(connection: Any) -> bool:
    """Write the log back and cut it to nothing; False while somebody still reads from it."""
    busy, _pages, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
