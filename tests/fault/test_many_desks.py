"""Several processes on one store: what was acknowledged is there, whoever comes and goes meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fault import takes_evidence
from triage import models
from triage.store import audit, opened
from triage.store.keys import header

ROOT = Path(__file__).resolve().parents[2]
CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
WRITERS, VISITORS = 4, 2


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed store with one case, and a file to take in."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    now = takes_evidence.NOON.now()
    unlocked, _words, _print = header.create(
        tmp_path / "store", label="Cô An", passphrase="p", school="", code="", now=now, cost=CHEAP
    )
    held = opened.create(unlocked, school="Trường", code="79012345", clock=takes_evidence.NOON)
    with held.acting("case.opened") as act:
        act.session.add(
            models.Case(ref="2026-0001", salt=os.urandom(32), channel="note", told_at=now, opened_at=now,
                        level="LOW", own_level="LOW")
        )  # fmt: skip
    held.close()
    (tmp_path / "chat.txt").write_bytes(b"20:15 gui tien\n" * 400)
    return tmp_path / "store"


def _work(store: Path, *more: str) -> tuple[list[int], list[int]]:
    """Let everybody work at once; return how each ended, and the acknowledged entries."""
    roles = [str(number) for number in range(WRITERS)] + ["visit"] * VISITORS
    desks = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.fault.takes_evidence", role, str(store), *more],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        )
        for role in roles
    ]  # fmt: skip
    said = [desk.communicate()[0] for desk in desks]
    return [desk.returncode for desk in desks], [int(seq) for words in said for seq in words.split()]


def test_acknowledged_evidence_is_there_after_others_came_and_went(store: Path) -> None:
    """4 desks take files in while 2 open and close the store: one whole log, every file in its place."""
    ends, acknowledged = _work(store)
    assert ends == [0] * (WRITERS + VISITORS)
    held = takes_evidence.sit_down(store)
    with held.reading() as read:
        found = audit.verify(read, held.unlocked)
    held.close()
    assert len(set(acknowledged)) == len(acknowledged) == WRITERS * takes_evidence.TIMES
    assert (found.whole, found.anchor, found.problems) == (True, "matches", ())
    assert found.entries == len(acknowledged) + 2
    assert not (store / "evidence" / "aside").exists()


def test_a_sweep_that_does_not_ask_does_harm(store: Path) -> None:
    """The planted fault: without the lock, files whose rows are about to come are taken from under a desk."""
    ends, _acknowledged = _work(store, "careless")
    assert any(ends) or list((store / "evidence" / "aside").iterdir())
