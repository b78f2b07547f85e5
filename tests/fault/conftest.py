"""A store made once at the true cost, copied for each test."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage import clock
from triage.desk import cases, evidence, session
from triage.terms import Kind

WORDS = "lúa chín vàng ngoài đồng quê em"
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()


def make(folder: Path, *, case: bool) -> Path:
    """A closed store of the one invented school."""
    desk, _created = session.create(
        folder,
        school="Trường THCS Hoa Gạo",
        code="79012345",
        label="Cô An",
        words=WORDS,
        at=clock.SetClock(NOON),
    )
    if case:
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
        chat = folder.parent / "chat.txt"
        chat.write_bytes(CHAT)
        evidence.add(desk, ref, [chat], evidence.Origin(), no_sexual_image=True)
    desk.close()
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one case and one item."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("whole")
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        return make(place / "store", case=True)


@pytest.fixture(scope="session")
def sister(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another store of the same school."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("sister")
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        return make(place / "store", case=False)


@pytest.fixture
def store(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the store for this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # The store knows this computer: what the computer knows of the store goes along.
    shutil.copytree(whole.parent / "state", tmp_path / "state")
    return Path(shutil.copytree(whole, tmp_path / "store"))
