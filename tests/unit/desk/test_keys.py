"""Who holds keys: removal, a passphrase that was seen, recovery words, at the desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from tests.unit.desk.conftest import WORDS
from triage import clock, errors, models
from triage.desk import cases, drafts, keys, packets, people, session, upkeep
from triage.store.keys import cost as costs
from triage.store.keys import document, header
from triage.store.records import leaving
from triage.summary import envelope
from triage.terms import Kind, Right

BINH, HIS, NEW = "Thầy Bình", "con mèo nằm ngủ bên thềm nhà", "đàn cò trắng bay về núi xa"


class Kept:
    """Where new recovery words are kept in a test."""

    def __init__(self) -> None:
        self.words: list[tuple[str, int]] = []

    def __call__(self, words: str, number: int) -> None:
        self.words.append((words, number))


@pytest.fixture
def kept() -> Kept:
    """Nothing yet."""
    return Kept()


@pytest.fixture
def both(desk: session.Desk) -> session.Desk:
    """Cô An at the desk of a store with a counsellor, both having opened it."""
    people.add_member(desk, BINH, Right.COUNSELLOR, HIS)
    header.unlock(desk.folder, BINH, HIS)
    cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi."))
    return desk


def _signing(desk: session.Desk) -> dict[str, str]:
    """The keys with which the school signs now."""
    with desk.opened.reading() as read:
        return {
            purpose: leaving.school_key(read, purpose).fingerprint
            for purpose in ("packet", "summary", "backup")
        }


def _may_sign(desk: session.Desk) -> set[str]:
    """Labels of those to whom the present signing keys are sealed."""
    with desk.opened.reading() as read:
        labels = {row.id: row.label for row in read.exec(select(models.Member))}
        return {
            labels[row.member_id]
            for purpose in ("packet", "summary", "backup")
            for row in leaving.sealed_keys(read, leaving.school_key(read, purpose).id)
        }


def test_a_removal_replaces_everything_that_could_be_used(both: session.Desk, kept: Kept) -> None:
    """Root key, recovery words, every signing key; the log stays whole and names who was removed."""
    before = _signing(both)
    made = keys.remove_member(both, "thầy bình", kept)
    assert (made.epoch, made.set_number) == (2, 2)
    assert kept.words == [(made.words, 2)]
    now = _signing(both)
    assert now == made.fingerprints
    assert not set(now.values()) & set(before.values())
    assert _may_sign(both) == {"Cô An", "recovery"}
    assert [one.label for one in people.members(both)] == ["Cô An"]
    assert upkeep.verify_log(both).whole
    newest = upkeep.log(both, limit=1)[0]
    assert (newest.act, newest.codes["epoch"]) == ("member.removed", 2)
    with pytest.raises(errors.UsageError, match="no-such-member"):
        session.open_store(both.folder, HIS, label=BINH)


def test_the_school_signs_with_the_new_keys_at_once(both: session.Desk, kept: Kept) -> None:
    """A packet's certificate and a summary's key are the new ones; the old private parts are gone."""
    made = keys.remove_member(both, BINH, kept)
    with both.opened.reading() as read:
        revoked = [row for row in leaving.school_keys(read) if row.revoked_at is not None]
        assert len(revoked) == 3
        assert all(not leaving.sealed_keys(read, row.id) for row in revoked)
        assert envelope.key_id(leaving.school_key(read, "summary").public) == made.fingerprints["summary"]
        assert packets.signer(both, read).fingerprint == made.fingerprints["packet"]
    assert packets.certificate(both).fingerprint == made.fingerprints["packet"]


def test_a_removed_label_may_be_given_again(both: session.Desk, kept: Kept, at: clock.SetClock) -> None:
    """Somebody who comes back, or has the same name, is another member."""
    keys.remove_member(both, BINH, kept)
    people.add_member(both, BINH, Right.COUNSELLOR, NEW)
    with both.opened.reading() as read:
        rows = read.exec(select(models.Member).where(models.Member.label == BINH)).all()
        assert [row.removed_at is None for row in rows] == [False, True]
    folder = both.folder
    both.close()
    with session.open_store(folder, NEW, label=BINH, at=at) as again:
        assert again.label == BINH


def test_nobody_removes_herself_or_is_a_counsellor_who_removes(
    both: session.Desk, kept: Kept, at: clock.SetClock
) -> None:
    """She would see the new words; and a counsellor's signature is not followed."""
    with pytest.raises(errors.Refused, match="not-yourself"):
        keys.remove_member(both, "Cô An", kept)
    folder = both.folder
    both.close()
    with session.open_store(folder, HIS, label=BINH, at=at) as his:
        with pytest.raises(errors.Refused, match="only-a-lead"):
            keys.remove_member(his, "Cô An", kept)
        with pytest.raises(errors.Refused, match="only-a-lead"):
            keys.renew_member(his, "Cô An", NEW)
        with pytest.raises(errors.Refused, match="only-a-lead"):
            keys.new_recovery(his, kept, seen=False)
    assert kept.words == []


def test_words_that_cannot_be_kept_change_nothing(both: session.Desk) -> None:
    """A full stick, a key pressed: the store stays as it was, the old words open it."""

    def fails(_words: str, _number: int) -> None:
        raise errors.TryAgain("recovery-not-written", why="")

    before = _signing(both)
    with pytest.raises(errors.TryAgain):
        keys.remove_member(both, BINH, fails)
    assert _signing(both) == before
    assert both.opened.unlocked.epoch == 1
    header.unlock(both.folder, BINH, HIS)


def test_a_seen_passphrase_brings_new_keys_and_keeps_drafts(both: session.Desk, at: clock.SetClock) -> None:
    """The same person under another id: what she was typing is still hers, the recovery words stay."""
    drafts.keep(both, "", {"note:2026-0001": {"text": "đang gõ dở"}}, {})
    made = keys.renew_member(both, "Cô An", NEW)
    assert (made.epoch, made.words, made.set_number) == (2, None, 1)
    assert set(made.fingerprints) == {"packet", "summary", "backup"}
    assert _may_sign(both) == {"Cô An", BINH, "recovery"}
    folder = both.folder
    both.close()
    with pytest.raises(errors.WrongPassphrase):
        session.open_store(folder, WORDS, label="Cô An", at=at)
    with session.open_store(folder, NEW, label="Cô An", at=at) as again:
        assert not again.opened.unlocked.first_time
        found = drafts.find(again, "note:2026-0001")
        assert found is not None
        assert found.fields == {"text": "đang gõ dở"}
        assert upkeep.verify_log(again).whole


def test_a_lead_gives_another_member_new_keys(both: session.Desk, at: clock.SetClock) -> None:
    """He forgot his passphrase, or somebody saw it: he compares six words once more."""
    keys.renew_member(both, BINH, NEW)
    folder = both.folder
    both.close()
    with session.open_store(folder, NEW, label=BINH, at=at) as his:
        assert his.opened.unlocked.first_time
        assert his.opened.unlocked.right is Right.COUNSELLOR


def test_an_unseen_passphrase_changes_the_lock_alone(both: session.Desk, at: clock.SetClock) -> None:
    """No new epoch, the same signing keys, one entry."""
    before = _signing(both)
    keys.change_passphrase(both, NEW)
    assert (_signing(both), both.opened.unlocked.epoch) == (before, 1)
    assert upkeep.log(both, limit=1)[0].act == "member.passphrase-changed"
    folder = both.folder
    both.close()
    with session.open_store(folder, NEW, label="Cô An", at=at) as again:
        assert upkeep.verify_log(again).whole


@pytest.mark.parametrize("act", ["change", "renew", "back"])
def test_a_weak_passphrase_is_refused_at_every_entry(both: session.Desk, kept: Kept, act: str) -> None:
    """The same gate as at init (security.md 18)."""
    with pytest.raises(errors.Refused, match="weak-passphrase"):
        if act == "change":
            keys.change_passphrase(both, "hoagao2026hoagao")
        elif act == "renew":
            keys.renew_member(both, BINH, "hoagao2026hoagao")
        else:
            keys.come_back(both, "Cô Chi", "hoagao2026hoagao", kept)


@pytest.mark.parametrize("seen", [False, True])
def test_new_words_end_the_old_ones(desk: session.Desk, kept: Kept, seen: bool) -> None:
    """The signing keys are replaced when somebody may have seen the old sheet, and only then."""
    keys.new_recovery(desk, kept, seen=False)
    before = _signing(desk)
    keys.new_recovery(desk, kept, seen=seen)
    assert (_signing(desk) == before) is not seen
    (first, _one), (second, number) = kept.words
    assert number == 3
    with pytest.raises(errors.WrongPassphrase):
        header.recover(desk.folder, first, keep_pin=False)
    header.recover(desk.folder, second, keep_pin=False).forget()
    assert _may_sign(desk) == {"Cô An", "recovery"}


def test_the_way_back_in_uses_the_words_up(desk: session.Desk, kept: Kept, at: clock.SetClock) -> None:
    """A one-person school: the sheet from the principal, a new lead, new keys, new words."""
    keys.new_recovery(desk, kept, seen=False)
    folder = desk.folder
    desk.close()
    with session.open_by_recovery(folder, kept.words[-1][0], at=at) as back:
        made = keys.come_back(back, "Cô Chi", NEW, kept)
        assert back.label == "Cô Chi"
        assert made.set_number == 3
        assert upkeep.verify_log(back).whole
    with pytest.raises(errors.WrongPassphrase):
        header.recover(folder, kept.words[0][0], keep_pin=False)
    with session.open_store(folder, NEW, label="Cô Chi", at=at) as chi:
        keys.remove_member(chi, "Cô An", kept)
        assert [one.label for one in people.members(chi)] == ["Cô Chi"]
        assert upkeep.verify_log(chi).whole


def test_the_words_give_a_member_who_is_there_a_new_passphrase(
    desk: session.Desk, kept: Kept, at: clock.SetClock
) -> None:
    """She forgot hers: the same label, fresh keys, and the old passphrase opens nothing."""
    keys.new_recovery(desk, kept, seen=False)
    folder = desk.folder
    desk.close()
    with session.open_by_recovery(folder, kept.words[-1][0], at=at) as back:
        keys.come_back(back, "cô an", NEW, kept)
        assert [one.label for one in people.members(back)] == ["Cô An"]
    with pytest.raises(errors.WrongPassphrase):
        session.open_store(folder, WORDS, at=at)


def test_who_leaves_says_so_and_may_stay(both: session.Desk, at: clock.SetClock) -> None:
    """A counsellor cannot take herself out: it needs a lead's signature."""
    folder = both.folder
    both.close()
    with session.open_store(folder, HIS, label=BINH, at=at) as his:
        people.ask_to_leave(his, True)
        assert {one.label: one.leaving_at for one in people.members(his)} == {"Cô An": None, BINH: at.now()}
        people.ask_to_leave(his, False)
        assert all(one.leaving_at is None for one in people.members(his))
        assert upkeep.verify_log(his).whole


def test_the_rights_say_what_holds_them(desk: session.Desk) -> None:
    """In both languages, by keys or by the program; the one who holds no key is named."""
    found = people.rights()
    assert {one.by for one in found} == {"keys", "program"}
    assert {one.who for one in found} == {"member", "lead", "named", "nobody"}
    assert all(one.vi.strip() and one.en.strip() for one in found)


def test_a_measured_lock_opens_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured on this computer is what the header asks for, and the program opens it."""
    monkeypatch.setattr(costs, "measured", lambda: costs.LADDER[1])
    desk, _made = session.create(
        tmp_path / "measured", school="Trường", code="79012345", label="Cô An", words=WORDS, measured=True
    )
    desk.close()
    (an,) = (one for one in document.read(tmp_path / "measured").people.values() if not one.recovery)
    assert an.kdf["memory_kib"] == costs.LADDER[1].memory_kib > costs.LADDER[0].memory_kib
    with session.open_store(tmp_path / "measured", WORDS) as again:
        assert again.label == "Cô An"
