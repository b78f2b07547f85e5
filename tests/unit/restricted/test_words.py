"""A restricted case of one person and its own recovery words: the half outside the school is always needed."""

from __future__ import annotations

import pytest

from tests.unit.restricted.conftest import Sit, forget
from triage import errors, models
from triage.desk import cases, restricted, restricted_people, session, upkeep, view
from triage.store import restricted_recovery
from triage.store.records import restricted as rows

REPORT = cases.NewCase(words="Em kể với cô.")
Kept = list[restricted_recovery.Words]


@pytest.fixture
def kept() -> Kept:
    """The sets of words that were made, in order."""
    return []


@pytest.fixture
def ref(an: session.Desk, kept: Kept) -> str:
    """A case that An alone can open; it is about Dũng."""
    ref = restricted.new(an, REPORT, [], subjects=["Thầy Dũng"], keep=kept.append).ref
    restricted.leave(an, ref)
    return ref


def test_both_halves_let_a_colleague_in(an: session.Desk, sit: Sit, ref: str, kept: Kept) -> None:
    """Chi reads and writes on; the log says that she came by the words, and both logs hold."""
    chi = sit("Cô Chi")
    restricted_people.recover(chi, ref, kept[0].outside, kept[0].inside)
    inside = restricted.desk_of(chi, ref)
    assert view.case(inside, ref).notes[0].text == "Em kể với cô."
    cases.note(inside, ref, "Chi làm tiếp.")
    assert restricted.named(an, ref) == ("Cô An", "Cô Chi")
    assert "restricted.recovered" in {entry.act for entry in upkeep.log(an, limit=10)}
    restricted.leave(chi, ref)
    assert len(view.case(restricted.desk_of(an, ref), ref).notes) == 2
    assert upkeep.verify_log(an).problems == () and upkeep.verify_log(chi).problems == ()


def test_without_the_outside_half_nothing_opens(sit: Sit, ref: str, kept: Kept) -> None:
    """Counsellor's and principal's sheets together are one half twice; the halves of another set do not fit either."""
    chi, one = sit("Cô Chi"), kept[0]
    restricted.new(sit("Thầy Bình"), REPORT, [], keep=kept.append)
    pairs = [(one.inside, one.inside), (one.outside, one.outside), (kept[1].outside, one.inside)]
    for outside, inside in pairs:
        with pytest.raises(errors.WrongPassphrase, match="restricted-words"):
            restricted_people.recover(chi, ref, outside, inside)
    with pytest.raises(errors.Refused, match="restricted-not-named"):
        restricted.desk_of(chi, ref)


def test_a_set_is_used_once(an: session.Desk, sit: Sit, ref: str, kept: Kept) -> None:
    """Those who were there know its words: it opens nothing more, a new one does, the one before it does not."""
    restricted_people.recover(sit("Cô Chi"), ref, kept[0].outside, kept[0].inside)
    bình = sit("Thầy Bình")
    with pytest.raises(errors.Refused, match="restricted-no-words"):
        restricted_people.recover(bình, ref, kept[0].outside, kept[0].inside)
    restricted_people.new_words(an, ref, kept.append)
    restricted_people.new_words(an, ref, kept.append)
    assert [words.number for words in kept] == [1, 2, 3]
    for words in kept[:2]:
        with pytest.raises(errors.WrongPassphrase):
            restricted_people.recover(bình, ref, words.outside, words.inside)
    restricted_people.recover(bình, ref, kept[2].outside, kept[2].inside)
    assert view.case(restricted.desk_of(bình, ref), ref).notes


def test_words_open_it_after_a_new_key(an: session.Desk, sit: Sit, ref: str, kept: Kept) -> None:
    """Taking somebody out makes a new key; the sheets stay good. So they are when the one named person has left."""
    restricted_people.name(an, ref, "Thầy Bình")
    restricted_people.unname(an, ref, "Thầy Bình")
    chi = sit("Cô Chi")
    forget(chi.opened, an.opened.unlocked.member_id)
    assert restricted.lines(chi)[0].named == () and restricted.lines(chi)[0].rekey
    restricted_people.recover(chi, ref, kept[0].outside, kept[0].inside)
    assert view.case(restricted.desk_of(chi, ref), ref).notes
    assert not restricted.lines(chi)[0].rekey and upkeep.verify_log(chi).problems == ()


def test_the_subject_is_not_let_in_by_words(sit: Sit, ref: str, kept: Kept) -> None:
    """Not even with both halves."""
    with pytest.raises(errors.Refused, match="restricted-subject"):
        restricted_people.recover(sit("Thầy Dũng"), ref, kept[0].outside, kept[0].inside)


def test_nobody_claims_to_have_had_the_words(an: session.Desk, sit: Sit, ref: str) -> None:
    """Chi signs an entry that says so, with a key of hers for An: refused, nothing is typed before."""
    chi = sit("Cô Chi")
    mine = chi.opened.unlocked.member_id
    proof = {"proof_1": "0" * 64, "proof_2": "0" * 64}
    with chi.opened.acting("restricted.recovered", restricted=ref, recovery=1, **proof) as act:
        act.session.add(models.RestrictedKey(restricted_id=ref, member_id=mine, sealed=b"x"))
        row = rows.recovery(act.session, ref)
        assert row is not None
        row.locked = row.sealed = b""
    with pytest.raises(errors.StoreDamaged, match="restricted-keys"):
        restricted.desk_of(an, ref)


def test_words_that_cannot_be_kept_were_never_made(an: session.Desk, ref: str, kept: Kept, sit: Sit) -> None:
    """The printer is off: the former set stands; a new case is not made at all."""

    def fails(_words: restricted_recovery.Words) -> None:
        raise errors.TryAgain("disk-full")

    with pytest.raises(errors.TryAgain):
        restricted_people.new_words(an, ref, fails)
    with pytest.raises(errors.TryAgain):
        restricted.new(an, REPORT, [], keep=fails)
    assert [line.ref for line in restricted.lines(an)] == [ref]
    restricted_people.recover(sit("Cô Chi"), ref, kept[0].outside, kept[0].inside)
