"""The log's last entry, kept outside the store on each computer: what notices a store put back."""

from __future__ import annotations

import hashlib
import json
import platform
import uuid
from collections.abc import Sequence
from pathlib import Path

from triage import canon, paths
from triage.store.keys.header import Unlocked


def place(store: str) -> Path:
    """Where this computer keeps the anchor of a store."""
    return paths.state_folder() / f"anchor-{store}.json"


def computer() -> str:
    """This computer and user account: a code that the store keeps, so that a deleted anchor is missed."""
    named = f"{platform.node()}\0{uuid.getnode()}\0{Path.home()}"
    return f"computer.{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def keep(unlocked: Unlocked, seq: int, linked: bytes) -> None:
    """Keep the last entry; called after the commit."""
    target = place(unlocked.store)
    paths.make_private(target.parent)
    paths.write_private(
        target,
        canon.dumps({"store": unlocked.store, "epoch": unlocked.epoch, "seq": seq, "hash": linked.hex()}),
    )


def state(unlocked: Unlocked, log: Sequence[tuple[int, bytes]], *, known: bool) -> str:
    """How the log stands to the anchor of this computer.

    ``first``: this computer has not seen the store; ``matches``; ``ahead``: entries were added elsewhere;
    ``behind``: the log is shorter than what this computer saw; ``forked``: another entry stands at that place;
    ``lost``: the store knows this computer, and the anchor is gone or unreadable.

    Args:
        unlocked: the store.
        log: number and hash of every entry, in order.
        known: whether the store knows this computer.
    """
    try:
        kept = json.loads(place(unlocked.store).read_bytes())
        seq, linked = int(kept["seq"]), bytes.fromhex(kept["hash"])
    except FileNotFoundError:
        return "lost" if known else "first"
    except (ValueError, KeyError, TypeError):
        return "lost"
    if len(log) < seq:
        return "behind"
    if log[seq - 1][1] != linked:
        return "forked"
    return "matches" if len(log) == seq else "ahead"
