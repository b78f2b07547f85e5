"""Pages in one process: what stays, what is asked, what is shown, whatever lies over them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from tests.tui.conftest import WORDS
from triage import clock, i18n
from triage.desk import cases, drafts, evidence, packets, people, session, steps, timeline, upkeep, view
from triage.store.records import cases as rows
from triage.store.records import drafts as draft_rows
from triage.terms import Channel, Kind, Part, Profile, StepState
from triage.tui import app, dialogs, watchdog
from triage.tui.screens import case_steps, packet_forms
from triage.tui.screens import questions as questions_page
from triage.tui.screens.case import CasePage
from triage.tui.screens.case_more import Identity
from triage.tui.screens.cover import Cover
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.emergency import EmergencyPage
from triage.tui.screens.packet import PacketPage
from triage.tui.screens.questions import QuestionsPage
from triage.tui.screens.report import ReportPage
from triage.tui.sitting import Kept, Sitting
from triage.tui.widgets.fields import Fields
from triage.tui.widgets.page import Notice, told
from triage.tui.widgets.windowed import Windowed

Test = Callable[[app.TriageApp, Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Vietnamese, and no watchdog: it would end the process of the tests."""
    i18n.use("vi")
    monkeypatch.setattr(watchdog, "ask", lambda status, held: None)
    monkeypatch.setattr(questions_page, "_REPEAT", 0.0)
    monkeypatch.setattr(questions_page, "_NEXT", 0.0)


def _run(
    desk: session.Desk,
    test: Test,
    *,
    demo: bool = False,
    size: tuple[int, int] = (80, 24),
    name: str = "test",
) -> None:
    async def main() -> None:
        at = Sitting(desk, Kept(desk, name), demo=demo)
        opened = app.TriageApp(at)
        async with opened.run_test(size=size) as pilot:
            await pilot.pause()
            await test(opened, pilot)
        at.kept.close()

    asyncio.run(main())


async def _until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    """Wait until something holds on the screen: a machine may be slow."""
    for _turn in range(200):
        await pilot.pause(0.05)
        if holds():
            return
    assert holds(), _seen(cast(app.TriageApp, pilot.app))


def _seen(opened: app.TriageApp) -> str:
    """What stands on the screen."""
    width, height = opened.size
    rows = opened.screen._compositor.render_strips()
    return "\n".join(row.text for row in rows[:height] if width)


def _sextortion(desk: session.Desk, **answers: str) -> str:
    safe = {"danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me",
            "age_band": "13_15", "impact": "upset", "loss_recent_24h": "no", "deadline": "none",
            "extortion_active": "yes", "intimate_image": "threatened"}  # fmt: skip
    return cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), answers=safe | answers)).ref


def test_what_lies_over_a_job_stays_when_the_job_ends(store: Path) -> None:
    """The cover, or the emergency page, is not taken away by it; the job's own box goes once it is in front."""
    for over in (Cover, EmergencyPage):
        go_on, got = threading.Event(), list[str | None]()

        def work(_job: dialogs.Job, go_on: threading.Event = go_on) -> str:
            go_on.wait(10)
            return "done"

        async def test(
            opened: app.TriageApp,
            pilot: Pilot[int],
            over: type = over,
            work: Callable[[dialogs.Job], str] = work,
            go_on: threading.Event = go_on,
            got: list[str | None] = got,
        ) -> None:
            opened.push_screen(dialogs.Job(lambda: "…", work, at=opened.at), got.append)
            await pilot.pause()
            await pilot.press("f12" if over is Cover else "f9")
            await pilot.pause()
            go_on.set()
            await _until(pilot, lambda: isinstance(opened.screen, over) and got == [])
            await pilot.press("escape")
            await _until(pilot, lambda: isinstance(opened.screen, Dashboard) and got == ["done"])

        with session.open_store(store, WORDS) as desk:
            _run(desk, test)


def test_what_an_act_used_up_is_no_draft_again(store: Path) -> None:
    """While it still stands in its form it is not kept; as soon as something is changed it is."""
    with session.open_store(store, WORDS) as desk:
        at = Sitting(desk, Kept(desk, "a"))
        at.kept.put("note:x", {"text": "Em ổn"})
        with at.using("note:x"):
            cases.new(desk, cases.NewCase(words="Em ổn"))
        at.kept.put("note:x", {"text": "Em ổn"})
        at.kept.flush()
        assert drafts.listed(desk) == []
        at.kept.put("note:x", {"text": "Em ổn hơn"})
        at.kept.flush()
        assert [one.fields["text"] for one in drafts.listed(desk)] == ["Em ổn hơn"]
        at.kept.close()


def test_two_screens_do_not_take_each_others_words(store: Path) -> None:
    """One saves its report; what the other has typed into the same form is there after its lock, and its place too."""
    with session.open_store(store, WORDS) as desk, session.open_store(store, WORDS) as other:
        there = Sitting(other, Kept(other, "other"))

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n")
            await pilot.press(*"Em B")
            await pilot.pause(0.6)
            there.kept.put("report", {"words": "Em A"})
            with there.using("report"):
                cases.new(other, cases.NewCase(words="Em A"))
            assert [one.fields["words"] for one in drafts.listed(desk)] == ["Em B"]
            there.kept.put("place:other", {"place": "{}"})
            there.kept.flush()
            opened.action_lock()
            await pilot.pause()

        _run(desk, test)
        assert [one.fields["words"] for one in drafts.listed(desk)] == ["Em B"]
        kept = drafts.place(desk, "test")
        assert kept is not None and '"report"' in kept.fields["place"]
        there.kept.close()


def test_calls_held_back_are_shown_with_their_question(store: Path) -> None:
    """One answer «not known»: the call to the police is no step any more, and stands there with what to ask first."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        calls = {step.planned.id for step in view.case(desk, ref).steps if step.planned.irreversible}
        assert "Z5" in calls and not view.case(desk, ref).held_back
        cases.answer(desk, ref, {"impact": "unknown"})
        seen = view.case(desk, ref)
        assert calls == {step.id for step in seen.held_back}
        assert not {step.planned.id for step in seen.steps} & calls

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: f"── Chờ câu trả lời ({len(calls)})" in _seen(opened))
            page = opened.screen
            assert isinstance(page, CasePage)
            page.list().go_to(next(iter(page.steps.held)))
            await _until(
                pilot, lambda: "hỏi nốt trước đã (Ăn, ngủ, đi học)" in " ".join(_seen(opened).split())
            )
            await pilot.press("space")
            await _until(
                pilot, lambda: isinstance(opened.screen, QuestionsPage) and opened.screen.key == "impact"
            )

        _run(desk, test)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 45)], ids=str)
def test_steps_can_be_seen_in_every_window(size: tuple[int, int], store: Path) -> None:
    """At least three lines of the list, whatever the level's reasons and the step's details take."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk, deadline="within_24h", self_harm="passive")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: opened.screen.query_one("#steps", Windowed).size.height >= 4)

        _run(desk, test, size=size)


@pytest.mark.parametrize("form, field", [("note", "text"), ("refer", "what"), ("raise", "reason")])
def test_going_on_with_a_draft_opens_its_form(form: str, field: str, store: Path) -> None:
    """``d`` on the first page, the draft, «go on»: the form stands there with the words in it."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        drafts.keep(desk, "", {f"{form}:{ref}": {field: "Chữ đã gõ"}}, {})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("d", "1", "1")
            await _until(pilot, lambda: isinstance(opened.screen, dialogs.Form))
            assert opened.screen.query_one(Fields).read()[field] == "Chữ đã gõ"

        _run(desk, test)


def test_what_is_not_to_go_along_is_kept(store: Path, tmp_path: Path) -> None:
    """Unticked, left, opened again: still unticked; and who is named stands in the last question."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        for name in ("a.txt", "b.txt"):
            (tmp_path / name).write_text(name)
        evidence.add(
            desk, ref, [tmp_path / "a.txt", tmp_path / "b.txt"], evidence.Origin(), no_sexual_image=True
        )
        people.add_recipient(desk, "ben-do", "Công an phường Bến Đò (hư cấu)", Profile.WARD)
        cases.set_identity(desk, ref, "A", {"name": "Nguyễn Văn Bịa"})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(PacketPage(opened.at, ref))
            await pilot.pause()
            await pilot.press("ctrl+t", "2", "enter")
            await _until(pilot, lambda: "1/2 mục" in _seen(opened))
            await pilot.press("ctrl+t", "escape")
            await _until(pilot, lambda: "1/2 mục" in _seen(opened))
            await pilot.press("escape")
            await pilot.pause(0.5)
            opened.push_screen(PacketPage(opened.at, ref))
            await _until(pilot, lambda: "1/2 mục" in _seen(opened))
            page = opened.screen
            assert isinstance(page, PacketPage)
            page.query_one(Fields).fill({"basis": "x", "purpose": "y"})
            await pilot.press("ctrl+s")
            await pilot.pause()
            assert "«Ghi vào thư mục nào (USB: thư mục của USB)» còn trống." in " ".join(
                _seen(opened).split()
            )
            page.query_one(Fields).fill({"out": str(tmp_path / "goi")})
            await pilot.press("ctrl+s")
            await pilot.pause()
            said = " ".join(_seen(opened).replace("│", " ").split())
            assert (
                "Có ghi tên" in said
                and "A (học sinh bị ảnh hưởng)" in said
                and "E-001" in said
                and "E-002" not in said
            )

        _run(desk, test)


def test_who_the_student_is_is_shown_once_and_entered(store: Path) -> None:
    """From the screen: what is written down, an entry in the log; a field that must hold something is named."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        cases.set_identity(desk, ref, "A", {"guardian_contact": "dì, 0900 000 000"})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(Identity(opened.at, ref))
            await pilot.pause()
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "dì, 0900 000 000" in _seen(opened))
            await pilot.press("ctrl+u", "backspace", "ctrl+s")
            await _until(pilot, lambda: "còn trống" in _seen(opened))

        _run(desk, test)
        with desk.opened.reading() as reading:
            from triage.store import audit

            assert audit.entries(reading, limit=1)[0].act == "case.identity-shown"


def test_the_label_says_whose_words_are_written_down(store: Path) -> None:
    """Told by a friend it is the friend's words; Space in a choice changes nothing."""
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n")
            await _until(pilot, lambda: "Lời em kể" in _seen(opened))
            await pilot.press("tab", "right", "space")
            await pilot.pause()
            page = opened.screen
            assert isinstance(page, ReportPage)
            assert page.query_one(Fields).read()["channel"] == "friend"
            await _until(pilot, lambda: "Lời người báo tin kể" in _seen(opened))
            page.query_one(Fields).fill({"told": "25h99"})
            await pilot.press("ctrl+s")
            await _until(
                pilot, lambda: "trong hôm nay thì 9:41 hay 9h41 cũng được" in " ".join(_seen(opened).split())
            )
            page.query_one(Fields).fill({"told": "0h05"})
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: isinstance(opened.screen, QuestionsPage))

        _run(desk, test)
        told_at = view.listed(desk, rows.Wanted())[0][0]
        assert i18n.moment(view.case(desk, told_at.ref).case.told_at).endswith("00:05")


def test_enter_takes_the_kind_that_is_marked(store: Path) -> None:
    """``k``, an arrow, Enter: that kind, without Space; Esc: none."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(QuestionsPage(opened.at, ref))
            await pilot.pause()
            await pilot.press("k", "down", "escape")
            await _until(pilot, lambda: view.case(desk, ref).line.kinds == (Kind.UNSURE,))
            await pilot.press("k", "down", "enter")
            await _until(pilot, lambda: set(view.case(desk, ref).line.kinds) == {Kind.UNSURE, Kind.CONTROL})

        _run(desk, test)


def test_of_two_students_the_one_that_stands_there_is_answered_for(store: Path) -> None:
    """The letter on the page is the one a digit is recorded for, before and after p."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref
        cases.add_person(desk, ref, Part.AFFECTED, {})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(QuestionsPage(opened.at, ref))
            await pilot.pause()
            assert "(A)" in _seen(opened)
            await pilot.press("2")
            assert view.case(desk, ref).answers["A"] == {"danger_now": "yes"}
            await pilot.press("p")
            await pilot.pause()
            assert "(B)" in _seen(opened)
            await pilot.press("1")
            assert view.case(desk, ref).answers["B"] == {"danger_now": "no"}

        _run(desk, test)


def test_a_digit_means_the_same_in_every_question(store: Path) -> None:
    """0 is «chưa rõ» and 9 «chưa muốn trả lời» everywhere; where nothing can be unknown, 0 leaves it for later."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await pilot.pause()
            for asked in [one for one in page.asked if "unknown" in one.values]:
                page.key = asked.key
                await pilot.press("0")
                told = view.case(desk, ref)
                assert (told.answers["A"] | told.circumstances)[asked.key] == "unknown", asked.key
            page.key = "self_harm"
            await pilot.press("9")
            page.key = "age_band"
            entries = view.case(desk, ref).newest
            page.again()
            await pilot.pause()
            assert "0     để sau" in _seen(opened)
            await pilot.press("0")
            assert page.key != "age_band"
            assert view.case(desk, ref).newest == entries
            assert view.case(desk, ref).answers["A"]["self_harm"] == "declined"

        _run(desk, test)


def test_a_key_held_down_is_one_answer(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A digit that repeats answers what it was pressed for, and says so; the questions behind it stay unasked."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref
        monkeypatch.setattr(questions_page, "_REPEAT", 30.0)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await pilot.pause()
            await pilot.press(*"111111")
            await _until(pilot, lambda: "Bấm quá nhanh" in _seen(opened))
            assert view.case(desk, ref).answers["A"] == {"danger_now": "no"}
            await pilot.press("2")
            await _until(pilot, lambda: len(view.case(desk, ref).answers["A"]) == 2)
            assert "Bấm quá nhanh" not in _seen(opened)
            monkeypatch.setattr(questions_page, "_NEXT", 30.0)
            await pilot.press("3")
            await _until(pilot, lambda: "Bấm quá nhanh" in _seen(opened))
            assert len(view.case(desk, ref).answers["A"]) == 2

        _run(desk, test)


@pytest.mark.parametrize("opening", ["q", "n"])
def test_what_was_typed_ahead_decides_nothing(opening: str, store: Path) -> None:
    """A digit or u in the same breath as the key that opens the page was meant for something else."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            if opening == "q":
                opened.push_screen(CasePage(opened.at, ref))
                await _until(pilot, lambda: "[1 Việc cần làm]" in _seen(opened))
                keys = ["q", "1", "u"]
            else:
                await pilot.press("n")
                await _until(pilot, lambda: "LÀM NGAY, trước khi hỏi:" in _seen(opened))
                keys = ["ctrl+s", "1", "1"]
            before = len(timeline.of_case(desk, view.case(desk, ref)))
            for key in keys:
                opened.type_ahead(key)
            await _until(pilot, lambda: isinstance(opened.screen, QuestionsPage))
            await _until(pilot, lambda: "Phím bấm trước khi trang này hiện ra" in _seen(opened))
            ours = cast(QuestionsPage, opened.screen).ref
            assert view.case(desk, ours).answers["A"] == {}
            assert len(timeline.of_case(desk, view.case(desk, ref))) == before
            await pilot.press("1")
            await _until(pilot, lambda: view.case(desk, ours).answers["A"] == {"danger_now": "no"})

        _run(desk, test)


def test_a_form_says_that_nothing_is_kept(store: Path) -> None:
    """The top line is under the form: while the store is away the form itself says so, and when it is back no more."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await pilot.pause()
            await pilot.press("a")
            await _until(pilot, lambda: isinstance(opened.screen, dialogs.Form))
            away = store.rename(store.with_name("away"))
            await pilot.press("E")
            await _until(pilot, lambda: "CHƯA lưu được" in _seen(opened))
            away.rename(store)
            await _until(pilot, lambda: "CHƯA lưu được" not in _seen(opened))

        _run(desk, test)


def test_the_case_says_that_two_answers_clash(store: Path) -> None:
    """Here, and missing: said where the steps stand too, not on the page of the questions alone."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk, whereabouts="unreachable")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "ghi là em đang ở cạnh" in _seen(opened))

        _run(desk, test)


def test_an_answer_of_another_screen_is_not_replaced_unseen(store: Path) -> None:
    """Danger told elsewhere a moment ago: «không» on the older page changes nothing and shows what was told."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await _until(pilot, lambda: "Câu 1/" in _seen(opened))
            cases.answer(desk, ref, {"danger_now": "yes"})
            await pilot.press("1")
            await _until(pilot, lambda: "vừa ghi một câu trả lời khác" in _seen(opened))
            assert view.case(desk, ref).answers["A"] == {"danger_now": "yes"}
            assert page.key == "danger_now" and "● có" in _seen(opened).replace("(●) ", "● ")
            await pilot.press("1")
            await _until(pilot, lambda: view.case(desk, ref).answers["A"] == {"danger_now": "no"})

        _run(desk, test)


def test_what_an_answer_calls_for_is_seen_at_once(store: Path) -> None:
    """The step to do first may stay the same: what the answer has added stands beside it."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk, self_harm="none")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref, key="self_harm")
            opened.push_screen(page)
            await _until(pilot, lambda: "Câu" in _seen(opened))
            assert "Mới: " not in _seen(opened)
            place = page._question_of("self_harm")
            assert place is not None
            await pilot.press(str(1 + [one for one in place.values if one != "unknown"].index("passive")))
            await _until(pilot, lambda: "Mới: Em có lúc nghĩ đến cái chết" in _seen(opened))
            await pilot.press("down")
            await _until(pilot, lambda: "Mới: " not in _seen(opened))

        _run(desk, test)


def test_the_questions_begin_with_the_student_who_was_not_asked(store: Path) -> None:
    """A was asked everything; B, added now, is the one whose safety is asked about."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk, deadline="unknown")
        cases.add_person(desk, ref, Part.AFFECTED, {})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await _until(pilot, lambda: "(B)" in _seen(opened))
            assert page.key == "danger_now"
            while (
                "B" not in view.case(desk, ref).answers
                or "student_now" not in view.case(desk, ref).answers["B"]
            ):
                await pilot.press("1")
                await pilot.pause()
                assert page.person == "B"
            page.key = "danger_now"
            await pilot.press("p", "1")
            await pilot.press("1")
            await pilot.pause()
            assert page.person == "A", "an answer leads on to no other student"

        _run(desk, test)


def test_home_is_not_called_stands_on_the_case(store: Path) -> None:
    """As long as there is a reason, on every tab; without one it is not there."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk, guardian_safe="no")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "! Chưa gọi về nhà." in _seen(opened))
            await pilot.press("2")
            assert "! Chưa gọi về nhà." in _seen(opened)
            cases.answer(desk, ref, {"guardian_safe": "yes", "fear_home": "yes"})
            await pilot.press("1", "q", "escape")
            await _until(pilot, lambda: isinstance(opened.screen, CasePage))
            assert "! Chưa gọi về nhà." in _seen(opened)
            cases.answer(desk, ref, {"fear_home": "no"})
            await pilot.press("q", "escape")
            await _until(pilot, lambda: "! Chưa gọi về nhà." not in _seen(opened))

        _run(desk, test)


def test_the_first_page_marks_the_case_that_was_left(store: Path) -> None:
    """Enter goes back into it, not into the one that was marked before."""
    with session.open_store(store, WORDS) as desk:
        refs = [cases.new(desk, cases.NewCase()).ref for _number in range(3)]

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await _until(pilot, lambda: refs[-1] in _seen(opened))
            assert "Hạn sớm nhất" in _seen(opened)
            opened.push_screen(CasePage(opened.at, refs[-1]))
            await _until(pilot, lambda: isinstance(opened.screen, CasePage))
            await pilot.press("escape")
            await _until(pilot, lambda: isinstance(opened.screen, Dashboard))
            await pilot.press("enter")
            await _until(pilot, lambda: isinstance(opened.screen, CasePage))
            assert cast(CasePage, opened.screen).ref == refs[-1]

        _run(desk, test)


def test_ctrl_c_says_in_our_words_what_ends_the_program(store: Path) -> None:
    """Textual's own notice is English whatever is spoken."""
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("ctrl+c")
            await _until(pilot, lambda: "Ctrl+Q kết thúc" in _seen(opened))
            assert "quit" not in _seen(opened)

        _run(desk, test)


def test_words_typed_at_a_question_are_no_answer(store: Path) -> None:
    """There is no field there: a digit in the middle of words records nothing, and it says so; alone it answers."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await _until(pilot, lambda: "Câu" in _seen(opened))
            entries, first = view.case(desk, ref).newest, page.key
            await pilot.press("đ", "ã", "space", "g", "ọ", "i", "space", "2", "space", "k", "u")
            await _until(pilot, lambda: "Trang này không ghi chữ" in _seen(opened))
            assert (view.case(desk, ref).newest, page.key) == (entries, first)
            page._words_until = 0.0
            await pilot.press("2")
            await _until(pilot, lambda: page.key != first)
            assert "Trang này không ghi chữ" not in _seen(opened)

        _run(desk, test)


def test_an_answer_brings_its_question_in_right_behind_it(store: Path) -> None:
    """«Có» to danger: hurt, or threatened? The kind then leads on to what nobody has answered yet."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase()).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await pilot.pause()
            seen = []
            for digit in ("2", "1", "0", "1", "0", "1"):
                seen.append(page.key)
                await pilot.press(digit)
                await pilot.pause()
            assert seen[:3] == ["danger_now", "needs_medical_help", "threat_here"]
            assert set(seen[3:]) == {"whereabouts", "self_harm", "student_now"}
            assert page.key == "kind"
            await pilot.press("k", "down", "enter")
            await _until(pilot, lambda: page.key == "age_band")

        _run(desk, test)


def test_the_clock_of_an_absent_student_says_what_can_be_done(store: Path) -> None:
    """Nothing known: ask who tells. Missing: search and call. The place known: somebody near stays with the student."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(channel=Channel.FRIEND)).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await _until(pilot, lambda: "hỏi xem em đang ở đâu, với ai" in _seen(opened))
            for answers, said in (
                ({"whereabouts": "unreachable"}, "tìm em và gọi cùng lúc"),
                ({"whereabouts": "known_safe", "danger_now": "yes"}, "nhờ người lớn gần em nhất ở cạnh em"),
            ):
                cases.answer(desk, ref, answers)
                page.arrive()
                await _until(pilot, lambda said=said: said in _seen(opened))  # type: ignore[misc]

        _run(desk, test)


def test_what_is_taken_back_stands_in_its_form_again(store: Path) -> None:
    """Taking a note back: it says which, and its words are a draft; nothing typed is lost."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        cases.note(desk, ref, "Em đã ăn trưa.")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await pilot.pause()
            await pilot.press("u")
            await _until(pilot, lambda: "Em đã ăn trưa." in _seen(opened))
            opened.at.kept.flush()
            (draft,) = drafts.listed(desk)
            assert (draft.form, draft.fields["text"]) == (f"note:{ref}", "Em đã ăn trưa.")
            await pilot.press("a")
            await _until(pilot, lambda: isinstance(opened.screen, dialogs.Form))
            assert opened.screen.query_one(Fields).read()["text"] == "Em đã ăn trưa."

        _run(desk, test)


def test_the_draft_of_a_step_done_meanwhile_can_be_read(store: Path) -> None:
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        step = view.case(desk, ref).line.next_step or ""
        form = f"done:{ref}:{step}"
        drafts.keep(desk, "other", {form: {"result": "Đã gọi."}}, {})
        steps.done(desk, ref, step)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("d")
            await _until(pilot, lambda: "«Đã gọi.»" in _seen(opened))
            await pilot.press("1", "1")
            await _until(pilot, lambda: "Trong bản nháp có: Đã gọi." in _seen(opened))

        _run(desk, test)


def test_locking_asks_when_what_was_typed_cannot_be_kept(store: Path) -> None:
    """The store is gone: Ctrl+L does not lock the words away for good without a word."""
    away = store.with_name("away")
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n", "E", "m")
            store.rename(away)
            await pilot.press("ctrl+l")
            await _until(pilot, lambda: "Vẫn khóa: chữ vừa gõ sẽ mất" in _seen(opened))
            await pilot.press("escape")
            assert not opened._exit
            away.rename(store)

        _run(desk, test)


def test_the_questions_end_and_go_back(store: Path) -> None:
    """After the last answer it says how to go on; taking an answer back shows its question again."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = QuestionsPage(opened.at, ref)
            opened.push_screen(page)
            await pilot.pause()
            page.key = page._keys()[-1]
            last = page.key
            await pilot.press("1")
            await _until(
                pilot, lambda: page.query_one(Notice).said is not None and "Đã hết câu hỏi" in _seen(opened)
            )
            page.key = page._keys()[0]
            await pilot.press("1")
            await _until(pilot, lambda: page.key == page._keys()[1])
            await pilot.press("u")
            await _until(pilot, lambda: page.key == page._keys()[0])
            await pilot.press("u")
            await _until(pilot, lambda: page.key == last)

        _run(desk, test)


def test_the_trial_asks_before_it_deletes_what_was_typed(store: Path) -> None:
    """Unsaved words, or an act after the case was carried away: Ctrl+Q asks first, and the safe answer stays."""
    with session.open_store(store, WORDS) as desk:

        async def unsaved(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n", *"Em", "ctrl+q")
            await _until(pilot, lambda: "Có chỗ đã gõ mà chưa lưu." in _seen(opened))
            await pilot.press("1")
            await _until(
                pilot,
                lambda: (
                    isinstance(opened.screen, ReportPage) and opened.screen.query_one(TextArea).text == "Em"
                ),
            )
            opened.at.kept.put("report", {})

        _run(desk, unsaved, demo=True)
        ref = _sextortion(desk)

        async def carried(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            from triage.tui.screens import takeover

            opened.at.kept.put(drafts.TRIAL, {"seeded_to": "0"})
            opened.at.carried[ref] = takeover.state(opened.at, ref)
            assert takeover.typed(opened.at) == []
            cases.note(desk, ref, "Thêm sau khi đã chuyển.")
            assert takeover.typed(opened.at) == [ref]
            await opened.action_quit()
            await _until(pilot, lambda: "Em này có thật không?" in _seen(opened) and ref in _seen(opened))
            await pilot.press("escape")
            await pilot.pause()
            assert not isinstance(opened.screen, dialogs.Dialog) and not opened._exit

        _run(desk, carried, demo=True)


def test_errors_on_the_screen_name_its_keys(store: Path) -> None:
    """What the command line says with an option, the screen says with a key."""
    from triage import errors

    error = errors.Refused("evidence-needs-statement", ref="2026-0001")
    assert "--no-sexual-image" in i18n.sentence(error).next
    assert "--" not in told(error) and "← →" in told(error)


def test_u_takes_back_only_what_was_seen(store: Path) -> None:
    """An act made elsewhere since she looked is named first and shown; the next u takes it back."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref
        cases.note(desk, ref, "Ghi ở đây")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "Ghi chú (2)" in _seen(opened))
            cases.note(desk, ref, "Ghi ở nơi khác")
            await pilot.press("u")
            await _until(
                pilot, lambda: "Chưa hoàn tác gì." in _seen(opened) and "Ghi chú (3)" in _seen(opened)
            )
            await pilot.press("u")
            await _until(pilot, lambda: "Ghi chú (2)" in _seen(opened))

        _run(desk, test)
        assert [note.text for note in view.case(desk, ref).notes] == ["Em ổn", "Ghi ở đây"]


def test_a_packet_made_behind_a_lock_is_told(store: Path, tmp_path: Path) -> None:
    """The page says which packet of the case was made last, for whom and when: nobody makes it twice."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref
        wish = packets.Wish(
            to="Công an phường Bến Đò", basis="Yêu cầu", purpose="Báo tin", profile=Profile.WARD
        )
        made = packets.new(desk, ref, wish, tmp_path / "out", digits_out=tmp_path / "digits.txt")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(PacketPage(opened.at, ref))
            await _until(pilot, lambda: made.number in _seen(opened).replace("\n", " "))
            assert "Đã làm cho Công an phường Bến Đò" in _seen(opened)

        _run(desk, test)


def test_later_steps_stand_by_their_due_time(store: Path) -> None:
    """Behind the first five the earliest comes first; what has no time is last; the mark is on no heading."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), channel=Channel.FRIEND)).ref
        seen = view.case(desk, ref)
        laid = case_steps.Steps()
        laid.lay(seen, desk.now())
        behind = [laid.known[key] for key in laid.ids[5:] if key in laid.known]
        times = [step.due_at for step in behind if step.state is StepState.TODO]
        assert len(times) > 5 and None in times
        assert times == sorted(times, key=lambda due: (due is None, due or desk.now()))
        assert [key for key in laid.ids if key < 0]


def test_a_place_is_kept_once_and_gone_with_the_end(store: Path) -> None:
    """Locked and opened again, on this screen or by another: one row, at the same page; after the end none."""
    with session.open_store(store, WORDS) as desk:

        async def locks(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await _until(pilot, lambda: isinstance(opened.screen, ReportPage))
            await pilot.pause(1.5)
            opened.action_lock()
            await pilot.pause()

        async def begins(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n")
            await locks(opened, pilot)

        async def ends(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await _until(pilot, lambda: isinstance(opened.screen, ReportPage))
            await pilot.press("ctrl+q")
            await pilot.pause()

        for test, screen, left in ((begins, "a", 1), (locks, "a", 1), (locks, "b", 1), (ends, "b", 0)):
            _run(desk, test, name=screen)
            with desk.opened.reading() as reading:
                kept = draft_rows.of_member(reading, desk.opened.unlocked.member_id)
            assert [row.form for row in kept] == [f"place:{screen}"] * left


def test_a_form_that_was_left_does_not_seem_saved(store: Path) -> None:
    """What was said of the note before is gone, and that this one is a draft is said."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "Ghi chú (1)" in _seen(opened))
            await pilot.press("a", "x", "ctrl+s")
            await _until(pilot, lambda: "Đã ghi vào" in _seen(opened))
            await pilot.press("a", "y", "escape")
            await _until(pilot, lambda: "! Chưa lưu. Chữ đã gõ được giữ làm bản nháp." in _seen(opened))
            assert "Đã ghi vào" not in _seen(opened)
            await pilot.press("a", "backspace", "escape")
            await _until(pilot, lambda: "Chưa lưu." not in _seen(opened))

        _run(desk, test)


def test_a_store_that_is_gone_ends_no_page(store: Path, tmp_path: Path) -> None:
    """Forms, the packet page and its question: each says so and goes on when the folder is back."""
    away, kept = store.with_name("away"), tmp_path / "chat.txt"
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "Ghi chú (1)" in _seen(opened))
            store.rename(away)
            await pilot.press("a", "y", "ctrl+s")
            await _until(pilot, lambda: "Kho không còn ở chỗ cũ" in _seen(opened))
            await pilot.press("escape", "x")
            await _until(pilot, lambda: isinstance(opened.screen, PacketPage))
            await _until(pilot, lambda: "Kho không còn ở chỗ cũ" in _seen(opened))
            typed = {
                "name": "Công an phường",
                "basis": "Yêu cầu",
                "purpose": "Báo tin",
                "out": str(tmp_path / "out"),
            }
            opened.screen.query_one(Fields).fill(typed)
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Kho không còn ở chỗ cũ" in _seen(opened))
            away.rename(store)
            kept.write_bytes(b"20:15 chuyen tien di")
            evidence.add(desk, ref, [kept], evidence.Origin(), no_sexual_image=True)
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Làm hồ sơ gửi này?" in _seen(opened))
            assert "E-001" in _seen(opened)
            assert "danh tính: chưa ghi" in _seen(opened) and "đọc lại trước" in _seen(opened)
            store.rename(away)
            await pilot.press("f2")
            await _until(pilot, lambda: "Make this packet?" in _seen(opened))
            away.rename(store)

        _run(desk, test)


def test_the_end_asks_when_what_was_kept_is_gone(store: Path) -> None:
    """The words were kept, then the store went: Ctrl+Q does not end with them."""
    away = store.with_name("away")
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n", "E", "m")
            await _until(pilot, lambda: [one.fields["words"] for one in drafts.listed(desk)] == ["Em"])
            store.rename(away)
            await pilot.press("ctrl+q")
            await _until(pilot, lambda: "Phần vừa gõ sau cùng không lưu được" in _seen(opened))
            away.rename(store)

        _run(desk, test)


def test_an_open_first_page_goes_on(store: Path) -> None:
    """What another desk has written stands there without a key."""
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await _until(pilot, lambda: "Không có việc đến hạn" in _seen(opened))
            ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref
            opened._later()
            await _until(pilot, lambda: ref in _seen(opened) and "KHẨN CẤP 1" in _seen(opened))

        _run(desk, test)


def test_u_on_the_questions_takes_back_only_what_was_seen(store: Path) -> None:
    """A note made elsewhere since is named and stays until the next u; the question in front stays too."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(QuestionsPage(opened.at, ref))
            await _until(pilot, lambda: "Câu 1/" in _seen(opened))
            await pilot.press("1")
            await _until(pilot, lambda: "Câu 2/" in _seen(opened))
            cases.note(desk, ref, "Ghi ở nơi khác")
            await pilot.press("u")
            await _until(pilot, lambda: "Chưa hoàn tác gì." in _seen(opened))
            assert "Câu 2/" in _seen(opened) and len(view.case(desk, ref).notes) == 2

        _run(desk, test)


def test_a_place_taken_by_another_screen_is_kept_again(store: Path) -> None:
    """Another screen began at this one's page; after a lock this one is at its page all the same."""
    with session.open_store(store, WORDS) as desk, session.open_store(store, WORDS) as other:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n")
            await _until(pilot, lambda: drafts.place(desk, "test"))
            taken = drafts.place(other, "other")
            assert taken is not None
            drafts.drop(other, taken)
            opened.action_lock()
            await pilot.pause()

        _run(desk, test)
        kept = drafts.place(desk, "test")
        assert kept is not None and '"report"' in kept.fields["place"]


def test_a_folder_that_the_system_refuses_is_said(store: Path, tmp_path: Path) -> None:
    """A path through a file, a name that nobody has: said on the page, and what was typed stays."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(words="Em ổn")).ref
        (tmp_path / "file").write_text("")
        typed = {"name": "Công an phường", "basis": "Yêu cầu", "purpose": "Báo tin"}

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(PacketPage(opened.at, ref))
            await _until(pilot, lambda: "Đi kèm" in _seen(opened))
            opened.screen.query_one(Fields).fill(typed | {"out": "~nguoi-khong-co/x"})
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Hệ điều hành từ chối" in _seen(opened))
            opened.screen.query_one(Fields).fill(typed | {"out": str(tmp_path / "file" / "x")})
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Làm hồ sơ gửi này?" in _seen(opened))
            await pilot.press("2")
            await _until(pilot, lambda: "24 số ghi vào đâu?" in _seen(opened))
            opened.screen.query_one(Fields).fill({"folder": str(tmp_path / "file" / "x")})
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "không được nằm cùng" in _seen(opened))
            opened.screen.query_one(Fields).fill({"folder": str(tmp_path / "apart")})
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Hệ điều hành từ chối" in _seen(opened))
            assert not packets.listed(desk, ref)

        _run(desk, test)


def test_a_ground_is_offered_and_can_be_completed(store: Path) -> None:
    """Ctrl+B offers what fits the kind of recipient; picked, it stands in its field; Esc leaves the field as it was."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = PacketPage(opened.at, ref)
            opened.push_screen(page)
            await _until(pilot, lambda: page.filled)
            await pilot.press("ctrl+b")
            await _until(pilot, lambda: "Điều 144" in _seen(opened))
            await pilot.press("escape")
            await _until(pilot, lambda: opened.screen is page)
            assert page.query_one(Fields).read()["basis"] == ""
            await pilot.press("ctrl+b", "4")
            await _until(pilot, lambda: page.query_one(Fields).read()["basis"].startswith("Luật 91/2025"))
            await pilot.press(*"cô An")
            assert page.query_one(Fields).read()["basis"].endswith("người quyết định: cô An")

        _run(desk, test)
        assert drafts.listed(desk)[0].fields["basis"].endswith("cô An")


def test_what_is_taken_back_beside_another_draft_is_kept_too(store: Path) -> None:
    """A draft stands in the note's form: neither text takes the other's place, and the list tells them apart."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        cases.note(desk, ref, "Em đã ăn trưa.")
        drafts.keep(desk, "test", {f"note:{ref}": {"text": "Mẹ em gọi.", "at": "26/11/2026 09:41"}}, {})

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await pilot.pause()
            await pilot.press("u")
            await _until(pilot, lambda: "bấm d ở trang đầu" in _seen(opened))
            assert {one.fields["text"] for one in drafts.listed(desk)} == {"Em đã ăn trưa.", "Mẹ em gọi."}
            await pilot.press("escape", "d")
            await _until(
                pilot, lambda: "«Em đã ăn trưa.»" in _seen(opened) and "«Mẹ em gọi.»" in _seen(opened)
            )

        _run(desk, test)


@pytest.mark.parametrize("key", ["p", "f2"])
def test_a_list_that_cannot_be_read_ends_nothing(key: str, store: Path) -> None:
    """The store is gone while the first page is painted again: it says so, and what was typed is still there."""
    away = store.with_name("away")
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await _until(pilot, lambda: ref in _seen(opened))
            store.rename(away)
            await pilot.press(key)
            gone = "Kho không còn ở chỗ cũ" if key == "p" else "The store is no longer where it was"
            await _until(pilot, lambda: gone in _seen(opened))
            assert not opened._exit
            away.rename(store)

        _run(desk, test)
    i18n.use("vi")


def test_a_report_that_goes_on_says_so(store: Path) -> None:
    """Two students in one morning: the words of the first do not stand in the second's report unsaid."""
    with session.open_store(store, WORDS) as desk:

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            await pilot.press("n", "E", "m", "escape")
            await _until(pilot, lambda: isinstance(opened.screen, Dashboard))
            await pilot.press("n")
            await _until(pilot, lambda: "Đang viết tiếp bản nháp" in _seen(opened))

        _run(desk, test)


def test_a_low_level_says_what_was_not_asked(store: Path) -> None:
    """Questions that were left out and could raise it stand beside it, by name."""
    with session.open_store(store, WORDS) as desk:
        calm = {
            "danger_now": "no",
            "self_harm": "none",
            "whereabouts": "known_safe",
            "student_now": "with_me",
        }
        asked = calm | {"sexual_element": "no", "meeting_travel": "none", "age_band": "16_17"}
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.GROOM,), answers=asked)).ref

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(QuestionsPage(opened.at, ref, key="intimate_image"))
            await _until(pilot, lambda: "Chưa hỏi, có thể nâng mức: " in _seen(opened))
            assert "(nên hỏi: có thể nâng mức)" in _seen(opened)
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: "[1 Việc cần làm]" in _seen(opened))
            assert "Chưa hỏi, có thể nâng mức: " in _seen(opened)

        _run(desk, test)


@pytest.mark.parametrize(
    ("keys", "form", "field"),
    [
        (("a", *"Em A an trua", "ctrl+s"), "note", "text"),
        (("m", "7", "tab", *"0000", "ctrl+s"), "trace", "value"),
        (("space", *"Da goi", "ctrl+s"), "done", "result"),
    ],
)
def test_what_was_just_typed_and_taken_back_is_a_draft_again(
    keys: tuple[str, ...], form: str, field: str, store: Path
) -> None:
    """Saved from its form and taken back at once, unchanged: the words stand in the form, not nowhere."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = CasePage(opened.at, ref)
            opened.push_screen(page)
            await pilot.pause()
            await pilot.press(*keys)
            await _until(pilot, lambda: opened.screen is page and "√" in _seen(opened))
            opened.at.kept.flush()
            assert drafts.listed(desk) == []
            await pilot.press("u")
            await _until(pilot, lambda: "Chữ đã viết nằm lại trong ô" in _seen(opened))
            opened.at.kept.flush()
            (draft,) = drafts.listed(desk)
            assert draft.form.startswith(form) and draft.fields[field] in ("Em A an trua", "0000", "Da goi")

        _run(desk, test)


def test_a_step_to_do_again_keeps_what_was_written_of_it(store: Path) -> None:
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        step = view.case(desk, ref).line.next_step or ""
        steps.done(desk, ref, step, result="Đã gọi.", reference="REF 99")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            page = CasePage(opened.at, ref, row=step)
            opened.push_screen(page)
            await pilot.pause()
            page.list("steps").go_to(page.steps.at(step) or 0)
            await pilot.press("r")
            await _until(
                pilot, lambda: "Làm lại" in _seen(opened) or page.steps.at(step, todo=True) is not None
            )
            opened.at.kept.flush()
            (draft,) = drafts.listed(desk)
            assert (draft.fields["result"], draft.fields["reference"]) == ("Đã gọi.", "REF 99")
            assert draft.fields["at"]

        _run(desk, test)


def test_the_digits_never_lie_with_the_packet(store: Path, tmp_path: Path) -> None:
    """Not in its folder, not within it, not around it; refused, no folder is made, in the store neither."""
    with session.open_store(store, WORDS) as desk:
        ref = _sextortion(desk)
        out = tmp_path / "usb"
        typed = {"name": "Công an phường", "basis": "Yêu cầu", "purpose": "Báo tin", "out": str(out)}

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(PacketPage(opened.at, ref))
            await _until(pilot, lambda: "Đi kèm" in _seen(opened))
            opened.screen.query_one(Fields).fill(typed)
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: "Căn cứ: Yêu cầu" in _seen(opened))
            await pilot.press("2")
            for folder, said in (
                (out, "không được nằm cùng"),
                (out / "rieng", "không được nằm cùng"),
                (tmp_path, "không được nằm cùng"),
                (store / "evidence" / "so", "nằm trong kho"),
            ):
                await _until(pilot, lambda: "24 số ghi vào đâu?" in _seen(opened))
                opened.screen.query_one(Notice).show(None)
                opened.screen.query_one(Fields).fill({"folder": str(folder)})
                await pilot.press("ctrl+s")
                await _until(pilot, lambda said=said: said in _seen(opened))  # type: ignore[misc]
            assert not out.exists() and not (store / "evidence" / "so").exists()
            assert packets.listed(desk, ref) == []

        _run(desk, test)


def test_the_look_before_a_packet_names_what_is_missing(store: Path) -> None:
    """No telephone of the school, no trace of the other side, answers from before she was found."""
    missing = {"whereabouts": "unreachable", "student_now": "not_reached", "live_control": "yes"}
    at = clock.SetClock(datetime(2026, 11, 25, 5, 0, tzinfo=UTC))
    with session.open_store(store, WORDS, at=at) as desk:
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), answers=missing)).ref
        at.at += timedelta(minutes=20)
        cases.answer(desk, ref, {"whereabouts": "known_safe", "student_now": "with_me"})
        said = "\n".join(packet_forms._missing(view.case(desk, ref), Profile.WARD, ""))
        for line in ("Chưa ghi số điện thoại của trường", "sau đó chưa hỏi lại", "Chưa ghi số"):
            assert line in said
        cases.answer(desk, ref, {"live_control": "no"})
        cases.add_indicator(desk, ref, "phone", "0000 000 000")
        assert not list(packet_forms._missing(view.case(desk, ref), Profile.WARD, "0900 000 079"))


def test_the_board_says_when_no_backup_was_made_for_a_week(store: Path) -> None:
    """One calm line, with the place of the last one; none in the first week, after it, or in an invented school."""
    line = "7 ngày qua chưa sao lưu"
    with session.open_store(store, WORDS) as made:
        later = clock.SetClock(made.now() + timedelta(days=8))
    expected: list[bool] = []

    async def test(opened: app.TriageApp, _pilot: Pilot[int]) -> None:
        assert (line in _seen(opened)) == expected[-1]

    for at, expect, demo in ((None, False, False), (later, True, False), (later, False, True)):
        expected.append(expect)
        with session.open_store(store, WORDS, at=at) as desk:
            _run(desk, test, demo=demo)
    with session.open_store(store, WORDS, at=later) as desk:
        upkeep.make_backup(desk, store.parent / "backup")
        expected.append(False)
        _run(desk, test)
