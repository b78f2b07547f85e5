"""One flipped bit anywhere in the database: the right value comes back, or an error; never a wrong value."""

from __future__ import annotations

import random  # noqa: TID251 - a seed that is printed
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from triage import clock, errors, models
from triage.store import engine, opened, search
from triage.store.keys import header

FLIPS = 400
NOTES = 40
TAIL = "het"
"""Without marks, as students type: a page of zeros in it is still good UTF-8, so no decoder notices it."""
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
WORDS = ("hoa gao", "con mèo", "mai ngoi", "ben do", "lua chin", "canh dieu", "gieng lang", "trong truong")


@dataclass(frozen=True, slots=True)
class Whole:
    """A closed store, and what its reads give while it is whole."""

    database: Path
    key: bytes
    right: dict[str, object]


@dataclass(slots=True)
class Count:
    """What became of the reads after flips."""

    seed: int
    told: int = 0
    """Reads that said that the store is damaged."""
    right: int = 0
    other: int = 0
    """Reads that ended with another error: the damage is not named."""
    silent: int = 0
    """Reads that gave a wrong value and no error."""


def _note(number: int, session: Session) -> object:
    """One note in a unit of its own: in a longer unit the next page fetch may bring the fault to light."""
    return session.exec(select(models.Note.text).where(models.Note.id == number)).first()


def _hits(session: Session) -> object:
    return search.find(session, "meo", 10_000)


def _scan(session: Session) -> object:
    return session.exec(select(func.count()).where(col(models.Note.text).contains(TAIL))).one()


def _last_words(session: Session) -> object:
    """As a desk function does it: what it does not find it reports as the user's mistake."""
    for row in session.exec(select(models.Note)):
        if TAIL not in row.text:
            raise errors.UsageError("no-such-case")
    return NOTES


READS: dict[str, Callable[[Session], object]] = {
    **{f"note {number}": partial(_note, number) for number in range(1, NOTES + 1)},
    "search": _hits,
    "scan": _scan,
    "last words": _last_words,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A store with forty notes of several pages each, all of them in the search index."""
    folder = tmp_path_factory.mktemp("flips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        unlocked, _words, _print = header.create(
            folder / "store", label="Cô An", passphrase="một hai ba", school="", code="", now=NOON, cost=CHEAP
        )
        held = opened.create(unlocked, school="Trường", code="79012345", clock=clock.SetClock(NOON))
        with held.acting("case.opened") as act:
            _fill(act.session)
        held.close()
    database, key = unlocked.database, unlocked.subkey("db")
    made = engine.make(database, key)
    right = {}
    for name, read in READS.items():
        with engine.unit(made) as session:
            right[name] = read(session)
    made.dispose()
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    assert right["scan"] == NOTES
    assert database.stat().st_size > 150 * 4096
    return Whole(database, key, right)


def test_no_flipped_bit_gives_a_wrong_value_in_silence(whole: Whole) -> None:
    """400 flips; forty notes, a search, two scans after each; pooled, warmed connections: 0 silent."""
    count = _flip(whole, secrets.randbits(32))
    assert count.silent == 0, count
    assert count.other == 0, count
    assert count.told >= FLIPS, f"the flips hit nothing that is read: {count}"


def test_the_canary_alone_would_be_silent(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: without ``cipher_status`` the same reads give wrong values and no error."""
    monkeypatch.setattr(engine, "cipher_holds", lambda _connection: True)
    count = _flip(whole, secrets.randbits(32), flips=FLIPS // 3)
    assert count.silent >= 1, count


def _flip(whole: Whole, seed: int, flips: int = FLIPS) -> Count:
    places = random.Random(seed)
    count = Count(seed)
    size = whole.database.stat().st_size
    for _ in range(flips):
        at, bit = places.randrange(size), 1 << places.randrange(8)
        _turn(whole.database, at, bit)
        try:
            _read_all(whole, count)
        finally:
            _turn(whole.database, at, bit)
    print(count)  # noqa: T201 - the seed is needed to see a failure again
    return count


def _turn(database: Path, at: int, bit: int) -> None:
    with database.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ bit]))


def _read_all(whole: Whole, count: Count) -> None:
    try:
        made = engine.make(whole.database, whole.key)
    except errors.StoreDamaged:
        count.told += len(READS)
        return
    try:
        _try(made, _warm, None, Count(count.seed))
        for name, read in READS.items():
            _try(made, read, whole.right[name], count)
    finally:
        made.dispose()


def _try(made: Engine, read: Callable[[Session], object], right: object, count: Count) -> None:
    try:
        with engine.unit(made) as session:
            found = read(session)
    except errors.StoreDamaged:
        count.told += 1
        return
    except Exception:
        count.other += 1
        return
    if found == right:
        count.right += 1
    else:
        count.silent += 1


def _warm(session: Session) -> None:
    session.get(models.Meta, 1)


def _fill(session: Session) -> None:
    case = models.Case(
        ref="2026-0001", salt=bytes(32), channel="other", told_at=NOON, opened_at=NOON, level="LOW",
        own_level="LOW",
    )  # fmt: skip
    session.add(case)
    session.flush()
    told = random.Random(7)
    for number in range(NOTES):
        words = WORDS if number % 4 == 0 else tuple(search.fold(word) for word in WORDS)
        text = " ".join(told.choice(words) for _ in range(1200 + 20 * number)) + f" {number} {TAIL}"
        session.add(
            models.Note(case_id=case.id, kind="words", text=text, at=NOON, recorded_at=NOON, by="Cô An")
        )
        search.index(session, number + 1, text)
