"""Killed at random instants, in whatever it is doing, a program loses no act that it has acknowledged.

``Killer`` takes any program of ``programs``: what it said is held against the store by ``judge``.
"""

from __future__ import annotations

import os
import random  # noqa: TID251 - a seed that is printed
import shutil
import signal
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, judge, programs
from triage.desk import cases, upkeep
from triage.store import backup, migrations

LENGTH = pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])
KILLS = 200
"""In each run of the test command; five times as many in the slow run."""
INSIDE = 100
"""Kills inside each of the long acts."""
RENEW = 10
"""After so many kills the store is put back: the log that is checked after each kill stays short."""
LONGEST = 0.04
"""Seconds from the fork, or from an acknowledgement, to the latest kill."""


@dataclass
class Killer:
    """Kills, and what was found after them."""

    scene: harness.Scene
    forks: harness.Forks
    seed: int
    kills: int = 0
    ended: int = 0
    """Programs that had ended before they were killed."""
    acks: int = 0
    bad: list[str] = field(default_factory=list)
    """Kills after which something was lost or broken."""
    opening: list[float] = field(default_factory=list)
    """Seconds of computing to open the store after a kill."""
    anchors: dict[str, int] = field(default_factory=dict)

    def kill(
        self, program: str, times: int, *, longest: float = LONGEST, renew: int = RENEW, after: int = 5,
        **job: object,
    ) -> None:  # fmt: skip
        """Start a program and kill it, so many times; look at the store after each.

        Args:
            program: one of ``programs.PROGRAMS``.
            times: how many kills.
            longest: seconds from the fork, or from the acknowledgement that was waited for, to the latest kill.
            renew: after so many kills the store is put back.
            after: at most so many acknowledgements are waited for.
            job: as ``harness.Forks.start`` takes it.
        """
        drawn = random.Random(self.seed)
        known: list[judge.Fact] = []
        for number in range(times):
            if number % renew == 0:
                self.scene.renew()
                known = []
            acks = self.scene.acks()
            args = {"first": 1000 * (number % renew) + 1}
            process = self.forks.start(program, self.scene.place, acks, args=args, **job)
            self._await(process, acks, drawn.randint(0, after), drawn.uniform(0, longest))
            os.kill(process, signal.SIGKILL)
            end = self.forks.wait(process)
            assert end != 1, harness.why(acks)
            self.ended += end == 0
            known += harness.facts(acks)
            self._look(number, known, len(harness.facts(acks)))

    @staticmethod
    def _await(process: int, acks: Path, said: int, seconds: float) -> None:
        """Wait for some acknowledgements, or for the program's end; then some instants more."""
        while said and len(harness.facts(acks)) < said:
            time.sleep(0.001)
            if _is_over(process):
                return
        time.sleep(seconds)

    def _look(self, number: int, known: list[judge.Fact], fresh: int) -> None:
        verdict = judge.look(self.scene.place, known)
        self.kills += 1
        self.acks += fresh
        self.opening.append(verdict.cpu)
        self.anchors[verdict.anchor] = self.anchors.get(verdict.anchor, 0) + 1
        if not verdict.well or verdict.anchor not in ("first", "matches", "ahead"):
            self.bad.append(f"kill {number}: {verdict}")

    def figures(self) -> dict[str, object]:
        """What is shown at the end."""
        return {
            "seed": self.seed, "kills": self.kills, "acks": self.acks, "ended before": self.ended,
            "bad": len(self.bad), "anchors": self.anchors,
        }  # fmt: skip


def _is_over(process: int) -> bool:
    """Whether a program has ended and only waits to be asked how."""
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Scene]:
    """A place with one closed store, remembered."""
    with harness.on_a_scene(tmp_path_factory.mktemp("kills")) as scene:
        programs.create(scene.place, lambda *_what: None)
        scene.remember()
        yield scene


@pytest.fixture
def killer(scene: harness.Scene) -> Iterator[Killer]:
    """One who kills what the forking process starts."""
    with harness.forking() as forks:
        yield Killer(scene, forks, harness.new_seed())


def test_no_kill_loses_an_act(killer: Killer, figures: Figures) -> None:
    """200 kills: every acknowledged act is there, the store opens, is whole, takes an act, has no stray file."""
    killer.scene.renew()
    untouched = judge.look(killer.scene.place, [], write=False).cpu
    killer.kill("day", KILLS)
    opening = statistics.quantiles(killer.opening, n=20)[18]
    figures(
        **killer.figures(), reopen_cpu_p95=f"{opening:.3f} s", untouched=f"{untouched:.3f} s",
        ratio=f"{opening / untouched:.1f}",
    )  # fmt: skip
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"
    assert killer.kills == KILLS
    assert killer.acks >= KILLS // 4, "the kills come before anything is done"


@pytest.mark.slow
def test_no_kill_of_a_thousand_loses_an_act(killer: Killer, figures: Figures) -> None:
    """1,000 kills."""
    killer.kill("day", 5 * KILLS)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"


@LENGTH
def test_no_kill_inside_a_change_of_keys_loses_the_store(
    killer: Killer, figures: Figures, slow: bool
) -> None:
    """Killed while the store gets new keys: it opens under the one or the other, with every act, nothing beside it."""
    killer.kill("rotates", INSIDE if slow else INSIDE // 4, longest=0.1, renew=5)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"


@pytest.mark.slow
def test_no_kill_inside_an_evidence_add_loses_an_item(killer: Killer, figures: Figures) -> None:
    """100 kills while large items are taken in: no row without its file, no file without its row in the store."""
    killer.kill("takes_in", INSIDE, longest=0.2)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"


@pytest.mark.slow
def test_no_kill_inside_a_backup_leaves_half_of_one(killer: Killer, figures: Figures) -> None:
    """100 kills while backups are made: whatever has a backup's name opens, compares and is whole."""
    killer.kill("backs_up", INSIDE, longest=0.2, renew=2)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"


@pytest.mark.slow
def test_no_kill_inside_a_restore_leaves_half_a_store(killer: Killer, figures: Figures) -> None:
    """100 kills while a backup is restored: whatever has the new store's name opens and is whole."""
    scene = killer.scene
    scene.renew()
    with programs.sit_down(scene.place) as desk:
        upkeep.make_backup(desk, scene.place / "kept")
    scene.remember()
    killer.kill("restores", INSIDE, longest=0.2, renew=1, after=2)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"
    backup.verify(scene.place / "kept", label="Cô An", passphrase=programs.WORDS, allow_cheap=True)
    shutil.rmtree(scene.place / "kept")


@pytest.mark.slow
def test_no_kill_inside_a_migration_leaves_a_store_between(
    killer: Killer, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 kills while a store is brought forward: every row is the old one or the new one, all of them the same."""
    scene = killer.scene
    scene.renew()
    with programs.sit_down(scene.place) as desk:
        for number in range(200):
            cases.note(desk, programs.REF, f"Ghi {number}: em đã về nhà.")
    scene.remember()
    for name, value in programs.next_format().items():
        monkeypatch.setattr(migrations, name, value)
    needed = []
    for _ in range(5):
        scene.renew()
        began = time.perf_counter()
        assert killer.forks.run("migrates", scene.place, scene.acks()) == 0
        needed.append(time.perf_counter() - began)
    killer.kill("migrates", INSIDE, longest=min(needed), renew=1, after=0)
    figures(**killer.figures())
    assert not killer.bad, f"seed {killer.seed}: {killer.bad[:3]}"
    assert 0 < killer.acks < INSIDE, "the kills come too early or too late"
