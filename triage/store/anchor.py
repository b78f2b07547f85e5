"""The log's last entry, kept outside the store on each computer: what notices a store put back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, func, select

from triage import canon, models, paths
from triage.store.keys.header import Unlocked

AGREES = ("first", "matches", "ahead")
"""The states that have nothing against the store."""

REASONS = ("restored-backup", "moved-computer", "profile-lost", "other")
"""Why a lead takes a store as it is although the anchor speaks against it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that this computer has seen."""

    seq: int
    """Its number."""
    hash: bytes
    """Its hash, 32 bytes; empty when the anchor could not be read."""


def room(store: str) -> Path:
    """Where this computer keeps the anchors of a store: one for each folder in which it saw it."""
    return paths.state_folder() / "anchors" / store


def place(unlocked: Unlocked) -> Path:
    """Where the anchor for the store in this folder lies."""
    where = hashlib.sha256(str(unlocked.folder.resolve()).encode()).hexdigest()[:16]
    return room(unlocked.store) / f"{where}.json"


def computer() -> str:
    """This computer and user account: a code that the store keeps, so that a deleted anchor is missed."""
    node = uuid.getnode()
    if node >> 40 & 1:
        # No network card was found, and the number is another one in each process.
        node = 0
    named = f"{platform.node()}\0{node}\0{Path.home()}"
    return f"computer.{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def keep(unlocked: Unlocked, seq: int, linked: bytes) -> None:
    """Keep the last entry; called after the commit, so it must not fail: a later act keeps the next one.

    An older entry than the one kept already does not replace it.
    """
    target = place(unlocked)
    with contextlib.suppress(OSError):
        former = _read(target)
        if former is None or former.seq < seq or not former.hash:
            write(unlocked, seq, linked)


def write(unlocked: Unlocked, seq: int, linked: bytes) -> None:
    """Keep an entry whatever was kept before; only an act that has entered both heads may do so."""
    target = place(unlocked)
    paths.make_private(target.parent)
    kept: dict[str, canon.Json] = {
        "store": unlocked.store, "epoch": unlocked.epoch, "gen": unlocked.gen, "seq": seq, "hash": linked.hex(),
    }  # fmt: skip
    paths.write_private(target, canon.dumps(kept))


def kept(unlocked: Unlocked) -> Kept | None:
    """What this computer has seen of the store in this folder; else of it in any folder, the newest.

    A store that was moved is so held against what was seen before the move.
    """
    here = _read(place(unlocked))
    if here is not None:
        return here
    there = [found for found in map(_read, sorted(room(unlocked.store).glob("*.json"))) if found]
    return max(there, key=lambda one: one.seq, default=None)


def state(session: Session, unlocked: Unlocked) -> str:
    """How the log stands to the anchor of this computer.

    ``first``: this computer has not seen the store; ``matches``; ``ahead``: entries were added elsewhere, or a
    crash came before the anchor was written; ``behind``: the log is shorter than what this computer saw;
    ``forked``: another entry stands at that place; ``lost``: the store knows this computer, and the anchor
    is gone or unreadable.

    Source: security.md 12.
    """
    seen = kept(unlocked)
    if seen is None:
        return "lost" if session.get(models.Setting, computer()) is not None else "first"
    if not seen.hash:
        return "lost"
    last = session.exec(select(func.max(models.AuditEntry.seq))).one() or 0
    if last < seen.seq:
        return "behind"
    linked = session.exec(
        select(models.AuditEntry.hash).where(col(models.AuditEntry.seq) == seen.seq)
    ).first()
    if linked != seen.hash:
        return "forked"
    return "matches" if last == seen.seq else "ahead"


def _read(path: Path) -> Kept | None:
    try:
        found = json.loads(path.read_bytes())
        return Kept(int(found["seq"]), bytes.fromhex(found["hash"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Kept(0, b"")
