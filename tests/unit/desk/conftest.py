"""A store made once at the true cost, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage import clock
from triage.desk import session

WORDS = "lúa chín vàng ngoài đồng quê em"
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Vietnam."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh store with its first member."""
    folder = tmp_path_factory.mktemp("desk") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder.parent / "state"))
        desk, _created = session.create(
            folder,
            school="Trường THCS Hoa Gạo",
            code="79012345",
            label="Cô An",
            words=WORDS,
            at=clock.SetClock(datetime(2026, 9, 1, 1, 0, tzinfo=UTC)),
        )
        desk.close()
    return folder


@pytest.fixture
def at() -> clock.SetClock:
    """The test's clock; moved by setting ``at.at``."""
    return clock.SetClock(NOON)


@pytest.fixture
def desk(
    made: Path, tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[session.Desk]:
    """Cô An at her desk, in a store of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(made, tmp_path / "store")
    # The store knows this computer: what the computer knows of the store goes along.
    shutil.copytree(made.parent / "state", tmp_path / "state")
    with session.open_store(tmp_path / "store", WORDS, at=at) as desk:
        yield desk
