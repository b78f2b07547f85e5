"""The floor under a passphrase, and the passphrase that the program offers."""

from __future__ import annotations

import functools
import re
import secrets
from pathlib import Path

from triage import errors
from triage.store.keys import wordlist

LEAST = 15
"""Characters. Source: security.md 18."""
OFFERED = 6
"""Syllables in an offered passphrase: 60 bits."""
_COMMON = Path(__file__).with_name("common_passphrases.txt")
_DATE = re.compile(r"(0?[1-9]|[12]\d|3[01])\D?(0?[1-9]|1[0-2])\D?(19|20)\d\d|(19|20)\d\d\D?(0?[1-9]|1[0-2])\D?(0?[1-9]|[12]\d|3[01])")


def offer() -> str:
    """Six syllables of the list, drawn at random."""
    return " ".join(wordlist.of_number(secrets.randbits(wordlist.BITS * OFFERED), OFFERED))


def check(passphrase: str, *, school: str, code: str, label: str) -> None:
    """Refuse a passphrase that falls in minutes; an offered one always passes.

    Raises:
        errors.Refused: ``weak-passphrase`` with ``why``: short, digits, repeated, common, known or date.
    """
    folded = wordlist.fold(passphrase)
    letters = re.sub(r"[^a-z0-9]", "", folded)
    why = None
    if len(passphrase) < LEAST:
        why = "short"
    elif letters.isdigit():
        why = "digits"
    elif len(set(letters)) < 6:
        why = "repeated"
    elif _DATE.search(folded):
        why = "date"
    elif any(part in letters for part in _parts(school, code, label)):
        why = "known"
    elif not _left_over(letters):
        why = "common"
    if why is not None:
        raise errors.Refused("weak-passphrase", why=why)


def _parts(*texts: str) -> list[str]:
    parts = [re.sub(r"[^a-z0-9]", "", wordlist.fold(text)) for text in texts]
    return [part for part in parts if len(part) >= 4]


def _left_over(letters: str) -> bool:
    """Whether enough is left when common words, runs and digits are taken out."""
    rest = letters
    for word in _common():
        rest = rest.replace(word, "")
    return len(re.sub(r"[0-9]", "", rest)) >= 8


@functools.cache
def _common() -> tuple[str, ...]:
    return tuple(sorted(_COMMON.read_text(encoding="ascii").split(), key=len, reverse=True))
