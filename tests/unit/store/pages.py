"""Every page of an encrypted database and of its log, decrypted by hand: free pages and slack too."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE = 4096
RESERVED = 80
"""IV (16) and HMAC-SHA-512 (64) at the end of each page. Source: SQLCipher 4, design."""


def plain(database: Path, key: bytes) -> bytes:
    """All pages of the file and all frames of its write-ahead log, one after the other."""
    data = database.read_bytes()
    found = [_open(data[at : at + PAGE], key, first=at == 0) for at in range(0, len(data), PAGE)]
    log = database.with_name(f"{database.name}-wal")
    if log.is_file():
        frames = log.read_bytes()[32:]
        for at in range(0, len(frames), PAGE + 24):
            head, page = frames[at : at + 24], frames[at + 24 : at + 24 + PAGE]
            if len(page) == PAGE:
                found.append(_open(page, key, first=int.from_bytes(head[:4]) == 1))
    return b"".join(found)


def _open(page: bytes, key: bytes, *, first: bool) -> bytes:
    body, vector = page[16 if first else 0 : PAGE - RESERVED], page[PAGE - RESERVED : PAGE - RESERVED + 16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
