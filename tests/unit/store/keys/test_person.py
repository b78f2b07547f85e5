"""A person's keys: locked, opened, used."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tests.unit.store.keys import forge
from tests.unit.store.keys.sample import CHEAP
from triage import errors
from triage.store.keys import person
from triage.terms import Right

KNOWN = (
    "823509a8fdad897631658828b3eb62edf7d8ee60a207fa75bd26a35d7577ea9a"
    "42e6547d1dc41b3e84fa51a39bab86d849965957bb5d5d877a11f8b091f266b6"
)
"""Argon2id of the passphrase ``password``, computed by argon2-cffi."""


def _sealed() -> tuple[person.Person, person.Private, person.Lock]:
    one, private = forge.someone("Lan", Right.COUNSELLOR)
    lock = person.new_lock("mèo vàng", CHEAP)
    return one.seal(lock, private, b"the pin"), private, lock


def test_a_lock_is_found_again_from_its_salt() -> None:
    """The same passphrase under the stored kdf: the same key and commitment; a fresh lock differs."""
    made = person.new_lock("mèo vàng", CHEAP)
    found = person.old_lock(unicodedata.normalize("NFD", "mèo vàng"), made.kdf, allow_cheap=True)
    assert (found.key, found.commit) == (made.key, made.commit)
    assert bytes(made.key).hex() != made.commit and len(made.key) == 32 and len(made.commit) == 64
    other = person.new_lock("mèo vàng", CHEAP)
    assert other.kdf["salt"] != made.kdf["salt"] and other.commit != made.commit
    assert made.kdf["marks"] is True and person.new_lock("meo vang", CHEAP).kdf["marks"] is False


def test_argon2id_gives_what_others_compute() -> None:
    """A known answer from the reference implementation: key, then commitment."""
    kdf = {
        "kind": "argon2id",
        "salt": "01" * 16,
        "memory_kib": 64,
        "iterations": 2,
        "lanes": 2,
        "marks": False,
    }
    lock = person.old_lock("password", kdf, allow_cheap=True)
    assert (bytes(lock.key).hex() + lock.commit) == KNOWN


def test_a_box_opens_with_its_keys_and_pin() -> None:
    """What was sealed comes back; the nonce is fresh each time."""
    one, private, lock = _sealed()
    opened, pin = one.open(lock)
    assert opened.raw() == private.raw() and pin == b"the pin"
    again = one.seal(lock, private, b"the pin")
    assert again.nonce != one.nonce and again.sealed != one.sealed


def test_the_commitment_comes_first() -> None:
    """A wrong passphrase is 3 even when the box is damaged; a damaged box alone is 4."""
    one, _private, lock = _sealed()
    wrong = person.old_lock("mèo đen", lock.kdf, allow_cheap=True)
    with pytest.raises(errors.WrongPassphrase):
        replace(one, sealed=b"").open(wrong)
    for sealed in (b"", one.sealed[:-1], one.sealed + b"\0"):
        with pytest.raises(errors.StoreDamaged):
            replace(one, sealed=sealed).open(lock)


def test_a_box_is_bound_to_id_public_keys_and_kdf() -> None:
    """Moved to another id, under other public keys or another kdf it does not open."""
    one, _private, lock = _sealed()
    other, _other_private, _lock = _sealed()
    for moved in (
        replace(one, id=other.id),
        replace(one, public=other.public),
        replace(one, kdf=dict(one.kdf) | {"marks": False}),
    ):
        with pytest.raises(errors.StoreDamaged) as refused:
            moved.open(lock)
        assert refused.value.code == "header-sealed"
    assert replace(one, label="Cô Lan", right=Right.LEAD).open(lock)


def test_hpke_opens_for_its_person_and_info_only() -> None:
    """Another person, another info, a changed byte: refused."""
    (_one, hers, _lock), (_other, his, _lock2) = _sealed(), _sealed()
    box = hers.public.seal(b"root", b"info")
    assert hers.open(box, b"info") == b"root"
    for private, blob, info in ((his, box, b"info"), (hers, box, b"other"), (hers, box[:-1] + b"?", b"info")):
        with pytest.raises((InvalidTag, ValueError)):
            private.open(blob, info)


def test_subkeys_are_hkdf_expand_under_their_label() -> None:
    """subkey(root, what) = HKDF-Expand(SHA-256, root, "triage/v1/" + what, 32 bytes)."""
    root = bytes(range(32))
    assert person.subkey(root, "db") == HKDFExpand(hashes.SHA256(), 32, b"triage/v1/db").derive(root)
    assert (
        person.subkey(bytearray(root), "db") == person.subkey(root, "db") != person.subkey(root, "evidence")
    )


def test_a_person_reads_back_as_written() -> None:
    """as_json and from_json are each other's way back."""
    one, _private, _lock = _sealed()
    assert person.Person.from_json(one.id, one.as_json()) == one


def test_too_little_memory_is_6(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the computer cannot spare the memory of the lock: try again, nothing changed."""

    class Full:
        def __init__(self, **_figures: object) -> None:
            raise MemoryError

    monkeypatch.setattr(person, "Argon2id", Full)
    with pytest.raises(errors.TryAgain) as refused:
        person.new_lock("mèo vàng", CHEAP)
    assert refused.value.code == "memory-short"
