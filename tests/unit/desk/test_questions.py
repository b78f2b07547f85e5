"""What is asked of a case, in which order, and what becomes of the steps that consist of questions."""

from __future__ import annotations

from triage.desk import cases, questions, session, undo, view
from triage.terms import Channel, Kind, Level, StepState

CALM = {"danger_now": "no", "self_harm": "none", "whereabouts": "known_safe"}


def _new(
    desk: session.Desk,
    answers: dict[str, str] | None = None,
    *kinds: Kind,
    channel: Channel = Channel.IN_PERSON,
) -> str:
    report = cases.NewCase(kinds=kinds or (Kind.UNSURE,), answers=answers or {}, channel=channel)
    return cases.new(desk, report).ref


def _state(desk: session.Desk, ref: str, step: str) -> StepState | None:
    return next((one.state for one in view.case(desk, ref).steps if one.planned.id == step), None)


def test_hurt_or_threatened_is_asked_right_after_danger_and_only_then(desk: session.Desk) -> None:
    """Injury and threat in one question: which of the two it is decides between 115 and 113."""
    ref = _new(desk)
    assert not {"needs_medical_help", "threat_here"} & {one.key for one in questions.of_case(desk, ref)}
    cases.answer(desk, ref, {"danger_now": "yes"})
    asked = questions.of_case(desk, ref)
    assert [one.key for one in asked][:3] == ["danger_now", "needs_medical_help", "threat_here"]
    assert all(one.safety and one.must for one in asked[:3])
    cases.answer(desk, ref, {"danger_now": "no"})
    assert "threat_here" not in {one.key for one in questions.of_case(desk, ref)}


def test_a_circumstance_that_was_answered_can_still_be_changed(desk: session.Desk) -> None:
    ref = _new(desk, {"threat_here": "yes", "danger_now": "no"})
    assert "threat_here" in {one.key for one in questions.of_case(desk, ref)}


def test_a_question_that_may_be_left_out_says_when_it_can_raise_the_level(desk: session.Desk) -> None:
    """The picture in a sextortion case; never a question that must be asked anyway."""
    ref = _new(
        desk,
        CALM | {"student_now": "with_me", "deadline": "within_24h", "extortion_active": "yes"},
        Kind.SEXTORT,
    )
    asked = {one.key: one for one in questions.of_case(desk, ref)}
    assert view.case(desk, ref).line.level is Level.HIGH
    assert asked["intimate_image"].raises
    assert not asked["guardian_safe"].raises
    assert not any(one.raises for one in asked.values() if one.must)
    cases.answer(desk, ref, {"intimate_image": "threatened"})
    assert view.case(desk, ref).line.level is Level.CRITICAL


def test_the_last_answer_settles_the_step_that_asks_and_undo_opens_it_again(desk: session.Desk) -> None:
    ref = _new(desk, {"student_now": "with_me"})
    for key in ("danger_now", "self_harm"):
        cases.answer(desk, ref, {key: CALM[key]}, settles=True)
    assert _state(desk, ref, "X02") is StepState.TODO
    cases.answer(desk, ref, {"whereabouts": "known_safe"}, settles=True)
    assert _state(desk, ref, "X02") is StepState.DONE
    undo.take_back(desk, ref)
    assert _state(desk, ref, "X02") is StepState.TODO


def test_what_nobody_knows_settles_nothing(desk: session.Desk) -> None:
    ref = _new(desk, CALM | {"self_harm": "unknown", "student_now": "with_me"})
    cases.answer(desk, ref, {"age_band": "13_15"}, settles=True)
    assert _state(desk, ref, "X02") is StepState.TODO
    cases.answer(desk, ref, {"self_harm": "declined"}, settles=True)
    assert _state(desk, ref, "X02") is StepState.DONE


def test_the_triage_questions_are_done_when_the_kind_is_known_too(desk: session.Desk) -> None:
    """Answers given on the command line, one by one or from paper, settle nothing by themselves."""
    ref = _new(desk, CALM)
    cases.answer(desk, ref, {"student_now": "with_me"}, settles=True)
    assert _state(desk, ref, "X05") is StepState.TODO
    cases.add_kinds(desk, ref, [Kind.GROOM])
    cases.answer(desk, ref, {"sexual_element": "no"}, settles=True)
    assert _state(desk, ref, "X05") is StepState.TODO
    cases.answer(desk, ref, {"meeting_travel": "none"})
    assert _state(desk, ref, "X05") is StepState.TODO
    cases.answer(desk, ref, {"age_band": "13_15"}, settles=True)
    assert _state(desk, ref, "X05") is StepState.DONE


def test_a_student_whom_a_friend_reports_is_not_in_the_room_because_nobody_knows(desk: session.Desk) -> None:
    """«Chưa rõ» is no yes: 113 first, then 115 to where the student is; nobody is told to sit with them."""
    ref = _new(
        desk,
        {"danger_now": "yes", "whereabouts": "unknown", "student_now": "unknown"},
        channel=Channel.FRIEND,
    )
    steps = [one.planned.id for one in view.case(desk, ref).steps]
    assert view.case(desk, ref).line.next_step == "XA2"
    assert "X04d" in steps
    assert not {"X01", "X04a", "X04b"} & {*steps}


def test_a_level_is_open_while_nobody_has_said_what_it_is_about(desk: session.Desk) -> None:
    ref = _new(desk, CALM | {"student_now": "with_me"})
    line = view.case(desk, ref).line
    assert (line.level, line.provisional, line.unsettled) == (Level.LOW, False, True)
    cases.add_kinds(desk, ref, [Kind.CONTROL])
    cases.answer(desk, ref, {"fear": "no", "lives_with_offender": "no"})
    assert not view.case(desk, ref).line.unsettled


def test_undo_says_what_it_takes_back(desk: session.Desk) -> None:
    ref = _new(desk)
    cases.answer(desk, ref, {"danger_now": "yes"})
    cases.note(desk, ref, "Em đang ở phòng y tế.", private=True)
    note = undo.take_back(desk, ref)
    assert note.said().endswith("– Em đang ở phòng y tế.")
    assert note.note is not None
    assert (note.note.text, note.note.private) == ("Em đang ở phòng y tế.", True)
    assert undo.take_back(desk, ref).said().endswith("– Đang gặp nguy hiểm: có")
