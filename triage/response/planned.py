"""What a checklist takes, a situation, and what it gives, a step that stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from triage.response import checkins, level, playbook
from triage.response.school_days import SchoolDay
from triage.terms import Kind, StepState

Mark = checkins.Mark


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
    found: bool = False
    """Whether the student was missing and is there, or known to be safe, now."""
    for_others: frozenset[str] = frozenset()
    """With several students: steps that were done, but for another one of them."""
    ask_again: frozenset[str] = frozenset()
    """Questions whose answer dates from before the student was found."""
    whom: Mapping[str, str] = field(default_factory=dict)
    """With several students: the letters of those for whom a call is made once more (``XA2.2``)."""


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
    whom: str = ""
    """With several students: the letters of those who need it, when not all do."""
    asks: tuple[str, ...] = ()
    """The questions it consists of."""
    state: StepState = StepState.TODO
    """Where it stands."""
