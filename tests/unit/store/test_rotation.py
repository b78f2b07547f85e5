"""New keys: everything of before is there, and nothing of before opens what comes after."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again
from triage import clock, errors, models
from triage.desk import cases, session
from triage.store import audit, backup, engine, epochs, opened, rotation
from triage.store.keys import document, epoch, header
from triage.store.keys.unlocked import Unlocked
from triage.terms import Kind, Right

BINH, HIS, NEW = "Thầy Bình", "con mèo nằm ngủ bên thềm", "đàn cò trắng bay về núi"


@dataclass(slots=True)
class School:
    """A store with a lead and a counsellor, a case in it, and what was taken along before a change."""

    held: opened.Opened
    words: str
    before: Path
    """The folder as it was, header and database, closed."""

    @property
    def folder(self) -> Path:
        return self.held.folder


@pytest.fixture
def school(tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch) -> School:
    """Both have opened the store; a copy of its folder lies aside."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "store"
    unlocked, words, _six = header.create(
        folder, label="Cô An", passphrase=PASSPHRASE, school="", code="", now=at.now(), cost=CHEAP
    )
    held = opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at)
    header.add_member(folder, unlocked, label=BINH, right=Right.COUNSELLOR, passphrase=HIS, cost=CHEAP)
    cases.new(session.Desk(held, at), cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi."))
    held.close()
    header.unlock(folder, BINH, HIS, allow_cheap=True)
    shutil.copytree(folder, tmp_path / "before")
    held = opened.open(header.unlock(folder, "Cô An", PASSPHRASE, allow_cheap=True), clock=at)
    return School(held, words, tmp_path / "before")


def _id(held: opened.Opened, label: str) -> str:
    return next(slot.id for slot in held.unlocked.members if slot.label == label)


def _nothing(_act: opened.Act, _coming: epoch.Next) -> None:
    return


def _rotate(held: opened.Opened, change: epoch.Change, **more: Any) -> epoch.Next:
    coming = epoch.plan(held.unlocked, change, cost=CHEAP)
    rotation.rotate(held, coming, "test.rotated", enter=_nothing, **more)
    return coming


def _remove(school: School, **more: Any) -> epoch.Next:
    leaves = frozenset({_id(school.held, BINH)})
    return _rotate(school.held, epoch.Change(leaves=leaves, words=True), **more)


def _opens(folder: Path, unlock: Callable[[Path], Unlocked], at: clock.Clock) -> bool:
    """Whether a store opens this way, to its last page."""
    try:
        held = opened.open(unlock(folder), clock=at)
    except errors.TriageError:
        return False
    with held.reading() as read:
        found = read.exec(select(models.Note.text)).all()
    held.close()
    return "Em sợ lắm cô ơi." in found


def _as(label: str, passphrase: str) -> Callable[[Path], Unlocked]:
    return lambda folder: header.unlock(folder, label, passphrase, allow_cheap=True)


def test_those_who_stay_find_everything(school: School, at: clock.SetClock) -> None:
    """The log goes on in one chain, whole; the anchor matches; the open store can be written at once."""
    held = school.held
    with held.reading() as read:
        entries = audit.verify(read, held.unlocked).entries
    _remove(school)
    assert held.unlocked.epoch == 2
    assert [path.name for path in epochs.older(held.folder, 3)] == ["store.2.db"]
    with held.acting("test.after"):
        pass
    held.close()
    later = again(school.folder, at)
    with later.reading() as read:
        found = audit.verify(read, later.unlocked)
        assert (found.whole, found.anchor, found.entries) == (True, "matches", entries + 3)
        assert read.exec(select(models.Note.text)).all() == ["Em sợ lắm cô ơi."]
        assert read.get_one(models.Meta, 1).epoch == 2
    later.close()


def test_the_removed_passphrase_opens_nothing_new(school: School, at: clock.SetClock) -> None:
    """Neither with the header that lies there, nor with any header of before beside the new database."""
    _remove(school)
    school.held.close()
    for bring in _files(school.before):
        place = school.folder.with_name("trial")
        shutil.copytree(school.folder, place)
        for file in bring:
            shutil.copyfile(file, place / file.name)
        mixed = {file.name for file in bring}
        whole_of_before = {"header.json", "store.1.db"} <= mixed
        opens = _opens(place, _as(BINH, HIS), at)
        assert opens is whole_of_before, mixed
        assert _opens(place, _by_words(school.words), at) is whole_of_before, mixed
        shutil.rmtree(place)


def test_no_key_of_before_opens_the_new_database(school: School) -> None:
    """The removed member's root key was known to him: it is refused by the file itself."""
    old = school.held.unlocked.subkey("db")
    _remove(school)
    school.held.close()
    with (
        pytest.raises(errors.StoreDamaged),
        engine.connected(school.folder / "store.2.db", old, immutable=True) as copy,
    ):
        copy.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _files(folder: Path) -> list[tuple[Path, ...]]:
    """Every choice of the files of before."""
    files = sorted(path for path in folder.iterdir() if path.name in ("header.json", "store.1.db"))
    return [choice for count in range(len(files) + 1) for choice in itertools.combinations(files, count)]


def _by_words(words: str) -> Callable[[Path], Unlocked]:
    return lambda folder: header.recover(folder, words)


def test_the_new_words_open_and_the_old_do_not(school: School, at: clock.SetClock) -> None:
    """The removed member may have seen the sheet; it has the next number."""
    coming = _remove(school)
    school.held.close()
    assert coming.set_number == 2
    assert coming.words is not None
    assert _opens(school.folder, _by_words(coming.words), at)
    with pytest.raises(errors.WrongPassphrase):
        header.recover(school.folder, school.words)


def test_a_seen_passphrase_opens_nothing_newer(school: School, at: clock.SetClock) -> None:
    """The same lead under fresh keys: with the old passphrase every header of before gives an old root only."""
    mine = school.held.unlocked.member_id
    newcomer = epoch.Newcomer("Cô An", Right.LEAD, NEW, instead_of=mine)
    coming = _rotate(school.held, epoch.Change(comes=(newcomer,)))
    assert coming.instead == {mine: school.held.unlocked.member_id}
    with school.held.acting("test.after"):
        pass
    school.held.close()
    assert _opens(school.folder, _as("Cô An", NEW), at)
    assert _opens(school.folder, _as(BINH, HIS), at)
    assert _opens(school.folder, _by_words(school.words), at)
    assert not _opens(school.folder, _as("Cô An", PASSPHRASE), at)
    for name in ("header.json", "store.1.db"):
        place = school.folder.with_name(f"with-{name}")
        shutil.copytree(school.folder, place)
        shutil.copyfile(school.before / name, place / name)
        assert not _opens(place, _as("Cô An", PASSPHRASE), at)


def test_entries_of_before_hold_under_the_keys_of_before(school: School, at: clock.SetClock) -> None:
    """A renewed member has another id: what she signed is held against the key she had."""
    newcomer = epoch.Newcomer("Cô An", Right.LEAD, NEW, instead_of=school.held.unlocked.member_id)
    coming = epoch.plan(school.held.unlocked, epoch.Change(comes=(newcomer,)), cost=CHEAP)

    def enter(act: opened.Act, one: epoch.Next) -> None:
        for slot in one.fresh:
            act.session.add(
                models.Member(
                    id=slot.id, label=slot.label, right="lead", sign_public=slot.sign_public, added_at=at.now()
                )
            )  # fmt: skip

    rotation.rotate(school.held, coming, "member.renewed", enter=enter)
    with school.held.reading() as read:
        assert audit.verify(read, school.held.unlocked).whole
    school.held.close()


def test_a_backup_of_before_opens_with_what_opened_it_then(school: School, at: clock.SetClock) -> None:
    """What somebody could read until the change stays readable to him: the removal says so."""
    out = school.folder.with_name("backup")
    backup.make(school.held, out)
    _remove(school)
    school.held.close()
    assert backup.verify(out, label=BINH, passphrase=HIS, allow_cheap=True).entries > 0


def test_nobody_is_removed_while_others_are_at_work(school: School, at: clock.SetClock) -> None:
    """6, and nothing has changed: what they write would be lost with the old file."""
    other = again_as_binh(school, at)
    with pytest.raises(errors.TryAgain, match="others-at-the-desk"):
        _remove(school)
    with other.acting("test.other"):
        pass
    other.close()
    assert school.held.unlocked.epoch == 1
    school.held.close()


def again_as_binh(school: School, at: clock.Clock) -> opened.Opened:
    return opened.open(header.unlock(school.folder, BINH, HIS, allow_cheap=True), clock=at)


def test_a_late_writer_is_refused_not_acknowledged(school: School, at: clock.SetClock) -> None:
    """Also one whom the lock did not keep out: the file it has open says that it is about to be replaced."""
    late = opened.Opened(
        school.held.unlocked, engine.make(school.held.unlocked.database, school.held.unlocked.subkey("db")),
        school.held.lock, at,
    )  # fmt: skip
    with late.acting("test.early"):
        pass

    def keep(_coming: epoch.Next) -> None:
        with pytest.raises(errors.TryAgain, match="keys-changing"), late.acting("test.late"):
            pass

    _remove(school, keep=keep)
    with pytest.raises(errors.StoreDamaged, match="store-gone"), late.acting("test.later"):
        pass
    late.engine.dispose()
    school.held.close()


@pytest.mark.parametrize("fails", ["keep", "enter", "copy"])
def test_what_fails_before_it_takes_effect_changes_nothing(
    school: School, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """The words could not be kept, a row not entered, the disk was full: the store goes on as it was."""

    def full(*_more: Any) -> None:
        raise errors.TryAgain("disk-full")

    coming = epoch.plan(
        school.held.unlocked, epoch.Change(leaves=frozenset({_id(school.held, BINH)}), words=True), cost=CHEAP
    )
    if fails == "copy":
        monkeypatch.setattr(rotation, "_pour", full)
    with pytest.raises(errors.TryAgain, match="disk-full"):
        rotation.rotate(
            school.held, coming, "test.rotated", enter=full if fails == "enter" else _nothing,
            keep=full if fails == "keep" else None,
        )  # fmt: skip
    assert sorted(path.name for path in school.folder.glob("store.*.db")) == ["store.1.db"]
    with school.held.acting("test.after"):
        pass
    with school.held.reading() as read:
        assert audit.verify(read, school.held.unlocked).whole
    school.held.close()
    assert _opens(school.folder, _as(BINH, HIS), at)
    assert _opens(school.folder, _by_words(school.words), at)


def test_a_kill_before_the_header_leaves_the_store_under_its_keys(
    school: School, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens next takes the beginning back, and what was copied is removed."""

    def killed(_coming: epoch.Next) -> None:
        shutil.copytree(school.folder, school.folder.with_name("killed"))
        shutil.copytree(school.folder.with_name("state"), school.folder.with_name("state-killed"))

    _remove(school, keep=killed)
    school.held.close()
    monkeypatch.setenv("XDG_STATE_HOME", str(school.folder.with_name("state-killed")))
    place = school.folder.with_name("killed")
    assert (place / "store.2.db").exists()
    held = opened.open(header.unlock(place, BINH, HIS, allow_cheap=True), clock=at)
    with held.reading() as read:
        assert audit.verify(read, held.unlocked).whole
    with held.acting("test.after"):
        pass
    held.close()
    assert not list(place.glob("store.2.db*"))


def test_a_kill_after_the_header_leaves_the_store_under_the_new_keys(
    school: School, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former database is swept by whoever opens next."""
    monkeypatch.setattr(epochs, "remove", lambda _database: None)
    _remove(school)
    school.held.close()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(school.folder.with_name("state")))
    assert (school.folder / "store.1.db").exists()
    assert _opens(school.folder, _as("Cô An", PASSPHRASE), at)
    assert not list(school.folder.glob("store.1.db*"))


def test_a_copy_that_keeps_the_key_is_caught(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault of security.md 5: VACUUM INTO makes a file that the old key opens."""

    def vacuum_into(live: Any, copy: Any, _progress: Any) -> None:
        target = copy.execute("PRAGMA database_list").fetchone()[2]
        copy.close()
        Path(target).unlink()
        live.execute("VACUUM INTO ?", (target,))

    old = school.held.unlocked.subkey("db")
    monkeypatch.setattr(Unlocked, "subkey", lambda _self, _purpose: old)
    with pytest.raises(errors.StoreDamaged, match="copy-under-old-key"):
        _remove(school)
    assert school.held.unlocked.epoch == 1


def test_a_counsellor_changes_no_keys(school: School, at: clock.SetClock) -> None:
    """Only a lead's signature is followed; the program refuses before it comes to that."""
    held = again_as_binh(school, at)
    with pytest.raises(errors.Refused, match="only-a-lead"):
        epoch.plan(held.unlocked, epoch.Change(words=True), cost=CHEAP)
    held.close()
    school.held.close()


def test_the_last_lead_stays(school: School) -> None:
    """Somebody must be able to let others in."""
    mine = school.held.unlocked.member_id
    with pytest.raises(errors.Refused, match="last-lead"):
        epoch.plan(school.held.unlocked, epoch.Change(leaves=frozenset({mine})), cost=CHEAP)
    school.held.close()


def test_who_unlocks_meanwhile_is_told_to_unlock_again(school: School, at: clock.SetClock) -> None:
    """Her passphrase was right when the old header lay there."""
    school.held.close()
    early = header.unlock(school.folder, "Cô An", PASSPHRASE, allow_cheap=True)
    school.held = again_lead(school, at)
    _remove(school)
    school.held.close()
    with pytest.raises(errors.TryAgain, match="keys-changed"):
        opened.open(early, clock=at)
    with pytest.raises(errors.TryAgain, match="keys-changed"):
        header.change_passphrase(school.folder, early, NEW, cost=CHEAP)


def again_lead(school: School, at: clock.Clock) -> opened.Opened:
    return opened.open(header.unlock(school.folder, "Cô An", PASSPHRASE, allow_cheap=True), clock=at)


def test_an_unseen_passphrase_is_changed_in_place(school: School, at: clock.SetClock) -> None:
    """The same keys under another lock; the old one is refused, and no copy of the old header is left."""
    header.change_passphrase(school.folder, school.held.unlocked, NEW, cost=CHEAP)
    school.held.close()
    assert not (school.folder / "header.json.1").exists()
    assert document.read(school.folder).now.epoch == 1
    assert _opens(school.folder, _as("Cô An", NEW), at)
    assert not _opens(school.folder, _as("Cô An", PASSPHRASE), at)
