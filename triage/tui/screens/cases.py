"""All cases: a window over the store, however many there are; searched without marks."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from triage import i18n
from triage.desk import board
from triage.tui.screens.case import CasePage
from triage.tui.screens.rows import CaseRows
from triage.tui.sitting import Sitting
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, plain
from triage.tui.widgets.typing import ViInput
from triage.tui.widgets.windowed import Windowed

FILTERS = ("open", "overdue", "all", "closed")
"""What the list shows, in the order of the key f."""


class CasesPage(Page):
    """The list of cases."""

    NAME = "cases"
    BINDINGS = [
        Binding("slash", "find", i18n.later("Search"), key_display="/"),
        Binding("f", "filter", i18n.later("Other cases")),
        Binding("p", "peek", i18n.later("Show what each is about for 10 s")),
    ]

    def __init__(
        self, at: Sitting, *, shown: str = FILTERS[0], words: str = "", finding: bool = False
    ) -> None:
        super().__init__(at)
        self.shown = shown if shown in FILTERS else FILTERS[0]
        self.words = words
        self.finding = finding
        self.rows = CaseRows(at)
        self.first = True

    def heading(self) -> str:
        """All cases."""
        return i18n.say("Cases")

    def help(self) -> str:
        """How to find a case."""
        return i18n.say(
            "Enter opens a case. / searches references, names and texts; marks may be left out. f changes "
            "between open, overdue, all and closed cases. p shows for ten seconds what each case is about."
        )

    def place(self) -> dict[str, str]:
        """What is shown, and what was searched for."""
        return {"page": self.NAME, "shown": self.shown, "words": self.words}

    def body(self) -> Iterable[Widget]:
        """Filter, search, list."""
        yield Said(self._filter, id="filter")
        yield ViInput(self.words, limit=100, id="find")
        yield self.rows.list(empty=self._empty)

    def arrive(self) -> None:
        """Read the list again."""
        if self.first:
            self.first = False
            if self.finding:
                self.query_one("#find").focus()
            else:
                self.query_one(Windowed).focus()
        self._read()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Other words, other cases."""
        message.stop()
        self.words = message.value
        self.attempt(self._read)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Into the list."""
        message.stop()
        self.query_one(Windowed).focus()

    def on_windowed_opened(self, message: Windowed.Opened) -> None:
        """Open the case."""
        ref = self.rows.ref(message.row_id)
        if ref:
            self.app.push_screen(CasePage(self.at, ref))

    def action_find(self) -> None:
        """Into the search field."""
        self.query_one("#find").focus()

    def action_filter(self) -> None:
        """Other cases."""
        self.shown = FILTERS[(FILTERS.index(self.shown) + 1) % len(FILTERS)]
        self.attempt(self._read)

    def action_peek(self) -> None:
        """Show for ten seconds what each case is about."""
        self.rows.peek(True)
        self.set_timer(10, lambda: self.rows.peek(False))

    def _read(self) -> None:
        status = {"open": "open", "closed": "closed"}.get(self.shown)
        ids = board.ids(self.at.desk, status=status, overdue=self.shown == "overdue", search_for=self.words)
        self.query_one(Windowed).set_ids(ids)
        self.again()

    def _filter(self) -> Content:
        words = {
            "open": i18n.say("Open cases"),
            "overdue": i18n.say("Overdue cases, earliest first"),
            "all": i18n.say("All cases, newest first"),
            "closed": i18n.say("Closed cases"),
        }
        count = self.query_one_optional(Windowed)
        return plain(f"{words[self.shown]}: {len(count.ids) if count else 0}")

    def _empty(self) -> str:
        if self.words:
            return i18n.say("Nothing is found. Fewer letters find more; marks may be left out.")
        return i18n.say("No such case.")
