"""A first look at a database, before anything may write: a refused store keeps every byte it had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import pathname2url  # noqa: TID251 - spells a path as a URI, opens nothing

from sqlcipher3 import dbapi2 as sqlcipher

from triage import errors
from triage.store import engine


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


def meta(path: Path, key: bytes, *, alone: bool) -> Meta:
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
        with connected(path, key, immutable=alone and not unwritten) as connection:
            return _read(connection)
    except errors.TriageError:
        if alone:
            _put_back(index, before)
        raise


@contextmanager
def connected(path: Path, key: bytes, *, immutable: bool) -> Iterator[Any]:
    """A connection that can only read; its pages are held at the end.

    Args:
        path: the database file.
        key: 32 raw bytes.
        immutable: nobody can change the file meanwhile, and it has no write-ahead log: nothing is made beside it.
    """
    mode = "mode=ro&immutable=1" if immutable else "mode=ro"
    with engine.said():
        connection = sqlcipher.connect(
            f"file:{pathname2url(str(path.resolve()))}?{mode}", uri=True, timeout=5.0, isolation_level=None
        )
        try:
            engine.give_key(connection, key)
            connection.execute("PRAGMA cipher_log_level=NONE").fetchall()
            yield connection
            engine.hold(connection)
        finally:
            connection.close()


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
