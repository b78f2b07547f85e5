"""Makes shares-v1.json: whole shares, in both lists, for any other program that reads them.

The shares come from bytes written here, not from the dealing code, so that the file is the same each time:
``python tests/vectors/make_shares.py > tests/vectors/shares-v1.json``
"""

from __future__ import annotations

import hashlib
import json
import sys

from triage.store.keys import recovery, shares, wordlist


def _times(a: int, b: int) -> int:
    """In GF(2^128) with x^128 + x^7 + x^2 + x + 1."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = a << 1 ^ (0x87 | 1 << 128 if a >> 127 else 0), b >> 1
    return product


def cases() -> list[dict[str, object]]:
    """Eight sets: edge values, wrapped set numbers, both lists."""
    made: list[dict[str, object]] = []
    fixed = [(bytes(16), 0), (b"\xff" * 16, (1 << 128) - 1), (bytes(range(16)), 1)]
    drawn = [
        (
            hashlib.sha256(b"raw %d" % at).digest()[:16],
            int.from_bytes(hashlib.sha256(b"c %d" % at).digest()[:16]),
        )
        for at in range(5)
    ]
    for at, (raw, slope) in enumerate(fixed + drawn):
        number, store = (
            (1, 2, 15, 16, 17, 31, 255, 256)[at],
            hashlib.sha256(b"store %d" % at).hexdigest()[:32],
        )
        dealt = []
        for x in (1, 2, 3):
            data = (int.from_bytes(raw) ^ _times(slope, x)).to_bytes(16)
            check = hashlib.sha256(
                b"triage/v1/share\n" + bytes.fromhex(store) + bytes([number % 256, x]) + data
            ).digest()[:2]
            value = ((x << 4 | number % 16) << 128 | int.from_bytes(data)) << 16 | int.from_bytes(check)
            words = {
                each: " ".join(wordlist.of_number(value, shares.COUNT, each)) for each in wordlist.LANGUAGES
            }
            dealt.append({"number": x, "share": data.hex(), "check": check.hex(), **words})
        secret = {each: recovery.spell(raw, each) for each in wordlist.LANGUAGES}
        made.append({"store": store, "set": number, "raw": raw.hex(), "words": secret, "shares": dealt})
    return made


if __name__ == "__main__":
    json.dump({"format": "triage-share-vectors", "v": 1, "cases": cases()}, sys.stdout, indent=1)
    sys.stdout.write("\n")
