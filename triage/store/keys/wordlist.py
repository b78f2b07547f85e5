"""The 1,024 syllables in which keys are read aloud, written down and typed, and folding to them."""

from __future__ import annotations

import functools
import unicodedata
from pathlib import Path

_FILE = Path(__file__).with_name("words_vi.txt")
BITS = 10
"""Bits in one syllable of the list."""


@functools.cache
def syllables() -> tuple[str, ...]:
    """The list: 1,024 Vietnamese syllables without marks, sorted."""
    return tuple(_FILE.read_text(encoding="ascii").split())


@functools.cache
def places() -> dict[str, int]:
    """Where each syllable stands in the list."""
    return {syllable: place for place, syllable in enumerate(syllables())}


def of_number(value: int, count: int) -> list[str]:
    """``count`` syllables that spell the low ``10 * count`` bits of ``value``, highest first."""
    words = syllables()
    return [words[value >> BITS * place & len(words) - 1] for place in reversed(range(count))]


def fold(text: str) -> str:
    """Letters without marks and case: ``Đường`` and ``duong`` are the same."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
