"""The level around its rules: floors, aggravators, open questions, reasons, what would lower it.

A case is the kinds in capitals, then answers. Left out: 13 to 15 years old, a stranger online, with me.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from triage import errors, schema
from triage.response import level
from triage.terms import Kind, Level


def parts(case: str) -> tuple[list[Kind], dict[str, str]]:
    words = case.split()
    kinds = [Kind(word) for word in words if "=" not in word]
    return kinds, dict(word.split("=") for word in words if "=" in word)


def judged(case: str) -> level.Verdict:
    return level.evaluate(*parts(case))


def in_case(case: str) -> level.Verdict:
    return level.for_case(*parts(case))


def ids(verdict: level.Verdict) -> list[str]:
    return [fired.id for fired in verdict.rules]


@pytest.mark.parametrize(
    ("case", "floor", "found"),
    [
        ("SEXTORT", Level.HIGH, Level.HIGH),
        ("NCII", Level.MEDIUM, Level.MEDIUM),
        ("SELFHARM", Level.MEDIUM, Level.MEDIUM),
        ("VIOLENCE", Level.MEDIUM, Level.MEDIUM),
        ("BULLY", None, Level.LOW),
        ("NCII SEXTORT", Level.HIGH, Level.HIGH),
        ("SEXTORT danger_now=yes", Level.HIGH, Level.CRITICAL),
    ],
)
def test_a_kind_never_falls_below_its_floor(case: str, floor: Level | None, found: Level) -> None:
    assert (judged(case).floor, judged(case).level) == (floor, found)


@pytest.mark.parametrize(
    ("holding", "not_holding", "aggravator"),
    [
        ("BULLY age_band=under_13", "BULLY age_band=under_13 offender=peer", "A1"),
        ("BULLY age_band=under_13 offender=partner", "BULLY age_band=13_15", "A1"),
        ("BULLY vulnerable=yes", "BULLY vulnerable=unknown", "A2"),
        ("BULLY victims=several", "BULLY victims=one", "A3"),
        ("BULLY spread=school_or_public repeated=yes", "BULLY spread=school_or_public", "A3"),
        ("BULLY spread=school_or_public repeated=yes", "BULLY spread=small_group repeated=yes", "A3"),
        ("BULLY repeat_case=yes", "BULLY repeat_case=no", "A4"),
    ],
)
def test_an_aggravator_holds_on_its_side_only(holding: str, not_holding: str, aggravator: str) -> None:
    assert aggravator in judged(holding).aggravators
    assert aggravator not in judged(not_holding).aggravators


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ("BULLY vulnerable=yes", Level.MEDIUM),
        ("BULLY vulnerable=yes repeat_case=yes victims=several", Level.MEDIUM),
        ("BULLY repeated=yes vulnerable=yes", Level.HIGH),
        ("NCII vulnerable=yes", Level.HIGH),
        ("SEXTORT vulnerable=yes repeat_case=yes", Level.HIGH),
        ("BULLY impact=severe vulnerable=yes", Level.HIGH),
        ("BULLY spread=school_or_public", Level.MEDIUM),
        ("BULLY danger_now=unknown vulnerable=yes", Level.HIGH),
    ],
)
def test_aggravators_raise_one_step_in_all_and_never_to_critical(case: str, found: Level) -> None:
    assert judged(case).level is found


def test_a_case_is_provisional_while_a_must_ask_question_is_open() -> None:
    verdict = in_case("BULLY danger_now=no self_harm=declined student_now=with_me violence_threat=none")
    assert verdict.unknown_must_ask == ("whereabouts", "self_harm")
    assert verdict.provisional
    assert ids(verdict) == ["M10"]
    asked = in_case(
        "BULLY danger_now=no self_harm=none student_now=with_me violence_threat=none whereabouts=known_safe"
    )
    assert (asked.level, asked.provisional) == (Level.LOW, False)


def test_an_age_left_out_is_13_to_15_and_not_open_a_declined_one_is_open() -> None:
    assert "age_band" not in in_case("UNSURE").unknown_must_ask
    assert judged("SEXTORT extortion_active=yes intimate_image=shared demand=images").level is Level.CRITICAL
    declined = judged("SEXTORT extortion_active=yes intimate_image=shared demand=images age_band=declined")
    assert (declined.level, declined.unknown_must_ask) == (Level.CRITICAL, ("age_band",))


def test_an_unasked_caregiver_case_counts_as_living_together() -> None:
    """Corrections 9: the stepfather who filmed, and nobody asked where she lives."""
    assert "C11" in ids(in_case("NCII offender=caregiver intimate_image=held_by_other age_band=under_13"))


def test_an_unanswered_case_of_any_kind_does_not_know_where_the_student_is() -> None:
    assert all("C2" in ids(in_case(kind)) for kind in Kind)


def test_because_holds_the_answers_that_made_a_rule_fire() -> None:
    verdict = judged(
        "SEXTORT BULLY extortion_active=yes intimate_image=shared deadline=within_24h impact=severe"
    )
    because = {fired.id: fired.because for fired in verdict.rules}
    assert because["C5"] == {
        "extortion_active": "yes",
        "intimate_image": "shared",
        "deadline": "within_24h",
        "impact": "severe",
    }
    assert because["H3"] == {"extortion_active": "yes"}


def test_because_names_what_counted_and_m10_what_was_said() -> None:
    because = {fired.id: fired.because for fired in judged("SELFHARM self_harm=declined").rules}
    assert because == {"C3": {"self_harm": "unknown"}, "M10": {"self_harm": "declined"}}


def test_rules_of_several_kinds_stand_once_in_table_order() -> None:
    verdict = judged("VKIDNAP SCAM GROOM contact_ongoing=yes extortion_active=yes whereabouts=unreachable")
    assert ids(verdict) == ["C2", "H3", "M3", "M11"]


@pytest.mark.parametrize(
    ("case", "lower"),
    [
        ("SEXTORT extortion_active=yes intimate_image=none deadline=within_24h", None),
        ("BULLY danger_now=yes", ("LOW", {"danger_now": "no"})),
        ("BULLY impact=severe repeated=yes", ("MEDIUM", {"impact": "none"})),
        ("NCII extortion_active=yes", ("MEDIUM", {"extortion_active": "no"})),
        ("GROOM sexual_element=yes", ("MEDIUM", {"offender": "peer"})),
        ("BULLY vulnerable=yes", None),
        ("BULLY repeated=yes vulnerable=yes", ("MEDIUM", {"repeated": "no"})),
        ("BULLY", None),
        ("BULLY age_band=under_13", ("LOW", {"offender": "peer"})),
        (
            "BULLY danger_now=yes whereabouts=unreachable",
            ("LOW", {"danger_now": "no", "whereabouts": "known_safe"}),
        ),
        (
            "SEXTORT extortion_active=yes intimate_image=threatened deadline=within_24h",
            ("HIGH", {"intimate_image": "none"}),
        ),
        ("NCII SELFHARM self_harm=unknown", ("MEDIUM", {"self_harm": "none"})),
    ],
)
def test_what_would_lower_is_the_fewest_changes_the_first_of_equals(
    case: str, lower: tuple[str, dict[str, str]] | None
) -> None:
    found = judged(case).as_json()["would_lower"]
    assert found == (lower and {"level": lower[0], "change": lower[1]})


def test_the_document_has_exactly_its_members() -> None:
    document = judged(
        "SEXTORT extortion_active=yes demand=money self_harm=unknown age_band=under_13"
    ).as_json()
    assert document == {
        "level": "CRITICAL",
        "provisional": True,
        "rules": [
            {"id": "C3", "level": "CRITICAL", "because": {"self_harm": "unknown"}},
            {"id": "H3", "level": "HIGH", "because": {"extortion_active": "yes"}},
            {"id": "M11", "level": "MEDIUM", "because": {"extortion_active": "yes"}},
            {"id": "M10", "level": "MEDIUM", "because": {"self_harm": "unknown"}},
        ],
        "time_flags": ["T0"],
        "floor": "HIGH",
        "aggravators": ["A1"],
        "police": ["P1", "P4"],
        "unknown_must_ask": ["self_harm"],
        "would_lower": {"level": "HIGH", "change": {"self_harm": "none"}},
    }


def test_answers_are_read_in_any_case_and_kept_in_the_tables_spelling() -> None:
    read = level.check_answers({"age_band": "13_15", "self_harm": " Declined ", "extortion_active": "YES"})
    assert read == {"age_band": "13_15", "self_harm": "declined", "extortion_active": "yes"}


@pytest.mark.parametrize(
    ("answers", "code", "named"),
    [
        ({"risk": "high"}, "unknown-factor", "danger_now"),
        ({"deadline": "soon"}, "unknown-value", "none, over_24h, unknown, within_24h, declined"),
        ({"offender": "declined"}, "unknown-value", "unknown_online, peer"),
        ({"danger_now": True}, "unknown-value", "no, unknown, yes"),
        ({"danger_now": None}, "unknown-value", "no, unknown, yes"),
    ],
)
def test_what_the_table_does_not_know_is_named_with_what_it_does(
    answers: dict[str, object], code: str, named: str
) -> None:
    with pytest.raises(errors.UsageError) as caught:
        level.check_answers(answers)
    assert caught.value.code == code
    assert named in str(caught.value.values["allowed"])


def test_wrong_answers_never_reach_the_table() -> None:
    with pytest.raises(errors.UsageError):
        level.evaluate([Kind.SCAM], {"danger_now": "maybe"})
    with pytest.raises(errors.UsageError):
        level.for_case([Kind.SCAM], {"danger": "yes"})


def test_importing_the_level_loads_neither_jsonschema_nor_the_database() -> None:
    code = (
        "import sys; from triage.response import level; level.rules.load();"
        "print([name for name in ('jsonschema', 'sqlmodel', 'textual', 'typst', 'babel') if name in sys.modules])"
    )
    folder = schema.path("rules-v1").parents[1]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert ran.stdout.strip() == "[]"
