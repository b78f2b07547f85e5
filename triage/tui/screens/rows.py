"""How a case stands in a list: code, level, next act, when. What it is about is shown only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from triage import i18n
from triage.desk import board, view
from triage.tui.sitting import Sitting
from triage.tui.widgets import speech
from triage.tui.widgets.windowed import Column, Windowed


class CaseRows:
    """Reads a page of cases when it is painted."""

    def __init__(self, at: Sitting) -> None:
        self.at = at
        self.peeking = False
        self.made: Windowed | None = None
        self.known: dict[int, board.Row] = {}

    def list(self, *, empty: Callable[[], str]) -> Windowed:
        """The list widget."""
        self.made = Windowed(
            (
                Column(lambda: i18n.say("Level"), 12),
                Column(lambda: i18n.say("Case"), 10),
                Column(lambda: i18n.say("What it is about") if self.peeking else i18n.say("Next"), None),
                Column(lambda: i18n.say("Earliest due"), 18),
            ),
            self._fetch,
            style=self._style,
            empty=empty,
            id="cases",
        )
        return self.made

    def ref(self, row_id: int) -> str | None:
        """The reference of a case in the list."""
        row = self.known.get(row_id)
        return row.line.ref if row else None

    def peek(self, shown: bool) -> None:
        """Show what each case is about, or no more."""
        self.peeking = shown
        if self.made is not None:
            self.made.again()

    def _fetch(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        now = self.at.desk.now()
        found = board.rows(self.at.desk, ids)
        self.known |= found
        return {key: self._cells(row.line, row.text, now) for key, row in found.items()}

    def _cells(self, line: view.CaseLine, text: str, now: datetime) -> tuple[str, ...]:
        about = speech.kinds(line)
        due = speech.until(line.next_due_at, now, late=line.overdue, fresh=line.fresh)
        closed = line.status == "closed"
        return (
            speech.level(line.level, provisional=line.unsettled and not closed),
            line.ref,
            about if self.peeking else (i18n.word("status", "closed") if closed else text),
            "" if closed else due,
        )

    def _style(self, key: int, column: int) -> str:
        row = self.known.get(key)
        if row is None:
            return ""
        if column == 0 and row.line.status != "closed":
            return f"risk-{row.line.level.name.lower()}"
        return "risk-high" if column == 3 and row.line.overdue and not row.line.fresh else ""
