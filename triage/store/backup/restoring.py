"""Restoring a backup: built beside its place, opened, its whole log checked; it takes its name last."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage import clock, errors, paths
from triage.store import anchor, audit, engine, opened, purge, tombstones
from triage.store.backup import checking, files, layout
from triage.store.keys import document
from triage.terms import Right

if TYPE_CHECKING:
    from triage.store.opened import Opened

_HEADER = "header.json"


@dataclass(frozen=True, slots=True)
class Restored:
    """A store that was restored and checked."""

    folder: Path
    """Where."""
    entries: int
    """Entries of the log, the restoring included."""
    lost: int
    """Entries that this computer has seen of the store after the backup: they are not in what was restored."""
    source: checking.Checked
    """The backup."""
    again: purge.Applied
    """Cases deleted since the backup was made, and deleted again here."""
    log: audit.Audit
    """What the check of the restored log, rows and evidence found; the anchor is not part of it."""


def restore(
    source: Path,
    folder: Path,
    *,
    label: str | None,
    passphrase: str,
    clock: clock.Clock,
    allow_cheap: bool = False,
    progress: files.Progress | None = None,
    buried: Sequence[Path] = (),
) -> Restored:
    """Restore a backup into a new or empty folder; the restoring is an entry that names both heads.

    The store is built beside ``folder`` without its header, so that nobody can open it, and takes its name last:
    after a power cut there is a whole one or none.

    Args:
        source: the backup.
        folder: where.
        label: who opens it; may be left out when there is one member.
        passphrase: as typed.
        clock: the clock.
        allow_cheap: for tests only.
        progress: told bytes done and in all.
        buried: where tombstones of cases deleted since lie besides this computer's: newer backups, or their file.

    Raises:
        errors.Refused: ``folder-not-empty``, ``only-a-lead``.
        errors.UsageError: ``not-a-backup``, ``network-drive``, ``no-tombstones``.
        errors.StoreDamaged: ``backup-damaged``, ``tombstones-damaged``.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.Refused("folder-not-empty", folder=str(folder))
    checking.refuse_other(source)
    with layout.alone(source, shared=True):
        found = checking.newest(source, label, passphrase, allow_cheap, None)
        if found.unlocked.right is not Right.LEAD:
            raise errors.Refused("only-a-lead")
        stones = _tombstones(found, buried)
        with engine.said():
            files.make_folder(folder.parent)
            with _beside(folder) as part:
                with layout.alone(part):
                    _copy_back(found, part, files.Meter(found.size, progress))
                    restored, linked = _settle(found, part, folder, clock, stones)
                    _give_header(found, part)
                if folder.exists():
                    folder.rmdir()
                found.unlocked.folder = folder
                # Before the name: a kill between the two must not look like a store that was put back.
                anchor.keep(found.unlocked, restored.entries, linked)
                part.replace(folder)
                paths.sync_folder(folder.parent)
    return restored


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder``, gone if anything fails; what interrupted restorings left there goes first."""
    left = re.compile(re.escape(folder.name) + r"\.[0-9a-f]{8}\.part")
    for path in folder.parent.iterdir():
        # With a header it is a whole store: only its name was missing.
        if left.fullmatch(path.name) and path.is_dir() and not (path / _HEADER).exists():
            with contextlib.suppress(errors.TryAgain):
                # Another restoring is under way where this is refused.
                with layout.alone(path):
                    pass
                shutil.rmtree(path)
    part = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.part")
    try:
        files.make_folder(part)
        yield part
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _copy_back(found: checking.Whole, part: Path, meter: files.Meter) -> None:
    """Copy every file but the header; what was written must be what the manifest says."""
    files.make_folder(part / layout.POOL)
    for name, kept in found.manifest["files"].items():
        if name in (_HEADER, tombstones.FILE):
            continue
        target = part / name
        files.make_folder(target.parent)
        if files.copy(found.copy.path(name), target, meter) != kept["sha256"]:
            raise errors.StoreDamaged("backup-damaged", file=name)
    for room in (path for path in part.rglob("*") if path.is_dir()):
        paths.sync_folder(room)
    paths.sync_folder(part)


def _give_header(found: checking.Whole, part: Path) -> None:
    """The header comes last, and in one step: with it the folder is a store."""
    data = (found.copy.inner / _HEADER).read_bytes()
    if hashlib.sha256(data).hexdigest() != found.manifest["files"][_HEADER]["sha256"]:
        raise errors.StoreDamaged("backup-damaged", file=_HEADER)
    paths.write_private(part / _HEADER, data)


def knows_tombstones(source: Path) -> bool:
    """Whether this computer knows of deletions in the store that a backup is of.

    Raises:
        errors.UsageError: ``not-a-backup``.
    """
    checking.refuse_other(source)
    store = document.read(layout.copies(source)[0].inner).now.store
    return (tombstones.beside_anchor(store) / tombstones.FILE).exists()


def _tombstones(found: checking.Whole, buried: Sequence[Path]) -> list[tombstones.Tombstone]:
    """Those beside this computer's anchor, those of the backup itself, and those of newer ones that were named."""
    store = found.unlocked.store
    places = [tombstones.beside_anchor(store), found.copy.inner]
    for path in buried:
        folders = [copy.inner for copy in layout.copies(path)[:1]] if path.is_dir() else [path.parent]
        if not any((folder / tombstones.FILE).is_file() for folder in folders) or (
            path.is_file() and path.name != tombstones.FILE
        ):
            raise errors.UsageError("no-tombstones", file=str(path))
        places += folders
    kept = {one.case: one for place in places for one in tombstones.read_from(place, store)}
    return list(kept.values())


def _settle(
    found: checking.Whole,
    part: Path,
    folder: Path,
    clock: clock.Clock,
    stones: Sequence[tombstones.Tombstone],
) -> tuple[Restored, bytes]:
    """Open the store for the first time: enter the restoring, delete again what was deleted since, hold it all."""
    found.unlocked.folder = part
    held = opened.open(found.unlocked, clock=clock)
    try:
        held.apart = True
        lost = _enter(held, found)
        again = purge.apply(held, stones)
        purge.clear(held)
        with held.reading() as session:
            log = audit.verify(session, found.unlocked)
            head = audit.head(session)
    finally:
        held.close()
    assert head is not None  # noqa: S101 - the restoring itself was just entered
    return Restored(folder, head[0], lost, checking.told(found), again, log), head[1]


def _enter(held: Opened, found: checking.Whole) -> int:
    """Enter the restoring: the backup's head, and what this computer has seen of the store."""
    entries = int(found.manifest["entries"])
    seen = anchor.kept(held.unlocked)
    lost = max(0, seen.seq - entries) if seen else 0
    with held.acting("store.restored", head=entries, head_hash=found.manifest["head"]) as act:
        act.note(seen=seen.seq if seen else None, seen_hash=(seen.hash.hex() or None) if seen else None)
        act.note(lost=lost)
    return lost
