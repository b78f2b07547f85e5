"""A backup brought up to date: what changed and nothing else, never another store's, always one that is whole."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again, make
from triage import canon, clock, errors, models, paths
from triage.desk import cases, evidence, session, upkeep
from triage.store import anchor, audit, backup, doctor, opened
from triage.store.backup import checking, files, layout, pool
from triage.store.keys import header
from triage.terms import Kind, Right

CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """A case with two items."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    for name in ("một", "hai"):
        _add(desk, ref, name)
    return ref


@pytest.fixture
def out(held: opened.Opened, ref: str, tmp_path: Path) -> Path:
    """A backup with that case."""
    return backup.make(held, tmp_path / "backup").path


def _add(desk: session.Desk, ref: str, name: str) -> None:
    chat = desk.folder.parent / f"{name}.txt"
    chat.write_bytes(CHAT + name.encode())
    evidence.add(desk, ref, [chat], evidence.Origin(), no_sexual_image=True)


def _forget(held: opened.Opened) -> str:
    """The first item's file goes, as when it is destroyed; return its name."""
    with held.acting("test.done") as act:
        row = act.session.exec(select(models.Evidence).where(models.Evidence.item == "E-001")).one()
        name, row.file, row.key = row.file, None, None
    assert name is not None
    (held.folder / "evidence" / name).unlink()
    return name


def _verify(source: Path) -> backup.Checked:
    return backup.verify(source, label="Cô An", passphrase=PASSPHRASE, allow_cheap=True)


def _bytes(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


def _as_version_1(held: opened.Opened, out: Path) -> None:
    """Lay a backup as version 0.1.0 did: all in one folder, under that label."""
    inner = layout.copies(out)[0].inner
    found = json.loads((inner / "manifest.json").read_bytes())
    (inner / "tombstones.json").unlink()
    del found["files"]["tombstones.json"]
    manifest = canon.dumps(found | {"format": 1})
    (inner / "manifest.json").write_bytes(manifest)
    signature = held.unlocked.sign(b"triage/backup/v1\0" + manifest).hex()
    signed = {"member": held.unlocked.member_id, "signature": signature}
    (inner / "manifest.sig").write_bytes(canon.dumps(signed))
    for path in inner.iterdir():
        path.rename(out / path.name)
    inner.rmdir()


def test_only_what_is_new_is_copied(
    held: opened.Opened, desk: session.Desk, ref: str, out: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """One more item: it is copied, the two keep their very files, and the restored store has three."""
    kept = {path.name: path.stat().st_ino for path in (out / "evidence").iterdir()}
    _add(desk, ref, "ba")
    made = backup.make(held, out)
    assert (made.copied, made.kept, made.removed) == (1, 2, 0)
    assert _verify(out).entries == made.entries
    assert kept.items() <= {path.name: path.stat().st_ino for path in (out / "evidence").iterdir()}.items()
    assert sorted(path.name for path in out.iterdir()) == [f"copy-{made.entries}", "evidence"]
    backup.restore(out, tmp_path / "new", label=None, passphrase=PASSPHRASE, clock=at, allow_cheap=True)
    there = again(tmp_path / "new", at)
    assert [check.holds for check in evidence.verify(session.Desk(there, at))] == [True] * 3
    there.close()


def test_what_the_store_no_longer_has_leaves_the_backup(held: opened.Opened, out: Path) -> None:
    """The file of an item that is gone is deleted there, after the new copy stands."""
    name = _forget(held)
    assert (out / "evidence" / name).is_file()
    made = backup.make(held, out)
    assert (made.copied, made.kept, made.removed) == (0, 1, 1)
    assert not (out / "evidence" / name).exists()
    assert _verify(out).stray == 0


def test_a_damaged_file_in_the_backup_is_copied_anew(held: opened.Opened, out: Path) -> None:
    """A flipped bit or a cut file there is repaired from the store; a lost one too."""
    one, two = sorted((out / "evidence").iterdir())
    data = one.read_bytes()
    one.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    two.unlink()
    with pytest.raises(errors.StoreDamaged):
        _verify(out)
    assert backup.make(held, out).copied == 2
    _verify(out)


def test_a_damaged_item_of_the_store_does_not_replace_the_good_one(held: opened.Opened, out: Path) -> None:
    """The backup is as it was, byte by byte."""
    item = next((held.folder / "evidence").iterdir())
    data = item.read_bytes()
    item.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    before = _bytes(out)
    with pytest.raises(errors.StoreDamaged, match="evidence-damaged"):
        backup.make(held, out)
    assert _bytes(out) == before
    _verify(out)


def test_a_damaged_item_is_not_backed_up_as_if_it_were_whole(
    held: opened.Opened, ref: str, tmp_path: Path
) -> None:
    """It does not open: no backup, and no half of one."""
    item = next((held.folder / "evidence").iterdir())
    item.write_bytes(item.read_bytes()[:-1] + b"\0")
    with pytest.raises(errors.StoreDamaged, match="evidence-damaged"):
        backup.make(held, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_the_backup_of_another_store_is_not_touched(
    held: opened.Opened, out: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """5, and every byte there is as it was."""
    other = make(tmp_path / "other", at)
    before = _bytes(out)
    with pytest.raises(errors.Refused, match="backup-other-store"):
        backup.make(other, out)
    other.close()
    assert _bytes(out) == before


def test_a_newer_backup_is_not_replaced_by_an_older_store(
    held: opened.Opened, out: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """A store restored from last week's does not overwrite yesterday's: it holds what that store has not."""
    shutil.copytree(out, tmp_path / "last week")
    with held.acting("test.done"):
        pass
    backup.make(held, out)
    backup.restore(
        tmp_path / "last week",
        tmp_path / "new",
        label=None,
        passphrase=PASSPHRASE,
        clock=at,
        allow_cheap=True,
    )
    behind = again(tmp_path / "new", at)
    before = _bytes(out)
    for _ in range(2):
        with pytest.raises(errors.Refused, match="backup-apart"):
            backup.make(behind, out)
        # As long, or longer: it is the entry that counts and not its number.
        for _entry in range(9):
            with behind.acting("test.done"):
                pass
    assert _bytes(out) == before
    # Its own it may bring forward.
    backup.make(behind, tmp_path / "last week")
    behind.close()


@pytest.mark.parametrize("name", ["photo.jpg", "evidence/photo.jpg", "copy-1.old"])
def test_a_folder_with_anything_else_is_refused(held: opened.Opened, out: Path, name: str) -> None:
    """Also when a backup lies there as well."""
    (out / name).write_bytes(b"kept")
    before = _bytes(out)
    with pytest.raises(errors.Refused, match="backup-exists"):
        backup.make(held, out)
    assert _bytes(out) == before


def test_a_folder_that_looks_like_a_lost_store_is_refused(held: opened.Opened, tmp_path: Path) -> None:
    """Evidence alone is no interrupted backup: it may be all that is left of a store."""
    (tmp_path / "left" / "evidence").mkdir(parents=True)
    (tmp_path / "left" / "evidence" / ("0" * 32)).write_bytes(b"kept")
    with pytest.raises(errors.Refused, match="backup-exists"):
        backup.make(held, tmp_path / "left")
    assert (tmp_path / "left" / "evidence" / ("0" * 32)).read_bytes() == b"kept"


@pytest.mark.parametrize("name", [".DS_Store", "._copy-1", "Thumbs.db", "desktop.ini", "evidence/.DS_Store"])
def test_what_a_system_lays_into_folders_is_no_damage(held: opened.Opened, out: Path, name: str) -> None:
    """It is neither read nor removed."""
    (out / name).write_bytes(b"x")
    assert _verify(out).stray == 0
    backup.make(held, out)
    assert (out / name).read_bytes() == b"x"


def test_an_empty_folder_is_taken(held: opened.Opened, tmp_path: Path) -> None:
    """Nothing could be lost there; after a failure it is empty again."""
    (tmp_path / "empty").mkdir()
    backup.make(held, tmp_path / "empty")
    _verify(tmp_path / "empty")


def test_parts_of_an_interrupted_making_are_no_damage(held: opened.Opened, out: Path) -> None:
    """Told, left alone by verify, cleared by the next make."""
    (out / "copy.0123abcd.part").mkdir()
    (out / "copy.0123abcd.part" / "header.json").write_bytes(b"half")
    (out / "evidence" / ("0" * 32)).write_bytes(b"whole")
    (out / "evidence" / f"{'1' * 32}.part").write_bytes(b"half")
    before = _bytes(out)
    assert _verify(out).stray == 3
    assert _bytes(out) == before
    backup.make(held, out)
    assert _verify(out).stray == 0
    assert sorted(path.name for path in out.iterdir()) == [layout.copies(out)[0].inner.name, "evidence"]


def test_an_older_copy_counts_where_the_newer_is_torn(held: opened.Opened, out: Path) -> None:
    """As after a power cut on a stick without a journal: the old one verifies, and the next make mends it."""
    first = layout.copies(out)[0].inner
    shutil.copytree(first, out.parent / "old")
    entries = _verify(out).entries
    made = backup.make(held, out)
    shutil.copytree(out.parent / "old", first)
    for name in ("manifest.json", "store.1.db", "header.json"):
        torn = layout.copies(out)[0].inner / name
        whole = torn.read_bytes()
        torn.write_bytes(b"")
        assert (_verify(out).entries, _verify(out).stray) == (entries, 1)
        torn.write_bytes(whole)
    assert _verify(out).entries == made.entries
    torn.write_bytes(b"")
    backup.make(held, out)
    assert _verify(out).stray == 0


def test_a_failure_does_not_take_back_what_was_mended(
    held: opened.Opened, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file was copied anew, then the stick was full: the old backup is whole again."""
    item = next((out / "evidence").iterdir())
    data = item.read_bytes()
    item.write_bytes(bytes([data[0] ^ 1]) + data[1:])

    def full(*_all: object) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patch:
        patch.setattr(layout, "place", full)
        with pytest.raises(errors.TryAgain, match="disk-full"):
            backup.make(held, out)
    _verify(out)


@pytest.mark.parametrize("step", ["copy", "check", "place"])
def test_a_failure_leaves_the_old_one(
    held: opened.Opened, desk: session.Desk, ref: str, out: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full stick at any step: byte by byte the old backup; nobody is told that there is a newer one."""
    _add(desk, ref, "ba")
    _forget(held)
    before = _bytes(out)

    def full(*_all: object) -> None:
        raise OSError(28, "full")

    room = {"copy": files, "check": checking, "place": layout}[step]
    with monkeypatch.context() as patch:
        patch.setattr(room, step, full)
        with pytest.raises(errors.TryAgain, match="disk-full"):
            backup.make(held, out)
    assert _bytes(out) == before
    assert sorted(path.name for path in out.iterdir()) == [layout.copies(out)[0].inner.name, "evidence"]
    assert upkeep.log(desk, limit=1)[0].act == "backup.begun"
    backup.make(held, out)
    _verify(out)


def test_a_backup_that_failed_is_not_remembered_as_one(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor goes on asking for one."""
    with monkeypatch.context() as patch:
        patch.setattr(pool.Pool, "fill", lambda *_all: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(errors.TryAgain):
            backup.make(held, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert _doctor(held) == "doctor-no-backup"
    backup.make(held, tmp_path / "backup")
    assert _doctor(held) == "doctor-backup"


def _doctor(held: opened.Opened) -> str:
    return next(one.code for one in doctor.examine(held.folder, held, full=False) if one.area == "backup")


def test_a_backup_of_the_first_version_is_read_and_brought_forward(
    held: opened.Opened, desk: session.Desk, ref: str, out: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """It verifies and restores as it is; make lays it anew and nothing of the former layout stays."""
    _as_version_1(held, out)
    old = _verify(out)
    backup.restore(out, tmp_path / "new", label=None, passphrase=PASSPHRASE, clock=at, allow_cheap=True)
    _add(desk, ref, "ba")
    made = backup.make(held, out)
    assert (made.copied, made.kept) == (1, 2)
    assert _verify(out).entries == made.entries > old.entries
    assert sorted(path.name for path in out.iterdir()) == [f"copy-{made.entries}", "evidence"]


def test_a_manifest_is_signed_for_its_format(held: opened.Opened, out: Path) -> None:
    """One of format 1 under the other label, or the other way round, is none."""
    _as_version_1(held, out)
    manifest = (out / "manifest.json").read_bytes()
    signature = held.unlocked.sign(b"triage/backup/v2\0" + manifest).hex()
    (out / "manifest.sig").write_bytes(
        canon.dumps({"member": held.unlocked.member_id, "signature": signature})
    )
    with pytest.raises(errors.StoreDamaged, match="backup-damaged"):
        _verify(out)


@pytest.mark.parametrize("name", ["manifest.json", "header.json"])
def test_what_cannot_be_known_is_not_replaced(held: opened.Opened, out: Path, name: str) -> None:
    """Whose backup it is, is told by these alone: damaged, they stop the making."""
    path = layout.copies(out)[0].inner / name
    path.write_bytes(path.read_bytes()[:-1])
    before = _bytes(out)
    with pytest.raises(errors.StoreDamaged):
        backup.make(held, out)
    assert _bytes(out) == before


def test_two_do_not_make_one_backup_at_a_time(held: opened.Opened, out: Path) -> None:
    """6 for the second, and for who would read it meanwhile."""
    with layout.alone(out):
        with pytest.raises(errors.TryAgain, match="backup-busy"):
            backup.make(held, out)
        with pytest.raises(errors.TryAgain, match="backup-busy"):
            _verify(out)
    _verify(out)


def test_a_drive_without_locks_and_folder_syncs_takes_a_backup(
    held: opened.Opened, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some sticks answer EINVAL; files are still made durable."""
    import fcntl
    import os

    real = os.fsync

    def only_files(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").resolve().is_dir():
            raise OSError(22, "invalid")
        real(handle)

    def none(_handle: int, _how: int) -> None:
        raise OSError(37, "no locks")

    held_lock = fcntl.flock
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", only_files)
        patch.setattr(fcntl, "flock", none)
        with layout.alone(out):
            pass
        patch.setattr(fcntl, "flock", held_lock)
        backup.make(held, out)
    _verify(out)


def test_verify_says_whose_it_is_and_how_old(held: opened.Opened, out: Path, at: clock.SetClock) -> None:
    """Keys' number, members by name, the time; past twelve months it is old."""
    found = _verify(out)
    assert (found.epoch, found.people, found.earlier_keys) == (1, ("Cô An",), False)
    assert found.made_at == at.at
    assert not found.is_old(at.at + timedelta(days=365))
    assert found.is_old(at.at + timedelta(days=366))
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    backup.make(held, out)
    assert _verify(out).people == ("Cô An", "Cô Bình")


def test_a_backup_from_before_other_keys_is_said_to_be(held: opened.Opened, out: Path) -> None:
    """This computer has seen the store under a later root key."""
    with held.reading() as read:
        head = audit.head(read)
    assert head is not None
    place = anchor.place(held.unlocked)
    kept = json.loads(place.read_bytes())
    place.write_bytes(canon.dumps(kept | {"epoch": 2}))
    assert _verify(out).earlier_keys
    place.write_bytes(b"[")
    assert not _verify(out).earlier_keys


def test_a_header_that_was_given_new_keys_meanwhile_is_not_taken(
    held: opened.Opened, out: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """A header that the database's key does not fit would make a backup that nobody opens."""
    other = make(tmp_path / "other", at)
    shutil.copyfile(other.folder / "header.json", held.folder / "header.json")
    other.close()
    before = _bytes(out)
    with pytest.raises(errors.StoreDamaged, match="header-changed"):
        backup.make(held, out)
    assert _bytes(out) == before


def test_one_copy_out_of_its_backup_is_none(out: Path) -> None:
    """Its evidence lies beside it: the folder above is meant."""
    with pytest.raises(errors.UsageError, match="not-a-backup"):
        _verify(layout.copies(out)[0].inner)


def test_a_backup_is_not_worked_in(out: Path) -> None:
    """Neither it nor the copy in it opens as a store."""
    for folder in (out, layout.copies(out)[0].inner):
        with pytest.raises(errors.UsageError, match="is-a-backup"):
            session.open_store(folder, PASSPHRASE)


def test_progress_goes_from_nothing_to_all(held: opened.Opened, out: Path, at: clock.SetClock) -> None:
    """Of making, checking and restoring; never backwards, never beyond."""
    for work in (
        lambda watch: backup.make(held, out, progress=watch),
        lambda watch: backup.verify(
            out, label=None, passphrase=PASSPHRASE, allow_cheap=True, progress=watch
        ),
        lambda watch: backup.restore(
            out, out.parent / "new", label=None, passphrase=PASSPHRASE, clock=at, allow_cheap=True, progress=watch
        ),
    ):  # fmt: skip
        seen: list[tuple[int, int]] = []
        work(lambda done, total, seen=seen: seen.append((done, total)))
        assert seen == sorted(seen)
        assert len(seen) >= 2
        assert len({total for _done, total in seen}) == 1


def test_what_a_name_stands_for_is_durable_before_it(
    held: opened.Opened, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut: the pool and the copy's files are synced before the copy's name, that before the older one goes."""
    out, seen = tmp_path / "new" / "backup", [("", Path())]
    sync, replace = paths.sync_folder, Path.replace

    def synced(folder: Path) -> None:
        seen.append(("sync", folder))
        sync(folder)

    def replaced(path: Path, target: Path) -> Path:
        seen.append(("name", target))
        return replace(path, target)

    monkeypatch.setattr(paths, "sync_folder", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    backup.make(held, out)
    old = layout.copies(out)[0].inner
    part = next(folder for how, folder in seen if how == "sync" and folder.name.endswith(".part"))
    named = seen.index(("name", old))
    for folder in (tmp_path, out.parent, out, out / "evidence", part):
        assert ("sync", folder) in seen[:named], folder
    assert ("sync", out) in seen[named:]
    assert max(seen.index(("name", path)) for path in (out / "evidence").iterdir()) < seen.index(
        ("sync", out / "evidence")
    )
    seen.clear()
    backup.make(held, out)
    named = seen.index(("name", layout.copies(out)[0].inner))
    gone = next(
        place for place, (how, path) in enumerate(seen) if how == "name" and path.name.startswith("copy.")
    )
    assert ("sync", out) in seen[named:gone]
    assert ("sync", out) in seen[gone:]
