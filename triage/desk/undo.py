"""Taking the newest act of a case back, and saying what it was."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel

from triage import errors, i18n, models
from triage.desk import assess
from triage.desk.session import Desk, searchable
from triage.response import playbook, rules
from triage.response.planned import Planned
from triage.store import purge, search
from triage.store.records import cases as case_rows
from triage.store.records import undo as kept


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An act that was taken back."""

    act: str
    """Its code: ``case.answered``."""
    about: str
    """What it said, in the language spoken now: the question and the answer, the step, the note; else empty."""
    rows: tuple[SQLModel, ...] = ()
    """What the act had written: a note, a step as it left it, a reference, a trace, a level with its reason."""

    def said(self, *, whole: bool = False) -> str:
        """The act and what it said: «câu trả lời – Đang gặp nguy hiểm: có»; cut to a line, or ``whole``."""
        act = i18n.word("act", self.act)
        about = self.about if whole else textwrap.shorten(self.about, 90, placeholder=" …")
        return f"{act} – {about}" if about else act


def take_back(desk: Desk, ref: str, *, seen: int | None = None) -> TakenBack:
    """Take the newest act of this case back, if it is one's own.

    Args:
        desk: the desk.
        ref: the case.
        seen: the act that she takes for the newest; left out, whichever it is.

    Raises:
        errors.Refused: ``nothing-to-undo``, ``act-is-final``, ``not-yours-to-undo``, ``act-not-seen``,
            ``case-held``.
    """
    with desk.opened.acting("case.undone") as act:
        session = act.session
        case = case_rows.find(session, ref)
        act.case = case
        newest = kept.newest(session, case.id)
        if newest is None:
            raise errors.Refused("nothing-to-undo", ref=ref)
        if newest.act != "case.hold-set":
            # Taking back deletes what was written: that is a deletion like any other.
            purge.not_held(case)
        if not newest.before:
            raise errors.Refused("act-is-final", ref=ref)
        if newest.member_id != desk.opened.unlocked.member_id:
            raise errors.Refused("not-yours-to-undo", ref=ref)
        if seen is not None and newest.seq != seen:
            raise errors.Refused("act-not-seen", ref=ref, act=i18n.word("act", newest.act))
        asked = {step.id: step for step in assess.of_case(session, case, desk.now()).plan}
        taken = _taken(newest.act, kept.made(session, newest), asked)
        kept.put_back(session, newest)
        newest.undone_by = act.seq
        act.note(undoes=newest.seq)
        session.refresh(case)
        assess.refresh(session, case, desk.now(), by=desk.label, why="undone")
        search.index(session, case.id, searchable(session, case))
        return taken


def _taken(
    act: str, rows: Iterable[tuple[SQLModel, dict[str, Any] | None]], asked: Mapping[str, Planned]
) -> TakenBack:
    """What the rows of an act say that it was."""
    about: list[str] = []
    written: list[SQLModel] = []
    for row, former in rows:
        if former is None and not isinstance(row, models.Step):
            written.append(row)
        if isinstance(row, models.Answer | models.Circumstance) and former is None:
            about.append(_answer(row))
        elif isinstance(row, models.Note) and former is None:
            about.append(row.text)
        elif isinstance(row, models.Evidence) and former is None:
            about.append(row.what or row.item)
        elif isinstance(row, models.Indicator) and former is None:
            about.append(row.value)
        elif isinstance(row, models.Step) and act.startswith("step.") and _touched(row, former):
            written.append(row)
            planned = asked.get(row.step)
            about.append("" if planned is None else planned.en if i18n.language() == "en" else planned.vi)
    return TakenBack(act, "; ".join(part for part in about if part), tuple(written))


def _touched(row: models.Step, former: Mapping[str, Any] | None) -> bool:
    """Whether the act was about this step, not only about when others are due."""
    return former is not None and (row.state != former["state"] or row.reason != former["reason"])


def _answer(row: models.Answer | models.Circumstance) -> str:
    """«Đang gặp nguy hiểm: có»."""
    english = i18n.language() == "en"
    if isinstance(row, models.Circumstance):
        asked = playbook.circumstances()[row.key]
        return f"{asked.en if english else asked.vi} {i18n.word('answer', row.value)}"
    factor = rules.load().factors[row.factor]
    name, labels = (factor.name_en, factor.values_en) if english else (factor.name_vi, factor.values_vi)
    return f"{name}: {labels.get(row.value) or i18n.word('answer', row.value)}"
