"""Backups: everything encrypted in one new folder, signed, opened and compared before it counts."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from triage import canon, clock, errors, models, paths
from triage.store import engine, opened
from triage.store.keys import header, person
from triage.store.keys.header import Unlocked

if TYPE_CHECKING:
    from triage.store.opened import Opened

FORMAT = 1
_LABEL = b"triage/backup/v1\0"
_CHUNK = 1 << 20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made and checked."""

    path: Path
    """Its folder."""
    sha256: str
    """Of its manifest, hex."""
    entries: int
    """Entries of the log in it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that was opened and compared."""

    entries: int
    """Entries of the log in it."""
    made_at: datetime
    """When it was made."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A store that was restored and checked."""

    folder: Path
    """Where."""
    entries: int
    """Entries of the log, the restoring included."""


def make(held: Opened, out: Path, progress: Progress | None = None) -> Made:
    """Make a backup in a new folder.

    Args:
        held: the open store.
        out: the new folder; not inside the store.
        progress: told bytes done and in all.

    Raises:
        errors.Refused: ``backup-in-store``, ``backup-exists``.
    """
    folder = held.folder.resolve()
    if out.resolve() == folder or folder in out.resolve().parents:
        raise errors.Refused("backup-in-store", folder=str(out))
    if out.exists():
        raise errors.Refused("backup-exists", folder=str(out))
    with held.acting("backup.made") as act:
        _remember(act.session, held.clock.now())
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    paths.make_private(part / "evidence")
    try:
        head = _copy_database(held, part)
        _copy_files(held, part, progress)
        manifest = canon.dumps(_manifest(held.unlocked, part, head, held.clock.now()))
        paths.write_private(part / "manifest.json", manifest)
        signed = {"member": held.unlocked.member_id, "signature": held.unlocked.sign(_LABEL + manifest).hex()}
        paths.write_private(part / "manifest.sig", canon.dumps(signed))
        _check(held.unlocked, part)
        part.replace(out)
        paths.sync_folder(out.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Made(out, hashlib.sha256(manifest).hexdigest(), head[0])


def verify(source: Path, *, label: str | None, passphrase: str) -> Checked:
    """Open a backup and compare it with its manifest; nothing in it is written.

    Raises:
        errors.UsageError: ``not-a-backup``.
        errors.StoreDamaged: ``backup-damaged``, naming the file.
    """
    unlocked = _unlock(source, label, passphrase)
    manifest = _check(unlocked, source)
    return Checked(int(manifest["entries"]), datetime.fromisoformat(manifest["made_at"]))


def restore(
    source: Path, folder: Path, *, label: str | None, passphrase: str, clock: clock.Clock
) -> Restored:
    """Restore a backup into a new or empty folder; the restoring is an entry.

    Raises:
        errors.Refused: ``folder-not-empty``.
        errors.UsageError: ``not-a-backup``.
        errors.StoreDamaged: ``backup-damaged``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise errors.Refused("folder-not-empty", folder=str(folder))
    unlocked = _unlock(source, label, passphrase)
    manifest = _check(unlocked, source)
    was_there = folder.exists()
    paths.make_private(folder / "evidence")
    try:
        for name in manifest["files"]:
            if not name.startswith("header"):
                shutil.copyfile(source / name, folder / name)
                (folder / name).chmod(0o600)
        paths.write_private(folder / "header.json", (source / "header.json").read_bytes())
        held = opened.open(header.unlock(folder, label, passphrase), clock=clock)
        with held.acting("store.restored", head=int(manifest["entries"])) as act:
            entries = act.seq
        held.close()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            paths.make_private(folder)
        raise
    return Restored(folder, entries)


def _copy_database(held: Opened, part: Path) -> tuple[int, bytes]:
    """A consistent copy of the database under the same key; the log's head in it."""
    target = part / held.unlocked.database.name
    key = held.unlocked.subkey("db")
    engine.make(target, key, create=True).dispose()
    with engine.raw(held.unlocked.database, key) as live, engine.raw(target, key, empty=True) as copy:
        live.backup(copy)
    with engine.raw(target, key) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if copy.execute("PRAGMA cipher_integrity_check").fetchall():
            raise errors.StoreDamaged("page-damaged")
        seq, linked = copy.execute("SELECT seq, hash FROM auditentry ORDER BY seq DESC LIMIT 1").fetchone()
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    return int(seq), bytes(linked)


def _copy_files(held: Opened, part: Path, progress: Progress | None) -> None:
    shutil.copyfile(held.folder / "header.json", part / "header.json")
    files = [
        path for path in (held.folder / "evidence").iterdir() if path.is_file() and path.suffix != ".tmp"
    ]
    total, done = sum(path.stat().st_size for path in files), 0
    for path in files:
        shutil.copyfile(path, part / "evidence" / path.name)
        (part / "evidence" / path.name).chmod(0o600)
        done += path.stat().st_size
        if progress:
            progress(done, total)


def _manifest(
    unlocked: Unlocked, part: Path, head: tuple[int, bytes], now: datetime
) -> dict[str, canon.Json]:
    names = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "store": unlocked.store,
        "epoch": unlocked.epoch,
        "made_at": clock.text(now),
        "entries": head[0],
        "head": head[1].hex(),
        "files": {
            name: {"size": (part / name).stat().st_size, "sha256": _digest(part / name)} for name in names
        },
    }


def _unlock(source: Path, label: str | None, passphrase: str) -> Unlocked:
    if not (source / "manifest.json").is_file():
        raise errors.UsageError("not-a-backup", folder=str(source))
    return header.unlock(source, label, passphrase)


def _check(unlocked: Unlocked, source: Path) -> Mapping[str, Any]:
    """Signature, every file's size and digest, nothing else there, the log's chain in the copy."""
    try:
        data = (source / "manifest.json").read_bytes()
        manifest: dict[str, Any] = json.loads(data)
        signed = json.loads((source / "manifest.sig").read_bytes())
        keys = {slot.id: slot.sign_public for slot in unlocked.everyone}
        holds = person.signed_by(keys[signed["member"]], bytes.fromhex(signed["signature"]), _LABEL + data)
        files: dict[str, Any] = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise errors.StoreDamaged("backup-damaged", file="manifest.json") from None
    if not holds or manifest["store"] != unlocked.store:
        raise errors.StoreDamaged("backup-damaged", file="manifest.json")
    there = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    for name in there - set(files) - {"manifest.json", "manifest.sig"}:
        raise errors.StoreDamaged("backup-damaged", file=name)
    for name, kept in files.items():
        path = source / name
        if name not in there or path.stat().st_size != kept["size"] or _digest(path) != kept["sha256"]:
            raise errors.StoreDamaged("backup-damaged", file=name)
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remember(session: Session, now: datetime) -> None:
    row = session.get(models.Setting, "last_backup_at") or models.Setting(key="last_backup_at", value="")
    row.value = clock.text(now)
    session.add(row)
