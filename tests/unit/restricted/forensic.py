"""What somebody finds who holds the store's root key and every byte of its folder."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from triage.store import engine, search
from triage.store.keys.header import Unlocked

PAGE, RESERVE = 4096, 80


def everything(unlocked: Unlocked, *more: Path) -> bytes:
    """Each file of the folder as it lies, every page of database and log decrypted, free ones too, every table."""
    found = [path.read_bytes() for path in _files(unlocked.folder, *more)]
    names = "\n".join(str(path) for path in _files(unlocked.folder, *more)).encode()
    key = unlocked.subkey("db")
    for path in unlocked.folder.glob("store.*.db"):
        log = path.with_name(f"{path.name}-wal")
        found += _pages(path.read_bytes(), key)
        if log.is_file():
            found += _frames(log.read_bytes(), key)
        found.append(_tables(path, key))
    return b"\n".join([names, *found])


def forms(word: str) -> set[bytes]:
    """A word as it may lie somewhere: composed, apart, folded, in JSON, as UTF-16, digested, in base64."""
    texts = {word, unicodedata.normalize("NFD", word), search.fold(word), json.dumps(word)[1:-1]}
    spelled = {text.encode() for text in texts} | {word.encode("utf-16-le")}
    digest = hashlib.sha256(word.encode())
    return spelled | {digest.digest(), digest.hexdigest().encode()} | set(_base64(word.encode()))


def _base64(word: bytes) -> Iterator[bytes]:
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + word)[4 if offset else 0 : -4]
        # Four letters stand in any long base64 by chance: of a short word no such piece says anything.
        if len(text) >= 8:
            yield text


def _files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _pages(data: bytes, key: bytes) -> list[bytes]:
    """The pages of an SQLCipher 4 file under a raw key."""
    pages = [data[place : place + PAGE] for place in range(0, len(data), PAGE)]
    return [_page(page, key, first=number == 0) for number, page in enumerate(pages)]


def _frames(data: bytes, key: bytes) -> list[bytes]:
    frames = []
    for place in range(32, len(data), 24 + PAGE):
        number = int.from_bytes(data[place : place + 4])
        frames.append(_page(data[place + 24 : place + 24 + PAGE], key, first=number == 1))
    return frames


def _page(page: bytes, key: bytes, *, first: bool) -> bytes:
    text, vector = page[16 if first else 0 : -RESERVE], page[-RESERVE : -RESERVE + 16]
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(vector)).decryptor()
    return decryptor.update(text) + decryptor.finalize()


def _tables(path: Path, key: bytes) -> bytes:
    with engine.raw(path, key) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        rows = [
            value
            for name in names
            if name != "case_search"
            for row in connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - names of its tables
            for value in row
        ]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in rows)
