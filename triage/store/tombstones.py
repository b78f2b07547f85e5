"""Tombstones: which cases were deleted, so that an older copy of the store does not bring them back.

A tombstone says when, and by which lead; of the case it holds a digest of its random salt, which goes with the
case. They lie in the store, beside the anchor of each computer, and in every later backup.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from triage import canon, clock, errors, models, paths, schema
from triage.store import anchor
from triage.store.keys import person
from triage.store.keys.header import Unlocked
from triage.terms import Right

FILE = "tombstones.json"
FORMAT = 1
_SIGNED = b"triage/tombstone/v1\0"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A case was deleted."""

    id: str
    """32 random hex digits."""
    case: str
    """SHA-256 over the case's salt, hex."""
    purged_at: str
    """RFC 3339 in UTC."""
    by: str
    """The lead's id."""
    signature: str
    """Ed25519, hex."""

    def as_json(self) -> dict[str, canon.Json]:
        """As it lies in a file."""
        return {
            "id": self.id, "case": self.case, "purged_at": self.purged_at, "by": self.by, "signature": self.signature,
        }  # fmt: skip


def of_salt(salt: bytes) -> str:
    """What a tombstone says of the case with this salt."""
    return hashlib.sha256(_SIGNED + salt).hexdigest()


def carve(unlocked: Unlocked, salt: bytes, at: datetime) -> Tombstone:
    """A new tombstone for a case, signed by the member at the desk."""
    unsigned = Tombstone(secrets.token_hex(16), of_salt(salt), clock.text(at), unlocked.member_id, "")
    signature = unlocked.sign(_covered(unlocked.store, unsigned)).hex()
    return Tombstone(unsigned.id, unsigned.case, unsigned.purged_at, unsigned.by, signature)


def enter(session: Session, one: Tombstone) -> None:
    """Put a tombstone into the store, unless the case has one already."""
    there = session.exec(select(models.Tombstone).where(models.Tombstone.case == one.case)).first()
    if there is None:
        session.add(
            models.Tombstone(
                id=one.id,
                case=one.case,
                purged_at=datetime.fromisoformat(one.purged_at),
                by=one.by,
                signature=bytes.fromhex(one.signature),
            )
        )


def of_store(session: Session) -> list[Tombstone]:
    """The tombstones in the store, oldest first."""
    query = select(models.Tombstone).order_by(col(models.Tombstone.purged_at), col(models.Tombstone.id))
    return [
        Tombstone(row.id, row.case, clock.text(row.purged_at), row.by, row.signature.hex())
        for row in session.exec(query)
    ]


def holds(session: Session, unlocked: Unlocked, one: Tombstone) -> bool:
    """Whether a lead of this store, present or former, has signed a tombstone."""
    keys = {slot.id: slot.sign_public for slot in unlocked.everyone if slot.right is Right.LEAD}
    for member in session.exec(select(models.Member).where(models.Member.right == Right.LEAD.value)):
        keys.setdefault(member.id, member.sign_public)
    key = keys.get(one.by)
    return key is not None and person.signed_by(
        key, bytes.fromhex(one.signature), _covered(unlocked.store, one)
    )


def beside_anchor(store: str) -> Path:
    """The folder in which this computer keeps the tombstones of a store."""
    return anchor.room(store) / "tombstones"


def write_to(folder: Path, store: str, found: Iterable[Tombstone]) -> Path:
    """Write tombstones into a folder, with those that lie there already; none is ever taken away.

    Raises:
        errors.StoreDamaged: ``tombstones-damaged``: what lies there cannot be read; it stays as it is.
    """
    kept = {one.case: one for one in [*found, *read_from(folder, store)]}
    document: dict[str, canon.Json] = {
        "format": FORMAT,
        "store": store,
        "tombstones": [
            one.as_json() for one in sorted(kept.values(), key=lambda one: (one.purged_at, one.id))
        ],
    }
    paths.write_private(paths.make_private(folder) / FILE, canon.dumps(document))
    return folder / FILE


def read_from(folder: Path, store: str) -> list[Tombstone]:
    """The tombstones of a store in a folder; none when there is no file. Nobody has held their signatures yet.

    Raises:
        errors.StoreDamaged: ``tombstones-damaged``.
    """
    try:
        document: dict[str, Any] = json.loads((folder / FILE).read_bytes())
        schema.check(document, "tombstones-v1")
        if document["store"] != store:
            raise ValueError(store)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, errors.UsageError):
        raise errors.StoreDamaged("tombstones-damaged", file=str(folder / FILE)) from None
    return [Tombstone(**one) for one in document["tombstones"]]


def _covered(store: str, one: Tombstone) -> bytes:
    return _SIGNED + canon.dumps(
        {"store": store, "id": one.id, "case": one.case, "purged_at": one.purged_at, "by": one.by}
    )
