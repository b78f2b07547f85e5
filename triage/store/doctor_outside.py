"""What the doctor sees of a store without a passphrase: files, modes, the drive, who is there. It changes no byte."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from triage import errors, paths
from triage.store import desks, engine, lock
from triage.store.findings import Finding
from triage.store.keys import document, header

PACKAGES = ("triage", "cryptography", "sqlcipher3", "sqlmodel", "pyzipper", "typst")
SPARE = 64 << 20
"""Bytes that stay free beside one more copy of the store: the database needs room while it works."""
_OURS = re.compile(
    r"header\.json|header\.lock|store\.lock|evidence|evidence/(?:aside|[0-9a-f]{32})|evidence/aside/[0-9a-f]{32}"
    r"|desks|desks/[0-9a-f]{16}\.json|store\.\d+\.db(?:-wal|-shm)?"
    r"|restricted(?:/aside(?:/.*)?)?|restricted/R-[0-9A-Z]{8}(?:/(?:case\.\d+\.db(?:-wal|-shm)?|store\.lock|header\.lock"
    r"|evidence(?:/[0-9a-f]{32}|/aside(?:/[0-9a-f]{32})?)?))?"
)
"""Every name there is in a store's folder. Source: docs/formats/store.md."""
_MOST = 8
"""Names in one sentence."""


def look(folder: Path, seat: desks.Seat | None) -> Iterator[Finding]:
    """Everything that needs no passphrase.

    Args:
        folder: the store's folder.
        seat: the place of who asks; None when nobody has unlocked it here.
    """
    yield _versions()
    epoch = None
    try:
        slots = header.labels(folder)
        epoch = document.read(folder).now.epoch
        yield Finding("header", True, "doctor-header", {"members": len(slots)})
    except errors.TriageError as error:
        yield Finding("header", False, error.code, dict(error.values))
        if error.code == "store-missing":
            return
    if os.name != "nt":
        yield _permissions(folder)
    synced = lock.synced(folder)
    yield Finding("synced", synced is None, "doctor-synced" if synced else "doctor-not-synced")
    yield from _storage(folder)
    yield from _leftovers(folder, epoch)
    if epoch is not None:
        there = desks.others(seat) if seat else desks.present(folder)
        yield Finding("desks", True, "doctor-others" if there else "doctor-alone",
                      {"who": desks.labels(folder, there)} if there else {})  # fmt: skip
    yield _database(folder, epoch)


def _versions() -> Finding:
    packages = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    said = [
        *packages,
        *engine.versions(),
        f"Python {platform.python_version()}",
        platform.platform(terse=True),
    ]
    return Finding("versions", True, "doctor-versions", {"versions": ", ".join(said)})


def _permissions(folder: Path) -> Finding:
    """Two set-ups, no third. Source: security.md 24."""
    shared = paths.of_a_group(folder)
    group = folder.stat().st_gid
    wrong = []
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            wrong.append(_name(folder, path))
            continue
        found = path.stat()
        mode = stat.S_IMODE(found.st_mode)
        if shared:
            wanted = 0o2770 if path.is_dir() else 0o660
            bad = mode != wanted or found.st_gid != group
        else:
            bad = bool(mode & 0o077)
        if bad:
            wrong.append(_name(folder, path))
    code = ("doctor-group-files" if shared else "doctor-open-files") if wrong else ""
    code = code or ("doctor-group" if shared else "doctor-private")
    return Finding("permissions", not wrong, code, {"files": _few(wrong)} if wrong else {})


def _storage(folder: Path) -> Iterator[Finding]:
    kind = lock.file_system(folder.resolve())
    if kind in lock.NETWORK:
        yield Finding("storage", False, "network-drive", {"folder": str(folder), "kind": kind})
    flags = os.statvfs(folder).f_flag if hasattr(os, "statvfs") else 0
    if flags & getattr(os, "ST_RDONLY", 0) or not os.access(folder, os.W_OK):
        yield Finding("storage", False, "doctor-read-only")
        return
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free, needed = shutil.disk_usage(folder).free, size + SPARE
    values = {"free": _mib(free), "needed": _mib(needed), "kind": kind or "?"}
    yield Finding(
        "storage", free >= needed, "doctor-storage" if free >= needed else "doctor-storage-low", values
    )


def _leftovers(folder: Path, epoch: int | None) -> Iterator[Finding]:
    strange, old, aside = list[str](), list[str](), 0
    for path in sorted(folder.rglob("*")):
        name = _name(folder, path)
        database = re.fullmatch(r"store\.(\d+)\.db.*", name)
        if not _OURS.fullmatch(name) and _name(folder, path.parent) not in strange:
            strange.append(name)
        elif database and epoch is not None and int(database[1]) != epoch:
            old.append(name)
        aside += name.startswith("evidence/aside/")
    if strange:
        yield Finding("leftovers", False, "doctor-strange-files", {"files": _few(strange)})
    if old:
        yield Finding("leftovers", False, "doctor-old-database", {"files": _few(old)})
    if aside:
        yield Finding("leftovers", True, "doctor-aside", {"items": aside})
    if not strange and not old and not aside:
        yield Finding("leftovers", True, "doctor-tidy")


def _database(folder: Path, epoch: int | None) -> Finding:
    """Whether the database that the header names is there; without a header, which backup fits to what is there."""
    there = sorted(folder.glob("store.*.db"))
    wanted = folder / f"store.{epoch}.db" if epoch is not None else (there[-1] if there else None)
    try:
        if wanted is None:
            raise errors.StoreDamaged("database-missing")
        engine.check_file(wanted)
    except errors.StoreDamaged as error:
        return Finding("database", False, error.code, dict(error.values))
    if epoch is None:
        return Finding("database", False, "doctor-header-lost", {"file": wanted.name})
    return Finding("database", True, "doctor-database")


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path != folder else folder.name


def _few(names: list[str]) -> str:
    return ", ".join(sorted(names)[:_MOST]) + (f" … ({len(names)})" if len(names) > _MOST else "")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB".replace(",", " ")
