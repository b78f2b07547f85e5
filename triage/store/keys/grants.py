"""Who may open the store, signed: each change of the header is granted by a lead of the state before.

    Statement   what holds from one change to the next: the header's core
    Grant       a statement with the signature of a lead of the statement before
    Pin         the statement a person last opened, kept inside her own sealed box

Whoever can write the folder can make a header under a root key of his own; he cannot sign as a lead
whom the pin names. Unlock follows the grants from the pin to the header and refuses otherwise. A fork
from before the pin can only be noticed by the anchor outside the store.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage import canon, errors
from triage.store.keys import person, wordlist
from triage.terms import Right

SIGNED_AS = b"triage/v1/grant\n"
"""Stands before what a grant signs, so that no other signature can be taken for one."""
BEFORE_ALL = "0" * 64
"""The core before the first."""


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a statement names them."""

    label: str
    """How the person is called here."""
    right: Right
    """counsellor or lead."""
    recovery: bool
    """Whether this is the recovery words."""
    sign: str
    """Ed25519 public key, hex."""
    keys: str
    """SHA-256 over all public keys, hex."""

    @classmethod
    def of(cls, one: person.Person) -> Named:
        """Name a person of the header."""
        return cls(one.label, one.right, one.recovery, one.public.ed25519.hex(), one.keys_digest())

    def as_json(self) -> dict[str, Any]:
        """As it is signed."""
        return {
            "label": self.label,
            "right": self.right.value,
            "recovery": self.recovery,
            "sign": self.sign,
            "keys": self.keys,
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """The header's core: everything in it that needs a lead's word."""

    store: str
    """The store's id, 32 hex digits."""
    epoch: int
    """Counts root keys, from 1."""
    gen: int
    """Counts statements, from 1."""
    previous: str
    """The core before this one, 64 hex digits."""
    root: str
    """Commitment to the root key, 64 hex digits."""
    people: Mapping[str, Named]
    """Everybody with keys and rights, by id."""

    @property
    def core(self) -> str:
        """SHA-256 of the canonical statement, 64 hex digits."""
        return canon.digest(self.as_json())

    @property
    def leads(self) -> dict[str, str]:
        """The leads' Ed25519 public keys in hex, by id."""
        return {id_: one.sign for id_, one in sorted(self.people.items()) if one.right is Right.LEAD}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Statement:
        """Read a statement."""
        people = {
            id_: Named(one["label"], Right(one["right"]), one["recovery"], one["sign"], one["keys"])
            for id_, one in document["people"].items()
        }
        return cls(
            document["store"],
            document["epoch"],
            document["gen"],
            document["previous"],
            document["root"],
            people,
        )

    def as_json(self) -> dict[str, Any]:
        """As it is signed."""
        return {
            "store": self.store,
            "epoch": self.epoch,
            "gen": self.gen,
            "previous": self.previous,
            "root": self.root,
            "people": {id_: one.as_json() for id_, one in self.people.items()},
        }


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement and who gave it."""

    statement: Statement
    """What holds from here on."""
    by: str
    """The id of the lead who signed."""
    signature: str
    """Ed25519, 128 hex digits."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Grant:
        """Read a grant."""
        return cls(Statement.from_json(document["statement"]), document["by"], document["signature"])

    def as_json(self) -> dict[str, Any]:
        """The entry of the header's ``grants``."""
        return {"statement": self.statement.as_json(), "by": self.by, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Pin:
    """What a person last opened: from here she follows the grants."""

    store: str
    """The store's id."""
    gen: int
    """The statement's number."""
    core: str
    """The statement's core, hex."""
    leads: Mapping[str, str]
    """The leads' Ed25519 public keys, hex, by id."""
    opened: bool
    """Whether she has opened the store herself; until then a lead's word stands for it."""

    @classmethod
    def on(cls, statement: Statement, *, opened: bool) -> Pin:
        """Pin a statement."""
        return cls(statement.store, statement.gen, statement.core, statement.leads, opened)

    @classmethod
    def from_bytes(cls, data: bytes) -> Pin:
        """Read a pin out of a sealed box."""
        document = json.loads(data)
        return cls(
            document["store"], document["gen"], document["core"], document["leads"], document["opened"]
        )

    def as_bytes(self) -> bytes:
        """The pin as it lies in the sealed box."""
        return canon.dumps(
            {
                "store": self.store,
                "gen": self.gen,
                "core": self.core,
                "leads": dict(self.leads),
                "opened": self.opened,
            }
        )


def named(people: Mapping[str, person.Person]) -> dict[str, Named]:
    """Everybody as a statement names them, by id."""
    return {id_: Named.of(one) for id_, one in people.items()}


def root_commitment(root: bytes | bytearray) -> str:
    """What a statement says of the root key without giving it away, 64 hex digits."""
    return person.subkey(root, "commitment").hex()


def give(statement: Statement, by: str, private: person.Private) -> Grant:
    """Sign a statement."""
    return Grant(statement, by, private.sign(SIGNED_AS + canon.dumps(statement.as_json())).hex())


def follow(pin: Pin, chain: Sequence[Grant]) -> None:
    """Walk from the pin to the newest statement; each step by a lead of the state before.

    Args:
        pin: where the person stands.
        chain: the header's grants, oldest first; those before the pin may be missing.

    Raises:
        errors.StoreDamaged: ``header-older`` when the header ends before the pin;
            ``header-unconfirmed`` when a step is missing or not given by a lead of the state before.
    """
    newest = chain[-1].statement
    if newest.store == pin.store and newest.gen < pin.gen:
        raise errors.StoreDamaged("header-older")
    core, gen, leads, epoch = pin.core, pin.gen, pin.leads, 0
    for grant in chain:
        statement = grant.statement
        if statement.gen < pin.gen:
            continue
        if statement.gen == pin.gen:
            _confirm(hmac.compare_digest(statement.core, pin.core))
        else:
            _confirm(statement.gen == gen + 1 and statement.previous == core)
            _confirm(grant.by in leads and _signed(grant, leads[grant.by]))
        _confirm(statement.store == pin.store and statement.epoch in (epoch or statement.epoch, epoch + 1))
        core, gen, leads, epoch = statement.core, statement.gen, statement.leads, statement.epoch
    _confirm(core == newest.core)


def compare_words(core: str) -> str:
    """Six words for a core: two people who read the same words look at the same header (60 bits)."""
    value = int.from_bytes(hashlib.sha256(b"triage/v1/compare\n" + bytes.fromhex(core)).digest()[:8])
    return " ".join(wordlist.of_number(value, 6))


def _signed(grant: Grant, key: str) -> bool:
    data = SIGNED_AS + canon.dumps(grant.statement.as_json())
    return person.signed_by(bytes.fromhex(key), bytes.fromhex(grant.signature), data)


def _confirm(holds: bool) -> None:
    if not holds:
        raise errors.StoreDamaged("header-unconfirmed")
