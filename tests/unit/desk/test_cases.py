"""What the desk promises about cases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from triage import clock, errors, models
from triage.desk import cases, decisions, session, steps, undo, upkeep, view
from triage.store import audit
from triage.store.records import cases as case_rows
from triage.terms import CloseReason, Kind, Level, Part, StepState

SAFE = {
    "danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me", "age_band": "13_15",
}  # fmt: skip
BLACKMAIL = SAFE | {
    "impact": "upset", "loss_recent_24h": "no", "deadline": "within_24h", "extortion_active": "yes",
    "intimate_image": "threatened",
}  # fmt: skip


def _new(desk: session.Desk, *kinds: Kind, answers: dict[str, str] | None = None, **values: Any) -> str:
    return cases.new(desk, cases.NewCase(kinds=kinds or (Kind.UNSURE,), answers=answers or {}, **values)).ref


def _entries(desk: session.Desk) -> int:
    with desk.opened.reading() as rows:
        return len(audit.entries(rows, limit=100_000))


def test_a_report_alone_opens_a_case(desk: session.Desk) -> None:
    """Nothing but a report is needed: the case is provisional and its first steps stand."""
    seen = view.case(desk, _new(desk))
    assert seen.line.ref == "2026-0001"
    assert seen.line.provisional
    assert seen.line.next_step is not None
    assert {"ASK.danger_now", "ASK.self_harm"} <= {step.planned.id for step in seen.steps}


def test_references_count_up_and_pupils_are_random(desk: session.Desk) -> None:
    """Each case gets the next number of its year and a pupil code of its own."""
    first, second = (cases.new(desk, cases.NewCase()) for _twice in range(2))
    assert (first.ref, second.ref) == ("2026-0001", "2026-0002")
    assert first.pupils != second.pupils


def test_a_known_pupil_is_recognised_and_a_stranger_refused(desk: session.Desk) -> None:
    """A pupil code is reused only when it was given here."""
    known = cases.new(desk, cases.NewCase()).pupils
    again = cases.new(desk, cases.NewCase(pupils=known))
    assert again.pupils == known
    with pytest.raises(errors.UsageError) as refused:
        cases.new(desk, cases.NewCase(pupils=("HSXXXXXX",)))
    assert refused.value.code == "no-such-pupil"


def test_the_level_follows_the_answers_and_says_why(desk: session.Desk) -> None:
    """HIGH -> CRITICAL because the deadline changed, kept in the timeline."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL | {"deadline": "none"})
    assert view.case(desk, ref).line.level is Level.HIGH
    cases.answer(desk, ref, {"deadline": "within_24h"})
    seen = view.case(desk, ref)
    assert seen.line.level is Level.CRITICAL
    assert [change.level for change in seen.changes] == ["HIGH", "CRITICAL"]


def test_taking_an_answer_back_restores_level_and_due_times(desk: session.Desk, at: clock.SetClock) -> None:
    """Undo gives back exactly what was: level, steps, due times, and the answer itself."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL | {"deadline": "none"})
    before = view.case(desk, ref)
    at.at += timedelta(minutes=5)
    cases.answer(desk, ref, {"deadline": "within_24h"})
    assert undo.take_back(desk, ref).act == "case.answered"
    after = view.case(desk, ref)
    assert after.answers == before.answers
    assert after.line == before.line
    assert [(step.planned.id, step.due_at, step.state) for step in after.steps] == [
        (step.planned.id, step.due_at, step.state) for step in before.steps
    ]


def test_only_the_newest_act_is_taken_back_and_opening_is_not(desk: session.Desk) -> None:
    """Newest first, until nothing is left; the opening of a case has no way back."""
    ref = _new(desk)
    cases.note(desk, ref, "một")
    cases.note(desk, ref, "hai")
    assert undo.take_back(desk, ref).act == "case.noted"
    assert [note.text for note in view.case(desk, ref).notes] == ["một"]
    undo.take_back(desk, ref)
    with pytest.raises(errors.Refused) as refused:
        undo.take_back(desk, ref)
    assert refused.value.code == "nothing-to-undo"


def test_two_children_have_levels_of_their_own(desk: session.Desk) -> None:
    """One child's answers set the case's level and never the other child's own."""
    ref = _new(desk, Kind.BULLY, answers=SAFE | {"violence_threat": "none", "urged_self_harm": "no"})
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, SAFE | {"self_harm": "acute"}, person=letter)
    seen = view.case(desk, ref)
    assert seen.line.level is Level.CRITICAL
    own = {one.label: one.own_level for one in seen.people}
    assert own[letter] == "CRITICAL"
    assert own["A"] != "CRITICAL"
    with pytest.raises(errors.UsageError) as refused:
        cases.answer(desk, ref, {"self_harm": "none"})
    assert refused.value.code == "which-person"


def test_every_affected_student_has_her_steps(desk: session.Desk) -> None:
    """Two students of the same level: what only one of them needs is on the list, whoever comes first."""
    calm = SAFE | {"violence_threat": "specific_target", "urged_self_harm": "no"}
    for first, second in ((calm, calm | {"self_harm": "nssi"}), (calm | {"self_harm": "nssi"}, calm)):
        ref = _new(desk, Kind.BULLY, answers=first)
        letter = cases.add_person(desk, ref, Part.AFFECTED, {})
        cases.answer(desk, ref, second, person=letter)
        assert "X19" in {step.planned.id for step in view.case(desk, ref).steps}


def test_raising_needs_a_line_and_lowering_a_second_person(desk: session.Desk) -> None:
    """Up by anyone; down by one step, never while a C-rule fires."""
    ref = _new(desk, Kind.BULLY, answers=SAFE | {"repeated": "yes"})
    decisions.raise_level(desk, ref, Level.CRITICAL, "Em vừa nhận thêm tin dọa.")
    assert view.case(desk, ref).line.level is Level.CRITICAL
    with pytest.raises(errors.Refused) as refused:
        decisions.lower_level(desk, ref, Level.MEDIUM, "Nhầm.", "Thầy Bình")
    assert refused.value.code == "one-step-only"
    decisions.lower_level(desk, ref, Level.HIGH, "Đã rõ hơn.", "Thầy Bình")
    change = view.case(desk, ref).changes[-1]
    assert (change.level, change.agreed_by, change.agreement) == ("HIGH", "Thầy Bình", "claimed")
    danger = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    with pytest.raises(errors.Refused) as refused:
        decisions.lower_level(desk, danger, Level.HIGH, "Không tin.", "Thầy Bình")
    assert refused.value.code == "critical-not-lowered"


def test_a_kind_without_a_playbook_opens_with_the_common_steps(desk: session.Desk) -> None:
    """It says so, and the common steps stand."""
    opened = cases.new(desk, cases.NewCase(kinds=(Kind.BULLY,)))
    assert opened.without_playbook == (Kind.BULLY,)
    assert "X01" in {step.planned.id for step in view.case(desk, opened.ref).steps}


def test_a_case_keeps_the_playbook_it_began_with(desk: session.Desk) -> None:
    """When the shipped version is another one, the case's steps still come from the kept text."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    version = dict(view.case(desk, ref).playbooks)["SEXTORT"]
    words = next(step.planned.en for step in view.case(desk, ref).steps if step.planned.id == "Z4")
    with desk.opened.acting("test.older") as act:
        act.case = row = case_rows.find(act.session, ref)
        kept = act.session.get(models.PlaybookKept, ("SEXTORT", version))
        assert kept is not None
        older = kept.text.replace(version, "2026.1.1").replace(words, "OLD WORDS")
        act.session.add(models.PlaybookKept(kind="SEXTORT", version="2026.1.1", text=older))
        pinned = json.loads(row.playbooks) | {"SEXTORT": "2026.1.1"}
        row.playbooks = json.dumps(pinned, sort_keys=True)
    seen = view.case(desk, ref)
    assert dict(seen.playbooks)["SEXTORT"] == "2026.1.1"
    assert "OLD WORDS" in [step.planned.en for step in seen.steps]


def test_a_step_keeps_two_times_and_no_future(desk: session.Desk, at: clock.SetClock) -> None:
    """done_at and recorded_at are both kept; a time to come is refused."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    at.at += timedelta(minutes=40)
    steps.done(desk, ref, "X01", at=at.at - timedelta(minutes=35), reference="7", result="Em bình tĩnh hơn.")
    line = next(step for step in view.case(desk, ref).steps if step.planned.id == "X01")
    assert (line.state, line.recorded_at) == (StepState.DONE, at.at)
    assert line.at == at.at - timedelta(minutes=35)
    with pytest.raises(errors.UsageError) as refused:
        steps.done(desk, ref, "X03", at=at.at + timedelta(minutes=1))
    assert refused.value.code == "done-in-the-future"


def test_a_question_is_ticked_by_its_answer_alone(desk: session.Desk) -> None:
    """No tick without an answer; ``declined`` is an answer, and nobody asks again."""
    ref = _new(desk)
    with pytest.raises(errors.Refused) as refused:
        steps.done(desk, ref, "ASK.self_harm")
    assert refused.value.code == "question-needs-answer"
    cases.answer(desk, ref, {"self_harm": "declined", "danger_now": "no"})
    assert not {"ASK.self_harm", "ASK.danger_now"} & {step.planned.id for step in view.case(desk, ref).steps}
    assert "self_harm" in view.case(desk, ref).verdict.unknown_must_ask


def test_a_mandatory_step_is_skipped_by_two(desk: session.Desk) -> None:
    """It needs who decided too, and stays listed with the reason."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    with pytest.raises(errors.Refused) as refused:
        steps.skip(desk, ref, "X01", "Không kịp.")
    assert refused.value.code == "skip-needs-second"
    steps.skip(desk, ref, "X01", "Không kịp.", agreed_by="Thầy Bình")
    line = next(step for step in view.case(desk, ref).steps if step.planned.id == "X01")
    assert (line.state, line.reason, line.agreed_by) == (StepState.SKIPPED, "Không kịp.", "Thầy Bình")


def test_waiting_hides_no_overdue_step(desk: session.Desk, at: clock.SetClock) -> None:
    """What is overdue stays overdue while it waits."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    at.at += timedelta(hours=3)
    steps.wait(desk, ref, "X01", at.at + timedelta(days=1), "Chờ em.")
    line = next(step for step in view.case(desk, ref).steps if step.planned.id == "X01")
    assert line.state is StepState.WAITING
    assert line.overdue


def test_the_board_shows_the_earliest_first(desk: session.Desk, at: clock.SetClock) -> None:
    """A CRITICAL case is due before a LOW one; closed cases are not on the board."""
    calm = _new(desk, Kind.BULLY, answers=SAFE | {"violence_threat": "none", "urged_self_harm": "no"})
    danger = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    at.at += timedelta(hours=1)
    lines = [line for line, _text in view.due(desk, 10)]
    assert [line.ref for line in lines] != []
    assert {line.ref for line in lines} == {calm, danger}
    due = [line.next_due_at for line in lines]
    assert due == sorted(due, key=lambda moment: moment or at.at)
    assert all(line.overdue for line in lines if line.next_due_at and line.next_due_at < at.at)


def test_closing_waits_for_what_is_mandatory(desk: session.Desk) -> None:
    """Open mandatory steps, open questions and a missing second person each hold a case open."""
    ref = _new(desk, Kind.SEXTORT, answers=BLACKMAIL)
    with pytest.raises(errors.Refused) as refused:
        decisions.close(desk, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình")
    assert refused.value.code == "mandatory-open"
    assert re.search(
        r"X01 «Đưa em đến chỗ yên tĩnh.*…»; .*; và \d+ việc khác$", str(refused.value.values["steps"])
    )
    finish(desk, ref)
    with pytest.raises(errors.Refused) as refused:
        decisions.close(desk, ref, CloseReason.RESOLVED)
    assert refused.value.code == "second-person-needed"
    decisions.close(desk, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình")
    assert view.case(desk, ref).line.status == "closed"
    with pytest.raises(errors.Refused) as refused:
        cases.answer(desk, ref, {"deadline": "none"})
    assert refused.value.code == "case-closed"
    decisions.reopen(desk, ref, "Kẻ xấu nhắn lại.")
    assert view.case(desk, ref).line.status == "open"


def test_a_student_who_would_rather_not_say_does_not_hold_a_case_open(desk: session.Desk) -> None:
    """``declined`` is an answer: it counts as unknown for the level, and the case can still be closed."""
    answers = SAFE | {"violence_threat": "declined", "urged_self_harm": "no"}
    ref = _new(desk, Kind.BULLY, answers=answers)
    finish(desk, ref)
    decisions.close(desk, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình")
    assert view.case(desk, ref).line.status == "closed"


def finish(desk: session.Desk, ref: str) -> None:
    """Skip every mandatory step but the closing ones, by two; the student is safe, so no hourly check comes back."""
    cases.answer(desk, ref, {"safe": "yes"})
    for _round in range(12):
        left = [
            step.planned.id
            for step in view.case(desk, ref).steps
            if step.planned.mandatory
            and step.state is StepState.TODO
            and step.planned.id not in ("X24", "X25")
        ]
        if not left:
            return
        for step in left:
            steps.skip(desk, ref, step, "Thử.", agreed_by="Thầy Bình")


def test_free_text_fits_or_is_refused(desk: session.Desk) -> None:
    """2,000 characters of own words, 300 of a note; nothing is cut."""
    ref = _new(desk)
    cases.note(desk, ref, "a" * 2000, kind="words")
    with pytest.raises(errors.UsageError) as refused:
        cases.note(desk, ref, "a" * 301)
    assert refused.value.code == "text-too-long"
    with pytest.raises(errors.UsageError):
        cases.note(desk, ref, "a" * 2001, kind="words")


def test_search_needs_no_marks(desk: session.Desk) -> None:
    """``dat`` finds Đạt, in a name and in what was told."""
    ref = _new(desk, words="Bạn Đạt rủ em đi.")
    assert [line.ref for line in view.listed(desk, case_rows.Wanted(), search_for="dat")[0]] == [ref]
    assert view.listed(desk, case_rows.Wanted(), search_for="khongco")[0] == []
    cases.set_identity(desk, ref, "A", {"name": "Nguyễn Thị Ưu"})
    assert view.listed(desk, case_rows.Wanted(), search_for="uu")[1] == 1


def test_an_identity_is_shown_by_an_entry_only(desk: session.Desk) -> None:
    """The case itself never holds a name; showing one is written down."""
    ref = _new(desk)
    cases.set_identity(desk, ref, "A", {"name": "Nguyễn Thị Ưu"})
    assert "Ưu" not in str(view.case(desk, ref).as_json())
    before = _entries(desk)
    assert cases.show_identity(desk, ref, "A") == {"name": "Nguyễn Thị Ưu"}
    assert _entries(desk) == before + 1


def test_a_field_that_must_not_be_collected_is_refused(desk: session.Desk) -> None:
    """An identity has no place for anything else."""
    with pytest.raises(errors.UsageError) as refused:
        cases.check_identity({"religion": "x"})
    assert refused.value.code == "unknown-factor"


def test_registration_never_lies_before_the_last_entry(desk: session.Desk, at: clock.SetClock) -> None:
    """A clock set back does not register a student into an earlier month."""
    first = _new(desk)
    at.at -= timedelta(days=40)
    second = _new(desk)
    with desk.opened.reading() as rows:
        registered = [
            case_rows.people(rows, case_rows.find(rows, ref).id)[0].added_at for ref in (first, second)
        ]
    assert registered[1] >= registered[0]


ACTS: list[tuple[str, Callable[[session.Desk, str], object]]] = [
    ("answer", lambda desk, ref: cases.answer(desk, ref, {"self_harm": "none"})),
    ("note", lambda desk, ref: cases.note(desk, ref, "Một dòng.")),
    ("kinds", lambda desk, ref: cases.add_kinds(desk, ref, [Kind.SCAM])),
    ("person", lambda desk, ref: cases.add_person(desk, ref, Part.WITNESS, {"name": "Em B"})),
    ("indicator", lambda desk, ref: cases.add_indicator(desk, ref, "phone", "0900 000 111")),
    ("raise", lambda desk, ref: decisions.raise_level(desk, ref, Level.CRITICAL, "Vì lo.")),
    ("hold", lambda desk, ref: decisions.hold(desk, ref, True, "Công an yêu cầu.")),
    ("hold off", lambda desk, ref: decisions.hold(desk, ref, False, "Công an báo xong.")),
    ("assign", lambda desk, ref: decisions.assign(desk, ref, "Cô An")),
    ("step", lambda desk, ref: steps.done(desk, ref, "X01")),
    ("undo", lambda desk, ref: undo.take_back(desk, ref)),
    ("new", lambda desk, ref: cases.new(desk, cases.NewCase())),
]


def test_one_act_is_one_entry(desk: session.Desk) -> None:
    """Every acting function leaves exactly one entry; reading leaves none."""
    ref = _new(desk, answers=SAFE)
    for name, act in ACTS:
        before = _entries(desk)
        act(desk, ref)
        assert _entries(desk) == before + 1, name
    before = _entries(desk)
    view.case(desk, ref)
    view.due(desk, 10)
    view.listed(desk, case_rows.Wanted())
    assert _entries(desk) == before
    assert upkeep.verify_log(desk).whole


def test_an_act_that_fails_leaves_nothing(desk: session.Desk) -> None:
    """Half an act is no act: rows, search and log are as before."""
    ref = _new(desk)
    before = (view.case(desk, ref).as_json(), _entries(desk))
    with pytest.raises(errors.UsageError):
        steps.done(desk, ref, "X01", at=desk.now() + timedelta(days=1))
    assert (view.case(desk, ref).as_json(), _entries(desk)) == before
