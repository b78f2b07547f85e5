"""New keys for the store: its database copied under a new root key, which takes effect in one step.

The order, so that a kill at any instant leaves the store whole under one root key or the other:

1. the database in use says that it is about to be replaced: from here on nothing is acknowledged in it
2. a copy under the new key is made and opened; the act is entered in it; it is compared, and the old key refused
3. header.json names it: the one step at which it takes effect
4. the former database is deleted

Who opens the store after a kill before 3 takes 1 back; after 3, does 4.

Source: research/store.md 3.2, security.md 4-6.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from triage import errors, models, paths
from triage.store import audit, engine, epochs, opened
from triage.store.keys import epoch
from triage.store.opened import Act, Opened

_PAGES = 2000
"""Pages copied between two words of progress."""
_COUNT = 'SELECT count(*) FROM "{table}"'
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"

Progress = Callable[[int, int], None]
Enter = Callable[[Act, epoch.Next], None]
Keep = Callable[[epoch.Next], None]


def rotate(
    held: Opened,
    coming: epoch.Next,
    act: str,
    *,
    enter: Enter,
    keep: Keep | None = None,
    progress: Progress | None = None,
    **codes: object,
) -> None:
    """Give the store new keys; ``held`` goes on under them.

    Args:
        held: the open store.
        coming: the next epoch, as planned.
        act: the code of the entry that says why.
        enter: changes the rows that go with it, within that entry.
        keep: keeps the new recovery words; when it fails, nothing has changed.
        progress: told pages done and in all.
        codes: codes and ids of the entry.

    Raises:
        errors.TryAgain: ``others-at-the-desk``; ``disk-full`` and its like; ``keys-changed``. Nothing has changed.
        errors.StoreDamaged: the copy is not what it should be; the store goes on under the keys it had.
    """
    with held.alone():
        with held.acting("keys.change-begun") as begun:
            begun.session.get_one(models.Meta, 1).epoch += 1
        try:
            seq, linked = _copy(held, coming, act, codes, enter, progress)
            if keep is not None:
                keep(coming)
            epoch.take_effect(coming)
        except BaseException:
            if not epoch.in_effect(coming):
                opened.give_up_rotation(held)
            raise
        held.go_on_as(coming.unlocked, seq, linked)


def _copy(
    held: Opened,
    coming: epoch.Next,
    act: str,
    codes: dict[str, object],
    enter: Enter,
    progress: Progress | None,
) -> tuple[int, bytes]:
    """The database under the new key, with the act entered; its last entry's number and hash."""
    source, target = held.unlocked.database, coming.unlocked.database
    old_key, key = held.unlocked.subkey("db"), coming.unlocked.subkey("db")
    epochs.remove(target)
    copied = engine.make(target, key, create=True)
    copied.dispose()
    with engine.raw(source, old_key) as live, engine.raw(target, key, empty=True) as copy:
        _pour(live, copy, progress)
        before = _counts(live)
    with engine.raw(target, key) as copy:
        if _counts(copy) != before:
            raise errors.StoreDamaged("copy-differs")
    there = Opened(coming.unlocked, engine.make(target, key), held.lock, held.clock)
    there.apart = True
    try:
        with there.acting(act, epoch=coming.unlocked.epoch, **codes) as under_way:
            enter(under_way, coming)
    finally:
        there.engine.dispose()
    _finish(target, key)
    refuse_old_key(target, old_key)
    with there.reading() as session:
        head = audit.head(session)
    there.engine.dispose()
    if head != (under_way.seq, under_way.linked):
        raise errors.StoreDamaged("copy-differs")
    return head


def _pour(live: Any, copy: Any, progress: Progress | None) -> None:
    def said(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    live.backup(copy, pages=_PAGES, progress=said)


def _finish(target: Path, key: bytes) -> None:
    """No page of before the copy in it, every page checked, all of it in the one file and durable."""
    with engine.raw(target, key) as copy:
        copy.execute("VACUUM").fetchall()
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if copy.execute("PRAGMA cipher_integrity_check").fetchall():
            raise errors.StoreDamaged("page-damaged")
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    paths.sync_folder(target.parent)


def refuse_old_key(target: Path, old_key: bytes) -> None:
    """Hold that the former key does not open the copy: a way of copying that keeps it would look the same.

    Source: security.md 5: ``VACUUM INTO`` keeps the key.

    Raises:
        errors.StoreDamaged: ``copy-under-old-key``.
    """
    try:
        with engine.connected(target, old_key, immutable=True) as copy:
            copy.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (errors.StoreDamaged, sqlcipher.DatabaseError):
        return
    raise errors.StoreDamaged("copy-under-old-key")


def _counts(connection: Any) -> dict[str, int]:
    """Rows of every table."""
    names = [name for (name,) in connection.execute(_TABLES).fetchall()]
    return {name: connection.execute(_COUNT.format(table=name)).fetchone()[0] for name in names}
