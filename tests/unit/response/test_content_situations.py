"""Luring, control and scams: what a counsellor sees in situations that happen, written by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.unit.response import acts
from triage.terms import Kind, Level

GONE = {"whereabouts": "unreachable", "student_now": "not_reached"}
MOTHERS = {"own_account": "no", "guardian_money": "yes"}
EIGHT_MILLION = {"loss_band": "2_10m", "loss_recent_24h": "yes", "age_band": "13_15"}


@dataclass(frozen=True)
class Case:
    """A situation and what is expected of its list."""

    kinds: tuple[Kind, ...]
    answers: dict[str, str]
    level: Level
    first: str
    """The first open steps, in order."""
    due: dict[str, int]
    """Steps that stand, in minutes after the report."""
    absent: str
    """Steps that do not stand."""
    circumstances: dict[str, str] = field(default_factory=dict)
    done: str = ""
    nothing_else_asked: bool = False


CASES = {
    # Luring
    "a friend reports: 14, gone since morning after an online friend, phone off": Case(
        (Kind.GROOM,),
        {"age_band": "13_15", "meeting_travel": "unknown", **GONE},
        Level.CRITICAL,
        "XA2 XA1 X06",
        {"XA2": 0, "XA1": 5, "X06": 5, "G9": 15, "X10": 15, "XA3": 30, "X12": 60, "XA4": 480},
        "X01 X02 X03 X07 X08 X11 X13 X17 G1 G3 G5 G6 G7",
    ),
    "the same, nothing else asked": Case(
        (Kind.GROOM,),
        GONE,
        Level.CRITICAL,
        "XA2 XA1 X06",
        {"XA2": 0, "G9": 15, "X10": 15, "X12": 60},
        "X01 X11 X13 G1",
        nothing_else_asked=True,
    ),
    "the same, and home may not be told": Case(
        (Kind.GROOM,), {"age_band": "13_15", "guardian_safe": "no", **GONE}, Level.CRITICAL, "XA2 XA1 X06 X10",
        {"XA2": 0, "X12": 60}, "G9 X11 X13",
    ),
    "15, here, is to meet the online friend the day after tomorrow": Case(
        (Kind.GROOM,),
        {"age_band": "13_15", "meeting_travel": "24_72h"},
        Level.CRITICAL,
        "X01 X03 X02 X06 G1",
        {"G1": 15, "X10": 15, "X12": 60, "G3": 240, "G7": 72 * 60, "G8": 72 * 60},
        "X04b XA2 X13 G5 G9 X08",
    ),
    "the same, and that person stands at the gate": Case(
        (Kind.GROOM,),
        {"age_band": "13_15", "meeting_travel": "24_72h", "danger_now": "yes"},
        Level.CRITICAL,
        "X04b X01",
        {"X04b": 0, "X12": 60},
        "G1 XA2 X13 G5",
        {"threat_here": "yes", "needs_medical_help": "no"},
    ),
    "14, an adult asks for body pictures": Case(
        (Kind.GROOM,),
        {"age_band": "13_15", "sexual_element": "yes", "offender": "adult", "contact_ongoing": "yes"},
        Level.HIGH,
        "X01 X03 X02 X06",
        {"G5": 60, "X10": 240, "G3": 240, "G6": 240, "X17": 60, "X18": 480},
        "X12 X13 X08 X15 X16 G1 G2 G4",
    ),
    "16, touched yesterday by an adult": Case(
        (Kind.GROOM,),
        {"age_band": "16_17", "offline_sexual_contact": "within_72h", "offender": "adult"},
        Level.CRITICAL,
        "X01 X03 X02 X06 G5",
        {"G2": 60, "G5": 15, "G6": 240},
        "X12b X13 X04b G1",
    ),
    "a teacher writes late at night, nothing sexual, a lesson today": Case(
        (Kind.GROOM,),
        {"age_band": "16_17", "offender": "school_staff", "staff_involved": "yes_other",
         "meets_offender_today": "yes"},
        Level.HIGH, "X01 X03 X02 X06", {"G5": 60, "G4": 240, "X10": 240}, "X26 X10b X13 X04b",
    ),
    "the same, and it is the principal": Case(
        (Kind.GROOM,), {"age_band": "16_17", "offender": "school_staff", "staff_involved": "yes_leader"}, Level.HIGH,
        "X01 X03 X02 X06", {"G5": 60, "X10b": 240}, "G4 X10 X26 X14",
    ),
    "16, gifts for a date tomorrow": Case(
        (Kind.GROOM,),
        {"age_band": "16_17", "exploitation_for_gain": "yes", "offender": "adult",
         "meeting_travel": "within_24h_or_under_way"},
        Level.CRITICAL, "X01 X03 X02 X06 G1", {"G1": 15, "X12c": 60}, "X12 X12b X13",
    ),
    "13, an online friend who still writes, nothing sexual": Case(
        (Kind.GROOM,), {"age_band": "13_15", "contact_ongoing": "yes"}, Level.MEDIUM, "X01 X03 X02 X06",
        {"X12": 60, "X15": 1440, "X16": 1440, "G7": 72 * 60}, "G1 G3 G5 G6 X13 X10",
    ),
    # Control
    "strict parents read the phone, no fear": Case(
        (Kind.CONTROL,),
        {"age_band": "13_15", "offender": "caregiver", "control_signs": "2+", "lives_with_offender": "yes"},
        Level.MEDIUM,
        "X01 X03 X02 X06",
        {"X17": 60, "K4": 72 * 60},
        "X04b X04c K1 K2 K3 K8 X13 X12 X10",
        {"phone_watched": "no"},
    ),
    "a stepfather at home, the student is afraid": Case(
        (Kind.CONTROL,),
        {"age_band": "13_15", "offender": "caregiver", "control_signs": "2+", "fear": "yes",
         "lives_with_offender": "yes", "guardian_safe": "no"},
        Level.CRITICAL, "X01 X03 X02 X06 X04c", {"X04c": 15, "X10": 15, "K2": 1440}, "K3 X11 X12 X13 K8",
    ),
    "a father who lives elsewhere, the student is afraid": Case(
        (Kind.CONTROL,),
        {"age_band": "13_15", "offender": "caregiver", "control_signs": "2+", "fear": "yes",
         "guardian_safe": "no"},
        Level.HIGH, "X01 X03 X02 X06", {"K3": 60, "X10": 240, "K2": 1440}, "X04c X11 X12 X13",
    ),
    "an adult in the same house, not a caregiver, feared": Case(
        (Kind.CONTROL,),
        {"age_band": "16_17", "offender": "adult", "control_signs": "2+", "fear": "yes",
         "lives_with_offender": "yes"},
        Level.CRITICAL, "X01 X03 X02 X06 K3", {"K3": 15, "X10": 15}, "X04c X12b X13",
    ),
    "17, a boyfriend gives orders right now": Case(
        (Kind.CONTROL,),
        {"age_band": "16_17", "offender": "partner", "control_signs": "2+", "fear": "yes", "live_control": "yes"},
        Level.CRITICAL, "X01 X03 X02 X06 K1", {"K1": 15, "X13": 15, "X10": 15, "K2": 1440}, "X04b X07 K3 X16",
    ),
    "17, has just left a pupil who threatens to hurt himself": Case(
        (Kind.CONTROL,),
        {"age_band": "16_17", "offender": "partner", "control_signs": "2+", "fear": "yes"},
        Level.HIGH,
        "X01 X03 X02",
        {"K7": 480, "K2": 1440, "K8.1": 1440, "K8.2": 7 * 1440, "K8.3": 30 * 1440, "K6": 7 * 1440, "X11": 480},
        "K1 K3 K5 X13 X16",
        {"partner_pupil": "yes", "partner_self_harm": "yes", "contact_ended": "yes", "phone_watched": "no"},
        "X06",
    ),
    "the same, the family knows, the plan is made": Case(
        (Kind.CONTROL,),
        {"age_band": "16_17", "offender": "partner", "control_signs": "2+", "fear": "yes"},
        Level.HIGH,
        "X01 X03 X02",
        {"K5": 72 * 60, "K7": 480, "X16": 1440},
        "K1 K3",
        {"partner_pupil": "yes", "partner_self_harm": "yes", "phone_watched": "no"},
        "X06 X11 K2 X08",
    ),
    "14, a classmate says \"answer now\", one sign, no fear": Case(
        (Kind.CONTROL,), {"age_band": "13_15", "offender": "peer", "control_signs": "1", "live_control": "minor"},
        Level.MEDIUM, "X01 X03 X02 X06", {"K2": 1440, "K4": 72 * 60}, "K3 X13 X12 X10 X04b",
    ),
    # Scams
    "300,000 VND last month, nothing else": Case(
        (Kind.SCAM,),
        {"loss_band": "under_2m"},
        Level.LOW,
        "X01 L1 X03 X02 X06",
        {"L1": 5, "L4": 240, "L5": 1440, "L8": 1440},
        "L0 L2 L2b L2c L3 L6 L7 L9 L10 X13 X15 X28 X29",
        {"guardian_money": "no", "about_to_pay": "no"},
    ),
    "300,000 VND, nothing else asked": Case(
        (Kind.SCAM,), {"loss_band": "under_2m", "loss_recent_24h": "no"}, Level.CRITICAL, "X01 L1 X03 X02 X06",
        {"ASK.self_harm": 15, "ASK.danger_now": 15, "L1": 5}, "L0 L2 L3 X13 X10", nothing_else_asked=True,
    ),
    "8 million of mother's money 3 hours ago, father will beat me": Case(
        (Kind.SCAM,),
        {**EIGHT_MILLION, "fear_home": "yes", "guardian_safe": "unknown"},
        Level.HIGH,
        "X01 L1 X03 X02 X06",
        {"X06": 5, "L7": 15, "L3": 15, "X12": 60},
        "L2 L2b L2c X11 X13 X28",
        MOTHERS,
    ),
    "the same, whose account was not asked": Case(
        (Kind.SCAM,), {**EIGHT_MILLION, "fear_home": "yes", "guardian_safe": "unknown"}, Level.HIGH,
        "X01 L1 X03 X02 X06 L7 L2 L3", {"L7": 15, "L2": 15, "L3": 15}, "L2b L2c X11 X28",
    ),
    "the same, home is not safe, the police were told": Case(
        (Kind.SCAM,),
        {**EIGHT_MILLION, "fear_home": "yes", "guardian_safe": "no"},
        Level.HIGH,
        "X01 L1 X03 X02 L7 L2c",
        {"L2c": 15, "X12": 60, "X14": 1440},
        "L2 L2b X11 X13",
        MOTHERS,
        "X06 L3",
    ),
    "the same, mother is safe to tell, not yet talked over": Case(
        (Kind.SCAM,), {**EIGHT_MILLION, "fear_home": "yes"}, Level.HIGH, "X01 L1 X03 X02 L7 L3",
        {"L7": 15, "L3": 15}, "L2 L2b L2c X28", MOTHERS, "X06",
    ),
    "the same, talked over: mother calls her bank": Case(
        (Kind.SCAM,), {**EIGHT_MILLION, "fear_home": "yes"}, Level.HIGH, "X01 L1 X03 X02 L2b L3",
        {"L2b": 15, "L3": 15}, "L2 L2c X11 X28", MOTHERS, "X06 L7",
    ),
    "6.5 million 40 minutes ago to a scholarship, own account": Case(
        (Kind.SCAM,),
        {"loss_band": "2_10m", "loss_recent_24h": "yes", "age_band": "16_17"},
        Level.MEDIUM,
        "X01 L1 X03 X02 X06 L2 L3",
        {"L2": 15, "L3": 15, "L4": 240, "L8": 1440},
        "L0 L2b L2c L7 X28 X13 X08 X10",
        {"own_account": "yes", "guardian_money": "no"},
    ),
    "the same, one must-ask question open: the own bank is called, the police wait": Case(
        (Kind.SCAM,),
        {"loss_band": "2_10m", "loss_recent_24h": "yes", "age_band": "16_17", "impact": "unknown"},
        Level.MEDIUM,
        "X01 L1 X03 X02 X06 L2",
        {"L1": 5, "L2": 15},
        "L0 L3 X28 X13",
        {"own_account": "yes", "guardian_money": "no"},
    ),
    "the same, a parent's account, one must-ask question open": Case(
        (Kind.SCAM,),
        {"loss_band": "2_10m", "loss_recent_24h": "yes", "age_band": "16_17", "impact": "unknown"},
        Level.MEDIUM,
        "X01 L0 L1 X03 X02",
        {"L0": 5, "L1": 5},
        "L2 L2b L3 X28 X13",
        {"own_account": "no"},
    ),
    "about to pay, under threat": Case(
        (Kind.SCAM,),
        {"extortion_active": "yes", "demand": "money"},
        Level.HIGH,
        "X01 L1 X03 X02 X06",
        {"L1": 5, "X12": 60, "X13": 240, "X08": 240},
        "X29 L2 L3 L4 L7 X28",
        {"about_to_pay": "yes"},
    ),
    "about to pay, no threat": Case(
        (Kind.SCAM,), {}, Level.LOW, "X01 L1 X03 X02 X06", {"L1": 5}, "X29 L2 L3 L4 L7 L8", {"about_to_pay": "yes"},
    ),
    "nothing lost, nothing to be paid, no strange app": Case(
        (Kind.SCAM,), {}, Level.LOW, "X01 X03 X02 X06", {"L5": 1440}, "L1 L4 L7 L8",
        {"about_to_pay": "no", "strange_app": "no"},
    ),
    "a loan app terrorises family and school": Case(
        (Kind.SCAM,),
        {"debt_or_loanshark": "yes", "extortion_active": "yes", "demand": "money", "fear": "yes"},
        Level.HIGH,
        "X01 L1 X03 X02 X06",
        {"L1": 5, "L10": 240, "X13": 240, "X12": 60},
        "L2 L3 L9",
    ),
    "an account and face scan lent to strangers": Case(
        (Kind.SCAM,), {"bank_sim_face_given": "yes"}, Level.HIGH, "X01 L1 X03 X02 X06", {"L3": 240, "L9": 240},
        "L2 X13 L10",
    ),
    "a code was read out, the account is lost": Case(
        (Kind.SCAM,), {"password_or_id_given": "yes", "account_lost_or_impersonated": "yes"}, Level.MEDIUM,
        "X01 L1 X03 X02 X06", {"L6": 60, "X13": 1440}, "L3 L9",
    ),
    # Two kinds
    "a boyfriend who lives with her has pictures and threatens": Case(
        (Kind.CONTROL, Kind.SEXTORT),
        {"age_band": "16_17", "offender": "partner", "control_signs": "2+", "fear": "yes", "lives_with_offender": "yes",
         "intimate_image": "threatened", "extortion_active": "yes", "demand": "images"},
        Level.CRITICAL, "X01 Z1 X03 Z2 X06 K3", {"K3": 15, "Z4": 60}, "Z5 X12b X13 X16 Z7", done="Z4",
    ),
    "the online friend took money 2 hours ago and wants pictures": Case(
        (Kind.GROOM, Kind.SCAM),
        {"age_band": "13_15", "sexual_element": "yes", "loss_band": "under_2m", "loss_recent_24h": "yes"},
        Level.HIGH,
        "X01 L1 X03 X02 X06 L2 G5",
        {"L2": 15, "G5": 15, "G3": 240, "L4": 240, "G6": 240},
        "L3 X12 X13 X08 X28",
        {"own_account": "yes", "guardian_money": "no"},
    ),
    "fake police and money gone: the bank is VKIDNAP's": Case(
        (Kind.SCAM, Kind.VKIDNAP),
        {**EIGHT_MILLION, "offender": "authority_impersonator", "compliance": "yes"},
        Level.HIGH,
        "X01 L1 X03 X02 X06",
        {"Y6": 15, "L3": 15, "Y7": 60, "X12": 60},
        "L2 L2b L2c L9 X28 X13 Y6b",
        {"guardian_money": "no"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_stands_when_and_what_does_not(name: str) -> None:
    case = CASES[name]
    asked = case.answers if case.nothing_else_asked else acts.ASKED | case.answers
    steps, verdict = acts.shown(case.kinds, asked, case.circumstances, case.done.split())
    assert verdict.level is case.level
    wanted = case.first.split()
    assert acts.first(steps, len(wanted)) == wanted
    assert {key: acts.minutes(steps[key]) for key in case.due if key in steps} == case.due
    assert set(case.absent.split()) & set(steps) == set(case.done.split()) & set(case.absent.split())


def test_each_of_the_three_has_six_situations_at_least() -> None:
    for kind in (Kind.GROOM, Kind.CONTROL, Kind.SCAM):
        assert sum(kind in case.kinds for case in CASES.values()) >= 6, kind
    for key in ("G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8.1",
                "L0", "L1", "L2", "L2b", "L2c", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10"):  # fmt: skip
        assert any(key in case.due for case in CASES.values()), key


def test_money_that_has_just_gone_is_asked_back_whatever_else_goes_on() -> None:
    """Finding 7, time flag T1: bank, or the police who tell the bank, within a quarter of an hour."""
    for kinds in (one for one in acts.KINDS if Kind.SCAM in one):
        for account in ("yes", "no", "unknown"):
            for home in ("yes", "no", "unknown"):
                answers = acts.ASKED | EIGHT_MILLION | {"guardian_safe": home}
                for done in ("", "X06", "X06 L7"):
                    steps, _ = acts.shown(kinds, answers, {"own_account": account}, done.split())
                    near = [one for one in steps.values() if acts.minutes(one) <= 15]
                    assert {"bank", "police"} & set(acts.called(near)), (kinds, account, home, done)
                    if home != "yes" or "X06" not in done:
                        assert "L2b" not in steps


def test_once_the_police_know_the_bank_is_not_forgotten() -> None:
    """While a parent may not be told, somebody asks whether the bank was."""
    answers = acts.ASKED | EIGHT_MILLION | {"guardian_safe": "no"}
    for kinds in (one for one in acts.KINDS if Kind.SCAM in one and Kind.VKIDNAP not in one):
        for told in ("L3", "X13", "X04b"):
            steps, _ = acts.shown(kinds, answers, MOTHERS, ("X06", told))
            assert "L2c" in steps, (kinds, told)


def test_a_phone_under_control_is_changed_only_after_the_plan() -> None:
    """Playbooks 4.2 K2: passwords, blocking and reports in the app wait for it."""
    kinds = (Kind.CONTROL, Kind.SCAM, Kind.SEXTORT)
    answers = acts.ASKED | {
        "control_signs": "2+",
        "password_or_id_given": "yes",
        "intimate_image": "threatened",
    }
    before, _ = acts.shown(kinds, answers, {}, ("Z4",))
    assert not {"L6", "X16", "Z7"} & set(before)
    after, _ = acts.shown(kinds, answers, {}, ("Z4", "K2"))
    assert {"L6", "Z7"} <= set(after)
    alone = acts.ASKED | {"control_signs": "2+"}
    assert "X16" not in acts.shown((Kind.CONTROL,), alone, {}, ("X08",))[0]
    assert "X16" in acts.shown((Kind.CONTROL,), alone, {}, ("X08", "K2"))[0]


def test_blocking_a_groomer_waits_for_the_police() -> None:
    answers = acts.ASKED | {"sexual_element": "yes", "offender": "adult"}
    assert "X16" not in acts.shown((Kind.GROOM,), answers, {}, ("G3", "G5"))[0]
    assert "X16" in acts.shown((Kind.GROOM,), answers, {}, ("G3", "G5", "G6"))[0]
