"""Backups: everything encrypted in one new folder, signed, opened and compared before it counts."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from triage import canon, chain, clock, errors, models, paths, schema
from triage.store import anchor, engine, opened
from triage.store.keys import header, person
from triage.store.keys.header import Unlocked
from triage.terms import Right

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
    lost: int
    """Entries that this computer has seen of the store after the backup: they are not in what was restored."""


def make(held: Opened, out: Path, progress: Progress | None = None) -> Made:
    """Make a backup in a new folder.

    Args:
        held: the open store.
        out: the new folder; not inside the store.
        progress: told bytes done and in all.

    Raises:
        errors.Refused: ``backup-in-store``, ``backup-exists``.
        errors.TryAgain: the disk is full, or an item was withdrawn while it was copied; nothing is left behind.
    """
    folder = held.folder.resolve()
    if out.resolve() == folder or folder in out.resolve().parents:
        raise errors.Refused("backup-in-store", folder=str(out))
    if out.exists():
        raise errors.Refused("backup-exists", folder=str(out))
    with held.acting("backup.made") as act:
        _remember(act.session, held.clock.now())
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    try:
        with engine.said():
            _make_folder(part)
            head = _copy_database(held, part)
            _copy_files(held, part, progress)
            manifest = canon.dumps(_manifest(held.unlocked, part, head, held.clock.now()))
            paths.write_private(part / "manifest.json", manifest)
            signature = held.unlocked.sign(_LABEL + manifest).hex()
            signed = {"member": held.unlocked.member_id, "signature": signature}
            paths.write_private(part / "manifest.sig", canon.dumps(signed))
            _check(held.unlocked, part)
            paths.sync_folder(part / "evidence")
            part.replace(out)
            paths.sync_folder(out.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Made(out, hashlib.sha256(manifest).hexdigest(), head[0])


def verify(source: Path, *, label: str | None, passphrase: str, allow_cheap: bool = False) -> Checked:
    """Open a backup and compare it with its manifest and its log; nothing in it is written.

    Args:
        source: the backup's folder.
        label: who opens it; may be left out when there is one member.
        passphrase: as typed.
        allow_cheap: for tests only.

    Raises:
        errors.UsageError: ``not-a-backup``.
        errors.StoreDamaged: ``backup-damaged``, naming the file.
    """
    unlocked = _unlock(source, label, passphrase, allow_cheap)
    manifest = _check(unlocked, source)
    return Checked(int(manifest["entries"]), datetime.fromisoformat(manifest["made_at"]))


def restore(
    source: Path,
    folder: Path,
    *,
    label: str | None,
    passphrase: str,
    clock: clock.Clock,
    allow_cheap: bool = False,
) -> Restored:
    """Restore a backup into a new or empty folder; the restoring is an entry that names both heads.

    The store is built beside ``folder`` and takes its name last: after a power cut there is a whole one or none.

    Raises:
        errors.Refused: ``folder-not-empty``, ``only-a-lead``.
        errors.UsageError: ``not-a-backup``.
        errors.StoreDamaged: ``backup-damaged``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise errors.Refused("folder-not-empty", folder=str(folder))
    unlocked = _unlock(source, label, passphrase, allow_cheap)
    if unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    manifest = _check(unlocked, source)
    part = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.part")
    try:
        with engine.said():
            _copy_back(source, part, manifest)
        unlocked.folder = part
        held = opened.open(unlocked, clock=clock)
        entries, lost, linked = _enter(held, manifest)
        held.close()
        if folder.exists():
            folder.rmdir()
        part.replace(folder)
        paths.sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    unlocked.folder = folder
    anchor.keep(unlocked, entries, linked)
    return Restored(folder, entries, lost)


def _copy_back(source: Path, part: Path, manifest: Mapping[str, Any]) -> None:
    """Copy every file the manifest names; what was written must be what the manifest says."""
    _make_folder(part)
    for name, kept in manifest["files"].items():
        if _copy(source / name, part / name) != kept["sha256"]:
            raise errors.StoreDamaged("backup-damaged", file=name)
    paths.sync_folder(part / "evidence")
    paths.sync_folder(part)


def _enter(held: Opened, manifest: Mapping[str, Any]) -> tuple[int, int, bytes]:
    """Enter the restoring: the backup's head, and what this computer has seen of the store."""
    held.anchored = False
    seen = anchor.kept(held.unlocked)
    lost = max(0, seen.seq - int(manifest["entries"])) if seen else 0
    with held.acting("store.restored", head=int(manifest["entries"]), head_hash=manifest["head"]) as act:
        act.note(seen=seen.seq if seen else None, seen_hash=(seen.hash.hex() or None) if seen else None)
        act.note(lost=lost)
    return act.seq, lost, act.linked


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
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return int(seq), bytes(linked)


def _copy_files(held: Opened, part: Path, progress: Progress | None) -> None:
    _copy(held.folder / "header.json", part / "header.json")
    with engine.raw(part / held.unlocked.database.name, held.unlocked.subkey("db")) as copy:
        rows = copy.execute("SELECT file FROM evidence WHERE file IS NOT NULL ORDER BY id").fetchall()
    files = [held.folder / "evidence" / name for (name,) in rows]
    total, done = sum(path.stat().st_size for path in files if path.is_file()), 0
    for path in files:
        try:
            _copy(path, part / "evidence" / path.name)
        except FileNotFoundError:
            # Damaged before, or withdrawn since the database was copied: a backup without it would not restore.
            raise errors.StoreDamaged("evidence-damaged") from None
        done += path.stat().st_size
        if progress:
            progress(done, total)


def _make_folder(part: Path) -> None:
    # Two steps: the parents that a single one makes are open to others.
    paths.make_private(part)
    paths.make_private(part / "evidence")


def _copy(source: Path, target: Path) -> str:
    """Copy a file, mode 0600, durably; return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as copy, source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


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


def _unlock(source: Path, label: str | None, passphrase: str, allow_cheap: bool) -> Unlocked:
    if not (source / "manifest.json").is_file():
        raise errors.UsageError("not-a-backup", folder=str(source))
    return header.unlock(source, label, passphrase, allow_cheap=allow_cheap, keep_pin=False)


def _check(unlocked: Unlocked, source: Path) -> Mapping[str, Any]:
    """Signature, shape, every file's size and digest, nothing else there, the log in the copy."""
    manifest = _signed(unlocked, source)
    if (manifest["store"], manifest["epoch"]) != (unlocked.store, unlocked.epoch):
        raise errors.StoreDamaged("backup-damaged", file="manifest.json")
    there = {path.relative_to(source).as_posix() for path in source.rglob("*") if not path.is_dir()}
    files: dict[str, Any] = manifest["files"]
    for name in sorted(there - set(files) - {"manifest.json", "manifest.sig"}):
        raise errors.StoreDamaged("backup-damaged", file=name)
    for name, kept in files.items():
        path = source / name
        plain = name in there and path.is_file() and not path.is_symlink()
        if not plain or path.stat().st_size != kept["size"] or _digest(path) != kept["sha256"]:
            raise errors.StoreDamaged("backup-damaged", file=name)
    _check_log(unlocked, source, manifest)
    return manifest


def _signed(unlocked: Unlocked, source: Path) -> dict[str, Any]:
    """The manifest, when a member of this store has signed it."""
    try:
        data = (source / "manifest.json").read_bytes()
        signed = json.loads((source / "manifest.sig").read_bytes())
        keys = {slot.id: slot.sign_public for slot in unlocked.everyone}
        signature = bytes.fromhex(signed["signature"])
        holds = person.signed_by(keys[signed["member"]], signature, _LABEL + data)
        manifest: dict[str, Any] = json.loads(data)
        schema.check(manifest, "backup-manifest-v1")
    except (OSError, ValueError, KeyError, TypeError, errors.UsageError):
        holds = False
    if not holds:
        raise errors.StoreDamaged("backup-damaged", file="manifest.json")
    return manifest


def _check_log(unlocked: Unlocked, source: Path, manifest: Mapping[str, Any]) -> None:
    """The copy opens under the key, and its log is whole up to the head that the manifest names."""
    name = f"store.{unlocked.epoch}.db"
    try:
        with engine.connected(source / name, unlocked.subkey("db"), immutable=True) as copy:
            rows = copy.execute("SELECT seq, body, hash FROM auditentry ORDER BY seq").fetchall()
    except (errors.StoreDamaged, errors.TryAgain):
        raise errors.StoreDamaged("backup-damaged", file=name) from None
    head = (rows[-1][0], rows[-1][2].hex()) if rows else (0, "")
    if chain.first_break(unlocked.store, rows) is not None or head != (manifest["entries"], manifest["head"]):
        raise errors.StoreDamaged("backup-damaged", file=name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remember(session: Session, now: datetime) -> None:
    row = session.get(models.Setting, "last_backup_at") or models.Setting(key="last_backup_at", value="")
    row.value = clock.text(now)
    session.add(row)
