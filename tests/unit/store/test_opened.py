"""Units of work on an open store: all of an act and its entry, or nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Executable, text
from sqlcipher3 import dbapi2 as sqlcipher
from sqlmodel import Session, col, delete, select, update

from tests.unit.store.conftest import CHEAP, again, make
from triage import clock, errors, models, schema
from triage.desk import cases, people, session
from triage.store import audit, engine, lock, migrations, opened
from triage.store.keys import header
from triage.terms import Kind, Profile, Right


def _bodies(held: opened.Opened) -> list[dict[str, object]]:
    with held.reading() as read:
        return [
            json.loads(row.body)
            for row in read.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq)))
        ]


def test_a_new_store_is_one_entry_that_names_every_row(held: opened.Opened) -> None:
    """Meta, settings and members are in the chain from the first entry on."""
    (body,) = _bodies(held)
    assert body["act"] == "store.created"
    with held.reading() as read:
        assert audit.verify(read, held.unlocked).whole


def test_an_act_that_fails_leaves_nothing(held: opened.Opened) -> None:
    """No row, no entry; the next act works."""
    with pytest.raises(errors.Refused), held.acting("test.done") as act:
        act.session.add(models.Setting(key="x", value="y"))
        act.session.flush()
        raise errors.Refused("busy")
    with held.reading() as read:
        assert read.get(models.Setting, "x") is None
    with held.acting("test.done"):
        pass
    assert [body["act"] for body in _bodies(held)] == ["store.created", "test.done"]


@pytest.mark.parametrize(
    "statement",
    [update(models.Setting).values(value="x"), delete(models.Setting)],
    ids=["update", "delete"],
)
def test_a_statement_over_many_rows_is_refused(held: opened.Opened, statement: Executable) -> None:
    """Its rows would not be in the entry."""
    with pytest.raises(TypeError, match="not be in the log"), held.acting("test.done") as act:
        act.session.execute(statement)


@pytest.mark.parametrize("act", ["", "Case.opened", "case.opened now", "case.đã", "case."])
def test_an_act_has_a_code(held: opened.Opened, act: str) -> None:
    """Words do not get into the log as the name of an act."""
    with pytest.raises(ValueError, match=r"case\.opened"), held.acting(act):
        pass
    assert len(_bodies(held)) == 1


def test_a_row_deleted_and_made_again_in_one_act_lives(held: opened.Opened) -> None:
    """The entry names what is there in the end."""
    with held.acting("test.done") as act:
        act.session.add(models.Setting(key="x", value="1"))
    with held.acting("test.done") as act:
        act.session.delete(act.session.get_one(models.Setting, "x"))
        act.session.flush()
        act.session.add(models.Setting(key="x", value="2"))
    with held.reading() as read:
        assert audit.verify(read, held.unlocked).problems == ()


def test_every_body_fits_its_schema_and_holds_no_label(desk: session.Desk) -> None:
    """A recipient's label is a key in the database; in the log it is a digest."""
    people.add_recipient(desk, "công an phường Hoa Gạo", "Công an phường", Profile.WARD)
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,))).ref
    cases.note(desk, ref, "một lời")
    people.remove_recipient(desk, "công an phường Hoa Gạo")
    for body in _bodies(desk.opened):
        schema.check(body, "audit-entry-v1")
        assert "Hoa" not in json.dumps(body, ensure_ascii=False)
    with desk.opened.reading() as read:
        assert audit.verify(read, desk.opened.unlocked).whole


def test_the_latest_instant_is_found_in_the_last_entry(held: opened.Opened, at: clock.SetClock) -> None:
    """However often the clock goes back, registration never does."""
    noon = at.at
    for hour in (9, 3, 4):
        at.at = noon.replace(hour=hour)
        with held.acting("test.done"):
            pass
    with held.reading() as read:
        assert audit.last_at(read) == noon.replace(hour=9)
    assert [body.get("clock_back", False) for body in _bodies(held)] == [False, False, True, True]


def test_the_database_remembers_the_newest_header(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """An older header.json put back afterwards is refused, though every passphrase in it holds."""
    older = (held.folder / "header.json").read_bytes()
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    with held.acting("test.done"):
        pass
    folder = held.folder
    held.close()
    (folder / "header.json").write_bytes(older)
    with pytest.raises(errors.StoreDamaged, match="meta-differs"):
        again(folder, at)


def test_a_session_goes_on_while_another_adds_a_member(held: opened.Opened, at: clock.SetClock) -> None:
    """The header it was opened with is older than the one the database has seen; that is no damage."""
    other = again(held.folder, at)
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    with held.acting("test.done"):
        pass
    with other.acting("test.done"):
        pass
    with held.reading() as read:
        assert audit.verify(read, held.unlocked).whole
    other.close()


def test_a_later_format_is_refused_and_untouched(
    held: opened.Opened, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2: the program is older than the store."""
    folder = held.folder
    held.close()
    monkeypatch.setattr(migrations, "FORMAT", 0)
    before = held.unlocked.database.read_bytes()
    with pytest.raises(errors.UsageError, match="store-newer"):
        again(folder, at)
    assert held.unlocked.database.read_bytes() == before


def test_an_earlier_format_is_brought_forward_in_one_entry(
    held: opened.Opened, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invented step: every rewritten row is entered anew, and the log stays whole."""
    _invent_a_step(monkeypatch, "UPDATE setting SET value = value || '!' WHERE key = 'school_name'")
    folder = held.folder
    held.close()
    later = again(folder, at)
    body = _bodies(later)[-1]
    assert (body["act"], body["before"], body["after"]) == (
        "store.migrated",
        migrations.FORMAT - 1,
        migrations.FORMAT,
    )
    with later.reading() as read:
        assert read.get_one(models.Setting, "school_name").value.endswith("!")
        assert read.get_one(models.Meta, 1).format == migrations.FORMAT
        assert audit.verify(read, later.unlocked).whole
    later.close()
    again(folder, at).close()


def test_a_store_of_the_first_format_is_brought_forward(held: opened.Opened, at: clock.SetClock) -> None:
    """2: the calls for help know who needs them; no row of before is rewritten."""
    folder = held.folder
    with engine.unit(held.engine, write=True) as session:
        session.connection().execute(text("ALTER TABLE step DROP COLUMN needed_by"))
        session.connection().execute(text("UPDATE meta SET format = 1"))
    held.close()
    later = again(folder, at)
    body = _bodies(later)[-1]
    assert (body["act"], body["before"], body["after"]) == ("store.migrated", 1, migrations.FORMAT)
    with later.reading() as read:
        assert read.exec(select(models.Step.needed_by)).all() == []
        assert audit.verify(read, later.unlocked).whole
    later.close()


def test_a_step_that_fails_changes_nothing(
    held: opened.Opened, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps are one transaction."""
    folder = held.folder
    held.close()
    before = held.unlocked.database.read_bytes()
    with monkeypatch.context() as patch:
        _invent_a_step(patch, "UPDATE setting SET value = ''", "CREATE TABLE meta (x)")
        with pytest.raises(errors.TriageError):
            again(folder, at)
    assert held.unlocked.database.read_bytes() == before
    again(folder, at).close()


def test_a_store_in_use_is_not_brought_forward(
    held: opened.Opened, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6: somebody is at work on it with the older program."""
    _invent_a_step(monkeypatch, "UPDATE setting SET value = ''")
    with pytest.raises(errors.TryAgain, match="others-at-the-desk"):
        again(held.folder, at)


def _invent_a_step(patch: pytest.MonkeyPatch, *statements: str) -> None:
    def run(connection: object) -> None:
        for statement in statements:
            connection.execute(text(statement))  # type: ignore[attr-defined]

    later = migrations.FORMAT + 1
    patch.setattr(migrations, "FORMAT", later)
    patch.setattr(migrations, "STEPS", (*migrations.STEPS, migrations.Step(later, run, (models.Setting,))))


def test_the_sweep_waits_until_nobody_else_is_there(held: opened.Opened, at: clock.SetClock) -> None:
    """A colleague's evidence may lie there before its row does."""
    stray = held.folder / "evidence" / ("0" * 32)
    stray.write_bytes(b"x")
    part = held.folder / "evidence" / "1.tmp"
    part.write_bytes(b"x")
    other = again(held.folder, at)
    assert stray.exists()
    assert part.exists()
    other.close()
    folder = held.folder
    held.close()
    again(folder, at).close()
    assert not stray.exists()
    assert not part.exists()
    assert (folder / "evidence" / "aside" / stray.name).read_bytes() == b"x"


def test_while_somebody_is_alone_a_store_is_busy(held: opened.Opened) -> None:
    """6, after some patience; nothing is kept open."""
    with lock.alone(held.lock) as mine:
        assert mine
        with pytest.raises(errors.TryAgain, match="busy"):
            lock.share(held.folder, patience=0.05)
    later = lock.share(held.folder, patience=0)
    with lock.alone(held.lock) as mine:
        assert not mine
    # The refused try has not cost the shared hold.
    with lock.alone(later) as mine:
        assert not mine
    later.release()


def test_a_writer_that_was_rolled_back_behind_its_back_is_not_told_done(held: opened.Opened) -> None:
    """SQLite rolls back by itself on a full disk; who swallows that error must not be acknowledged."""
    with pytest.raises(errors.TryAgain), held.acting("test.done") as act:
        act.session.connection().connection.driver_connection.rollback()  # type: ignore[union-attr]
    assert len(_bodies(held)) == 1


def test_two_writers_wait_for_each_other(held: opened.Opened, at: clock.SetClock) -> None:
    """Each entry has its own place."""
    other = again(held.folder, at)
    for one in (held, other, held, other):
        with one.acting("test.done"):
            pass
    assert len(_bodies(other)) == 5
    with other.reading() as read:
        assert audit.verify(read, other.unlocked).whole
    other.close()


def test_a_read_only_store_is_told_so(held: opened.Opened, at: clock.SetClock) -> None:
    """6: the disk, not the store."""
    if os.geteuid() == 0:
        with engine.unit(held.engine) as read:
            read.connection().exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(errors.TryAgain, match="read-only"), held.acting("test.done") as act:
            act.session.add(models.Setting(key="x", value="y"))
        return
    held.folder.chmod(0o500)
    with pytest.raises(errors.TryAgain, match="read-only"):
        again(held.folder, at)


def test_a_module_of_another_distribution_is_refused(
    tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4: another package installs a module of the same name. Source: security.md 26."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sqlcipher, "__file__", str(tmp_path / "dbapi2.py"))
    engine._check_cipher.cache_clear()
    with pytest.raises(errors.StoreDamaged, match="not-our-cipher"):
        make(tmp_path / "store", at)
    engine._check_cipher.cache_clear()


def test_everything_in_the_folder_is_its_owners(held: opened.Opened) -> None:
    """While it is open too, log and index of the database included."""
    for path in (held.folder, *held.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_first_look_changes_nothing_beside_the_database(held: opened.Opened) -> None:
    """No log, no index is made."""
    held.close()
    before = sorted(path.name for path in held.folder.iterdir())
    found = migrations.look(held.unlocked.database, held.unlocked.subkey("db"), alone=True)
    assert found == (held.unlocked.store, 1, 1, migrations.FORMAT)
    assert sorted(path.name for path in held.folder.iterdir()) == before


def test_a_reading_unit_writes_nothing(held: opened.Opened) -> None:
    """A row that is changed in it stays as it was."""
    with held.reading() as read:
        _rename(read)
    with held.reading() as read:
        assert read.get_one(models.Setting, "school_name").value == "Trường THCS Hoa Gạo"
        assert audit.verify(read, held.unlocked).whole


def _rename(read: Session) -> None:
    read.get_one(models.Setting, "school_name").value = "x"
