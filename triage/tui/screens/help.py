"""Help: what one does on this page, and every key."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from triage import i18n
from triage.tui.sitting import Sitting
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain

_HALF = 28
"""Cells for the words of one of two keys on a line."""


class HelpPage(Page):
    """The words of the page that asked for help, then its keys."""

    def __init__(self, at: Sitting, about: Page, keys: list[tuple[str, str]]) -> None:
        super().__init__(at)
        self.about = about
        self.shown = keys

    def heading(self) -> str:
        """What the help is about."""
        return i18n.say("Help: {page}", page=self.about.heading())

    def body(self) -> Iterable[Widget]:
        """Words, then keys."""
        with VerticalScroll(id="help"):
            yield Said(self._words)

    def _words(self) -> Content:
        return lines(
            plain(self.about.help()),
            plain("──"),
            *(_beside(row) for row in _rows(self.shown)),
            plain("──"),
            plain(
                i18n.say(
                    "The program reminds only while it is open. It locks after five minutes without a key; what you "
                    "type is kept. With UniKey, any field takes Telex and VNI; in lists use the arrows or a digit."
                ),
                "$text-muted",
            ),
        )


def _rows(keys: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Two keys a line; one whose words are long has a line for itself."""
    rows: list[list[tuple[str, str]]] = []
    for one in keys:
        fits = cell_len(one[1]) <= _HALF
        if rows and fits and len(rows[-1]) == 1 and cell_len(rows[-1][0][1]) <= _HALF:
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _beside(keys: list[tuple[str, str]]) -> Content:
    first, *second = keys
    parts: list[Content | tuple[str, str]] = [
        (f"{first[0]:10}", "bold"),
        plain(set_cell_size(first[1], _HALF + 1) if second else first[1]),
    ]
    return Content.assemble(
        *parts, *(part for key, words in second for part in ((f"{key:10}", "bold"), plain(words)))
    )
