"""All cases: a window over the store, however many there are; searched without marks."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterable
from functools import partial

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from triage import errors, i18n
from triage.desk import board, restricted
from triage.tui.screens import sealed
from triage.tui.screens.case import CasePage
from triage.tui.screens.rows import CaseRows
from triage.tui.sitting import Sitting
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, plain
from triage.tui.widgets.typing import ViInput
from triage.tui.widgets.windowed import Windowed

FIRST = 64
"""Rows whose ids are read before the first paint: more than most terminals show."""
FILTERS = ("open", "overdue", "all", "closed")
"""What the list shows, in the order of the key f."""


class CasesPage(Page):
    """The list of cases."""

    NAME = "cases"
    BINDINGS = [
        Binding("slash", "find", i18n.later("Search"), key_display="/"),
        Binding("f", "filter", i18n.later("Other cases")),
        Binding("p", "peek", i18n.later("Show what each is about for 10 s")),
        Binding("r", "sealed", i18n.later("Restricted cases")),
    ]

    def __init__(
        self, at: Sitting, *, shown: str = FILTERS[0], words: str = "", finding: bool = False
    ) -> None:
        super().__init__(at)
        self.shown = shown if shown in FILTERS else FILTERS[0]
        self.words = words
        self.finding = finding
        self.rows = CaseRows(at)
        self.sealed: list[restricted.Line] = []
        self.hits: list[str] = []
        """Restricted cases in which what she searched for is found."""
        self.first = self.whole = True
        self.read = False

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
        yield Said(lambda: sealed.lines(self.sealed, self.hits), id="sealed")
        if self.finding or self.words:
            yield self._field()
        rows = self.rows.list(empty=self._empty)
        # What can be read before the first paint is painted once; what cannot is said on arriving.
        with contextlib.suppress(errors.TriageError):
            rows.begin(self._ids(FIRST))
            self.read = True
        yield rows

    def arrive(self) -> None:
        """Read the list again."""
        self._read_sealed()
        if self.first:
            self.first = False
            self.query_one("#find" if self.finding else Windowed).focus()
        if self.read:
            self.read = False
            self._count(self.query_one(Windowed).ids)
        else:
            self._read()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Other words, other cases."""
        message.stop()
        self.words, self.hits = message.value, []
        self.attempt(self._read)
        self.query_one("#sealed", Said).again()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Into the list; restricted cases that she can open are searched now, not at every letter."""
        message.stop()
        self.attempt(self._search_sealed)
        self.query_one(Windowed).focus()

    def on_windowed_opened(self, message: Windowed.Opened) -> None:
        """Open the case."""
        ref = self.rows.ref(message.row_id)
        if ref:
            self.app.push_screen(CasePage(self.at, ref))

    def action_find(self) -> None:
        """Into the search field."""
        field = self.query_one_optional("#find")
        if field is None:
            field = self._field()
            self.mount(field, before=self.query_one(Windowed))
        field.focus()

    def action_filter(self) -> None:
        """Other cases."""
        self.shown = FILTERS[(FILTERS.index(self.shown) + 1) % len(FILTERS)]
        self.attempt(self._read)

    def action_sealed(self) -> None:
        """Open a restricted case, if she is named in it."""
        sealed.pick(self, self.sealed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Restricted cases can be opened when there are some."""
        return bool(self.sealed) if action == "sealed" else True

    def action_peek(self) -> None:
        """Show for ten seconds what each case is about."""
        self.rows.peek(True)
        self.set_timer(10, lambda: self.rows.peek(False))

    def _read_sealed(self) -> None:
        self.sealed = restricted.lines(self.at.desk)
        sealed.again(self, self.sealed)
        self.refresh_bindings()

    def _search_sealed(self) -> None:
        self.hits = restricted.found(self.at.desk, self.words)
        self.query_one("#sealed", Said).again()

    def _read(self) -> None:
        """The first rows at once, the rest of their ids from a thread: a list of any length opens as fast."""
        ids = self._ids(FIRST)
        self.query_one(Windowed).set_ids(ids)
        self._count(ids)

    def _count(self, ids: array[int]) -> None:
        """Say how many there are, and read the rest when that is not all."""
        self.whole = len(ids) < FIRST
        self.query_one("#filter", Said).again()
        self.workers.cancel_group(self, "ids")
        if not self.whole:
            self.run_worker(partial(self._read_rest, self.shown, self.words), thread=True, group="ids")

    def _read_rest(self, shown: str, words: str) -> None:
        ids = self._ids(board.ALL)

        def take() -> None:
            if (shown, words) == (self.shown, self.words) and self.is_attached:
                self.whole = True
                self.query_one(Windowed).set_ids(ids)
                self.query_one("#filter", Said).again()

        self.app.call_from_thread(take)

    def _field(self) -> ViInput:
        return ViInput(self.words, limit=100, id="find")

    def _ids(self, limit: int) -> array[int]:
        status = {"open": "open", "closed": "closed"}.get(self.shown)
        overdue = self.shown == "overdue"
        return board.ids(self.at.desk, status=status, overdue=overdue, search_for=self.words, limit=limit)

    def _filter(self) -> Content:
        words = {
            "open": i18n.say("Open cases"),
            "overdue": i18n.say("Overdue cases, earliest first"),
            "all": i18n.say("All cases, newest first"),
            "closed": i18n.say("Closed cases"),
        }
        rows = self.query_one_optional(Windowed)
        more = "" if self.whole else "…"
        return plain(f"{words[self.shown]}: {len(rows.ids) if rows else 0}{more}")

    def _empty(self) -> str:
        if self.words:
            return i18n.say("Nothing is found. Fewer letters find more; marks may be left out.")
        return i18n.say("No such case.")
