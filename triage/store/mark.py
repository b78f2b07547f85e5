"""The mark of an entry: six words that stand on paper outside the store, and that no false history can be bent to.

An entry's hash is quick to compute: who holds the store's key could try endings of a false history until the
words of one are those on the paper. Each try at a mark costs what a guess at a passphrase costs.

Source: security.md 12.
"""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from triage import errors
from triage.store.keys import wordlist
from triage.store.keys.person import FLOOR, Cost

WORDS = 6
"""Of the list the recovery words are of: 60 bits."""
_LABEL = b"triage/mark/v1\0"


def words(store: str, seq: int, linked: bytes, *, cost: Cost = FLOOR) -> str:
    """The six words of one entry.

    Args:
        store: the store's id, 32 hex digits.
        seq: the entry's number.
        linked: its hash.
        cost: what one try costs; another than the floor only in tests.

    Raises:
        errors.TryAgain: ``memory-short``.
    """
    try:
        made = Argon2id(
            salt=bytes.fromhex(store), length=8, iterations=cost.iterations, lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive(_LABEL + store.encode() + struct.pack(">Q", seq) + linked)  # fmt: skip
    except MemoryError:
        raise errors.TryAgain("memory-short", kib=cost.memory_kib) from None
    number = int.from_bytes(made) >> 8 * len(made) - WORDS * wordlist.BITS
    return " ".join(wordlist.of_number(number, WORDS))
