"""Planted words, in every spelling in which they could lie about in a file; and the search for them."""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from triage.store import search

NAME = "Trần Ngọc Đạt-Thử"
PHONE = "0900 000 247"
SENTENCE = "Con mèo vằn của cô Tấm ngủ quên trên mái ngói đỏ."
WORDS = (NAME, PHONE, SENTENCE)


def spellings(word: str) -> dict[str, bytes]:
    """The bytes of a word: NFC, NFD, folded, UTF-16LE, JSON-escaped, base64 at each of three offsets."""
    composed, apart = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    found = {
        "NFC": composed.encode(),
        "NFD": apart.encode(),
        "folded": search.fold(word).encode(),
        "UTF-16LE": composed.encode("utf-16-le"),
        "UTF-16LE of NFD": apart.encode("utf-16-le"),
        "JSON": json.dumps(composed)[1:-1].encode(),
        "JSON of NFD": json.dumps(apart)[1:-1].encode(),
    }
    for offset in range(3):
        # The first and last letters depend on what stands around the word.
        inner = base64.b64encode(b"?" * offset + composed.encode())[4:-4]
        found[f"base64 + {offset}"] = inner
    return found


def search_in(places: Iterable[Path]) -> Iterator[tuple[Path, str, str]]:
    """Every file in which a planted word lies, the word, and its spelling; names of files are looked at too.

    Args:
        places: folders, looked through with all that is in them.
    """
    wanted = [(word, name, sought) for word in WORDS for name, sought in spellings(word).items()]
    for place in places:
        for path in sorted(place.rglob("*")):
            data = bytes(path.relative_to(place)) + (b"\0" + path.read_bytes() if path.is_file() else b"")
            for word, name, sought in wanted:
                if sought in data:
                    yield path, word, name
