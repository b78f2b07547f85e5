"""What the doctor finds, and that looking harms nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from triage import clock, i18n, models
from triage.desk import cases, evidence, session
from triage.store import anchor, backup, doctor, engine
from triage.terms import Kind

AREAS = (
    "versions",
    "header",
    "permissions",
    "synced",
    "storage",
    "leftovers",
    "desks",
    "database",
    "search",
    "log",
    "clock",
    "evidence",
    "anchor",
    "backup",
)


@pytest.fixture
def whole(desk: session.Desk, tmp_path: Path) -> session.Desk:
    """A store with a case, an item and a fresh backup."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), words="Em gửi tiền rồi cô ơi. " * 80)).ref
    chat = tmp_path / "chat.txt"
    chat.write_bytes(b"20:15 gui tien di\n")
    evidence.add(desk, ref, [chat], evidence.Origin(), no_sexual_image=True)
    backup.make(desk.opened, tmp_path / "kept")
    return desk


def _wrong(desk: session.Desk, *, full: bool = True) -> dict[str, str]:
    found = doctor.examine(desk.folder, desk.opened, full=full)
    for finding in found:
        assert finding.area in AREAS
        for language in i18n.LANGUAGES:
            assert "{" not in finding.sentence(language)
    return {finding.area: finding.code for finding in found if not finding.ok}


def test_a_whole_store_is_well_in_every_area(whole: session.Desk) -> None:
    """Each area is looked at; nothing is wrong; every finding has words."""
    found = doctor.examine(whole.folder, whole.opened, full=True)
    assert {finding.area for finding in found} == set(AREAS)
    assert _wrong(whole) == {}


def test_without_a_passphrase_it_looks_from_outside(whole: session.Desk) -> None:
    """And changes no byte."""
    before = _bytes(whole.folder)
    found = doctor.examine(whole.folder, None, full=False)
    assert {finding.area for finding in found} == {
        "versions", "header", "permissions", "synced", "storage", "leftovers", "desks", "database",
    }  # fmt: skip
    assert _bytes(whole.folder) == before


def _turn_page(desk: session.Desk) -> None:
    with desk.opened.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    desk.opened.engine.dispose()
    with desk.opened.unlocked.database.open("r+b") as file:
        file.seek(-2000, os.SEEK_END)
        byte = file.read(1)
        file.seek(-2000, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))


def _behind_its_back(statement: str) -> Callable[[session.Desk], None]:
    def do(desk: session.Desk) -> None:
        with engine.unit(desk.opened.engine, write=True) as write:
            write.connection().execute(text(statement))

    return do


def _break_item(desk: session.Desk) -> None:
    with desk.opened.reading() as read:
        (name,) = read.exec(select(models.Evidence.file)).all()
    path = desk.folder / "evidence" / str(name)
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("harm", "wrong"),
    [
        (_turn_page, {"database": "page-damaged"}),
        (_behind_its_back("DELETE FROM case_search"), {"search": "doctor-search-broken"}),
        (_behind_its_back("UPDATE note SET text = 'x'"), {"log": "doctor-log-broken"}),
        (_break_item, {"evidence": "doctor-evidence-damaged"}),
        (lambda desk: anchor.place(desk.opened.unlocked).unlink(), {"anchor": "anchor-lost"}),
        (lambda desk: desk.folder.chmod(0o755), {"permissions": "doctor-open-files"}),
    ],
    ids=["page", "search", "row", "item", "anchor", "mode"],
)
def test_each_harm_is_named_in_its_area(
    whole: session.Desk, harm: Callable[[session.Desk], None], wrong: dict[str, str]
) -> None:
    """And in no other, as long as the other can be read."""
    harm(whole)
    found = _wrong(whole)
    assert wrong.items() <= found.items()
    assert set(found) - set(wrong) <= ({"log"} if "database" in wrong else set())


def test_an_old_backup_is_worth_a_look(whole: session.Desk, at: clock.SetClock) -> None:
    """Older than a week."""
    at.at += doctor.BACKUP_AGE
    assert _wrong(whole, full=False) == {"backup": "doctor-no-backup"}


def test_a_missing_database_and_an_unreadable_header_are_findings(whole: session.Desk) -> None:
    """Not errors: the doctor is asked when something is wrong."""
    whole.opened.unlocked.database.write_bytes(b"")
    found = {one.area: one.code for one in doctor.examine(whole.folder, None, full=False) if not one.ok}
    assert found == {"database": "database-empty"}
    (whole.folder / "header.json").write_bytes(b"{")
    found = {one.area: one.code for one in doctor.examine(whole.folder, None, full=False) if not one.ok}
    assert found == {"header": "header-unreadable", "database": "database-empty"}


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
