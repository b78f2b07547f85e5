"""What a backup promises: all of the store or none of it, and no byte in it can be another unseen."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.unit.store.conftest import PASSPHRASE, again, make
from triage import canon, clock, errors, models
from triage.desk import cases, evidence, session, upkeep
from triage.store import audit, backup, opened
from triage.store.backup import layout
from triage.terms import Kind

CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()


@pytest.fixture
def made(held: opened.Opened, desk: session.Desk, tmp_path: Path) -> Path:
    """A backup of a store with a case and two items."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    for name in ("một.txt", "hai.txt"):
        (tmp_path / name).write_bytes(CHAT)
        evidence.add(desk, ref, [tmp_path / name], evidence.Origin(), no_sexual_image=True)
    return backup.make(held, tmp_path / "backup").path


def _verify(source: Path) -> backup.Checked:
    return backup.verify(source, label=None, passphrase=PASSPHRASE, allow_cheap=True)


def _restore(source: Path, folder: Path, at: clock.Clock) -> backup.Restored:
    return backup.restore(source, folder, label=None, passphrase=PASSPHRASE, clock=at, allow_cheap=True)


def _rows(held: opened.Opened) -> dict[str, list[dict[str, Any]]]:
    """Every row of every chained table."""
    with held.reading() as session:
        return {
            str(table.__tablename__): [row.model_dump() for row in session.exec(select(table))]
            for table in audit.tables()
        }


def _inner(made: Path) -> Path:
    """Where everything but evidence lies."""
    return layout.copies(made)[0].inner


def _names(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*")}


def test_a_backup_is_whole_and_the_owners_alone(made: Path) -> None:
    """Opened and compared; mode 0700 and 0600; nothing half-done beside it."""
    assert _verify(made).entries > 0
    for path in (made, *made.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
    assert not [path for path in made.parent.iterdir() if "part" in path.name]


def test_verifying_writes_nothing(made: Path) -> None:
    """Not a byte and not a name."""
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    _verify(made)
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_the_restored_store_is_the_store(
    held: opened.Opened, made: Path, at: clock.SetClock, tmp_path: Path
) -> None:
    """Every row is as it was but what restoring adds, evidence reads, the log is whole and holds."""
    wanted = _rows(held)
    # When the backup was made is written down after it.
    wanted["setting"] = [row for row in wanted["setting"] if not row["key"].startswith("last_backup")]
    found = _restore(made, tmp_path / "restored", at)
    assert found.log.whole
    restored = again(tmp_path / "restored", at)
    rows = _rows(restored)
    for table in wanted:
        assert [row for row in rows[table] if row not in wanted[table]] == [], table
        assert [row for row in wanted[table] if row not in rows[table]] == [], table
    desk = session.Desk(restored, at)
    assert [check.holds for check in evidence.verify(desk)] == [True, True]
    log = upkeep.verify_log(desk)
    assert (log.whole, log.entries) == (True, found.entries)
    assert upkeep.log(desk, limit=1)[0].act == "store.restored"
    assert cases.new(desk, cases.NewCase()).ref
    restored.close()
    for path in (restored.folder, *restored.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name


def test_one_flipped_bit_in_any_file_is_refused(made: Path, at: clock.SetClock, tmp_path: Path) -> None:
    """Header, database, each item, manifest, signature: named damage; nothing is restored."""
    there = _names(tmp_path)
    for path in sorted(made.rglob("*")):
        if not path.is_file():
            continue
        whole = path.read_bytes()
        for place in (0, len(whole) // 3, len(whole) // 2, len(whole) - 2):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            for attempt in (_verify, lambda source: _restore(source, tmp_path / "restored", at)):
                with pytest.raises(errors.StoreDamaged, match="backup-damaged"):
                    attempt(made)
            assert _names(tmp_path) == there, f"{path.name} at {place}"
        path.write_bytes(whole)
    _verify(made)


def _lose(name: str) -> Callable[[Path], object]:
    return lambda made: (_inner(made) / name).unlink()


def _write(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda made: (_inner(made) / name).write_bytes(data)


def _spell(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def respell(made: Path) -> None:
        path = _inner(made) / name
        before = path.read_bytes()
        after = change(before)
        assert after != before
        path.write_bytes(after)

    return respell


def _upper(data: bytes) -> bytes:
    signed = json.loads(data)
    return canon.dumps(signed | {"signature": signed["signature"].upper()})


def _rename(made: Path) -> None:
    inner = _inner(made)
    inner.rename(inner.with_name("copy-999"))


def _pool_elsewhere(made: Path) -> None:
    (made / "evidence").rename(made.parent / "elsewhere")
    (made / "evidence").symlink_to(made.parent / "elsewhere")


def _lose_item(made: Path) -> None:
    next((made / "evidence").iterdir()).unlink()


def _swap_items(made: Path) -> None:
    one, two = sorted((made / "evidence").iterdir())
    mine, yours = one.read_bytes(), two.read_bytes()
    one.write_bytes(yours)
    two.write_bytes(mine)


def _link_item(made: Path) -> None:
    item = next((made / "evidence").iterdir())
    item.rename(made.parent / "elsewhere")
    item.symlink_to(made.parent / "elsewhere")


def _drop_from_manifest(made: Path) -> None:
    manifest = json.loads((_inner(made) / "manifest.json").read_bytes())
    name = next(name for name in manifest["files"] if name.startswith("evidence"))
    del manifest["files"][name]
    (made / name).unlink()
    (_inner(made) / "manifest.json").write_bytes(canon.dumps(manifest))


CHANGES: dict[str, Callable[[Path], object]] = {
    "an extra file": lambda made: (made / "extra").write_bytes(b"x"),
    "an extra file among the items": lambda made: (made / "evidence" / "x.txt").write_bytes(b"x"),
    "an empty extra file": lambda made: (_inner(made) / "store.1.db-wal").touch(),
    "an empty folder": lambda made: (_inner(made) / "evidence").mkdir(),
    "a folder beside": lambda made: (made / "x").mkdir(),
    "a link": _link_item,
    "a link for all items": _pool_elsewhere,
    "another name": _rename,
    "no header": _lose("header.json"),
    "no manifest": _lose("manifest.json"),
    "no signature": _lose("manifest.sig"),
    "no database": _lose("store.1.db"),
    "no item": _lose_item,
    "items swapped": _swap_items,
    "an item dropped and the manifest edited": _drop_from_manifest,
    "an empty manifest": _write("manifest.json", b""),
    "a manifest of another shape": _write("manifest.json", b"[]"),
    "a manifest in which lists nest without end": _write("manifest.json", b"[" * 100_000),
    "a signature of another shape": _write("manifest.sig", b'{"member": []}'),
    "a signature in capitals": _spell("manifest.sig", _upper),
    "a signature with a blank": _spell("manifest.sig", lambda data: data.replace(b":", b": ", 1)),
    "a signature with a line's end": _spell("manifest.sig", lambda data: data + b"\n"),
    "a signature with blanks in its digits": _spell(
        "manifest.sig", lambda data: data[:-4] + b" " + data[-4:]
    ),
    "a member twice": _spell("manifest.sig", lambda data: data[:-1] + b',"member":"x"}'),
    "a signature with more in it": _spell("manifest.sig", lambda data: data[:-1] + b',"z":1}'),
    "a manifest with a line's end": _spell("manifest.json", lambda data: data + b"\n"),
    "a manifest with a blank before": _spell("manifest.json", lambda data: b" " + data),
    "a header with a line's end": _spell("header.json", lambda data: data + b"\n"),
    "a database with a byte more": _spell("store.1.db", lambda data: data + b"\0"),
    "a database with a page less": _spell("store.1.db", lambda data: data[:-4096]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_as_it_was_made_is_refused(
    made: Path, at: clock.SetClock, tmp_path: Path, name: str
) -> None:
    """Damage, and no trace of a half-done restoring."""
    CHANGES[name](made)
    there = _names(tmp_path)
    with pytest.raises(errors.StoreDamaged) as refused:
        _verify(made)
    assert refused.value.code == "backup-damaged"
    with pytest.raises(errors.StoreDamaged):
        _restore(made, tmp_path / "restored", at)
    assert _names(tmp_path) == there


@pytest.mark.parametrize("inside", ["", "backup", "evidence/backup", "../store/deep/er"])
def test_no_backup_lies_in_the_store(held: opened.Opened, inside: str) -> None:
    """It would be lost with it; nothing is made and nothing entered."""
    before = _names(held.folder)
    with held.reading() as session:
        head = audit.head(session)
    with pytest.raises(errors.Refused) as refused:
        backup.make(held, held.folder / inside)
    assert refused.value.code == "backup-in-store"
    assert _names(held.folder) == before
    with held.reading() as session:
        assert audit.head(session) == head


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_nothing_is_written_over(held: opened.Opened, tmp_path: Path, kind: str) -> None:
    """A file, or a folder that holds anything else, keeps it."""
    out = tmp_path / "there"
    if kind == "folder":
        out.mkdir()
    (out / "kept" if kind == "folder" else out).write_bytes(b"kept")
    with pytest.raises(errors.Refused) as refused:
        backup.make(held, out)
    assert refused.value.code == "backup-exists"
    kept = next(path for path in (out, *tmp_path.glob("there/*")) if path.is_file())
    assert kept.read_bytes() == b"kept"
    assert kind == "file" or list(out.iterdir()) == [kept]


def test_nothing_is_restored_over_something(made: Path, at: clock.SetClock, tmp_path: Path) -> None:
    """A folder that holds anything is refused and keeps it; an empty one is taken."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "kept").write_bytes(b"x")
    with pytest.raises(errors.Refused):
        _restore(made, target, at)
    assert [path.name for path in target.iterdir()] == ["kept"]
    (target / "kept").unlink()
    _restore(made, target, at)
    again(target, at).close()


def test_a_wrong_passphrase_opens_no_backup(made: Path, at: clock.SetClock, tmp_path: Path) -> None:
    """3, and nothing is left."""
    there = _names(tmp_path)
    with pytest.raises(errors.WrongPassphrase):
        backup.restore(
            made, tmp_path / "restored", label=None, passphrase="sai rồi", clock=at, allow_cheap=True
        )
    assert _names(tmp_path) == there


def test_a_folder_that_is_no_backup_is_said(held: opened.Opened, tmp_path: Path) -> None:
    """2: an empty folder, a store, nothing."""
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", held.folder, tmp_path / "nothing"):
        with pytest.raises(errors.UsageError) as refused:
            _verify(source)
        assert refused.value.code == "not-a-backup"


def test_a_backup_of_another_store_under_this_header_is_refused(
    made: Path, held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """The manifest is held against the store whose header lies beside it."""
    other = make(tmp_path / "other", at)
    foreign = backup.make(other, tmp_path / "foreign").path
    other.close()
    shutil.copyfile(_inner(foreign) / "header.json", _inner(made) / "header.json")
    with pytest.raises(errors.StoreDamaged):
        _verify(made)


def test_a_damaged_store_gives_no_backup(held: opened.Opened, made: Path, tmp_path: Path) -> None:
    """An item that is gone stops the backup; no half of one is left."""
    with held.reading() as session:
        name = session.exec(select(models.Evidence.file)).first()
    assert name is not None
    (held.folder / "evidence" / name).unlink()
    there = _names(tmp_path)
    with pytest.raises(errors.StoreDamaged):
        backup.make(held, tmp_path / "second")
    assert _names(tmp_path) == there


@pytest.mark.parametrize(("key", "value"), [("head", "0" * 64), ("entries", 2)])
def test_the_log_in_it_must_end_where_the_manifest_says(
    held: opened.Opened, made: Path, key: str, value: object
) -> None:
    """Even under a member's own signature: an older database with a newer manifest is no backup."""
    inner = _inner(made)
    manifest = json.loads((inner / "manifest.json").read_bytes())
    data = canon.dumps(manifest | {key: value})
    signature = held.unlocked.sign(b"triage/backup/v2\0" + data).hex()
    (inner / "manifest.json").write_bytes(data)
    (inner / "manifest.sig").write_bytes(
        canon.dumps({"member": held.unlocked.member_id, "signature": signature})
    )
    inner.rename(layout.place(made, json.loads(data)["entries"]))
    with pytest.raises(errors.StoreDamaged) as refused:
        _verify(made)
    assert refused.value.values == {"file": "store.1.db"}


@pytest.mark.parametrize("was_there", [False, True])
def test_a_restore_that_fails_late_leaves_nothing(
    made: Path, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was_there: bool
) -> None:
    """The last step fails: the target is as it was, nothing lies beside it, and trying again works."""
    if was_there:
        (tmp_path / "restored").mkdir()
    there = _names(tmp_path)

    def fail(*_all: object, **_named: object) -> None:
        raise errors.TryAgain("disk-full")

    with monkeypatch.context() as patch:
        patch.setattr(opened.Opened, "acting", fail)
        with pytest.raises(errors.TryAgain):
            _restore(made, tmp_path / "restored", at)
    assert {name for name in _names(tmp_path) if not name.startswith("state")} == {
        name for name in there if not name.startswith("state")
    }
    _restore(made, tmp_path / "restored", at)
    again(tmp_path / "restored", at).close()
