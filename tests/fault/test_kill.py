"""Killed at any instant, the store keeps every act that was acknowledged and lets no word out."""

from __future__ import annotations

import os
import random  # noqa: TID251 - a seed that is printed
import re
import signal
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import triage
from tests.fault import needles
from tests.fault.conftest import WORDS
from triage.desk import cases, evidence, session, upkeep, view
from triage.terms import Kind, Part

KILLS = 20
_ROOT = Path(triage.__file__).resolve().parents[1]


@dataclass
class Scene:
    """A store with its surroundings, all of them inside one folder that is searched."""

    place: Path
    seed: int
    ref: str = ""
    acknowledged: list[int] = field(default_factory=list)
    kills: int = 0

    @property
    def store(self) -> Path:
        return self.place / "store"

    def environment(self) -> dict[str, str]:
        """Home, state, data, cache and temporary files: all of them here."""
        keep = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        rooms = {
            "HOME": "home", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache",
            "XDG_RUNTIME_DIR": "run", "TMPDIR": "temp",
        }  # fmt: skip
        return keep | {name: str(self.place / room) for name, room in rooms.items()}

    def open(self) -> session.Desk:
        return session.open_store(self.store, WORDS)

    def kept(self, desk: session.Desk) -> set[int]:
        """The numbers of the notes that are there."""
        texts = [note.text for note in view.case(desk, self.ref).notes]
        return {int(found.group(1)) for text in texts if (found := re.match(r"Ghi (\d+):", text))}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The store with its planted words, after twenty kills; each is followed by a look at the store."""
    scene = Scene(tmp_path_factory.mktemp("kill"), int.from_bytes(os.urandom(4), "big"))
    print(f"seed {scene.seed}")  # noqa: T201 - the seed is needed to see a failure again
    with pytest.MonkeyPatch.context() as patch:
        for name, value in scene.environment().items():
            patch.setenv(name, value)
        for room in ("home", "temp"):
            (scene.place / room).mkdir()
        _plant(scene)
        drawn = random.Random(scene.seed)
        for _ in range(KILLS):
            _kill_once(scene, drawn)
        yield scene


def _plant(scene: Scene) -> None:
    desk, _created = session.create(
        scene.store, school="Trường THCS Hoa Gạo", code="79012345", label="Cô An", words=WORDS
    )
    with desk:
        words = unicodedata.normalize("NFD", f"{needles.SENTENCE} {needles.PHONE}")
        scene.ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words=words)).ref
        cases.add_person(desk, scene.ref, Part.WITNESS, {"name": needles.NAME, "contact": needles.PHONE})
        with_all = b"\n".join(sought for word in needles.WORDS for sought in needles.spellings(word).values())
        outside = scene.place.parent / f"{scene.place.name}.txt"
        outside.write_bytes(with_all)
        evidence.add(desk, scene.ref, [outside], evidence.Origin(), no_sexual_image=True)


def _kill_once(scene: Scene, drawn: random.Random) -> None:
    """Let a process add some notes, kill it between two instants, look at what is there."""
    first = max(scene.acknowledged, default=0) + 1000
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fault.adds_notes", str(scene.store), scene.ref, str(first)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT, env=scene.environment(),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(WORDS + "\n")
    process.stdin.flush()
    for _ in range(drawn.randint(1, 8)):
        line = process.stdout.readline()
        assert line, f"it ended by itself; seed {scene.seed}"
        scene.acknowledged.append(int(line))
    threading.Event().wait(drawn.uniform(0.002, 0.060))
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    # A number whose line end is missing was not said.
    scene.acknowledged += [int(line) for line in rest.split("\n")[:-1]]
    assert process.returncode == -signal.SIGKILL
    scene.kills += 1
    assert list(needles.search_in([scene.place])) == [], f"seed {scene.seed}"
    with scene.open() as desk:
        lost = set(scene.acknowledged) - scene.kept(desk)
        assert not lost, f"seed {scene.seed}: lost {sorted(lost)}"
        found = upkeep.verify_log(desk)
        assert found.whole, f"seed {scene.seed}: {found}"
        assert found.anchor in ("matches", "ahead"), f"seed {scene.seed}: {found.anchor}"
    assert list(scene.place.rglob("*.tmp")) == [], f"seed {scene.seed}"


def test_no_acknowledged_note_is_lost(scene: Scene) -> None:
    """After 20 kills every note that was acknowledged is there; the log was whole after each."""
    assert scene.kills == KILLS
    assert len(scene.acknowledged) >= KILLS
    with scene.open() as desk:
        assert set(scene.acknowledged) <= scene.kept(desk)


def test_no_planted_word_lies_in_any_file(scene: Scene, tmp_path: Path) -> None:
    """Store, backup, restored store, home, state, data, cache and temporary files: nowhere."""
    with scene.open() as desk:
        upkeep.make_backup(desk, scene.place / "backup")
        assert list(needles.search_in([scene.place])) == []
    assert {path.name for path in scene.place.iterdir()} >= {"store", "backup", "home", "state", "temp"}
    assert list(needles.search_in([scene.place])) == []


@pytest.mark.parametrize("word", needles.WORDS)
def test_the_search_finds_what_is_planted(tmp_path: Path, word: str) -> None:
    """The control: each spelling of each word, between other bytes, is found."""
    for number, (name, sought) in enumerate(needles.spellings(word).items()):
        room = tmp_path / str(number)
        room.mkdir()
        (room / "a").write_bytes(b"\x00\xff" * 5000 + sought + b"\x00" * 5000)
        assert name in {found[2] for found in needles.search_in([tmp_path]) if found[0].parent == room}
    (tmp_path / word).touch()
    assert word in {found[1] for found in needles.search_in([tmp_path]) if found[0] == tmp_path / word}


def test_the_search_finds_what_an_open_store_would_leak(scene: Scene) -> None:
    """The control: evidence given out lies there in plain, and the same search finds every spelling."""
    with scene.open() as desk:
        evidence.get(desk, scene.ref, "E-001", scene.place.parent / "given", "thử")
    found = list(needles.search_in([scene.place.parent / "given"]))
    assert {(word, name) for _path, word, name in found} == {
        (word, name) for word in needles.WORDS for name in needles.spellings(word)
    }
