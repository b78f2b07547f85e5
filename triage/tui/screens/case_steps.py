"""The steps of a case in the order in which she sees them, and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from triage import i18n
from triage.desk import view
from triage.response import checklist
from triage.response.planned import Planned
from triage.terms import Level, StepState
from triage.tui.widgets import speech

_NOW, _HELD, _LATER, _DONE = -1, -2, -3, -4
"""Rows that are headings."""
_HELD_FROM = 10_000
"""Rows from here on are steps held back."""


class Steps:
    """At most five to do first, what is held back, then the others, then what is behind her."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        """The rows, headings among them."""
        self.known: dict[int, view.StepLine] = {}
        """Row to step."""
        self.held: dict[int, Planned] = {}
        """Row to what would tell somebody outside and waits for an answer."""
        self.level = Level.LOW
        """The case's level."""
        self._counts: dict[int, int] = {}

    def lay(self, seen: view.CaseView, now: datetime) -> None:
        """Lay the rows anew."""
        todo = [step for step in seen.steps if step.state in (StepState.TODO, StepState.WAITING)]
        first = [one.id for one in checklist.first_hour([step.planned for step in todo], now=now)]
        by_id = {step.planned.id: step for step in seen.steps}
        later = sorted((step for step in todo if step.planned.id not in first), key=_due)
        behind = [step for step in seen.steps if step not in todo]
        self.level, self.ids, self.known = seen.line.level, [], {}
        self.held = dict(enumerate(seen.held_back, _HELD_FROM))
        self._counts = {_HELD: len(self.held), _LATER: len(later), _DONE: len(behind)}
        for heading, group in ((_NOW, [by_id[key] for key in first]), (_LATER, later), (_DONE, behind)):
            if group and heading != _NOW:
                self.ids.append(heading)
            for step in group:
                self.known[len(self.known)] = step
                self.ids.append(len(self.known) - 1)
            if heading == _NOW and self.held:
                self.ids += [_HELD, *self.held]

    def at(self, step: str, *, todo: bool = False) -> int | None:
        """The row of a step; with ``todo`` only while it is to do."""
        open_ = (StepState.TODO, StepState.WAITING)
        rows = (key for key, one in self.known.items() if one.planned.id == step)
        return next((key for key in rows if not todo or self.known[key].state in open_), None)

    def rows(self, ids: Sequence[int], now: datetime) -> dict[int, tuple[str, ...]]:
        """The cells of some rows."""
        headings = {
            _HELD: i18n.say("── Held back until it is answered ({n})", n=self._counts.get(_HELD, 0)),
            _LATER: i18n.say("── Later ({n})", n=self._counts.get(_LATER, 0)),
            _DONE: i18n.say("── Behind us ({n})", n=self._counts.get(_DONE, 0)),
        }
        cells = dict[int, tuple[str, ...]]()
        for key in ids:
            if key in headings:
                cells[key] = "", headings[key], ""
            elif key in self.held:
                cells[key] = "?", speech.planned(self.held[key]), i18n.say("ask first")
            elif key in self.known:
                step = self.known[key]
                cells[key] = speech.step_mark(step, self.level), step.text(), speech.step_due(step, now)
        return cells

    def style(self, key: int, column: int) -> str:
        """The style of a cell."""
        if key in self.held:
            return "risk-high" if column != 1 else ""
        step = self.known.get(key)
        if step is None or step.state in (StepState.DONE, StepState.SKIPPED):
            return "muted" if step is None or column else "risk-done"
        if column == 0 and step.planned.mandatory:
            return f"risk-{self.level.name.lower()}"
        return "risk-high" if column == 2 and step.overdue and not step.fresh else ""


def _due(step: view.StepLine) -> datetime:
    """What has no time comes last; of the same time the working order stays."""
    return step.due_at or datetime.max.replace(tzinfo=UTC)
