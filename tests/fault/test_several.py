"""Several at work on one store, and a clock that goes back: everything acknowledged is there, in one whole log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, judge, programs
from triage import errors
from triage.desk import cases, upkeep, view

WRITERS, EACH = 4, 150
LENGTH = pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[harness.Scene]:
    """A place with one closed store."""
    with harness.on_a_scene(tmp_path) as scene:
        programs.create(scene.place, lambda *_what: None)
        yield scene


def test_four_processes_write_six_hundred_acts(scene: harness.Scene, figures: Figures) -> None:
    """All at once on one store: 600 acknowledged, 600 there, one entry each; who was told to wait tried again."""
    with programs.sit_down(scene.place) as desk:
        before = upkeep.verify_log(desk).entries
    began = time.perf_counter()
    with harness.forking() as forks:
        acks = [scene.acks() for _ in range(WRITERS)]
        started = [
            forks.start("notes", scene.place, said, args={"first": 1000 * number, "count": EACH})
            for number, said in enumerate(acks, 1)
        ]
        ends = [forks.wait(process) for process in started]
    seconds = time.perf_counter() - began
    assert ends == [0] * WRITERS, [harness.why(said) for said in acks]
    said_all = [fact for said in acks for fact in harness.facts(said)]
    facts = [fact for fact in said_all if fact[0] == "note"]
    waits = {fact[1] for fact in said_all if fact[0] == "refused"}
    with programs.sit_down(scene.place) as desk:
        found = upkeep.verify_log(desk)
    verdict = judge.look(scene.place, facts)
    figures(
        writers=WRITERS, acts=len(facts), waited=len(said_all) - len(facts), lost=len(verdict.lost),
        seconds=f"{seconds:.1f}",
    )  # fmt: skip
    assert waits <= {"busy"}
    assert len(facts) == WRITERS * EACH
    assert verdict.well, verdict
    assert (found.whole, found.anchor, found.entries) == (True, "matches", before + WRITERS * EACH)


@LENGTH
def test_who_comes_and_goes_loses_nothing_to_new_keys(
    scene: harness.Scene, figures: Figures, slow: bool
) -> None:
    """Four open the store for each note while a fifth gives it new keys again and again: every note is there."""
    rounds = 100 if slow else 12
    with harness.forking() as forks:
        acks = [scene.acks() for _ in range(WRITERS + 1)]
        started = [
            forks.start(
                "comes_and_goes", scene.place, said, args={"first": 1000 * number, "count": 2 * rounds}
            )
            for number, said in enumerate(acks[:WRITERS], 1)
        ]
        started.append(forks.start("rotates", scene.place, acks[WRITERS], args={"count": rounds}))
        ends = [forks.wait(process) for process in started]
    assert ends == [0] * len(started), [harness.why(said) for said in acks]
    said_all = [fact for said in acks for fact in harness.facts(said)]
    facts = [fact for fact in said_all if fact[0] != "refused"]
    waits = {fact[1] for fact in said_all if fact[0] == "refused"}
    verdict = judge.look(scene.place, facts)
    figures(notes=len(facts) - rounds, keys=rounds, waited=len(said_all) - len(facts), lost=len(verdict.lost))
    assert waits <= {"busy", "others-at-the-desk", "keys-changed", "keys-changing"}
    assert len(facts) == WRITERS * 2 * rounds + rounds
    assert verdict.well, verdict


def test_two_editors_of_one_case_do_not_overwrite_each_other(scene: harness.Scene) -> None:
    """Both have seen no answer; the first one's stands, the second is told, and both of their notes are there."""
    with programs.sit_down(scene.place) as first, programs.sit_down(scene.place) as second:
        question = view.case(first, programs.REF).to_ask()[0]
        seen = {question: None}
        assert question in view.case(second, programs.REF).to_ask()
        cases.answer(first, programs.REF, {question: "yes"}, seen=seen)
        with pytest.raises(errors.Refused) as refused:
            cases.answer(second, programs.REF, {question: "no"}, seen=seen)
        assert refused.value.code == "answered-elsewhere"
        for number, desk in enumerate((first, second, first, second), 1):
            cases.note(desk, programs.REF, f"Ghi {number}: em đã về nhà.")
        stands = [view.case(desk, programs.REF).as_json() for desk in (first, second)]
        assert stands[0] == stands[1]
        assert question not in view.case(second, programs.REF).to_ask()
    assert judge.look(scene.place, [("note", number) for number in range(1, 5)]).well


def test_a_clock_one_day_back_loses_nothing_and_is_marked(scene: harness.Scene, figures: Figures) -> None:
    """Killed in the middle of it, too: the acts stand in the order in which they were done, each with the mark."""
    with harness.forking() as forks:
        acks = [scene.acks() for _ in range(3)]
        assert forks.run("notes", scene.place, acks[0], args={"count": 2}) == 0
        assert forks.run("yesterday", scene.place, acks[1], args={"first": 10}) == 0
        assert forks.run("notes", scene.place, acks[2], args={"first": 20, "count": 2}) == 0
    facts = [fact for said in acks for fact in harness.facts(said)]
    with programs.sit_down(scene.place) as desk:
        found, log = upkeep.verify_log(desk), upkeep.log(desk, limit=5)
    verdict = judge.look(scene.place, facts)
    figures(acks=len(facts), anchor=verdict.anchor)
    assert [fact[1] for fact in facts] == [1, 2, 10, 20, 21]
    assert verdict.well, verdict
    assert (found.whole, found.anchor) == (True, "matches")
    assert [bool(entry.codes.get("clock_back")) for entry in log] == [False, False, True, False, False]
