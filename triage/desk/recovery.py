"""The way back in: sheets of recovery words and shares to print, and the drill that proves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import errors
from triage.packet import keysheet
from triage.store.keys import header, recovery, shares, sheets, wordlist


@dataclass(frozen=True, slots=True)
class Proven:
    """Shares that open the store."""

    store: str
    """The store's id."""
    shares: tuple[int, ...]
    """The numbers of the shares, in the order given."""


def drill_words(folder: Path, text: str) -> str:
    """Prove that recovery words open the store; nothing in the folder is changed.

    Args:
        folder: the store.
        text: the words, or the sheet.

    Returns:
        The store's id.

    Raises:
        errors.WrongPassphrase: which word is wrong, or that these are not this store's.
    """
    unlocked = header.recover(folder, text, keep_pin=False)
    store = unlocked.store
    unlocked.forget()
    return store


def drill_shares(folder: Path, texts: Sequence[str]) -> Proven:
    """Prove that two shares, or each two of three, open the store; nothing in the folder is changed.

    Args:
        folder: the store.
        texts: the shares, each as words or as its sheet.

    Raises:
        errors.UsageError: ``share-needed``.
        errors.WrongPassphrase: which word of which share is wrong, or where it belongs.
    """
    found = shares.at(folder, texts)
    return Proven(drill_words(folder, found.words), found.numbers)


def share_sheets(
    words: str, *, store: str, number: int, now: datetime, language: str
) -> tuple[sheets.Sheet, ...]:
    """The sheets of three fresh shares of recovery words, in the words' own list.

    Args:
        words: the 14 words.
        store: the store's id.
        number: the set's number.
        now: when they are made.
        language: what the sheets are written in: ``vi`` or ``en``.
    """
    listed = wordlist.language_of(wordlist.typed(words))
    made = shares.split(recovery.read(words), store=store, number=number, language=listed)
    return tuple(
        sheets.of_share(one.words, one.number, store=store, now=now, language=language, number=number)
        for one in made
    )


def share(folder: Path, text: str, out: Path, now: datetime, language: str) -> tuple[Path, ...]:
    """Split the words of a store into three shares, one file each; nothing in its folder is changed.

    Args:
        folder: the store.
        text: the words, or the sheet.
        out: ``shares.pdf`` gives ``shares-1.pdf`` and so on.
        now: when they are made.
        language: what the sheets are written in.

    Raises:
        errors.WrongPassphrase: which word is wrong, or that these are not this store's.
        errors.Refused, errors.UsageError, errors.TryAgain: as ``keys.recovery.write_sheet``.
    """
    unlocked = header.recover(folder, text, keep_pin=False)
    store, number = unlocked.store, unlocked.recovery_set
    unlocked.forget()
    words = " ".join(wordlist.typed(text))
    made = share_sheets(words, store=store, number=number, now=now, language=language)
    return write_shares(out, made, folder)


def pdf(sheet: sheets.Sheet) -> bytes:
    """A sheet as PDF, made in memory."""
    return keysheet.pdf(
        document=sheet.document,
        language=sheet.language,
        title=sheet.title,
        warning=sheet.warning,
        facts=sheet.facts,
        words=sheet.words,
        under=sheet.below,
        made_at=sheet.made_at,
    )


def write(path: Path, sheet: sheets.Sheet, store_folder: Path) -> None:
    """Write a sheet for its owner alone: as PDF when the name ends so, else as text.

    Raises:
        errors.Refused, errors.UsageError, errors.TryAgain: as ``keys.recovery.write_sheet``.
    """
    recovery.check_place(path, store_folder)
    made = pdf(sheet) if path.suffix.casefold() == ".pdf" else sheet.text()
    recovery.write_sheet(path, made, store_folder)


def write_shares(path: Path, made: Sequence[sheets.Sheet], store_folder: Path) -> tuple[Path, ...]:
    """Write one file for each share, ``shares-1.pdf`` and so on for ``shares.pdf``: all of them or none.

    Raises:
        errors.Refused, errors.UsageError, errors.TryAgain: as ``keys.recovery.write_sheet``.
    """
    files = [path.with_stem(f"{path.stem}-{place}") for place in range(1, len(made) + 1)]
    for file in files:
        recovery.check_place(file, store_folder)
    written: list[Path] = []
    try:
        for file, sheet in zip(files, made, strict=True):
            write(file, sheet, store_folder)
            written.append(file)
    except errors.TriageError:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return tuple(files)
