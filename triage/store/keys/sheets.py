"""What stands on a printed sheet: the recovery words, or one of three shares of them."""

from __future__ import annotations

import functools
import textwrap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli

from triage import clock
from triage.store.keys import wordlist

_FILE = Path(__file__).with_name("sheet.toml")
_ACROSS = 4
"""Words in a row of the text."""
_WIDE = 90
"""Characters in a line of the text."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, before it is text or PDF."""

    language: str
    """What it is written in: ``vi`` or ``en``."""
    title: str
    """What kind of sheet it is."""
    warning: str
    """What must never be done with it."""
    facts: tuple[str, ...]
    """Set, date, store, list of words; of a share its number and who keeps it."""
    words: tuple[str, ...]
    """The secret, in order."""
    below: tuple[str, ...]
    """What to do with it, one paragraph each."""
    document: str
    """Kind and set: the title of a PDF."""
    made_at: datetime
    """When the words were made."""

    def text(self) -> str:
        """The sheet as plain text."""
        wide = max(map(len, self.words)) + 1
        cells = [f"{place:2}. {word:<{wide}}" for place, word in enumerate(self.words, 1)]
        rows = ["  ".join(cells[at : at + _ACROSS]).rstrip() for at in range(0, len(cells), _ACROSS)]
        parts = [
            f"{self.title}\n{self.warning}",
            "\n".join(self.facts),
            "\n".join(f"   {row}" for row in rows),
            "\n".join(textwrap.fill(each, _WIDE) for each in self.below),
        ]
        return "\n" + "\n\n".join(parts) + "\n"


def of_words(words: str, *, store: str, now: datetime, language: str, number: int) -> Sheet:
    """The sheet of a set of recovery words.

    Args:
        words: the 14 words.
        store: the store's id.
        now: when the words were made.
        language: what the sheet is written in: ``vi`` or ``en``.
        number: the set's number; an older set opens nothing.
    """
    return _sheet("words", words, store, now, language, number, 0)


def of_share(words: str, share: int, *, store: str, now: datetime, language: str, number: int) -> Sheet:
    """The sheet of one share.

    Args:
        words: the 15 words of the share.
        share: its number, 1 to 3.
        store: the store's id.
        now: when the shares were made.
        language: what the sheet is written in: ``vi`` or ``en``.
        number: the number of the set that two shares give.
    """
    return _sheet("share", words, store, now, language, number, share)


def _sheet(kind: str, words: str, store: str, now: datetime, language: str, number: int, share: int) -> Sheet:
    every = _texts()[language]
    own, split = every[kind], words.split()
    values = {
        "number": number,
        "share": share,
        "store": store,
        "date": now.astimezone(clock.VIETNAM).strftime("%d/%m/%Y"),
    }
    title, made = own["title"].format(**values), every["set"].format(**values)
    about = (made, every["store"].format(**values), every[f"list_{wordlist.language_of(split)}"])
    facts = (*(fact.format(**values) for fact in own["facts"]), *about)
    return Sheet(
        language, title, every["warning"], facts, tuple(split), tuple(own["below"]), f"{title} · {made}", now
    )


@functools.cache
def _texts() -> dict[str, Any]:
    return tomli.loads(_FILE.read_text(encoding="utf-8"))
