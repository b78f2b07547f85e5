"""The encrypted database file: opened under its raw key, every unit of work ended by a check of its pages."""

from __future__ import annotations

import errno
import functools
import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import pathname2url  # noqa: TID251 - spells a path as a URI, opens nothing

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2 as sqlcipher
from sqlmodel import Session, create_engine

from triage import errors

PRAGMAS = (
    "cipher_log_level=NONE",
    "temp_store=MEMORY",
    "secure_delete=ON",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "journal_size_limit=67108864",
    "fullfsync=ON",
    "checkpoint_fullfsync=ON",
)
"""Source: research/store.md 1.2, 1.5."""
OLDEST_CIPHER = (4, 19)
_BUSY_SECONDS = 5.0
_PLAIN = b"SQLite format 3"


def make(path: Path, key: bytes, *, create: bool = False) -> Engine:
    """An engine on an encrypted database.

    Args:
        path: the database file.
        key: 32 raw bytes; a shorter one would silently be taken for a passphrase.
        create: make a new file (0600); without it a missing or empty file is damage, never a new store.

    Raises:
        errors.StoreDamaged: ``database-missing``, ``database-empty``, ``database-plain``, ``not-our-cipher``.
    """
    if len(key) != 32:
        raise ValueError("the key has 32 bytes")
    _check_cipher()
    if create:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    else:
        check_file(path)
    uri = f"file:{pathname2url(str(path.resolve()))}?mode=rw"
    identity = _identity(path)

    def connect() -> Any:
        if _identity(path) != identity:
            raise errors.StoreDamaged("store-gone")
        connection = sqlcipher.connect(
            uri, uri=True, check_same_thread=False, timeout=_BUSY_SECONDS, isolation_level=None
        )
        try:
            _unlock(connection, key)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://", module=sqlcipher, creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=0,
        hide_parameters=True,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _opened(_connection: Any, record: Any) -> None:
        record.info["file"] = path, identity

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    @event.listens_for(engine, "before_cursor_execute")
    def _still(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN") and not connection.connection.driver_connection.in_transaction:
            # On a full disk SQLite rolls back by itself; what a block does after that would stand alone.
            raise errors.TryAgain("disk-error")

    return engine


@contextmanager
def unit(engine: Engine, *, write: bool = False) -> Iterator[Session]:
    """One unit of work: its pages are checked before it commits and before what was read is used.

    Raises:
        errors.StoreDamaged: ``page-damaged``: a page failed its authentication; ``store-gone``: the file is no longer
            where it was opened. Nothing was written.
        errors.TryAgain: busy, disk full, read-only, an I/O error; nothing was written.
    """
    with said():
        session = Session(engine.execution_options(write=write), expire_on_commit=False, autoflush=write)
        driver = lies = None
        try:
            driver = session.connection().connection.driver_connection
            lies = session.connection().info["file"]
            yield session
            if write:
                session.flush()
            check_pages(session)
            if not _in_place(*lies):
                raise errors.StoreDamaged("store-gone")
            if write:
                if driver is None or not driver.in_transaction:
                    raise errors.TryAgain("disk-error")
                session.commit()
        except BaseException as error:
            # What the block stumbled over, or did not find, may be a page that came back as zeros.
            damaged = isinstance(error, Exception) and driver is not None and not cipher_holds(driver)
            gone = isinstance(error, Exception) and lies is not None and not _in_place(*lies)
            _give_up(session)
            if gone:
                raise errors.StoreDamaged("store-gone") from None
            if damaged:
                raise errors.StoreDamaged("page-damaged") from None
            raise
        finally:
            session.close()


def check_pages(session: Session) -> None:
    """Hold the connection's pages: ``cipher_status`` first, then the canary, which needs a page fetch.

    Source: security.md 1: the canary alone lies on a connection that was used before.
    """
    driver = session.connection().connection.driver_connection
    assert driver is not None  # noqa: S101 - a session in use has its connection
    hold(driver)


def _in_place(path: Path, identity: tuple[int, int] | None) -> bool:
    """Whether the file lies where it was opened: what is written into a deleted one is gone with it."""
    return _identity(path) == identity


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there; None when none does."""
    try:
        found = path.stat()
    except OSError:
        # Gone, or the way to it: a stick that was pulled, a file in the folder's place.
        return None
    return found.st_dev, found.st_ino


def hold(connection: Any) -> None:
    """Hold a raw connection's pages.

    Raises:
        errors.StoreDamaged: ``page-damaged``.
    """
    try:
        well = cipher_holds(connection)
        connection.execute("SELECT x FROM canary").fetchone()
    except sqlcipher.DatabaseError:
        raise errors.StoreDamaged("page-damaged") from None
    if not well:
        raise errors.StoreDamaged("page-damaged")


def cipher_holds(connection: Any) -> bool:
    """Whether no page fetched by this connection has failed its authentication."""
    return bool(connection.execute("PRAGMA cipher_status").fetchone()[0] == "1")


@contextmanager
def raw(path: Path, key: bytes, *, empty: bool = False) -> Iterator[Any]:
    """A plain connection outside the pool, for backups and whole-file checks; its pages are held at the end.

    Args:
        path: the database file.
        key: 32 raw bytes.
        empty: the file is about to be filled; there is nothing to hold yet.
    """
    with said():
        connection = sqlcipher.connect(
            f"file:{pathname2url(str(path.resolve()))}?mode=rw",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
        )
        try:
            with _named(connection):
                _unlock(connection, key)
                yield connection
            if not empty:
                hold(connection)
        finally:
            connection.close()


@contextmanager
def connected(path: Path, key: bytes, *, immutable: bool) -> Iterator[Any]:
    """A connection that can only read; its pages are held at the end.

    Args:
        path: the database file.
        key: 32 raw bytes.
        immutable: nobody can change the file meanwhile, and it has no write-ahead log: nothing is made beside it.
    """
    mode = "mode=ro&immutable=1" if immutable else "mode=ro"
    with said():
        connection = sqlcipher.connect(
            f"file:{pathname2url(str(path.resolve()))}?{mode}", uri=True, timeout=5.0, isolation_level=None
        )
        try:
            with _named(connection):
                give_key(connection, key)
                connection.execute("PRAGMA cipher_log_level=NONE").fetchall()
                yield connection
            hold(connection)
        finally:
            connection.close()


@contextmanager
def _named(connection: Any) -> Iterator[None]:
    """Whatever an error says, a page that came back as zeros may be behind it: an index that cannot be built of it."""
    try:
        yield
    except sqlcipher.DatabaseError:
        if not cipher_holds(connection):
            raise errors.StoreDamaged("page-damaged") from None
        raise


@contextmanager
def said() -> Iterator[None]:
    """Turn the database's errors into ours; no statement and no value is in them."""
    try:
        yield
    except DBAPIError as error:
        raise _ours(error.orig or error) from None
    except sqlcipher.DatabaseError as error:
        raise _ours(error) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise errors.TryAgain("disk-full") from None
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise errors.TryAgain("read-only") from None
        raise


def _ours(error: BaseException) -> errors.TriageError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return errors.TryAgain("busy")
    if "full" in text:
        return errors.TryAgain("disk-full")
    if "readonly" in text or "unable to open" in text:
        return errors.TryAgain("read-only")
    if "disk I/O" in text:
        return errors.TryAgain("disk-error")
    if "not a database" in text or "malformed" in text or "corrupt" in text:
        return errors.StoreDamaged("page-damaged")
    return errors.TriageError("fault", kind=type(error).__name__, place="database")


def _give_up(session: Session) -> None:
    """Roll back and throw the connection away: what it holds may be a damaged page."""
    try:
        session.invalidate()
    finally:
        session.close()


def give_key(connection: Any, key: bytes) -> None:
    """Hand a raw key to a connection by a call that no trace sees, out of memory that is overwritten."""
    spelled = bytearray(67)
    spelled[:2], spelled[66:] = b"x'", b"'"
    for place, byte in enumerate(key):
        spelled[2 + 2 * place] = b"0123456789abcdef"[byte >> 4]
        spelled[3 + 2 * place] = b"0123456789abcdef"[byte & 15]
    connection.set_key(spelled)
    spelled[:] = bytes(67)


def _unlock(connection: Any, key: bytes) -> None:
    give_key(connection, key)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def check_file(path: Path) -> None:
    """Refuse a database file that by its first bytes cannot be ours.

    Raises:
        errors.StoreDamaged: ``database-missing``, ``database-empty``, ``database-plain``, ``page-damaged``.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_PLAIN) + 1)
    except FileNotFoundError:
        raise errors.StoreDamaged("database-missing") from None
    if not head:
        raise errors.StoreDamaged("database-empty")
    if len(head) <= len(_PLAIN):
        # SQLite takes a file of 1 byte for an empty one, and deletes the write-ahead log of an empty one.
        raise errors.StoreDamaged("page-damaged")
    if head.startswith(_PLAIN):
        raise errors.StoreDamaged("database-plain")


@functools.cache
def _check_cipher() -> None:
    """The module must be the distribution we pinned, and able to encrypt. Source: security.md 26."""
    try:
        _check_origin()
        connection = sqlcipher.connect(":memory:")
        row = connection.execute("PRAGMA cipher_version").fetchone()
        connection.close()
    except LookupError:
        row = None
    version = tuple(int(part) for part in row[0].split()[0].split(".")[:2]) if row else (0, 0)
    if version < OLDEST_CIPHER:
        raise errors.StoreDamaged("not-our-cipher")


def versions() -> tuple[str, ...]:
    """What the database is made of: SQLCipher, SQLite, the library that encrypts.

    Raises:
        errors.StoreDamaged: ``not-our-cipher``.
    """
    _check_cipher()
    connection = sqlcipher.connect(":memory:")
    try:
        give_key(connection, bytes(32))
        asked = ("PRAGMA cipher_version", "SELECT sqlite_version()", "PRAGMA cipher_provider_version")
        cipher, sqlite, provider = (str(connection.execute(one).fetchone()[0]) for one in asked)
    finally:
        connection.close()
    return f"SQLCipher {cipher}", f"SQLite {sqlite}", provider


def _check_origin() -> None:
    """Another distribution installs a module of the same name: the file must be one of ``sqlcipher3``'s."""
    try:
        files = importlib.metadata.distribution("sqlcipher3").files or ()
    except importlib.metadata.PackageNotFoundError:
        files = ()
    ours = {Path(str(file.locate())).resolve() for file in files if file.name == "dbapi2.py"}
    if Path(str(sqlcipher.__file__)).resolve() not in ours:
        raise LookupError("sqlcipher3")
