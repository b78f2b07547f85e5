"""The checklist: which steps stand now, in which order, and when each is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.response import due, expression, level, playbook, rules
from triage.response.school_days import SchoolDay
from triage.terms import Kind, Level, StepState

TELLING_RULES = frozenset({"C1", "C2", "C4", "C7"})
"""Through these alone a provisional level tells somebody outside the room. Source: playbooks 2.6."""
_AWAY = frozenset({"reachable", "not_reached"})
_UNREACHED = frozenset({"unreachable", "isolated_by_order"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a step."""

    state: StepState
    """done, skipped or waiting."""
    at: datetime
    """When."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a checklist depends on."""

    kinds: tuple[Kind, ...]
    """The case's kinds."""
    verdict: level.Verdict
    """What the table says, with the level that holds."""
    answers: Mapping[str, str]
    """Answers as recorded."""
    circumstances: Mapping[str, str]
    """Circumstances as recorded."""
    told_at: datetime
    """Where the clocks start."""
    now: datetime
    """The present instant."""
    appeared: Mapping[str, datetime]
    """When each step first appeared."""
    marks: Mapping[str, Mark]
    """What became of steps."""
    circumstance_at: Mapping[str, datetime]
    """When each circumstance was answered."""
    day: SchoolDay
    """The school's day."""
    playbooks: tuple[playbook.Playbook, ...]
    """The playbooks the case began with."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that stands."""

    id: str
    """``X13``, ``X21.2``, ``ASK.self_harm``."""
    kind: str
    """The playbook it comes from."""
    phase: int
    """1 to 7."""
    order: int
    """Within the phase."""
    vi: str
    """What to do, Vietnamese."""
    en: str
    """What to do, English."""
    say: tuple[str, str] | None
    """Words to say: Vietnamese, English."""
    role: tuple[str, ...]
    """Who does it."""
    due_at: datetime | None
    """When it is due."""
    mandatory: bool
    """It must be done, or skipped by two."""
    irreversible: bool
    """It tells somebody outside the room."""
    record: tuple[str, str] | None
    """What to write down."""
    never: tuple[str, ...]
    """What never to do meanwhile."""
    source: tuple[str, ...]
    """Where it comes from."""
    factor: str | None = None
    """The question it asks, for ``ASK`` steps."""
    state: StepState = StepState.TODO
    """Where it stands."""


def plan(situation: Situation) -> tuple[Planned, ...]:
    """The steps that stand, in working order.

    Source: semantics.md, Steps and clocks.
    """
    steps = [step for book in situation.playbooks for step in book.steps]
    standing = [step for step in steps if _stands(step, situation)]
    replaced = _replaced(standing, situation)
    planned = [
        one for step in standing if step.id not in replaced or _marked(step.id, situation)
        for one in _expanded(step, situation)
    ]  # fmt: skip
    known = {one.id for one in planned}
    kept = [step for step in steps if step not in standing and _marked(step.id, situation) and step.id not in known]
    planned += [_planned(step, step.id, step.due, situation) for step in kept if not step.repeat]
    planned += _questions(situation)
    return tuple(sorted(planned, key=lambda one: (one.phase, one.order, one.id.split(".")[0], _number(one.id))))


def first_hour(planned: Iterable[Planned], limit: int = 5) -> tuple[Planned, ...]:
    """The open steps to show first: the earliest due, mandatory ones first among equals."""
    open_steps = [one for one in planned if one.state is StepState.TODO]
    return tuple(sorted(open_steps, key=_urgency)[:limit])


def next_step(planned: Iterable[Planned]) -> Planned | None:
    """The open step that is due first."""
    return next(iter(first_hour(planned, 1)), None)


def _urgency(one: Planned) -> tuple[bool, datetime, bool, int, int]:
    far = datetime.max.replace(tzinfo=one.due_at.tzinfo if one.due_at else None)
    return one.due_at is None, one.due_at or far, not one.mandatory, one.phase, one.order


def _stands(step: playbook.Step, situation: Situation) -> bool:
    if step.present is not None and step.present != _is_present(situation):
        return False
    mandatory = _mandatory(step, situation.verdict.level)
    if not step.when.holds(_facts(situation, unknown_is="yes" if mandatory else "no")):
        return False
    if step.irreversible and situation.verdict.provisional:
        return any(fired.id in TELLING_RULES for fired in situation.verdict.rules)
    return True


def _is_present(situation: Situation) -> bool:
    """Whether the student is in the room; not asked yet counts as here, unless she is known to be gone."""
    now = situation.answers.get("student_now", "unknown")
    if now == "with_me":
        return True
    return now not in _AWAY and situation.answers.get("whereabouts") not in _UNREACHED


def _facts(situation: Situation, *, unknown_is: str) -> expression.Facts:
    table = rules.load()
    values = {factor: table.default(factor) for factor in table.factors}
    values |= dict.fromkeys(table.must_ask(situation.kinds, situation.answers), "unknown")
    values |= {key: "unknown" if value == "declined" else value for key, value in situation.answers.items()}
    if values.get("age_band") == "unknown":
        values["age_band"] = table.default("age_band")
    for key in playbook.circumstances():
        value = situation.circumstances.get(key, "unknown")
        values[key] = unknown_is if value == "unknown" else value
    verdict = situation.verdict
    return expression.Facts(
        values=values,
        kinds=frozenset(kind.value for kind in situation.kinds),
        level=verdict.level,
        rules=frozenset(fired.id for fired in verdict.rules),
        flags=frozenset(verdict.time_flags),
        police=frozenset(verdict.police),
        done=frozenset(key for key, mark in situation.marks.items() if mark.state is StepState.DONE),
    )


def _replaced(standing: Iterable[playbook.Step], situation: Situation) -> frozenset[str]:
    steps = {step.id: step for step in standing}
    gone: set[str] = set()
    todo = [name for step in steps.values() for name in step.replaces]
    while todo:
        name = todo.pop()
        if name not in gone:
            gone.add(name)
            todo += steps[name].replaces if name in steps else ()
    return frozenset(gone)


def _marked(step: str, situation: Situation) -> bool:
    return step in situation.marks


def _mandatory(step: playbook.Step, now: Level) -> bool:
    return step.mandatory if isinstance(step.mandatory, bool) else now >= step.mandatory


def _expanded(step: playbook.Step, situation: Situation) -> Iterator[Planned]:
    if not step.repeat:
        yield _planned(step, step.id, step.due, situation)
        return
    now = situation.verdict.level
    hourly = 0
    start = situation.told_at
    if step.hourly_until and now is Level.CRITICAL:
        safe = situation.circumstances.get(step.hourly_until) == "yes"
        hourly, last = _hourly_done(step, situation)
        if not safe:
            hourly += 1
            due_at = max(situation.told_at + timedelta(hours=hourly), last + timedelta(hours=1))
            yield from _numbered(step, situation, range(1, hourly), None)
            yield _dated(step, f"{step.id}.{hourly}", due_at, situation)
            return
        start = situation.circumstance_at.get(step.hourly_until, situation.told_at)
        yield from _numbered(step, situation, range(1, hourly + 1), None)
    for place, text in enumerate(step.repeat.get(now.name, ()), hourly + 1):
        yield _dated(step, f"{step.id}.{place}", due.after(text, start, now, situation.day), situation)


def _hourly_done(step: playbook.Step, situation: Situation) -> tuple[int, datetime]:
    """How many hourly checks were closed before the student was safe, and when the last was."""
    safe_at = situation.circumstance_at.get(step.hourly_until or "")
    closed = sorted(
        mark.at
        for key, mark in situation.marks.items()
        if key.startswith(f"{step.id}.") and (safe_at is None or situation.appeared.get(key, mark.at) < safe_at)
    )
    return len(closed), closed[-1] if closed else situation.told_at


def _numbered(
    step: playbook.Step, situation: Situation, numbers: range, due_at: datetime | None
) -> Iterator[Planned]:
    for number in numbers:
        yield _dated(step, f"{step.id}.{number}", due_at, situation)


def _planned(step: playbook.Step, name: str, rule: Mapping[str, str], situation: Situation) -> Planned:
    verdict = situation.verdict
    due_at = due.at(rule, situation.told_at, verdict.level, frozenset(verdict.time_flags), situation.day)
    return _dated(step, name, due_at, situation)


def _dated(step: playbook.Step, name: str, due_at: datetime | None, situation: Situation) -> Planned:
    appeared = situation.appeared.get(name, situation.now)
    mark = situation.marks.get(name)
    return Planned(
        id=name,
        kind=step.kind,
        phase=step.phase,
        order=step.order,
        vi=step.vi,
        en=step.en,
        say=step.say,
        role=step.role,
        due_at=None if due_at is None else max(due_at, appeared),
        mandatory=_mandatory(step, situation.verdict.level),
        irreversible=step.irreversible,
        record=step.record,
        never=step.never,
        source=step.source,
        state=mark.state if mark else StepState.TODO,
    )


def _questions(situation: Situation) -> Iterator[Planned]:
    """A mandatory step for each open question that must be asked; not again after ``declined``."""
    table = rules.load()
    urgent = situation.verdict.level >= Level.HIGH
    wait = timedelta(minutes=15) if urgent else timedelta(hours=24)
    for place, key in enumerate(situation.verdict.unknown_must_ask):
        if situation.answers.get(key) == "declined":
            continue
        name, factor = f"ASK.{key}", table.factors[key]
        mark = situation.marks.get(name)
        yield Planned(
            id=name,
            kind=playbook.COMMON,
            phase=1,
            order=500 + place,
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


def _number(name: str) -> int:
    tail = name.rpartition(".")[2]
    return int(tail) if tail.isdigit() else 0
