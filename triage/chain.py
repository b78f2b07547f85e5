"""A hash chain: link an entry to the one before; find where a chain breaks."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

LABEL = b"triage/audit/v1\0"


def genesis(store: str) -> bytes:
    """The hash before the first entry: 32 bytes that name the store."""
    return hashlib.sha256(LABEL + b"genesis\0" + store.encode()).digest()


def link(previous: bytes, seq: int, body: bytes) -> bytes:
    """The hash of entry ``seq`` (from 1), which follows ``previous``: 32 bytes."""
    return hashlib.sha256(LABEL + previous + struct.pack(">Q", seq) + body).digest()


def first_break(store: str, entries: Iterable[tuple[int, bytes, bytes]]) -> int | None:
    """The number of the first entry whose place or hash is wrong; None when the chain is whole.

    Args:
        store: the store's id.
        entries: (seq, body, hash) in order.
    """
    previous = genesis(store)
    for expected, (seq, body, found) in enumerate(entries, 1):
        if seq != expected or link(previous, seq, body) != found:
            return expected
        previous = found
    return None
