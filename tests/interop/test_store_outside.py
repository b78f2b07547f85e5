"""A second reader of the database's format, which nobody here wrote: apsw-sqlite3mc."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triage import clock, models
from triage.store import engine, opened, search
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
WORDS = "Đạt kể: " + "con mèo vằn " * 900


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[opened.Opened]:
    """An open store with one long note."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    unlocked, _words, _print = header.create(
        tmp_path / "store", label="Cô An", passphrase="p", school="", code="", now=NOON, cost=CHEAP
    )
    held = opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=clock.SetClock(NOON))
    with held.acting("case.opened") as act:
        case = models.Case(
            ref="2026-0001", salt=os.urandom(32), channel="note", told_at=NOON, opened_at=NOON, level="LOW",
            own_level="LOW",
        )  # fmt: skip
        act.session.add(case)
        act.session.flush()
        act.session.add(
            models.Note(case_id=case.id, kind="words", text=WORDS, at=NOON, recorded_at=NOON, by="Cô An")
        )
        search.index(act.session, case.id, WORDS)
    yield held
    held.close()


def _outside(path: Path, key: bytes) -> Any:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA cipher = 'sqlcipher'").fetchall()
    connection.execute("PRAGMA legacy = 4").fetchall()
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"").fetchall()
    return connection


def test_another_engine_reads_the_database_and_its_log(held: opened.Opened, tmp_path: Path) -> None:
    """Rows, index and write-ahead log, of a copy as a kill would leave it; the key is all it needs."""
    shutil.copytree(held.folder, tmp_path / "copy")
    path = tmp_path / "copy" / held.unlocked.database.name
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    other = _outside(path, held.unlocked.subkey("db"))
    assert other.execute("SELECT text FROM note").fetchall() == [(WORDS,)]
    assert other.execute("SELECT rowid FROM case_search WHERE case_search MATCH 'dat'").fetchall() == [(1,)]
    assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    other.close()


def test_what_another_engine_writes_is_read_here(held: opened.Opened) -> None:
    """And every page it wrote authenticates."""
    key = held.unlocked.subkey("db")
    held.close()
    other = _outside(held.unlocked.database, key)
    other.execute("UPDATE note SET text = text || '!'")
    other.close()
    with engine.raw(held.unlocked.database, key) as here:
        here.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert here.execute("SELECT text FROM note").fetchall() == [(WORDS + "!",)]
        assert here.execute("PRAGMA cipher_integrity_check").fetchall() == []


def test_another_engine_refuses_another_key(held: opened.Opened) -> None:
    """One bit of the key."""
    key = bytearray(held.unlocked.subkey("db"))
    key[0] ^= 1
    held.close()
    other = _outside(held.unlocked.database, bytes(key))
    with pytest.raises(apsw.NotADBError):
        other.execute("SELECT count(*) FROM note").fetchall()
    other.close()
