"""A backup is read by an engine which nobody here wrote: apsw-sqlite3mc."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triage import clock
from triage.store import backup, opened
from triage.store.backup import layout
from triage.store.keys import header

apsw = pytest.importorskip("apsw", reason="apsw-sqlite3mc (extra: test) is not installed")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not hasattr(apsw, "mc_version"), reason="apsw is there without SQLite3MultipleCiphers"
    ),
]
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)


def _outside(path: Path, key: bytes) -> Any:
    """The database, opened for reading alone."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.execute("PRAGMA cipher = 'sqlcipher'").fetchall()
    connection.execute("PRAGMA legacy = 4").fetchall()
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"").fetchall()
    return connection


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> opened.Opened:
    """An open store with some entries."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    unlocked, _words, _print = header.create(
        tmp_path / "store", label="Cô An", passphrase="p", school="", code="", now=NOON, cost=CHEAP
    )
    return opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=clock.SetClock(NOON))


def test_another_engine_reads_what_the_manifest_says(held: opened.Opened, tmp_path: Path) -> None:
    """The first backup and the one brought up to date: the key opens it, the log ends at the manifest's head."""
    for entries in (5, 50):
        for _ in range(entries):
            with held.acting("test.done"):
                pass
        made = backup.make(held, tmp_path / "backup")
        copy = layout.copies(made.path)[0]
        manifest = json.loads((copy.inner / "manifest.json").read_bytes())
        database = copy.path(held.unlocked.database.name)
        before = database.read_bytes()
        other = _outside(database, held.unlocked.subkey("db"))
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((count, last, linked),) = other.execute(
            "SELECT count(*), max(seq), (SELECT hash FROM auditentry ORDER BY seq DESC LIMIT 1) FROM auditentry"
        ).fetchall()
        other.close()
        assert count == last == manifest["entries"] == made.entries
        assert linked.hex() == manifest["head"]
        assert database.read_bytes() == before
        assert sorted(path.name for path in copy.inner.iterdir()) == [
            "header.json", "manifest.json", "manifest.sig", "store.1.db", "tombstones.json"
        ]  # fmt: skip
    held.close()


def test_another_engine_needs_the_key(held: opened.Opened, tmp_path: Path) -> None:
    """One bit of it: not a database."""
    made = backup.make(held, tmp_path / "backup")
    key = bytearray(held.unlocked.subkey("db"))
    held.close()
    key[0] ^= 1
    other = _outside(layout.copies(made.path)[0].path("store.1.db"), bytes(key))
    with pytest.raises(apsw.NotADBError):
        other.execute("SELECT count(*) FROM auditentry").fetchall()
    other.close()
