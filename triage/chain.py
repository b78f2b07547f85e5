"""A hash chain: link an entry to the one before; find where a chain breaks."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

LABEL = b"triage/audit/v1\0"
SIGNED = b"triage/audit-entry/v1\0"
"""Stands before the hash that the member at the desk signs."""


def genesis(store: str) -> bytes:
    """The hash before the first entry: 32 bytes that name the store."""
    return hashlib.sha256(LABEL + b"genesis\0" + store.encode()).digest()


def link(previous: bytes, seq: int, body: bytes) -> bytes:
    """The hash of entry ``seq`` (from 1), which follows ``previous``: 32 bytes."""
    return hashlib.sha256(LABEL + previous + struct.pack(">Q", seq) + body).digest()


class Walk:
    """Goes along a chain, one entry after the other, and holds nothing but the last hash."""

    def __init__(self, store: str) -> None:
        self.place = 0
        """How many entries there were."""
        self.head = genesis(store)
        """The hash of the last one."""

    def holds(self, seq: int, body: bytes, found: bytes) -> bool:
        """Go on to the next entry: whether its place and hash are right."""
        self.place += 1
        right = seq == self.place and link(self.head, seq, body) == found
        self.head = found
        return right


def first_break(store: str, entries: Iterable[tuple[int, bytes, bytes]]) -> int | None:
    """The number of the first entry whose place or hash is wrong; None when the chain is whole.

    Args:
        store: the store's id.
        entries: (seq, body, hash) in order.
    """
    walk = Walk(store)
    for seq, body, found in entries:
        if not walk.holds(seq, body, found):
            return walk.place
    return None
