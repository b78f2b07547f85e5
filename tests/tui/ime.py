"""What a Vietnamese keyboard program sends: for each key, how much is taken back and what is put in its place.

A small model of UniKey in Telex and VNI, good for the sentence of the tests: it composes the syllable typed so
far and sends the difference to what it composed before, as such programs do (research/terminal.md 3.1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SENTENCE = "tiếng Việt đường phố"
TYPED = {"Telex": "tieengs Vieetj dduwowngf phoos", "VNI": "tie6ng1 Vie6t5 d9u7o7ng2 pho61"}
"""The keys for the sentence; the tone at the end of the syllable, where most people type it."""
MIDDLE = {"Telex": "tieesng Vieejt dduwowfng phoos", "VNI": "tie61ng Vie65t d9u7o72ng pho61"}
"""The same with the tone as soon as its vowel is there."""

_TELEX = {"f": "\u0300", "s": "\u0301", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI = {"2": "\u0300", "1": "\u0301", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_HATS = {"a": "â", "e": "ê", "o": "ô", "d": "đ"}


@dataclass(frozen=True)
class Edit:
    """What one key does."""

    back: int
    """Letters taken back."""
    text: str
    """Letters put in their place."""


def edits(method: str, keys: str) -> Iterator[Edit]:
    """The edits for some keys."""
    shown, raw = "", ""
    for key in keys:
        if key == " ":
            shown, raw = "", ""
            yield Edit(0, " ")
            continue
        raw += key
        after = compose(method, raw)
        common = 0
        while common < min(len(shown), len(after)) and shown[common] == after[common]:
            common += 1
        yield Edit(len(shown) - common, after[common:])
        shown = after


def compose(method: str, raw: str) -> str:
    """The syllable that some keys make."""
    letters, tone = list[str](), ""
    tones = _TELEX if method == "Telex" else _VNI
    for key in raw:
        if key in tones and any(one in "aăâeêioôơuưy" for one in letters):
            tone = tones[key]
        elif not _shaped(method, letters, key):
            letters.append(key)
    return unicodedata.normalize("NFC", _toned(letters, tone))


def _shaped(method: str, letters: list[str], key: str) -> bool:
    """Whether a key changes a letter that stands already: aa, dd, w; 6, 7, 9."""
    lower = [one.lower() for one in letters]
    if method == "Telex":
        if key in _HATS and key in lower:
            return _put(letters, lower, key, _HATS[key])
        if key == "w":
            return _put(letters, lower, "o", "ơ") if lower[-1:] == ["o"] else _put(letters, lower, "u", "ư")
        return False
    if key == "9":
        return _put(letters, lower, "d", "đ")
    if key == "6":
        vowel = next((one for one in reversed(lower) if one in "aeo"), "")
        return bool(vowel) and _put(letters, lower, vowel, _HATS[vowel])
    if key == "7":
        return _put(letters, lower, "o", "ơ") if lower[-1:] == ["o"] else _put(letters, lower, "u", "ư")
    return False


def _put(letters: list[str], lower: list[str], plain: str, shaped: str) -> bool:
    if plain not in lower:
        return False
    place = len(lower) - 1 - lower[::-1].index(plain)
    letters[place] = shaped.upper() if letters[place].isupper() else shaped
    return True


def _toned(letters: list[str], tone: str) -> str:
    """The tone on ê, ô, ơ, â, ă where there is one, else on the last vowel."""
    strong = [place for place, one in enumerate(letters) if one.lower() in "êôơâă"]
    vowels = [place for place, one in enumerate(letters) if one.lower() in "aeiouyư"]
    if tone and (strong or vowels):
        place = strong[-1] if strong else vowels[-1]
        letters = [one + tone if number == place else one for number, one in enumerate(letters)]
    return "".join(letters)
