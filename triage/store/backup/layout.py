"""How a backup lies on its medium: one pool of evidence, and a folder for the copy of everything else."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from triage import errors

POOL = "evidence"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
_COPY = re.compile(r"copy-([1-9][0-9]{0,15})")
_PART = re.compile(r"copy\.[0-9a-f]{8}\.part")
_ITEM = re.compile(r"[0-9a-f]{32}")
_ITEM_PART = re.compile(r"[0-9a-f]{32}\.part")
_FLAT = re.compile(r"header\.json|manifest\.json|manifest\.sig|store\.[1-9][0-9]{0,8}\.db")
_LOCK = "make.lock"
_SYSTEM = re.compile(r"\.DS_Store|Thumbs\.db|desktop\.ini|\._.*")
"""What systems lay into folders on a stick unasked; no part of a backup, and no harm to it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One state of a store in a backup."""

    outer: Path
    """The backup's folder, in which the pool of evidence lies."""
    inner: Path
    """Where its manifest and everything but evidence lies; the same folder in format 1."""
    format: int
    """1: all in one folder, never brought up to date; 2."""

    def path(self, name: str) -> Path:
        """Where the file lies that the manifest calls ``name``: a path in the store."""
        return self.outer / POOL / name.rpartition("/")[2] if pooled(name) else self.inner / name


def copies(folder: Path) -> list[Copy]:
    """The copies that took their name in a backup's folder, the newest first; nothing in them is proven."""
    if not folder.is_dir():
        return []
    named = [(int(name[1]), path) for path in folder.iterdir() if (name := _COPY.fullmatch(path.name))]
    found = [Copy(folder, path, 2) for _seq, path in sorted(named, reverse=True) if _is_folder(path)]
    if _is_file(folder / MANIFEST):
        found.append(Copy(folder, folder, 1))
    return found


def is_one(folder: Path) -> bool:
    """Whether a folder is a backup, or one of the copies in it."""
    return bool(copies(folder))


def has_name(folder: Path) -> bool:
    """Whether a copy has taken its name: it was checked before."""
    return _COPY.fullmatch(folder.name) is not None


def is_part(folder: Path) -> bool:
    """Whether a folder is one copy, out of the backup that it needs to be whole."""
    return has_name(folder) and not (folder / POOL).exists() and not copies(folder)[1:]


def place(folder: Path, entries: int) -> Path:
    """The name of the copy whose log has so many entries."""
    return folder / f"copy-{entries}"


def foreign(folder: Path) -> list[str]:
    """The names in a folder that neither a backup nor an interrupted one has; in copies only its own check looks."""
    found = []
    for path in folder.iterdir():
        if path.name == POOL and _is_folder(path):
            found += [f"{POOL}/{item.name}" for item in path.iterdir() if not _may_lie_in_pool(item)]
        elif not _may_lie_in(path):
            found.append(path.name)
    return sorted(found)


def unfinished(folder: Path) -> bool:
    """Whether a folder without a copy is what the first making of a backup left when it was interrupted."""
    names = [
        path.name for path in folder.iterdir() if not _SYSTEM.fullmatch(path.name) and path.name != _LOCK
    ]
    return not names or any(_PART.fullmatch(name) for name in names)


def inside(copy: Copy) -> set[str]:
    """The names, as in a manifest, of everything that lies in a copy's own folder; folders end with a stroke."""
    found = set()
    for path in copy.inner.rglob("*"):
        name = path.relative_to(copy.inner).as_posix()
        outer = copy.format == 1 and (_is_layout(name.partition("/")[0]) or name == _LOCK)
        if not outer and not (_SYSTEM.fullmatch(path.name) and _is_file(path)):
            found.add(f"{name}/" if _is_folder(path) else name)
    return found


def strays(copy: Copy, named: set[str]) -> list[Path]:
    """What an interrupted making left beside a whole copy: no damage, and the next making clears it.

    Args:
        copy: the copy that counts.
        named: what its manifest names.
    """
    wanted = {copy.path(name).name for name in named if pooled(name)}
    pool = copy.outer / POOL
    found = [path for path in copy.outer.iterdir() if path != copy.inner and _is_stray(path, copy.format)]
    if pool.is_dir():
        found += [
            path for path in pool.iterdir() if path.name not in wanted and not _SYSTEM.fullmatch(path.name)
        ]
    # Without its manifest the rest of a former copy is none.
    return sorted(found, key=lambda path: (path.name != MANIFEST, path))


def is_item(path: Path) -> bool:
    """Whether this is a whole evidence file of a pool."""
    return path.parent.name == POOL and _ITEM.fullmatch(path.name) is not None


def pooled(name: str) -> bool:
    """Whether a file of the store lies in the pool: evidence, whose names are random and whose bytes never change."""
    return f"/{name}".rpartition("/")[0].rpartition("/")[2] == POOL


@contextmanager
def alone(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Nobody else on this computer makes (or, when shared, changes) a backup in this folder meanwhile.

    Raises:
        errors.TryAgain: ``backup-busy``.
    """
    if os.name == "nt":
        with _alone_on_windows(folder, shared):
            yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.TryAgain("backup-busy", folder=str(folder)) from None
        except OSError as error:
            # Some drives know no locks.
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EBADF):
                raise
        yield
    finally:
        os.close(handle)


@contextmanager
def _alone_on_windows(folder: Path, shared: bool) -> Iterator[None]:
    if shared:
        # Looking writes nothing, and a lock here would be a file.
        yield
        return
    import msvcrt

    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            raise errors.TryAgain("backup-busy", folder=str(folder)) from None
        yield
    finally:
        os.close(handle)
    (folder / _LOCK).unlink(missing_ok=True)


def _is_layout(name: str) -> bool:
    return name == POOL or _COPY.fullmatch(name) is not None or _PART.fullmatch(name) is not None


def _may_lie_in(path: Path) -> bool:
    if _COPY.fullmatch(path.name) or _PART.fullmatch(path.name):
        return _is_folder(path)
    known = path.name == _LOCK or _FLAT.fullmatch(path.name) or _SYSTEM.fullmatch(path.name)
    return bool(known) and _is_file(path)


def _may_lie_in_pool(path: Path) -> bool:
    known = any(kind.fullmatch(path.name) for kind in (_ITEM, _ITEM_PART, _SYSTEM))
    return known and _is_file(path)


def _is_stray(path: Path, version: int) -> bool:
    if _COPY.fullmatch(path.name) or _PART.fullmatch(path.name):
        return True
    return version == 2 and _FLAT.fullmatch(path.name) is not None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
