"""What the engine promises: encrypted or not at all, for the owner alone, all of a unit or nothing."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from triage import errors, models
from triage.store import engine, migrations, opened

KEY = bytes(range(32))


@pytest.fixture
def made(tmp_path: Path) -> Engine:
    """A new database with its tables and its canary."""
    made = engine.make(tmp_path / "a.db", KEY, create=True)
    with made.begin() as connection:
        migrations.create(connection)
    with engine.unit(made, write=True) as session:
        session.add(models.Canary())
    return made


def _set(made: Engine, key: str, value: str) -> None:
    with engine.unit(made, write=True) as session:
        session.add(models.Setting(key=key, value=value))


def _get(made: Engine, key: str) -> str | None:
    with engine.unit(made) as session:
        row = session.get(models.Setting, key)
    return row.value if row else None


def test_what_is_no_longer_there_takes_nothing_and_gives_nothing(tmp_path: Path, made: Engine) -> None:
    """Moved, deleted or replaced while it is open: every act and every reading is refused; put back, all goes on."""
    _set(made, "a", "1")
    here, away = tmp_path / "a.db", tmp_path / "away.db"
    (tmp_path / "b.db").write_bytes(here.read_bytes())
    for source, target in ((here, away), (tmp_path / "b.db", here)):
        source.rename(target)
        with pytest.raises(errors.StoreDamaged) as act:
            _set(made, "b", "2")
        with pytest.raises(errors.StoreDamaged) as reading:
            _get(made, "a")
        assert (act.value.code, reading.value.code) == ("store-gone", "store-gone")
    away.replace(here)
    assert _get(made, "a") == "1"
    _set(made, "b", "2")
    assert _get(made, "b") == "2"


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(tmp_path: Path, size: int) -> None:
    """SQLCipher would take it for a passphrase; no file is made."""
    with pytest.raises(ValueError, match="32 bytes"):
        engine.make(tmp_path / "a.db", bytes(size), create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_plain_database_is_refused(tmp_path: Path) -> None:
    """Never opened, never written."""
    with sqlite3.connect(tmp_path / "a.db") as plain:
        plain.execute("CREATE TABLE canary(x)")
    plain.close()
    before = (tmp_path / "a.db").read_bytes()
    with pytest.raises(errors.StoreDamaged) as refused:
        engine.make(tmp_path / "a.db", KEY)
    assert refused.value.code == "database-plain"
    assert (tmp_path / "a.db").read_bytes() == before


@pytest.mark.parametrize(
    ("data", "code"), [(None, "database-missing"), (b"", "database-empty"), (b"x", "page-damaged")]
)
def test_what_is_not_there_is_not_made(tmp_path: Path, data: bytes | None, code: str) -> None:
    """A missing, empty or one-byte file is damage, never a new store."""
    if data is not None:
        (tmp_path / "a.db").write_bytes(data)
    with pytest.raises(errors.StoreDamaged) as refused:
        engine.make(tmp_path / "a.db", KEY)
    assert refused.value.code == code
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if data is None else [data])


def test_an_existing_file_is_never_made_anew(tmp_path: Path) -> None:
    """``create`` makes, it does not replace."""
    (tmp_path / "a.db").write_bytes(b"kept")
    with pytest.raises(FileExistsError):
        engine.make(tmp_path / "a.db", KEY, create=True)
    assert (tmp_path / "a.db").read_bytes() == b"kept"


def test_another_key_does_not_open_it(made: Engine, tmp_path: Path) -> None:
    """It is damage to whom has the wrong key; the right one still opens it."""
    _set(made, "a", "b")
    other = engine.make(tmp_path / "a.db", secrets.token_bytes(32))
    with pytest.raises(errors.StoreDamaged):
        _get(other, "a")
    assert _get(made, "a") == "b"


def test_the_files_are_the_owners_alone(tmp_path: Path) -> None:
    """Database, write-ahead log and its index have mode 0600 whatever the umask."""
    former = os.umask(0)
    try:
        made = engine.make(tmp_path / "a.db", KEY, create=True)
        with made.begin() as connection:
            migrations.create(connection)
    finally:
        os.umask(former)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}


def test_nothing_in_the_files_can_be_read(made: Engine, tmp_path: Path) -> None:
    """Neither names of tables nor values, in the database and in its log."""
    _set(made, "school_name", "Trường THCS Hoa Gạo")
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for word in (b"SQLite format 3", b"school_name", b"canary", "Hoa Gạo".encode()):
            assert word not in data, f"{word!r} in {path.name}"


def test_every_connection_has_the_pragmas(made: Engine) -> None:
    """On each of the pool's connections."""
    wanted = {
        "temp_store": 2, "secure_delete": 1, "foreign_keys": 1, "trusted_schema": 0, "cell_size_check": 1,
        "journal_mode": "wal", "synchronous": 2, "cipher_status": "1",
    }  # fmt: skip
    connections = [made.connect() for _ in range(4)]
    for connection in connections:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
        assert found == wanted
        connection.close()


def test_who_waits_in_vain_is_told_to_try_again(
    tmp_path: Path, made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another writes: busy, and nothing of the second unit is there; reading goes on."""
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.01)
    second = engine.make(tmp_path / "a.db", KEY)
    with engine.unit(made, write=True) as session:
        session.add(models.Setting(key="first", value="1"))
        session.flush()
        with pytest.raises(errors.TryAgain) as busy:
            _set(second, "second", "2")
        assert _get(second, "first") is None
    assert busy.value.code == "busy"
    assert _get(second, "first") == "1"
    assert _get(made, "second") is None
    _set(second, "second", "2")
    assert _get(made, "second") == "2"


def test_a_full_disk_is_said_and_nothing_is_written(made: Engine) -> None:
    """The unit before is kept, this one is not there, the next one works."""
    _set(made, "before", "1")
    with pytest.raises(errors.TryAgain) as full, engine.unit(made, write=True) as session:
        connection = session.connection()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")
        session.add(models.Setting(key="large", value="x" * 100_000))
    assert full.value.code == "disk-full"
    assert (_get(made, "before"), _get(made, "large")) == ("1", None)
    _set(made, "after", "2")
    assert _get(made, "after") == "2"


def test_an_error_in_the_block_undoes_all_of_it(made: Engine) -> None:
    """And it comes out as it went in."""
    with pytest.raises(ZeroDivisionError), engine.unit(made, write=True) as session:
        session.add(models.Setting(key="a", value="b"))
        session.flush()
        _ = 1 / 0
    assert _get(made, "a") is None


def test_no_value_is_in_an_error(made: Engine) -> None:
    """The database's own error is not shown: it quotes statements and values."""
    _set(made, "a", "b")
    with pytest.raises(errors.TriageError) as fault:
        _set(made, "a", "Đạt kể rằng")
    assert "Đạt" not in repr(fault.value) + repr(fault.value.values)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


def test_a_database_without_its_canary_is_damage(made: Engine, tmp_path: Path) -> None:
    """What the check reads must be there; a raw connection is held like a pooled one."""
    with made.begin() as connection:
        connection.execute(text("DROP TABLE canary"))
    with pytest.raises(errors.StoreDamaged), engine.unit(made):
        pass
    with pytest.raises(errors.StoreDamaged), engine.raw(tmp_path / "a.db", KEY):
        pass


def test_an_open_store_says_so_in_its_modes(held: opened.Opened) -> None:
    """Folder and rooms 0700, every file 0600."""
    for path in (held.folder, *held.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
