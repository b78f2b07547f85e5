"""Making a backup and bringing it up to date: at every instant its folder holds the old one whole, or the new one."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from triage import canon, clock, errors, models, paths
from triage.store import engine, restricted_folders, tombstones
from triage.store.backup import checking, files, layout, pool
from triage.store.keys import document

if TYPE_CHECKING:
    from triage.store.opened import Opened

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made and checked."""

    path: Path
    """Its folder."""
    sha256: str
    """Of its manifest, hex."""
    entries: int
    """Entries of the log in it."""
    copied: int
    """Evidence files that were not there yet."""
    kept: int
    """Evidence files that were there already, compared with the store's."""
    removed: int
    """Evidence files that were there and that the store no longer has."""


def make(held: Opened, out: Path, progress: files.Progress | None = None) -> Made:
    """Make a backup in a new or empty folder, or bring the one that lies there up to date.

    Args:
        held: the open store.
        out: the folder; not inside the store.
        progress: told bytes done and in all.

    Raises:
        errors.Refused: ``backup-in-store``; ``backup-exists``: something else lies there; ``backup-other-store``;
            ``backup-apart``: the backup holds what this store does not.
        errors.StoreDamaged: ``evidence-damaged``; ``backup-damaged``: nothing in the one that lies there can be read.
        errors.TryAgain: ``backup-busy``, the disk is full ... What was there is as it was.
    """
    folder = held.folder.resolve()
    if out.resolve() == folder or folder in out.resolve().parents:
        raise errors.Refused("backup-in-store", folder=str(out))
    if out.exists() and not out.is_dir():
        raise errors.Refused("backup-exists", folder=str(out))
    new = not out.exists()
    try:
        with engine.said():
            files.make_folder(out)
            with layout.alone(out):
                former = _standing(held, out)
                with held.acting("backup.begun"):
                    pass
                made = _bring_up(held, out, former, progress)
    except BaseException:
        if new and not layout.is_one(out):
            shutil.rmtree(out, ignore_errors=True)
        raise
    # Only now: who is told that there is a backup has one.
    with held.acting("backup.made", entries=made.entries) as act:
        _remember(act.session, "last_backup_at", clock.text(held.clock.now()))
        _remember(act.session, "last_backup_place", str(out.resolve()))
    return made


def _standing(held: Opened, out: Path) -> dict[str, str]:
    """The SHA-256 of each file of the backup that lies there: an earlier state of this store, or nothing is touched."""
    if layout.foreign(out):
        raise errors.Refused("backup-exists", folder=str(out))
    copies = layout.copies(out)
    if not copies and not layout.unfinished(out):
        raise errors.Refused("backup-exists", folder=str(out))
    found: list[dict[str, Any]] = []
    for copy in copies:
        try:
            store, manifest = checking.unproven(copy)
        except errors.StoreDamaged:
            # Torn by a power cut, or damaged since: an older one beside it is enough to know whose it is.
            continue
        if store != held.unlocked.store:
            raise errors.Refused("backup-other-store", folder=str(out))
        if not _recorded(held, manifest):
            raise errors.Refused("backup-apart", folder=str(out))
        found.append(manifest)
    if copies and not found:
        raise errors.StoreDamaged("backup-damaged", file=layout.MANIFEST)
    return {name: kept["sha256"] for manifest in reversed(found) for name, kept in manifest["files"].items()}


def _recorded(held: Opened, manifest: dict[str, Any]) -> bool:
    """Whether the store's log holds the entry with which a copy ends."""
    with held.reading() as session:
        entry = session.get(models.AuditEntry, manifest["entries"])
        return entry is not None and entry.hash.hex() == manifest["head"]


def _bring_up(held: Opened, out: Path, former: dict[str, str], progress: files.Progress | None) -> Made:
    """Make the copy under another name beside what is there; it takes its name when it was opened and compared."""
    first = not layout.is_one(out)
    part = out / f"copy.{secrets.token_hex(4)}.part"
    gathered = pool.Pool(out)
    try:
        # The part comes first: by it an interrupted first making is known.
        files.make_folder(part)
        _sweep(out, part)
        files.make_folder(gathered.room)
        _copy_header(held, part)
        head = _copy_database(held, part)
        with held.reading() as session:
            # Beside the database too: a restored older backup takes them from a newer one without opening it.
            tombstones.write_to(part, held.unlocked.store, tombstones.of_store(session))
        items = pool.items(part / held.unlocked.database.name, held.unlocked.subkey("db"))
        items += _copy_restricted(held, part)
        gathered.fill(held, items, former, progress)
        manifest = canon.dumps(_manifest(held, part, head, gathered.files))
        paths.write_private(part / layout.MANIFEST, manifest)
        signature = held.unlocked.sign(checking.label(FORMAT) + manifest).hex()
        signed = canon.dumps({"member": held.unlocked.member_id, "signature": signature})
        paths.write_private(part / layout.SIGNATURE, signed)
        checking.check(held.unlocked, layout.Copy(out, part, FORMAT))
        copy = layout.Copy(out, _take_name(part, layout.place(out, head[0])), FORMAT)
    except BaseException:
        _take_back(gathered, part, first)
        raise
    removed = _clear(copy, set(gathered.files))
    return Made(
        out, hashlib.sha256(manifest).hexdigest(), head[0], gathered.copied, gathered.kept, removed
    )  # fmt: skip


def _copy_header(held: Opened, part: Path) -> None:
    files.copy(held.folder / "header.json", part / "header.json")
    copied = document.read(part)
    if copied.now.epoch != held.unlocked.epoch:
        # The store was given new keys since it was opened here.
        raise errors.TryAgain("busy")
    copied.check(held.unlocked.root())


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


def _copy_restricted(held: Opened, part: Path) -> list[pool.Item]:
    """The database of each restricted case byte by byte, whoever can open it; the evidence files that it may need.

    After the database that all share: an inner log that is ahead of it is healed on opening, one behind is damage.

    Raises:
        errors.StoreDamaged: ``restricted-missing``.
    """
    with engine.connected(
        part / held.unlocked.database.name, held.unlocked.subkey("db"), immutable=True
    ) as copy:
        known = [ref for (ref,) in copy.execute("SELECT id FROM restrictedcase ORDER BY id").fetchall()]
    items = []
    for ref in known:
        place = restricted_folders.folder(held.folder, ref)
        if not place.is_dir():
            raise errors.StoreDamaged("restricted-missing", ref=ref)
        with restricted_folders.quiet(place):
            for path in restricted_folders.files(place):
                name = path.relative_to(held.folder).as_posix()
                if layout.pooled(name):
                    items.append(pool.Item(name, None, ""))
                else:
                    paths.make_private((part / name).parent)
                    files.copy(path, part / name)
    return items


def _manifest(
    held: Opened, part: Path, head: tuple[int, bytes], gathered: dict[str, canon.Json]
) -> dict[str, canon.Json]:
    named = dict(gathered)
    for path in sorted(part.rglob("*")):
        if path.is_file():
            named[path.relative_to(part).as_posix()] = {
                "size": path.stat().st_size, "sha256": files.digest(path),
            }  # fmt: skip
    return {
        "format": FORMAT,
        "store": held.unlocked.store,
        "epoch": held.unlocked.epoch,
        "made_at": clock.text(held.clock.now()),
        "entries": head[0],
        "head": head[1].hex(),
        "files": named,
    }


def _take_name(part: Path, target: Path) -> Path:
    paths.sync_folder(part)
    if target.exists():
        # One that nobody can read: its log cannot be longer than ours, or making had been refused.
        _retire(target)
    part.replace(target)
    paths.sync_folder(target.parent)
    return target


def _take_back(gathered: pool.Pool, part: Path, first: bool) -> None:
    """After a failure: what was copied goes, what was there stays."""
    if first:
        shutil.rmtree(gathered.room, ignore_errors=True)
    else:
        gathered.take_back()
    shutil.rmtree(part, ignore_errors=True)


def _sweep(out: Path, part: Path) -> None:
    """Clear what an interrupted making left under other names; evidence that took its name may still be of use."""
    for path in out.glob("copy.*.part"):
        if path != part:
            shutil.rmtree(path)
    for path in (out / layout.POOL).glob("*.part"):
        path.unlink()


def _clear(copy: layout.Copy, named: set[str]) -> int:
    """The new copy stands: the older one goes, and evidence that the store no longer has; how much of it."""
    removed = 0
    for path in layout.strays(copy, named):
        removed += layout.is_item(path)
        if path.is_dir():
            _retire(path)
        else:
            path.unlink()
    paths.sync_folder(copy.outer / layout.POOL)
    paths.sync_folder(copy.outer)
    return removed


def _retire(folder: Path) -> None:
    """Remove a copy: first its name, so that none is ever seen in parts."""
    gone = folder.with_name(f"copy.{secrets.token_hex(4)}.part")
    folder.replace(gone)
    paths.sync_folder(folder.parent)
    shutil.rmtree(gone)


def _remember(session: Session, key: str, value: str) -> None:
    row = session.get(models.Setting, key) or models.Setting(key=key, value="")
    row.value = value
    session.add(row)
