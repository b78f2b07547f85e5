"""The two lists of 1,024 words in which keys are read aloud, written down and typed, and folding to them."""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path

_HERE = Path(__file__).parent
BITS = 10
"""Bits in one word of a list."""
LANGUAGES = ("vi", "en")
"""The lists: no word is on both, and none of one is a single slip away from one of the other."""
_NUMBER = re.compile(r"(?<!\w)\d+([.):]|(?!\w))")
_NUMBERED = re.compile(r"[^\S\n]*\d+[.):][^\S\n]*[^\W\d_]+.*")
_SHEET = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


@functools.cache
def syllables(language: str = "vi") -> tuple[str, ...]:
    """A list, sorted: 1,024 Vietnamese syllables without marks, or 1,024 English words."""
    return tuple((_HERE / f"words_{language}.txt").read_text(encoding="ascii").split())


@functools.cache
def places(language: str = "vi") -> dict[str, int]:
    """Where each word stands in the list."""
    return {syllable: place for place, syllable in enumerate(syllables(language))}


def of_number(value: int, count: int, language: str = "vi") -> list[str]:
    """``count`` words that spell the low ``10 * count`` bits of ``value``, highest first."""
    words = syllables(language)
    return [words[value >> BITS * place & len(words) - 1] for place in reversed(range(count))]


def fold(text: str) -> str:
    """Letters without marks and case: ``Đường`` and ``duong`` are the same."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def typed(text: str) -> list[str]:
    """The words in what was typed, folded; numbers like ``3.`` and commas are left out.

    Of a whole sheet, known by the store's id on it, only the numbered words are taken.
    """
    folded = fold(text)
    if _SHEET.search(folded):
        folded = "\n".join(filter(_NUMBERED.fullmatch, folded.splitlines()))
    tokens = (token.strip(".,;:-") for token in _NUMBER.sub(" ", folded).split())
    return [token for token in tokens if token]


def store_of(text: str) -> str | None:
    """The store's id on a sheet; None when bare words were typed."""
    found = _SHEET.search(fold(text))
    return found.group() if found else None


def language_of(words: list[str]) -> str:
    """The list to which most of the folded words belong; Vietnamese when it is as many of each."""
    return max(LANGUAGES, key=lambda language: sum(word in places(language) for word in words))
