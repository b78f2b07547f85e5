"""The decision table once more, as plain ifs from the words of playbooks 2.4-2.11: the evaluator's check.

Written from the page, not from rules.toml, and importing nothing of the evaluator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ORDER = "LOW MEDIUM HIGH CRITICAL".split()  # noqa: SIM905 - reads as the page does
COMMON = ("danger_now", "self_harm", "whereabouts", "student_now")
BY_KIND = {
    "GROOM": ("sexual_element", "meeting_travel"),
    "CONTROL": ("fear", "lives_with_offender"),
    "SCAM": ("loss_band", "extortion_active", "impact", "loss_recent_24h"),
    "VKIDNAP": ("live_control", "compliance", "intimate_image", "meeting_travel", "loss_recent_24h"),
    "SEXTORT": ("deadline", "extortion_active", "impact", "loss_recent_24h"),
    "NCII": ("spread", "extortion_active", "impact"),
    "BULLY": ("violence_threat",),
    "VIOLENCE": ("means_or_plan", "violence_threat"),
    "DOXATO": ("extortion_active", "data_exposed"),
    "SELFHARM": ("urged_self_harm",),
    "RECRUIT": ("meeting_travel",),
}
FLOORS = {"SEXTORT": "HIGH", "NCII": "MEDIUM", "SELFHARM": "MEDIUM", "VIOLENCE": "MEDIUM"}
FAKE_OR_REAL = ("held_by_other", "threatened", "shared", "ai_fake")
TOUCHED = ("over_72h", "within_72h")


@dataclass(frozen=True)
class Plain:
    """What the page says of a case."""

    level: str
    rules: frozenset[str]
    flags: tuple[str, ...]
    aggravators: tuple[str, ...]
    police: tuple[str, ...]
    unknown: frozenset[str]


def read(
    kinds: list[str], answers: Mapping[str, str], safest: Mapping[str, str], case: bool = False
) -> Plain:
    """The page's word on a case.

    Args:
        kinds: at least one.
        answers: as recorded.
        safest: every factor with its first value.
        case: True when an unanswered must-ask question is unknown.
    """
    told = {**safest, "age_band": "13_15", "offender": "unknown_online"}
    if case:
        for kind in kinds:
            told.update(dict.fromkeys(must_ask(kind, answers.get("offender", "")), "unknown"))
    told.update(answers)
    unknown = {
        key
        for kind in kinds
        for key in must_ask(kind, told["offender"])
        if told[key] in ("unknown", "declined")
    }
    if told["age_band"] == "declined":
        unknown.add("age_band")
        told["age_band"] = "13_15"
    a = {key: "unknown" if value == "declined" else value for key, value in told.items()}
    helping = aggravators(a)
    rules, level = set(), "LOW"
    for kind in kinds:
        fired = critical(kind, a) | high(kind, a) | medium(kind, a)
        if any(key in unknown for key in must_ask(kind, a["offender"])) or "age_band" in unknown:
            fired.add("M10")
        rules |= fired
        level = max(level, one_kind(kind, fired, helping), key=ORDER.index)
    flags = time_flags(kinds, a)
    return Plain(level, frozenset(rules), flags, helping, police(kinds, a, rules, flags), frozenset(unknown))


def one_kind(kind: str, fired: set[str], helping: tuple[str, ...]) -> str:
    """2.4, then 2.5: the floor, then at most one step up, never to CRITICAL."""
    level = "LOW"
    for letter, name in (("M", "MEDIUM"), ("H", "HIGH"), ("C", "CRITICAL")):
        if any(rule[0] == letter for rule in fired):
            level = name
    level = max(level, FLOORS.get(kind, "LOW"), key=ORDER.index)
    if helping and level == "MEDIUM":
        return "HIGH"
    if helping and level == "LOW":
        return "MEDIUM"
    return level


def must_ask(kind: str, offender: str) -> tuple[str, ...]:
    """2.6 and semantics.md."""
    home = ("lives_with_offender",) if offender == "caregiver" else ()
    return (*COMMON, *home, *BY_KIND.get(kind, ()))


def critical(kind: str, a: Mapping[str, str]) -> set[str]:  # noqa: C901 - one branch a row, as on the page
    """C1-C12."""
    c = set()
    adult = a["age_band"] == "18_plus"
    image = a["intimate_image"] != "none"
    if a["danger_now"] == "yes":
        c.add("C1")
    if a["whereabouts"] == "unreachable" or a["whereabouts"] == "isolated_by_order":
        c.add("C2")
    if a["whereabouts"] == "unknown" and (kind in ("VKIDNAP", "RECRUIT") or a["student_now"] != "with_me"):
        c.add("C2")
    if a["self_harm"] == "acute":
        c.add("C3")
    worst = kind in ("SELFHARM", "SEXTORT") or (a["extortion_active"] == "yes" and image)
    if a["self_harm"] == "unknown" and worst:
        c.add("C3")
    if a["live_control"] == "yes":
        listed = ("VKIDNAP", "SEXTORT", "SELFHARM", "GROOM", "CONTROL", "RECRUIT")
        if a["offender"] == "authority_impersonator" or kind in listed:
            c.add("C4")
    if a["extortion_active"] == "yes" and image and pressed(a):
        c.add("C5")
    if a["violence_threat"] == "specific_target":
        soon = a["means_or_plan"] == "unknown" and a["deadline"] == "within_24h"
        if a["means_or_plan"] == "yes" or soon:
            c.add("C6")
    if a["meeting_travel"] == "within_24h_or_under_way":
        c.add("C7")
    if a["meeting_travel"] == "24_72h" and (
        kind == "RECRUIT" or (not adult and kind in ("GROOM", "VKIDNAP"))
    ):
        c.add("C7")
    if a["offline_sexual_contact"] == "within_72h":
        c.add("C8")
    if a["lives_with_offender"] == "yes" and easy_access(a):
        c.add("C9")
    if a["urged_self_harm"] == "yes" and a["self_harm"] != "none":
        c.add("C10")
    if a["age_band"] in ("under_13", "13_15") and a["offender"] == "caregiver":
        abuse = a["sexual_element"] == "yes" or image or a["offline_sexual_contact"] in TOUCHED
        if abuse and a["lives_with_offender"] != "no":
            c.add("C11")
    near = a["meeting_travel"] in ("24_72h", "within_24h_or_under_way")
    if not adult and a["exploitation_for_gain"] == "yes" and near:
        c.add("C12")
    return c


def pressed(a: Mapping[str, str]) -> bool:
    """The second half of C5."""
    return (
        a["self_harm"] in ("passive", "method_no_intent")
        or a["deadline"] == "within_24h"
        or a["age_band"] == "under_13"
        or a["impact"] == "severe"
        or (a["age_band"] == "13_15" and a["demand"] in ("images", "meeting"))
    )


def easy_access(a: Mapping[str, str]) -> bool:
    """The second half of C9."""
    return (
        a["sexual_element"] == "yes"
        or a["offline_sexual_contact"] in TOUCHED
        or a["intimate_image"] not in ("none", "unknown")
        or a["violence_threat"] == "specific_target"
        or a["fear"] == "yes"
        or a["urged_self_harm"] == "yes"
    )


def high(kind: str, a: Mapping[str, str]) -> set[str]:
    """H1-H18."""
    minor = a["age_band"] != "18_plus"
    afraid = a["fear"] == "yes"
    sexual = a["sexual_element"] == "yes"
    grown = ("adult", "caregiver", "school_staff", "authority_impersonator", "unknown_online")
    pattern = a["control_signs"] == "2+" or (a["control_signs"] == "1" and afraid)
    threat = a["extortion_active"] == "yes" or a["violence_threat"] in ("vague_transient", "specific_target")
    home_unsafe = (
        afraid
        or a["sexual_element"] in ("yes", "unknown")
        or a["intimate_image"] != "none"
        or a["violence_threat"] != "none"
        or a["extortion_active"] == "yes"
    )
    rows = {
        "H1": minor and sexual and a["offender"] in grown,
        "H2": a["intimate_image"] == "unknown" or a["intimate_image"] in FAKE_OR_REAL,
        "H3": a["extortion_active"] == "yes",
        "H4": pattern and (a["offender"] != "caregiver" or afraid or sexual),
        "H5": a["meeting_travel"] in ("proposed_no_date", "over_72h", "24_72h", "unknown"),
        "H6": a["self_harm"] in ("passive", "nssi", "method_no_intent"),
        "H7": a["violence_threat"] == "specific_target",
        "H8": a["offender"] == "school_staff" or (a["offender"] == "caregiver" and home_unsafe),
        "H9": a["compliance"] == "yes" and a["offender"] == "authority_impersonator",
        "H10": "yes" in (a["debt_or_loanshark"], a["bank_sim_face_given"]) or a["loss_band"] == "over_10m",
        "H11": kind == "RECRUIT" and a["compliance"] == "yes",
        "H12": a["urged_self_harm"] == "yes" or a["challenge"] == "took_part",
        "H13": a["data_exposed"] == "home_address" and (threat or afraid or a["contact_ongoing"] == "yes"),
        "H14": a["impact"] == "severe",
        "H15": a["offline_sexual_contact"] == "over_72h"
        or (a["offline_sexual_contact"] == "unknown" and sexual),
        "H16": a["fear_home"] == "yes" or a["guardian_safe"] == "no",
        "H17": a["meets_offender_today"] == "yes" and afraid,
        "H18": minor and a["exploitation_for_gain"] == "yes",
    }
    return {rule for rule, fires in rows.items() if fires}


def medium(kind: str, a: Mapping[str, str]) -> set[str]:
    """M1-M9 and M11; M10 reads what was recorded and is found by the caller."""
    rows = {
        "M1": a["repeated"] == "yes" or a["spread"] in ("small_group", "school_or_public"),
        "M2": a["loss_band"] in ("2_10m", "unknown") or a["password_or_id_given"] == "yes",
        "M3": a["contact_ongoing"] == "yes" and kind in ("GROOM", "SCAM", "RECRUIT", "VKIDNAP"),
        "M4": a["account_lost_or_impersonated"] == "yes",
        "M5": a["data_exposed"] != "none",
        "M6": a["violence_threat"] in ("vague_transient", "unknown"),
        "M7": a["control_signs"] in ("1", "2+") or a["live_control"] == "minor",
        "M8": a["challenge"] == "interested",
        "M9": a["intimate_image"] == "consensual_peer_unshared",
        "M11": any(a[key] == "yes" for key in must_ask(kind, a["offender"])),
    }
    return {rule for rule, fires in rows.items() if fires}


def aggravators(a: Mapping[str, str]) -> tuple[str, ...]:
    """A1-A4."""
    widely = a["spread"] == "school_or_public" and a["repeated"] == "yes"
    rows = {
        "A1": a["age_band"] == "under_13" and a["offender"] != "peer",
        "A2": a["vulnerable"] == "yes",
        "A3": a["victims"] == "several" or widely,
        "A4": a["repeat_case"] == "yes",
    }
    return tuple(row for row, holds in rows.items() if holds)


def time_flags(kinds: list[str], a: Mapping[str, str]) -> tuple[str, ...]:
    """T0-T5."""
    picture = a["intimate_image"] in ("shared", "ai_fake")
    attack = "BULLY" in kinds or "DOXATO" in kinds
    recent = a["loss_recent_24h"]
    rows = {
        "T0": a["extortion_active"] == "yes" and a["demand"] == "money" and recent != "yes",
        "T1": recent == "yes" or (recent == "unknown" and a["loss_band"] != "none"),
        "T2": a["disappearing_content"] == "yes",
        "T3": a["spread"] == "school_or_public" and (picture or attack),
        "T4": a["account_lost_or_impersonated"] == "yes",
        "T5": a["bank_sim_face_given"] == "yes",
    }
    return tuple(row for row, holds in rows.items() if holds)


def police(
    kinds: list[str], a: Mapping[str, str], rules: set[str], flags: tuple[str, ...]
) -> tuple[str, ...]:
    """P1-P10."""
    minor = a["age_band"] != "18_plus"
    severe = a["impact"] == "severe"
    wide = a["repeated"] == "yes" or a["spread"] == "school_or_public" or a["data_exposed"] == "home_address"
    touched = minor and a["offline_sexual_contact"] in TOUCHED and a["offender"] not in ("peer", "partner")
    money = a["loss_band"] not in ("none", "unknown")
    known_money = a["loss_recent_24h"] != "unknown" or a["loss_band"] != "unknown"
    taken = money or a["extortion_active"] == "yes" or a["password_or_id_given"] == "yes"
    recruited = a["compliance"] == "yes" or a["meeting_travel"] not in ("none", "unknown")
    frightening_debt = a["debt_or_loanshark"] == "yes" and a["fear"] == "yes"
    pressing = a["extortion_active"] == "yes" or a["violence_threat"] == "specific_target"
    rows = {
        "P1": first_criterion(a, rules),
        "P2": "H1" in rules or touched,
        "P3": minor and a["intimate_image"] in FAKE_OR_REAL,
        "P4": pressing or "H13" in rules or frightening_debt,
        "P5": "H9" in rules,
        "P6": a["loss_band"] in ("2_10m", "over_10m") or ("T1" in flags and known_money) or "T5" in flags,
        "P7": severe and wide,
        "P8": ("RECRUIT" in kinds and recruited) or "T5" in flags or "C12" in rules or "H18" in rules,
        "P9": a["account_lost_or_impersonated"] == "yes" and taken,
        "P10": a["urged_self_harm"] == "yes",
    }
    return tuple(row for row, holds in rows.items() if holds)


def first_criterion(a: Mapping[str, str], rules: set[str]) -> bool:
    """P1: any C-rule, except C3 alone without an offender; a C-rule through unknown alone does not count."""
    offending = {
        "urged_self_harm": "no",
        "extortion_active": "no",
        "live_control": "no",
        "control_signs": "0",
        "sexual_element": "no",
        "intimate_image": "none",
        "violence_threat": "none",
    }
    signs = {a[key] for key, first in offending.items() if a[key] != first}
    for rule in rules:
        if rule[0] != "C":
            continue
        if rule == "C2" and a["whereabouts"] == "unknown" and a["student_now"] in ("with_me", "unknown"):
            continue
        if rule == "C3" and (not signs or (a["self_harm"] == "unknown" and signs == {"unknown"})):
            continue
        return True
    return False
