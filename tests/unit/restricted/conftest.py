"""A school of four under cheap locks: An (a lead) and Bình are named in what is restricted, Chi and Dũng are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.store.conftest import give_keys
from triage import clock
from triage.desk import people, presence, restricted, session
from triage.store import opened, restricted_keys
from triage.store.keys import header
from triage.store.keys.header import Unlocked
from triage.terms import Right

CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Vietnam."""
STAFF = ("Cô An", "Thầy Bình", "Cô Chi", "Thầy Dũng")
Sit = Callable[[str], session.Desk]


def words(label: str) -> str:
    """A member's passphrase."""
    return f"lúa chín vàng ngoài đồng quê em {label}"


@pytest.fixture
def at() -> clock.SetClock:
    """The test's clock; moved by setting ``at.at``."""
    return clock.SetClock(NOON)


@pytest.fixture
def folder(tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The school's store, with the four members and the school's keys."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return school(tmp_path / "store", at)


def forget(held: opened.Opened, gone: str) -> list[restricted_keys.Left]:
    """As when the header does not name a member any more."""
    there = tuple(slot for slot in held.unlocked.members if slot.id != gone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Unlocked, "members", there)
        return restricted_keys.forget_gone(held, restricted.tells)


def school(folder: Path, at: clock.Clock) -> Path:
    """Make the school's store."""
    unlocked, _words, _print = header.create(
        folder, label=STAFF[0], passphrase=words(STAFF[0]), school="", code="", now=at.now(), cost=CHEAP
    )
    with session.Desk(
        opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at), at
    ) as desk:
        give_keys(desk)
        presence.set_shared(desk, accepted=True)
        for label in STAFF[1:]:
            slot = header.add_member(
                folder, unlocked, label=label, right=Right.COUNSELLOR, passphrase=words(label), cost=CHEAP
            )
            people._enter_member(desk, slot)
    return folder


@pytest.fixture
def sit(folder: Path, at: clock.SetClock) -> Iterator[Sit]:
    """Sits a member down at a desk of her own."""
    desks: list[session.Desk] = []

    def down(label: str) -> session.Desk:
        held = opened.open(header.unlock(folder, label, words(label), allow_cheap=True), clock=at)
        desks.append(session.Desk(held, at))
        return desks[-1]

    yield down
    for desk in desks:
        desk.close()


@pytest.fixture
def an(sit: Sit) -> session.Desk:
    """Cô An at her desk."""
    return sit("Cô An")
