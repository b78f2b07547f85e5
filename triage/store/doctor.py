"""What is whole, what is not, what to do: the store looked at from outside and, unlocked, from inside."""

from __future__ import annotations

import importlib.metadata
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, func, select

from triage import clock, errors, i18n, models
from triage.store import anchor, audit, engine, lock
from triage.store.keys import header
from triage.store.records import cases

if TYPE_CHECKING:
    from triage.store.opened import Opened

BACKUP_AGE = timedelta(days=7)
"""A last backup older than this is worth a look. Source: corrections 27."""
_UNSEARCHED = """SELECT id FROM "case" WHERE id NOT IN (SELECT rowid FROM case_search)
  UNION ALL SELECT rowid FROM case_search WHERE rowid NOT IN (SELECT id FROM "case")"""
_AGAINST = {"behind": "anchor-behind", "forked": "anchor-forked", "lost": "anchor-lost"}
_PACKAGES = ("cryptography", "sqlcipher3", "sqlmodel", "pyzipper", "typst")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    area: str
    """versions, header, permissions, synced, database, search, log, evidence, anchor or backup."""
    ok: bool
    """It is as it should be."""
    code: str
    """An error's code when it is not; the words are the error's."""
    values: dict[str, Any] = field(default_factory=dict)
    """What the words need."""

    def sentence(self, language: str) -> str:
        """What was found and, when it is not well, what to do."""
        words = i18n.sentence(errors.TriageError(self.code, **self.values), language)
        return words.what if self.ok else f"{words.what} {words.next}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"area": self.area, "ok": self.ok, "code": self.code, "values": self.values}


def examine(folder: Path, held: Opened | None, *, full: bool) -> tuple[Finding, ...]:
    """Look at a store.

    Args:
        folder: its folder.
        held: the open store; without it only what needs no passphrase.
        full: read every page and every evidence file.
    """
    found = list(_outside(folder))
    if held is not None:
        found += _inside(held, full=full)
    return tuple(found)


def _outside(folder: Path) -> Iterator[Finding]:
    yield Finding("versions", True, "doctor-versions", {"versions": ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES
    )})  # fmt: skip
    try:
        slots = header.labels(folder)
    except errors.TriageError as error:
        yield Finding("header", False, error.code, dict(error.values))
        return
    yield Finding("header", True, "doctor-header", {"members": len(slots)})
    if os.name != "nt":
        open_to = [
            path.name for path in (folder, *folder.iterdir()) if stat.S_IMODE(path.stat().st_mode) & 0o077
        ]
        yield Finding("permissions", not open_to, "doctor-open-files" if open_to else "doctor-private",
                      {"files": ", ".join(sorted(open_to))} if open_to else {})  # fmt: skip
    synced = lock.synced(folder)
    yield Finding("synced", synced is None, "doctor-synced" if synced else "doctor-not-synced")
    database = next(folder.glob("store.*.db"), None)
    size = database.stat().st_size if database else 0
    yield Finding("database", size > 0, "doctor-database" if size else "database-empty")


def _inside(held: Opened, *, full: bool) -> Iterator[Finding]:
    if full:
        yield from _pages(held)
    try:
        with held.reading() as session:
            found = audit.verify(session, held.unlocked)
            last = cases.setting(session, "last_backup_at")
            items = session.exec(select(func.count()).where(col(models.Evidence.file).is_not(None))).one()
    except errors.StoreDamaged as error:
        yield Finding("log", False, error.code, dict(error.values))
        return
    damaged = [one.where for one in found.problems if one.code == "evidence"]
    log = found.broken_at is None and len(damaged) == len(found.problems)
    yield Finding("log", log, "doctor-log" if log else "doctor-log-broken", {"entries": found.entries})
    yield Finding("evidence", not damaged, "doctor-evidence-damaged" if damaged else "doctor-evidence",
                  {"items": len(damaged) if damaged else items})  # fmt: skip
    agrees = found.anchor in anchor.AGREES
    yield Finding("anchor", agrees, "doctor-anchor" if agrees else _AGAINST[found.anchor])
    fresh = bool(last) and datetime.fromisoformat(last) > held.clock.now() - BACKUP_AGE
    yield Finding("backup", fresh, "doctor-backup" if fresh else "doctor-no-backup",
                  {"at": i18n.moment(clock.parse(last))} if fresh else {})  # fmt: skip


def _pages(held: Opened) -> Iterator[Finding]:
    """Read every page, and hold the search index against itself and against the cases there are."""
    pages: list[Any] = []
    search: list[Any] = []
    try:
        with engine.raw(held.unlocked.database, held.unlocked.subkey("db")) as connection:
            # The check of every page reads the file alone: what waits in the log must be in it first.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            pages = connection.execute("PRAGMA cipher_integrity_check").fetchall()
            pages += [row for row in connection.execute("PRAGMA quick_check").fetchall() if row[0] != "ok"]
            search = connection.execute(_UNSEARCHED).fetchall()
            connection.execute("BEGIN")
            connection.execute("INSERT INTO case_search(case_search) VALUES ('integrity-check')")
            connection.execute("ROLLBACK")
    except errors.StoreDamaged as error:
        yield Finding("database", False, error.code)
        return
    yield Finding("database", not pages, "page-damaged" if pages else "doctor-pages")
    yield Finding("search", not search, "doctor-search-broken" if search else "doctor-search")
