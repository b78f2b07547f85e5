"""Three shares of the recovery words, any two of which give them back, and what is wrong with a typed share.

One share alone says nothing of the words: Shamir's scheme over GF(2^128), computed by pycryptodomex.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from Cryptodome.Protocol.SecretSharing import Shamir

from triage import errors
from triage.store.keys import document, person, recovery, slips, wordlist

COUNT = 15
"""Words of a share: 2 bits its number, 4 the set's, 128 the share, 16 a check."""
MADE = 3
"""Shares of one set."""
NEEDED = 2
"""Shares that open the store."""
_SETS = 16
"""Set numbers that a share can tell apart by itself; the check knows 256."""


@dataclass(frozen=True, slots=True)
class Share:
    """One share, to be printed and given to one person."""

    number: int
    """1, 2 or 3."""
    words: str
    """Its 15 words."""


@dataclass(frozen=True, slots=True)
class Found:
    """What shares gave."""

    words: str
    """The recovery words of the store."""
    numbers: tuple[int, ...]
    """The numbers of the shares, in the order given."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A reading of a typed share that its check allows."""

    number: int
    data: bytes
    place: int = 0
    """The place of the slip that it takes, from 1; 0 when it is as typed."""
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class _Typed:
    """A share as it was typed, with every reading that is at most one slip away."""

    which: int
    """Which of the given shares it is, from 1: its own number may be what was mistyped."""
    points: tuple[_Point, ...]
    """As typed alone when the check holds; else each single slip that makes it hold."""
    value: int
    """The number that the words spell."""
    why: errors.WrongPassphrase
    """What to say when no single slip explains it."""

    @property
    def whole(self) -> bool:
        """Whether its check holds as typed."""
        return any(not point.place for point in self.points)


@dataclass(frozen=True, slots=True)
class _Set:
    """The set to which shares must belong."""

    store: str
    number: int

    def reading(self, value: int) -> tuple[int, bytes] | None:
        """Number and bytes of a share of this set; None when its check does not hold."""
        number, data = value >> 148, (value >> 16 & (1 << 128) - 1).to_bytes(16)
        fits = number and value >> 144 & _SETS - 1 == self.number % _SETS
        return (number, data) if fits and value & 0xFFFF == self.check(number, data) else None

    def check(self, number: int, data: bytes) -> int:
        """16 bits over a share and where it belongs."""
        return int.from_bytes(hashlib.sha256(_about(self.store, self.number, number) + data).digest()[:2])

    def spell(self, number: int, data: bytes, language: str) -> str:
        """The 15 words of a share."""
        value = number << 4 | self.number % _SETS
        value = (value << 128 | int.from_bytes(data)) << 16 | self.check(number, data)
        return " ".join(wordlist.of_number(value, COUNT, language))


def split(raw: bytes, *, store: str, number: int, language: str = "vi") -> tuple[Share, Share, Share]:
    """Three fresh shares of 16 bytes; they fit each other, and none that was made at another time.

    Args:
        raw: the bytes behind the recovery words.
        store: the store's id.
        number: the set's number.
        language: the list of words: ``vi`` or ``en``.
    """
    of = _Set(store, number)
    one, two, three = (
        Share(at, of.spell(at, data, language)) for at, data in Shamir.split(NEEDED, MADE, raw, ssss=False)
    )
    return one, two, three


def read(text: str, *, store: str, number: int, which: int = 1) -> int:
    """The number of a share, 1 to 3, when it is whole; alone it says no more.

    Args:
        text: the 15 words, or the share's sheet.
        store: the store's id.
        number: the set that opens the store.
        which: which of the given shares this is, for the sentence.

    Raises:
        errors.WrongPassphrase: ``share-count``, ``share-unknown``, ``share-wrong-word``, ``share-swapped``,
            ``share-wrong-places`` (one of these, the other share decides), ``share-other-set``,
            ``share-other-store``, ``share-not-read``.
    """
    typed = _typed(text, _Set(store, number), which)
    if typed.whole:
        return typed.points[0].number
    raise _alone(typed)


def join(
    first: str,
    second: str,
    *,
    store: str,
    number: int,
    commit_check: Callable[[bytes], bool],
    which: tuple[int, int] = (1, 2),
) -> bytes:
    """The 16 bytes behind the recovery words, from two shares.

    Where one share leaves it open which word is wrong, the other one and the store's commitment decide.

    Args:
        first: the words of a share, or its sheet.
        second: those of another.
        store: the store's id.
        number: the set that opens the store.
        commit_check: whether 16 bytes are the store's.
        which: which of the given shares these are, for the sentence.

    Raises:
        errors.WrongPassphrase: as ``read``; ``share-twice``; ``share-apart``: each is whole, together they
            open nothing here.
    """
    of = _Set(store, number)
    one, two = _typed(first, of, which[0]), _typed(second, of, which[1])
    for a, b in _pairs(one, two):
        if a.number == b.number and (a.data == b.data or not a.place | b.place):
            raise errors.WrongPassphrase("share-twice", share=a.number)
    for left, right in _readings(one, two, of):
        shares = [(point.number, point.data) for point in (left, right)]
        raw = Shamir.combine(shares, ssss=False)
        if commit_check(raw):
            for typed, point in ((one, left), (two, right)):
                if point.place:
                    raise _slip(typed, point)
            return raw
    for typed in (one, two):
        if not typed.whole:
            raise typed.why
    raise errors.WrongPassphrase("share-apart", first=which[0], second=which[1])


def at(folder: Path, texts: Sequence[str]) -> Found:
    """The recovery words of a store, from two of its shares or all three; nothing is written.

    Of three shares each two are proven.

    Args:
        folder: the store.
        texts: the shares, each as words or as its sheet.

    Raises:
        errors.UsageError: ``share-needed``; ``store-missing``, ``not-a-store``, ``store-newer``.
        errors.WrongPassphrase: as ``join``; ``wrong-kdf``.
        errors.StoreDamaged: ``header-unreadable``.
    """
    if not NEEDED <= len(texts) <= MADE:
        raise errors.UsageError("share-needed", found=len(texts))
    header = document.read(folder)
    one = next((one for one in header.people.values() if one.recovery), None)
    if one is None or set(one.kdf) != {"kind", "set"} or not isinstance(one.kdf["set"], int):
        raise errors.WrongPassphrase("wrong-kdf")
    store, number, commit = header.now.store, one.kdf["set"], one.commit

    def fits(raw: bytes) -> bool:
        return person.words_lock(raw, store, number).commit == commit

    for left, right in itertools.combinations(range(len(texts)), 2):
        which = (left + 1, right + 1)
        raw = join(texts[left], texts[right], store=store, number=number, commit_check=fits, which=which)
    numbers = (read(text, store=store, number=number) for text in texts)
    return Found(recovery.spell(raw), tuple(numbers))


def _typed(text: str, of: _Set, which: int) -> _Typed:
    words = wordlist.typed(text)
    if len(words) != COUNT:
        raise errors.WrongPassphrase("share-count", which=which, found=len(words), needed=COUNT)
    known = wordlist.places(wordlist.language_of(words))
    strange = [place for place, word in enumerate(words, 1) if word not in known]
    if len(strange) > 1:
        raise _error("share-unknown", which, place=strange[0])
    value = slips.joined([known.get(word, 0) for word in words])
    as_typed = None if strange else of.reading(value)
    points = (_Point(*as_typed),) if as_typed else _slips(value, of, strange)
    why = _error("share-unknown", which, strange[0]) if strange else _elsewhere(value, of, which)
    if wordlist.store_of(text) not in (None, of.store):
        why = _error("share-other-store", which)
    return _Typed(which, points, value, why)


def _elsewhere(value: int, of: _Set, which: int) -> errors.WrongPassphrase:
    """Whether it is a whole share of an older or newer set of this store."""
    for number in range(1, of.number + _SETS):
        if _Set(of.store, number).reading(value):
            return errors.WrongPassphrase("share-other-set", which=which, found=number, number=of.number)
    return _error("share-not-read", which)


def _slips(value: int, of: _Set, strange: Sequence[int] = ()) -> tuple[_Point, ...]:
    """Every reading that is one slip away."""
    swaps = () if strange else slips.swaps(value, COUNT)
    found = [(of.reading(tried), place, True) for place, tried in swaps]
    found += [(of.reading(tried), place, False) for place, tried in slips.changes(value, COUNT, strange)]
    return tuple(_Point(*reading, place, swapped) for reading, place, swapped in found if reading)


def _with_slips(typed: _Typed, of: _Set) -> _Typed:
    """With every slip too, though its check holds: one wrong word in 65,536 leaves the check as it was."""
    if not typed.whole:
        return typed
    points = (typed.points[0], *(one for one in _slips(typed.value, of) if one.data != typed.points[0].data))
    return replace(typed, points=points)


def _pairs(one: _Typed, two: _Typed) -> Iterator[tuple[_Point, _Point]]:
    return itertools.product(one.points, two.points)


def _readings(one: _Typed, two: _Typed, of: _Set) -> Iterator[tuple[_Point, _Point]]:
    """What two shares can mean, the likeliest first."""
    yield from (pair for pair in _pairs(one, two) if pair[0].number != pair[1].number)
    one, two = _with_slips(one, of), _with_slips(two, of)
    yield from (pair for pair in _pairs(one, two) if pair[0].number != pair[1].number)


@functools.lru_cache(maxsize=64)
def _about(store: str, number: int, share: int) -> bytes:
    """Where a share belongs."""
    return b"triage/v1/share\n" + bytes.fromhex(store) + bytes([number & 0xFF, share])


def _alone(typed: _Typed) -> errors.WrongPassphrase:
    """What is wrong with a share that is not whole, as far as it says so itself."""
    places = {(point.place, point.swapped) for point in typed.points}
    if typed.why.code in ("share-other-set", "share-other-store") or not places:
        return typed.why
    if len(places) == 1:
        return _slip(typed, typed.points[0])
    listed = ", ".join(str(place) for place in sorted({place for place, _ in places}))
    return errors.WrongPassphrase("share-wrong-places", which=typed.which, places=listed)


def _slip(typed: _Typed, point: _Point) -> errors.WrongPassphrase:
    return _error("share-swapped" if point.swapped else "share-wrong-word", typed.which, place=point.place)


def _error(code: str, which: int, place: int = 0) -> errors.WrongPassphrase:
    return errors.WrongPassphrase(code, which=which, place=place, after=place + 1)
