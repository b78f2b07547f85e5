"""What is whole, what is not, what to do: the store looked at from outside and, unlocked, from inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, func, select

from triage import clock, errors, i18n, models
from triage.store import anchor, audit, doctor_outside, engine
from triage.store.findings import Finding
from triage.store.records import cases

if TYPE_CHECKING:
    from triage.store.opened import Opened

BACKUP_AGE = timedelta(days=7)
"""A last backup older than this is worth a look. Source: corrections 27."""
_UNSEARCHED = """SELECT id FROM "case" WHERE id NOT IN (SELECT rowid FROM case_search)
  UNION ALL SELECT rowid FROM case_search WHERE rowid NOT IN (SELECT id FROM "case")"""
_AGAINST = {"behind": "anchor-behind", "forked": "anchor-forked", "lost": "anchor-lost"}


def examine(folder: Path, held: Opened | None, *, full: bool) -> tuple[Finding, ...]:
    """Look at a store.

    Args:
        folder: its folder.
        held: the open store; without it only what needs no passphrase.
        full: read every page and every evidence file.
    """
    found = list(doctor_outside.look(folder, held.seat if held else None))
    if held is not None:
        found += _inside(held, full=full)
    return tuple(found)


def _inside(held: Opened, *, full: bool) -> Iterator[Finding]:
    if full:
        yield from _pages(held)
    try:
        with held.reading() as session:
            found = audit.verify(session, held.unlocked)
            latest = audit.last_at(session)
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
    back = latest is not None and latest > held.clock.now()
    yield Finding("clock", not back, "doctor-clock-back" if back else "doctor-clock",
                  {"at": i18n.moment(latest)} if back and latest else {})  # fmt: skip
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
