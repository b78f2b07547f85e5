"""What is asked of a case, in which order, and what becomes of the steps that consist of questions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from triage import clock, errors, models
from triage.desk import cases, evidence, questions, session, steps, undo, view
from triage.store.records import steps as step_rows
from triage.terms import Channel, Kind, Level, Part, StepState

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
    assert _state(desk, ref, "X05") is StepState.TODO, "what could raise the level was not asked"
    rest = {one.key: one.values[0] for one in questions.of_case(desk, ref) if one.raises}
    assert "intimate_image" in rest
    cases.answer(desk, ref, rest, settles=True)
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
    (row,) = note.rows
    assert isinstance(row, models.Note) and (row.text, row.private) == ("Em đang ở phòng y tế.", True)
    assert undo.take_back(desk, ref).said().endswith("– Đang gặp nguy hiểm: có")


def _open_now(desk: session.Desk, ref: str) -> list[str]:
    return [one.planned.id for one in view.case(desk, ref).steps if one.state is StepState.TODO]


def _text(desk: session.Desk, ref: str, step: str) -> str:
    (found,) = (one.planned.vi for one in view.case(desk, ref).steps if one.planned.id == step)
    return found


MISSING = {"whereabouts": "unreachable", "student_now": "not_reached"}
GONE = {"whereabouts": "unreachable", "student_now": "not_reached"}
FOUND = {"whereabouts": "known_safe", "student_now": "with_me"}


def test_a_student_who_is_missing_again_is_called_for_again(desk: session.Desk) -> None:
    """The first call stays on the list as made; the second has a row of its own, and undo takes it away."""
    ref = _new(desk, CALM | MISSING, channel=Channel.FRIEND)
    steps.done(desk, ref, "XA2", result="Đã gọi 113")
    assert "XA2.2" not in _open_now(desk, ref)
    cases.answer(desk, ref, {"danger_now": "yes"})
    assert "XA2.2" not in _open_now(desk, ref), "the same need, told in more words"
    cases.answer(desk, ref, FOUND | {"danger_now": "no"})
    cases.answer(desk, ref, MISSING)
    assert view.case(desk, ref).line.next_step == "XA2.2"
    (first,) = (one for one in view.case(desk, ref).steps if one.planned.id == "XA2")
    assert (first.state, first.result) == (StepState.DONE, "Đã gọi 113")
    (more,) = (one for one in view.case(desk, ref).steps if one.planned.id == "XA2.2")
    assert more.text("vi").startswith("Lần nữa: Gọi 113") and more.text("en").startswith("Again: Call 113")
    undo.take_back(desk, ref)
    assert "XA2.2" not in [one.planned.id for one in view.case(desk, ref).steps]
    for number in range(2, 13):
        cases.answer(desk, ref, MISSING)
        assert view.case(desk, ref).line.next_step == f"XA2.{number}"
        steps.done(desk, ref, f"XA2.{number}")
        cases.answer(desk, ref, FOUND)


def test_a_threat_that_is_told_later_is_called_for(desk: session.Desk) -> None:
    """After the call for a missing student, after the call for a meeting: somebody who threatens stands there now."""
    threat = {"danger_now": "yes", "threat_here": "yes", "needs_medical_help": "no"}
    calm = {"live_control": "no", "compliance": "no", "intimate_image": "none", "meeting_travel": "none",
            "loss_recent_24h": "no"}  # fmt: skip
    ref = _new(desk, CALM | MISSING, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, ref, "Y3")
    cases.answer(desk, ref, FOUND | calm)
    assert not {"Y3.2", "X04b", "XA2"} & {*_open_now(desk, ref)}
    cases.answer(desk, ref, threat)
    assert view.case(desk, ref).line.next_step == "X04b"
    ref = _new(
        desk, CALM | FOUND | {"sexual_element": "no", "meeting_travel": "within_24h_or_under_way"}, Kind.GROOM
    )
    steps.done(desk, ref, "G1")
    assert "X04b" not in _open_now(desk, ref), "the same need, told in another call"
    cases.answer(desk, ref, threat)
    assert view.case(desk, ref).line.next_step == "X04b"
    ref = _new(desk, CALM | FOUND | {"meeting_travel": "within_24h_or_under_way"})
    steps.done(desk, ref, "X04b")
    cases.answer(desk, ref, threat)
    assert view.case(desk, ref).line.next_step == "X04b.2"


def test_a_call_that_is_needed_by_what_was_told_is_not_held_back(desk: session.Desk) -> None:
    """A kind that is added opens questions; it does not take the call away, and answering them asks for no second."""
    ref = _new(
        desk, CALM | FOUND | {"violence_threat": "specific_target", "means_or_plan": "yes"}, Kind.VIOLENCE
    )
    assert "X04b" in _open_now(desk, ref)
    cases.add_kinds(desk, ref, [Kind.NCII])
    assert "X04b" in _open_now(desk, ref)
    steps.done(desk, ref, "X04b")
    cases.answer(desk, ref, {"spread": "none", "extortion_active": "no", "impact": "none"})
    assert "X04b.2" not in _open_now(desk, ref)


def test_danger_told_of_one_student_is_called_for_whatever_was_called_before(desk: session.Desk) -> None:
    """The call was made for the other one, while the first only had a meeting ahead of her."""
    ref = _new(desk, CALM | FOUND | {"meeting_travel": "within_24h_or_under_way"}, Kind.GROOM)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, {"danger_now": "yes"}, person=letter)
    for call in ("X04a", "X04b"):
        steps.done(desk, ref, call)
    cases.answer(desk, ref, {"danger_now": "yes"}, person="A")
    assert {"X04a.2", "X04b.2"} <= {*_open_now(desk, ref)}
    assert _text(desk, ref, "X04b.2").startswith("Lần nữa, cho em A: ")


def test_an_old_with_me_does_not_hide_that_a_student_is_gone(desk: session.Desk) -> None:
    ref = _new(desk, CALM | FOUND)
    cases.answer(desk, ref, {"whereabouts": "unreachable"})
    assert view.case(desk, ref).line.next_step == "XA2"
    assert view.case(desk, ref).instead() == "away_clock"


def test_a_call_that_waits_does_not_wait_for_another_student(desk: session.Desk, at: clock.SetClock) -> None:
    ref = _new(desk, CALM | MISSING, channel=Channel.FRIEND)
    steps.wait(desk, ref, "XA2", at.at + timedelta(hours=1), "Công an gọi lại.")
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, CALM | MISSING, person=letter)
    assert "XA2.2" in _open_now(desk, ref)
    cases.answer(desk, ref, FOUND, person=letter)
    assert "XA2.2" not in _open_now(desk, ref), "a slip that was corrected leaves no second call"


def test_what_was_told_outside_for_one_student_was_not_told_for_one_added_later(
    desk: session.Desk, at: clock.SetClock
) -> None:
    """111 and the police know of the first; the second's own answers call for a report of her own."""
    at_home = {
        "lives_with_offender": "yes",
        "fear_home": "yes",
        "offender": "caregiver",
        "guardian_safe": "no",
    }
    touched = {
        "offline_sexual_contact": "within_72h",
        "offender": "adult",
        "guardian_safe": "yes",
        "fear_home": "no",
    }
    calm = CALM | FOUND | {"sexual_element": "no", "meeting_travel": "none"}
    ref = _new(desk, calm | at_home | {"offline_sexual_contact": "over_72h"}, Kind.GROOM)
    assert "X04c" in _open_now(desk, ref)
    at.at += timedelta(minutes=5)
    steps.done(desk, ref, "X04c")
    steps.done(desk, ref, "X10")
    at.at += timedelta(minutes=5)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    assert not {"G5", "X04c.2", "X10.2"} & {*_open_now(desk, ref)}, "nothing is told of her yet"
    cases.answer(desk, ref, calm | touched, person=letter)
    assert {"G5", "X10.2"} <= {*_open_now(desk, ref)}
    assert _text(desk, ref, "X10.2").startswith("Lần nữa, cho em B: Báo hiệu trưởng")
    undo.take_back(desk, ref)
    assert not {"G5", "X10.2"} & {*_open_now(desk, ref)}
    cases.answer(desk, ref, calm | touched, person=letter)
    at.at += timedelta(minutes=5)
    steps.done(desk, ref, "G5")
    steps.done(desk, ref, "X10.2")
    assert not {"G5", "X10.3", "X13"} & {*_open_now(desk, ref)}


def test_what_was_said_of_a_former_danger_says_nothing_of_a_new_one(desk: session.Desk) -> None:
    """«No» is asked again, and until then the calls stand; what has not changed is kept, and undo gives it back."""
    no = {"threat_here": "no", "needs_medical_help": "no"}
    ref = _new(desk, CALM | FOUND | {"danger_now": "yes"} | no)
    assert not {"X04a", "X04b"} & {*_open_now(desk, ref)}
    cases.answer(desk, ref, {"danger_now": "no"})
    cases.answer(desk, ref, {"danger_now": "yes"})
    assert view.case(desk, ref).line.next_step == "X04a"
    assert "X04b" in _open_now(desk, ref)
    asked = {one.key: one.answer for one in questions.of_case(desk, ref)}
    assert asked["threat_here"] is asked["needs_medical_help"] is None
    undo.take_back(desk, ref)
    undo.take_back(desk, ref)
    assert not {"X04a", "X04b"} & {*_open_now(desk, ref)}
    cases.answer(desk, ref, {"danger_now": "no"} | no)
    assert view.case(desk, ref).circumstances["threat_here"] == "no"


def test_of_two_students_the_second_is_called_for_when_it_is_told(desk: session.Desk) -> None:
    """Added before the call, told after it: the call was not for her. Of one student nothing is asked for twice."""
    ref = _new(desk, CALM | MISSING, Kind.VKIDNAP, channel=Channel.FRIEND)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    steps.done(desk, ref, "Y3")
    cases.answer(desk, ref, {"age_band": "16_17"}, person=letter)
    assert "Y3.2" not in _open_now(desk, ref), "nothing was told of her yet"
    cases.answer(desk, ref, CALM | MISSING, person=letter)
    assert view.case(desk, ref).line.next_step == "Y3.2"
    assert _text(desk, ref, "Y3.2").startswith("Lần nữa, cho em B: Gọi 113 ngay")
    alone = _new(desk, {}, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, alone, "Y3")
    cases.answer(desk, alone, CALM | MISSING | {"live_control": "yes"})
    assert "Y3.2" not in _open_now(desk, alone)


@pytest.mark.parametrize(
    ("channel", "call"), [(Channel.NOTE, "X04d"), (Channel.PHONE, "X04d"), (Channel.IN_PERSON, "X04a")]
)
def test_nobody_stays_beside_a_student_who_wrote_or_called(
    desk: session.Desk, channel: Channel, call: str
) -> None:
    assert view.case(desk, _new(desk, {"self_harm": "acute"}, channel=channel)).line.next_step == call
    where = {"self_harm": "acute", "whereabouts": "unknown", "student_now": "unknown"}
    first = view.case(desk, _new(desk, where, channel=channel)).line.next_step
    assert first == ("X04a" if channel is Channel.IN_PERSON else "XA2")


@pytest.mark.parametrize(
    ("one", "other", "call"),
    [
        (MISSING, MISSING, "XA2"),
        (
            FOUND | {"danger_now": "yes", "needs_medical_help": "yes", "threat_here": "no"},
            FOUND | {"self_harm": "acute"},
            "X04a",
        ),
    ],
)
def test_a_call_made_for_one_student_was_not_made_for_the_other(
    desk: session.Desk, one: dict[str, str], other: dict[str, str], call: str
) -> None:
    ref = _new(desk, CALM | one)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    steps.done(desk, ref, call)
    assert f"{call}.2" not in _open_now(desk, ref)
    cases.answer(desk, ref, CALM | other, person=letter)
    assert view.case(desk, ref).line.next_step == f"{call}.2"


def test_what_is_said_of_one_student_takes_no_call_from_another(desk: session.Desk) -> None:
    """The circumstances are the case's: «no» about one is not «no» about both."""
    threatened = {"danger_now": "yes", "threat_here": "yes", "needs_medical_help": "no"}
    ref = _new(desk, CALM | FOUND | threatened)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    hurt = {"danger_now": "yes", "threat_here": "no", "needs_medical_help": "yes"}
    cases.answer(desk, ref, CALM | FOUND | hurt, person=letter)
    assert {"X04a", "X04b"} <= {*_open_now(desk, ref)}


@pytest.mark.parametrize(("where", "call"), [(FOUND, "X04a"), ({"student_now": "reachable"}, "X04d")])
def test_a_plan_that_was_told_waits_for_no_other_question(
    desk: session.Desk, where: dict[str, str], call: str
) -> None:
    """115 stands first while other questions are open, even one that the student would rather not answer."""
    ref = _new(desk, where | {"self_harm": "acute", "danger_now": "declined", "whereabouts": "known_safe"})
    assert view.case(desk, ref).line.provisional
    assert view.case(desk, ref).line.next_step == call


def test_asked_and_nobody_knows_is_missing(desk: session.Desk) -> None:
    """A friend reports; where she is and whether she can be reached: «chưa rõ». Unasked, nobody is called yet."""
    asked = {"whereabouts": "unknown", "student_now": "unknown"}
    missing = _new(desk, asked, channel=Channel.FRIEND)
    assert view.case(desk, missing).line.next_step == "XA2"
    steps.done(desk, missing, "XA2")
    assert view.case(desk, missing).instead() == "away_clock", "after the call too"
    assert view.case(desk, _new(desk, channel=Channel.FRIEND)).line.next_step == "XA1"
    assert view.case(desk, _new(desk, asked)).line.next_step == "X01"


@pytest.mark.parametrize(
    "channel", [Channel.PHONE, Channel.MESSAGE, Channel.NOTE, Channel.HOTLINE, Channel.FRIEND]
)
def test_nobody_is_told_to_stay_with_a_student_who_is_not_there(desk: session.Desk, channel: Channel) -> None:
    assert view.case(desk, _new(desk, channel=channel)).instead() == "ask_clock"
    assert view.case(desk, _new(desk)).instead() == ""
    assert view.case(desk, _new(desk, {"student_now": "with_me"}, channel=channel)).instead() == ""


def test_who_was_searched_for_and_is_found_is_told_to_those_who_search(desk: session.Desk) -> None:
    """Found: 113 is told, nobody asks any more when she was last seen, and the family is still told not to pay."""
    ref = _new(desk, MISSING, Kind.VKIDNAP, channel=Channel.FRIEND)
    assert "XA5" not in _open_now(desk, ref)
    steps.done(desk, ref, "Y3")
    assert {"XA1", "Y4"} <= {*_open_now(desk, ref)}
    cases.answer(desk, ref, {"whereabouts": "known_safe", "danger_now": "no"})
    assert view.case(desk, ref).line.next_step == "XA5"
    cases.answer(desk, ref, {"live_control": "yes", "student_now": "reachable"})
    assert "Y1b" in _open_now(desk, ref), "whoever is near ends the call"
    cases.answer(desk, ref, {"live_control": "no"})
    assert "Y1b" not in _open_now(desk, ref)
    assert "XA1" not in _open_now(desk, ref)
    cases.answer(desk, ref, CALM | {"live_control": "no", "compliance": "no", "intimate_image": "none",
                                     "loss_recent_24h": "no", "meeting_travel": "none"})  # fmt: skip
    assert "Y4" in _open_now(desk, ref)
    quiet = _new(desk, {"whereabouts": "known_safe"}, channel=Channel.FRIEND)
    assert "XA5" not in _open_now(desk, quiet), "nobody was told that she was gone"


@pytest.mark.parametrize("said", ["nssi", "passive", "method_no_intent", "acute"])
@pytest.mark.parametrize("where", ["with_me", "reachable"])
def test_who_speaks_of_death_is_not_left_alone(desk: session.Desk, said: str, where: str) -> None:
    """Means put away, a second adult, nobody goes home alone: among the first things, not in the evening."""
    ref = _new(desk, CALM | FOUND | {"self_harm": said, "student_now": where}, Kind.GROOM)
    assert "X30" in _open_now(desk, ref)[:4]
    cases.answer(desk, ref, {"self_harm": "none"})
    assert "X30" not in _open_now(desk, ref)


@pytest.mark.parametrize("kind", [Kind.GROOM, Kind.CONTROL, Kind.SCAM, Kind.VKIDNAP, Kind.SEXTORT])
def test_who_will_not_say_is_asked_again_today(desk: session.Desk, kind: Kind) -> None:
    """Silence about death is no «no»: stay near, ask again before the student goes home; no question presses."""
    ref = _new(desk, CALM | FOUND | {"self_harm": "declined"}, kind)
    assert {"X31"} == {"X31", "ASK.self_harm"} & set(_open_now(desk, ref))
    (step,) = (one for one in view.case(desk, ref).steps if one.planned.id == "X31")
    assert step.due_at is not None and step.due_at <= desk.now() + timedelta(hours=1)
    for said in ("unknown", "none"):
        cases.answer(desk, ref, {"self_harm": said})
        assert "X31" not in _open_now(desk, ref)


def test_what_was_told_while_the_student_was_missing_is_asked_again(
    desk: session.Desk, at: clock.SetClock
) -> None:
    """Found: whether somebody still gives orders is asked; until it is, the level does not fall."""
    missing = {"whereabouts": "isolated_by_order", "student_now": "not_reached", "danger_now": "yes",
               "live_control": "yes", "meeting_travel": "within_24h_or_under_way"}  # fmt: skip
    ref = _new(desk, missing, Kind.VKIDNAP, channel=Channel.FRIEND)
    again = {"ASK.danger_now", "ASK.live_control", "ASK.meeting_travel"}
    assert not again & set(_open_now(desk, ref))
    at.at += timedelta(minutes=20)
    cases.answer(desk, ref, FOUND)
    assert again <= set(_open_now(desk, ref))
    assert "live_control" in view.case(desk, ref).ask_again
    cases.answer(desk, ref, {"whereabouts": "unreachable"})
    assert not again & set(_open_now(desk, ref)), "missing again, though «with me» still stands"
    undo.take_back(desk, ref)
    assert view.case(desk, ref).line.level is Level.CRITICAL
    cases.answer(desk, ref, {"live_control": "yes"})
    assert again & set(_open_now(desk, ref)) == {"ASK.danger_now", "ASK.meeting_travel"}, (
        "still so: it was asked"
    )
    cases.answer(desk, ref, {"live_control": "no", "danger_now": "no", "meeting_travel": "none"})
    assert not again & set(_open_now(desk, ref))
    here = _new(desk, FOUND | {"live_control": "yes"}, Kind.VKIDNAP)
    assert "ASK.live_control" not in _open_now(desk, here), "never missing"
    for _turn in range(3):
        undo.take_back(desk, ref)
    assert not again & set(_open_now(desk, ref))
    assert view.case(desk, ref).answers["A"]["live_control"] == "yes"


def test_a_life_comes_before_the_voice_on_the_phone(desk: session.Desk) -> None:
    """Orders by phone to a student who has a plan to die: 115 first, by a second adult; then the call is ended."""
    ref = _new(desk, FOUND | {"live_control": "yes", "self_harm": "acute"}, Kind.VKIDNAP)
    assert _open_now(desk, ref)[:2] == ["X04a", "Y1"]


def test_the_family_is_told_not_to_pay_before_the_open_questions(desk: session.Desk) -> None:
    """They may be paying this minute; whether they are safe to tell is found out just before."""
    missing = {"whereabouts": "unreachable", "extortion_active": "yes", "demand": "money"}
    ref = _new(desk, missing, Kind.VKIDNAP, channel=Channel.FRIEND)
    order = [one.planned.id for one in view.case(desk, ref).steps]
    asked = [order.index(name) for name in order if name.startswith("ASK.")]
    assert order.index("Y3") < order.index("X06") < order.index("Y4") < min(asked)


def test_who_must_be_met_today_is_not_met_alone(desk: session.Desk) -> None:
    """Within the hour, not tomorrow; and while demands are made nothing is sent, in every kind."""
    told = {"fear": "yes", "offender": "partner", "control_signs": "2+", "extortion_active": "yes"}
    ref = _new(desk, CALM | FOUND | told | {"meets_offender_today": "yes"}, Kind.CONTROL)
    assert {"K9", "X29"} <= set(_open_now(desk, ref))
    cases.answer(desk, ref, {"meets_offender_today": "no", "extortion_active": "no"})
    assert not {"K9", "X29"} & set(_open_now(desk, ref))


def test_a_declined_question_holds_no_call_back(desk: session.Desk) -> None:
    """A picture, a deadline tonight: the report and 111 do not wait for an answer that the student will not give."""
    told = {"student_now": "with_me", "deadline": "within_24h", "extortion_active": "yes", "demand": "money",
            "intimate_image": "threatened", "impact": "upset", "loss_recent_24h": "no", "age_band": "13_15",
            "lives_with_offender": "no", "offender": "unknown_online"}  # fmt: skip
    ref = _new(desk, CALM | told | {"self_harm": "unknown"}, Kind.SEXTORT)
    assert "Z5" not in _open_now(desk, ref)
    assert "Z5" in {one.id for one in view.case(desk, ref).held_back}
    cases.answer(desk, ref, {"self_harm": "declined"})
    assert {"Z5", "X31"} <= set(_open_now(desk, ref))
    assert not view.case(desk, ref).held_back
    alone = _new(desk, CALM | FOUND | {"self_harm": "declined"}, Kind.SELFHARM)
    steps_ = [one.planned for one in view.case(desk, alone).steps]
    assert not [one.id for one in steps_ if one.irreversible], (
        "through the declined answer alone nobody is told"
    )


def test_who_searches_is_told_even_while_somebody_still_gives_orders(
    desk: session.Desk, at: clock.SetClock
) -> None:
    """Found, and the calls go on: 113 must not search on for that."""
    ref = _new(desk, GONE | {"live_control": "yes"}, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, ref, "Y3")
    assert "XA5" not in _open_now(desk, ref)
    at.at += timedelta(minutes=20)
    cases.answer(desk, ref, FOUND)
    assert "XA5" in _open_now(desk, ref)
    cases.answer(desk, ref, {"live_control": "yes"})
    assert "XA5" in _open_now(desk, ref)
    cases.answer(desk, ref, GONE)
    assert "XA5" not in _open_now(desk, ref)


def test_each_time_and_for_each_student_those_who_search_are_told(
    desk: session.Desk, at: clock.SetClock
) -> None:
    """Found, missing, found again; and the second of two. Of who was never missing nobody is told anything."""
    ref = _new(desk, GONE, Kind.CONTROL, channel=Channel.FRIEND)
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, CALM | FOUND, person=other)

    def turn(answers: dict[str, str], person: str, call: str) -> None:
        at.at += timedelta(minutes=5)
        cases.answer(desk, ref, answers, person=person)
        assert call in _open_now(desk, ref), (answers, person)
        steps.done(desk, ref, call)

    steps.done(desk, ref, "XA2")
    assert "XA5" not in _open_now(desk, ref), "B was never missing"
    turn(FOUND, "A", "XA5")
    turn(GONE, "A", "XA2.2")
    turn(FOUND, "A", "XA5.2")
    turn(GONE, other, "XA2.3")
    turn(FOUND, other, "XA5.3")
    assert not {one for one in _open_now(desk, ref) if one.startswith(("XA2", "XA5"))}


def test_a_call_for_one_is_no_report_for_the_other(desk: session.Desk, at: clock.SetClock) -> None:
    """113 searches for B: what happened to A is still to be told to the police and to 111."""
    told = {"student_now": "with_me", "extortion_active": "yes", "impact": "none", "intimate_image": "threatened",
            "self_harm": "none", "loss_recent_24h": "no", "deadline": "none", "age_band": "16_17"}  # fmt: skip
    ref = _new(desk, CALM | told, Kind.SEXTORT)
    assert "Z5" in _open_now(desk, ref)
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, GONE, person=other)
    steps.done(desk, ref, "XA2")
    assert "Z5" in _open_now(desk, ref)
    at.at += timedelta(minutes=5)
    cases.answer(desk, ref, CALM | FOUND, person=other)
    steps.done(desk, ref, "XA5")
    assert "Z5" in _open_now(desk, ref)


def test_whose_home_nobody_asked_about_is_not_called(desk: session.Desk) -> None:
    """A said that her parents may be told; of B's home nobody has asked: nothing is told there until somebody does."""
    told = {"student_now": "with_me", "extortion_active": "yes", "impact": "none", "intimate_image": "threatened",
            "self_harm": "none", "loss_recent_24h": "no", "deadline": "none", "age_band": "13_15"}  # fmt: skip
    ref = _new(desk, CALM | told | {"guardian_safe": "yes", "fear_home": "no"}, Kind.SEXTORT)
    steps.done(desk, ref, "X06")
    assert "Z8" in _open_now(desk, ref)
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, CALM | told, person=other)

    def home() -> str:
        return next(one.text("vi") for one in view.case(desk, ref).steps if one.planned.id == "Z8")

    assert home().startswith("(A) ")
    cases.answer(desk, ref, {"guardian_safe": "yes", "fear_home": "no"}, person=other)
    assert not home().startswith("(")


def test_who_was_not_known_to_be_anywhere_is_found_too(desk: session.Desk, at: clock.SetClock) -> None:
    """Nobody knew where she was, 113 was called; known and safe now: they are told."""
    told = {"whereabouts": "unknown", "student_now": "unknown"}
    ref = _new(desk, told, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, ref, "Y3")
    at.at += timedelta(minutes=5)
    cases.answer(desk, ref, {"whereabouts": "known_safe"})
    assert "XA5" in _open_now(desk, ref)


def test_safe_answers_of_one_take_no_call_from_the_other(desk: session.Desk) -> None:
    """A's report and bank call stand while B is asked, one question at a time."""
    told = {"student_now": "with_me", "deadline": "within_24h", "extortion_active": "yes", "impact": "none",
            "intimate_image": "threatened", "self_harm": "none", "loss_recent_24h": "yes",
            "age_band": "13_15"}  # fmt: skip
    ref = _new(desk, CALM | told, Kind.SEXTORT)
    calls = {"Z5", "X10", "X28"}
    assert calls <= set(_open_now(desk, ref))
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    safe = CALM | {"student_now": "with_me", "impact": "none", "deadline": "none", "extortion_active": "no"}
    for key, value in safe.items():
        cases.answer(desk, ref, {key: value}, person=other)
        assert calls <= set(_open_now(desk, ref)), key


def test_undo_brings_back_the_row_of_a_call(desk: session.Desk, at: clock.SetClock) -> None:
    """Once more it was to be called; an answer took it away, and taken back it stands there as it was."""
    ref = _new(desk, GONE | {"live_control": "yes"}, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, ref, "Y3")
    for answers in (FOUND, {"live_control": "no"}, GONE):
        at.at += timedelta(minutes=5)
        cases.answer(desk, ref, answers)
    before = [(one.planned.id, one.due_at, one.state) for one in view.case(desk, ref).steps]
    assert "Y3.2" in _open_now(desk, ref)
    cases.answer(desk, ref, FOUND)
    assert "Y3.2" not in _open_now(desk, ref)
    undo.take_back(desk, ref)
    assert [(one.planned.id, one.due_at, one.state) for one in view.case(desk, ref).steps] == before


def test_what_is_not_needed_any_more_is_not_taken_up(desk: session.Desk) -> None:
    """It would be gone from the list, and with it that the call was made."""
    ref = _new(desk, GONE, Kind.VKIDNAP, channel=Channel.FRIEND)
    steps.done(desk, ref, "Y2")
    cases.answer(desk, ref, FOUND | CALM | {"live_control": "no"})
    with pytest.raises(errors.Refused) as refused:
        steps.take_up(desk, ref, "Y2")
    assert refused.value.code == "step-not-on-list"
    assert _state(desk, ref, "Y2") is StepState.DONE


def test_of_two_students_a_step_says_for_whom_it_is(desk: session.Desk) -> None:
    """One is here, one is missing: no step reads as if it were for the other; what both need has no letter."""
    ref = _new(desk, CALM | FOUND, Kind.VKIDNAP)
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, GONE, person=other)
    seen = view.case(desk, ref)
    said = {one.planned.id: one.text("vi") for one in seen.steps}
    assert said["X01"].startswith("(A) Đưa em")
    assert said["Y2"].startswith("(B) ")
    assert not said["X06"].startswith("(")
    assert seen.instead() == "both_clock"
    steps.done(desk, ref, "X01")
    (done,) = (one for one in view.case(desk, ref).steps if one.planned.id == "X01")
    assert not done.text("vi").startswith("(")


def test_an_answer_replaces_none_that_was_not_seen(desk: session.Desk) -> None:
    """Another desk has told of danger meanwhile: what was looked at as unanswered is not answered over it."""
    ref = _new(desk)
    cases.answer(desk, ref, {"danger_now": "yes"})
    before = view.case(desk, ref).newest
    for seen in (None, "no"):
        with pytest.raises(errors.Refused) as refused:
            cases.answer(desk, ref, {"danger_now": "no"}, seen={"danger_now": seen})
        assert refused.value.code == "answered-elsewhere"
    assert view.case(desk, ref).newest == before
    assert view.case(desk, ref).answers["A"] == {"danger_now": "yes"}
    cases.answer(desk, ref, {"threat_here": "yes"}, seen={"threat_here": None})
    with pytest.raises(errors.Refused):
        cases.answer(desk, ref, {"threat_here": "no"}, seen={"threat_here": None})
    cases.answer(desk, ref, {"danger_now": "no"}, seen={"danger_now": "yes"})
    assert view.case(desk, ref).answers["A"] == {"danger_now": "no"}


def test_undo_gives_back_what_was_written(desk: session.Desk) -> None:
    """A reference, a trace, a reason: the rows that the act had written are told."""
    ref = _new(desk)
    evidence.refer(desk, ref, evidence.Reference("ảnh chụp", "Zalo", "mẹ em", 2))
    cases.add_indicator(desk, ref, "phone", "0000 000 000")
    steps.skip(desk, ref, "X05", "Em mệt, hẹn mai.", agreed_by="Cô Bình, có mặt")
    kinds = [type(row).__name__ for _turn in range(3) for row in undo.take_back(desk, ref).rows[:1]]
    assert kinds == ["Step", "Indicator", "Evidence"]


def test_a_call_of_a_store_of_the_first_format_counts_for_nobody(desk: session.Desk) -> None:
    """It was not written down who needed it: a new need is asked for rather than taken as met."""
    ref = _new(desk, CALM | MISSING, channel=Channel.FRIEND)
    steps.done(desk, ref, "XA2")
    cases.answer(desk, ref, FOUND)
    with desk.on_case("case.noted", ref) as on:
        step_rows.find(on.session, on.case.id, "XA2").needed_by = None
    cases.answer(desk, ref, MISSING)
    assert view.case(desk, ref).line.next_step == "XA2.2"
