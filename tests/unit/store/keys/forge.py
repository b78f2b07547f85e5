"""What an attacker with the folder can make: headers rebuilt with whatever keys he has."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from triage import canon
from triage.store.keys import document, grants, person
from triage.terms import Right


def someone(label: str, right: Right) -> tuple[person.Person, person.Private]:
    """A person of his own making, locked by a passphrase ``x``."""
    private = person.Private.new()
    one = person.Person(secrets.token_hex(8), label, right, False, private.public, {}, "", b"", b"")
    pin = canon.dumps({"store": "0" * 32, "gen": 1, "core": "0" * 64, "leads": {}, "opened": True})
    return one.seal(person.new_lock("x", person.Cost(8, 1, 1)), private, pin), private


def stated(
    header: document.Header,
    root: bytes | bytearray,
    people: Mapping[str, person.Person],
    by: str,
    private: person.Private,
    *,
    epoch: int | None = None,
    fresh: bool = False,
) -> document.Header:
    """A header one statement further, signed by ``private`` in the name of ``by``; MAC and slots fit ``root``.

    Args:
        header: the header to go on from.
        root: the root key to seal to everybody.
        people: who is in it.
        by: whose name stands under the grant.
        private: whose key signs.
        epoch: another epoch.
        fresh: begin a chain of his own instead of going on with the true one.
    """
    before = header.now
    now = grants.Statement(
        before.store,
        epoch or before.epoch,
        1 if fresh else before.gen + 1,
        grants.BEFORE_ALL if fresh else before.core,
        grants.root_commitment(root),
        {id_: grants.Named.of(one) for id_, one in people.items()},
    )
    grant = grants.give(now, by, private)
    chain = (grant,) if fresh else (*header.chain, grant)
    return sealed(document.Header(dict(people), {}, chain), root)


def sealed(header: document.Header, root: bytes | bytearray) -> document.Header:
    """The header with a slot for everybody and a MAC, both under ``root``."""
    slots = {id_: one.public.seal(root, header.slot_info(id_)) for id_, one in header.people.items()}
    return replace(header, slots=slots).with_mac(root)
