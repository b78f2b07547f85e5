"""Killed at any moment: what was acknowledged in a restricted case is there, and the case opens."""

from __future__ import annotations

import os
import random  # noqa: TID251 - when to kill, repeatably
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.restricted.conftest import words
from triage import clock
from triage.desk import cases, restricted, restricted_move, restricted_people, session, upkeep, view
from triage.store import opened, restricted_folders
from triage.store.keys import header
from triage.store.records import cases as case_rows

KILLS = 10
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork is killed")
Say = Callable[[], bool]


def sit(folder: Path, at: clock.Clock, who: str = "Cô An") -> session.Desk:
    """Somebody at her desk."""
    return session.Desk(opened.open(header.unlock(folder, who, words(who), allow_cheap=True), clock=at), at)


def killed(
    folder: Path, at: clock.Clock, work: Callable[[session.Desk, Say], None], after: float, *, late: bool
) -> int:
    """Do some work in another process and kill it; how much it had acknowledged.

    Args:
        folder: the store.
        at: its clock.
        work: what it does, and says after each act.
        after: seconds from when it has unlocked.
        late: count them from its first act instead.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            desk = sit(folder, at)
            os.write(writing, b"b")
            work(desk, lambda: bool(os.write(writing, b"a")))
        finally:
            os._exit(0)
    os.close(writing)
    said = len(os.read(reading, 1 + late)) - 1
    if late and not said:
        said = len(os.read(reading, 1))
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while data := os.read(reading, 4096):
        said += len(data)
    os.close(reading)
    return said


def test_every_note_that_was_acknowledged_is_there(folder: Path, at: clock.SetClock) -> None:
    """Between the inner log and the shared one, and anywhere else; the next to open it brings the shared one up."""
    with sit(folder, at) as desk:
        ref = restricted.new(desk, cases.NewCase(), ["Thầy Bình"]).ref

    def write(desk: session.Desk, say: Say) -> None:
        inside = restricted.desk_of(desk, ref)
        while True:
            cases.note(inside, ref, "Một ghi chú.")
            say()

    chance, acknowledged = random.Random(7), 0
    for turn in range(KILLS):
        acknowledged += killed(folder, at, write, chance.uniform(0.0, 0.2), late=turn % 2 == 1)
        with sit(folder, at, "Thầy Bình") as desk:
            notes = len(view.case(restricted.desk_of(desk, ref), ref).notes)
            assert acknowledged <= notes <= acknowledged + turn + 1
            assert upkeep.verify_log(desk).problems == ()
    assert acknowledged > 0


def test_a_new_key_is_there_or_not(folder: Path, at: clock.SetClock) -> None:
    """Killed while somebody is taken out and let in again: the case opens, with all that was in it."""
    with sit(folder, at) as desk:
        ref = restricted.new(desk, cases.NewCase(words="Em kể."), ["Thầy Bình", "Cô Chi"]).ref

    def change(desk: session.Desk, say: Say) -> None:
        while True:
            if "Cô Chi" in restricted.named(desk, ref):
                restricted_people.unname(desk, ref, "Cô Chi")
                say()
            restricted_people.name(desk, ref, "Cô Chi")

    chance, changed = random.Random(11), 0
    for turn in range(KILLS):
        changed += killed(folder, at, change, chance.uniform(0.0, 0.2), late=turn % 2 == 1)
        with sit(folder, at, "Thầy Bình") as desk:
            assert view.case(restricted.desk_of(desk, ref), ref).notes[0].text == "Em kể."
            restricted.leave(desk, ref)
            assert upkeep.verify_log(desk).problems == ()
        (place,) = restricted_folders.folders(folder)
        assert len(list(place.glob("case.*.db"))) == 1
    assert changed > 0


def test_a_case_is_here_or_there_never_nowhere(folder: Path, at: clock.SetClock, tmp_path: Path) -> None:
    """Killed while cases are made restricted: each is whole in one place."""
    number = 0

    def move(desk: session.Desk, say: Say) -> None:
        for ref in refs:
            restricted_move.restrict(desk, ref, ["Thầy Bình"])
            say()

    chance, moved = random.Random(13), 0
    for turn in range(KILLS // 2):
        with sit(folder, at) as desk:
            refs = [cases.new(desk, cases.NewCase(words=f"Lời thứ {number + one}.")).ref for one in range(5)]
        number += 5
        moved += killed(folder, at, move, chance.uniform(0.0, 0.3), late=turn % 2 == 1)
        with sit(folder, at) as desk:
            shared = [view.case(desk, line.ref) for line in view.listed(desk, case_rows.Wanted(limit=999))[0]]
            inside = [view.case(restricted.desk_of(desk, one.ref), one.ref) for one in restricted.lines(desk)]
            told = sorted(seen.notes[0].text for seen in [*shared, *inside])
            assert told == sorted(f"Lời thứ {one}." for one in range(number))
            assert len(inside) >= moved and upkeep.verify_log(desk).problems == ()
    assert moved > 0
