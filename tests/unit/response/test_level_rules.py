"""Every rule, both sides of each boundary: answers written by hand from the words of playbooks 2.4.

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


ADULTS = ("adult", "caregiver", "school_staff", "authority_impersonator", "unknown_online")
BLACKMAIL = "extortion_active=yes intimate_image=held_by_other"
HOME = "lives_with_offender=yes"
CAREGIVER = "offender=caregiver lives_with_offender=yes"
IMAGES = ("held_by_other", "threatened", "shared", "ai_fake")

FIRES: dict[str, list[str]] = {
    "C1": ["UNSURE danger_now=yes", "BULLY danger_now=yes age_band=18_plus"],
    "C2": [
        "UNSURE whereabouts=unreachable",
        "SCAM whereabouts=isolated_by_order",
        "VKIDNAP whereabouts=unknown",
        "RECRUIT whereabouts=unknown student_now=with_me",
        "GROOM whereabouts=unknown student_now=not_reached",
        "UNSURE whereabouts=unknown student_now=reachable",
        "BULLY whereabouts=unknown student_now=unknown",
        "BULLY VKIDNAP whereabouts=unknown",
    ],
    "C3": [
        "UNSURE self_harm=acute",
        "SELFHARM self_harm=unknown",
        "SEXTORT self_harm=unknown",
        "NCII self_harm=unknown extortion_active=yes intimate_image=threatened",
        "NCII self_harm=unknown extortion_active=yes intimate_image=unknown",
        "SELFHARM self_harm=declined",
    ],
    "C4": [
        "SCAM live_control=yes offender=authority_impersonator",
        "UNSURE live_control=yes offender=authority_impersonator",
        *(
            f"{kind} live_control=yes"
            for kind in ("VKIDNAP", "SEXTORT", "SELFHARM", "GROOM", "CONTROL", "RECRUIT")
        ),
    ],
    "C5": [
        f"SEXTORT {BLACKMAIL} self_harm=passive",
        f"SEXTORT {BLACKMAIL} self_harm=method_no_intent",
        f"NCII {BLACKMAIL} deadline=within_24h",
        f"UNSURE {BLACKMAIL} age_band=under_13",
        f"SEXTORT {BLACKMAIL} impact=severe",
        f"SEXTORT {BLACKMAIL} age_band=13_15 demand=images",
        f"SEXTORT {BLACKMAIL} demand=meeting",
        "SEXTORT extortion_active=yes intimate_image=unknown deadline=within_24h",
        "SEXTORT extortion_active=yes intimate_image=consensual_peer_unshared deadline=within_24h",
    ],
    "C6": [
        "VIOLENCE violence_threat=specific_target means_or_plan=yes",
        "VIOLENCE violence_threat=specific_target means_or_plan=unknown deadline=within_24h",
    ],
    "C7": [
        "UNSURE meeting_travel=within_24h_or_under_way age_band=18_plus",
        "RECRUIT meeting_travel=24_72h age_band=18_plus",
        "GROOM meeting_travel=24_72h age_band=16_17",
        "VKIDNAP meeting_travel=24_72h",
    ],
    "C8": ["UNSURE offline_sexual_contact=within_72h age_band=18_plus"],
    "C9": [
        f"UNSURE {HOME} sexual_element=yes",
        f"UNSURE {HOME} offline_sexual_contact=over_72h",
        f"UNSURE {HOME} offline_sexual_contact=within_72h",
        f"UNSURE {HOME} intimate_image=consensual_peer_unshared",
        f"UNSURE {HOME} intimate_image=ai_fake",
        f"UNSURE {HOME} violence_threat=specific_target",
        f"UNSURE {HOME} fear=yes",
        f"UNSURE {HOME} urged_self_harm=yes",
    ],
    "C10": [
        "SELFHARM urged_self_harm=yes self_harm=nssi",
        "BULLY urged_self_harm=yes self_harm=unknown",
        "BULLY urged_self_harm=yes self_harm=passive",
    ],
    "C11": [
        f"NCII {CAREGIVER} intimate_image=held_by_other",
        f"NCII {CAREGIVER} intimate_image=unknown age_band=under_13",
        "UNSURE offender=caregiver lives_with_offender=unknown sexual_element=yes",
        "UNSURE offender=caregiver lives_with_offender=declined offline_sexual_contact=over_72h",
        f"UNSURE {CAREGIVER} offline_sexual_contact=within_72h",
    ],
    "C12": [
        "GROOM exploitation_for_gain=yes meeting_travel=24_72h",
        "UNSURE exploitation_for_gain=yes meeting_travel=within_24h_or_under_way age_band=16_17",
    ],
    "H1": [
        *(f"GROOM sexual_element=yes offender={who}" for who in ADULTS),
        "GROOM sexual_element=yes age_band=16_17",
    ],
    "H2": [f"NCII intimate_image={image}" for image in ("unknown", *IMAGES)],
    "H3": ["UNSURE extortion_active=yes"],
    "H4": [
        "CONTROL control_signs=2+",
        "CONTROL control_signs=1 fear=yes",
        "CONTROL control_signs=2+ offender=caregiver fear=yes",
        "CONTROL control_signs=1 offender=caregiver fear=yes",
        "CONTROL control_signs=2+ offender=caregiver sexual_element=yes",
    ],
    "H5": [f"GROOM meeting_travel={when}" for when in ("proposed_no_date", "over_72h", "24_72h", "unknown")],
    "H6": [f"UNSURE self_harm={thought}" for thought in ("passive", "nssi", "method_no_intent")],
    "H7": ["BULLY violence_threat=specific_target"],
    "H8": [
        "UNSURE offender=school_staff",
        "UNSURE offender=caregiver fear=yes",
        "UNSURE offender=caregiver sexual_element=yes",
        "UNSURE offender=caregiver sexual_element=unknown",
        "UNSURE offender=caregiver intimate_image=unknown",
        "UNSURE offender=caregiver violence_threat=unknown",
        "UNSURE offender=caregiver violence_threat=vague_transient",
        "UNSURE offender=caregiver extortion_active=yes",
    ],
    "H9": ["VKIDNAP compliance=yes offender=authority_impersonator"],
    "H10": ["SCAM loss_band=over_10m", "SCAM debt_or_loanshark=yes", "RECRUIT bank_sim_face_given=yes"],
    "H11": ["RECRUIT compliance=yes"],
    "H12": ["UNSURE urged_self_harm=yes", "SELFHARM challenge=took_part"],
    "H13": [
        "DOXATO data_exposed=home_address extortion_active=yes",
        "DOXATO data_exposed=home_address violence_threat=vague_transient",
        "DOXATO data_exposed=home_address violence_threat=specific_target",
        "DOXATO data_exposed=home_address fear=yes",
        "DOXATO data_exposed=home_address contact_ongoing=yes",
    ],
    "H14": ["BULLY impact=severe"],
    "H15": [
        "GROOM offline_sexual_contact=over_72h",
        "GROOM offline_sexual_contact=unknown sexual_element=yes",
    ],
    "H16": ["SCAM fear_home=yes", "SCAM guardian_safe=no"],
    "H17": ["VIOLENCE meets_offender_today=yes fear=yes"],
    "H18": ["GROOM exploitation_for_gain=yes", "GROOM exploitation_for_gain=yes age_band=16_17"],
    "M1": ["BULLY repeated=yes", "BULLY spread=small_group", "BULLY spread=school_or_public"],
    "M2": ["SCAM loss_band=2_10m", "SCAM loss_band=unknown", "DOXATO password_or_id_given=yes"],
    "M3": [f"{kind} contact_ongoing=yes" for kind in ("GROOM", "SCAM", "RECRUIT", "VKIDNAP")],
    "M4": ["DOXATO account_lost_or_impersonated=yes"],
    "M5": [f"UNSURE data_exposed={what}" for what in ("contact_or_class", "unknown", "home_address")],
    "M6": ["BULLY violence_threat=vague_transient", "UNSURE violence_threat=unknown"],
    "M7": ["CONTROL control_signs=1", "CONTROL control_signs=2+", "UNSURE live_control=minor"],
    "M8": ["SELFHARM challenge=interested"],
    "M9": ["NCII intimate_image=consensual_peer_unshared"],
    "M10": [
        "UNSURE danger_now=unknown",
        "UNSURE self_harm=declined",
        "UNSURE whereabouts=unknown",
        "UNSURE student_now=unknown",
        "UNSURE age_band=declined",
        "UNSURE offender=caregiver lives_with_offender=unknown",
        "SCAM impact=unknown",
        "SCAM loss_recent_24h=unknown",
        "GROOM sexual_element=declined",
        "CONTROL fear=unknown",
        "DOXATO data_exposed=unknown",
        "GROOM SCAM loss_band=unknown",
    ],
    "M11": [
        "UNSURE danger_now=yes",
        "UNSURE offender=caregiver lives_with_offender=yes",
        "GROOM sexual_element=yes offender=peer",
        "CONTROL fear=yes",
        "SCAM loss_recent_24h=yes",
        "VKIDNAP compliance=yes",
        "VKIDNAP live_control=yes",
        "VIOLENCE means_or_plan=yes",
        "SELFHARM urged_self_harm=yes",
    ],
}

HOLDS_BACK: dict[str, list[str]] = {
    "C1": ["UNSURE danger_now=no", "UNSURE danger_now=unknown", "UNSURE danger_now=declined"],
    "C2": [
        "UNSURE whereabouts=known_safe student_now=not_reached",
        "GROOM whereabouts=unknown student_now=with_me",
        "SELFHARM whereabouts=unknown",
        "VKIDNAP whereabouts=known_safe",
    ],
    "C3": [
        "SELFHARM self_harm=method_no_intent",
        "SEXTORT self_harm=none",
        "UNSURE self_harm=unknown",
        "NCII self_harm=unknown intimate_image=threatened",
        "NCII self_harm=unknown extortion_active=yes",
        "NCII self_harm=unknown extortion_active=unknown intimate_image=threatened",
    ],
    "C4": [
        "SCAM live_control=yes",
        "UNSURE live_control=yes offender=partner",
        "CONTROL live_control=minor",
        "VKIDNAP live_control=unknown",
        "BULLY NCII VIOLENCE DOXATO live_control=yes",
    ],
    "C5": [
        f"SEXTORT {BLACKMAIL}",
        f"SEXTORT {BLACKMAIL} self_harm=nssi",
        f"SEXTORT {BLACKMAIL} self_harm=unknown",
        f"SEXTORT {BLACKMAIL} deadline=over_24h",
        f"SEXTORT {BLACKMAIL} deadline=unknown",
        f"SEXTORT {BLACKMAIL} impact=upset",
        f"SEXTORT {BLACKMAIL} demand=money",
        f"SEXTORT {BLACKMAIL} age_band=16_17 demand=images",
        "SEXTORT extortion_active=yes intimate_image=none deadline=within_24h",
        "SEXTORT extortion_active=unknown intimate_image=shared deadline=within_24h",
    ],
    "C6": [
        "VIOLENCE violence_threat=specific_target",
        "VIOLENCE violence_threat=specific_target means_or_plan=unknown deadline=unknown",
        "VIOLENCE violence_threat=specific_target means_or_plan=no deadline=within_24h",
        "VIOLENCE violence_threat=vague_transient means_or_plan=yes deadline=within_24h",
    ],
    "C7": [
        "GROOM meeting_travel=24_72h age_band=18_plus",
        "SEXTORT meeting_travel=24_72h",
        "RECRUIT meeting_travel=over_72h",
        "GROOM meeting_travel=unknown",
    ],
    "C8": ["UNSURE offline_sexual_contact=over_72h", "UNSURE offline_sexual_contact=unknown"],
    "C9": [
        f"CONTROL {HOME}",
        f"UNSURE {HOME} intimate_image=unknown sexual_element=unknown fear=unknown",
        f"UNSURE {HOME} violence_threat=vague_transient offline_sexual_contact=unknown",
        "UNSURE lives_with_offender=unknown fear=yes",
        "UNSURE lives_with_offender=no fear=yes sexual_element=yes",
    ],
    "C10": [
        "SELFHARM urged_self_harm=yes",
        "SELFHARM urged_self_harm=unknown self_harm=passive",
    ],
    "C11": [
        "NCII offender=caregiver lives_with_offender=no intimate_image=held_by_other",
        f"NCII {CAREGIVER} intimate_image=held_by_other age_band=16_17",
        f"NCII {CAREGIVER}",
        f"NCII {CAREGIVER} sexual_element=unknown offline_sexual_contact=unknown",
        "NCII offender=adult lives_with_offender=yes intimate_image=held_by_other",
    ],
    "C12": [
        "GROOM exploitation_for_gain=yes meeting_travel=24_72h age_band=18_plus",
        "GROOM exploitation_for_gain=yes meeting_travel=over_72h",
        "GROOM exploitation_for_gain=unknown meeting_travel=24_72h",
    ],
    "H1": [
        "GROOM sexual_element=yes offender=peer",
        "GROOM sexual_element=yes offender=partner",
        "GROOM sexual_element=yes age_band=18_plus",
        "GROOM sexual_element=unknown offender=adult",
    ],
    "H2": ["NCII intimate_image=none", "NCII intimate_image=consensual_peer_unshared"],
    "H3": ["UNSURE extortion_active=unknown", "UNSURE extortion_active=no"],
    "H4": [
        "CONTROL control_signs=1",
        "CONTROL control_signs=1 fear=unknown",
        "CONTROL control_signs=0 fear=yes",
        "CONTROL control_signs=unknown fear=yes",
        "CONTROL control_signs=2+ offender=caregiver",
        "CONTROL control_signs=2+ offender=caregiver fear=unknown sexual_element=unknown",
        "CONTROL control_signs=1 offender=caregiver sexual_element=yes",
    ],
    "H5": ["GROOM meeting_travel=none", "GROOM meeting_travel=within_24h_or_under_way"],
    "H6": ["UNSURE self_harm=none", "UNSURE self_harm=unknown", "UNSURE self_harm=acute"],
    "H7": ["BULLY violence_threat=vague_transient", "BULLY violence_threat=unknown"],
    "H8": [
        "UNSURE offender=caregiver",
        "UNSURE offender=caregiver fear=unknown extortion_active=unknown",
        "UNSURE offender=adult fear=yes sexual_element=yes",
    ],
    "H9": [
        "VKIDNAP compliance=unknown offender=authority_impersonator",
        "VKIDNAP compliance=yes offender=adult",
    ],
    "H10": [
        "SCAM loss_band=2_10m",
        "SCAM loss_band=unknown",
        "SCAM debt_or_loanshark=unknown bank_sim_face_given=unknown",
    ],
    "H11": ["SCAM compliance=yes", "RECRUIT compliance=unknown"],
    "H12": ["SELFHARM challenge=interested", "SELFHARM challenge=unknown urged_self_harm=unknown"],
    "H13": [
        "DOXATO data_exposed=home_address",
        "DOXATO data_exposed=home_address violence_threat=unknown fear=unknown contact_ongoing=unknown",
        "DOXATO data_exposed=contact_or_class extortion_active=yes",
        "DOXATO data_exposed=unknown fear=yes",
    ],
    "H14": ["BULLY impact=upset", "BULLY impact=unknown"],
    "H15": [
        "GROOM offline_sexual_contact=unknown",
        "GROOM offline_sexual_contact=unknown sexual_element=unknown",
        "GROOM offline_sexual_contact=within_72h",
    ],
    "H16": ["SCAM fear_home=unknown guardian_safe=unknown", "SCAM guardian_safe=yes"],
    "H17": [
        "VIOLENCE meets_offender_today=yes",
        "VIOLENCE meets_offender_today=yes fear=unknown",
        "VIOLENCE meets_offender_today=unknown fear=yes",
    ],
    "H18": ["GROOM exploitation_for_gain=yes age_band=18_plus", "GROOM exploitation_for_gain=unknown"],
    "M1": ["BULLY repeated=unknown spread=unknown", "BULLY repeated=no spread=none"],
    "M2": ["SCAM loss_band=under_2m", "SCAM loss_band=over_10m", "DOXATO password_or_id_given=unknown"],
    "M3": ["GROOM contact_ongoing=unknown", "BULLY contact_ongoing=yes", "UNSURE contact_ongoing=yes"],
    "M4": ["DOXATO account_lost_or_impersonated=unknown"],
    "M5": ["UNSURE data_exposed=none"],
    "M6": ["BULLY violence_threat=none", "BULLY violence_threat=specific_target"],
    "M7": ["CONTROL control_signs=0", "CONTROL control_signs=unknown", "UNSURE live_control=unknown"],
    "M8": ["SELFHARM challenge=saw", "SELFHARM challenge=took_part", "SELFHARM challenge=unknown"],
    "M9": ["NCII intimate_image=none", "NCII intimate_image=unknown", "NCII intimate_image=shared"],
    "M10": [
        "UNSURE",
        "UNSURE impact=unknown",
        "BULLY extortion_active=unknown",
        "UNSURE lives_with_offender=unknown",
        "UNSURE fear_home=declined",
        "SCAM loss_band=under_2m loss_recent_24h=no",
    ],
    "M11": [
        "UNSURE sexual_element=yes",
        "SCAM repeated=yes",
        "UNSURE lives_with_offender=yes",
        "GROOM sexual_element=unknown",
        "BULLY violence_threat=specific_target",
    ],
}
LEVELS = {"C": Level.CRITICAL, "H": Level.HIGH, "M": Level.MEDIUM}


def test_every_rule_of_the_table_is_here() -> None:
    names = [f"C{n}" for n in range(1, 13)] + [f"H{n}" for n in range(1, 19)]
    names += [f"M{n}" for n in (*range(1, 10), 11, 10)]
    assert sorted(FIRES) == sorted(HOLDS_BACK) == sorted(names)


@pytest.mark.parametrize("rule", FIRES)
def test_a_rule_fires_on_its_side_of_the_boundary(rule: str) -> None:
    for case in FIRES[rule]:
        fired = {one.id: one for one in judged(case).rules}
        assert rule in fired, case
        assert fired[rule].level is LEVELS[rule[0]]
        assert judged(case).level >= LEVELS[rule[0]], case


@pytest.mark.parametrize("rule", HOLDS_BACK)
def test_a_rule_holds_back_on_the_other_side(rule: str) -> None:
    for case in HOLDS_BACK[rule]:
        assert rule not in {one.id for one in judged(case).rules}, case
