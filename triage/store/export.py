"""The log for an auditor who holds no key: every entry as it stands, the public keys, the school's signature.

Source: security.md 23; docs/adr/0016-audit-export.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlmodel import Session, select

from triage import canon, chain, clock, errors, models
from triage.store import audit, export_check
from triage.store.keys.header import Unlocked

FORMAT = 1


def write(
    session: Session,
    unlocked: Unlocked,
    file: BinaryIO,
    *,
    number: str,
    made_at: datetime,
    names: bool,
    signer: bytes,
) -> int:
    """Write the whole log, one JSON document a line; return the last entry's number.

    Args:
        session: one reading of the store: what is added meanwhile is not in it.
        unlocked: the store's keys.
        file: where to.
        number: the file's outside number.
        made_at: when.
        names: whether members stand there with their labels.
        signer: the school's private key for summaries, 32 bytes.

    Raises:
        errors.StoreDamaged: ``entry-unreadable``.
    """
    entries, head = audit.head(session) or (0, chain.genesis(unlocked.store))
    first = canon.dumps(
        {
            "format": FORMAT,
            "number": number,
            "store": unlocked.store,
            "made_at": clock.text(made_at),
            "entries": entries,
            "head": head.hex(),
            "people": _people(session, unlocked, names=names),
        }
    )
    file.write(first + b"\n")
    for seq, body, linked, member, signature in audit.stream(session):
        line: dict[str, canon.Json] = {
            "seq": seq, "body": _text(seq, body), "hash": linked.hex(), "member": member, "signature": signature.hex(),
        }  # fmt: skip
        file.write(canon.dumps(line) + b"\n")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(signer)
    seal: dict[str, canon.Json] = {
        "key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(export_check.SEALED + first).hex(),
    }  # fmt: skip
    file.write(canon.dumps(seal) + b"\n")
    return entries


def _people(session: Session, unlocked: Unlocked, *, names: bool) -> list[canon.Json]:
    """Everyone whose key may have signed an entry, by id: a random number that says nothing."""
    labels = {member.id: member.label for member in session.exec(select(models.Member))}
    labels |= {slot.id: slot.label for slot in unlocked.everyone}
    keys = audit.public_keys(session, unlocked)
    return [
        {"id": one, "ed25519": keys[one].hex()} | ({"label": labels[one]} if names else {})
        for one in sorted(keys)
    ]


def _text(seq: int, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise errors.StoreDamaged("entry-unreadable", number=seq) from None
