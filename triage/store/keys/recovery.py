"""Recovery words: 128 random bits as 14 words, their printed sheet, and which word was mistyped."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import errors, i18n
from triage.store.keys import sheets, slips, wordlist

COUNT = 14
"""Words on a sheet: 14 x 10 bits = 128 random bits and 12 bits of checksum."""
ASKED = 3
"""Words that are typed back from a fresh sheet: nobody types three right from a sheet that was not written."""
_CHECK_BITS = 12
_PREFIX = b"triage/v1/recovery\n"
_SYNCED = ("onedrive", "dropbox", "google drive", "googledrive", "my drive", "icloud", "clouddocs")


def new() -> bytes:
    """16 fresh random bytes."""
    return secrets.token_bytes(16)


def spell(raw: bytes, language: str = "vi") -> str:
    """The 14 words of 16 bytes, from the Vietnamese or the English list."""
    return " ".join(wordlist.of_number(int.from_bytes(raw) << _CHECK_BITS | _checksum(raw), COUNT, language))


def read(words: str) -> bytes:
    """The 16 bytes behind 14 words of either list, typed with or without marks; a whole sheet will do.

    Raises:
        errors.WrongPassphrase: ``recovery-count``, ``recovery-unknown``, ``recovery-checksum``.
    """
    raw = _unchecked(slips.joined(_places(words)))
    if raw is None:
        raise errors.WrongPassphrase("recovery-checksum")
    return raw


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with typed recovery words."""

    code: str
    """The error's code: count, unknown, word, swapped or other, after ``recovery-``."""
    place: int = 0
    """The place of the word, from 1; of the first of two swapped words; 0 when no place is known."""
    found: int = 0
    """How many words were typed, for ``recovery-count``."""

    def error(self, number: int) -> errors.WrongPassphrase:
        """The error to raise.

        Args:
            number: the number of the set that opens this store.
        """
        return errors.WrongPassphrase(
            self.code, place=self.place, after=self.place + 1, found=self.found, needed=COUNT, number=number
        )


def diagnose(words: str, commit_check: Callable[[bytes], bool]) -> Problem | None:
    """Say which word is wrong, by trying every single change and every swap of neighbours.

    The checksum sifts out all but one in 4,096 of the tries, so few are held against the commitment. The
    list is the one to which most of the words belong; a word of the other list is a wrong word.

    Args:
        words: as typed, or the sheet.
        commit_check: whether 16 bytes are the store's.

    Returns:
        The problem, or None when the words are right.
    """
    typed = wordlist.typed(words)
    if len(typed) != COUNT:
        return Problem("recovery-count", found=len(typed))
    known = wordlist.places(wordlist.language_of(typed))
    strange = [place for place, word in enumerate(typed, 1) if word not in known]
    if len(strange) > 1:
        return Problem("recovery-unknown", strange[0])
    value = slips.joined([known.get(word, 0) for word in typed])
    if not strange:
        if _right(value, commit_check):
            return None
        for place, tried in slips.swaps(value, COUNT):
            if _right(tried, commit_check):
                return Problem("recovery-swapped", place)
    for place, tried in slips.changes(value, COUNT, strange):
        if _right(tried, commit_check):
            return Problem("recovery-word", place)
    return Problem("recovery-unknown", strange[0]) if strange else Problem("recovery-other")


def sheet(words: str, *, store: str, now: datetime, language: str, number: int = 1) -> str:
    """The text of the sheet that is printed and locked away.

    Args:
        words: the 14 words.
        store: the store's id.
        now: when the words were made.
        language: what the sheet is written in: ``vi`` or ``en``.
        number: the set's number; an older set opens nothing.
    """
    return sheets.of_words(words, store=store, now=now, language=language, number=number).text()


def ask(words: str) -> tuple[int, ...]:
    """Three places of the sheet, drawn anew each time, whose words are to be typed back.

    Args:
        words: the words of a sheet or share, in order.
    """
    return tuple(sorted(secrets.SystemRandom().sample(range(1, len(words.split()) + 1), ASKED)))


def retyped(words: str, places: Sequence[int], typed: str) -> bool:
    """Whether the words at these places were typed, in order, with or without marks.

    Args:
        words: the words of a sheet or share, in order.
        places: from ``ask``, counted from 1.
        typed: what was typed.
    """
    right = wordlist.typed(words)
    return wordlist.typed(typed) == [right[place - 1] for place in places]


def check_place(path: Path, store_folder: Path) -> None:
    """See whether a sheet may be written to ``path``.

    Raises:
        errors.Refused: ``recovery-in-store``, ``recovery-synced``, ``recovery-open-folder``,
            ``recovery-file-exists``.
        errors.UsageError: ``recovery-no-folder``.
    """
    target = path.parent.resolve() / path.name
    folder = target.parent
    if not folder.is_dir():
        raise errors.UsageError("recovery-no-folder", folder=str(folder))
    if store_folder.resolve() in target.parents:
        raise errors.Refused("recovery-in-store")
    if any(_synced(part) for part in folder.parts):
        raise errors.Refused("recovery-synced", folder=str(folder))
    mode = folder.stat().st_mode
    if os.name != "nt" and mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        raise errors.Refused("recovery-open-folder", folder=str(folder))
    if os.path.lexists(target):
        raise errors.Refused("recovery-file-exists", file=str(path))


def write_sheet(path: Path, made: str | bytes, store_folder: Path) -> None:
    """Write a sheet, text or PDF, to a new file that only its owner reads (0600).

    Raises:
        errors.Refused, errors.UsageError: as ``check_place``.
        errors.TryAgain: ``recovery-not-written``; no part of the sheet is left.
    """
    check_place(path, store_folder)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise errors.Refused("recovery-file-exists", file=str(path)) from None
    except OSError as error:
        raise errors.TryAgain("recovery-not-written", why=i18n.system(error)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made.encode() if isinstance(made, str) else made)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise errors.TryAgain("recovery-not-written", why=i18n.system(error)) from None


def _right(value: int, commit_check: Callable[[bytes], bool]) -> bool:
    raw = _unchecked(value)
    return raw is not None and commit_check(raw)


def _places(words: str) -> list[int]:
    typed = wordlist.typed(words)
    if len(typed) != COUNT:
        raise errors.WrongPassphrase(
            "recovery-count", place=0, after=1, found=len(typed), needed=COUNT, number=0
        )
    known = wordlist.places(wordlist.language_of(typed))
    for place, word in enumerate(typed, 1):
        if word not in known:
            raise errors.WrongPassphrase("recovery-unknown", place=place)
    return [known[word] for word in typed]


def _unchecked(value: int) -> bytes | None:
    """The 16 bytes, or None when the checksum does not fit them."""
    raw = (value >> _CHECK_BITS).to_bytes(16)
    return raw if _checksum(raw) == value & (1 << _CHECK_BITS) - 1 else None


def _checksum(raw: bytes) -> int:
    return int.from_bytes(hashlib.sha256(_PREFIX + raw).digest()[:2]) >> 16 - _CHECK_BITS


def _synced(part: str) -> bool:
    return re.sub(r"[\s_]+", " ", part.casefold()).startswith(_SYNCED)
