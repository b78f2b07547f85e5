"""A situation for tests of the checklist: the invented playbooks, a verdict made by hand, one Monday morning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from triage.response import checklist, level, playbook, school_days
from triage.response.planned import Mark, Planned, Situation
from triage.terms import Kind, Level, StepState

DATA = Path(__file__).parent / "data"
COMMON = playbook.load(DATA / "small_common.toml")
GROOM = playbook.load(DATA / "small_groom.toml")
TOLD = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
"""A Monday, 09:00 in Vietnam."""
HERE = {"student_now": "with_me", "whereabouts": "known_safe"}


def after(**time: float) -> datetime:
    """An instant after the report."""
    return TOLD + timedelta(**time)


def verdict(now: Level, *rules: str, flags: Iterable[str] = (), unasked: Iterable[str] = ()) -> level.Verdict:
    """A verdict with these rules, time flags and open questions."""
    return level.Verdict(
        level=now,
        rules=tuple(level.Fired(name, now, {}) for name in rules),
        time_flags=tuple(flags),
        floor=None,
        aggravators=(),
        police=(),
        unknown_must_ask=tuple(unasked),
        would_lower=None,
    )


def situation(found: level.Verdict, **changes: Any) -> Situation:
    """A situation of kind GROOM with the student in the room, just told."""
    parts: dict[str, Any] = {
        "kinds": (Kind.GROOM,), "verdict": found, "answers": HERE, "circumstances": {}, "told_at": TOLD,
        "now": TOLD, "appeared": {}, "marks": {}, "circumstance_at": {}, "day": school_days.SchoolDay(),
        "playbooks": (COMMON,),
    }  # fmt: skip
    return Situation(**(parts | changes))


def shown(found: level.Verdict, **changes: Any) -> dict[str, Planned]:
    """The checklist by id."""
    return {one.id: one for one in checklist.plan(situation(found, **changes))}


def marks(
    at: datetime | None = None, state: StepState = StepState.DONE, **due: datetime | None
) -> dict[str, Mark]:
    """Marks by step (``E1_2`` for ``E1.2``), each with what it was due."""
    return {key.replace("_", "."): Mark(state, at or TOLD, was) for key, was in due.items()}


def dues(plan: Mapping[str, Planned], prefix: str) -> dict[str, float]:
    """Open checks of a repeated step: number to hours after the report."""
    return {
        key: (one.due_at - TOLD) / timedelta(hours=1)
        for key, one in plan.items()
        if key.startswith(f"{prefix}.") and one.state is StepState.TODO and one.due_at is not None
    }
