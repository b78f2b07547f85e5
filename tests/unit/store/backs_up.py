"""Makes, brings up to date and restores backups in children that are killed; looks at what is left after each.

``python -m tests.unit.store.backs_up PLACE KIND KILLS SEED``: KIND is first, update or restore. Children are forked
from this process, which has no threads. Prints one JSON document: how often which state was found.
"""

from __future__ import annotations

import json
import os
import random  # noqa: TID251 - a seed that is printed
import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlmodel import select

from tests.unit.store.conftest import NOON, PASSPHRASE, again, make
from triage import clock, errors, models
from triage.desk import cases, evidence, session
from triage.store import audit, backup
from triage.terms import Kind

AT = clock.SetClock(NOON)


class Scene:
    """A store, its backup, and the store restored from it."""

    def __init__(self, place: Path, drawn: random.Random) -> None:
        self.store, self.out, self.target = place / "store", place / "backup", place / "restored"
        self.drawn = drawn
        self.states: Counter[str] = Counter()
        held = make(self.store, AT)
        self.ref = cases.new(session.Desk(held, AT), cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ.")).ref
        held.close()
        self.change()

    def change(self) -> None:
        """Two new items in the store, and one that was there goes."""
        held = again(self.store, AT)
        desk = session.Desk(held, AT)
        for number in range(2):
            chat = self.store.parent / f"chat-{number}.txt"
            chat.write_bytes(self.drawn.randbytes(3000))
            evidence.add(desk, self.ref, [chat], evidence.Origin(), no_sexual_image=True)
        with held.acting("test.done") as act:
            rows = act.session.exec(select(models.Evidence).where(models.Evidence.file != None)).all()  # noqa: E711
            names = [row.file for row in rows[:-2]]
            for row in rows[:-2]:
                row.file = row.key = None
        for name in names:
            (self.store / "evidence" / str(name)).unlink()
        held.close()

    def make(self) -> None:
        """Make the backup, or bring it up to date."""
        held = again(self.store, AT)
        backup.make(held, self.out)
        held.close()

    def entries(self) -> int | None:
        """How many entries the backup holds when it is opened and compared; None when there is none."""
        try:
            return backup.verify(self.out, label=None, passphrase=PASSPHRASE, allow_cheap=True).entries
        except errors.UsageError as error:
            assert error.code == "not-a-backup", error.code
            return None

    def restore(self) -> None:
        """Restore it."""
        backup.restore(self.out, self.target, label=None, passphrase=PASSPHRASE, clock=AT, allow_cheap=True)

    def whole(self, folder: Path) -> int:
        """The store there is whole; how many entries it has."""
        held = again(folder, AT)
        with held.reading() as read:
            found = audit.verify(read, held.unlocked)
        held.close()
        assert found.whole, found
        assert not list(folder.rglob("*.part"))
        return found.entries


def killed(work: Callable[[], None], drawn: random.Random, steps: int) -> bool:
    """Do it in a child that dies before its n-th use of a file, or a little after; False when it ended by itself."""
    at, wait = drawn.randint(1, steps), drawn.random() < 0.5
    late = drawn.uniform(0, 0.004)
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(event: str, _arguments: object) -> None:
            nonlocal seen
            if event in _EVENTS:
                seen += 1
                if seen == at:
                    if wait:
                        threading.Event().wait(late)
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            work()
        finally:
            os._exit(0)
    _child, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def counted(work: Callable[[], None]) -> int:
    """How many such steps the work takes."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(event: str, _arguments: object) -> None:
            nonlocal seen
            seen += event in _EVENTS

        sys.addaudithook(watch)
        work()
        os.write(write, str(seen).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    return int(os.read(read, 20))


_EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.scandir", "os.listdir", "sqlite3.connect"}
)


def makes(scene: Scene, kills: int, *, first: bool) -> None:
    """Kill the making: what lies there is none or the old one or the new one; making again succeeds."""
    held = scene.out.parent / "steps"
    if not first:
        scene.make()
    steps = 0
    for _ in range(kills):
        if first:
            shutil.rmtree(scene.out, ignore_errors=True)
        scene.change()
        before = scene.entries()
        if not steps:
            shutil.copytree(scene.store, held / "store")
            if scene.out.exists():
                shutil.copytree(scene.out, held / "backup")
            steps = counted(scene.make)
            shutil.rmtree(scene.out)
            if (held / "backup").exists():
                (held / "backup").rename(scene.out)
        died = killed(scene.make, scene.drawn, steps)
        after = scene.entries()
        assert before is None or (after is not None and after >= before)
        scene.states["ended" if not died else "old" if after == before else "new"] += 1
        scene.states["stray"] += any(scene.out.glob("copy.*.part"))
        scene.whole(scene.store)
        scene.make()
        again_there = scene.entries()
        assert again_there is not None
        assert after is None or again_there > after
        found = backup.verify(scene.out, label=None, passphrase=PASSPHRASE, allow_cheap=True)
        assert found.stray == 0
        names = {path.name for path in (scene.out / "evidence").iterdir()}
        assert names == {path.name for path in (scene.store / "evidence").iterdir()}, "purged evidence stays"


def restores(scene: Scene, kills: int) -> None:
    """Kill the restoring: the store stands whole or not at all; restoring again succeeds and clears what was left."""
    scene.make()
    entries = scene.entries()
    assert entries is not None
    steps = counted(scene.restore)
    for _ in range(kills):
        shutil.rmtree(scene.target, ignore_errors=True)
        died = killed(scene.restore, scene.drawn, steps)
        there = scene.target.exists()
        left = list(scene.target.parent.glob("restored.*.part"))
        scene.states["ended" if not died else "new" if there else "none"] += 1
        scene.states["stray"] += bool(left)
        assert scene.entries() == entries
        for folder in (scene.target, *left):
            # What has a header is a whole store, whatever it is called.
            if (folder / "header.json").exists():
                assert scene.whole(folder) == entries + 1
        if not there:
            scene.restore()
            assert [path for path in left if path.exists() and not (path / "header.json").exists()] == []
        assert scene.whole(scene.target) == entries + 1
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
    scene.whole(scene.store)


def main(place: Path, kind: str, kills: int, seed: int) -> None:
    """Run one kind."""
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    scene = Scene(place, random.Random(seed))
    if kind == "restore":
        restores(scene, kills)
    else:
        makes(scene, kills, first=kind == "first")
    print(json.dumps(scene.states))  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
