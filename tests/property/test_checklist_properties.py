"""What holds of a checklist whatever the situation."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.response import acts
from tests.unit.response.board import COMMON, GROOM, TOLD, situation, verdict
from triage.response import checklist, level, playbook, rules
from triage.response.planned import Mark, Situation
from triage.terms import Kind, Level, StepState

FACTORS = rules.load().factors
READ = ("student_now", "whereabouts", "extortion_active", "fear", "self_harm")
CIRCUMSTANCES = ("phone_available", "safe")
IDS = (
    "A1", "A2", "B1", "B2", "D1", "D2", "G1", "G2", "E1.1", "E1.2", "E1.3", "G3.1", "G3.2", "ASK.fear",
    "ASK.self_harm",
)  # fmt: skip
times = st.integers(0, 60 * 24 * 20).map(lambda minutes: TOLD + timedelta(minutes=minutes))
verdicts = st.builds(
    lambda level, fired, flags, unasked: verdict(level, *fired, flags=flags, unasked=unasked),
    st.sampled_from(list(Level)),
    st.sets(st.sampled_from(["C1", "C2", "C3", "C4", "C7", "H1", "M10"])).map(sorted),
    st.sets(st.sampled_from(["T0", "T1", "T2"])).map(sorted),
    st.sets(st.sampled_from(["fear", "self_harm", "whereabouts"])).map(sorted),
)
answers = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from([*FACTORS[key].values, "declined"]) for key in READ}
)
marks = st.dictionaries(
    st.sampled_from(IDS),
    st.builds(
        Mark,
        st.sampled_from([StepState.DONE, StepState.SKIPPED, StepState.WAITING]),
        times,
        st.none() | times,
    ),
)
situations = st.builds(
    lambda found, books, **parts: situation(found, playbooks=books, **parts),
    verdicts,
    st.sampled_from([(COMMON,), (COMMON, GROOM)]),
    answers=answers,
    circumstances=st.dictionaries(st.sampled_from(CIRCUMSTANCES), st.sampled_from(["yes", "no", "unknown"])),
    circumstance_at=st.just({"safe": TOLD + timedelta(hours=5)}),
    now=times,
    marks=marks,
    appeared=st.dictionaries(st.sampled_from(IDS), times),
)


def _turned(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(values.items())))


@settings(deadline=None, max_examples=300)
@given(situations)
def test_no_step_is_due_before_it_appears(now: Situation) -> None:
    for one in checklist.plan(now):
        assert one.due_at is None or one.due_at >= now.appeared.get(one.id, now.now), one


@settings(deadline=None, max_examples=300)
@given(situations)
def test_the_same_situation_gives_the_same_list_whatever_the_order_of_its_parts(
    now: Situation,
) -> None:
    turned = dataclasses.replace(
        now,
        answers=_turned(now.answers), circumstances=_turned(now.circumstances), marks=_turned(now.marks),
        appeared=_turned(now.appeared), kinds=tuple(reversed(now.kinds)),
    )  # fmt: skip
    assert checklist.plan(now) == checklist.plan(turned) == checklist.plan(now)


@settings(deadline=None, max_examples=300)
@given(situations)
def test_every_step_speaks_both_languages_and_stands_once_in_working_order(now: Situation) -> None:
    plan = checklist.plan(now)
    assert all(one.vi.strip() and one.en.strip() for one in plan)
    assert len({one.id for one in plan}) == len(plan)
    assert [(one.phase, one.order) for one in plan] == sorted((one.phase, one.order) for one in plan)
    assert set(now.marks) - {"ASK.fear", "ASK.self_harm"} <= {one.id for one in plan} | {
        f"{step.id}{tail}" for step in GROOM.steps for tail in ("", ".1", ".2") if GROOM not in now.playbooks
    }


@settings(deadline=None, max_examples=300)
@given(situations, verdicts, times)
def test_undoing_a_change_of_level_or_flag_gives_the_former_due_times(
    before: Situation, other: Any, later: datetime
) -> None:
    """The desk's round: what appeared is kept; the change adds to it; taken back, nothing has moved."""
    first = checklist.plan(before)
    appeared = {one.id: before.now for one in first} | dict(before.appeared)
    now = before.now + (later - TOLD)
    changed = dataclasses.replace(before, verdict=other, appeared=appeared, now=now)
    appeared = {one.id: now for one in checklist.plan(changed)} | appeared
    after = checklist.plan(dataclasses.replace(before, appeared=appeared, now=now))
    assert {one.id: one.due_at for one in after} == {one.id: one.due_at for one in first}


@settings(deadline=None, max_examples=300)
@given(situations)
def test_the_first_hour_holds_at_most_five_open_steps_and_the_next_step_is_its_first(
    now: Situation,
) -> None:
    plan = checklist.plan(now)
    first = checklist.first_hour(plan)
    left = [one for one in plan if one.state is StepState.TODO and one not in first]
    assert len(first) <= 5
    assert all(one.state is StepState.TODO for one in first)
    assert checklist.next_step(plan) == (first[0] if first else None)
    last = first[-1].due_at if first else None
    for one in left:
        assert len(first) == 5
        assert one.due_at is None or (last is not None and one.due_at >= last)


@settings(deadline=None, max_examples=300)
@given(situations)
def test_no_open_step_stands_beside_an_open_one_that_replaces_it(now: Situation) -> None:
    open_steps = {one.id.partition(".")[0] for one in checklist.plan(now) if one.state is StepState.TODO}
    for step in [step for book in now.playbooks for step in book.steps if step.id in open_steps]:
        assert not open_steps & set(step.replaces)


@settings(deadline=None, max_examples=150)
@given(situations)
def test_a_list_that_is_walked_comes_to_an_end_and_every_check_in_is_made(now: Situation) -> None:
    """Each open step is ticked, with what it was due; below CRITICAL, or once the student is safe, no more come."""
    safe = dict(now.circumstances) | {"safe": "yes"}
    now = dataclasses.replace(now, marks={}, appeared={}, circumstances=safe)
    ticked: dict[str, Mark] = {}
    for _round in range(6):
        todo = [one for one in checklist.plan(now) if one.state is StepState.TODO and one.factor is None]
        if not todo:
            break
        ticked |= {one.id: Mark(StepState.DONE, now.now, one.due_at) for one in todo}
        now = dataclasses.replace(now, marks=dict(ticked))
    else:
        raise AssertionError(sorted(ticked))
    repeated: list[playbook.Step] = [step for book in now.playbooks for step in book.steps if step.repeat]
    replaced = {name for step in repeated if now.verdict.level.name in step.repeat for name in step.replaces}
    for step in repeated:
        wanted = 0 if step.id in replaced else len(step.repeat.get(now.verdict.level.name, ()))
        assert sum(key.startswith(f"{step.id}.") for key in ticked) == wanted


def _real(
    kinds: tuple[Kind, ...], given: dict[str, str], known: dict[str, str], done: set[str], *, asked: bool
) -> Situation:
    """A case with the shipped playbooks; asked: what hypothesis did not choose was answered quietly."""
    told = acts.ASKED | given if asked else given
    return situation(
        level.for_case(kinds, told, counterfactual=False),
        kinds=kinds, answers=told, circumstances=known, playbooks=playbook.for_kinds(kinds),
        marks={key: Mark(StepState.DONE, TOLD) for key in done},
    )  # fmt: skip


WRITTEN = [
    *((kind,) for kind in acts.WRITTEN), *itertools.combinations(acts.WRITTEN, 2), tuple(acts.WRITTEN),
]  # fmt: skip
real = st.builds(
    _real,
    st.sampled_from(WRITTEN),
    st.dictionaries(st.sampled_from(sorted(FACTORS)), st.integers(0, 6), max_size=14).map(
        lambda drawn: {
            key: FACTORS[key].values[place % len(FACTORS[key].values)] for key, place in drawn.items()
        }
    ),
    st.dictionaries(st.sampled_from(sorted(playbook.circumstances())), st.sampled_from(["yes", "no"])),
    st.sets(
        st.sampled_from(["X06", "L7", "L3", "X13", "X04b", "Y0", "Y3", "Z4", "K2", "G5", "G6"]), max_size=4
    ),
    asked=st.booleans(),
)


@settings(deadline=None, max_examples=1_500)
@given(real)
def test_of_the_written_kinds_alone_in_pairs_and_together_no_call_is_made_twice(
    now: Situation,
) -> None:
    """Corrections 11: no two open steps that one call satisfies."""
    calls = acts.called(checklist.plan(now))
    assert len(calls) == len(set(calls)), sorted(calls)


@settings(deadline=None, max_examples=800)
@given(real)
def test_of_the_written_kinds_five_steps_come_first_and_what_must_be_done_before_what_may(
    now: Situation,
) -> None:
    """Corrections 11: at most five, and no recommended step among them while a mandatory one is due no later."""
    plan = checklist.plan(now)
    first = checklist.first_hour(plan)
    assert 1 <= len(first) <= 5
    left = [one for one in plan if one.state is StepState.TODO and one not in first]
    for one in first:
        if not one.mandatory and one.due_at is not None:
            assert not [
                other for other in left if other.mandatory and other.due_at and other.due_at <= one.due_at
            ]


@settings(deadline=None, max_examples=800)
@given(real)
def test_of_the_written_kinds_nobody_is_told_by_questions_and_no_home_that_is_not_safe(
    now: Situation,
) -> None:
    """Corrections 5 and 7."""
    open_steps = [one for one in checklist.plan(now) if one.state is StepState.TODO]
    if acts.asks_first(now.verdict):
        assert {one.id for one in open_steps if one.irreversible} <= acts.told_calls(now)
    if now.answers.get("guardian_safe") == "no":
        assert "guardian" not in acts.called(open_steps)
    if "X06" not in now.marks:
        assert not {"X11", "X11b", "Z8", "L2b", "K5"} & {one.id for one in open_steps}


@settings(deadline=None, max_examples=800)
@given(real)
def test_of_the_written_kinds_a_police_criterion_is_never_left_without_a_call(
    now: Situation,
) -> None:
    """Corrections 10, 11: whatever stands in its place, somebody makes the report, or made it."""
    if acts.asks_first(now.verdict) or not set(now.verdict.police) - {"P7"}:
        return
    plan = checklist.plan(now)
    made = {who for one in plan if one.state is StepState.DONE for who in acts.CALLS.get(one.id, ())}
    assert "police" in {*acts.called(plan), *made}


@settings(deadline=None, max_examples=300)
@given(situations)
def test_a_call_is_a_step_or_held_back_and_never_gone(now: Situation) -> None:
    """Held back are exactly the telling steps that would stand if no question were open."""
    shown, held = checklist.plan(now), checklist.held_back(now)
    settled = dataclasses.replace(now, verdict=dataclasses.replace(now.verdict, unknown_must_ask=()))
    telling = {one.id for one in checklist.plan(settled) if one.irreversible}
    assert {one.id for one in held} == telling - {one.id for one in shown}
    assert all(one.irreversible for one in held)
