"""Time flags and police criteria, both sides of each: answers written by hand from playbooks 2.7 and 2.11.

A case is the kinds in capitals, then answers. Left out: 13 to 15 years old, a stranger online, with me.
"""

from __future__ import annotations

import pytest

from triage.response import level
from triage.terms import Kind, Level


def judged(case: str) -> level.Verdict:
    words = case.split()
    kinds = [Kind(word) for word in words if "=" not in word]
    return level.evaluate(kinds, dict(word.split("=") for word in words if "=" in word))


FLAGS = {
    "T0": (
        [
            "SEXTORT extortion_active=yes demand=money",
            "UNSURE extortion_active=yes demand=money loss_recent_24h=unknown",
        ],
        [
            "SEXTORT extortion_active=yes demand=money loss_recent_24h=yes",
            "SEXTORT extortion_active=yes demand=images",
            "SEXTORT extortion_active=unknown demand=money",
        ],
    ),
    "T1": (
        [
            "SCAM loss_recent_24h=yes",
            "SCAM loss_recent_24h=unknown loss_band=under_2m",
            "SCAM loss_recent_24h=unknown loss_band=unknown",
        ],
        ["SCAM loss_recent_24h=unknown loss_band=none", "SCAM loss_band=over_10m"],
    ),
    "T2": (["UNSURE disappearing_content=yes"], ["UNSURE disappearing_content=unknown"]),
    "T3": (
        [
            "NCII spread=school_or_public intimate_image=shared",
            "NCII spread=school_or_public intimate_image=ai_fake",
            "BULLY spread=school_or_public",
            "SCAM DOXATO spread=school_or_public",
        ],
        [
            "NCII spread=small_group intimate_image=shared",
            "NCII spread=school_or_public intimate_image=threatened",
            "GROOM spread=school_or_public",
            "BULLY spread=small_group",
        ],
    ),
    "T4": (["DOXATO account_lost_or_impersonated=yes"], ["DOXATO account_lost_or_impersonated=unknown"]),
    "T5": (["RECRUIT bank_sim_face_given=yes"], ["RECRUIT bank_sim_face_given=unknown"]),
}

C_RULES = (
    "UNSURE danger_now=yes",
    "VKIDNAP live_control=yes",
    "SEXTORT extortion_active=yes intimate_image=shared deadline=within_24h",
    "VIOLENCE violence_threat=specific_target means_or_plan=yes",
    "UNSURE meeting_travel=within_24h_or_under_way",
    "UNSURE offline_sexual_contact=within_72h",
    "UNSURE lives_with_offender=yes fear=yes",
    "BULLY urged_self_harm=yes self_harm=nssi",
    "UNSURE offender=caregiver lives_with_offender=unknown intimate_image=shared",
    "UNSURE exploitation_for_gain=yes meeting_travel=24_72h age_band=16_17",
)
OFFENDING = (
    "urged_self_harm=yes",
    "extortion_active=yes",
    "live_control=minor",
    "live_control=yes",
    "control_signs=1",
    "control_signs=2+",
    "sexual_element=yes",
    "intimate_image=consensual_peer_unshared",
    "violence_threat=vague_transient",
    "violence_threat=specific_target",
)
OPEN = (
    "urged_self_harm=unknown",
    "extortion_active=unknown",
    "live_control=unknown",
    "control_signs=unknown",
    "sexual_element=unknown",
    "intimate_image=unknown",
    "violence_threat=unknown",
)

POLICE = {
    "P1": (
        [
            *C_RULES,
            *(f"UNSURE self_harm=acute {sign}" for sign in (*OFFENDING, *OPEN)),
            *(f"SELFHARM self_harm=unknown {sign}" for sign in OFFENDING),
            "BULLY whereabouts=unknown student_now=reachable",
            "UNSURE whereabouts=unreachable",
            "BULLY whereabouts=unknown student_now=not_reached",
            "UNSURE self_harm=acute offline_sexual_contact=within_72h",
        ],
        [
            "UNSURE self_harm=acute",
            "SELFHARM self_harm=unknown",
            *(f"SELFHARM self_harm=unknown {sign}" for sign in OPEN),
            "VKIDNAP whereabouts=unknown",
            "UNSURE whereabouts=unknown student_now=unknown",
            "GROOM sexual_element=yes",
        ],
    ),
    "P2": (
        [
            "GROOM sexual_element=yes offender=adult",
            *(
                f"UNSURE offline_sexual_contact=over_72h age_band=16_17 offender={who}"
                for who in ("adult", "caregiver", "school_staff", "authority_impersonator", "unknown_online")
            ),
            "UNSURE offline_sexual_contact=within_72h",
        ],
        [
            "UNSURE offline_sexual_contact=over_72h age_band=18_plus",
            "UNSURE offline_sexual_contact=over_72h offender=peer",
            "UNSURE offline_sexual_contact=over_72h offender=partner",
            "UNSURE offline_sexual_contact=unknown",
        ],
    ),
    "P3": (
        [f"NCII intimate_image={image}" for image in ("held_by_other", "threatened", "shared", "ai_fake")],
        [
            "NCII intimate_image=shared age_band=18_plus",
            "NCII intimate_image=unknown",
            "NCII intimate_image=consensual_peer_unshared",
        ],
    ),
    "P4": (
        [
            "UNSURE extortion_active=yes",
            "BULLY violence_threat=specific_target",
            "DOXATO data_exposed=home_address contact_ongoing=yes",
            "SCAM debt_or_loanshark=yes fear=yes",
        ],
        [
            "UNSURE extortion_active=unknown",
            "BULLY violence_threat=vague_transient",
            "DOXATO data_exposed=home_address",
            "SCAM debt_or_loanshark=yes",
        ],
    ),
    "P5": (
        ["VKIDNAP compliance=yes offender=authority_impersonator"],
        ["VKIDNAP compliance=yes", "VKIDNAP compliance=unknown offender=authority_impersonator"],
    ),
    "P6": (
        [
            "SCAM loss_band=2_10m",
            "SCAM loss_band=over_10m",
            "SCAM loss_recent_24h=yes",
            "SCAM loss_band=under_2m loss_recent_24h=unknown",
            "SCAM bank_sim_face_given=yes",
        ],
        [
            "SCAM loss_band=under_2m",
            "SCAM loss_band=unknown",
            "SCAM loss_band=unknown loss_recent_24h=unknown",
        ],
    ),
    "P7": (
        [
            f"BULLY impact=severe {what}"
            for what in ("repeated=yes", "spread=school_or_public", "data_exposed=home_address")
        ],
        [
            "BULLY impact=severe spread=small_group data_exposed=contact_or_class",
            "BULLY impact=upset repeated=yes",
        ],
    ),
    "P8": (
        [
            "RECRUIT compliance=yes",
            "RECRUIT meeting_travel=proposed_no_date",
            "SCAM bank_sim_face_given=yes",
            "GROOM exploitation_for_gain=yes",
        ],
        [
            "RECRUIT meeting_travel=unknown",
            "RECRUIT meeting_travel=none",
            "VKIDNAP compliance=yes",
            "GROOM exploitation_for_gain=yes age_band=18_plus",
        ],
    ),
    "P9": (
        [
            "DOXATO account_lost_or_impersonated=yes loss_band=under_2m",
            "DOXATO account_lost_or_impersonated=yes extortion_active=yes",
            "DOXATO account_lost_or_impersonated=yes password_or_id_given=yes",
        ],
        [
            "DOXATO account_lost_or_impersonated=yes loss_band=unknown",
            "DOXATO account_lost_or_impersonated=yes loss_band=none",
            "DOXATO extortion_active=yes loss_band=under_2m",
        ],
    ),
    "P10": (["BULLY urged_self_harm=yes"], ["BULLY urged_self_harm=unknown"]),
}


@pytest.mark.parametrize("flag", FLAGS)
def test_a_time_flag_holds_on_its_side_only(flag: str) -> None:
    holding, not_holding = FLAGS[flag]
    assert all(flag in judged(case).time_flags for case in holding)
    assert all(flag not in judged(case).time_flags for case in not_holding)


@pytest.mark.parametrize("criterion", POLICE)
def test_a_police_criterion_holds_on_its_side_only(criterion: str) -> None:
    holding, not_holding = POLICE[criterion]
    assert [case for case in holding if criterion not in judged(case).police] == []
    assert [case for case in not_holding if criterion in judged(case).police] == []


def test_a_case_in_which_nothing_was_answered_gives_the_police_nothing() -> None:
    """Unknown alone never makes a P, whatever the kind."""
    assert {kind: level.for_case([kind], {}).police for kind in Kind} == dict.fromkeys(Kind, ())


def test_6_million_sent_40_minutes_ago_is_medium_with_the_15_minute_clock() -> None:
    verdict = judged("SCAM loss_band=2_10m loss_recent_24h=yes")
    assert (verdict.level, verdict.time_flags) == (Level.MEDIUM, ("T1",))
