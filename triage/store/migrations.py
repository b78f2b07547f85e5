"""The database's format: looked at before anything may write, made new, brought forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlmodel import Session, SQLModel

from triage import errors, models
from triage.store import engine
from triage.store.keys.header import Unlocked

FORMAT = 3
_SEARCH = """CREATE VIRTUAL TABLE case_search USING fts5(
  folded, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2")"""


class Meta(NamedTuple):
    """What the database says it is."""

    store: str
    """The store's id."""
    epoch: int
    """The root key's number."""
    gen: int
    """The newest header this database has seen."""
    format: int
    """Its format."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a format to the next."""

    to: int
    """The format it leads to."""
    run: Callable[[Connection], None]
    """What it does, in the transaction of all steps."""
    rewrites: tuple[type[SQLModel], ...] = ()
    """Tables whose rows it changes: each row is entered in the log anew. A new column that holds nothing
    changes no row's digest."""


def _needed_by(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE step ADD COLUMN needed_by VARCHAR"))


def _label_again(connection: Connection) -> None:
    """A label may be given again after a removal. The keys that refer to members wait aside meanwhile."""
    for statement in (
        "CREATE TABLE kept AS SELECT * FROM sealedkey",
        "DELETE FROM sealedkey",
        """CREATE TABLE renewed (id VARCHAR NOT NULL, label VARCHAR NOT NULL, "right" VARCHAR NOT NULL,
             sign_public BLOB NOT NULL, added_at VARCHAR NOT NULL, removed_at VARCHAR, leaving_at VARCHAR,
             PRIMARY KEY (id))""",
        'INSERT INTO renewed SELECT id, label, "right", sign_public, added_at, removed_at, NULL FROM member',
        "DROP TABLE member",
        "ALTER TABLE renewed RENAME TO member",
        "INSERT INTO sealedkey (key_id, member_id, sealed) SELECT key_id, member_id, sealed FROM kept",
        "DROP TABLE kept",
    ):
        connection.execute(text(statement))


def _smaller_leaves(connection: Connection) -> None:
    """A leaf of the index as it comes (4,050 bytes) does not fit on a page that gives 80 bytes to the cipher."""
    connection.execute(text("INSERT INTO case_search(case_search, rank) VALUES ('pgsz', 3900)"))


def _purge(connection: Connection) -> None:
    names = ("tombstone", "purgenotice", "remains")
    SQLModel.metadata.create_all(connection, [SQLModel.metadata.tables[name] for name in names])


def _restricted(connection: Connection) -> None:
    names = [f"restricted{part}" for part in ("case", "key", "coded", "recovery")]
    SQLModel.metadata.create_all(connection, [SQLModel.metadata.tables[name] for name in names])


def _third(connection: Connection) -> None:
    _label_again(connection)
    _smaller_leaves(connection)
    _purge(connection)
    _restricted(connection)


STEPS: tuple[Step, ...] = (Step(2, _needed_by), Step(3, _third))
"""Every step there is, in order."""


def look(path: Path, key: bytes, *, alone: bool) -> Meta:
    """Read which store a database belongs to.

    A connection that may write would, on closing, copy the write-ahead log into a file that was just
    refused; so this one is read-only, and what it leaves of the log's index is taken back.

    Args:
        path: the database file.
        key: 32 raw bytes.
        alone: nobody else has the store open, and nobody can open it meanwhile.

    Raises:
        errors.StoreDamaged: ``database-missing``, ``database-empty``, ``database-plain``, ``page-damaged``,
            ``meta-missing``.
    """
    engine.check_file(path)
    log, index = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    unwritten = log.is_file() and log.stat().st_size > 0
    before = index.read_bytes() if index.is_file() else None
    try:
        with engine.connected(path, key, immutable=alone and not unwritten) as connection:
            return _read(connection)
    except errors.TriageError:
        if alone:
            _put_back(index, before)
        raise


def create(connection: Connection) -> None:
    """Make every table of the present format in an empty database."""
    SQLModel.metadata.create_all(connection)
    connection.execute(text(_SEARCH))
    _smaller_leaves(connection)


def lay(session: Session, unlocked: Unlocked) -> None:
    """The tables of a new database, its canary, and what it is."""
    create(session.connection())
    session.add(models.Canary())
    session.add(models.Meta(store=unlocked.store, epoch=unlocked.epoch, gen=unlocked.gen, format=FORMAT))
    session.flush()


def is_old(found: int) -> bool:
    """Whether a database has to be brought forward.

    Raises:
        errors.UsageError: ``store-newer``: it was made by a later program.
    """
    if found > FORMAT:
        raise errors.UsageError("store-newer", version=found)
    return found < FORMAT


def forward(connection: Connection, found: int) -> tuple[type[SQLModel], ...]:
    """Bring a database of format ``found`` forward within the transaction that is open; return what to enter anew."""
    rewritten: list[type[SQLModel]] = []
    for step in STEPS:
        if step.to > found:
            step.run(connection)
            rewritten += step.rewrites
    return tuple(rewritten)


def _read(connection: Any) -> Meta:
    # Read every table's name first: a damaged first page fails here, whatever it would say of meta.
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"meta", "canary"} <= tables:
        raise errors.StoreDamaged("meta-missing")
    row = connection.execute("SELECT store, epoch, gen, format FROM meta WHERE id = 1").fetchone()
    if row is None or connection.execute("SELECT x FROM canary").fetchone() is None:
        raise errors.StoreDamaged("meta-missing")
    return Meta(*row)


def _put_back(index: Path, before: bytes | None) -> None:
    if before is None:
        index.unlink(missing_ok=True)
    elif index.read_bytes() != before:
        index.write_bytes(before)
