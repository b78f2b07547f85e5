"""Slips of whoever copies words: one word in place of another, two neighbours swapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.store.keys import wordlist

_SIZE = wordlist.BITS
_MASK = (1 << _SIZE) - 1


def joined(places: Sequence[int]) -> int:
    """The number that words spell, by their places in the list."""
    value = 0
    for place in places:
        value = value << _SIZE | place
    return value


def swaps(value: int, count: int) -> Iterator[tuple[int, int]]:
    """Each swap of two neighbours undone: the place of the first, from 1, and the number then."""
    for left in range(count - 1):
        low = _SIZE * (count - 2 - left)
        difference = (value >> low ^ value >> low + _SIZE) & _MASK
        yield left + 1, value ^ (difference << low | difference << low + _SIZE)


def changes(value: int, count: int, only: Sequence[int] = ()) -> Iterator[tuple[int, int]]:
    """Each change of one word: its place, from 1, and the number then.

    Args:
        value: what was typed.
        count: how many words.
        only: the places that may be changed, from 1; all when empty.
    """
    for place in only or range(1, count + 1):
        low = _SIZE * (count - place)
        rest = value & ~(_MASK << low)
        for other in range(1 << _SIZE):
            yield place, rest | other << low
