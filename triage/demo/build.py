"""The invented school made real in a throw-away store: every act through the desk, at its own time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from triage import clock
from triage.demo import school
from triage.desk import cases, decisions, evidence, session, steps, view
from triage.terms import CloseReason, Kind, Level, Part, StepState

_BEFORE = timedelta(hours=1)
"""The store is made this long before its first case."""
_LEFT_OPEN = ("X24", "X25")
"""The steps of closing itself are never done by the way."""


@dataclass(frozen=True, slots=True)
class Built:
    """An invented store that has just been made."""

    cases: int
    """How many cases are in it."""
    acts: int
    """How many acts were played: one for each case opened, and what followed."""
    refs: Mapping[str, str]
    """The cases' names in the TOML to their references in the store."""


@dataclass(frozen=True, slots=True)
class _Due:
    """An act that is to be played."""

    at: datetime
    case: school.DemoCase
    act: school.DemoAct | None
    """None: the case is opened."""


def build(
    folder: Path,
    words: str,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    *,
    newest: int | None = None,
) -> Built:
    """Make a store in ``folder`` and play the invented school in it up to ``now``.

    Args:
        folder: new or empty.
        words: the passphrase of the one member.
        now: the instant that the school's days are counted back from.
        progress: is told after each act how many of how many are played.
        newest: only so many cases, the newest, and what links them.
    """
    made = school.load(now)
    play = _in_order(made, newest)
    at = clock.SetClock(play[0].at - _BEFORE)
    desk, _created = session.create(
        folder, school=made.name, code=made.code, label=made.label, words=words, at=at
    )
    refs: dict[str, str] = {}
    with desk:
        for place, due in enumerate(play, 1):
            at.at = due.at
            if due.act is None:
                refs[due.case.key] = _open(desk, due.case)
            else:
                _PLAYED[due.act.do](desk, refs, due.case.key, due.act.values)
            if progress is not None:
                progress(place, len(play))
    return Built(len(refs), len(play), refs)


def _in_order(made: school.School, newest: int | None = None) -> list[_Due]:
    """Every act of every case in the order of time; of equal instants the older case first."""
    cases = sorted(made.cases, key=lambda case: case.opened)[-newest if newest else 0 :]
    keys = {case.key for case in cases}
    play = [_Due(case.opened, case, None) for case in cases]
    play += [
        _Due(act.at, case, act)
        for case in cases
        for act in case.acts
        if act.values.get("other", case.key) in keys
    ]
    return sorted(play, key=lambda due: due.at)


def _open(desk: session.Desk, case: school.DemoCase) -> str:
    report = cases.NewCase(
        kinds=case.kinds,
        channel=case.channel,
        told_at=case.told,
        words=case.words,
        answers=case.answers,
        platform=case.platform,
        delay=case.delay,
    )
    return cases.new(desk, report).ref


Refs = Mapping[str, str]
Values = Mapping[str, Any]


def _step(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    steps.done(
        desk, refs[key], values["step"], at=values.get("done_at"),
        reference=values.get("reference", ""), result=values.get("result", ""),
    )  # fmt: skip


def _skip(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    steps.skip(desk, refs[key], values["step"], values["reason"], agreed_by=values.get("agreed_by"))


def _wait(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    steps.wait(desk, refs[key], values["step"], values["until"], values["reason"])


def _due(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    steps.set_due(desk, refs[key], values["step"], values["due"], values["reason"])


def _rest(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    """Every mandatory step that is still open is done, waiting ones too."""
    _finish(desk, refs[key], lambda line: line.planned.mandatory)


def _caught_up(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    """What is due by now and what is only recommended is done, but steps named, waiting or for later talks."""
    left = values.get("but", ())

    def due(line: view.StepLine) -> bool:
        past = line.due_at is not None and line.due_at <= desk.now()
        by_the_way = not line.planned.mandatory and not line.planned.id.startswith("X21.")
        return (past or by_the_way) and line.state is StepState.TODO and line.planned.id not in left

    _finish(desk, refs[key], due)


def _finish(desk: session.Desk, ref: str, wanted: Callable[[view.StepLine], bool]) -> None:
    """Do the open steps that are wanted, and those that appear because of it."""
    while found := [
        line.planned.id
        for line in view.case(desk, ref).steps
        if line.state in (StepState.TODO, StepState.WAITING)
        and line.planned.factor is None
        and line.planned.id not in _LEFT_OPEN
        and wanted(line)
    ]:
        steps.done(desk, ref, found[0])


def _note(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    cases.note(desk, refs[key], values["text"], private=values.get("private", False))


def _words(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    cases.note(desk, refs[key], values["text"], kind="words")


def _answer(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    given = values.get("answers", {}) | values.get("circumstances", {})
    cases.answer(desk, refs[key], given, person=values.get("person"))


def _kinds(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    cases.add_kinds(desk, refs[key], [Kind(kind) for kind in values["kinds"]])


def _person(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    cases.add_person(desk, refs[key], Part(values["part"]), {})


def _indicator(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    cases.add_indicator(desk, refs[key], values["kind"], values["value"], text=values.get("text", ""))


def _raise(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.raise_level(desk, refs[key], Level[values["level"]], values["reason"])


def _lower(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.lower_level(desk, refs[key], Level[values["level"]], values["reason"], values["agreed_by"])


def _hold(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.hold(desk, refs[key], values["on"], values["reason"])


def _close(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.close(
        desk, refs[key], CloseReason(values["reason"]),
        agreed_by=values.get("agreed_by"), text=values["note"],
    )  # fmt: skip


def _reopen(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.reopen(desk, refs[key], values["reason"])


def _link(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    decisions.link(desk, refs[key], refs[values["other"]], values["state"])


def _refer(desk: session.Desk, refs: Refs, key: str, values: Values) -> None:
    evidence.refer(
        desk,
        refs[key],
        evidence.Reference(
            what=values["what"], where=values["where"], holder=values["holder"],
            count=values.get("count"), hashed=values.get("hashed"),
        ),
    )  # fmt: skip


_PLAYED: dict[str, Callable[[session.Desk, Refs, str, Values], None]] = {
    "step": _step,
    "skip": _skip,
    "wait": _wait,
    "due": _due,
    "rest": _rest,
    "caught-up": _caught_up,
    "note": _note,
    "words": _words,
    "answer": _answer,
    "kinds": _kinds,
    "person": _person,
    "indicator": _indicator,
    "raise": _raise,
    "lower": _lower,
    "hold": _hold,
    "close": _close,
    "reopen": _reopen,
    "link": _link,
    "evidence-reference": _refer,
}
"""How each act of the TOML is played at the desk."""
