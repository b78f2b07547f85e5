"""The database files of a store: one for each root key, and which of them are left over."""

from __future__ import annotations

import re
from pathlib import Path

from triage import paths

_NAME = re.compile(r"store\.(\d+)\.db")


def remove(database: Path) -> None:
    """Delete a database file and what SQLite keeps beside it, durably."""
    for path in (
        database,
        database.with_name(f"{database.name}-wal"),
        database.with_name(f"{database.name}-shm"),
    ):
        path.unlink(missing_ok=True)
    paths.sync_folder(database.parent)


def older(folder: Path, epoch: int) -> list[Path]:
    """Databases of earlier root keys: a crash came after the new one had taken effect."""
    found = []
    for path in sorted(folder.glob("store.*.db")):
        named = _NAME.fullmatch(path.name)
        if named and int(named[1]) < epoch:
            found.append(path)
    return found
