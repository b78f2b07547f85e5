"""What this computer has seen of a store is not unlearned by using the store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again, make
from triage import clock, errors, models
from triage.store import anchor, audit, opened
from triage.store.keys import header
from triage.terms import Right


def _state(held: opened.Opened) -> str:
    with held.reading() as session:
        found = audit.verify(session, held.unlocked)
    assert found.whole
    return found.anchor


def _act(held: opened.Opened, times: int = 1, *, code: str = "before") -> None:
    for _ in range(times):
        with held.acting("test.done", code=code):
            pass


@pytest.fixture
def rolled_back(
    tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], opened.Opened]:
    """A store put back as it was ``lost`` entries ago, opened."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def put_back(lost: int) -> opened.Opened:
        make(tmp_path / "store", at).close()
        shutil.copytree(tmp_path / "store", tmp_path / "old")
        held = again(tmp_path / "store", at)
        _act(held, lost)
        held.close()
        shutil.rmtree(tmp_path / "store")
        (tmp_path / "old").rename(tmp_path / "store")
        return again(tmp_path / "store", at)

    return put_back


def test_nothing_is_recorded_on_a_store_put_back(rolled_back: Callable[[int], opened.Opened]) -> None:
    """Refused, and the anchor is not written over; reading goes on."""
    held = rolled_back(2)
    seen = anchor.kept(held.unlocked)
    with pytest.raises(errors.Refused, match="anchor-unconfirmed"):
        _act(held)
    assert _state(held) == "behind"
    with held.reading() as session:
        assert [one.act for one in audit.entries(session)] == ["store.created"]
    assert anchor.kept(held.unlocked) == seen
    held.close()


def test_acts_made_elsewhere_on_a_store_put_back_do_not_hide_that(
    rolled_back: Callable[[int], opened.Opened], elsewhere: Callable[[], AbstractContextManager[None]]
) -> None:
    """Behind at first; as long again it is forked, and longer too."""
    held = rolled_back(2)
    folder, at = held.folder, held.clock
    held.close()
    found = []
    for _ in range(3):
        with elsewhere():
            there = again(folder, at)
            _act(there, code="after")
            there.close()
        here = again(folder, at)
        found.append(_state(here))
        here.close()
    assert found == ["behind", "forked", "forked"]


def test_a_lead_confirms_with_an_entry_that_names_both_heads(
    rolled_back: Callable[[int], opened.Opened],
) -> None:
    """Then the anchor follows again; her own words are a setting, not in the entry."""
    held = rolled_back(3)
    seen = anchor.kept(held.unlocked)
    assert seen is not None
    with held.reading() as session:
        last = audit.head(session)
        assert last is not None
    seq = held.confirm_anchor("restored-backup", "Máy hỏng ổ cứng")
    with held.reading() as session:
        newest = audit.entries(session, limit=1)[0]
        note = session.get(models.Setting, f"anchor.{seq}")
    assert (newest.seq, newest.act) == (seq, "anchor.confirmed")
    assert newest.codes == {
        "reason": "restored-backup", "state": "behind", "seen": seen.seq, "seen_hash": seen.hash.hex(),
        "head": last[0], "head_hash": last[1].hex(),
    }  # fmt: skip
    assert note is not None
    assert note.value == "Máy hỏng ổ cứng"
    assert _state(held) == "matches"
    _act(held)
    assert _state(held) == "matches"
    held.close()


def test_another_desk_open_meanwhile_goes_on_after_it_was_confirmed(
    rolled_back: Callable[[int], opened.Opened],
) -> None:
    """It need not be opened again."""
    held = rolled_back(1)
    other = again(held.folder, held.clock)
    held.confirm_anchor("other")
    _act(other)
    assert _state(other) == "matches"
    other.close()
    held.close()


def test_where_nothing_speaks_against_the_store_nothing_is_confirmed(held: opened.Opened) -> None:
    """And nothing is entered."""
    with pytest.raises(errors.Refused, match="anchor-agrees"):
        held.confirm_anchor("other")
    with held.reading() as session:
        assert [one.act for one in audit.entries(session)] == ["store.created"]


def test_a_reason_is_one_of_the_list(rolled_back: Callable[[int], opened.Opened]) -> None:
    """Free text does not become a code."""
    held = rolled_back(1)
    with pytest.raises(ValueError, match="one of"):
        held.confirm_anchor("vi-em-that-nghi")
    held.close()


def test_only_a_lead_confirms(rolled_back: Callable[[int], opened.Opened]) -> None:
    """A counsellor is refused and nothing is entered."""
    held = rolled_back(1)
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    unlocked = header.unlock(held.folder, "Cô Bình", "b", allow_cheap=True)
    other = opened.open(unlocked, clock=held.clock)
    with pytest.raises(errors.Refused, match="only-a-lead"):
        other.confirm_anchor("other")
    assert _state(other) == "behind"
    other.close()
    held.close()


def test_the_recovery_words_still_add_a_lead(tmp_path: Path, at: clock.SetClock) -> None:
    """With every passphrase lost nobody else could confirm; the anchor is not written over by it."""
    unlocked, words, _print = header.create(
        tmp_path / "store", label="Cô An", passphrase=PASSPHRASE, school="", code="", now=at.now(), cost=CHEAP
    )  # fmt: skip
    held = opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at)
    _act(held)
    held.close()
    anchor.place(held.unlocked).unlink()
    by_words = opened.open(header.recover(held.folder, words), clock=at)
    _act(by_words)
    assert _state(by_words) == "lost"
    by_words.close()


def test_a_moved_store_is_held_against_what_was_seen_before(
    tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved as it is: nothing to say. An old copy at a new place: behind."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    make(tmp_path / "store", at).close()
    shutil.copytree(tmp_path / "store", tmp_path / "old")
    held = again(tmp_path / "store", at)
    _act(held)
    held.close()
    (tmp_path / "store").rename(tmp_path / "moved")
    held = again(tmp_path / "moved", at)
    assert _state(held) == "matches"
    _act(held)
    assert _state(held) == "matches"
    held.close()
    held = again(tmp_path / "old", at)
    assert _state(held) == "behind"
    held.close()


def test_a_crash_before_the_anchor_is_ahead(held: opened.Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is durable first; the next act brings the anchor up."""
    with monkeypatch.context() as patch:
        patch.setattr(anchor, "write", lambda *_: None)
        _act(held)
    assert _state(held) == "ahead"
    _act(held)
    assert _state(held) == "matches"


def test_a_full_disk_under_the_anchor_does_not_undo_the_act(
    held: opened.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act is durable by then: saying "nothing changed" would be a lie."""

    def full(*_: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(anchor, "write", full)
        _act(held)
    assert _state(held) == "ahead"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"seq": 3, "hash": "xyz"}'])
def test_an_unreadable_anchor_is_lost(held: opened.Opened, at: clock.SetClock, data: bytes) -> None:
    """And it stays so until a lead confirms."""
    folder = held.folder
    held.close()
    anchor.place(held.unlocked).write_bytes(data)
    later = again(folder, at)
    with pytest.raises(errors.Refused, match="anchor-unconfirmed"):
        _act(later)
    assert _state(later) == "lost"
    later.confirm_anchor("profile-lost")
    assert _state(later) == "matches"
    later.close()


def test_an_older_entry_does_not_replace_a_newer(held: opened.Opened) -> None:
    """Two desks of one account write after their commits, in any order."""
    _act(held, 2)
    newest = anchor.kept(held.unlocked)
    anchor.keep(held.unlocked, 1, b"\1" * 32)
    assert anchor.kept(held.unlocked) == newest


def test_another_computer_sees_it_for_the_first_time(
    held: opened.Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No anchor, and the store does not know the computer."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    monkeypatch.setattr(anchor, "computer", lambda: "computer.0000000000000000")
    assert _state(held) == "first"


def test_an_anchor_says_nothing_but_numbers(held: opened.Opened) -> None:
    """Store id, epoch, generation, entry and hash; readable by its owner alone."""
    path = anchor.place(held.unlocked)
    assert set(json.loads(path.read_bytes())) == {"store", "epoch", "gen", "seq", "hash"}
    assert path.stat().st_mode & 0o077 == 0
