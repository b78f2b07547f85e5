"""Who is called, and in which order: one call one tick, no report lost, the first five steps the right ones.

The shipped texts under the shipped checklist.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.unit.response import acts
from triage.terms import Kind, Level, StepState


def _situations() -> Iterator[tuple[tuple[Kind, ...], dict[str, str]]]:
    choices = {
        "student_now": ("with_me", "reachable", "not_reached"),
        "whereabouts": ("known_safe", "unknown", "unreachable"),
        "live_control": ("no", "yes"),
        "extortion_active": ("no", "yes"),
        "danger_now": ("no", "yes"),
        "meeting_travel": ("none", "within_24h_or_under_way"),
        "offender": ("unknown_online", "caregiver", "authority_impersonator", "partner", "school_staff"),
        "age_band": ("13_15", "16_17", "18_plus"),
        "guardian_safe": ("yes", "no"),
        "sexual_element": ("no", "yes"),
        "control_signs": ("0", "2+"),
        "loss_recent_24h": ("no", "yes"),
    }
    every = itertools.product(*choices.values())
    # 89 is prime and no list's length: every pair of values is met.
    for values in itertools.islice(every, 0, None, 89):
        answers = acts.ASKED | dict(zip(choices, values, strict=True))
        if answers["offender"] in ("caregiver", "partner"):
            answers |= {"lives_with_offender": "yes", "fear": "yes"}
        if answers["extortion_active"] == "yes":
            answers |= {"intimate_image": "threatened", "loss_recent_24h": "yes"}
        if answers["loss_recent_24h"] == "yes":
            answers |= {"loss_band": "2_10m"}
        for kinds in acts.KINDS:
            yield kinds, answers


def test_no_two_open_steps_are_satisfied_by_the_same_call_and_no_report_is_lost() -> None:
    """Corrections 11: one call, one tick; and whenever a police criterion holds, one step makes that report."""
    for kinds, answers in _situations():
        shown, verdict = acts.shown(kinds, answers, done=frozenset({"X06"}))
        called = acts.called(shown.values())
        assert len(called) == len(set(called)), (kinds, answers, [key for key in shown if key in acts.CALLS])
        if acts.asks_first(verdict):
            continue
        if set(verdict.police) - {"P7"}:
            assert "police" in called, (kinds, answers)
        if verdict.level >= Level.HIGH:
            assert "principal" in called, (kinds, answers)


def test_a_student_under_16_at_risk_is_notified_within_the_hour_at_every_level() -> None:
    """Corrections 10: at once, at the latest 60 minutes, by whichever step makes the call."""
    for kinds, answers in _situations():
        if answers["age_band"] != "13_15" or answers["extortion_active"] == "no":
            continue
        shown, verdict = acts.shown(kinds, answers)
        if acts.asks_first(verdict):
            continue
        calls = [
            acts.minutes(step)
            for key, step in shown.items()
            if {"police", "111"} & acts.CALLS.get(key, set())
        ]
        assert min(calls, default=99) <= 60, (kinds, answers)


def test_critical_sextort_with_the_student_present() -> None:
    """Sit, reassure, say the limits, ask, find out who is safe; then stop the payment and call."""
    answers = acts.ASKED | {
        "extortion_active": "yes",
        "demand": "money",
        "intimate_image": "threatened",
        "deadline": "within_24h",
    }
    shown, verdict = acts.shown((Kind.SEXTORT,), answers)
    assert verdict.level is Level.CRITICAL
    assert acts.first(shown, 8) == ["X01", "Z1", "X03", "Z2", "X06", "Z3", "Z5", "X10"]
    assert acts.minutes(shown["Z3"]) == 5
    assert not {"X02", "X08", "X11", "X12", "X13", "X16", "X21"} & set(shown)
    assert {"Z4", "Z6", "Z9", "Z10.1", "X07", "X17", "X18"} <= set(shown)
    later, _ = acts.shown((Kind.SEXTORT,), answers, done=frozenset({"X06"}))
    assert acts.minutes(later["Z8"]) == 60
    assert "X11" not in later


def test_critical_vkidnap_with_the_student_missing() -> None:
    """113 and the search at once, then the reporter, who is safe to tell, the family."""
    answers = acts.ASKED | {"whereabouts": "unreachable", "student_now": "not_reached", "compliance": "yes",
                       "offender": "authority_impersonator"}  # fmt: skip
    shown, verdict = acts.shown((Kind.VKIDNAP,), answers)
    assert verdict.level is Level.CRITICAL
    assert acts.first(shown, 6) == ["Y3", "Y2", "XA1", "X06", "Y4", "X10"]
    assert not {"X01", "X02", "X03", "X04b", "X08", "X11", "X13", "X17", "XA2", "Y1"} & set(shown)


def test_vkidnap_with_the_student_on_the_call() -> None:
    answers = acts.ASKED | {"live_control": "yes", "offender": "authority_impersonator"}
    shown, _ = acts.shown((Kind.VKIDNAP,), answers)
    assert acts.first(shown) == ["Y1", "Y3", "X01", "X03", "X02"]
    assert "X07" not in shown


def test_ransom_call_while_the_student_sits_in_class() -> None:
    """Corrections 35: look in the classroom first; 113 and the search only when the student is not found."""
    answers = acts.ASKED | {"target": "family", "extortion_active": "yes", "demand": "money", "whereabouts": "unknown",
                       "student_now": "reachable"}  # fmt: skip
    shown, _ = acts.shown((Kind.VKIDNAP,), answers)
    assert acts.first(shown, 2) == ["Y0", "XA1"]
    assert not {"Y2", "Y3", "Y4"} & set(shown)
    searched, _ = acts.shown((Kind.VKIDNAP,), answers, done=frozenset({"Y0"}))
    assert {"Y2", "Y3", "Y4"} <= set(searched)
    found, _ = acts.shown((Kind.VKIDNAP,), answers | {"whereabouts": "known_safe"}, done=frozenset({"Y0"}))
    assert not {"Y2", "Y3", "Y4"} & set(found)
    assert {"Y10b", "X13"} <= set(found)


def test_exam_stress_is_no_matter_for_the_police() -> None:
    """Corrections 5: acute self-harm without an offender calls 115 and no police."""
    shown, _ = acts.shown((Kind.SELFHARM,), acts.ASKED | {"self_harm": "acute", "urged_self_harm": "no"})
    assert acts.first(shown, 2) == ["X04a", "X01"]
    assert not {"X04b", "X13", "X12", "X14"} & set(shown)


@pytest.mark.parametrize("kind", sorted(Kind))
def test_a_case_in_which_nothing_was_asked_tells_nobody(kind: Kind) -> None:
    """Corrections 5: she asks before 113, 115, 111 or the principal; only VKIDNAP calls at once."""
    shown, verdict = acts.shown((kind,), {})
    assert verdict.level is Level.CRITICAL
    told = {key for key, step in shown.items() if step.irreversible}
    assert told == ({"Y3", "Y4"} if kind is Kind.VKIDNAP else set())


def test_a_guardian_is_told_only_after_asking_whether_that_is_safe() -> None:
    """Corrections 7: a question nobody asked does not make a home safe."""
    answers = acts.ASKED | {"extortion_active": "yes", "intimate_image": "threatened"}
    assert not {"X11", "Z8"} & set(acts.shown((Kind.SEXTORT,), answers)[0])
    assert "Z8" in acts.shown((Kind.SEXTORT,), answers, done=frozenset({"X06"}))[0]
    assert not {"X11", "Z8"} & set(
        acts.shown((Kind.SEXTORT,), answers | {"guardian_safe": "no"}, done=frozenset({"X06"}))[0]
    )
    assert (
        "X11" in acts.shown((Kind.GROOM,), acts.ASKED | {"sexual_element": "yes"}, done=frozenset({"X06"}))[0]
    )


def test_nothing_asked_yet_calls_nobody_but_asks() -> None:
    """Corrections 5: from C3 unknown alone only staying and asking is shown."""
    answers = {"student_now": "with_me", "whereabouts": "known_safe", "danger_now": "no"}
    shown, verdict = acts.shown((Kind.SELFHARM,), answers)
    assert verdict.level is Level.CRITICAL
    assert not [key for key, step in shown.items() if step.irreversible]
    assert acts.first(shown, 3) == ["X01", "X03", "X02"]


@pytest.mark.parametrize("who", ["caregiver", "school_staff"])
def test_an_offender_near_the_student_is_not_told(who: str) -> None:
    """Corrections 6, 9: not the home that does harm, not a leader who is involved."""
    answers = acts.ASKED | {
        "offender": who,
        "sexual_element": "yes",
        "guardian_safe": "no" if who == "caregiver" else "yes",
        "lives_with_offender": "yes" if who == "caregiver" else "no",
        "staff_involved": "yes_leader" if who == "school_staff" else "no",
    }
    shown, _verdict = acts.shown((Kind.GROOM,), answers)
    if who == "caregiver":
        assert "X04c" in shown
        assert not {"X11", "X12", "X13"} & set(shown)
    else:
        assert "X10b" in shown
        assert not {"X10", "X26"} & set(shown)


@pytest.mark.parametrize(
    ("kind", "during", "reported", "after"),
    [
        (Kind.SEXTORT, {"danger_now": "yes", "extortion_active": "yes", "intimate_image": "threatened"}, "X04b",
         {"danger_now": "no"}),
        (Kind.VKIDNAP, {"whereabouts": "unreachable", "student_now": "not_reached", "compliance": "yes",
                        "offender": "authority_impersonator"}, "Y3",
         {"whereabouts": "known_safe", "student_now": "with_me"}),
        (Kind.GROOM, {"offender": "caregiver", "lives_with_offender": "yes", "fear": "yes", "sexual_element": "yes"},
         "X04c",
         {"lives_with_offender": "no", "fear": "no"}),
        (Kind.GROOM, {"whereabouts": "unreachable", "student_now": "not_reached", "sexual_element": "yes"}, "XA2",
         {"whereabouts": "known_safe", "student_now": "with_me"}),
    ],
)  # fmt: skip
def test_what_was_reported_is_not_reported_again_when_the_danger_has_passed(
    kind: Kind, during: dict[str, str], reported: str, after: dict[str, str]
) -> None:
    """The call stays on the list as done, the written report follows, no second call appears."""
    before, _ = acts.shown((kind,), acts.ASKED | during, {"threat_here": "yes"})
    assert reported in before
    assert not {"X13", "Z5", "X14"} & set(before)
    later, _ = acts.shown((kind,), acts.ASKED | during | after, {"threat_here": "no"}, frozenset({reported}))
    assert later[reported].state is StepState.DONE
    assert not {"X13", "Z5"} & set(later)
    assert "X14" in later
    assert "X12" not in later or "111" not in acts.CALLS[reported]


def test_the_written_report_follows_the_call_of_sextort() -> None:
    answers = acts.ASKED | {"extortion_active": "yes", "intimate_image": "threatened"}
    assert "X14" not in acts.shown((Kind.SEXTORT,), answers)[0]
    assert "X14" in acts.shown((Kind.SEXTORT,), answers, done=frozenset({"Z5"}))[0]


def test_sextort_at_high_calls_within_the_hour() -> None:
    """Corrections 10: a due time of four hours would be written proof of lateness."""
    shown, verdict = acts.shown((Kind.SEXTORT,), acts.ASKED | {"age_band": "13_15"})
    assert verdict.level is Level.HIGH
    assert acts.minutes(shown["Z5"]) == 60


def test_a_grown_student_decides_about_the_family() -> None:
    """Corrections 7."""
    shown, _ = acts.shown(
        (Kind.SEXTORT,),
        acts.ASKED | {"age_band": "18_plus", "extortion_active": "yes", "intimate_image": "threatened"},
        done=frozenset({"X06"}),
    )
    assert "X11b" in shown
    assert not {"X11", "Z8", "X12", "X12b"} & set(shown)


@pytest.mark.parametrize("where", ["unreachable", "unknown"])
def test_for_a_student_who_is_away_113_stands_before_115(where: str) -> None:
    """Nobody can stay with a student who is not there; 113 also hears that an ambulance is needed."""
    away = acts.ASKED | {"danger_now": "yes", "student_now": "not_reached", "whereabouts": where}
    for kind, call in ((Kind.UNSURE, "XA2"), (Kind.VKIDNAP, "Y3"), (Kind.GROOM, "XA2")):
        shown, _ = acts.shown((kind,), away)
        order = [one.id for one in sorted(shown.values(), key=lambda one: (one.phase, one.order))]
        assert acts.first(shown, 1) == [call]
        assert order.index(call) < order.index("X04d")
        assert "X04a" not in shown
    here, _ = acts.shown((Kind.UNSURE,), away | {"student_now": "with_me", "whereabouts": "known_safe"})
    assert acts.first(here, 2) == ["X04a", "X04b"]
    assert "X04d" not in here
