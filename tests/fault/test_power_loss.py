"""After a power cut at any write, with what was not synced kept, dropped or torn, no acknowledged act is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, judge, programs, replay

STATES = 1000
"""Different ones in each run of the test command; ten times as many in the slow run."""


@dataclass
class Count:
    """What became of the states."""

    states: int = 0
    acks: int = 0
    """Acknowledged acts in the whole recording."""
    bad: list[str] = field(default_factory=list)
    """States in which something was lost or broken."""
    anchors: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Scene]:
    """A place with one closed store, remembered."""
    with harness.on_a_scene(tmp_path_factory.mktemp("power")) as scene:
        programs.create(scene.place, lambda *_what: None)
        scene.remember()
        yield scene


@pytest.fixture(scope="module")
def forks(scene: harness.Scene) -> Iterator[harness.Forks]:
    """The forking process, recorded."""
    with harness.forking(recorded=True) as forks:
        yield forks


def test_no_state_after_a_power_cut_loses_an_act(
    scene: harness.Scene, forks: harness.Forks, figures: Figures
) -> None:
    """1,000 different states of days at the desk: cases, notes, steps, evidence, members, closing, opening."""
    seed = harness.new_seed()
    count = _cut(scene, forks, "day", wanted=STATES, seed=seed, args={"rounds": 4})
    figures(seed=seed, acks=count.acks, states=count.states, bad=len(count.bad), anchors=count.anchors)
    assert not count.bad, f"seed {seed}: {count.bad[:5]}"
    assert count.states == STATES


def test_a_store_being_made_is_whole_or_not_there(
    scene: harness.Scene, forks: harness.Forks, figures: Figures
) -> None:
    """From its first write on: what has the store's name opens; once it was said to be made, it is there."""
    seed = harness.new_seed()
    scene.clear()
    count = _cut(scene, forks, "create", wanted=STATES // 5, seed=seed, renew=False)
    figures(seed=seed, acks=count.acks, states=count.states, bad=len(count.bad), anchors=count.anchors)
    assert not count.bad, f"seed {seed}: {count.bad[:5]}"
    assert count.states >= 50


@pytest.mark.parametrize("fault", programs.PLANTED)
def test_a_planted_fault_is_seen(
    scene: harness.Scene, forks: harness.Forks, figures: Figures, fault: str
) -> None:
    """The control: without fsync, without the folder's fsync, written in place, states are lost or broken."""
    seed = harness.new_seed()
    count = _cut(scene, forks, "day", wanted=STATES, seed=seed, args={"rounds": 3}, planted=fault)
    figures(fault=fault, seed=seed, seen_in_state=count.states)
    assert count.bad, f"seed {seed}: {fault} was not seen in {count.states} states"


@pytest.mark.slow
def test_no_state_of_ten_thousand_loses_an_act(
    scene: harness.Scene, forks: harness.Forks, figures: Figures
) -> None:
    """10,000 different states."""
    seed = harness.new_seed()
    count = _cut(scene, forks, "day", wanted=10 * STATES, seed=seed, args={"rounds": 30})
    figures(seed=seed, acks=count.acks, states=count.states, bad=len(count.bad), anchors=count.anchors)
    assert not count.bad, f"seed {seed}: {count.bad[:5]}"
    assert count.states == 10 * STATES


def _cut(
    scene: harness.Scene, forks: harness.Forks, program: str, *, wanted: int, seed: int, renew: bool = True,
    **job: object,
) -> Count:  # fmt: skip
    """Record a program, replay it to many states, judge each."""
    if renew:
        scene.renew()
    acks = scene.acks()
    log = Path(f"{acks}.log")
    disk = replay.Disk(scene.place)
    assert forks.run(program, scene.place, acks, record=str(log), **job) == 0, harness.why(acks)
    ops = replay.read(log)
    assert set("WRACU" if "planted" in job else "WSRACU") <= {op.kind for op in ops}, (
        "the recorder sees nothing"
    )
    count = Count(acks=len(harness.facts(acks)))
    assert count.acks == sum(op.kind == "A" for op in ops)
    for state in replay.states(disk, ops, wanted=wanted, seed=seed):
        scene.clear()
        state.lay(scene.place)
        verdict = judge.look(scene.place, judge.said(state.acks))
        count.states += 1
        count.anchors[verdict.anchor] = count.anchors.get(verdict.anchor, 0) + 1
        if not verdict.well:
            count.bad.append(f"{state.name}: {verdict}")
            if "planted" in job:
                break
    return count
