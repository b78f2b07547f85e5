"""A lock while long work runs: the screen is covered at once, the process ends when the work does."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tui.conftest import WORDS
from triage import clock
from triage.desk import session
from triage.tui import app, statuses, watchdog
from triage.tui.screens.cover import Cover
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.report import ReportPage
from triage.tui.sitting import Kept, Sitting


def test_a_lock_waits_for_the_job_behind_the_cover(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Covered at once, no key answered, not ended while the job runs, ended with the lock's status after it."""
    asked: list[int] = []
    monkeypatch.setattr(watchdog, "ask", lambda status, held: asked.append(status))
    desk = session.open_store(store, WORDS)

    async def main() -> int | None:
        at = Sitting(desk, Kept(desk))
        opened = app.TriageApp(at)
        async with opened.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            at.jobs = 1
            opened.action_lock()
            await pilot.pause()
            assert isinstance(opened.screen, Cover)
            await pilot.press("escape", "n")
            await pilot.pause(1.3)
            assert isinstance(opened.screen, Cover) and not opened._exit
            at.jobs = 0
            await pilot.pause(1.3)
        at.kept.close()
        return opened.return_code

    with desk:
        assert asyncio.run(main()) == statuses.LOCKED
    assert set(asked) == {statuses.LOCKED}


@pytest.mark.parametrize("held_again", [False, True])
def test_the_watchdog_ends_nothing_that_began_meanwhile(
    held_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last words begin to be written after it was asked: it looks once more before it ends the process."""
    ended = threading.Event()
    held = iter([False, held_again, False, False])
    looked: list[bool] = []

    def holds() -> bool:
        looked.append(next(held, False))
        return looked[-1]

    def end(_status: int) -> None:
        ended.set()
        threading.Event().wait()

    monkeypatch.setattr(watchdog, "SOON", 0.01)
    monkeypatch.setattr(os, "_exit", end)
    watchdog.ask(0, held=holds)
    assert ended.wait(10)
    assert len(looked) == (4 if held_again else 2)


def test_ending_asks_first_while_a_job_runs(store: Path) -> None:
    """Ctrl+Q while something is written: it says so and stays."""
    desk = session.open_store(store, WORDS)

    async def main() -> None:
        at = Sitting(desk, Kept(desk))
        opened = app.TriageApp(at)
        async with opened.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            at.jobs = 1
            await opened.action_quit()
            await pilot.pause()
            assert isinstance(opened.screen, Dashboard) and not opened._exit
            at.jobs = 0
        at.kept.close()

    with desk:
        asyncio.run(main())


@pytest.mark.parametrize("job", [False, True], ids=["idle", "job"])
@pytest.mark.parametrize("which", ["running", "wall"])
def test_a_key_after_a_sleep_finds_it_locked(
    which: str, job: bool, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """61 seconds of sleep, seen by either clock: the first key locks, before any tick, and does nothing else."""
    monkeypatch.setattr(watchdog, "ask", lambda status, held: None)
    desk = session.open_store(store, WORDS)
    running, wall = clock.running, clock.SystemClock.now

    async def main() -> int | None:
        at = Sitting(desk, Kept(desk))
        opened = app.TriageApp(at)
        async with opened.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            at.jobs = int(job)
            monkeypatch.setattr(opened, "_tick", lambda: None)
            if which == "running":
                monkeypatch.setattr(clock, "running", lambda: running() + 61)
            else:
                monkeypatch.setattr(clock.SystemClock, "now", lambda self: wall(self) + timedelta(seconds=62))
            await pilot.press("n")
            await pilot.pause()
            assert not any(isinstance(screen, ReportPage) for screen in opened.screen_stack)
            assert opened.leaving == statuses.LOCKED
            assert isinstance(opened.screen, Cover) == job
            at.jobs = 0
            if job:
                opened._leave(statuses.LOCKED)
        at.kept.close()
        return opened.return_code

    with desk:
        assert asyncio.run(main()) == statuses.LOCKED


def test_the_running_clock_counts_sleep() -> None:
    """It is the one that goes on in a sleep, not the one that stands still."""
    if sys.platform == "linux":
        assert abs(clock.running() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
