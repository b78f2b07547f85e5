"""Nobody gets a header past a member whose pin he was not confirmed in; each forgery has its refusal."""

from __future__ import annotations

import base64
import functools
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.store.keys import forge
from tests.unit.store.keys.sample import AN, BINH, CHEAP, PASSPHRASES, School
from triage import errors
from triage.store.keys import document, grants, header, person
from triage.store.keys.document import Header
from triage.terms import Right


def _refused(school: School, forged: Header, label: str = AN) -> str:
    """Put a forged header in place; the code with which the member is refused, with nothing written."""
    document.write(school.folder, forged)
    before = school.file.read_bytes()
    with pytest.raises(errors.StoreDamaged) as refused:
        school.unlock(label)
    assert school.file.read_bytes() == before
    return refused.value.code


def _id(school: School, label: str) -> str:
    return next(slot.id for slot in school.lead.members if slot.label == label)


def test_the_forging_tool_itself_makes_headers_that_open(school: School) -> None:
    """Positive control: the same tool in a lead's hands is accepted, also with a new root and epoch."""
    true = document.read(school.folder)
    new, _private = forge.someone("Lan", Right.COUNSELLOR)
    lead, root = school.lead, secrets.token_bytes(32)
    forged = forge.stated(
        true, root, dict(true.people) | {new.id: new}, lead.member_id, lead.private(), epoch=2
    )
    document.write(school.folder, forged)
    assert school.unlock(BINH).subkey("db") == person.subkey(root, "db")
    assert school.unlock(AN).epoch == 2


@pytest.mark.parametrize("fresh", [True, False], ids=["chain of her own", "true chain, one step more"])
@pytest.mark.parametrize("borrowed", [True, False], ids=["in the lead's name", "in her own name"])
def test_a_stranger_with_a_root_of_her_own(school: School, fresh: bool, borrowed: bool) -> None:
    """A root of her own sealed to the victim's public key, MAC under that root: 4, whoever opens it."""
    true = document.read(school.folder)
    eve, private = forge.someone("Eve", Right.LEAD)
    by = school.lead.member_id if borrowed else eve.id
    forged = forge.stated(
        true, secrets.token_bytes(32), dict(true.people) | {eve.id: eve}, by, private, fresh=fresh
    )
    expected = "header-older" if fresh else "header-unconfirmed"
    assert _refused(school, forged) == expected
    assert _refused(school, forged, BINH) == expected


def test_a_stranger_who_counts_her_own_chain_up(school: School) -> None:
    """A chain of her own as long as the true one, or longer, is another chain."""
    true = document.read(school.folder)
    eve, private = forge.someone("Eve", Right.LEAD)
    root, people = secrets.token_bytes(32), dict(true.people) | {eve.id: eve}
    forged = forge.stated(true, root, people, eve.id, private, fresh=True)
    for _step in range(3):
        forged = forge.stated(forged, root, people, eve.id, private)
        if forged.now.gen >= true.now.gen:
            assert _refused(school, forged) == "header-unconfirmed"
    assert forged.now.gen > true.now.gen


def test_a_stranger_who_keeps_the_true_statement(school: School) -> None:
    """True people, true grants, a root of her own in the slots: the statement names another root."""
    forged = forge.sealed(document.read(school.folder), secrets.token_bytes(32))
    assert _refused(school, forged) == "header-unconfirmed"


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_removed_counsellor_with_the_old_root(school: School, epoch: int) -> None:
    """She knows the root and her own keys; what she signs is no lead's word, in her name or the lead's."""
    lead, gone = school.lead, school.unlock(BINH)
    before = document.read(school.folder)
    staying = {id_: one for id_, one in before.people.items() if id_ != gone.member_id}
    removed = forge.stated(before, secrets.token_bytes(32), staying, lead.member_id, lead.private(), epoch=2)
    document.write(school.folder, removed)
    school.unlock(AN)
    for by in (gone.member_id, lead.member_id):
        back = forge.stated(
            document.read(school.folder), gone.root(), before.people, by, gone.private(), epoch=epoch
        )
        assert _refused(school, back) == "header-unconfirmed"
        document.write(school.folder, removed)


def test_a_removed_lead(school: School) -> None:
    """Who was a lead before the pin is none after it."""
    header.add_member(school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP)
    lan = header.unlock(school.folder, "Lan", "x", allow_cheap=True)
    both = document.read(school.folder)
    staying = {id_: one for id_, one in both.people.items() if id_ != lan.member_id}
    document.write(
        school.folder,
        forge.stated(
            both, secrets.token_bytes(32), staying, school.lead.member_id, school.lead.private(), epoch=2
        ),
    )
    school.unlock(AN)
    true = document.read(school.folder)
    people = dict(true.people) | {lan.member_id: both.people[lan.member_id]}
    forged = forge.stated(true, secrets.token_bytes(32), people, lan.member_id, lan.private(), epoch=3)
    assert _refused(school, forged) == "header-unconfirmed"
    beside = forge.stated(both, lan.root(), people, lan.member_id, lan.private())
    assert _refused(school, beside) == "header-unconfirmed"


@pytest.mark.parametrize("right", list(Right))
def test_a_counsellor_who_adds_a_person(school: School, right: Right) -> None:
    """Lead is by cryptography: a member with the true root, but not a lead, adds nobody."""
    true, binh = document.read(school.folder), school.unlock(BINH)
    new, _private = forge.someone("Bạn của Bình", right)
    forged = forge.stated(
        true, binh.root(), dict(true.people) | {new.id: new}, binh.member_id, binh.private()
    )
    assert _refused(school, forged) == "header-unconfirmed"


def _add(true: Header, school: School) -> Header:
    new, _private = forge.someone("Eve", Right.COUNSELLOR)
    return replace(true, people=dict(true.people) | {new.id: new})


def _drop(true: Header, school: School) -> Header:
    return replace(true, people={id_: one for id_, one in true.people.items() if id_ != _id(school, BINH)})


def _raise(true: Header, school: School) -> Header:
    binh = true.people[_id(school, BINH)]
    return replace(true, people=dict(true.people) | {binh.id: replace(binh, right=Right.LEAD)})


def _rename(true: Header, school: School) -> Header:
    binh = true.people[_id(school, BINH)]
    return replace(true, people=dict(true.people) | {binh.id: replace(binh, label="Cô Lan")})


def _swap_public(true: Header, school: School) -> Header:
    eve, _private = forge.someone("Eve", Right.COUNSELLOR)
    binh = true.people[_id(school, BINH)]
    return replace(true, people=dict(true.people) | {binh.id: replace(binh, public=eve.public)})


@pytest.mark.parametrize("change", [_add, _drop, _raise, _rename, _swap_public])
@pytest.mark.parametrize("with_root", [True, False], ids=["insider", "outsider"])
def test_people_changed_without_a_grant(
    school: School, change: Callable[[Header, School], Header], with_root: bool
) -> None:
    """A person slipped in, taken out, raised, renamed, a public key swapped: refused, also with a true MAC."""
    forged = change(document.read(school.folder), school)
    if with_root:
        assert _refused(school, forge.sealed(forged, school.lead.root())) == "header-unconfirmed"
    else:
        assert _refused(school, forged) == "header-changed"


def test_a_slot_moved_to_another_person(school: School) -> None:
    """A slot opens in its own place only."""
    true = document.read(school.folder)
    moved = dict(true.slots) | {_id(school, AN): true.slots[_id(school, BINH)]}
    assert _refused(school, replace(true, slots=moved)) == "header-slot"


def test_a_slot_of_another_epoch_or_store(school: School) -> None:
    """The slot is bound to store and epoch: a chain with another number does not take it along."""
    true, lead = document.read(school.folder), school.lead
    later = forge.stated(true, lead.root(), true.people, lead.member_id, lead.private(), epoch=2)
    assert _refused(school, replace(later, slots=true.slots).with_mac(lead.root())) == "header-slot"


def test_a_missing_slot(school: School) -> None:
    """A person without a slot is told so."""
    true = document.read(school.folder)
    slots = {id_: box for id_, box in true.slots.items() if id_ != _id(school, AN)}
    assert _refused(school, replace(true, slots=slots)) == "header-slot"


@pytest.mark.parametrize("keep", [0, 1])
def test_grants_left_out(school: School, keep: int) -> None:
    """A step that is missing between pin and header is refused, though the last one is a lead's."""
    true, lead = document.read(school.folder), school.lead
    later = forge.stated(true, lead.root(), true.people, lead.member_id, lead.private())
    later = forge.stated(later, lead.root(), later.people, lead.member_id, lead.private())
    broken = replace(later, chain=(*later.chain[:keep], later.chain[-1])).with_mac(lead.root())
    assert _refused(school, broken) == "header-unconfirmed"


def test_a_header_that_ends_before_the_pin(school: School) -> None:
    """A smaller count than the pin's is refused even with a true MAC."""
    true = document.read(school.folder)
    first = true.chain[0].statement
    people = {id_: true.people[id_] for id_ in first.people}
    assert _refused(
        school, forge.sealed(replace(true, people=people, chain=true.chain[:1]), school.lead.root())
    ) == ("header-older")


def test_an_older_copy_of_the_whole_header_opens(school: School) -> None:
    """The limit: header and pin lie in one file; putting both back is the database's and the anchor's to see."""
    old = school.file.read_bytes()
    header.add_member(
        school.folder, school.lead, label="Lan", right=Right.COUNSELLOR, passphrase="x", cost=CHEAP
    )
    school.unlock(AN)
    school.file.write_bytes(old)
    assert school.unlock(AN).gen == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("memory_kib", 16), ("memory_kib", 7), ("memory_kib", 2**40), ("memory_kib", "8"), ("memory_kib", True),
     ("iterations", 2), ("iterations", 0), ("iterations", 10**9), ("lanes", 8), ("lanes", 0), ("lanes", -1),
     ("salt", "00" * 16), ("salt", "00"), ("salt", "zz" * 16), ("salt", None), ("salt", "AB" * 16),
     ("kind", "argon2i"), ("kind", "hkdf-sha256"), ("marks", 0), ("extra", 1), ("secret", "x")],
)  # fmt: skip
def test_a_changed_lock_is_3(school: School, field: str, value: Any) -> None:
    """Salt or KDF parameters changed: exit 3, whatever they were changed to, with the passphrase right."""
    _edit(school, lambda one: one["kdf"].__setitem__(field, value))
    with pytest.raises(errors.WrongPassphrase):
        school.unlock(AN)


def test_a_lowered_kdf_is_3_in_the_program(tmp_path: Any) -> None:
    """A lock made at the floor and then lowered, in any figure, is refused before a guess is worth it."""
    kdf = {
        "kind": "argon2id",
        "salt": "00" * 16,
        "memory_kib": 65536,
        "iterations": 3,
        "lanes": 4,
        "marks": False,
    }
    for field in ("memory_kib", "iterations", "lanes"):
        with pytest.raises(errors.WrongPassphrase) as refused:
            person.old_lock("x", kdf | {field: kdf[field] - 1})  # type: ignore[operator]
        assert refused.value.code == "wrong-kdf"


@pytest.mark.parametrize("value", ["", "00" * 32, "not hex", "é"])
def test_a_changed_commitment_is_3(school: School, value: str) -> None:
    """The commitment is compared first."""
    _edit(school, functools.partial(_put, name="commit", value=value))
    with pytest.raises(errors.WrongPassphrase):
        school.unlock(AN)


def test_a_changed_box_is_4(school: School) -> None:
    """The passphrase holds, the sealed keys do not: damage, not a wrong passphrase."""
    for sealed in (b"\0", b"short", secrets.token_bytes(500)):
        box = base64.b64encode(sealed).decode()
        _edit(school, functools.partial(_put, name="sealed", value=box))
        with pytest.raises(errors.StoreDamaged) as refused:
            school.unlock(AN)
        assert refused.value.code == "header-sealed"


def _put(one: dict[str, Any], name: str, value: object) -> None:
    one[name] = value


def test_another_persons_box_under_ones_own_name(school: School) -> None:
    """Bình's whole lock and box put under An's name: Bình's passphrase opens nothing there."""
    document_ = json.loads(school.file.read_bytes())
    an, binh = (document_["people"][_id(school, label)] for label in (AN, BINH))
    an |= {name: binh[name] for name in ("kdf", "commit", "nonce", "sealed")}
    school.file.write_text(json.dumps(document_), encoding="utf-8")
    with pytest.raises(errors.StoreDamaged) as refused:
        header.unlock(school.folder, AN, PASSPHRASES[BINH], allow_cheap=True)
    assert refused.value.code == "header-sealed"


def test_a_header_that_was_only_written_otherwise_still_opens(school: School) -> None:
    """Blanks and the order of names carry nothing: only content is under the MAC."""
    text = json.dumps(json.loads(school.file.read_bytes()), indent=1, ensure_ascii=True)
    school.file.write_text(text, encoding="utf-8")
    assert school.unlock(AN).label == AN


def test_add_member_refuses_a_header_that_was_forged_meanwhile(school: School) -> None:
    """A lead at the desk does not build on a header that was put there by somebody else."""
    true, binh = document.read(school.folder), school.unlock(BINH)
    new, _private = forge.someone("Eve", Right.LEAD)
    forged = forge.stated(
        true, binh.root(), dict(true.people) | {new.id: new}, binh.member_id, binh.private()
    )
    document.write(school.folder, forged)
    with pytest.raises(errors.StoreDamaged) as refused:
        header.add_member(
            school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP
        )
    assert refused.value.code == "header-unconfirmed"
    assert document.read(school.folder) == forged


def test_every_code_of_a_refusal_is_told_in_words() -> None:
    """The sentence for new keys by someone unconfirmed is the one that was promised."""
    from triage import i18n

    words = i18n.sentence(errors.StoreDamaged("header-unconfirmed"), "vi")
    assert words.what.casefold().startswith("kho này đã được cấp khóa mới bởi người bạn chưa xác nhận")
    both = i18n.sentence(errors.WrongPassphrase("wrong-passphrase"), "en").what
    assert "passphrase is wrong" in both and "header.json) was changed" in both


def _edit(school: School, change: Callable[[dict[str, Any]], object]) -> None:
    found = json.loads(school.file.read_bytes())
    change(found["people"][_id(school, AN)])
    school.file.write_text(json.dumps(found), encoding="utf-8")


def test_pins_and_grants_hold_the_leads_by_key(school: School) -> None:
    """A pin names the leads' signing keys; the counsellor's is not among them."""
    now = document.read(school.folder).now
    pin = grants.Pin.on(now, opened=True)
    assert school.counsellor.sign_public.hex() not in pin.leads.values()
    assert pin.leads[school.lead.member_id] == school.lead.sign_public.hex()
    assert grants.Pin.from_bytes(pin.as_bytes()) == pin


def test_a_slot_for_nobody(school: School) -> None:
    """A slot without a person is refused even with a true MAC."""
    true = document.read(school.folder)
    slots = dict(true.slots) | {"00" * 8: true.slots[_id(school, AN)]}
    assert _refused(school, replace(true, slots=slots).with_mac(school.lead.root())) == "header-unconfirmed"


@pytest.mark.parametrize(
    "change", [{"store": "ab" * 16}, {"epoch": 4}], ids=["another store", "an epoch left out"]
)
def test_a_lead_who_leads_elsewhere(school: School, change: dict[str, Any]) -> None:
    """A statement about another store, or with epochs left out, is no next step, though a lead signed it."""
    true, lead = document.read(school.folder), school.lead
    now = replace(true.now, gen=true.now.gen + 1, previous=true.now.core, **change)
    chain = (*true.chain, grants.give(now, lead.member_id, lead.private()))
    assert _refused(school, forge.sealed(replace(true, chain=chain), lead.root())) == "header-unconfirmed"


def test_a_name_that_stands_twice(school: School) -> None:
    """JSON readers differ on names that stand twice; such a header is not read."""
    whole = school.file.read_bytes()
    school.file.write_bytes(b'{"epoch":1,' + whole[1:])
    with pytest.raises(errors.StoreDamaged) as refused:
        school.unlock(AN)
    assert refused.value.code == "header-unreadable"


def test_another_store_made_for_her(school: School) -> None:
    """A whole store of a stranger, with the victim's own box in it: not the store of her pin."""
    true = document.read(school.folder)
    eve, private = forge.someone("Eve", Right.LEAD)
    root, people = secrets.token_bytes(32), dict(true.people) | {eve.id: eve}
    first = grants.Statement(
        "cd" * 16,
        1,
        1,
        grants.BEFORE_ALL,
        grants.root_commitment(root),
        {id_: grants.Named.of(one) for id_, one in people.items()},
    )
    forged = forge.sealed(document.Header(people, {}, (grants.give(first, eve.id, private),)), root)
    assert _refused(school, forged) == "header-unconfirmed"
