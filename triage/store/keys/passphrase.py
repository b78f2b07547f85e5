"""The floor under a passphrase, and the passphrase that the program offers.

header.json is all that a guesser needs, so the lists that guessers begin with must not open a store.
Source: security.md 18.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli

from triage import errors, i18n
from triage.store.keys import wordlist

LEAST = 15
"""Characters in a passphrase of one's own."""
OFFERED = 6
"""Syllables in an offered passphrase: 60 bits."""
_KEPT = 4
"""Syllables that must be left of a listed phrase without its common and known parts: 40 bits."""
_ENOUGH = 45
"""Bits of any other: at 6,500 guesses a second (one large graphics card) more than a hundred years."""
_LETTER, _DIGIT, _WORD, _RUN, _NAME = 5, 3, 9, 6, 14
"""Bits of a letter, a digit, a piece of the list, a row of keys or a year, a name of two to four syllables."""
_LONGEST = 40
"""Letters in the longest piece of the list."""
_READ = 400
"""Characters that are looked at: a file of megabytes given as a passphrase must not take minutes."""
_NAMED = 4
"""Letters from which on a name is looked for inside longer words too."""
_DISTINCT = 6
"""Different characters in a passphrase."""

_HERE = Path(__file__).parent
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890")
_LOOKS_LIKE = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "@": "a",
    "$": "s",
    "!": "i",
}
_TITLES = frozenset({
    "co", "thay", "ong", "ba", "anh", "chi", "bac", "chu", "thpt", "thcs", "th", "ptdtnt", "truong", "tieu", "hoc",
    "trung", "pho", "thong", "so", "cap",
})  # fmt: skip
"""What stands before a name of a person or a school."""
_DAY, _MONTH, _YEAR = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"(19|20)\d\d"
_DATE = re.compile(
    rf"(?<!\d){_DAY}[-/. ]+{_MONTH}[-/. ]+({_YEAR}|\d\d)(?!\d)"
    rf"|(?<!\d){_YEAR}[-/. ]+{_MONTH}[-/. ]+{_DAY}(?!\d)"
    rf"|(?<!\d)(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])({_YEAR}|\d\d)(?!\d)"
    rf"|(?<!\d){_YEAR}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|ngay\W*{_DAY}\W*thang\W*{_MONTH}"
    rf"|thang\W*{_MONTH}\W*nam\W*{_YEAR}"
)


def offer(language: str | None = None) -> str:
    """Six words of the list, drawn at random; redrawn in the rare case that they say something common.

    Args:
        language: the list; that of the program's language when left out.
    """
    while True:
        words = wordlist.of_number(
            secrets.randbits(wordlist.BITS * OFFERED), OFFERED, language or i18n.language()
        )
        if _listed(words, []):
            return " ".join(words)


def check(passphrase: str, *, school: str, code: str, label: str) -> None:
    """Refuse a passphrase that falls in minutes; an offered one always passes.

    Args:
        passphrase: the new passphrase, as it will be typed.
        school: the school's name.
        code: the school's code.
        label: how the member is called here.

    Raises:
        errors.Refused: ``weak-passphrase`` with ``why``: short, digits, repeated, common, known or date.
    """
    why = _weakness(wordlist.fold(passphrase[:_READ]), len(passphrase), [school, code, label])
    if why is not None:
        reason = tomli.loads((_HERE / "weak.toml").read_text(encoding="utf-8"))[why][i18n.language()]
        raise errors.Refused("weak-passphrase", why=why, reason=reason)


def _weakness(folded: str, length: int, known: Sequence[str]) -> str | None:
    words = _words(folded)
    letters = "".join(words)
    if length < LEAST:
        return "short"
    if letters.isdigit():
        return "digits"
    if _listed(words, [part for one in known for part in _parts(one)]):
        return None
    if len(set(folded) - {" "}) < _DISTINCT or _period(letters) <= min(len(letters) // 2, LEAST):
        return "repeated"
    if _DATE.search(folded):
        return "date"
    if any(_holds(words, part) for one in known for part in _parts(one)):
        return "known"
    return "common" if _bits(re.sub(r"\s", "", folded)) < _ENOUGH else None


def _words(folded: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded)


def _listed(words: list[str], known: list[list[str]]) -> bool:
    """Whether these are six or more words of the lists, enough of them neither common nor known."""
    listed = all(any(word in wordlist.places(each) for each in wordlist.LANGUAGES) for word in words)
    if len(words) < OFFERED or len(set(words)) < OFFERED - 1 or not listed:
        return False
    spoken_for: set[int] = set()
    for start in range(len(words)):
        for end in range(start + 2, len(words) + 1):
            if "".join(words[start:end]) in _pieces().whole:
                spoken_for |= set(range(start, end))
        for part in known:
            if words[start : start + len(part)] == part:
                spoken_for |= set(range(start, start + len(part)))
    return len(words) - len(spoken_for) >= _KEPT


def _parts(name: str) -> list[list[str]]:
    """What of a name must not be in a passphrase: all of it, and what is left without titles."""
    words = _words(wordlist.fold(name))
    bare = [word for word in words if word not in _TITLES]
    # Without its title a label may be one short word («an») that any sentence holds.
    return [words] * bool(words) + [bare] * (len("".join(bare)) >= _NAMED)


def _holds(words: list[str], part: list[str]) -> bool:
    joined = "".join(part)
    if len(joined) > _NAMED and joined in "".join(words):
        return True
    if any(words[at : at + len(part)] == part for at in range(len(words))):
        return True
    return len(joined) >= _NAMED and any(joined in word for word in words)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The bundled list, taken apart."""

    whole: frozenset[str]
    """Pieces that stand on their own."""
    surnames: frozenset[str]
    """Family names."""
    given: frozenset[str]
    """Middle and given names."""


@functools.cache
def _pieces() -> _Pieces:
    parts: dict[str, set[str]] = {"whole": set(), "surnames": set(), "given": set()}
    part = "whole"
    for line in (_HERE / "common_passphrases.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("["):
            part = line.strip("[]") if line.strip("[]") in parts else "whole"
        elif line and not line.startswith("#"):
            parts[part].add(line)
    return _Pieces(frozenset(parts["whole"]), frozenset(parts["surnames"]), frozenset(parts["given"]))


def _bits(text: str) -> int:
    """The fewest bits in which the text can be said: as pieces of the list, names, rows of keys, letters."""
    fewest = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        fewest[end] = fewest[end - 1] + (_DIGIT if text[end - 1].isdigit() else _LETTER)
        for start in range(max(0, end - _LONGEST), end - 1):
            fewest[end] = min(fewest[end], fewest[start] + _piece(text[start:end]))
    return fewest[-1]


def _piece(piece: str) -> int:
    """Bits of one piece; as many as its letters when it is none."""
    whole, letters = _pieces().whole, "".join(_LOOKS_LIKE.get(letter, letter) for letter in piece)
    if len(piece) >= 3 and (len(set(piece)) == 1 or any(piece in row or piece[::-1] in row for row in _ROWS)):
        return _RUN
    if re.fullmatch(_YEAR, piece):
        return _RUN
    if piece in whole or letters in whole:
        return _WORD
    return _NAME if _is_name(letters) else _LETTER * len(piece)


@functools.lru_cache(maxsize=4096)
def _is_name(letters: str) -> bool:
    """Whether it is a family name with given names, or two given names."""
    pieces = _pieces()
    for cut in range(1, min(len(letters) - 1, 6) + 1):
        first, rest = letters[:cut], letters[cut:]
        if (first in pieces.surnames or first in pieces.given) and _given(rest, 3):
            return True
    return False


def _given(letters: str, most: int) -> bool:
    given = _pieces().given
    if letters in given:
        return True
    if most == 1:
        return False
    return any(
        letters[:cut] in given and _given(letters[cut:], most - 1) for cut in range(1, min(len(letters), 7))
    )


def _period(text: str) -> int:
    """The length of the shortest beginning that, said again and again, gives the whole."""
    sizes = range(1, len(text) + 1)
    return next((size for size in sizes if text == (text[:size] * len(text))[: len(text)]), 0)
