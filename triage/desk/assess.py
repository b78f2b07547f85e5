"""What the answers mean now: the case's level, its checklist, what is due next."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from triage import models
from triage.desk import again, found
from triage.desk import session as desk_session
from triage.response import checklist, level, playbook
from triage.response.planned import Mark, Planned, Situation
from triage.store.records import cases as case_rows
from triage.store.records import leaving, steps
from triage.terms import Kind, Level, StepState

if TYPE_CHECKING:
    from sqlmodel import Session

NOT_OWN = frozenset({"victims", "spread", "repeat_case"})
"""Factors that say something about others: a child's own level never reads them."""


TOLD_BY_OTHERS = frozenset({"friend", "parent", "staff"})
"""Channels through which the student is not the one who tells: until it is asked, she is not in the room."""
NOT_HERE = TOLD_BY_OTHERS | {"phone", "message", "note", "hotline"}
"""Channels through which nobody can say that the student is here."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A case as it stands."""

    verdict: level.Verdict
    """What the table says, for the most endangered of the affected students."""
    level: Level
    """The case's level after a person has raised or lowered it."""
    plan: tuple[Planned, ...]
    """The checklist in working order."""
    held_back: tuple[Planned, ...] = ()
    """What would tell somebody outside and waits for open questions; left empty after an act."""


def table_verdict(session: Session, case: models.Case) -> level.Verdict:
    """What the table says of a case: the highest of its affected people's verdicts."""
    affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
    return level.highest([_verdict(session, case, one) for one in affected])


def _verdict(session: Session, case: models.Case, one: models.Person) -> level.Verdict:
    """What the table says by one student's answers."""
    return level.for_case(kinds_of(session, case), recorded(session, one))


def of_case(session: Session, case: models.Case, now: datetime) -> Assessment:
    """A case as it stands at ``now``."""
    verdict = table_verdict(session, case)
    decided = decided_level(case, verdict)
    situations = _situations(session, case, decided, now)
    plan = _plan(session, case, situations)
    shown = {step.id for step in plan}
    held_back = _together([checklist.held_back(one) for one in situations])
    return Assessment(verdict, decided, plan, tuple(step for step in held_back if step.id not in shown))


def wanted_circumstances(session: Session, case: models.Case, now: datetime) -> frozenset[str]:
    """The circumstances that decide which steps stand for any of the affected students."""
    decided = decided_level(case, table_verdict(session, case))
    situations = _situations(session, case, decided, now)
    return frozenset().union(*(checklist.wanted_circumstances(one) for one in situations))


def settle(session: Session, case: models.Case, seen: Assessment, now: datetime, *, by: str) -> None:
    """Record as done the open steps that consist of questions, when all of these have an answer.

    Called where the answers are given as they are asked, within the same act.

    Args:
        session: the act's transaction.
        case: the case.
        seen: the case as it stands with the answers.
        now: the instant of recording.
        by: who asked.
    """
    affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
    told = [recorded(session, one) for one in affected]
    rows = steps.of_case(session, case.id)

    def raising() -> tuple[str, ...]:
        """What nobody has asked and could raise the level."""
        asked = [question.factor for book in playbooks_of(session, case) for question in book.questions]
        return tuple(
            key
            for answers in told
            for key in level.may_raise(
                kinds_of(session, case), answers, [one for one in asked if one not in answers]
            )
        )

    def answered(key: str) -> bool:
        if key == playbook.MUST_ASK:
            known = kinds_of(session, case) != (Kind.UNSURE,)
            return known and all(answered(open_) for open_ in (*seen.verdict.unknown_must_ask, *raising()))
        return all(answers.get(key, "unknown") != "unknown" for answers in told)

    done = [
        rows[step.id]
        for step in seen.plan
        if step.asks and rows[step.id].state == StepState.TODO and all(answered(key) for key in step.asks)
    ]
    for row in done:
        row.state, row.at, row.recorded_at, row.by = StepState.DONE.value, now, now, by
    if done:
        refresh(session, case, now, by=by, why="steps")


def refresh(
    session: Session,
    case: models.Case,
    now: datetime,
    *,
    by: str,
    why: str,
    reason: str | None = None,
    agreed_by: str | None = None,
) -> Assessment:
    """Assess a case again after something changed, and write down what became of it.

    Own levels, the case's level (with the change and its reason), the steps that appeared or went, and
    what is due next are brought up to date within the caller's act.

    Args:
        session: the act's transaction.
        case: the case, already changed.
        now: the instant of recording.
        by: who is at the desk.
        why: opened, answers, kinds, raised, lowered, undone, steps.
        reason: a person's reason for a decision.
        agreed_by: the second person, kept as claimed.
    """
    session.flush()
    for one in case_rows.people(session, case.id):
        if one.part == "affected":
            one.own_level = _own(session, case, one).level.name
    verdict = table_verdict(session, case)
    decided = decided_level(case, verdict)
    former = (case.level, case.provisional)
    case.own_level, case.level, case.provisional = verdict.level.name, decided.name, verdict.provisional
    if why in ("opened", "raised", "lowered") or former != (case.level, case.provisional):
        session.add(
            models.LevelChange(
                case_id=case.id,
                at=now,
                by=by,
                level=case.level,
                provisional=case.provisional,
                verdict=json.dumps(verdict.as_json()),
                why=why,
                reason=reason,
                agreed_by=agreed_by,
                agreement="claimed" if agreed_by else None,
            )
        )
    situations = _situations(session, case, decided, now)
    changed = again.calls(session, case, situations, now)
    if again.tellings(session, case, _later(session, case, situations), now) or changed:
        session.flush()
        situations = _situations(session, case, decided, now)
    plan = _plan(session, case, situations)
    _keep_steps(session, case, plan, now)
    session.flush()
    return Assessment(verdict, decided, plan)


def of_reporter(case: models.Case, note: models.Note) -> bool:
    """Whether words are those of the one who reported, not the student's."""
    return note.kind == "words" and note.at == case.told_at and case.channel in TOLD_BY_OTHERS


def decided_level(case: models.Case, verdict: level.Verdict) -> Level:
    """The level after a person's raising or lowering.

    A raised level holds until the table says more. A lowered one holds one step below the table's and
    never while a C-rule fires.

    Source: playbooks 2.8.
    """
    decided = verdict.level
    if case.lowered_to and not fired_critical(verdict) and decided.value == Level[case.lowered_to].value + 1:
        decided = Level[case.lowered_to]
    if case.raised_to:
        decided = max(decided, Level[case.raised_to])
    return decided


def fired_critical(verdict: level.Verdict) -> bool:
    """Whether a C-rule fires."""
    return any(fired.level is Level.CRITICAL for fired in verdict.rules)


def kinds_of(session: Session, case: models.Case) -> tuple[Kind, ...]:
    """A case's kinds."""
    return tuple(Kind(kind) for kind in case_rows.kinds(session, case.id))


def recorded(session: Session, one: models.Person) -> dict[str, str]:
    """A person's answers as recorded, factor to value."""
    return {factor: row.value for factor, row in case_rows.answers(session, one.id).items()}


def keep_playbooks(session: Session, case: models.Case, kinds: Iterable[Kind]) -> None:
    """Pin the playbook versions that a case begins with; their text is kept in the store."""
    pinned = dict(json.loads(case.playbooks))
    for book in playbook.for_kinds(kinds):
        if book.kind in pinned:
            continue
        pinned[book.kind] = book.version
        if leaving.playbook_text(session, book.kind, book.version) is None:
            session.add(models.PlaybookKept(kind=book.kind, version=book.version, text=book.text))
    case.playbooks = json.dumps(pinned, sort_keys=True)


def playbooks_of(session: Session, case: models.Case) -> tuple[playbook.Playbook, ...]:
    """The playbooks a case began with, in those versions, even when newer ones are shipped."""
    books = []
    for kind, version in json.loads(case.playbooks).items():
        shipped = playbook.shipped(kind)
        if shipped is not None and shipped.version == version:
            books.append(shipped)
        else:
            books.append(playbook.parse(leaving.playbook_text(session, kind, version) or ""))
    return tuple(sorted(books, key=lambda book: book.kind != "COMMON"))


def _situations(session: Session, case: models.Case, decided: Level, now: datetime) -> list[Situation]:
    """What the checklist of each affected student depends on."""
    rows = steps.of_case(session, case.id)
    facts = case_rows.circumstances(session, case.id)
    affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
    made = [row.at for key, row in rows.items() if key in checklist.SEARCHES and row.at]
    searched = min(made, default=None)
    situations = [
        Situation(
            kinds=kinds_of(session, case),
            verdict=level.at(_verdict(session, case, one), decided),
            answers=_where(case, recorded(session, one)),
            circumstances=_circumstances(facts, several=len(affected) > 1),
            told_at=case.told_at,
            now=now,
            appeared={key: row.appeared_at for key, row in rows.items()},
            marks=_marks(rows),
            circumstance_at={key: row.answered_at for key, row in facts.items()},
            day=desk_session.school_day(session),
            playbooks=playbooks_of(session, case),
            found=found.after(session, one, searched),
            ask_again=found.ask_again(session, one),
            whom={key: again.letters(row) for key, row in rows.items()} if len(affected) > 1 else {},
        )
        for one in affected
    ]
    if len(affected) == 1:
        return situations
    return [dataclasses.replace(one, for_others=again.for_others(one)) for one in situations]


def _plan(session: Session, case: models.Case, situations: list[Situation]) -> tuple[Planned, ...]:
    """The steps of all, and what those who were added later need besides."""
    plans = [checklist.plan(one) for one in situations]
    plan = _together(plans)
    if len(situations) == 1:
        return plan
    later = _later(session, case, situations)
    more = again.for_later(plan, [situation for _letter, situation in later], steps.of_case(session, case.id))
    letters = [one.label for one in case_rows.people(session, case.id) if one.part == "affected"]
    needs = {letter: [*one] for letter, one in zip(letters, plans, strict=True)}
    for letter, situation in later:
        needs[letter] += checklist.tellings(situation)
    return tuple(again.for_whom(_together([plan, more]), needs.items()))


def _later(session: Session, case: models.Case, situations: list[Situation]) -> list[tuple[str, Situation]]:
    """The students but the first, each by her own answers: what was told outside before she was added is not done."""
    if len(situations) == 1:
        return []
    rows = steps.of_case(session, case.id)
    affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
    tells = {step.id for book in playbooks_of(session, case) for step in book.steps if step.irreversible}
    return [
        (
            one.label,
            dataclasses.replace(
                situation,
                verdict=_own(session, case, one),
                marks={
                    key: mark
                    for key, mark in situation.marks.items()
                    if key.partition(".")[0] not in tells
                    or (rows[key].recorded_at or case.opened_at) >= one.added_at
                },
            ),
        )
        for one, situation in list(zip(affected, situations, strict=True))[1:]
    ]


def _own(session: Session, case: models.Case, one: models.Person) -> level.Verdict:
    """What the table says of one student's answers alone."""
    own = {key: value for key, value in recorded(session, one).items() if key not in NOT_OWN}
    return level.for_case(kinds_of(session, case), own, counterfactual=False)


def _circumstances(facts: Mapping[str, models.Circumstance], *, several: bool) -> dict[str, str]:
    """Circumstances as answered; with several students «no» about one must not take a call from the other."""
    known = playbook.circumstances()
    return {
        key: row.value
        for key, row in facts.items()
        if not (several and row.value == "no" and known[key].after)
    }


def _where(case: models.Case, answers: dict[str, str]) -> dict[str, str]:
    """Answers in which a student whom others report is not in the room until somebody says that she is.

    Asked, and nobody knows where she is or whether she can be reached: then she is missing.
    """
    now = answers.get("student_now")
    if case.channel not in NOT_HERE or now not in (None, "unknown", "declined"):
        return answers
    if now == answers.get("whereabouts") == "unknown":
        return answers | {"student_now": "not_reached"}
    danger = answers.get("danger_now") == "yes" or answers.get("self_harm") == "acute"
    # Who calls or writes herself is asked as one who is here; in danger nobody is told to stay beside her.
    if danger or case.channel in TOLD_BY_OTHERS:
        return answers | {"student_now": "reachable"}
    return answers


def _together(plans: Sequence[Sequence[Planned]]) -> tuple[Planned, ...]:
    """The steps that any of the affected students needs, each with its earliest due time."""
    if not any(plans[1:]):
        return tuple(plans[0])
    merged: dict[str, Planned] = {}
    for planned in (step for plan in plans for step in plan):
        known = merged.get(planned.id)
        earlier = known is None or (planned.due_at and known.due_at and planned.due_at < known.due_at)
        if earlier or (planned.mandatory and known is not None and not known.mandatory):
            merged[planned.id] = planned
    return tuple(sorted(merged.values(), key=lambda step: (step.phase, step.order)))


def _marks(rows: Mapping[str, models.Step]) -> dict[str, Mark]:
    return {
        key: Mark(StepState(row.state), row.at, row.due_at)
        for key, row in rows.items()
        if row.state != StepState.TODO and row.at is not None
    }


def _keep_steps(session: Session, case: models.Case, plan: tuple[Planned, ...], now: datetime) -> None:
    rows = steps.of_case(session, case.id)
    planned = {step.id: step for step in plan}
    for key, row in rows.items():
        if row.shown != (key in planned):
            row.shown = key in planned
    for step in plan:
        known = rows.get(step.id)
        if known is None:
            known = models.Step(case_id=case.id, step=step.id, appeared_at=now)
            session.add(known)
            rows[step.id] = known
        if known.due_at != step.due_at:
            known.due_at = step.due_at
    _keep_next(case, plan, rows, now)


def _keep_next(
    case: models.Case, plan: tuple[Planned, ...], rows: Mapping[str, models.Step], now: datetime
) -> None:
    """Keep on the case what to do next, when its first open step is due, and whether it only waits."""
    todo = [
        dataclasses.replace(step, due_at=rows[step.id].due_set_at or step.due_at)
        for step in plan
        if rows[step.id].state == StepState.TODO
    ]
    waiting = [
        rows[step.id].until or step.due_at for step in plan if rows[step.id].state == StepState.WAITING
    ]
    following = checklist.next_step(todo, now=now)
    case.next_step = following.id if following else None
    case.next_due_at = min((at for at in (*(step.due_at for step in todo), *waiting) if at), default=None)
    if case.status == "closed":
        case.next_step = case.next_due_at = None
    else:
        case.status = "waiting" if waiting and not any(step.mandatory for step in todo) else "open"
