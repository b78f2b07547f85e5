"""What the desk promises about lists, questions, the timeline, and a case that is taken over."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.desk.conftest import NOON, WORDS
from triage import clock, i18n
from triage.desk import (
    board,
    cases,
    decisions,
    evidence,
    log,
    packets,
    questions,
    session,
    steps,
    takeover,
    timeline,
    upkeep,
    view,
)
from triage.store import doctor
from triage.store.records import backups
from triage.store.records import cases as case_rows
from triage.terms import Channel, CloseReason, Kind, Level, Part, StepState

SAFE = {
    "danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me", "age_band": "13_15",
}  # fmt: skip


def _new(desk: session.Desk, *kinds: Kind, answers: dict[str, str] | None = None, words: str = "") -> str:
    report = cases.NewCase(kinds=kinds or (Kind.UNSURE,), answers=answers or {}, words=words)
    return cases.new(desk, report).ref


def _refs(desk: session.Desk, ids: object) -> list[str]:
    rows = board.rows(desk, list(ids))  # type: ignore[call-overload]
    return [rows[key].line.ref for key in ids]  # type: ignore[attr-defined]


def test_the_board_puts_the_graver_of_the_late_first(desk: session.Desk, at: clock.SetClock) -> None:
    """Late cases stand before all others, of them the graver first; an emergency counts as late an hour before."""
    at.at = NOON - timedelta(days=5)
    low = _new(desk, Kind.SCAM, answers=SAFE | {"impact": "upset", "loss_recent_24h": "no", "loss_band": "none",
                                                "extortion_active": "no"})  # fmt: skip
    at.at = NOON - timedelta(days=1)
    critical = _new(desk)
    at.at = NOON
    fresh = _new(desk)
    assert view.case(desk, low).line.overdue and view.case(desk, critical).line.overdue
    assert not view.case(desk, fresh).line.overdue
    assert _refs(desk, board.due(desk, 10)) == [critical, fresh, low]
    assert _refs(desk, board.due(desk, 1)) == [critical]
    for minutes, order in ((59, [critical, fresh, low]), (61, [critical, low, fresh])):
        for line in view.case(desk, fresh).steps:
            steps.set_due(desk, fresh, line.planned.id, NOON + timedelta(minutes=minutes), "Hẹn lại")
        assert _refs(desk, board.due(desk, 10)) == order


def test_lists_narrow_by_status_and_words(desk: session.Desk) -> None:
    """Open, closed, found by words without marks; newest first; no more than asked for."""
    first, second = _new(desk, words="Em ở trường Hoa Gạo"), _new(desk, words="Em ở nhà")
    assert _refs(desk, board.ids(desk)) == [second, first]
    assert _refs(desk, board.ids(desk, limit=1)) == [second]
    assert _refs(desk, board.ids(desk, search_for="truong")) == [first]
    assert _refs(desk, board.ids(desk, status="closed")) == []
    assert len(board.ids(desk, search_for="khong co")) == 0


def test_the_two_roads_to_a_list_give_the_same(desk: session.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the index of the status or by the time: the same cases in the same order."""
    for words in ("Một", "Hai", "Ba", "Bốn"):
        _new(desk, words=words)
    by_status = board.ids(desk, status="open", limit=2)
    monkeypatch.setattr(case_rows, "_MANY", 3)
    assert board.ids(desk, status="open", limit=2) == by_status
    assert len(by_status) == 2
    assert list(board.ids(desk, status="closed", limit=2)) == []


def test_a_row_says_what_the_next_step_asks(desk: session.Desk) -> None:
    """The text of a row is the text of the case's next step, in the language spoken."""
    ref = _new(desk)
    (row,) = board.rows(desk, list(board.ids(desk))).values()
    step = next(one for one in view.case(desk, ref).steps if one.planned.id == row.line.next_step)
    assert row.text == step.text("vi")
    i18n.use("en")
    (row,) = board.rows(desk, list(board.ids(desk))).values()
    i18n.use("vi")
    assert row.text == step.text("en")


def test_counts_are_of_open_cases(desk: session.Desk, at: clock.SetClock) -> None:
    """By level, late, due until midnight; a closed case is in none of them."""
    ref = _new(desk)
    counts = board.counts(desk)
    assert counts.by_level == {Level.CRITICAL: 1}
    assert (counts.overdue, counts.due_today) == (0, 1)
    at.at = NOON + timedelta(hours=3)
    assert board.counts(desk).overdue == 1
    cases.answer(desk, ref, SAFE)
    while open_ := [s for s in view.case(desk, ref).steps if s.planned.mandatory and s.state is StepState.TODO
                    and s.planned.id not in ("X24", "X25") and s.planned.factor is None]:  # fmt: skip
        steps.done(desk, ref, open_[0].planned.id)
    decisions.close(desk, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình")
    assert board.counts(desk).by_level == {}


def test_questions_begin_with_safety(desk: session.Desk) -> None:
    """The four that everyone is asked, the age, then those of the kind in its own words, then what decides steps."""
    asked = questions.of_case(desk, _new(desk, Kind.SEXTORT))
    keys = [one.key for one in asked]
    assert keys[:5] == ["danger_now", "whereabouts", "self_harm", "student_now", "age_band"]
    assert len(keys) == len(set(keys))
    must = [one.key for one in asked if one.must]
    assert {"deadline", "extortion_active", "impact", "loss_recent_24h"} <= set(must)
    assert keys[: len(must)] == must
    for one in asked:
        assert one.words["vi"] and one.words["en"] and one.words["vi"] != one.words["en"]
        assert set(one.values) == set(one.labels)
        assert "declined" not in one.values[:-1]


def test_a_question_knows_its_answer(desk: session.Desk) -> None:
    """What was answered, and that nobody has; for the person asked about."""
    ref = _new(desk, answers={"danger_now": "no"})
    cases.add_person(desk, ref, Part.AFFECTED, {})
    answers = {one.key: one.answer for one in questions.of_case(desk, ref)}
    assert answers["danger_now"] == "no" and answers["self_harm"] is None
    assert {one.key: one.answer for one in questions.of_case(desk, ref, "B")}["danger_now"] is None


def test_what_is_first_follows_how_the_report_came(desk: session.Desk) -> None:
    """With the student there: a quiet place. Told by a friend: when was the last contact."""
    assert view.first_steps(desk, Channel.IN_PERSON)[0].id == "X01"
    away = view.first_steps(desk, Channel.FRIEND)
    assert away[0].id == "XA1" and "X01" not in [one.id for one in away]


def test_the_timeline_is_in_the_order_of_what_happened(desk: session.Desk, at: clock.SetClock) -> None:
    """A step done before it was recorded stands where it was done, and says that it was recorded later."""
    ref = _new(desk, words="Em sợ")
    told = at.now()
    at.at = NOON + timedelta(hours=1)
    cases.note(desk, ref, "Mẹ em đã đến.", private=True)
    steps.done(desk, ref, "X01", at=told + timedelta(minutes=5), result="ổn hơn")
    evidence.refer(desk, ref, evidence.Reference("ảnh", "Zalo", "em A"))
    events = timeline.of_case(desk, view.case(desk, ref))
    assert [one.at for one in events] == sorted(one.at for one in events)
    assert [one.what for one in events] == ["told", "words", "level", "done", "note", "evidence"]
    done = events[3]
    assert done.late and "ổn hơn" in done.text and done.by == "Cô An"
    assert events[4].private and not events[1].late


def test_a_case_is_taken_over_whole(
    desk: session.Desk, made: Path, tmp_path: Path, at: clock.SetClock
) -> None:
    """All that was recorded stands in the other store, with its times; nothing is taken from where it was."""
    ref = _new(desk, Kind.SEXTORT, answers=SAFE | {"extortion_active": "yes"}, words="Em sợ lắm")
    began = at.now()
    at.at = NOON + timedelta(hours=2)
    cases.note(desk, ref, "Mẹ em đã đến.", private=True)
    cases.set_identity(desk, ref, "A", {"name": "Trần Mai", "school_class": "8A3"})
    cases.add_person(desk, ref, Part.GUARDIAN, {"name": "Chị Lan"})
    cases.add_indicator(desk, ref, "phone", "0900 000 123")
    first = view.case(desk, ref).line.next_step or ""
    steps.done(desk, ref, first, at=began + timedelta(minutes=10), reference="TB-45", result="đã gọi")
    file = tmp_path / "chat.txt"
    file.write_text("20:15 chuyển tiền đi\n", encoding="utf-8")
    evidence.add(desk, ref, [file], evidence.Origin("em A"), no_sexual_image=True)
    evidence.refer(desk, ref, evidence.Reference("ảnh", "Zalo", "em A", 2, True))

    shutil.copytree(made, tmp_path / "real")
    with session.open_store(tmp_path / "real", WORDS, at=at) as real:
        # A copy stands for another store here; this computer has seen the first one further on.
        log.confirm(real, "other")
        there = takeover.take_over(desk, ref, real)
        old, new = view.case(desk, ref), view.case(real, there)
        assert new.line.kinds == old.line.kinds and new.verdict == old.verdict
        assert new.case.told_at == old.case.told_at and new.case.channel == old.case.channel
        assert [(n.kind, n.text, n.at, n.private) for n in new.notes] == [
            (n.kind, n.text, n.at, n.private) for n in old.notes
        ]
        assert cases.show_identity(real, there, "A") == {"name": "Trần Mai", "school_class": "8A3"}
        assert cases.show_identity(real, there, "B") == {"name": "Chị Lan"}
        assert [(one.kind, one.value) for one in new.indicators] == [("phone", "0900 000 123")]
        done = next(step for step in new.steps if step.planned.id == first)
        assert done.state is StepState.DONE and done.at == began + timedelta(minutes=10)
        assert (done.reference, done.result) == ("TB-45", "đã gọi")
        items = [row for row, _custody in evidence.of_case(real, there)]
        assert [row.original_name for row in items] == ["chat.txt", None]
        assert all(check.holds for check in evidence.verify(real, there))
        assert packets.listed(real, there) == []
    assert view.case(desk, ref).line == old.line


def test_a_backup_is_due_after_a_week(desk: session.Desk, at: clock.SetClock, tmp_path: Path) -> None:
    """Counted from the store's making, then from the last backup that was opened and compared."""
    with desk.opened.reading() as read:
        at.at = backups.begun(read)
    for place in ("", str(tmp_path / "backup")):
        assert board.backup_due(desk) is None
        at.at += doctor.BACKUP_AGE - timedelta(seconds=1)
        assert board.backup_due(desk) is None
        at.at += timedelta(seconds=1)
        assert board.backup_due(desk) == place
        upkeep.make_backup(desk, tmp_path / "backup")
