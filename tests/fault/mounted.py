"""In a name space of its own, where it may mount: a disk in memory is filled at 20 points, then mounted for reading."""

from __future__ import annotations

import hashlib
import json
import os
import random  # noqa: TID251 - the seed comes from outside and is printed
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fault import forks, judge, programs
from triage import errors
from triage.desk import cases

POINTS = 20
_SIZE = "6m"


def main(whole: Path, seed: int) -> dict[str, object]:
    """Fill, act, free, look, 20 times; then mount for reading and look."""
    forks.warm_up()
    disk = Path("/mnt")
    place = disk / "place"
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    drawn, bad, kept, refused = random.Random(seed), list[str](), 0, 0
    for _ in range(POINTS):
        _mount(disk)
        shutil.copytree(whole, place)
        facts: list[judge.Fact] = []
        _fill(disk, drawn.randrange(40) * 4096)
        try:
            programs.day(place, lambda *what, said=facts: said.append(what), rounds=3, patient=True)
        except Exception as error:
            bad.append(repr(error))
        refused += sum(fact[0] == "refused" for fact in facts)
        kept += sum(fact[0] != "refused" for fact in facts)
        (disk / "filler").unlink()
        verdict = judge.look(place, facts)
        bad += [repr(verdict)] if not verdict.well else []
        subprocess.run(["umount", disk], check=True)
    for log in (False, True):
        bad += _for_reading(disk, whole, log)
    return {"points": POINTS, "seed": seed, "acks": kept, "refused": refused, "bad": bad}


def _mount(disk: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "none", disk], check=True)


def _fill(disk: Path, room: int) -> None:
    """Leave so many bytes free."""
    found = os.statvfs(disk)
    with (disk / "filler").open("wb") as filler:
        filler.write(bytes(max(0, found.f_bavail * found.f_frsize - room)))


def _for_reading(disk: Path, whole: Path, log: bool) -> list[str]:
    """A disk that may only be read: every byte stays, and opening says why it cannot, or shows everything."""
    place = disk / "place"
    _mount(disk)
    shutil.copytree(whole, place)
    if log:
        _leave_a_log(place)
    facts = [("note", 1)] if log else []
    before = _digests(place)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    verdict, bad = judge.look(place, facts, write=False), list[str]()
    if verdict.refused != "read-only" and not verdict.well:
        bad.append(f"for reading, log {log}: {verdict}")
    try:
        programs.day(place, lambda *_what: bad.append("an act on a disk for reading"), rounds=1)
    except (errors.TryAgain, OSError) as error:
        bad += [] if getattr(error, "code", "") == "read-only" else [f"said as {error!r}"]
    bad += [] if _digests(place) == before else ["the disk for reading was written"]
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    verdict = judge.look(place, facts)
    bad += [f"afterwards, log {log}: {verdict}"] if not verdict.well else []
    subprocess.run(["umount", disk], check=True)
    return bad


def _leave_a_log(place: Path) -> None:
    child = os.fork()
    if child == 0:
        desk = programs.sit_down(place)
        cases.note(desk, programs.REF, "Ghi 1: em đã về nhà.")
        os._exit(0)
    os.waitpid(child, 0)
    if not (place / "store" / "store.1.db-wal").stat().st_size:
        raise AssertionError("no log was left")


def _digests(place: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in place.rglob("*")
        if path.is_file()
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 - the parent reads it
