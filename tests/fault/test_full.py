"""A full disk, a limit of a file's size, a disk for reading: an act is kept or told, and afterwards all goes on."""

from __future__ import annotations

import json
import random  # noqa: TID251 - a seed that is printed
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, judge, programs

POINTS = 20
DAY = {"rounds": 3, "patient": True}
FULL = 60
"""Calls that find no room, one after the other; then there is room again."""
TOLD = {"disk-full", "disk-error", "header-not-written", "OSError", "read-only", "busy"}
"""How an act may say that it was not kept: our codes, or the system's error, which the command line puts in words."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Scene]:
    """A place with one closed store, remembered."""
    with harness.on_a_scene(tmp_path_factory.mktemp("full")) as scene:
        programs.create(scene.place, lambda *_what: None)
        scene.remember()
        yield scene


@pytest.fixture(scope="module")
def forks(scene: harness.Scene) -> Iterator[harness.Forks]:
    """The forking process with the recorder, which can refuse a call."""
    with harness.forking(recorded=True) as forks:
        yield forks


@pytest.mark.parametrize("why", ["ENOSPC", "EIO", "EROFS"])
def test_a_call_that_is_refused_loses_nothing(
    scene: harness.Scene, forks: harness.Forks, figures: Figures, why: str
) -> None:
    """From the n-th call on, the disk has no room (the n-th still takes half), fails, may not be written; 20 points."""
    seed = harness.new_seed()
    scene.renew()
    acks = scene.acks()
    assert forks.run("day", scene.place, acks, args=DAY, fail=[0, 0, why]) == 0, harness.why(acks)
    calls = int(Path(f"{acks}.calls").read_text(encoding="utf-8"))
    assert calls > 200, "the recorder sees nothing"
    drawn, kept, told, bad = random.Random(seed), 0, 0, []
    for number in range(POINTS):
        at = calls * number // POINTS + drawn.randint(1, calls // POINTS)
        scene.renew()
        acks = scene.acks()
        end = forks.run("day", scene.place, acks, args=DAY, fail=[at, FULL, why])
        facts = harness.facts(acks)
        refused = [fact[1] for fact in facts if fact[0] == "refused"]
        kept, told = kept + len(facts) - len(refused), told + len(refused)
        verdict = judge.look(scene.place, facts)
        if end or not verdict.well or not set(refused) <= TOLD:
            bad.append(f"call {at} of {calls}: ended {end}, {refused}, {verdict} {harness.why(acks)}")
    figures(why=why, seed=seed, calls=calls, points=POINTS, acks=kept, refused=told, bad=len(bad))
    assert not bad, f"seed {seed}: {bad[:3]}"
    assert told >= POINTS // 2, "the calls that were refused were not needed"


def test_a_limit_of_a_files_size_loses_nothing(
    scene: harness.Scene, forks: harness.Forks, figures: Figures
) -> None:
    """No file may grow beyond a size near the database's: acts are refused, nothing is lost."""
    scene.renew()
    base = (scene.store / "store.1.db").stat().st_size
    kept = told = 0
    for number in range(8):
        scene.renew()
        acks = scene.acks()
        limit = base * number // 4 + 4096
        end = forks.run("day", scene.place, acks, args=DAY, limit=limit)
        facts = harness.facts(acks)
        refused = [fact for fact in facts if fact[0] == "refused"]
        kept, told = kept + len(facts) - len(refused), told + len(refused)
        verdict = judge.look(scene.place, facts)
        assert (end, verdict.well) == (0, True), f"{limit}: {refused} {verdict} {harness.why(acks)}"
    figures(limits=8, acks=kept, refused=told)
    assert kept
    assert told


def test_a_full_disk_and_a_disk_for_reading(scene: harness.Scene, figures: Figures) -> None:
    """A disk in memory of our own: full at 20 points, then room again; mounted for reading, closed and with a log."""
    scene.renew()
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    tool = shutil.which("unshare")
    mount = [*alone, "sh", "-c", "mount -t tmpfs none /mnt"]
    if tool is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        # Where a container forbids mounts, the refused calls above stand for them, in CI too.
        pytest.skip("this computer does not let us mount a disk of our own (unshare --user --mount)")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.fault.mounted", scene.place, str(harness.new_seed())],
        cwd=harness.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    figures(**found)
    assert found["points"] == POINTS
    assert found["refused"] >= POINTS
    assert found["bad"] == []
