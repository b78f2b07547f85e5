"""Which steps stand, in which order, and when each is due; invented playbooks."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from tests.unit.response.board import COMMON, GROOM, HERE, TOLD, after, dues, marks, shown, situation, verdict
from triage.response import checklist
from triage.response.planned import Mark
from triage.terms import Kind, Level, StepState

BOTH = (COMMON, GROOM)
EXTORTED = HERE | {"extortion_active": "yes"}
CALM = verdict(Level.HIGH)


def test_steps_stand_in_working_order_with_both_languages() -> None:
    plan = checklist.plan(situation(CALM, playbooks=BOTH, answers=EXTORTED))
    assert [one.id for one in plan] == [
        "A1", "B2", "G1", "D2", "G3.1", "G3.2",
    ]  # fmt: skip
    assert plan[0].say == ("Cô ở đây.", "I am here.")
    assert plan[0].record == ("giờ", "time")
    assert plan[0].kind == "COMMON"
    assert plan[2].kind == "GROOM"


def test_an_unknown_circumstance_counts_as_yes_for_a_mandatory_step_and_no_for_a_recommended_one() -> None:
    for circumstances in ({}, {"phone_available": "unknown"}):
        plan = shown(CALM, circumstances=circumstances)
        assert "B2" in plan
        assert "B1" not in plan
    assert {"B1", "B2"} <= set(shown(CALM, circumstances={"phone_available": "yes"}))
    assert not {"B1", "B2"} & set(shown(CALM, circumstances={"phone_available": "no"}))


@pytest.mark.parametrize(
    ("answers", "here"),
    [
        ({"student_now": "with_me", "whereabouts": "known_safe"}, True),
        ({"student_now": "reachable", "whereabouts": "known_safe"}, False),
        ({"student_now": "not_reached"}, False),
        ({}, True),
        ({"student_now": "unknown", "whereabouts": "unknown"}, True),
        ({"student_now": "declined"}, True),
        ({"whereabouts": "unreachable"}, False),
        ({"whereabouts": "isolated_by_order"}, False),
    ],
)
def test_one_set_of_steps_for_a_student_in_the_room_and_one_for_a_student_who_is_not(
    answers: dict[str, str], here: bool
) -> None:
    """Not asked counts as in the room, unless the answers say that nobody can reach the student."""
    plan = set(shown(CALM, answers=answers))
    assert ("A1" in plan) is here
    assert ("A2" in plan) is not here


def test_mandatory_from_a_level_on_and_never_for_what_is_repeated_at_low() -> None:
    assert shown(verdict(Level.HIGH))["D1"].mandatory
    assert not shown(verdict(Level.MEDIUM))["D1"].mandatory
    assert shown(verdict(Level.MEDIUM))["E1.1"].mandatory
    assert not shown(verdict(Level.LOW))["E1.1"].mandatory


def test_from_a_provisional_level_nobody_outside_is_told_but_through_four_rules() -> None:
    """Playbooks 2.6; corrections 5."""
    unasked = ("self_harm",)
    assert "D1" not in shown(verdict(Level.CRITICAL, "C3", "C5", "C9", "C12", "H1", "M10", unasked=unasked))
    for rule in ("C1", "C2", "C4", "C7"):
        assert "D1" in shown(verdict(Level.CRITICAL, "C3", rule, unasked=unasked))
    assert "D1" in shown(verdict(Level.CRITICAL, "C3"))


def test_a_step_stands_instead_of_those_it_replaces_while_it_stands() -> None:
    assert "D1" in shown(CALM, playbooks=BOTH)
    plan = shown(CALM, playbooks=BOTH, answers=EXTORTED)
    assert "G1" in plan
    assert "D1" not in plan


def test_replacing_goes_through_a_chain_whichever_step_comes_first_in_the_file() -> None:
    for steps in (GROOM.steps, GROOM.steps[::-1]):
        books = (COMMON, dataclasses.replace(GROOM, steps=steps))
        plan = shown(CALM, playbooks=books, answers=EXTORTED | {"fear": "yes"})
        assert "G2" in plan
        assert not {"G1", "D1"} & set(plan)


def test_of_steps_that_replace_each_other_one_stays() -> None:
    """The linter refuses them; should such a playbook be there all the same, no act is lost."""
    circle = [
        dataclasses.replace(step, replaces=("G2",)) if step.id == "G1" else step for step in GROOM.steps
    ]
    books = (COMMON, dataclasses.replace(GROOM, steps=tuple(circle)))
    plan = shown(CALM, playbooks=books, answers=EXTORTED | {"fear": "yes"})
    assert len({"G1", "G2"} & set(plan)) == 1


def test_a_replacing_step_that_may_not_be_shown_replaces_nothing() -> None:
    """G1 tells somebody outside: from a provisional level it is not there, and neither is D1."""
    provisional = verdict(Level.HIGH, unasked=("self_harm",))
    plan = shown(provisional, playbooks=BOTH, answers=EXTORTED | {"fear": "yes"})
    assert "G2" in plan
    assert not {"G1", "D1"} & set(shown(provisional, playbooks=BOTH, answers=EXTORTED))


@pytest.mark.parametrize("state", [StepState.DONE, StepState.SKIPPED, StepState.WAITING])
def test_what_was_marked_stays_when_it_is_replaced_and_when_its_condition_no_longer_holds(
    state: StepState,
) -> None:
    marked = marks(state=state, D1=None)
    assert shown(CALM, playbooks=BOTH, answers=EXTORTED, marks=marked)["D1"].state is state
    assert shown(verdict(Level.LOW), marks=marked)["D1"].state is state
    assert "D1" not in shown(verdict(Level.LOW))


def test_an_act_that_was_done_is_not_asked_for_again_under_another_name() -> None:
    """G1 was done and its condition is gone: D1 does not come back. Skipped, it does."""
    assert "D1" not in shown(CALM, playbooks=BOTH, marks=marks(G1=None))
    plan = shown(CALM, playbooks=BOTH, marks=marks(state=StepState.SKIPPED, G1=None))
    assert plan["D1"].state is StepState.TODO
    assert plan["G1"].state is StepState.SKIPPED


def test_conditions_see_what_was_done() -> None:
    assert "D2" not in shown(verdict(Level.LOW))
    assert "D2" in shown(verdict(Level.LOW), marks=marks(A1=None))
    assert "D2" not in shown(verdict(Level.LOW), marks=marks(state=StepState.WAITING, A1=None))


def test_a_step_is_due_from_the_report_or_when_it_appeared_if_that_is_later() -> None:
    assert shown(CALM)["A1"].due_at == after(minutes=5)
    late = after(hours=3)
    assert shown(CALM, now=late)["A1"].due_at == late
    assert shown(CALM, now=late, appeared={"A1": TOLD})["A1"].due_at == after(minutes=5)
    assert shown(CALM, now=late, appeared={"A1": after(hours=1)})["A1"].due_at == after(hours=1)


def test_due_is_counted_anew_from_the_same_start_when_level_or_flag_changes_and_back() -> None:
    appeared = {"D1": TOLD}
    now = after(minutes=20)

    def due(*flags: str, level: Level) -> timedelta:
        at = shown(verdict(level, flags=flags), appeared=appeared, now=now)["D1"].due_at
        assert at is not None
        return at - TOLD

    assert due(level=Level.HIGH) == timedelta(hours=4)
    assert due("T1", level=Level.HIGH) == timedelta(minutes=30)
    assert due(level=Level.CRITICAL) == timedelta(minutes=15)
    assert due(level=Level.HIGH) == timedelta(hours=4)


def test_a_table_without_an_entry_for_the_level_gives_no_due_time() -> None:
    assert shown(verdict(Level.MEDIUM))["D1"].due_at is None


def test_each_open_question_is_a_mandatory_step_after_the_opening_ones() -> None:
    unasked = ("danger_now", "self_harm", "extortion_active")
    plan = checklist.plan(situation(verdict(Level.HIGH, unasked=unasked)))
    asks = [one for one in plan if one.factor]
    assert [one.id for one in asks] == ["ASK.danger_now", "ASK.self_harm", "ASK.extortion_active"]
    assert all(one.mandatory and not one.irreversible and one.vi and one.en for one in asks)
    assert {one.due_at for one in asks} == {after(minutes=15)}
    assert plan[0].id == "A1"
    assert [one.id for one in plan].index("ASK.danger_now") < [one.id for one in plan].index("B2")


@pytest.mark.parametrize(("level", "hours"), [(Level.CRITICAL, 0.25), (Level.MEDIUM, 24), (Level.LOW, 24)])
def test_a_question_is_due_in_15_minutes_or_in_a_day(level: Level, hours: float) -> None:
    assert shown(verdict(level, unasked=("fear",)))["ASK.fear"].due_at == after(hours=hours)


def test_answering_ticks_a_question_and_declining_ends_it() -> None:
    """Corrections 14: a declined question is not asked again; one that was marked stays on the list."""
    open_still = verdict(Level.HIGH, unasked=("self_harm",))
    assert "ASK.self_harm" not in shown(open_still, answers=HERE | {"self_harm": "declined"})
    assert "ASK.self_harm" not in shown(CALM)
    assert shown(CALM, marks={"ASK.self_harm": Mark(StepState.DONE, TOLD)})["ASK.self_harm"].state is (
        StepState.DONE
    )


def test_check_ins_stand_by_the_list_of_the_level() -> None:
    assert dues(shown(verdict(Level.HIGH)), "E1") == {"E1.1": 24, "E1.2": 72, "E1.3": 168}
    assert dues(shown(verdict(Level.MEDIUM)), "E1") == {"E1.1": 168, "E1.2": 720}
    assert dues(shown(verdict(Level.LOW)), "E1") == {"E1.1": 336}


def test_a_check_in_that_was_done_keeps_its_number_and_the_others_theirs() -> None:
    for was in (after(hours=24), None):
        plan = shown(CALM, marks=marks(E1_1=was))
        assert dues(plan, "E1") == {"E1.2": 72, "E1.3": 168}
        assert plan["E1.1"].state is StepState.DONE
    assert dues(shown(CALM, marks=marks(E1_2=after(hours=72))), "E1") == {"E1.1": 24, "E1.3": 168}
    assert dues(shown(CALM, marks=marks(E1_1=None, E1_2=None, E1_3=None)), "E1") == {}


CRITICAL = verdict(Level.CRITICAL, "C1")


def test_at_critical_one_hourly_check_is_open_until_the_student_is_safe() -> None:
    assert dues(shown(CRITICAL), "E1") == {"E1.1": 1}
    assert dues(shown(CRITICAL, circumstances={"safe": "no"}), "E1") == {"E1.1": 1}
    assert dues(shown(CRITICAL, marks=marks(after(minutes=50), E1_1=after(hours=1))), "E1") == {"E1.2": 2}
    late = marks(after(hours=4, minutes=30), E1_1=after(hours=1))
    assert dues(shown(CRITICAL, marks=late), "E1") == {"E1.2": 5.5}


def test_an_hourly_check_that_waits_is_the_open_one() -> None:
    plan = shown(CRITICAL, marks=marks(state=StepState.WAITING, E1_1=after(hours=1)))
    assert plan["E1.1"].due_at == after(hours=1)
    assert "E1.2" not in plan


def test_once_safe_the_list_of_critical_counts_from_that_moment_and_goes_on_numbering() -> None:
    safe = {"circumstances": {"safe": "yes"}, "circumstance_at": {"safe": after(hours=3)}}
    done = {
        **marks(after(hours=1), E1_1=after(hours=1)),
        **marks(after(hours=2), E1_2=after(hours=2)),
    }
    plan = shown(CRITICAL, marks=done, now=after(hours=3), **safe)
    assert dues(plan, "E1") == {"E1.3": 27, "E1.4": 51, "E1.5": 171}
    later = done | marks(after(hours=26), E1_3=after(hours=27))
    assert dues(shown(CRITICAL, marks=later, now=after(hours=26), **safe), "E1") == {"E1.4": 51, "E1.5": 171}
    without_due = {key: Mark(mark.state, mark.at) for key, mark in later.items()}
    assert dues(shown(CRITICAL, marks=without_due, now=after(hours=26), **safe), "E1") == {
        "E1.4": 51,
        "E1.5": 171,
    }


def test_a_change_of_level_loses_no_check_in() -> None:
    """Three hourly checks, then HIGH: its whole list is still to come. HIGH, then MEDIUM, the same."""
    hourly = marks(after(hours=1), E1_1=after(hours=1))
    hourly |= marks(after(hours=2), E1_2=after(hours=2))
    hourly |= marks(after(hours=3), E1_3=after(hours=3))
    assert dues(shown(CALM, marks=hourly), "E1") == {"E1.4": 24, "E1.5": 72, "E1.6": 168}
    daily = marks(after(hours=24), E1_1=after(hours=24))
    assert dues(shown(verdict(Level.MEDIUM), marks=daily), "E1") == {"E1.2": 168, "E1.3": 720}


def test_a_check_that_was_late_because_the_case_came_late_counts_once() -> None:
    """Registered four days after it was told: two checks are due at once, one tick takes one of them."""
    now = after(days=4)
    plan = shown(CALM, now=now)
    assert dues(plan, "E1") == {"E1.1": 96, "E1.2": 96, "E1.3": 168}
    ticked = shown(
        CALM, now=now, appeared=dict.fromkeys(("E1.1", "E1.2", "E1.3"), now), marks=marks(now, E1_1=now)
    )
    assert dues(ticked, "E1") == {"E1.2": 96, "E1.3": 168}


def test_check_ins_are_replaced_only_where_the_replacing_ones_have_a_list() -> None:
    """G3 has no list at MEDIUM: E1's stands. What was checked before stays."""
    assert dues(shown(CALM, playbooks=BOTH), "G3") == {"G3.1": 24, "G3.2": 48}
    assert not dues(shown(CALM, playbooks=BOTH), "E1")
    plan = shown(verdict(Level.MEDIUM), playbooks=BOTH, marks=marks(G3_1=after(hours=24)))
    assert dues(plan, "E1") == {"E1.1": 168, "E1.2": 720}
    assert plan["G3.1"].state is StepState.DONE
    kept = shown(CALM, playbooks=BOTH, marks=marks(E1_1=after(hours=24)))
    assert kept["E1.1"].state is StepState.DONE


def test_at_most_five_open_steps_come_first_the_earliest_due_and_mandatory_before_recommended() -> None:
    found = verdict(Level.CRITICAL, "C1", unasked=("self_harm", "fear", "impact"))
    plan = checklist.plan(situation(found, circumstances={"phone_available": "yes"}))
    first = checklist.first_hour(plan)
    assert [one.id for one in first] == ["A1", "ASK.fear", "ASK.self_harm", "ASK.impact", "D1"]
    assert checklist.first_hour(plan, limit=2) == first[:2]
    assert checklist.next_step(plan) == first[0]
    high = checklist.plan(situation(CALM, circumstances={"phone_available": "yes"}))
    assert [one.id for one in checklist.first_hour(high, limit=4)] == ["A1", "B2", "D1", "B1"]
    waiting = checklist.plan(situation(found, marks=marks(state=StepState.WAITING, A1=None)))
    assert "A1" not in {one.id for one in checklist.first_hour(waiting, limit=99)}
    assert checklist.next_step(()) is None


def test_a_step_of_two_playbooks_is_there_once() -> None:
    plan = checklist.plan(
        situation(CALM, kinds=(Kind.GROOM, Kind.NCII), playbooks=(COMMON, GROOM, GROOM, COMMON))
    )
    assert len(plan) == len({one.id for one in plan})
