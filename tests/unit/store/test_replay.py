"""Old bytes put back: a page of each table, a file of evidence. Each authenticates by itself; the log names it.

Source: security.md 25; research/store.md 3.3 (one page put back was accepted 60 of 60 times).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import inspect
from sqlmodel import Session, SQLModel, select

from tests.unit.store.conftest import CHEAP, NOON, PASSPHRASE
from triage import clock, errors, models
from triage.desk import cases, evidence, session, upkeep
from triage.models.instant import Instant
from triage.store import audit, engine, opened
from triage.store.keys import header
from triage.terms import Kind, Right

PAGE = 4096
TABLES = {cast(str, table.__tablename__): table for table in audit.tables()}
UNLIKE = {"audit_salt", "school_name", "school_code"}


def _kind(column: Any) -> type:
    if isinstance(column.type, Instant):
        return datetime
    kind = column.type.python_type
    return cast(type, kind) if kind in (bool, int, bytes) else str


def _made(table: type[SQLModel], at: datetime, number: int) -> SQLModel:
    """A row with something in every column."""
    values: dict[str, Any] = {}
    for column in cast(Any, inspect(table)).columns:
        kind = _kind(column)
        if table is models.Evidence and column.key == "file":
            values[column.key] = None
        elif column.foreign_keys:
            target = next(iter(column.foreign_keys)).column.table.name
            values[column.key] = "m" * 16 if target == "member" else f"id.{number}" if kind is str else 1
        elif kind is bool:
            values[column.key] = False
        elif kind is int:
            values[column.key] = number
        elif kind is bytes:
            values[column.key] = b"\1" * 32
        elif issubclass(kind, datetime):
            values[column.key] = at
        else:
            values[column.key] = f"{column.key}.{number}"
    return table(**values)


def _touch(row: SQLModel) -> None:
    """Change one column that is no key, to something as long."""
    for column in cast(Any, inspect(type(row))).columns:
        kind = _kind(column)
        if column.primary_key or column.foreign_keys or column.unique:
            continue
        value = getattr(row, column.key)
        if kind is str:
            setattr(row, column.key, value[::-1])
            return
        if kind is bytes:
            setattr(row, column.key, b"\2" * len(value))
            return
        if kind is bool:
            setattr(row, column.key, not value)
            return
        if issubclass(kind, datetime):
            setattr(row, column.key, value.replace(hour=(value.hour + 1) % 24))
            return
    raise AssertionError(f"{type(row).__name__} has no column that can change")


def _first(read: Session, table: type[SQLModel]) -> SQLModel:
    rows = [one for one in read.exec(select(table)) if getattr(one, "key", "") not in UNLIKE]
    return rows[-1]


@pytest.fixture
def full(held: opened.Opened) -> opened.Opened:
    """A store with a row in every table."""
    with held.acting("test.filled") as act:
        order = [table.name for table in SQLModel.metadata.sorted_tables if table.name in TABLES]
        for name in order:
            if name == "meta":
                continue
            row = _made(TABLES[name], NOON, 1)
            if name == "member":
                cast(models.Member, row).id = "m" * 16
            act.session.add(row)
            act.session.flush()
    return held


def test_every_table_is_in_the_chain_but_those_on_the_list() -> None:
    """A table that is added is in it, or somebody has decided that it is not."""
    everything = {table.name for table in SQLModel.metadata.tables.values()}
    assert everything - set(TABLES) == {"auditentry", "canary", "draft", "remains"} == models.UNCHAINED
    assert {"member", "schoolkey", "sealedkey", "setting", "release", "recipient", "meta", "case"} <= set(
        TABLES
    )


def test_an_old_page_of_each_table_is_named(full: opened.Opened, at: clock.SetClock) -> None:
    """One act changes a row of every table; then one page after the other is put back, and each time it is named."""
    database = full.unlocked.database
    header.add_member(
        full.folder, full.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    full.close()
    old = database.read_bytes()
    later = _again(full.folder, at)
    with later.acting("test.touched") as act:
        # The row of meta is changed by the act itself: the header has become another.
        for table in TABLES.values():
            if table is not models.Meta:
                _touch(_first(act.session, table))
    later.close()
    new = database.read_bytes()
    assert _verified(full.folder, at).holds
    changed = [start for start in range(PAGE, len(old), PAGE) if new[start:][:PAGE] != old[start:][:PAGE]]
    named = set()
    for start in changed:
        database.write_bytes(new[:start] + old[start : start + PAGE] + new[start + PAGE :])
        try:
            found = _verified(full.folder, at)
        except errors.StoreDamaged:
            continue
        assert not found.holds, f"the page at {start} was put back and nothing is said"
        named |= {str(one).rsplit(" ", 1)[0] for one in found.problems}
    assert {f"row-changed: {name}" for name in TABLES} <= named


def _again(folder: Path, at: clock.Clock) -> opened.Opened:
    return opened.open(header.unlock(folder, "Cô An", PASSPHRASE, allow_cheap=True), clock=at)


def _verified(folder: Path, at: clock.Clock) -> audit.Audit:
    held = _again(folder, at)
    try:
        with held.reading() as read:
            return audit.verify(read, held.unlocked)
    finally:
        held.close()


@pytest.fixture
def items(desk: session.Desk, tmp_path: Path) -> list[models.Evidence]:
    """Two items of one case."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,))).ref
    for number in (1, 2):
        chat = tmp_path / f"{number}.txt"
        chat.write_bytes(b"20:15 chat %d" % number)
        evidence.add(desk, ref, [chat], evidence.Origin(), no_sexual_image=True)
    assert upkeep.verify_log(desk).holds
    return [row for row, _lines in evidence.of_case(desk, ref)]


def test_a_file_of_evidence_from_an_older_copy_is_named(
    desk: session.Desk, items: list[models.Evidence], tmp_path: Path
) -> None:
    """Another item's bytes under its name, a shorter one, one flipped bit, none: the case and the item."""
    folder = desk.folder / "evidence"
    one, other = (folder / str(row.file) for row in items)
    good = one.read_bytes()
    for bad in (other.read_bytes(), good[:-1], bytes([good[0] ^ 1]) + good[1:], None):
        if bad is None:
            one.unlink()
        else:
            one.write_bytes(bad)
        found = upkeep.verify_log(desk)
        assert [str(problem) for problem in found.problems] == [
            f"evidence: {items[0].case_id} {items[0].item}"
        ]
        assert not found.holds
    one.write_bytes(good)
    assert upkeep.verify_log(desk).holds


def test_an_item_put_back_whole_with_its_row_is_named(
    held: opened.Opened, desk: session.Desk, items: list[models.Evidence], at: clock.SetClock
) -> None:
    """The file and its key as they were before the item's bytes were replaced: the row is not what the log says."""
    kept = (desk.folder / "evidence" / str(items[0].file)).read_bytes()
    with held.acting("test.replaced") as act:
        row = act.session.get(models.Evidence, items[0].id)
        assert row is not None
        row.file, row.key = items[1].file, items[1].key
        row.sha256 = items[1].sha256
    (desk.folder / "evidence" / str(items[0].file)).write_bytes(kept)
    assert upkeep.verify_log(desk).holds
    with engine.unit(held.engine, write=True) as behind:
        row = behind.get(models.Evidence, items[0].id)
        assert row is not None
        row.file, row.key, row.sha256 = items[0].file, items[0].key, items[0].sha256
    found = upkeep.verify_log(desk)
    assert [str(problem) for problem in found.problems] == [f"row-changed: evidence {items[0].id}"]


def test_an_old_page_of_an_index_is_named(
    held: opened.Opened, desk: session.Desk, at: clock.SetClock
) -> None:
    """Every row is what the log says, and yet a list that goes by the index would leave a case out."""
    refs = [cases.new(desk, cases.NewCase()).ref for _ in range(2)]
    folder, database = held.folder, held.unlocked.database
    held.close()
    old = database.read_bytes()
    later = _again(folder, at)
    with later.acting("test.closed") as act:
        row = act.session.exec(select(models.Case).where(models.Case.ref == refs[1])).one()
        row.status = "done"
    with later.reading() as read:
        (root,) = read.connection().exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'case_board'"
        ).one()  # fmt: skip
    later.close()
    new = database.read_bytes()
    start = PAGE * (root - 1)
    assert new[start:][:PAGE] != old[start:][:PAGE]
    database.write_bytes(new[:start] + old[start : start + PAGE] + new[start + PAGE :])
    found = _verified(folder, at)
    assert {one.code for one in found.problems} == {"index"}
    assert "case_board" in found.problems[0].where
