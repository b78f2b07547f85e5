"""A way into a restricted case when nobody named is there: two halves of words, one of them outside the school.

The secret is the outside half XOR the inside half. The inside half lies twice in the school, with the counsellor and
with the principal; the outside half is always needed, and the school's own recovery words open nothing here.

Source: security.md 8.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session

from triage import canon, errors, models
from triage.store.keys import person, recovery
from triage.store.keys.header import Unlocked
from triage.store.records import restricted as rows

_PROOF = b"triage/restricted-recovered/v1\0"
_HALF = 64
"""Characters of a code in an entry: a signature takes two."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a new set: to be written down, never stored."""

    ref: str
    """Of which case."""
    number: int
    """The set's number."""
    outside: str
    """14 words for a person outside the school; always needed."""
    inside: str
    """14 words, of which the counsellor and the principal each get a copy."""


def make(
    session: Session, unlocked: Unlocked, ref: str, store: str, key: bytes | bytearray, key_number: int
) -> tuple[Words, models.RestrictedRecovery]:
    """A new set and its row, which makes every former one useless once it is entered.

    Args:
        session: a unit of work on everybody's part.
        unlocked: the store.
        ref: the case.
        store: the small store's id.
        key: the case's key.
        key_number: that key's number.
    """
    number = max((row.number for row in rows.recoveries(session, ref)), default=0) + 1
    outside, inside = recovery.new(), recovery.new()
    private = person.Private.new()
    nonce = secrets.token_bytes(12)
    box = AESGCM(_lock(outside, inside, store, number).key).encrypt(
        nonce, private.raw(), _about(unlocked.store, ref, number)
    )
    row = models.RestrictedRecovery(
        restricted_id=ref,
        number=number,
        public=canon.dumps(dict(private.public.as_json())).decode(),
        locked=nonce + box,
        sealed=private.public.seal(key, _info(ref, store, key_number)),
    )
    private.forget()
    return Words(ref, number, recovery.spell(outside), recovery.spell(inside)), row


def seal_again(session: Session, inside: Any) -> None:
    """The case has a new key: the set opens that one from now on.

    Args:
        session: the transaction on everybody's part.
        inside: the keys with the new case key.
    """
    row = rows.recovery(session, inside.ref)
    if row is not None:
        public = person.Public.from_json(json.loads(row.public))
        row.sealed = public.seal(inside.root(), _info(inside.ref, inside.store, inside.epoch))


def unlock(
    unlocked: Unlocked, case: models.RestrictedCase, row: models.RestrictedRecovery, outside: str, inside: str
) -> tuple[bytes, person.Private]:
    """The case's key and the set's private keys, by both halves.

    Raises:
        errors.WrongPassphrase: a word is wrong (``recovery-...``), or ``restricted-words``: not halves of one set.
    """
    lock = _lock(recovery.read(outside), recovery.read(inside), case.store, row.number)
    try:
        raw = AESGCM(lock.key).decrypt(
            row.locked[:12], row.locked[12:], _about(unlocked.store, case.id, row.number)
        )
        private = person.Private(bytearray(raw))
        key = private.open(row.sealed, _info(case.id, case.store, case.key_number))
    except (InvalidTag, ValueError):
        raise errors.WrongPassphrase("restricted-words") from None
    return key, private


def proof(private: person.Private, store: str, ref: str, member_id: str, seq: int) -> dict[str, str]:
    """Codes for the entry ``seq`` which show that whoever makes it had the words."""
    text = private.sign(_claim(store, ref, member_id, seq)).hex()
    return {"proof_1": text[:_HALF], "proof_2": text[_HALF:]}


def is_proven(
    row: models.RestrictedRecovery, store: str, entry: models.AuditEntry, body: Mapping[str, Any]
) -> bool:
    """Whether an entry's signer had the words of a set."""
    public = person.Public.from_json(json.loads(row.public))
    try:
        signature = bytes.fromhex(f"{body['proof_1']}{body['proof_2']}")
    except (KeyError, ValueError):
        return False
    claim = _claim(store, row.restricted_id, entry.member_id, entry.seq)
    return person.signed_by(public.ed25519, signature, claim)


def _lock(outside: bytes, inside: bytes, store: str, number: int) -> person.Lock:
    both = bytes(one ^ other for one, other in zip(outside, inside, strict=True))
    return person.words_lock(both, store, number)


def _about(store: str, ref: str, number: int) -> bytes:
    return canon.dumps({"purpose": "restricted-recovery", "store": store, "ref": ref, "number": number})


def _info(ref: str, store: str, number: int) -> bytes:
    return f"triage/restricted-recovery/v1/{ref}/{store}/{number}".encode()


def _claim(store: str, ref: str, member_id: str, seq: int) -> bytes:
    return _PROOF + canon.dumps([store, ref, member_id, seq])
