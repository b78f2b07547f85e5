"""Restricted cases on the screen: a line for everybody, the page for who is named, drafts inside or nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot

from tests.unit.restricted import forensic
from tests.unit.restricted.conftest import school, words
from triage import clock, i18n
from triage.desk import cases, drafts, restricted, session, upkeep, view
from triage.store import opened as opened_store
from triage.store.keys import header
from triage.tui import app, dialogs, watchdog
from triage.tui.screens.case import CasePage
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.questions import QuestionsPage
from triage.tui.sitting import Kept, Sitting

Test = Callable[[app.TriageApp, Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    i18n.use("vi")
    monkeypatch.setattr(watchdog, "ask", lambda status, held: None)


@pytest.fixture
def sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], session.Desk]]:
    """Sits somebody of the cheap school down."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    at = clock.SystemClock()
    folder = school(tmp_path / "store", at)
    desks: list[session.Desk] = []

    def down(label: str) -> session.Desk:
        held = opened_store.open(header.unlock(folder, label, words(label), allow_cheap=True), clock=at)
        desks.append(session.Desk(held, at))
        return desks[-1]

    yield down
    for desk in desks:
        desk.close()


def run(desk: session.Desk, test: Test) -> None:
    """The screen on a desk."""

    async def main() -> None:
        at = Sitting(desk, Kept(desk, "test"))
        opened = app.TriageApp(at)
        async with opened.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            await test(opened, pilot)
        at.kept.close()

    asyncio.run(main())


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    """Wait until something holds: a machine may be slow."""
    for _turn in range(200):
        await pilot.pause(0.05)
        if holds():
            return
    assert holds(), seen(cast(app.TriageApp, pilot.app))


def seen(opened: app.TriageApp) -> str:
    """What stands on the screen."""
    return "\n".join(row.text for row in opened.screen._compositor.render_strips())


@pytest.mark.parametrize("who", ["Cô An", "Cô Chi"])
def test_the_line_stands_on_the_first_page(sit: Callable[[str], session.Desk], who: str) -> None:
    """Whom to ask and when; no level; who is not named is told whom to ask, and nothing opens."""
    an = sit("Cô An")
    ref = restricted.new(an, cases.NewCase(words="Zukavopi kể."), ["Thầy Bình"]).ref
    restricted.leave(an, ref)
    desk = an if who == "Cô An" else sit(who)

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: f"{ref}  Hồ sơ hạn chế: hỏi Cô An, Thầy Bình" in seen(opened))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(opened.screen, dialogs.Pick))
        await pilot.press("enter")
        if who == "Cô An":
            await until(pilot, lambda: isinstance(opened.screen, CasePage) and opened.screen.seen)
        else:
            await until(pilot, lambda: "Chưa mở gì; hồ sơ vẫn nguyên." in seen(opened))
            assert isinstance(opened.screen, Dashboard) and not desk.inside

    run(desk, test)


def test_she_works_in_it_and_leaves_nothing_outside(sit: Callable[[str], session.Desk]) -> None:
    """A note, an unfinished note: the first recorded inside, the second a draft inside; the key goes on leaving."""
    an = sit("Cô An")
    ref = restricted.new(an, cases.NewCase(), ["Thầy Bình"]).ref
    restricted.leave(an, ref)

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        await pilot.press("r", "enter")
        await until(pilot, lambda: isinstance(opened.screen, CasePage) and opened.screen.seen)
        await pilot.press("a")
        await pilot.press(*"zukavopi")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(opened.screen, CasePage))
        await pilot.press("a")
        await pilot.press(*"lukemora")
        await pilot.pause(0.6)
        opened._keep_place()
        await pilot.press("escape")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(opened.screen, QuestionsPage) and opened.screen.seen)
        opened._keep_place()
        assert opened.screen.at.desk is an.inside[ref]  # type: ignore[attr-defined]
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(opened.screen, Dashboard))
        await until(pilot, lambda: not an.inside)

    run(an, test)
    data = forensic.everything(an.opened.unlocked)
    assert not [
        word for word in ("zukavopi", "lukemora") if any(form in data for form in forensic.forms(word))
    ]
    place = drafts.place(an, "test")
    assert drafts.listed(an) == [] and (place is None or ref not in place.fields["place"])
    inside = restricted.desk_of(an, ref)
    assert [note.text for note in view.case(inside, ref).notes] == ["zukavopi"]
    assert [draft.fields["text"] for draft in drafts.listed(inside)] == ["lukemora"]
    assert [entry.act for entry in upkeep.log(an, limit=50)].count("restricted.opened") == 2


def test_the_search_finds_it_on_enter(sit: Callable[[str], session.Desk]) -> None:
    """Not at every letter; by its id alone."""
    an = sit("Cô An")
    ref = restricted.new(an, cases.NewCase(words="Nhắn lúc nửa đêm."), ["Thầy Bình"]).ref
    restricted.leave(an, ref)

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash")
        await pilot.press(*"nua dem")
        await pilot.pause(0.3)
        assert "Tìm thấy trong hồ sơ hạn chế" not in seen(opened)
        await pilot.press("enter")
        await until(pilot, lambda: f"Tìm thấy trong hồ sơ hạn chế: {ref}" in seen(opened))

    run(an, test)


def test_a_case_is_made_restricted_on_the_screen(sit: Callable[[str], session.Desk]) -> None:
    """m, what it means, who is named; then its page is left, its line stands on the first one, and r opens it."""
    an = sit("Cô An")
    ref = cases.new(an, cases.NewCase(words="Em kể với cô.")).ref

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(opened.screen, CasePage) and opened.screen.seen)
        await pilot.press("a", *"zukavopi")
        await pilot.press("escape")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(opened.screen, dialogs.Pick))
        pick = opened.screen
        assert isinstance(pick, dialogs.Pick)
        pick.place = next(place for place, one in enumerate(pick.options) if one.value == "restrict")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(opened.screen, dialogs.Form))
        assert "bản sao lưu" in " ".join(seen(opened).split())
        await pilot.press(*"Thầy Bình")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(opened.screen, Dashboard))
        await until(pilot, lambda: "Nay là hồ sơ hạn chế R-" in seen(opened))
        assert "hỏi Cô An, Thầy Bình" in seen(opened) and ref not in seen(opened)

    run(an, test)
    (line,) = restricted.lines(an)
    inside = restricted.desk_of(an, line.ref)
    assert view.case(inside, line.ref).notes[0].text == "Em kể với cô."
    assert [draft.form for draft in drafts.listed(inside)] == [f"note:{line.ref}"]
    assert drafts.listed(an) == []
