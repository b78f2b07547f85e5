"""When the log is not what this computer saw last: one page says so; nothing is typed before a lead has confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import WORDS
from triage import errors, i18n
from triage.desk import cases, drafts, log, people, session, upkeep
from triage.store import anchor
from triage.terms import Right
from triage.tui import app, dialogs, watchdog
from triage.tui.screens.anchor import AnchorPage
from triage.tui.screens.case import CasePage
from triage.tui.screens.cases import CasesPage
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.emergency import EmergencyPage
from triage.tui.screens.help import HelpPage
from triage.tui.screens.report import ReportPage
from triage.tui.sitting import Kept, Sitting
from triage.tui.widgets.page import told

OTHERS = "may trang nuoc song dem he"
Test = Callable[[app.TriageApp, Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    i18n.use("vi")
    monkeypatch.setattr(watchdog, "ask", lambda status, held: None)


def _run(desk: session.Desk, test: Test) -> None:
    async def main() -> None:
        at = Sitting(desk, Kept(desk, "test"))
        opened = app.TriageApp(at)
        async with opened.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await test(opened, pilot)
        at.kept.close()

    asyncio.run(main())


def _seen(opened: app.TriageApp) -> str:
    return " ".join(" ".join(row.text.split()) for row in opened.screen._compositor.render_strips())


async def _until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    for _turn in range(200):
        await pilot.pause(0.05)
        if holds():
            return
    assert holds()


@pytest.fixture
def put_back(store: Path) -> Path:
    """A store with one case, which this computer has seen further on than it is; two members."""
    with session.open_store(store, WORDS) as desk:
        cases.new(desk, cases.NewCase(words="Em sợ lắm cô ơi."))
        people.add_member(desk, "Cô Bình", Right.COUNSELLOR, OTHERS)
        anchor.write(desk.opened.unlocked, 99, b"\1" * 32)
    return store


def test_a_counsellor_reads_and_types_nothing(put_back: Path) -> None:
    """What was found, safe and to do; cases can be looked at; every form is refused, and she cannot confirm."""

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        assert isinstance(opened.screen, AnchorPage)
        found = i18n.sentence(errors.Refused("anchor-behind"), screen=True)
        for part in found:
            assert " ".join(part.split()) in _seen(opened)
        assert "số 99" in _seen(opened)
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(opened.screen, AnchorPage)
        assert told(errors.Refused("only-a-lead")).split("\n")[0] in _seen(opened)
        await pilot.press("escape")
        await pilot.press("v")
        await _until(pilot, lambda: isinstance(opened.screen, CasesPage))
        await pilot.press("enter")
        await _until(pilot, lambda: isinstance(opened.screen, CasePage))
        assert isinstance(opened.screen, CasePage)
        opened.push_screen(ReportPage(opened.at))
        opened.push_screen(dialogs.Form(lambda: "", (), lambda typed: None, at=opened.at))
        await pilot.pause()
        assert isinstance(opened.screen, CasePage)
        said = told(errors.Refused("anchor-unconfirmed")).split("\n")[0]
        assert " ".join(said.split()) in _seen(opened)
        await pilot.press("f9")
        await _until(pilot, lambda: isinstance(opened.screen, EmergencyPage))

    with session.open_store(put_back, OTHERS, label="Cô Bình") as desk:
        before = log.last(desk).seq
        _run(desk, test)
        assert log.last(desk).seq == before
        assert not drafts.listed(desk)


def test_a_lead_confirms_with_a_reason_and_goes_on(put_back: Path) -> None:
    """The reason is in the entry; then the first page is there, forms open, and the anchor agrees."""

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        await pilot.press("c")
        await _until(pilot, lambda: isinstance(opened.screen, dialogs.Pick))
        await pilot.press("escape")
        await _until(pilot, lambda: isinstance(opened.screen, AnchorPage))
        await pilot.press("c")
        await _until(pilot, lambda: isinstance(opened.screen, dialogs.Pick))
        await pilot.press("1")
        await _until(pilot, lambda: isinstance(opened.screen, Dashboard))
        await pilot.press("n")
        await _until(pilot, lambda: isinstance(opened.screen, ReportPage))

    with session.open_store(put_back, WORDS, label="Cô An") as desk:
        _run(desk, test)
        newest = upkeep.log(desk, limit=1)[0]
        assert (newest.act, newest.codes["reason"]) == ("anchor.confirmed", "restored-backup")
        assert log.anchored(desk) == "matches"


def test_where_the_log_agrees_nothing_is_asked(store: Path) -> None:
    """The first page is first; its help has the last entry and its mark, worked out while she reads."""

    async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
        assert isinstance(opened.screen, Dashboard)
        marked = log.marked(opened.at.desk)
        assert marked.words not in _seen(opened)
        await pilot.press("f1")
        await _until(pilot, lambda: isinstance(opened.screen, HelpPage))
        await _until(pilot, lambda: marked.words in _seen(opened))
        assert f"{marked.seq}, " in _seen(opened)
        assert marked.by in _seen(opened)

    with session.open_store(store, WORDS) as desk:
        _run(desk, test)
