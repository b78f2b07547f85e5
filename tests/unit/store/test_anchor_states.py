"""Each way in which log and anchor can come to differ: the exact state, and the exact exit status.

Source: security.md 12.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.store.conftest import PASSPHRASE, again, give_keys, make
from triage import clock
from triage.cli import app, terminal
from triage.desk import log, session
from triage.store import anchor, backup, opened

Elsewhere = Callable[[], AbstractContextManager[None]]


class Scene:
    """A store with three acts after its making, and what may happen to it."""

    def __init__(
        self, place: Path, at: clock.SetClock, elsewhere: Elsewhere, patch: pytest.MonkeyPatch
    ) -> None:
        self.place, self.at, self.elsewhere, self.patch = place, at, elsewhere, patch
        self.folder = place / "store"
        made = make(self.folder, at)
        self.database = made.unlocked.database
        give_keys(session.Desk(made, at))
        self.act(made)
        backup.make(made, place / "backup")
        made.close()
        shutil.copytree(self.folder, place / "older")
        held = again(self.folder, at)
        self.act(held)
        held.close()

    @staticmethod
    def act(held: opened.Opened) -> None:
        """One more entry."""
        with held.acting("test.done"):
            pass

    def put_back(self, source: str = "older") -> None:
        """The folder as it was before."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.place / source, self.folder)

    def act_elsewhere(self, times: int) -> None:
        """Acts on another computer."""
        # At another instant: the same act at the same one, by the same member, would be the same entry.
        self.at.at += timedelta(minutes=1)
        with self.elsewhere():
            held = again(self.folder, self.at)
            for _ in range(times):
                self.act(held)
            held.close()

    def restore(self) -> None:
        """The backup restored in the store's place."""
        shutil.rmtree(self.folder)
        backup.restore(
            self.place / "backup",
            self.folder,
            label=None,
            passphrase=PASSPHRASE,
            clock=self.at,
            allow_cheap=True,
        )


def _nothing(_scene: Scene) -> None:
    pass


def _crash_before_the_anchor(scene: Scene) -> None:
    held = again(scene.folder, scene.at)
    with scene.patch.context() as patch:
        patch.setattr(anchor, "write", lambda *_: None)
        scene.act(held)
    held.close()


def _rolled_back(scene: Scene) -> None:
    scene.put_back()


def _rolled_back_and_used_elsewhere(scene: Scene) -> None:
    scene.put_back()
    scene.act_elsewhere(3)


def _restored(scene: Scene) -> None:
    scene.restore()


def _restored_and_used_elsewhere(scene: Scene) -> None:
    scene.restore()
    scene.act_elsewhere(3)


def _write_ahead_log_deleted(scene: Scene) -> None:
    """As a kill leaves it: the last acts lie in the write-ahead log alone."""
    held = again(scene.folder, scene.at)
    scene.act(held)
    shutil.copytree(scene.folder, scene.place / "killed")
    held.close()
    scene.put_back("killed")
    wal = scene.database.with_name(f"{scene.database.name}-wal")
    assert wal.stat().st_size > 0
    wal.unlink()
    wal.with_name(f"{scene.database.name}-shm").unlink(missing_ok=True)


def _anchor_deleted(scene: Scene) -> None:
    shutil.rmtree(scene.place / "state")


def _another_user(scene: Scene) -> None:
    """Another account of the same computer: another home, another state folder."""
    scene.patch.setenv("HOME", str(scene.place / "another"))
    scene.patch.setenv("XDG_STATE_HOME", str(scene.place / "another" / "state"))


def _a_new_computer(scene: Scene) -> None:
    scene.patch.setenv("XDG_STATE_HOME", str(scene.place / "new"))
    scene.patch.setattr(anchor.platform, "node", lambda: "may-moi")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("happens", "state", "status"),
    [
        (_nothing, "matches", 0),
        (_crash_before_the_anchor, "ahead", 0),
        (_rolled_back, "behind", 1),
        (_rolled_back_and_used_elsewhere, "forked", 1),
        (_restored, "behind", 1),
        (_restored_and_used_elsewhere, "forked", 1),
        (_write_ahead_log_deleted, "behind", 1),
        (_anchor_deleted, "lost", 1),
        (_another_user, "first", 0),
        (_a_new_computer, "first", 0),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)).strip("_"),
)
def test_each_state_and_its_exit(
    happens: Callable[[Scene], None],
    state: str,
    status: int,
    tmp_path: Path,
    at: clock.SetClock,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`audit verify` and `audit anchor` say it; acts are refused (5) exactly where they end with 1."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    scene = Scene(tmp_path, at, elsewhere, monkeypatch)
    happens(scene)
    held = again(scene.folder, at)
    desk = session.Desk(held, at)
    monkeypatch.setattr(terminal, "open_desk", lambda _ctx: desk)
    before = log.last(desk).seq
    assert app.run(["audit", "verify", "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert (found["anchor"], found["whole"], found["problems"]) == (state, True, [])
    assert app.run(["audit", "anchor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)["anchor"] == state
    assert log.last(desk).seq == before, "to look is no act"
    out = tmp_path / "log.jsonl"
    assert app.run(["--lang", "en", "audit", "export", "--out", str(out)]) == (5 if status else 0)
    assert out.exists() == (status == 0)
    assert app.run(["--lang", "en", "audit", "anchor", "--confirm", "--reason", "other"]) == (
        0 if status else 5
    )
    assert log.anchored(desk) == "matches"
    assert app.run(["audit", "export", "--out", str(tmp_path / "later.jsonl")]) == 0
    held.close()


def test_reading_goes_on_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, also without a terminal; what was asked for is printed, and an act ends with 5."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    words = tmp_path / "p"
    words.touch(mode=0o600)
    words.write_text(PASSPHRASE)
    desk, _made = session.create(
        tmp_path / "s", school="Trường THCS Hoa Gạo", code="79012345", label="Cô An", words=PASSPHRASE
    )
    desk.close()
    call = ["--lang", "en", "--store", str(tmp_path / "s"), "--passphrase-file", str(words)]
    assert app.run([*call, "audit", "show"]) == 0
    assert capsys.readouterr().err == "", "a script that nothing concerns is told nothing"
    shutil.rmtree(tmp_path / "state")
    assert app.run([*call, "audit", "show"]) == 0
    said = capsys.readouterr()
    assert "store.created" in said.out
    assert "THE ANCHOR IS GONE" in said.err
    assert app.run([*call, "school", "--phone", "0900 000 111"]) == 5
    assert "no lead has confirmed" in capsys.readouterr().err
    assert app.run([*call, "audit", "anchor", "--confirm"]) == 2
    assert app.run([*call, "audit", "anchor", "--reason", "other"]) == 2
    assert app.run([*call, "audit", "anchor", "--confirm", "--reason", "profile-lost"]) == 0
    assert app.run([*call, "school", "--phone", "0900 000 111"]) == 0


@pytest.mark.skipif(os.name == "nt", reason="a terminal is faked here")
def test_the_unlock_line(
    desk: session.Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At a terminal: the last entry, when, by whom, and its mark."""
    import click

    from triage import i18n

    i18n.use("en")
    monkeypatch.setattr(terminal, "interactive", lambda _ctx: True)
    terminal._greet(click.Context(click.Command("x")), desk)
    words = log.marked(desk).words
    assert capsys.readouterr().err == f"Last entry 1, 25/11/2026 12:00 by Cô An, mark: {words}\n"
    i18n.use("vi")
