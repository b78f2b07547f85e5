"""One flipped bit: in header, item and backup it is refused, in the database told, in its log told or harmless."""

from __future__ import annotations

import contextlib
import random  # noqa: TID251 - a seed that is printed
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, judge, programs
from triage import errors
from triage.desk import cases, evidence, session, upkeep
from triage.store import backup
from triage.store.keys import header

FLIPS = 200
"""Of each kind of file in each run of the test command; 4,000 together in the slow run."""


@dataclass(frozen=True, slots=True)
class Flipped:
    """What became of one flip."""

    told: str
    """How it was told: an error's code, or what a check said; empty when nobody noticed."""
    lost: bool = False
    """Whether acknowledged acts were gone."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Scene]:
    """A store with items and notes, its backup, and a copy as a killed process leaves it, its log beside it."""
    with harness.on_a_scene(tmp_path_factory.mktemp("flips")) as scene:
        place = scene.place
        programs.create(place, lambda *_what: None)
        for number in range(3):
            chat = place.parent / "chat.txt"
            chat.write_bytes(b"20:15 ke la: chuyen tien di\n" * (10 + 4000 * number))
            with programs.sit_down(place) as desk:
                evidence.add(desk, programs.REF, [chat], evidence.Origin(), no_sexual_image=True)
        desk = programs.sit_down(place)
        upkeep.make_backup(desk, place / "backup")
        desk.close()
        scene.remember()
        yield scene


def _turn(path: Path, drawn: random.Random, start: int = 0, size: int = 0) -> Callable[[], None]:
    """Flip one bit, somewhere or in one part; return what puts it back."""
    at, bit = start + drawn.randrange(size or path.stat().st_size), 1 << drawn.randrange(8)

    def turn() -> None:
        with path.open("r+b") as file:
            file.seek(at)
            (byte,) = file.read(1)
            file.seek(at)
            file.write(bytes([byte ^ bit]))

    turn()
    return turn


def _count(files: list[Path], seed: int, flips: int, seen: Callable[[Path], Flipped]) -> Counter[str]:
    """Flip one bit after the other, each in a file drawn first, so that small files are hit as often as large ones."""
    drawn, count = random.Random(seed), Counter[str]()
    for _ in range(flips):
        path = drawn.choice(files)
        back = _turn(path, drawn)
        try:
            found = seen(path)
        finally:
            back()
        count["told" if found.told else "lost in silence" if found.lost else "not told"] += 1
        if not found.told:
            count[f"in {path.name}"] += 1
        count[f"as {found.told or 'nothing'}"] += 1
    return count


def _share(slow: bool) -> int:
    return 4000 // 5 if slow else FLIPS


LENGTH = pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])


@LENGTH
def test_every_flip_in_the_header_is_refused(scene: harness.Scene, figures: Figures, slow: bool) -> None:
    """Whoever opens the store is told, whichever bit it was."""

    def seen(path: Path) -> Flipped:
        try:
            header.unlock(path.parent, "Cô An", programs.WORDS, keep_pin=False)
        except errors.TriageError as error:
            return Flipped(error.code)
        return Flipped("")

    scene.renew()
    seed, flips = harness.new_seed(), _share(slow)
    count = _count([scene.store / "header.json"], seed, flips, seen)
    figures(seed=seed, flips=flips, found=dict(count))
    assert count["told"] == flips, f"seed {seed}: {count}"


@LENGTH
def test_every_flip_in_an_item_is_refused(scene: harness.Scene, figures: Figures, slow: bool) -> None:
    """Giving it out is refused and nothing of it is left; the check names it."""
    scene.renew()
    seed, flips = harness.new_seed(), _share(slow)
    with programs.sit_down(scene.place) as desk:
        rows = {row.file: row.item for row, _custody in evidence.of_case(desk, programs.REF)}
        out = scene.place / "out"

        def seen(path: Path) -> Flipped:
            named = [check.item for check in evidence.verify(desk) if not check.holds]
            try:
                evidence.get(desk, programs.REF, rows[path.name], out, "Công an phường hỏi")
            except errors.StoreDamaged as error:
                return Flipped(error.code if named == [rows[path.name]] and not any(out.glob("*")) else "")
            return Flipped("")

        count = _count([scene.store / "evidence" / str(name) for name in rows], seed, flips, seen)
    figures(seed=seed, flips=flips, found=dict(count))
    assert count["told"] == flips, f"seed {seed}: {count}"


@LENGTH
def test_every_flip_in_a_backup_is_refused(scene: harness.Scene, figures: Figures, slow: bool) -> None:
    """In any of its files, the signature's too: it is not verified, and so not restored."""

    def seen(_path: Path) -> Flipped:
        try:
            backup.verify(scene.place / "backup", label="Cô An", passphrase=programs.WORDS, allow_cheap=True)
        except errors.TriageError as error:
            return Flipped(error.code)
        return Flipped("")

    scene.renew()
    seed, flips = harness.new_seed(), _share(slow)
    files = sorted(path for path in (scene.place / "backup").rglob("*") if path.is_file())
    count = _count(files, seed, flips, seen)
    figures(seed=seed, flips=flips, found=dict(count))
    assert count["told"] == flips, f"seed {seed}: {count}"


def _looked_at(scene: harness.Scene) -> Callable[[Path], Flipped]:
    """Open the store, ``audit verify``, ``doctor --full``."""

    def seen(_path: Path) -> Flipped:
        try:
            with programs.sit_down(scene.place) as desk:
                found = upkeep.examine(scene.store, desk, full=True)
        except errors.TriageError as error:
            return Flipped(error.code)
        return Flipped(
            next((one.code for one in found if not one.ok and one.area in ("database", "log")), "")
        )

    return seen


@LENGTH
def test_every_flip_in_the_database_is_told(scene: harness.Scene, figures: Figures, slow: bool) -> None:
    """By opening, else by ``audit verify``, else by ``doctor --full``: whichever page it was, free ones too."""
    scene.renew()
    seed, flips = harness.new_seed(), _share(slow)
    count = _count([scene.store / "store.1.db"], seed, flips, _looked_at(scene))
    figures(seed=seed, flips=flips, found=dict(count))
    assert count["told"] == flips, f"seed {seed}: {count}"
    assert set(count) == {"told", "as page-damaged"}, f"seed {seed}: {count}"


def test_a_flip_in_each_page_is_said_as_damage(scene: harness.Scene, figures: Figures) -> None:
    """The search index's pages too: when one comes back as zeros, that it cannot be built is no fault of ours."""
    scene.renew()
    database, said = scene.store / "store.1.db", Counter[str]()
    for start in range(0, database.stat().st_size, 4096):
        back = _turn(database, random.Random(start), start, 4096)
        said[_looked_at(scene)(database).told] += 1
        back()
    figures(pages=said.total(), said=dict(said))
    assert set(said) == {"page-damaged"}, said


@LENGTH
def test_a_flip_in_the_log_beside_the_database_is_told_or_harmless(
    scene: harness.Scene, figures: Figures, slow: bool
) -> None:
    """SQLite leaves out what follows a bad frame: then the acts are there, or the anchor says that they are not."""
    scene.renew()
    known = _leave_a_log(scene)
    scene.remember()
    assert judge.look(scene.place, known, write=False).well
    scene.renew()
    database = scene.store / "store.1.db"
    log = database.with_name(f"{database.name}-wal")

    def seen(_path: Path) -> Flipped:
        damaged = log.read_bytes()
        verdict = judge.look(scene.place, known, write=False)
        shutil.copyfile(scene.kept / "store" / database.name, database)
        log.write_bytes(damaged)
        log.chmod(0o600)
        if verdict.refused or verdict.broken:
            return Flipped(verdict.refused or verdict.broken[0])
        return Flipped(
            verdict.anchor if verdict.lost and verdict.anchor == "behind" else "", bool(verdict.lost)
        )

    seed, flips = harness.new_seed(), _share(slow)
    count = _count([log], seed, flips, seen)
    figures(seed=seed, flips=flips, found=dict(count))
    assert count["lost in silence"] == 0, f"seed {seed}: {count}"
    assert count["told"] > 0, f"seed {seed}: {count}"


def _leave_a_log(scene: harness.Scene) -> list[judge.Fact]:
    """Twenty notes that are in the write-ahead log alone, as after a kill; what was acknowledged."""
    desk: session.Desk = programs.sit_down(scene.place)
    for number in range(20):
        cases.note(desk, programs.REF, f"Ghi {number}: em đã về nhà.")
    database = scene.store / "store.1.db"
    names = (database.name, f"{database.name}-wal")
    kept = {name: (scene.store / name).read_bytes() for name in names}
    desk.close()
    for name, data in kept.items():
        (scene.store / name).write_bytes(data)
        (scene.store / name).chmod(0o600)
    assert len(kept[names[1]]) > 20 * 4096
    return [("note", number) for number in range(20)]


def test_the_same_count_finds_silent_flips_in_a_plain_database(tmp_path: Path) -> None:
    """The control: a database that nothing authenticates gives wrong values, and the count says so."""
    plain, text = tmp_path / "plain.db", "em sợ lắm cô ơi " * 20
    with contextlib.closing(sqlite3.connect(plain)) as connection:
        connection.execute("CREATE TABLE note (text)")
        connection.executemany("INSERT INTO note VALUES (?)", [(text,)] * 200)
        connection.commit()

    def seen(_path: Path) -> Flipped:
        try:
            with contextlib.closing(sqlite3.connect(plain)) as connection:
                found = connection.execute("SELECT text FROM note").fetchall()
        except sqlite3.Error as error:
            return Flipped(type(error).__name__)
        return Flipped("", found != [(text,)] * 200)

    count = _count([plain], 7, FLIPS, seen)
    assert count["lost in silence"] > FLIPS // 2, count
