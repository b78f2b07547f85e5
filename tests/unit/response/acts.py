"""Whom each shipped step calls, and the steps that a case has: for tests of the shipped texts."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from triage.response import checklist, level, playbook, school_days
from triage.response.planned import Mark, Planned, Situation
from triage.terms import Kind, Level, StepState

TOLD = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CALLS: dict[str, set[str]] = {
    "X04a": {"115"}, "X04d": {"115"}, "X04b": {"police"}, "XA2": {"police"}, "X04c": {"police", "111"},
    "X13": {"police"}, "X13b": {"police"}, "X12": {"111"}, "X12b": {"111"}, "X12c": {"111"}, "X10": {"principal"},
    "X11": {"guardian"}, "X11b": {"guardian"}, "Y3": {"police"}, "Y4": {"guardian"}, "Y6": {"bank"}, "Y6b": {"bank"},
    "Z5": {"police", "111"}, "Z8": {"guardian"}, "X28": {"bank"}, "X10b": {"department"}, "X26": {"department"},
    "G1": {"police"}, "G4": {"department"}, "G5": {"police", "111"}, "G9": {"guardian"}, "K3": {"police", "111"},
    "K5": {"other family"}, "L2": {"bank"}, "L2b": {"guardian", "bank"}, "L2c": {"bank"}, "L3": {"police"},
    "L9": {"bank"},
}  # fmt: skip
WRITTEN = (Kind.VKIDNAP, Kind.SEXTORT, Kind.GROOM, Kind.CONTROL, Kind.SCAM)
"""The kinds that have a playbook."""
KINDS: list[tuple[Kind, ...]] = [
    *((kind,) for kind in WRITTEN), *itertools.combinations(WRITTEN, 2), (Kind.UNSURE,), (Kind.RECRUIT,),
]  # fmt: skip
ASKED = {
    "danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me",
    "meeting_travel": "none", "live_control": "no", "compliance": "no", "intimate_image": "none",
    "loss_recent_24h": "no", "deadline": "none", "extortion_active": "no", "impact": "none",
    "guardian_safe": "yes", "sexual_element": "no",
    "lives_with_offender": "no", "fear": "no", "loss_band": "none",
}  # fmt: skip


def shown(
    kinds: tuple[Kind, ...],
    answers: Mapping[str, str],
    circumstances: Mapping[str, str] | None = None,
    done: Iterable[str] = (),
) -> tuple[dict[str, Planned], level.Verdict]:
    """The steps that a case has, opened at the moment it was told; done ones too."""
    verdict = level.for_case(kinds, answers, counterfactual=False)
    planned = checklist.plan(
        Situation(
            kinds=kinds,
            verdict=verdict,
            answers=answers,
            circumstances=circumstances or {},
            told_at=TOLD,
            now=TOLD,
            appeared={},
            marks={key: Mark(StepState.DONE, TOLD) for key in done},
            circumstance_at={},
            day=school_days.SchoolDay(),
            playbooks=playbook.for_kinds(kinds),
        )
    )
    return {one.id: one for one in planned}, verdict


def minutes(step: Planned) -> float:
    """When a step is due after the report."""
    return float("inf") if step.due_at is None else (step.due_at - TOLD).total_seconds() / 60


def first(steps: Mapping[str, Planned], count: int = 5) -> list[str]:
    return [one.id for one in checklist.first_hour(steps.values(), count)]


def asks_first(verdict: level.Verdict) -> bool:
    """Whether the level is provisional through unknowns alone: nobody outside the room is told yet."""
    return verdict.provisional and not {"C1", "C2", "C4", "C7"} & {rule.id for rule in verdict.rules}


def called(steps: Iterable[Planned]) -> list[str]:
    """Who is called by the open ones among some steps, once for each step that calls them."""
    return [who for one in steps if one.state is StepState.TODO for who in sorted(CALLS.get(one.id, ()))]


def all_declined(situation: Situation) -> bool:
    """Whether every open question was asked, and the student would rather not answer."""
    return all(situation.answers.get(key) == "declined" for key in situation.verdict.unknown_must_ask)


def as_told(situation: Situation) -> Situation:
    """The same case had every declined question the safest answer."""
    told = {key: value for key, value in situation.answers.items() if value not in ("unknown", "declined")}
    verdict = level.evaluate(situation.kinds, told, counterfactual=False)
    return dataclasses.replace(situation, answers=told, verdict=verdict)


def told_calls(situation: Situation) -> set[str]:
    """The calls for help that may stand although questions are open: what was told alone is critical."""
    told = {key: value for key, value in situation.answers.items() if value not in ("unknown", "declined")}
    critical = level.evaluate(situation.kinds, told, counterfactual=False).level is Level.CRITICAL
    return {"X04a", "X04b", "X04d", "XA2", "Y3"} if critical else set()
