"""The door to the store: made, opened, shared with others."""

from __future__ import annotations

import json
import os
import stat
import unicodedata
from pathlib import Path

import pytest

from tests.unit.store.keys import sample
from tests.unit.store.keys.sample import AN, BINH, CHEAP, PASSPHRASES, School
from triage import errors, paths, schema
from triage.store.keys import document, grants, header, person
from triage.terms import Right


def test_a_new_store_has_a_lead_and_recovery_words(tmp_path: Path) -> None:
    """create: folder 0700, header 0600 and nothing else; the first member leads; the schema holds."""
    folder = tmp_path / "a" / "store"
    unlocked, words, six = sample.new_store(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "header.json").stat().st_mode) == 0o600
    assert [one.name for one in folder.iterdir()] == ["header.json"]
    assert (unlocked.right, unlocked.label, unlocked.epoch, unlocked.gen) == (Right.LEAD, AN, 1, 1)
    assert unlocked.database == folder / "store.1.db"
    assert len(words.split()) == 14 and len(six.split()) == 6 and six == unlocked.compare_words
    assert not unlocked.first_time
    schema.check(json.loads((folder / "header.json").read_bytes()), "header-v1")


def test_the_real_lock_opens_and_the_cheap_one_does_not(tmp_path: Path) -> None:
    """The program opens a header under RFC 9106's second recommendation and refuses a cheaper one with 3."""
    assert header.Cost(65536, 3, 4) == header.FLOOR
    real, _words, _six = sample.new_store(tmp_path / "real", header.FLOOR)
    again = header.unlock(tmp_path / "real", None, PASSPHRASES[AN])
    assert again.subkey("db") == real.subkey("db")
    sample.new_store(tmp_path / "cheap")
    with pytest.raises(errors.WrongPassphrase) as refused:
        header.unlock(tmp_path / "cheap", None, PASSPHRASES[AN])
    assert refused.value.code == "wrong-kdf"


def test_every_member_gets_the_same_keys(school: School) -> None:
    """Lead, counsellor and recovery words open one root key; each purpose has a key of its own."""
    all_three = [school.unlock(AN), school.unlock(BINH), header.recover(school.folder, school.words)]
    assert len({one.subkey("db") for one in all_three}) == 1
    assert len({school.lead.subkey(purpose) for purpose in ("db", "evidence", "backup", "header")}) == 4
    assert [slot.label for slot in all_three[2].members] == [AN, BINH]
    assert all_three[2].right is Right.LEAD and all_three[2].member_id == school.lead.recovery.id


def test_a_composed_and_a_decomposed_passphrase_are_one(school: School) -> None:
    """A keyboard that sends NFD opens what a keyboard that sends NFC closed; labels likewise."""
    label, words = (unicodedata.normalize("NFD", text) for text in (AN.upper(), PASSPHRASES[AN]))
    assert words != PASSPHRASES[AN]
    assert header.unlock(school.folder, label, words, allow_cheap=True).label == AN


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("mèo vàng nhảy qua suối", "wrong-passphrase"),
        ("meo vang nhay qua song", "wrong-marks"),
        ("", "wrong-marks"),
        ("\udcff", "wrong-passphrase"),
    ],
)
def test_a_wrong_passphrase_is_3_and_writes_nothing(school: School, typed: str, code: str) -> None:
    """Exit 3; a passphrase without the marks of the true one is told so; the folder is untouched."""
    before = school.file.read_bytes()
    with pytest.raises(errors.WrongPassphrase) as refused:
        header.unlock(school.folder, AN, typed, allow_cheap=True)
    assert refused.value.code == code
    assert school.file.read_bytes() == before and len(list(school.folder.iterdir())) == 1


def test_marks_typed_into_a_passphrase_without_marks_are_told(tmp_path: Path) -> None:
    """UniKey left on V: the sentence says that marks were typed."""
    lead, _words, _six = sample.new_store(tmp_path)
    header.add_member(
        tmp_path, lead, label="Lan", right=Right.COUNSELLOR, passphrase="as long as it is", cost=CHEAP
    )
    with pytest.raises(errors.WrongPassphrase) as refused:
        header.unlock(tmp_path, "Lan", "á long á it í", allow_cheap=True)
    assert refused.value.code == "wrong-no-marks"


def test_who_is_asked_for_by_label(school: School) -> None:
    """labels() names the members without a secret; unlock needs one of them when there are several."""
    assert [(one.label, one.right) for one in header.labels(school.folder)] == [
        (AN, Right.LEAD),
        (BINH, Right.COUNSELLOR),
    ]
    for label, code in (
        (None, "member-needed"),
        ("Cô Chi", "no-such-member"),
        ("recovery", "no-such-member"),
    ):
        with pytest.raises(errors.UsageError) as refused:
            header.unlock(school.folder, label, "x", allow_cheap=True)
        assert refused.value.code == code


def test_a_folder_that_is_no_store_is_2_and_stays_as_it_is(tmp_path: Path, school: School) -> None:
    """Missing folder, missing header, newer format: 2, named; nothing is made."""
    (tmp_path / "empty").mkdir()
    newer = json.loads(school.file.read_bytes()) | {"v": 2, "unknown": True}
    school.file.write_text(json.dumps(newer), encoding="utf-8")
    for folder, code in (
        (tmp_path / "none", "store-missing"),
        (tmp_path / "empty", "not-a-store"),
        (school.folder, "store-newer"),
    ):
        for act in (header.labels, lambda place: header.unlock(place, None, "x")):
            with pytest.raises(errors.UsageError) as refused:
                act(folder)
            assert refused.value.code == code
    assert not (tmp_path / "none").exists() and not list((tmp_path / "empty").iterdir())


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"v":1,"v":1}', b'{"format":"triage-header","v":1}',
     b'{"v":1e400}', b'{"v":NaN}', b'"\\ud800"', b"1" * 5_000, b" " * (9 << 20)],
)  # fmt: skip
def test_an_unreadable_header_is_4(school: School, data: bytes) -> None:
    """Whatever lies in header.json, it is read as a header or refused with 4."""
    school.file.write_bytes(data)
    for act in (lambda: header.labels(school.folder), lambda: header.unlock(school.folder, AN, "x")):
        with pytest.raises(errors.StoreDamaged) as refused:
            act()
        assert refused.value.code == "header-unreadable"


def test_a_second_store_is_not_made_over_the_first(school: School) -> None:
    """Create refuses a folder with a header and leaves it as it is."""
    before = school.file.read_bytes()
    with pytest.raises(errors.Refused) as refused:
        sample.new_store(school.folder)
    assert refused.value.code == "store-exists" and school.file.read_bytes() == before


def test_a_new_member_compares_six_words_once(school: School) -> None:
    """The first unlock of a new member shows the words of the lead's screen; later ones do not."""
    header.add_member(school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP)
    first = header.unlock(school.folder, "Lan", "x", allow_cheap=True)
    assert first.first_time and first.compare_words == school.lead.compare_words
    assert not header.unlock(school.folder, "Lan", "x", allow_cheap=True).first_time
    assert header.compare_words(first.core) == first.compare_words
    assert header.compare_words("0" * 64) != first.compare_words


def test_only_a_lead_adds_and_a_label_is_free_once(school: School) -> None:
    """A counsellor is refused by the program; a label that is taken in any case or spelling is refused."""
    with pytest.raises(errors.Refused) as refused:
        header.add_member(
            school.folder, school.unlock(BINH), label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP
        )
    assert refused.value.code == "only-a-lead"
    for label in (unicodedata.normalize("NFD", BINH.upper()), "Recovery"):
        with pytest.raises(errors.UsageError) as taken:
            header.add_member(
                school.folder, school.lead, label=label, right=Right.COUNSELLOR, passphrase="x", cost=CHEAP
            )
        assert taken.value.code == "label-taken"


def test_two_leads_at_two_desks_do_not_undo_each_other(school: School) -> None:
    """An add from a desk that unlocked before the other's add keeps both; so does writing a pin anew."""
    header.add_member(school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP)
    lan = header.unlock(school.folder, "Lan", "x", allow_cheap=True)
    header.add_member(
        school.folder, school.lead, label="Mai", right=Right.COUNSELLOR, passphrase="x", cost=CHEAP
    )
    header.add_member(school.folder, lan, label="Chi", right=Right.COUNSELLOR, passphrase="x", cost=CHEAP)
    school.unlock(BINH)
    assert {one.label for one in school.unlock(AN).members} == {AN, BINH, "Lan", "Mai", "Chi"}
    assert lan.gen == 5 and school.unlock(BINH).gen == 5


def test_the_recovery_words_can_add_a_lead(school: School) -> None:
    """A school whose one lead has gone: the sheet opens the store and a new lead is added."""
    sheet = header.recover(school.folder, school.words)
    header.add_member(school.folder, sheet, label="Cô Mới", right=Right.LEAD, passphrase="x", cost=CHEAP)
    assert header.unlock(school.folder, "Cô Mới", "x", allow_cheap=True).right is Right.LEAD
    assert school.unlock(AN).gen == 3


def test_a_pin_follows_the_header_and_leaves_no_older_copy(school: School) -> None:
    """After an unlock the person's pin stands on the newest statement; header.json.1 is gone."""
    header.add_member(school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP)
    (school.folder / "header.json.1").write_bytes(b"an older copy")
    before = school.file.read_bytes()
    left = header.unlock(school.folder, BINH, PASSPHRASES[BINH], allow_cheap=True, keep_pin=False)
    assert left.gen == 3 and school.file.read_bytes() == before
    school.unlock(BINH)
    assert school.file.read_bytes() != before
    assert [one.name for one in school.folder.iterdir()] == ["header.json"]
    settled = school.file.read_bytes()
    school.unlock(BINH)
    assert school.file.read_bytes() == settled
    read = document.read(school.folder)
    lock = person.old_lock(PASSPHRASES[BINH], read.people[school.counsellor.id].kdf, allow_cheap=True)
    pin = grants.Pin.from_bytes(read.people[school.counsellor.id].open(lock)[1])
    assert (pin.gen, pin.core, pin.opened) == (3, read.now.core, True)


def test_a_header_that_cannot_be_written_is_6(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full or read-only disk: try again, and the old header is whole."""
    before = school.file.read_bytes()

    def full(target: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paths, "write_private", full)
    with pytest.raises(errors.TryAgain) as refused:
        header.add_member(
            school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP
        )
    assert refused.value.code == "header-not-written" and school.file.read_bytes() == before


def test_what_was_written_is_read_back(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that keeps something else than it was given is noticed at once: 4."""
    monkeypatch.setattr(paths, "write_private", lambda target, data: target.write_bytes(data[:-2]))
    with pytest.raises(errors.StoreDamaged) as refused:
        header.add_member(
            school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP
        )
    assert refused.value.code == "header-unreadable"


@pytest.mark.skipif(os.name == "nt", reason="Windows locks a file instead of the folder")
def test_whoever_writes_the_header_is_alone(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a member is added or a pin written, no other process can come in between."""
    import fcntl

    held = []
    true_write = paths.write_private

    def write(target: Path, data: bytes) -> None:
        handle = os.open(school.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.append(target.name)
        finally:
            os.close(handle)
        true_write(target, data)

    monkeypatch.setattr(paths, "write_private", write)
    header.add_member(school.folder, school.lead, label="Lan", right=Right.LEAD, passphrase="x", cost=CHEAP)
    school.unlock(BINH)
    assert held == ["header.json", "header.json"]


def test_what_is_sealed_opens_for_one_person_and_one_purpose(school: School) -> None:
    """seal_to: the named member opens it for the named purpose; anybody and anything else is refused."""
    counsellor = school.unlock(BINH)
    box = school.lead.seal_to(counsellor.member_id, b"a key", "school-key/packet")
    assert counsellor.open_sealed(box, "school-key/packet") == b"a key"
    for who, purpose, blob in (
        (school.lead, "school-key/packet", box),
        (counsellor, "school-key/summary", box),
        (counsellor, "school-key/packet", box[:-1]),
        (counsellor, "school-key/packet", b""),
    ):
        with pytest.raises(errors.StoreDamaged) as refused:
            who.open_sealed(blob, purpose)
        assert refused.value.code == "sealed-unreadable"


def test_signatures_name_their_person_and_never_read_as_a_grant(school: School) -> None:
    """sign() holds under the person's public key alone and refuses what would read as a grant."""
    signature = school.lead.sign(b"entry 7")
    assert person.signed_by(school.lead.sign_public, signature, b"entry 7")
    assert not person.signed_by(school.counsellor.sign_public, signature, b"entry 7")
    assert not person.signed_by(school.lead.sign_public, signature, b"entry 8")
    with pytest.raises(ValueError, match="grant"):
        school.lead.sign(grants.SIGNED_AS + b"{}")


def test_forget_overwrites_the_keys_kept_here(school: School) -> None:
    """After forget() the root key and the private keys held by the program are zeros."""
    root, private = school.lead.root(), school.lead.private().raw()
    school.lead.forget()
    assert not any(root) and not any(private)
