"""The decision table's data: whole, well formed, and about things that exist."""

from __future__ import annotations

import copy
import unicodedata
from typing import Any

import pytest

from triage import errors, schema
from triage.response import expression, rules
from triage.terms import Kind, Level

TABLE = rules.load()
ROWS = (*TABLE.rules, *TABLE.aggravators, *TABLE.flags, *TABLE.police)

# Playbooks 2.3, row by row.
_ORDER = (
    "danger_now control_signs whereabouts fear self_harm loss_band live_control loss_recent_24h "
    "offender debt_or_loanshark lives_with_offender meets_offender_today bank_sim_face_given "
    "sexual_element password_or_id_given intimate_image compliance extortion_active contact_ongoing "
    "deadline account_lost_or_impersonated meeting_travel data_exposed offline_sexual_contact "
    "urged_self_harm violence_threat challenge means_or_plan spread impact repeated age_band "
    "vulnerable victims repeat_case student_now fear_home guardian_safe demand exploitation_for_gain "
    "staff_involved target disappearing_content "
)
FACTORS = _ORDER.split()

YES_NO = ("no", "unknown", "yes")
VALUES = {
    "control_signs": "0 unknown 1 2+",
    "whereabouts": "known_safe unknown unreachable isolated_by_order",
    "self_harm": "none nssi passive unknown method_no_intent acute",
    "loss_band": "none under_2m unknown 2_10m over_10m",
    "live_control": "no minor unknown yes",
    "offender": "unknown_online peer adult partner caregiver school_staff authority_impersonator",
    "intimate_image": "none consensual_peer_unshared unknown held_by_other threatened shared ai_fake",
    "deadline": "none over_24h unknown within_24h",
    "meeting_travel": "none proposed_no_date over_72h unknown 24_72h within_24h_or_under_way",
    "data_exposed": "none contact_or_class unknown home_address",
    "offline_sexual_contact": "no unknown over_72h within_72h",
    "violence_threat": "none unknown vague_transient specific_target",
    "challenge": "none saw unknown interested took_part",
    "spread": "none unknown small_group school_or_public",
    "impact": "none upset unknown severe",
    "age_band": "18_plus 16_17 13_15 under_13",
    "victims": "one several",
    "repeat_case": "no yes",
    "student_now": "with_me reachable unknown not_reached",
    "guardian_safe": "yes unknown no",
    "demand": "none unknown other money meeting images",
    "staff_involved": "no unknown yes_other yes_leader",
    "target": "student family",
}


def test_the_factors_are_those_of_the_table_in_its_order() -> None:
    assert list(TABLE.factors) == FACTORS


@pytest.mark.parametrize("key", FACTORS)
def test_a_factor_has_the_values_of_the_table_the_safest_first(key: str) -> None:
    assert TABLE.factors[key].values == (tuple(VALUES[key].split()) if key in VALUES else YES_NO)


def test_left_out_is_the_first_value_but_for_age_and_offender() -> None:
    odd = {key: TABLE.default(key) for key in FACTORS if TABLE.default(key) != TABLE.factors[key].safest}
    assert odd == {"age_band": "13_15"}
    assert TABLE.default("offender") == "unknown_online"


def test_the_rows_are_those_of_the_table_in_its_order() -> None:
    def numbered(letter: str, start: int, end: int) -> list[str]:
        return [f"{letter}{number}" for number in range(start, end + 1)]

    m_rules = [*numbered("M", 1, 9), "M11", "M10"]
    assert [row.id for row in TABLE.rules] == [*numbered("C", 1, 12), *numbered("H", 1, 18), *m_rules]
    assert [row.id for row in TABLE.aggravators] == numbered("A", 1, 4)
    assert [row.id for row in TABLE.flags] == numbered("T", 0, 5)
    assert [row.id for row in TABLE.police] == numbered("P", 1, 10)
    assert [row.id for row in TABLE.police if row.consult] == ["P7"]


def test_a_rule_gives_the_level_of_its_letter() -> None:
    letters = {"C": Level.CRITICAL, "H": Level.HIGH, "M": Level.MEDIUM}
    assert all(row.level is letters[row.id[0]] for row in TABLE.rules)


def test_the_data_fits_its_schema() -> None:
    schema.check(TABLE.document, "rules-v1")


@pytest.mark.parametrize("place", ["", "rule", "factor", "police", "must_ask", "words"])
def test_what_the_schema_does_not_know_is_refused(place: str) -> None:
    document: dict[str, Any] = copy.deepcopy(dict(TABLE.document))
    inside = document[place] if place else document
    (inside[0] if isinstance(inside, list) else inside)["score"] = 17
    with pytest.raises(errors.UsageError):
        schema.check(document, "rules-v1")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_condition_names_only_what_exists(row: rules.Rule) -> None:
    known = {key: {*factor.values, "declined"} for key, factor in TABLE.factors.items()}
    assert all(value in known[name] for name, value in row.when.pairs())
    ids = {
        "kind": {kind.value for kind in Kind},
        "rule": {one.id for one in TABLE.rules},
        "flag": {one.id for one in TABLE.flags},
        "aged": set(TABLE.factors["age_band"].values),
    }
    for name, arguments in row.when.calls():
        assert set(arguments) <= ids[name]


def test_only_police_criteria_read_rules_and_flags() -> None:
    reading = {row.id[0] for row in ROWS if {"rule", "flag"} & {name for name, _ in row.when.calls()}}
    assert reading == {"P"}


def test_only_the_row_of_open_questions_reads_declined() -> None:
    assert [row.id for row in ROWS if "declined" in {value for _, value in row.when.pairs()}] == ["M10"]


@pytest.mark.parametrize("key", FACTORS)
def test_a_factor_is_asked_and_answered_in_both_languages(key: str) -> None:
    factor = TABLE.factors[key]
    said = [*factor.values_vi.values(), *factor.values_en.values(), factor.name_vi, factor.name_en]
    assert all(said)
    assert set(factor.values_vi) == set(factor.values_en) == {*factor.values, "declined"}
    assert factor.question_vi.rstrip().endswith(("?", ".", ")"))
    assert factor.question_vi != factor.question_en
    distinct = list(factor.values_vi.values())
    assert len(set(distinct)) == len(distinct)


def test_vietnamese_is_composed_and_never_says_victim() -> None:
    said = [
        text
        for factor in TABLE.factors.values()
        for text in (factor.question_vi, factor.name_vi, factor.help_vi)
    ]
    said += [label for factor in TABLE.factors.values() for label in factor.values_vi.values()]
    said += [row.why_vi for row in ROWS]
    for text in said:
        assert unicodedata.is_normalized("NFC", text)
        assert "nạn nhân" not in text.casefold()
        assert not any(old in text for old in ("doạ", "xoá", "khoá", "hoà "))


def test_a_reason_starts_as_a_sentence_for_a_parent_does() -> None:
    for row in (*TABLE.rules, *TABLE.aggravators):
        assert row.why_vi.startswith("vì ")
        assert row.why_en.startswith("because ")


def test_a_broken_condition_is_refused_when_the_table_is_read() -> None:
    document = copy.deepcopy(dict(TABLE.document))
    document["rule"][0]["when"] = "danger_now == yes"
    with pytest.raises(errors.UsageError) as caught:
        rules.read(document)
    assert caught.value.code == "bad-expression"


def test_every_word_about_a_floor_or_a_must_ask_list_names_a_kind() -> None:
    assert set(TABLE.floors) <= set(Kind)
    assert set(TABLE.document["must_ask"]["kind"]) == set(Kind) - {Kind.UNSURE}


@pytest.mark.parametrize(
    ("kinds", "answers", "asked"),
    [
        ([], {}, "danger_now whereabouts self_harm student_now"),
        ([Kind.UNSURE], {}, "danger_now whereabouts self_harm student_now"),
        ([], {"offender": "caregiver"}, "danger_now whereabouts self_harm lives_with_offender student_now"),
        (
            [Kind.SEXTORT],
            {},
            "danger_now whereabouts self_harm loss_recent_24h extortion_active deadline impact student_now",
        ),
        (
            [Kind.VKIDNAP],
            {},
            "danger_now whereabouts self_harm live_control loss_recent_24h intimate_image compliance "
            "meeting_travel student_now",
        ),
        (
            [Kind.SCAM, Kind.NCII],
            {},
            "danger_now whereabouts self_harm loss_band loss_recent_24h extortion_active spread impact student_now",
        ),
        ([Kind.GROOM], {}, "danger_now whereabouts self_harm sexual_element meeting_travel student_now"),
        ([Kind.CONTROL], {}, "danger_now whereabouts fear self_harm lives_with_offender student_now"),
        ([Kind.BULLY], {}, "danger_now whereabouts self_harm violence_threat student_now"),
        ([Kind.VIOLENCE], {}, "danger_now whereabouts self_harm violence_threat means_or_plan student_now"),
        ([Kind.DOXATO], {}, "danger_now whereabouts self_harm extortion_active data_exposed student_now"),
        ([Kind.SELFHARM], {}, "danger_now whereabouts self_harm urged_self_harm student_now"),
        ([Kind.RECRUIT], {}, "danger_now whereabouts self_harm meeting_travel student_now"),
    ],
)
def test_the_must_ask_questions_are_those_of_the_list(
    kinds: list[Kind], answers: dict[str, str], asked: str
) -> None:
    assert TABLE.must_ask(kinds, answers) == tuple(asked.split())


def test_the_table_is_read_once() -> None:
    assert rules.load() is TABLE


def test_a_condition_of_the_data_reads_back_as_itself() -> None:
    assert all(expression.parse(row.when.text) is row.when for row in ROWS)
