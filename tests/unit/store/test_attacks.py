"""The attacks of whom the log is for: with the store's key, and a member's own, but nobody else's.

Each is noticed; those that only the anchor outside the store can notice are shown to pass on a computer that has
never seen the store. So the page about the log promises exactly what holds.

Source: research/store.md 3.3.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from tests.unit.store.conftest import CHEAP, PASSPHRASE, make
from triage import canon, chain, clock, models
from triage.store import audit, digests, engine, opened
from triage.store.keys import header
from triage.terms import Right


@dataclass(slots=True)
class Scene:
    """Cô An (lead) and Cô Bình (the insider) at one store. Entries: 1 2 4 An's, 3 5 6 Bình's."""

    an: opened.Opened
    binh: opened.Opened
    at: clock.SetClock
    place: Path

    def write(self, change: Callable[[Session], None]) -> None:
        """Change the database with the store's key, past the program."""
        with engine.unit(self.an.engine, write=True) as session:
            change(session)


def _act(held: opened.Opened, key: str, value: str) -> None:
    with held.acting("test.done") as act:
        row = act.session.get(models.Setting, key) or models.Setting(key=key, value="")
        row.value = value
        act.session.add(row)


@pytest.fixture
def scene(tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    an = make(tmp_path / "store", at)
    header.add_member(
        an.folder, an.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    binh = opened.open(header.unlock(an.folder, "Cô Bình", "b", allow_cheap=True), clock=at)
    scene = Scene(an, binh, at, tmp_path)
    _act(an, "a", "1")
    _act(binh, "b", "1")
    _act(an, "a", "2")
    _act(binh, "c", "1")
    _act(binh, "d", "1")
    yield scene
    scene.binh.close()
    scene.an.close()


def _log(session: Session) -> list[models.AuditEntry]:
    return list(session.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq))))


def _row(session: Session, key: str) -> models.Setting:
    return session.exec(select(models.Setting).where(models.Setting.key == key)).one()


def _enter(session: Session, entry: models.AuditEntry, row: models.Setting) -> None:
    """Write a row's digest into an entry's body."""
    body = json.loads(entry.body)
    body["rows"] = [
        [table, key, digests.of_row(digests.Salts(session).of(row), row) if key == [row.key] else value]
        for table, key, value in body["rows"]
    ]
    entry.body = canon.dumps(body)


def _link_again(session: Session, binh: opened.Opened) -> None:
    """Make every place and hash right again, and sign what is Bình's."""
    log = [one.model_copy() for one in _log(session)]
    for one in _log(session):
        session.delete(one)
    session.flush()
    previous = chain.genesis(binh.unlocked.store)
    for seq, one in enumerate(log, 1):
        linked = chain.link(previous, seq, one.body)
        mine = one.member_id == binh.unlocked.member_id
        signature = binh.unlocked.sign(chain.SIGNED + linked) if mine else one.signature
        session.add(
            models.AuditEntry(
                seq=seq, body=one.body, hash=linked, member_id=one.member_id, signature=signature
            )
        )
        previous = linked


def _a_row_is_edited(scene: Scene) -> None:
    def change(session: Session) -> None:
        _row(session, "a").value = "3"

    scene.write(change)


def _a_row_is_deleted(scene: Scene) -> None:
    scene.write(lambda session: session.delete(_row(session, "a")))


def _the_insider_rewrites_an_old_row(scene: Scene) -> None:
    """With the digest in his own entry, the chain after it, and his signatures."""

    def change(session: Session) -> None:
        _row(session, "b").value = "2"
        _enter(session, _log(session)[2], _row(session, "b"))
        _link_again(session, scene.binh)

    scene.write(change)


def _the_insider_writes_in_a_colleagues_name(scene: Scene) -> None:
    """An entry that says it is hers, linked and signed by himself."""

    def change(session: Session) -> None:
        log = _log(session)
        log[5].body = log[5].body.replace(
            scene.binh.unlocked.member_id.encode(), scene.an.unlocked.member_id.encode()
        )
        _link_again(session, scene.binh)

    scene.write(change)


def _the_insider_rewrites_his_last_entries(scene: Scene) -> None:
    """Nobody has signed anything after them."""

    def change(session: Session) -> None:
        _row(session, "d").value = "2"
        _enter(session, _log(session)[5], _row(session, "d"))
        _link_again(session, scene.binh)

    scene.write(change)


def _the_insider_drops_a_colleagues_later_entries(scene: Scene) -> None:
    """Her last act is undone in row and log, his own later ones are linked again."""

    def change(session: Session) -> None:
        _row(session, "a").value = "1"
        session.delete(_log(session)[3])
        session.flush()
        _link_again(session, scene.binh)

    scene.write(change)


def _and_fills_their_place(scene: Scene) -> None:
    """The same, and one more act of his own: as many entries as before."""
    _the_insider_drops_a_colleagues_later_entries(scene)
    scene.binh.anchored = False  # his own computer is his: no anchor is kept there

    def change(session: Session) -> None:
        seq, previous = audit.head(session) or (0, b"")
        body = json.loads(_log(session)[-1].body) | {"rows": []}
        audit.append(session, scene.binh.unlocked, seq + 1, previous, body)

    scene.write(change)


def _the_last_entries_are_deleted(scene: Scene) -> None:
    """With their rows."""

    def change(session: Session) -> None:
        for entry, key in zip(_log(session)[-2:], "cd", strict=True):
            session.delete(entry)
            session.delete(_row(session, key))

    scene.write(change)


def _the_store_is_rolled_back(scene: Scene) -> None:
    """The whole folder as it was a week ago."""
    folder = scene.an.folder
    scene.binh.close()
    scene.an.close()
    shutil.copytree(folder, scene.place / "week-ago")
    scene.at.at += timedelta(days=7)
    later = again_as_an(scene)
    _act(later, "a", "9")
    later.close()
    shutil.rmtree(folder)
    (scene.place / "week-ago").rename(folder)
    _sit_down(scene)


def _the_write_ahead_log_is_deleted(scene: Scene) -> None:
    """While nobody is there, after a kill."""
    folder, database = scene.an.folder, scene.an.unlocked.database
    scene.binh.close()
    scene.an.close()
    _sit_down(scene)
    _act(scene.an, "a", "9")
    shutil.copytree(folder, scene.place / "killed")
    scene.binh.close()
    scene.an.close()
    shutil.rmtree(folder)
    (scene.place / "killed").rename(folder)
    for name in ("wal", "shm"):
        database.with_name(f"{database.name}-{name}").unlink()
    _sit_down(scene)


def again_as_an(scene: Scene) -> opened.Opened:
    """Cô An opens the store again."""
    unlocked = header.unlock(scene.an.folder, "Cô An", PASSPHRASE, allow_cheap=True)
    return opened.open(unlocked, clock=scene.at)


def _sit_down(scene: Scene) -> None:
    scene.an = again_as_an(scene)
    scene.binh = opened.open(header.unlock(scene.an.folder, "Cô Bình", "b", allow_cheap=True), clock=scene.at)


Attack = Callable[[Scene], None]
NOTICED_INSIDE: list[tuple[Attack, list[str], str]] = [
    (_a_row_is_edited, ["row-changed: setting a"], "matches"),
    (_a_row_is_deleted, ['row-missing: setting ["a"]'], "matches"),
    (_the_insider_rewrites_an_old_row, ["signature: 4"], "forked"),
    (_the_insider_writes_in_a_colleagues_name, ["signature: 6"], "forked"),
]
NOTICED_BY_THE_ANCHOR: list[tuple[Attack, str]] = [
    (_the_insider_rewrites_his_last_entries, "forked"),
    (_the_insider_drops_a_colleagues_later_entries, "behind"),
    (_and_fills_their_place, "forked"),
    (_the_last_entries_are_deleted, "behind"),
    (_the_store_is_rolled_back, "behind"),
    (_the_write_ahead_log_is_deleted, "behind"),
]


def _named(value: object) -> str:
    return getattr(value, "__name__", "").strip("_")


def _found(scene: Scene) -> audit.Audit:
    with scene.an.reading() as session:
        return audit.verify(session, scene.an.unlocked)


def test_before_any_attack_all_of_it_holds(scene: Scene) -> None:
    """The control."""
    found = _found(scene)
    assert (found.entries, found.holds, found.anchor) == (6, True, "matches")


@pytest.mark.parametrize(("attack", "problems", "state"), NOTICED_INSIDE, ids=_named)
def test_noticed_by_the_log_itself(
    scene: Scene,
    attack: Attack,
    problems: list[str],
    state: str,
    elsewhere: Callable[[], AbstractContextManager[None]],
) -> None:
    """The place is named, also on a computer that has never seen the store."""
    attack(scene)
    found = _found(scene)
    assert ([str(one) for one in found.problems], found.anchor) == (problems, state)
    assert not found.whole
    with elsewhere():
        assert (_found(scene).anchor, _found(scene).holds) == ("first", False)


@pytest.mark.parametrize(("attack", "state"), NOTICED_BY_THE_ANCHOR, ids=_named)
def test_noticed_by_the_anchor_alone(
    scene: Scene, attack: Attack, state: str, elsewhere: Callable[[], AbstractContextManager[None]]
) -> None:
    """Whole in itself, and the anchor speaks against it; where there is none, it passes."""
    attack(scene)
    found = _found(scene)
    assert (found.whole, found.anchor, found.holds) == (True, state, False)
    with elsewhere():
        assert (_found(scene).anchor, _found(scene).holds) == ("first", True)


def test_a_clock_set_back_is_in_the_entry(scene: Scene) -> None:
    """The order stays that of the numbers, and the entry says so."""
    scene.at.at -= timedelta(days=3)
    _act(scene.binh, "e", "1")
    with scene.an.reading() as session:
        newest = audit.entries(session, limit=1)[0]
    assert newest.seq == 7
    assert newest.codes["clock_back"] is True
    assert _found(scene).holds


def test_with_the_mark_on_paper_a_bent_history_is_seen_without_any_anchor(scene: Scene) -> None:
    """What was written down of an entry is another after it was replaced, or there is no such entry."""
    from triage.desk import log, session

    desk = session.Desk(scene.an, scene.at)
    paper = log.marked(desk, 6).words
    _and_fills_their_place(scene)
    assert log.marked(desk, 6).words != paper
