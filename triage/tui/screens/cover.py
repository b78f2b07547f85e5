"""The cover: what somebody behind her sees when she has pressed the hide key. Nothing of ours is on it."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from triage import i18n

LONG = 30.0
"""Seconds after which the way back asks for the passphrase. Source: research/terminal.md 5.5."""
_ROWS = (
    (
        i18n.later("Mathematics"),
        i18n.later("Literature"),
        i18n.later("English"),
        i18n.later("Physics"),
        i18n.later("Sport"),
    ),
    (
        i18n.later("Literature"),
        i18n.later("Mathematics"),
        i18n.later("History"),
        i18n.later("English"),
        i18n.later("Chemistry"),
    ),
    (
        i18n.later("English"),
        i18n.later("Biology"),
        i18n.later("Mathematics"),
        i18n.later("Literature"),
        i18n.later("Geography"),
    ),
    (
        i18n.later("Physics"),
        i18n.later("Sport"),
        i18n.later("Chemistry"),
        i18n.later("Mathematics"),
        i18n.later("Literature"),
    ),
)


class Cover(Screen[None]):
    """A timetable. Only Escape does something."""

    DEFAULT_CSS = "Cover { padding: 1 2; } Cover Static { height: auto; }"

    def __init__(self, back: Callable[[], None]) -> None:
        super().__init__()
        self.back = back
        """Goes back, or asks for the passphrase when the cover has been up for long."""

    def compose(self) -> ComposeResult:
        """The timetable."""
        yield Static(self._table(), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Escape leads back; whatever else is pressed is not for the page beneath."""
        event.stop()
        if event.key == "escape":
            self.back()

    def _table(self) -> str:
        days = [i18n.say("Mon"), i18n.say("Tue"), i18n.say("Wed"), i18n.say("Thu"), i18n.say("Fri")]
        rows = [["", *days]] + [[str(n), *(i18n.say(one) for one in row)] for n, row in enumerate(_ROWS, 1)]
        return "\n\n".join("".join(f"{cell:13}" for cell in row).rstrip() for row in rows)
