"""The checklist: which steps stand now, in which order, and when each is due. Pure."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from triage.response import checkins, due, expression, level, playbook, rules
from triage.response.planned import Planned, Situation
from triage.terms import Level, StepState

TELLING_RULES = frozenset({"C1", "C2", "C4", "C7"})
"""Through these alone a provisional level tells somebody outside the room. Source: playbooks 2.6."""
FOUND = "FOUND"
"""The flag, besides those of the table, of a student who was missing and is found."""
SEARCHES = ("XA2", "Y3")
"""The calls after which others search for a student."""
_AWAY = frozenset({"reachable", "not_reached"})
_UNREACHED = frozenset({"unreachable", "isolated_by_order"})
_ASK_ORDER = 72
"""After the opening steps of phase 1 (to X06), before the calls."""
_AT_ONCE = timedelta(minutes=15)


def plan(situation: Situation) -> tuple[Planned, ...]:
    """The steps that stand, in working order, and those that were marked.

    Source: semantics.md, Steps and clocks.
    """
    return _planned(_Seen(situation))


def held_back(situation: Situation) -> tuple[Planned, ...]:
    """The steps that would tell somebody outside the room and stand aside while questions are open.

    They are no steps yet: a list shows them, so that a call is never gone without a word.

    Source: playbooks 2.6.
    """
    seen = _Seen(situation)
    if seen.may_tell:
        return ()
    shown = {one.id for one in _planned(seen)}
    seen.may_tell = True
    return tuple(one for one in _planned(seen) if one.irreversible and one.id not in shown)


def wanted_circumstances(situation: Situation) -> frozenset[str]:
    """The circumstances that decide something now: with another answer the list would be another one."""
    seen = _Seen(situation)
    known = playbook.circumstances().keys()
    wanted: set[str] = set()
    for step in seen.steps.values():
        names = _names(step.when) & known
        if step.hourly_until:
            wanted.add(step.hourly_until)
        if step.present in (None, seen.present):
            wanted |= {name for name in names - wanted if seen.turns_on(step, name, names - {name})}
    return frozenset(wanted)


def needed_calls(situation: Situation) -> dict[str, tuple[bool, str]]:
    """The calls for help that this student needs now, whether or not one was made before.

    Each with whether it is needed by what was told alone, and whether somebody who threatens is near: ``yes``,
    ``unknown`` when danger is told and this was not, ``no``.
    """
    seen = _Seen(situation)
    in_danger = seen.answers["danger_now"] == "yes"
    near = situation.circumstances.get("threat_here", "unknown") if in_danger else "no"
    calls = [step for step in seen.steps.values() if is_call(step) and seen.stands(step, undone=True)]
    return {step.id: (seen.told(step, undone=True), near) for step in calls}


def tellings(situation: Situation) -> tuple[Planned, ...]:
    """The open steps that tell somebody outside the room; calls for help are counted by ``needed_calls``."""
    seen = _Seen(situation)
    return tuple(
        one
        for one in _planned(seen)
        if one.irreversible
        and one.state is StepState.TODO
        and not is_call(seen.steps[one.id.partition(".")[0]])
    )


def is_call(step: playbook.Step) -> bool:
    """Whether it is a call for help: it tells somebody outside, and is due now."""
    return step.irreversible and set(step.due.values()) == {"now"}


def again(name: str) -> str:
    """The name of a call that is needed once more: ``XA2.2`` after ``XA2``."""
    return f"{name.partition('.')[0]}.{(number(name) or 1) + 1}"


def _planned(seen: _Seen) -> tuple[Planned, ...]:
    situation = seen.situation
    marked = {key.partition(".")[0] for key in situation.marks}
    standing = [step for step in seen.steps.values() if seen.stands(step)]
    names = {step.id for step in standing}
    made = [step for step in seen.steps.values() if step.id not in names and seen.was_done(step)]
    gone = _replaced([*standing, *made])
    # A call for help gives way to another one that is needed now, never to one that was made for a need that is over.
    needed = _replaced([step for step in (*standing, *made) if seen.stands(step, undone=True)])
    calls = {step.id for step in standing if is_call(step)}
    open_steps = names - (gone - calls) - needed
    planned = [
        one
        for step in seen.steps.values()
        if step.id in open_steps or step.id in marked
        for one in (_repeated if step.repeat else _single)(step, situation, step.id in open_steps)
    ]
    place = {key: index for index, key in enumerate(seen.steps)}
    planned.sort(key=lambda one: (one.phase, one.order, place[one.id.partition(".")[0]], number(one.id)))
    questions = list(_questions(situation))
    # The sort keeps the order of equals: questions stay in table order.
    return tuple(sorted([*planned, *questions], key=lambda one: (one.phase, one.order)))


def first_hour(
    planned: Iterable[Planned], limit: int = 5, *, now: datetime | None = None
) -> tuple[Planned, ...]:
    """The open steps to show first: the earliest due; of equals mandatory ones, then in working order.

    With ``now`` the mandatory steps that are due within a quarter of an hour, or were, stand first in working
    order: the call for help that has just become necessary is not buried under what is longer overdue.

    Source: corrections 11.
    """
    open_steps = sorted((one for one in planned if one.state is StepState.TODO), key=_urgency)
    if now is not None:
        soon = [one for one in open_steps if one.mandatory and one.due_at and one.due_at <= now + _AT_ONCE]
        soon.sort(key=lambda one: (one.phase, one.order))
        open_steps = [*soon, *(one for one in open_steps if one not in soon)]
    return tuple(open_steps[:limit])


def next_step(planned: Iterable[Planned], *, now: datetime | None = None) -> Planned | None:
    """The open step to do first: the first of ``first_hour``."""
    return next(iter(first_hour(planned, 1, now=now)), None)


def _urgency(one: Planned) -> tuple[bool, datetime, bool, int, int]:
    far = datetime.max.replace(tzinfo=UTC)
    return one.due_at is None, one.due_at or far, not one.mandatory, one.phase, one.order


def in_the_room(student_now: str, whereabouts: str) -> bool:
    """Whether the student is with the counsellor; not asked counts as yes, unless nobody can reach the student.

    Source: corrections 4.
    """
    if student_now == "with_me":
        return True
    return student_now not in _AWAY and whereabouts not in _UNREACHED


class _Seen:
    """A situation, ready for the conditions of its steps."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.steps: dict[str, playbook.Step] = {}
        for book in situation.playbooks:
            for step in book.steps:
                self.steps.setdefault(step.id, step)
        self.answers = _answers(situation)
        self.facts = {duty: self._facts("yes" if duty else "no") for duty in (True, False)}
        self.present = in_the_room(self.answers["student_now"], self.answers["whereabouts"])
        verdict = situation.verdict
        answered = situation.answers
        self.nothing_to_wait_for = all(answered.get(key) == "declined" for key in verdict.unknown_must_ask)
        self.may_tell = not verdict.provisional or any(one.id in TELLING_RULES for one in verdict.rules)

    def stands(self, step: playbook.Step, *, undone: bool = False) -> bool:
        """Whether a step is wanted now, whatever became of it; ``undone``: as if it had not been done."""
        if step.present is not None and step.present != self.present:
            return False
        # What was declined is not waited for: then what was told decides, for every step.
        by_told = is_call(step) or self.nothing_to_wait_for
        if step.irreversible and not self.may_tell and not (by_told and self.told(step, undone=undone)):
            return False
        now = self.situation.verdict.level
        if step.repeat and now.name not in step.repeat:
            return False
        return _holds(step, self.facts[_mandatory(step, now)], undone)

    def told(self, step: playbook.Step, *, undone: bool = False) -> bool:
        """Whether a call for help is needed by what was told alone: it does not wait for other questions."""
        return _holds(step, self._told_facts, undone)

    @functools.cached_property
    def _told_facts(self) -> expression.Facts:
        """As if each question without an answer had the safest one."""
        situation, table = self.situation, rules.load()
        told = {
            key: value for key, value in situation.answers.items() if value not in ("unknown", "declined")
        }
        verdict = level.evaluate(situation.kinds, told, counterfactual=False)
        facts = self.facts[True]
        return dataclasses.replace(
            facts,
            values={**facts.values, **{key: table.default(key) for key in table.factors}, **told},
            level=verdict.level,
            rules=frozenset(fired.id for fired in verdict.rules),
            flags=frozenset(verdict.time_flags) | (facts.flags & {FOUND}),
            police=frozenset(verdict.police),
        )

    def turns_on(self, step: playbook.Step, name: str, others: frozenset[str]) -> bool:
        """Whether a step's condition can hold for one answer to ``name`` and not for the other."""
        facts = self.facts[True]
        open_ = sorted(key for key in others if self.situation.circumstances.get(key, "unknown") == "unknown")
        for chosen in itertools.product(("yes", "no"), repeat=len(open_)):
            known = {**facts.values, **dict(zip(open_, chosen, strict=True))}
            yes, no = (
                step.when.holds(dataclasses.replace(facts, values=known | {name: value}))
                for value in ("yes", "no")
            )
            if yes != no:
                return True
        return False

    def was_done(self, step: playbook.Step) -> bool:
        """Whether the act was done for her: what it replaces is then not asked for again."""
        mark = self.situation.marks.get(step.id)
        done = mark is not None and mark.state is StepState.DONE
        return done and step.id not in self.situation.for_others

    def _facts(self, unknown_is: str) -> expression.Facts:
        situation, verdict = self.situation, self.situation.verdict
        circumstances = {
            name: unknown_is for step in self.steps.values() for name in _names(step.when) - {"level"}
        }
        circumstances |= {key: value for key, value in situation.circumstances.items() if value != "unknown"}
        done = {key for key, mark in situation.marks.items() if mark.state is StepState.DONE}
        return expression.Facts(
            values=circumstances | self.answers,
            kinds=frozenset(kind.value for kind in situation.kinds),
            level=verdict.level,
            rules=frozenset(fired.id for fired in verdict.rules),
            flags=frozenset(verdict.time_flags) | ({FOUND} if situation.found else set()),
            police=frozenset(verdict.police),
            done=frozenset(done | {key.partition(".")[0] for key in done}) - situation.for_others,
            declined=frozenset(key for key, value in situation.answers.items() if value == "declined"),
        )


def _holds(step: playbook.Step, facts: expression.Facts, undone: bool) -> bool:
    """Whether a step's condition holds; ``undone``: where it asks whether the step itself was done, it was not."""
    return step.when.holds(dataclasses.replace(facts, done=facts.done - {step.id}) if undone else facts)


@functools.cache
def _names(when: expression.Expression) -> frozenset[str]:
    """What a condition reads; conditions are parsed once and kept."""
    return when.names()


def _answers(situation: Situation) -> dict[str, str]:
    """Every factor with its value: left out as the table counts it, declined and not asked as unknown."""
    table = rules.load()
    values = {factor: table.default(factor) for factor in table.factors}
    values |= dict.fromkeys(table.must_ask(situation.kinds, situation.answers), "unknown")
    values |= {key: "unknown" if value == "declined" else value for key, value in situation.answers.items()}
    if values["student_now"] == "with_me" and values["whereabouts"] == "unreachable":
        # The two cannot both be right: until one is corrected she counts as missing.
        values["student_now"] = "not_reached"
    if values["age_band"] == "unknown":
        values["age_band"] = table.default("age_band")
    return values


def _replaced(steps: Iterable[playbook.Step]) -> frozenset[str]:
    """What stands aside: named by a step on the list, or by one that itself stands aside."""
    by_id = {step.id: step for step in steps}
    gone: set[str] = set()
    for first in by_id.values():
        todo = [] if first.id in gone else list(first.replaces)
        while todo:
            name = todo.pop()
            if name not in gone and name != first.id:
                gone.add(name)
                todo += by_id[name].replaces if name in by_id else ()
    return frozenset(gone)


def _mandatory(step: playbook.Step, now: Level) -> bool:
    """At LOW what is repeated is only recommended. Source: semantics.md, X21."""
    if step.repeat and now is Level.LOW:
        return False
    return step.mandatory if isinstance(step.mandatory, bool) else now >= step.mandatory


def _single(step: playbook.Step, situation: Situation, stands: bool) -> Iterator[Planned]:
    verdict = situation.verdict
    # A call for help that became necessary once more has a row of its own.
    more = sorted((key for key in situation.appeared if key.startswith(f"{step.id}.")), key=number)
    for name in (step.id, *more):
        if stands or name in situation.marks:
            due_at = due.at(step.due, situation.told_at, verdict.level, verdict.time_flags, situation.day)
            yield _dated(step, name, due_at, situation)


def _repeated(step: playbook.Step, situation: Situation, stands: bool) -> Iterator[Planned]:
    marks = {number(key): mark for key, mark in situation.marks.items() if key.startswith(f"{step.id}.")}
    at_once = step.hourly_until is not None and situation.verdict.level is Level.CRITICAL
    safe = situation.circumstances.get(step.hourly_until or "") == "yes"
    clocks = checkins.Clocks(
        level=situation.verdict.level,
        told_at=situation.told_at,
        hourly=at_once and not safe,
        safe_at=situation.circumstance_at.get(step.hourly_until or "") if at_once and safe else None,
        day=situation.day,
    )
    for one in checkins.plan(step.repeat, marks, clocks, stands=stands):
        yield _dated(step, f"{step.id}.{one.number}", one.due_at, situation)


def _dated(step: playbook.Step, name: str, due_at: datetime | None, situation: Situation) -> Planned:
    appeared = situation.appeared.get(name, situation.now)
    mark = situation.marks.get(name)
    vi, en, who = step.vi, step.en, ""
    if not step.repeat and number(name):
        who = situation.whom.get(name, "")
        again_ = rules.load().words["again_for" if who else "again"]
        vi, en = (said.format(text=text, who=who) for said, text in zip(again_, (vi, en), strict=True))
    return Planned(
        id=name,
        kind=step.kind,
        phase=step.phase,
        order=step.order,
        vi=vi,
        en=en,
        say=step.say,
        role=step.role,
        due_at=None if due_at is None else max(due_at, appeared),
        mandatory=_mandatory(step, situation.verdict.level),
        irreversible=step.irreversible,
        record=step.record,
        never=step.never,
        source=step.source,
        asks=step.asks,
        whom=who,
        state=mark.state if mark else StepState.TODO,
    )


def _questions(situation: Situation) -> Iterator[Planned]:
    """A mandatory step for each open question that must be asked; none for one that was declined.

    One that was marked stays, like any other step. What was told before the student was found is asked again.

    Source: semantics.md, Steps and clocks; corrections 14.
    """
    verdict, table = situation.verdict, rules.load()
    wait = timedelta(minutes=15) if verdict.level >= Level.HIGH else timedelta(hours=24)
    for key, factor in table.factors.items():
        name = f"ASK.{key}"
        mark = situation.marks.get(name)
        asked = key in verdict.unknown_must_ask and situation.answers.get(key) != "declined"
        asked |= key in situation.ask_again
        if not asked and mark is None:
            continue
        yield Planned(
            id=name,
            kind=playbook.COMMON,
            phase=1,
            order=_ASK_ORDER,
            vi=factor.question_vi,
            en=factor.question_en,
            say=None,
            role=("CO",),
            due_at=max(situation.told_at + wait, situation.appeared.get(name, situation.now)),
            mandatory=True,
            irreversible=False,
            record=None,
            never=(),
            source=("2.6",),
            factor=key,
            state=mark.state if mark else StepState.TODO,
        )


def number(name: str) -> int:
    """The number behind a step's name: 2 of ``XA2.2``; 0 without one."""
    tail = name.partition(".")[2]
    return int(tail) if tail.isdigit() else 0
