"""Every way in which a case or a part of it can vanish: all pass one gate, and a legal hold stops each."""

from __future__ import annotations

import ast
import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from tests.unit.store.conftest import CHEAP, PASSPHRASE
from triage import clock, errors, models
from triage.cli import app, terminal
from triage.desk import cases, decisions, deletion, evidence, retention, session, undo
from triage.store import audit, backup, digests, engine, opened, purge, tombstones
from triage.store import evidence as files
from triage.store.keys import header
from triage.store.records import cases as case_rows
from triage.terms import CloseReason, Kind, Level, Right

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
REF, OTHER = "2026-0001", "2026-0002"
STATES = ("held", "open", "not a lead", "no retention", "nothing against it")


@dataclass
class World:
    """A store with one case that everything is tried on, and another beside it."""

    desk: session.Desk
    at: clock.SetClock
    place: Path

    @property
    def held(self) -> opened.Opened:
        """The open store."""
        return self.desk.opened


def _column(held: opened.Opened, **columns: Any) -> None:
    with held.acting("test.done") as act:
        act.case = case_rows.find(act.session, REF)
        for name, value in columns.items():
            setattr(act.case, name, value)


def _hold(world: World) -> None:
    decisions.hold(world.desk, REF, True, "Công an yêu cầu giữ.")
    # What comes after the hold is the newest act: it is what taking back would take back.
    cases.note(world.desk, REF, "ghi chú sau khi giữ")


def _open(world: World, label: str) -> None:
    words = PASSPHRASE if label == "Cô An" else "b"
    unlocked = header.unlock(world.place / "store", label, words, allow_cheap=True)
    world.desk = session.Desk(opened.open(unlocked, clock=world.at), world.at)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a lead, a counsellor, and two cases, one of them closed with evidence and a backup of it."""
    place = tmp_path_factory.mktemp("deletion")
    at = clock.SetClock(NOON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        unlocked, _words, _print = header.create(
            place / "store", label="Cô An", passphrase=PASSPHRASE, school="", code="", now=NOON, cost=CHEAP
        )
        held = opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at)
        desk = session.Desk(held, at)
        header.add_member(
            held.folder, unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
        )
        for _ in range(2):
            cases.new(desk, cases.NewCase(kinds=(Kind.UNSURE,), words="Em sợ lắm cô ơi."))
        cases.set_identity(desk, REF, "A", {"name": "Trần Thử"})
        (place / "chat.txt").write_text("20:15 kẻ lạ: chuyển tiền đi")
        evidence.add(desk, REF, [place / "chat.txt"], evidence.Origin(), no_sexual_image=True)
        cases.note(desk, REF, "ghi chú thứ hai")
        _column(held, status="closed", closed_at=NOON)
        desk.close()
    return place


@contextlib.contextmanager
def _world(made: Path, place: Path, state: str) -> Iterator[World]:
    for room in ("store", "state"):
        shutil.copytree(made / room, place / room)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        world = World(None, clock.SetClock(NOON), place)  # type: ignore[arg-type]
        _open(world, "Cô An")
        backup.make(world.held, place / "before")
        if state != "no retention":
            with world.held.reading() as read:
                level = Level[case_rows.find(read, REF).level]
            retention.set_months(world.desk, level, 1)
        if state == "held":
            _hold(world)
        if state == "open":
            _column(world.held, status="open", closed_at=None)
        if state == "not a lead":
            world.desk.close()
            _open(world, "Cô Bình")
        yield world
        world.desk.close()


def _kept(held: opened.Opened, ref: str = REF) -> dict[tuple[str, str], str]:
    """What a person has written or taken in of a case: every row with its content, every file with its bytes."""
    found = {}
    with held.reading() as read:
        salts = digests.Salts(read)
        case = read.exec(select(models.Case).where(models.Case.ref == ref)).first()
        for table in audit.tables():
            if case is not None and table not in (models.Case, models.Undo, models.PurgeNotice):
                for row in read.exec(select(table)):
                    if salts.case_id(row) == case.id:
                        name, key = salts.key_of(row)
                        found[name, str(key)] = digests.of_row(b"", row)
        if case is not None:
            found["case", ref] = case.salt.hex()
        for item in read.exec(select(models.Evidence)):
            if case is not None and item.case_id == case.id and item.file:
                whole = files.verify(held.folder, item.file, item.key, item.sha256, store=held.unlocked.store)
                found["file", item.item] = str(whole)
    return found


def _command_line(world: World) -> None:
    """``triage case purge``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "open_desk", lambda _ctx: world.desk)
        status = app.run(["case", "purge", REF, "--confirm", REF, "--json"])
    if status:
        assert status == 5
        raise errors.Refused("exit")


def _desk(world: World) -> None:
    """The desk's function, as the screen calls it."""
    deletion.purge(world.desk, REF, REF)


def _gate(world: World) -> None:
    """The gate itself, past the desk."""
    purge.purge(world.held, REF, why="command")


def _retention(world: World) -> None:
    """Notice, thirty days and more, then the run."""
    world.at.at += timedelta(days=60)
    retention.notify(world.desk)
    world.at.at += timedelta(days=31)
    done = retention.run(world.desk, "79012345")
    if REF not in [one.ref for one in done]:
        raise errors.Refused("not due")


def _older_backup(world: World) -> None:
    """A deleted case comes back with an older copy, which holds it as it stands here; the tombstone finds it."""
    with world.held.reading() as read:
        case = case_rows.find(read, REF)
    lead = header.unlock(world.place / "store", "Cô An", PASSPHRASE, allow_cheap=True)
    stone = tombstones.carve(lead, case.salt, NOON)
    applied = purge.apply(world.held, [stone])
    if REF not in applied.removed:
        assert applied.held == (REF,)
        raise errors.Refused("held")


def _merge(world: World) -> None:
    """Two cases that are one: the one is closed as merged."""
    decisions.link(world.desk, REF, OTHER, "accepted")
    with contextlib.suppress(errors.Refused):
        decisions.close(world.desk, REF, CloseReason.MERGED, agreed_by="Thầy Bình")


def _restore_elsewhere(world: World) -> None:
    """Restoring the backup into another folder, over and over, touches nothing here."""
    target = world.place / f"restored-{len(list(world.place.iterdir()))}"
    backup.restore(
        world.place / "before", target, label="Cô An", passphrase=PASSPHRASE, clock=world.at, allow_cheap=True
    )


def _start_up(world: World) -> None:
    """The sweep at start-up."""
    label = world.desk.label
    world.desk.close()
    _open(world, label)


def _migration(world: World) -> None:
    """A database of an older format is brought forward."""
    with engine.unit(world.held.engine, write=True) as writing:
        writing.connection().execute(text("UPDATE meta SET format = 2"))
    _start_up(world)


def _undo(world: World) -> None:
    """Taking back, as often as it goes."""
    while True:
        undo.take_back(world.desk, REF)


DELETING: dict[str, Callable[[World], None]] = {
    "command line": _command_line, "desk": _desk, "gate": _gate, "retention": _retention,
    "tombstone after restore": _older_backup,
}  # fmt: skip
"""Paths that are meant to delete."""
NOT_DELETING: dict[str, Callable[[World], None]] = {
    "merge": _merge, "restore": _restore_elsewhere, "start-up": _start_up, "migration": _migration,
}  # fmt: skip
"""Paths that must not."""
GOES = {
    ("command line", "no retention"), ("desk", "no retention"), ("gate", "no retention"),
    ("tombstone after restore", "no retention"), ("tombstone after restore", "open"),
    *((path, "nothing against it") for path in DELETING),
}  # fmt: skip
"""Where a case goes. A case that was deleted and stands open in an older copy goes again."""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", DELETING)
def test_a_path_deletes_only_when_nothing_is_against_it(
    made: Path, tmp_path: Path, path: str, state: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Held, open, not a lead, no retention: refused, and every row and file stands; else all of it goes."""
    with _world(made, tmp_path, state) as world:
        before, beside = _kept(world.held), _kept(world.held, OTHER)
        assert ("file", "E-001") in before and before["file", "E-001"] == "True"
        if (path, state) in GOES:
            DELETING[path](world)
            assert _kept(world.held) == {}
        else:
            with pytest.raises(errors.Refused):
                DELETING[path](world)
            assert _kept(world.held) == before
        assert _kept(world.held, OTHER) == beside
        with world.held.reading() as read:
            assert audit.verify(read, world.held.unlocked).whole
    capfd.readouterr()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(st.sampled_from([*DELETING, *NOT_DELETING, "undo"]), min_size=1, max_size=6))
def test_a_held_case_survives_every_sequence_of_paths(
    made: Path, tmp_path_factory: pytest.TempPathFactory, paths: list[str]
) -> None:
    """In any order: what was written of it before the hold and after stands, word for word."""
    with _world(made, tmp_path_factory.mktemp("held"), "held") as world:
        before = _kept(world.held)
        for path in paths:
            act = (DELETING | NOT_DELETING | {"undo": _undo})[path]
            with contextlib.suppress(errors.Refused):
                act(world)
            now = _kept(world.held)
            assert {key: now.get(key) for key in before} == before, path


def test_taking_back_deletes_when_no_hold_stands(made: Path, tmp_path: Path) -> None:
    """So the hold is what stops it; taking back the hold itself deletes nothing and goes."""
    with _world(made, tmp_path, "nothing against it") as world:
        decisions.hold(world.desk, REF, True, "Công an yêu cầu giữ.")
        assert undo.take_back(world.desk, REF).act == "case.hold-set"
        cases.note(world.desk, REF, "ghi chú")
        before = _kept(world.held)
        undo.take_back(world.desk, REF)
        assert len(_kept(world.held)) == len(before) - 1


def test_unlawful_evidence_is_the_one_thing_that_passes_a_hold(made: Path, tmp_path: Path) -> None:
    """Source: security.md 22. Its bytes go; the register and everything else stand."""
    with _world(made, tmp_path, "held") as world:
        before = _kept(world.held)
        evidence.withdraw(world.desk, REF, "E-001", "Có ảnh riêng tư.", "Thầy Bình")
        now = _kept(world.held)
        changed = {key for key in before if now.get(key) != before[key]}
        assert changed == {("file", "E-001"), ("evidence", "[1]")}
        assert ("evidence", "[1]") in now


DELETERS = {
    ("triage/store/purge.py", "_delete_rows"): "the gate",
    ("triage/store/search.py", "index"): "a case's words, before they are put in again",
    ("triage/store/search.py", "drop"): "words of a case: by the gate, and by what makes it restricted",
    ("triage/store/remains.py", "_clear"): "after the gate: files of deleted rows, and the list of them",
    ("triage/store/evidence.py", "_take"): "a part of a file that was not taken in",
    ("triage/store/evidence.py", "remove"): "called by the next two only",
    ("triage/desk/evidence.py", "add"): "files of an act that did not happen",
    ("triage/desk/evidence.py", "get"): "a plain copy that could not be written whole, outside the store",
    ("triage/desk/again.py", "calls"): "a step that nobody has done and nobody needs any more",
    ("triage/desk/again.py", "tellings"): "a step that nobody has done and nobody needs any more",
    ("triage/desk/retention.py", "set_months"): "notices, when the rule changes",
    ("triage/store/records/undo.py", "put_back"): "taking back; a hold stops it in desk/undo.py",
    ("triage/store/records/drafts.py", "use"): "a draft that was used",
    ("triage/store/sweeping.py", "sweep"): "temporary files, and databases of before the present key",
    ("triage/store/backup/layout.py", None): "the lock of a backup that is made",
    ("triage/store/backup/making.py", None): "what a newer copy replaces, and what was not finished",
    ("triage/store/backup/pool.py", None): "what was not finished",
    ("triage/store/backup/restoring.py", None): "a restored store that was not finished",
    ("triage/store/desks.py", None): "who has left",
    ("triage/store/epochs.py", "remove"): "a database that another has replaced, or a copy that did not take effect",
    ("triage/store/opened.py", "give_up_rotation"): "a copy that did not take effect",
    ("triage/store/opened.py", "go_on_as"): "the database before the one that has taken effect",
    ("triage/store/rotation.py", "_copy"): "a copy that did not take effect",
    ("triage/store/migrations.py", "_label_again"): "a table that was written anew",
    ("triage/store/records/drafts.py", "hand_over"): "a draft, given to the same member under her new id",
    ("triage/desk/school_keys.py", None): "a signing key as it was sealed to who has left",
    ("triage/desk/log.py", "export_to"): "an export that was not finished",
    ("triage/desk/recovery.py", "write_shares"): "sheets of which not all could be written",
    ("triage/desk/restricted.py", "make"): "a restricted case that was not finished",
    ("triage/desk/restricted_move.py", None): "a case that lies inside, from where everybody could read it",
    ("triage/desk/restricted_people.py", "unname"): "a key as it was sealed to who was taken out",
    ("triage/store/records/moving.py", "delete"): "a case that lies inside, from where everybody could read it",
    ("triage/store/records/restricted.py", None): "keys as they were sealed before",
    ("triage/store/restricted.py", "put_house"): "copies of members and keys inside, before they are put in again",
    ("triage/store/restricted_folders.py", "clear"): "databases of before the present key of a case",
    ("triage/store/restricted_keys.py", None): "keys as they were sealed to who has left",
    ("triage/store/migrations.py", "_put_back"): "the index of the log of a database that was refused",
    ("triage/store/keys/document.py", None): "the header before this one",
    ("triage/store/keys/recovery.py", None): "a sheet that could not be written whole",
    ("triage/paths.py", "write_private"): "a file that could not be written whole",
    ("triage/packet/unpack.py", None): "a packet's own folder",
    ("triage/packet/make.py", None): "a packet that was not finished",
    ("triage/desk/packets.py", None): "a packet that was not finished",
    ("triage/desk/last.py", "forget"): "who was last at the desk of the trial",
    ("triage/desk/session.py", "create"): "a store whose recovery words could not be kept",
    ("triage/desk/session.py", "_make"): "a store that was not finished",
    ("triage/demo/day.py", None): "the trial's own files",
    ("triage/demo/place.py", None): "the trial's own files",
    ("triage/demo/outside.py", None): "the trial's own files",
}  # fmt: skip
"""Every function that deletes a row or a file (None: any of that room), and what it deletes."""
_DELETES = {"delete", "unlink", "rmtree", "rmdir", "remove"}
_STATEMENTS = ("DELETE FROM", "DROP TABLE", "TRUNCATE")
_OF_LISTS = {"event"}


def _deleters(file: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    of = ast.unparse(node.func.value)
                    if node.func.attr in _DELETES and of not in _OF_LISTS:
                        yield function.name
                if isinstance(node, ast.Constant) and str(node.value).upper().startswith(_STATEMENTS):
                    yield function.name


def test_nothing_else_in_the_program_deletes() -> None:
    """A new path is seen here: it goes through the gate, or it is written down with what it deletes."""
    seen = set()
    for file in sorted((ROOT / "triage").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        if name.startswith("triage/tui/"):
            continue
        for function in _deleters(file):
            seen.add((name, None) if (name, None) in DELETERS else (name, function))
    assert sorted(seen - set(DELETERS), key=str) == []
    assert sorted(set(DELETERS) - seen, key=str) == []
