"""Programs that work on a store and say each act once it is kept; ``forks`` runs them, ``judge`` holds what they said.

A new program is a function here and, where it says a new kind of thing, a line in ``judge.KEPT``.
"""

from __future__ import annotations

import functools
import itertools
import os
import random  # noqa: TID251 - the seed comes from outside and is printed
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlmodel
from sqlalchemy import Connection, Engine, text

from triage import clock, errors, models, paths
from triage.desk import cases, evidence, keys, people, session, steps, upkeep, view
from triage.store import backup, engine, migrations
from triage.store.keys import header
from triage.terms import Kind, Right

WORDS = "lúa chín vàng ngoài đồng quê em"
OTHERS_WORDS = "thuyền nhỏ trôi qua bến vắng chiều"
CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
REF = "2026-0001"

Say = Callable[..., None]


def cheaper() -> dict[str, Callable[..., Any]]:
    """The door to a store whose lock costs nothing, by the names in ``header``."""
    return {
        "create": functools.partial(header.create, cost=CHEAP),
        "unlock": functools.partial(header.unlock, allow_cheap=True),
        "add_member": functools.partial(header.add_member, cost=CHEAP),
    }


def cheaply() -> None:
    """Let everything in this process open and make stores whose lock costs nothing."""
    for name, function in cheaper().items():
        setattr(header, name, function)


def knows_its_statements() -> Callable[..., Engine]:
    """A maker of engines that share what they have compiled: a thousand stores are opened in a row."""
    made, first = sqlmodel.create_engine, list[Engine]()

    def make(*given: Any, **named: Any) -> Engine:
        one = made(*given, **named)
        first.append(one) if not first else None
        one.dialect, one._compiled_cache = first[0].dialect, first[0]._compiled_cache
        return one

    return make


def sit_down(place: Path, at: datetime = NOON) -> session.Desk:
    """The store in ``place``, opened."""
    return session.open_store(place / "store", WORDS, label="Cô An", at=clock.SetClock(at))


def create(place: Path, say: Say, **_: Any) -> None:
    """Make a store with its first case."""
    desk, _created = session.create(
        place / "store", school="Trường THCS Hoa Gạo", code="79012345", label="Cô An", words=WORDS,
        at=clock.SetClock(NOON),
    )  # fmt: skip
    say("store")
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    say("case", ref)
    desk.close()


def day(place: Path, say: Say, *, first: int = 1, rounds: int = 0, patient: bool = False, **_: Any) -> None:
    """A day at the desk, again and again: cases, notes, steps, evidence, a new member, the store closed and opened."""
    desk: session.Desk | None = None
    for number in itertools.count(first):
        if rounds and number >= first + rounds:
            break
        try:
            desk = desk or sit_down(place)
            _hour(desk, place, say, number)
            if number % 3 == 2:
                closing, desk = desk, None
                closing.close()
        except (errors.TryAgain, OSError) as error:
            if not patient:
                raise
            say("refused", getattr(error, "code", type(error).__name__))
    if desk is not None:
        desk.close()


def _hour(desk: session.Desk, place: Path, say: Say, number: int) -> None:
    cases.note(desk, REF, f"Ghi {number}: em đã về nhà.")
    say("note", number)
    case = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words=f"Ghi {number}: em sợ."))
    say("case", case.ref)
    step = next(one.planned.id for one in view.case(desk, case.ref).steps if one.planned.factor is None)
    steps.done(desk, case.ref, step, result=f"Ghi {number}")
    say("step", case.ref, step)
    chat = place.parent / f"{place.name}.txt"
    chat.write_bytes(f"{number} kẻ lạ: chuyển tiền đi\n".encode() * (200 + number % 7 * 100))
    (item,) = evidence.add(desk, case.ref, [chat], evidence.Origin(), no_sexual_image=True)
    say("evidence", case.ref, item.item)
    if number % 2:
        people.add_member(desk, f"Cô {number}", Right.COUNSELLOR, OTHERS_WORDS)
        say("member", f"Cô {number}")


def notes(place: Path, say: Say, *, first: int = 1, count: int = 0, **_: Any) -> None:
    """Notes on one case, as many as asked for, else until it is killed; who is told that others write tries again."""
    with sit_down(place) as desk:
        number = first
        while not count or number < first + count:
            try:
                cases.note(desk, REF, f"Ghi {number}: em đã về nhà.")
            except errors.TryAgain as error:
                say("refused", error.code)
                continue
            say("note", number)
            number += 1


def comes_and_goes(place: Path, say: Say, *, first: int = 1, count: int = 1, **_: Any) -> None:
    """The store opened for each note; who is told that others work on it, or that its keys are new, tries again."""
    number = first
    while number < first + count:
        try:
            with sit_down(place) as desk:
                cases.note(desk, REF, f"Ghi {number}: em đã về nhà.")
        except errors.TryAgain as error:
            say("refused", error.code)
            continue
        say("note", number)
        number += 1


def rotates(place: Path, say: Say, *, first: int = 1, count: int = 0, **_: Any) -> None:
    """A note, new keys for the store, again and again; a notice that others are here is a reason to try again."""
    done = 0
    while not count or done < count:
        try:
            with sit_down(place) as desk:
                if not count:
                    cases.note(desk, REF, f"Ghi {first + done}: em đã về nhà.")
                    say("note", first + done)
                made = keys.new_recovery(desk, lambda _words, _number: None, seen=False)
                say("epoch", made.epoch)
        except errors.TryAgain as error:
            say("refused", error.code)
            continue
        done += 1


def takes_in(place: Path, say: Say, *, size: int = 6 << 20, **_: Any) -> None:
    """Large items, one after the other."""
    large = place.parent / f"{place.name}.bin"
    large.write_bytes(random.Random(size).randbytes(size))
    with sit_down(place) as desk:
        while True:
            (item,) = evidence.add(desk, REF, [large], evidence.Origin(), no_sexual_image=True)
            say("evidence", REF, item.item)


def backs_up(place: Path, say: Say, *, first: int = 1, **_: Any) -> None:
    """A note, a backup, again and again."""
    with sit_down(place) as desk:
        for number in itertools.count(first):
            cases.note(desk, REF, f"Ghi {number}: em đã về nhà.")
            say("note", number)
            upkeep.make_backup(desk, place / f"backup-{number}")
            say("backup", f"backup-{number}")


def restores(place: Path, say: Say, *, first: int = 1, **_: Any) -> None:
    """The backup ``kept`` restored to a new folder, again and again."""
    for number in itertools.count(first):
        backup.restore(
            place / "kept", place / f"restored-{number}", label="Cô An", passphrase=WORDS,
            clock=clock.SetClock(NOON), allow_cheap=True,
        )  # fmt: skip
        say("restored", f"restored-{number}")


def next_format() -> dict[str, Any]:
    """A program of a later format, by the names in ``migrations``: its step changes every note."""

    def run(connection: Connection) -> None:
        connection.execute(text("UPDATE note SET text = text || '+'"))

    number = migrations.FORMAT + 1
    return {"FORMAT": number, "STEPS": (*migrations.STEPS, migrations.Step(number, run, (models.Note,)))}


def migrates(place: Path, say: Say, **_: Any) -> None:
    """A store opened by a program of a later format."""
    for name, value in next_format().items():
        setattr(migrations, name, value)
    desk = sit_down(place)
    say("format", migrations.FORMAT)
    desk.close()


def yesterday(place: Path, say: Say, *, first: int = 1, **_: Any) -> None:
    """Notes on a computer whose clock was put back by a day."""
    with sit_down(place, NOON - timedelta(days=1)) as desk:
        cases.note(desk, REF, f"Ghi {first}: hôm qua.")
        say("note", first)


def no_fsync() -> None:
    """Planted: nothing is ever synced, by SQLite or by us."""
    pragmas = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in engine.PRAGMAS)
    _put(engine, "PRAGMAS", pragmas)
    _put(os, "fsync", lambda _handle: None)


def no_folder_fsync() -> None:
    """Planted: bytes are synced, names are not."""
    _put(paths, "sync_folder", lambda _folder: None)


def in_place() -> None:
    """Planted: a file is written over instead of replaced."""

    def over(target: Path, data: bytes) -> None:
        with target.open("r+b" if target.exists() else "wb") as file:
            file.truncate(0)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        paths.sync_folder(target.parent)

    _put(paths, "write_private", over)


def _put(module: ModuleType, name: str, value: object) -> None:
    setattr(module, name, value)


PROGRAMS: Mapping[str, Callable[..., None]] = {
    "create": create, "day": day, "notes": notes, "takes_in": takes_in, "backs_up": backs_up,
    "restores": restores, "migrates": migrates, "yesterday": yesterday,
    "comes_and_goes": comes_and_goes, "rotates": rotates,
}  # fmt: skip
PLANTED: Mapping[str, Callable[[], None]] = {
    "no fsync": no_fsync, "no folder fsync": no_folder_fsync, "write in place": in_place,
}  # fmt: skip
