"""Damage is named by its own exit status, and looking at a damaged store changes no byte of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fault.conftest import NOON, WORDS
from triage import clock, errors
from triage.desk import cases, evidence, session, upkeep

PAGE = 4096
Damage = Callable[[Path], None]


def _database(store: Path) -> Path:
    return store / "store.1.db"


def _write(name: str, change: Callable[[bytes], bytes]) -> Damage:
    def do(store: Path) -> None:
        (store / name).write_bytes(change((store / name).read_bytes()))

    return do


def _cut(size: int) -> Damage:
    return lambda store: os.truncate(_database(store), size)


def _half(store: Path) -> None:
    os.truncate(_database(store), _database(store).stat().st_size // 2)


def _turned(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _in_person(key: str) -> Damage:
    """A header in which one thing of the member's lock is another."""

    def change(data: bytes) -> bytes:
        document = json.loads(data)
        for one in document["people"].values():
            if one["label"] == "Cô An":
                _alter(one, key)
        return json.dumps(document).encode()

    return _write("header.json", change)


def _alter(one: dict[str, Any], key: str) -> None:
    where = one if key in one else one["kdf"]
    old = where[key]
    where[key] = old + 1 if isinstance(old, int) else ("1" if old[0] == "0" else "0") + old[1:]


def _in_header(key: str) -> Damage:
    def change(data: bytes) -> bytes:
        document = json.loads(data)
        document[key] = ("1" if document[key][0] == "0" else "0") + document[key][1:]
        return json.dumps(document).encode()

    return _write("header.json", change)


HEADERS: dict[str, tuple[int, Damage]] = {
    "cut": (4, _write("header.json", lambda data: data[: len(data) // 2])),
    "empty": (4, _write("header.json", lambda _data: b"")),
    "not JSON": (4, _write("header.json", lambda _data: b"<html></html>\n")),
    "a flipped bit in its first byte": (4, _write("header.json", lambda data: _turned(data, 0))),
    "another MAC": (4, _in_header("mac")),
    "another store's name": (4, _in_header("store")),
    "missing": (2, lambda store: (store / "header.json").unlink()),
}
DATABASES: dict[str, Damage] = {
    "page 1 flipped": _write("store.1.db", lambda data: _turned(data, 200)),
    "its salt flipped": _write("store.1.db", lambda data: _turned(data, 3)),
    "0 bytes": _cut(0),
    "1 byte": _cut(1),
    "one page": _cut(PAGE),
    "half": _half,
    "all zeros": _write("store.1.db", lambda data: bytes(len(data))),
    "missing": lambda store: _database(store).unlink(),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """Every file of a folder but the lock, by its digest."""

    files: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> Folder:
        return cls({
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "store.lock"
        })  # fmt: skip


def _open(store: Path) -> session.Desk:
    return session.open_store(store, WORDS, at=clock.SetClock(NOON))


def _refused(store: Path) -> errors.TriageError:
    """How the store is refused; not a byte in its folder is another afterwards."""
    before = Folder.of(store)
    with pytest.raises(errors.TriageError) as refused:
        _open(store).close()
    assert Folder.of(store) == before
    return refused.value


def _with_wal(store: Path) -> None:
    """Leave a write-ahead log beside the database, as a killed process does."""
    desk = _open(store)
    cases.note(desk, "2026-0001", "Em đã về nhà.")
    aside = store.with_name("aside")
    shutil.copytree(store, aside)
    desk.close()
    shutil.rmtree(store)
    aside.rename(store)
    assert (store / "store.1.db-wal").stat().st_size > PAGE


def test_the_whole_store_opens(store: Path) -> None:
    """The control: undamaged, with and without a write-ahead log, it opens and its log is whole."""
    for prepare in (lambda _store: None, _with_wal):
        prepare(store)
        with _open(store) as desk:
            assert upkeep.verify_log(desk).whole


@pytest.mark.parametrize("name", HEADERS)
def test_a_damaged_header_is_damage(store: Path, name: str) -> None:
    """Cut, empty, not JSON, another MAC: 4; no header: 2, for then it is no store."""
    status, damage = HEADERS[name]
    damage(store)
    assert _refused(store).status == status


@pytest.mark.parametrize("key", ["salt", "memory_kib", "iterations", "lanes", "marks", "commit"])
def test_another_lock_is_said_as_a_wrong_passphrase(store: Path, key: str) -> None:
    """Salt, KDF and commitment cannot be told from a wrong passphrase, so both causes are named: 3."""
    _in_person(key)(store)
    assert isinstance(_refused(store), errors.WrongPassphrase)


def test_a_wrong_passphrase_is_3(store: Path) -> None:
    """And it changes nothing."""
    before = Folder.of(store)
    with pytest.raises(errors.WrongPassphrase):
        session.open_store(store, WORDS + "!", at=clock.SetClock(NOON))
    assert Folder.of(store) == before


@pytest.mark.parametrize("place", ["folder", "empty folder", "file"])
def test_no_store_is_2(tmp_path: Path, place: str) -> None:
    """A missing folder, an empty one, or a file is no store, and none is made of it."""
    at = tmp_path / "nothing"
    if place == "empty folder":
        at.mkdir()
    elif place == "file":
        at.write_bytes(b"x")
    with pytest.raises(errors.UsageError):
        _open(at)
    assert at.exists() is (place != "folder")
    assert not at.is_dir() or list(at.iterdir()) == []


@pytest.mark.parametrize("name", DATABASES)
def test_a_damaged_database_is_damage(store: Path, name: str) -> None:
    """4, the passphrase being right; and nothing is written: no fresh empty store, no folded-in log."""
    DATABASES[name](store)
    assert isinstance(_refused(store), errors.StoreDamaged)


@pytest.mark.parametrize("name", [name for name in DATABASES if name != "half"])
def test_a_damaged_database_with_a_log_beside_it_is_damage(store: Path, name: str) -> None:
    """The same when a killed process has left its write-ahead log."""
    _with_wal(store)
    DATABASES[name](store)
    assert isinstance(_refused(store), errors.StoreDamaged)


def test_half_a_database_under_its_log_is_damage(store: Path) -> None:
    """The log may hold all that opening reads: then what is missing is named by the first look at it."""
    _with_wal(store)
    _half(store)
    with pytest.raises(errors.StoreDamaged), _open(store) as desk:
        upkeep.verify_log(desk)


@pytest.mark.parametrize("wal", [False, True])
def test_a_database_of_another_store_is_damage(store: Path, sister: Path, wal: bool) -> None:
    """Of the same school, made by the same person: it is not this store's."""
    if wal:
        _with_wal(store)
    shutil.copyfile(_database(sister), _database(store))
    assert isinstance(_refused(store), errors.StoreDamaged)


def test_a_damaged_item_closes_the_item_and_not_the_store(store: Path, tmp_path: Path) -> None:
    """The store opens; the check names the item (1); reading it is 4 and leaves no part of it behind."""
    (kept,) = [path for path in (store / "evidence").iterdir() if path.is_file()]
    data = kept.read_bytes()
    kept.write_bytes(_turned(data, len(data) // 2))
    before = Folder.of(store / "evidence")
    with _open(store) as desk:
        assert [check.holds for check in evidence.verify(desk)] == [False]
        assert [problem.code for problem in upkeep.verify_log(desk).problems] == ["evidence"]
        with pytest.raises(errors.StoreDamaged):
            evidence.get(desk, "2026-0001", "E-001", tmp_path / "out", "Công an phường hỏi")
    assert not any((tmp_path / "out").glob("*"))
    assert Folder.of(store / "evidence") == before


COMMANDS: dict[str, tuple[int, Damage, tuple[str, ...]]] = {
    "page 1": (4, DATABASES["page 1 flipped"], ("case", "list")),
    "0 bytes": (4, DATABASES["0 bytes"], ("case", "list")),
    "salt": (3, _in_person("salt"), ("case", "list")),
    "no header": (2, HEADERS["missing"][1], ("case", "list")),
    "MAC": (4, _in_header("mac"), ("case", "list")),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_says_it_with_its_exit_status(store: Path, tmp_path: Path, name: str) -> None:
    """The installed program: the status of semantics.md, words for people, and nothing changed."""
    status, damage, arguments = COMMANDS[name]
    damage(store)
    before = Folder.of(store)
    done = subprocess.run(
        [Path(sys.executable).with_name("triage"), "--store", store, "--passphrase-file", "-", *arguments],
        input=WORDS + "\n", capture_output=True, encoding="utf-8", check=False,
        env=os.environ | {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.startswith("triage: ")
    assert "Traceback" not in done.stderr
    assert Folder.of(store) == before
