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
from triage.store import anchor, backup, doctor, engine, lock
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


def _put(name: str) -> Callable[[session.Desk], None]:
    def do(desk: session.Desk) -> None:
        (desk.folder / name).write_bytes(b"x")
        (desk.folder / name).chmod(0o600)

    return do


def _make_a_groups(desk: session.Desk) -> None:
    """All as it should be for a group, but one file that everybody may read."""
    for path in (desk.folder, *desk.folder.rglob("*")):
        path.chmod(0o2770 if path.is_dir() else 0o660)
    found = doctor.examine(desk.folder, None, full=False)
    assert [one.code for one in found if one.area == "permissions"] == ["doctor-group"]
    (desk.folder / "header.json").chmod(0o664)


@pytest.mark.parametrize(
    ("harm", "wrong"),
    [
        (_turn_page, {"database": "page-damaged"}),
        (_behind_its_back("DELETE FROM case_search"), {"search": "doctor-search-broken"}),
        (_behind_its_back("UPDATE note SET text = 'x'"), {"log": "doctor-log-broken"}),
        (_break_item, {"evidence": "doctor-evidence-damaged"}),
        (lambda desk: anchor.place(desk.opened.unlocked).unlink(), {"anchor": "anchor-lost"}),
        (lambda desk: desk.folder.chmod(0o755), {"permissions": "doctor-open-files"}),
        (_put("evil.exe"), {"leftovers": "doctor-strange-files"}),
        (_put("evidence/a.part"), {"leftovers": "doctor-strange-files"}),
        (_put("store.0.db"), {"leftovers": "doctor-old-database"}),
        (_make_a_groups, {"permissions": "doctor-group-files"}),
    ],
    ids=["page", "search", "row", "item", "anchor", "mode", "strange", "part", "old", "group"],
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


def test_a_damaged_header_is_told_with_what_is_whole(whole: session.Desk) -> None:
    """The database is there: which backup fits is said, and the other areas are looked at."""
    (whole.folder / "header.json").write_bytes(b"{")
    found = {one.area: one for one in doctor.examine(whole.folder, None, full=False)}
    assert not found["header"].ok
    assert "store.1.db" in found["database"].sentence("vi")
    assert found["permissions"].ok and found["leftovers"].ok


def test_a_clock_behind_the_log_is_told(whole: session.Desk, at: clock.SetClock) -> None:
    """An instant before the newest entry cannot be now."""
    at.at -= doctor.BACKUP_AGE
    assert _wrong(whole, full=False) == {"clock": "doctor-clock-back"}


def test_a_full_or_locked_drive_is_told(whole: session.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little for one more copy; not to be written; of another computer."""
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 1})())
        assert _wrong(whole, full=False) == {"storage": "doctor-storage-low"}
    with monkeypatch.context() as patch:
        patch.setattr("os.access", lambda *_: False)
        assert _wrong(whole, full=False) == {"storage": "doctor-read-only"}
    monkeypatch.setattr(lock, "file_system", lambda *_: "nfs")
    assert _wrong(whole, full=False) == {"storage": "network-drive"}


def test_the_versions_name_what_encrypts(whole: session.Desk) -> None:
    """SQLCipher, SQLite and OpenSSL, not only the package."""
    said = doctor.examine(whole.folder, None, full=False)[0].sentence("en")
    assert all(name in said for name in ("SQLCipher 4.", "SQLite 3.", "OpenSSL"))


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
