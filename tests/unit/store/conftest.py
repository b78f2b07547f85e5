"""A store under a cheap lock: what the lock costs is tested with the keys."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage import clock
from triage.desk import school_keys, session
from triage.store import anchor, opened
from triage.store.keys import header

PASSPHRASE = "lúa chín vàng ngoài đồng quê em"
CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Vietnam."""


def make(folder: Path, at: clock.Clock) -> opened.Opened:
    """A new open store in ``folder``."""
    unlocked, _words, _print = header.create(
        folder, label="Cô An", passphrase=PASSPHRASE, school="", code="", now=at.now(), cost=CHEAP
    )
    return opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at)


def again(folder: Path, at: clock.Clock) -> opened.Opened:
    """The store in ``folder``, opened again."""
    return opened.open(header.unlock(folder, None, PASSPHRASE, allow_cheap=True), clock=at)


def give_keys(desk: session.Desk) -> None:
    """Give a store made by ``make`` the keys with which the school signs."""
    with desk.opened.acting("keys.made") as act:
        school_keys.make(act.session, desk.opened.unlocked, desk.now())


@pytest.fixture
def at() -> clock.SetClock:
    """The test's clock; moved by setting ``at.at``."""
    return clock.SetClock(NOON)


@pytest.fixture
def held(tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[opened.Opened]:
    """An open store of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    held = make(tmp_path / "store", at)
    yield held
    held.close()


@pytest.fixture
def desk(held: opened.Opened, at: clock.SetClock) -> session.Desk:
    """Cô An at the desk of ``held``."""
    return session.Desk(held, at)


@pytest.fixture
def elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Within it this is another computer: it has an anchor of its own, and the store knows it by another code."""

    @contextlib.contextmanager
    def there() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
            patch.setattr(anchor, "computer", lambda: "computer.0000000000000000")
            yield

    return there
