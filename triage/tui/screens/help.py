"""Help: what one does on this page, and every key."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import set_cell_size
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from triage import i18n
from triage.tui.sitting import Sitting
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain


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
            *(_beside(self.shown[place : place + 2]) for place in range(0, len(self.shown), 2)),
            plain("──"),
            plain(
                i18n.say(
                    "The program reminds only while it is open. It locks after five minutes without a key; what you "
                    "type is kept. With UniKey, any field takes Telex and VNI; in lists use the arrows or a digit."
                ),
                "$text-muted",
            ),
        )


def _beside(keys: list[tuple[str, str]]) -> Content:
    """Two keys on one line."""
    return Content.assemble(
        *(
            part
            for key, words in keys
            for part in ((f"{key:7}", "bold"), plain(set_cell_size(words, 31) + " "))
        )
    )
