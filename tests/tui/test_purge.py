"""Deleting a case on the screen: said before, confirmed by its reference, gone from the screen too."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import WORDS
from tests.tui.test_pages import _run, _seen, _until
from triage import errors, i18n
from triage.desk import cases, decisions, session
from triage.store.records import cases as rows
from triage.terms import Kind
from triage.tui import app, watchdog
from triage.tui.screens.case import CasePage
from triage.tui.screens.dashboard import Dashboard


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Vietnamese, and no watchdog: it would end the process of the tests."""
    i18n.use("vi")
    monkeypatch.setattr(watchdog, "ask", lambda status, held: None)


@pytest.mark.parametrize("held", [False, True])
def test_a_closed_case_is_deleted_by_its_reference_and_leaves_the_screen(store: Path, held: bool) -> None:
    """A wrong reference and a legal hold refuse in the box; done, the page of the case is gone."""
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), words="Em bị lừa.")).ref
        with desk.opened.acting("case.closed") as act:
            act.case = rows.find(act.session, ref)
            act.case.status, act.case.closed_at = "closed", desk.now()
        if held:
            decisions.hold(desk, ref, True, "Công an yêu cầu giữ.")

        async def test(opened: app.TriageApp, pilot: Pilot[int]) -> None:
            opened.push_screen(CasePage(opened.at, ref))
            await _until(pilot, lambda: ref in _seen(opened))
            await pilot.press("m", "5")
            await _until(pilot, lambda: "Gõ lại số hồ sơ" in _seen(opened))
            await pilot.press(*"2026-9999", "ctrl+s")
            await _until(pilot, lambda: "không khớp" in _seen(opened))
            await pilot.press(*["backspace"] * 9, *ref, "ctrl+s")
            if held:
                await _until(pilot, lambda: "đang được lưu giữ" in _seen(opened))
            else:
                await _until(pilot, lambda: isinstance(opened.screen, Dashboard))
                assert ref not in _seen(opened)

        _run(desk, test)
        with desk.opened.reading() as read:
            if held:
                assert rows.find(read, ref).held
            else:
                with pytest.raises(errors.UsageError, match="no-such-case"):
                    rows.find(read, ref)
