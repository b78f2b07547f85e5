"""The level in sentences, the case of several students, and the level that a person has decided on."""

from __future__ import annotations

import pytest

from triage.response import level, rules
from triage.terms import Kind, Level

TONIGHT = {"extortion_active": "yes", "intimate_image": "threatened", "deadline": "within_24h"}


def test_a_critical_level_is_said_with_its_clock_its_reasons_and_what_would_lower_it() -> None:
    lines = level.explain(level.evaluate([Kind.SEXTORT], TONIGHT), "vi")
    assert lines[0] == "Khẩn cấp: làm ngay, chậm nhất 15 phút; không để em một mình."
    assert lines[1].startswith("Vì em đang bị đòi, bị dọa bằng ảnh riêng tư")
    assert "Hạn họ đưa ra: trong 24 giờ tới" in lines[1]
    assert [line for line in lines if line.startswith("Ngoài ra, vì ")] == lines[2:5]
    assert lines[5:] == ["Mức sẽ là Cao nếu: Ảnh, clip riêng tư: không có."]


def test_the_same_is_said_in_english() -> None:
    lines = level.explain(level.evaluate([Kind.SEXTORT], TONIGHT), "en")
    assert lines[0] == "Critical: act now, within 15 minutes; the student is never alone."
    assert lines[1].startswith("Because someone makes demands over a private picture")
    assert lines[-1] == "The level would be High if: Intimate picture or clip: none."


def test_low_is_said_as_low_by_what_was_asked_with_what_was_not() -> None:
    (line,) = level.explain(
        level.evaluate([Kind.UNSURE], {"danger_now": "no", "student_now": "with_me"}), "vi"
    )
    assert line.startswith("Thấp – theo những điều đã hỏi. Chưa hỏi: Em đang ở đâu; Nghĩ đến cái chết")
    asked = {"danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me"}
    (line,) = level.explain(level.for_case([Kind.UNSURE], asked), "vi")
    assert line.startswith("Thấp – theo những điều đã hỏi. Hạn: ")


def test_a_reason_without_an_answer_is_not_said_as_told() -> None:
    """What fires for safety's sake says that it is not known; an absent student cannot be stayed with."""
    missing = level.for_case([Kind.VKIDNAP], {"student_now": "not_reached", "whereabouts": "unreachable"})
    clock, *why = level.brief(missing, "vi", away="away_clock")
    assert clock == "Làm ngay, chậm nhất 15 phút; tìm em và gọi cùng lúc."
    assert level.brief(missing, "vi")[0].endswith("không để em một mình.")
    (pictures,) = (line for line in why if "ảnh, clip riêng tư" in line)
    assert pictures.endswith("(chưa rõ).")
    (gone,) = (line for line in why if "đang ở đâu, hoặc" in line)
    assert not gone.endswith("(chưa rõ).")


def test_open_questions_are_said_and_the_level_is_called_provisional() -> None:
    lines = level.explain(level.for_case([Kind.BULLY], {"student_now": "with_me", "danger_now": "no"}), "vi")
    assert lines[0].startswith("Trung bình, tạm thời vì còn câu hỏi chưa có trả lời: ")
    assert "Còn chưa rõ: Em đang ở đâu; Nghĩ đến cái chết hoặc tự làm đau mình; Dọa dùng bạo lực." in lines


@pytest.mark.parametrize(
    ("kind", "answers", "said"),
    [
        (Kind.NCII, {}, "Vì loại việc này luôn được xử lý ít nhất ở mức Trung bình."),
        (Kind.UNSURE, {"repeat_case": "yes"}, "Nâng lên một mức vì em đã có vụ việc trong 90 ngày qua."),
    ],
)
def test_a_level_that_no_rule_gives_has_its_reason_too(
    kind: Kind, answers: dict[str, str], said: str
) -> None:
    verdict = level.evaluate([kind], answers)
    assert said in level.explain(verdict, "vi")
    assert level.reasons(verdict)[0][0] == said


def test_reasons_are_those_of_the_level_then_what_else_was_told_in_both_languages() -> None:
    """What was told and gives no level of its own goes along; what nobody has answered does not."""
    (vi, en), (also_vi, also_en) = level.reasons(
        level.evaluate([Kind.BULLY], {"impact": "severe", "repeated": "yes"})
    )
    assert vi.startswith("Vì em không ăn, ngủ")
    assert en.startswith("Because the student cannot eat")
    assert also_vi.startswith("Ngoài ra, ") and also_en.startswith("Also, ")
    asked = {"danger_now": "yes", "sexual_element": "yes", "intimate_image": "unknown"}
    said = [vi for vi, _ in level.reasons(level.for_case([Kind.GROOM], asked))]
    assert any("nói chuyện tình dục" in line for line in said)
    assert not any("ảnh, clip riêng tư" in line for line in said)


def test_no_sentence_names_a_rule() -> None:
    verdict = level.for_case([Kind.VKIDNAP], TONIGHT)
    assert not any(
        fired.id in line.split() for fired in verdict.rules for line in level.explain(verdict, "vi")
    )


SAFE = {
    "danger_now": "no",
    "self_harm": "none",
    "whereabouts": "known_safe",
    "student_now": "with_me",
    "violence_threat": "none",
}


def test_a_case_has_the_highest_level_of_its_students_and_all_their_reasons() -> None:
    one = level.for_case([Kind.BULLY], {**SAFE, "impact": "severe", "age_band": "16_17"})
    other = level.for_case([Kind.BULLY], {**SAFE, "repeated": "yes", "spread": "small_group"})
    case = level.highest([other, one])
    assert case.level is Level.HIGH
    assert [fired.id for fired in case.rules] == ["H14", "M1"]
    assert case.as_json()["would_lower"] == {"level": "MEDIUM", "change": {"impact": "none"}}


def test_a_rule_of_two_students_shows_the_answers_of_the_more_endangered() -> None:
    one = level.for_case([Kind.BULLY], {**SAFE, "repeated": "yes"})
    other = level.for_case([Kind.BULLY], {**SAFE, "spread": "small_group", "impact": "severe"})
    (fired,) = (fired for fired in level.highest([one, other]).rules if fired.id == "M1")
    assert dict(fired.because) == {"spread": "small_group"}


def test_two_students_at_the_same_level_have_no_single_change_that_lowers() -> None:
    one = level.for_case([Kind.BULLY], {**SAFE, "impact": "severe"})
    assert level.highest([one, one]).would_lower is None


def test_a_person_may_decide_on_another_level_and_what_fired_stays() -> None:
    verdict = level.for_case([Kind.BULLY], {**SAFE, "repeated": "yes"})
    raised = level.at(verdict, Level.CRITICAL)
    assert (raised.level, raised.rules) == (Level.CRITICAL, verdict.rules)
    assert level.explain(raised, "vi")[0].startswith("Khẩn cấp: ")


def test_a_level_lowered_by_a_person_still_says_what_is_open() -> None:
    verdict = level.at(level.for_case([Kind.BULLY], {"student_now": "with_me"}), Level.LOW)
    assert "Chưa hỏi: Đang gặp nguy hiểm" in level.explain(verdict, "vi")[0]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_answers_that_cannot_both_be_right_are_said(language: str) -> None:
    """A slip of one key must not hide that a student is missing; what was not asked clashes with nothing."""
    here = {"student_now": "with_me", "whereabouts": "unreachable"}
    assert len(level.clashes(here, language)) == 1
    assert level.clashes({"whereabouts": "unreachable"}, language) == []
    assert level.clashes(here | {"whereabouts": "known_safe"}, language) == []
    assert len(level.clashes({"student_now": "not_reached", "whereabouts": "known_safe"}, language)) == 1
    assert len(level.clashes({"loss_band": "none", "loss_recent_24h": "yes"}, language)) == 1
    assert len(level.clashes({"extortion_active": "no", "demand": "money"}, language)) == 1
    assert level.clashes({"whereabouts": "known_safe", "safe": "no"}, language) == [], "now, and tonight"


def test_what_nobody_answered_is_not_said_as_told() -> None:
    """A packet prints the reasons: an age that was counted is no age that a student gave."""
    verdict = level.for_case([Kind.GROOM], {"meeting_travel": "24_72h"})
    (reason,) = (vi for vi, _en in level.reasons(verdict) if "đi xa" in vi and "Tuổi" in vi)
    assert "Tuổi: chưa hỏi" in reason and "13–15" not in reason
    assert dict(next(one for one in verdict.rules if one.id == "C7").because)["age_band"] == "13_15"
    told = level.for_case([Kind.GROOM], {"meeting_travel": "24_72h", "age_band": "16_17"})
    assert any("Tuổi: 16–17 tuổi" in vi for vi, _en in level.reasons(told))


@pytest.mark.parametrize(
    ("away", "said"), [("", "không để em một mình"), ("away_clock", "tìm em và gọi cùng lúc")]
)
def test_the_full_explanation_says_what_can_be_done_for_a_student_who_is_away(away: str, said: str) -> None:
    missing = level.for_case([Kind.VKIDNAP], {"whereabouts": "unreachable"})
    assert said in level.explain(missing, "vi", away=away)[0]


def test_questions_that_could_raise_the_level_are_found() -> None:
    """For each of them some answer gives a higher level, and for no other one."""
    answers = {"danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me",
               "sexual_element": "no", "meeting_travel": "none", "age_band": "16_17"}  # fmt: skip
    factors = [key for key in rules.load().factors if key not in answers]
    found = level.may_raise([Kind.GROOM], answers, factors)
    now = level.for_case([Kind.GROOM], answers).level
    for key in factors:
        levels = [
            level.for_case([Kind.GROOM], answers | {key: value}).level
            for value in rules.load().factors[key].values
        ]
        assert (key in found) == (max(levels) > now), key
    assert {"exploitation_for_gain", "fear_home"} <= {*found}
