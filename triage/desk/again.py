"""What was done for one student and is needed for another: a call for help, and telling somebody outside the room."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from triage import models
from triage.response import checklist, playbook
from triage.response.planned import Planned, Situation
from triage.store.records import cases as case_rows
from triage.store.records import steps
from triage.terms import StepState

if TYPE_CHECKING:
    from sqlmodel import Session


def calls(session: Session, case: models.Case, situations: list[Situation], now: datetime) -> bool:
    """Open a call for help once more: since it was made another need for it has come up.

    A need is a student's letter, and the letter with ``!`` while somebody who threatens is told to be near. With
    several students it is the letter with ``?`` while it rests on what nobody has told: a call made then was not for
    her; and danger that is told has its ``!`` until somebody says that it is no threat. What was opened once more
    for a need that is gone again, and not made, goes with it. Whether anything changed.
    """
    rows = steps.of_case(session, case.id)
    letters = [one.label for one in case_rows.people(session, case.id) if one.part == "affected"]
    alone, needs = len(letters) == 1, dict[str, set[str]]()
    for letter, one in zip(letters, situations, strict=True):
        for name, (told, near) in checklist.needed_calls(one).items():
            needs.setdefault(name, set()).update(
                [letter if told or alone else f"{letter}?"]
                + [f"{letter}!"] * (near == "yes" or (near == "unknown" and not alone))
            )
    changed = False
    for name in needs.keys() | {key for key, row in rows.items() if row.needed_by and "." not in key}:
        first = rows.get(name)
        if first is None:
            continue
        need = needs.get(name, set())
        newest = max((key for key in rows if key.partition(".")[0] == name), key=checklist.number)
        new = need - _set(first)
        if new and rows[newest].state != StepState.TODO:
            again = models.Step(case_id=case.id, step=checklist.again(newest), appeared_at=now)
            again.needed_by = " ".join(sorted(new))
            session.add(again)
            changed = True
        elif newest != name and rows[newest].state == StepState.TODO and not need & _set(rows[newest]):
            session.delete(rows[newest])
            changed = True
        first.needed_by = " ".join(sorted(need))
    return changed


def _set(row: models.Step) -> set[str]:
    return set((row.needed_by or "").split())


def letters(row: models.Step) -> str:
    """Of a step that is to be done once more: for whom."""
    return ", ".join(sorted({need.rstrip("!?") for need in _set(row)}))


def tellings(
    session: Session, case: models.Case, later: Iterable[tuple[str, Situation]], now: datetime
) -> bool:
    """Open once more what was told to somebody outside before a student was added whose own answers call for it.

    Args:
        session: the act's transaction.
        case: the case.
        later: by letter, the own situations of the students who were added later.
        now: the instant of recording.

    Returns:
        Whether anything changed.
    """
    changed, rows = False, steps.of_case(session, case.id)
    needs = dict[str, set[str]]()
    for letter, situation in later:
        for one in checklist.tellings(situation):
            if "." not in one.id and one.id in rows and rows[one.id].state != StepState.TODO:
                needs.setdefault(one.id, set()).add(letter)
    # A call for help keeps its needs on its first row, and is counted by itself.
    once_more = [key for key, row in rows.items() if "." in key and row.needed_by]
    once_more = [key for key in once_more if rows[key.partition(".")[0]].needed_by is None]
    for key in once_more:
        if rows[key].state == StepState.TODO and not _set(rows[key]) & needs.get(
            key.partition(".")[0], set()
        ):
            session.delete(rows.pop(key))
            changed = True
    for name, who in needs.items():
        of_name = [key for key in rows if key.partition(".")[0] == name]
        new = who - set[str]().union(*(_set(rows[key]) for key in of_name))
        if new:
            name_again = checklist.again(max(of_name, key=checklist.number))
            more = models.Step(case_id=case.id, step=name_again, appeared_at=now)
            more.needed_by = " ".join(sorted(new))
            session.add(more)
            changed = True
    return changed


def for_others(situation: Situation) -> frozenset[str]:
    """Of several students: what was done and is none of this one's.

    Calls that she neither needs now nor was found after; steps of questions that she has not been asked.
    """
    needed, told = checklist.needed_calls(situation), situation.answers
    all_steps = [step for book in situation.playbooks for step in book.steps]
    calls = {step.id for step in all_steps if checklist.is_call(step) and step.id not in needed}
    unasked = {
        step.id
        for step in all_steps
        if any(told.get(key, "unknown") == "unknown" for key in step.asks if key != playbook.MUST_ASK)
    }
    return frozenset(unasked if situation.found else calls | unasked)


def for_whom(plan: Iterable[Planned], needs: Iterable[tuple[str, Iterable[Planned]]]) -> list[Planned]:
    """Of several students: before each open step that not all of them need, the letters of those who do.

    Args:
        plan: the steps of all.
        needs: by letter, the steps of each.
    """
    by_letter = [(letter, {one.id for one in steps_}) for letter, steps_ in needs]
    lettered = []
    for one in plan:
        who = [letter for letter, ids in by_letter if one.id in ids]
        if (
            not one.whom
            and 0 < len(who) < len(by_letter)
            and one.state in (StepState.TODO, StepState.WAITING)
        ):
            said = ", ".join(who)
            one = dataclasses.replace(one, vi=f"({said}) {one.vi}", en=f"({said}) {one.en}", whom=said)
        lettered.append(one)
    return lettered


def for_later(
    plan: Iterable[Planned], later: Iterable[Situation], rows: Mapping[str, models.Step]
) -> list[Planned]:
    """What is to be told outside for those who were added later and is neither on the plan nor was done before."""
    known = {one.id for one in plan}
    return [
        one
        for situation in later
        for one in checklist.tellings(situation)
        if one.id not in known and (one.id not in rows or rows[one.id].state == StepState.TODO)
    ]
