"""Who is at the desk: known while the session lives, gone with it, and one person under one account."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again, make
from triage import clock, errors, paths
from triage.desk import presence, session
from triage.store import backup, desks, evidence, lock, opened
from triage.store.keys import header
from triage.terms import Right

ROOT = Path(__file__).resolve().parents[3]
OTHER = "sáu con chó nhỏ chạy quanh nhà"


@contextmanager
def _sits(folder: Path, label: str, words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process at the store; its first line is still to be read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.store.sits_down", str(folder), label, words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def two(held: opened.Opened, at: clock.SetClock) -> opened.Opened:
    """A store of two people; Cô An has it open."""
    header.add_member(
        held.folder, held.unlocked, label="Thầy Bình", right=Right.COUNSELLOR, passphrase=OTHER, cost=CHEAP
    )
    held.close()
    return held


def test_a_session_is_known_while_it_lives(held: opened.Opened) -> None:
    """One file, of the owner alone, with who and since when; closed, nobody is there."""
    (one,) = desks.present(held.folder)
    assert (one.member, one.pid) == (held.unlocked.member_id, os.getpid())
    (file,) = (held.folder / "desks").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"An" not in file.read_bytes()
    held.close()
    assert desks.present(held.folder) == []
    assert list((held.folder / "desks").iterdir()) == []


def test_a_killed_session_is_nobody(held: opened.Opened, at: clock.SetClock) -> None:
    """Its file is left and its lock is not: not counted, and cleared by who sits down next."""
    held.close()
    with _sits(held.folder, "Cô An", PASSPHRASE) as process:
        assert _said(process) == "here"
        assert len(desks.present(held.folder)) == 1
        process.kill()
        process.wait()
        assert len(list((held.folder / "desks").iterdir())) == 1
        assert desks.present(held.folder) == []
    held = again(held.folder, at)
    assert len(list((held.folder / "desks").iterdir())) == 1
    held.close()


def test_who_wants_to_be_alone_is_told_who_is_there(held: opened.Opened) -> None:
    """6 with the names; alone it is given, and afterwards others may come again."""
    with held.alone(), pytest.raises(errors.TryAgain, match="busy"):
        lock.share(held.folder, patience=0.0)
    with _sits(held.folder, "Cô An", PASSPHRASE) as process:
        assert _said(process) == "here"
        with pytest.raises(errors.TryAgain, match="others-at-the-desk") as caught, held.alone():
            raise AssertionError("it was not alone")
        assert caught.value.values["who"] == "Cô An"


def test_another_person_under_the_same_account_is_refused(two: opened.Opened, at: clock.SetClock) -> None:
    """5, named; the same person may sit down twice; who was refused leaves no place behind."""
    held = again_as(two.folder, "Cô An", PASSPHRASE, at)
    with _sits(two.folder, "Thầy Bình", OTHER) as process:
        assert _said(process) == "other-person-here 5"
        process.wait()
    with _sits(two.folder, "Cô An", PASSPHRASE) as process:
        assert _said(process) == "here"
    assert {one.pid for one in desks.present(two.folder)} == {os.getpid()}
    held.close()


def test_a_lead_may_accept_a_shared_account(two: opened.Opened, at: clock.SetClock) -> None:
    """By an entry; then the second person may come, and the desk says so; refused again it holds again."""
    held = again_as(two.folder, "Cô An", PASSPHRASE, at)
    desk = session.Desk(held, at)
    assert presence.said(desk) == ""
    presence.set_shared(desk, accepted=True)
    assert presence.said(desk)
    with _sits(two.folder, "Thầy Bình", OTHER) as process:
        assert _said(process) == "here"
        assert {line.label for line in presence.there(two.folder)} == {"Cô An", "Thầy Bình"}
    presence.set_shared(desk, accepted=False)
    with _sits(two.folder, "Thầy Bình", OTHER) as process:
        assert _said(process) == "other-person-here 5"
    held.close()
    binh = session.Desk(again_as(two.folder, "Thầy Bình", OTHER, at), at)
    with pytest.raises(errors.Refused, match="only-a-lead"):
        presence.set_shared(binh, accepted=True)
    binh.close()


def test_another_account_may_come(
    two: opened.Opened, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account of the computer for each person is the way that is wanted."""
    monkeypatch.setattr(desks, "account", lambda _store: "0123456789abcdef")
    held = again_as(two.folder, "Cô An", PASSPHRASE, at)
    with _sits(two.folder, "Thầy Bình", OTHER) as process:
        assert _said(process) == "here"
    held.close()


def test_a_backup_takes_nobody_along(held: opened.Opened, tmp_path: Path) -> None:
    """No desks/ in it."""
    backup.make(held, tmp_path / "kept")
    assert not (tmp_path / "kept" / "desks").exists()


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_in_a_store_of_a_group_new_files_are_the_groups(
    at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2770 and 0660 for evidence, header, desks; 0600 in any other folder of a group."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    make(tmp_path / "store", at).close()
    for path in (tmp_path / "store", *(tmp_path / "store").rglob("*")):
        path.chmod(0o2770 if path.is_dir() else 0o660)
    (tmp_path / "store" / "desks").rmdir()
    held = again(tmp_path / "store", at)
    chat = tmp_path / "chat.txt"
    chat.write_bytes(b"gui tien\n")
    evidence.take_path(held.folder, chat, store=held.unlocked.store, max_bytes=100)
    header.add_member(
        held.folder, held.unlocked, label="Thầy Bình", right=Right.COUNSELLOR, passphrase=OTHER, cost=CHEAP
    )
    wrong = {
        path.name: oct(path.stat().st_mode)
        for path in held.folder.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) != (0o2770 if path.is_dir() else 0o660)
    }
    held.close()
    assert wrong == {}
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2770)
    paths.write_private(tmp_path / "shared" / "words.txt", b"x")
    assert stat.S_IMODE((tmp_path / "shared" / "words.txt").stat().st_mode) == 0o600


def again_as(folder: Path, label: str, words: str, at: clock.Clock) -> opened.Opened:
    """The store opened by one of its people."""
    return opened.open(header.unlock(folder, label, words, allow_cheap=True), clock=at)
