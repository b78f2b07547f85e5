"""Whether a store can be worked on: the drive it lies on, and who else is at work (shared, or alone)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage import errors, paths

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE = 5.0
"""Seconds to wait for a sweep of another session to end; as long as the database waits for a writer."""
_PLACES = 64
"""Windows has no shared lock: a session takes one of so many bytes, who wants to be alone takes them all."""


NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "davfs", "fuse.davfs2",
    "fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.s3fs", "fuse.glusterfs", "webdav", "afpfs",
})  # fmt: skip
"""Kinds of file systems on which several computers could open one database. Source: research/store.md 4.4."""
SYNCED = (
    "onedrive", "dropbox", "google drive", "googledrive", "my drive", "icloud", "icloud drive", "iclouddrive",
    "mobile documents", "nextcloud", "owncloud", "syncthing", "mega", "megasync", "box sync",
)  # fmt: skip
"""Names, in lower case, of folders that a program copies to other computers; more may follow after a blank."""
_MOUNTS = Path("/proc/self/mounts")


class Held:
    """A shared hold on a store for the life of a session."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.place = -1

    def release(self) -> None:
        """Let go."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def share(folder: Path, *, patience: float = PATIENCE) -> Held:
    """Hold a store together with others.

    Raises:
        errors.TryAgain: ``busy``: somebody holds it alone.
    """
    held = Held(paths.make_file(folder / "store.lock", os.O_RDWR | os.O_CREAT))
    until = time.monotonic() + patience
    while not _share(held):
        if time.monotonic() >= until:
            held.release()
            raise errors.TryAgain("busy")
        time.sleep(0.02)
    return held


@contextmanager
def alone(held: Held) -> Iterator[bool]:
    """Try to hold the store alone; says whether it is so. The shared hold is there again afterwards."""
    mine = _alone(held)
    try:
        yield mine
    finally:
        _share_again(held)


def refuse_network(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Refuse a store on a network drive: the database needs memory that its users share.

    Args:
        folder: the store's folder, which may not exist yet.
        mounts: the list of what is mounted where.

    Raises:
        errors.UsageError: ``network-drive``.
    """
    resolved = folder.resolve()
    if str(resolved).startswith("\\\\"):
        raise errors.UsageError("network-drive", folder=str(folder), kind="UNC")
    kind = file_system(resolved, mounts)
    if kind in NETWORK:
        raise errors.UsageError("network-drive", folder=str(folder), kind=kind)


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The kind of file system a folder lies on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mounted = Path(fields[1].replace("\\040", " "))
        # Of two mounts on one place the later one is seen.
        if (mounted == folder or mounted in folder.parents) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), fields[2]
    return kind


def synced(folder: Path) -> str | None:
    """The folder above a store (or itself) that a program copies to other computers; None when there is none."""
    resolved = folder.resolve()
    for part in (resolved, *resolved.parents):
        name = part.name.lower()
        named = any(name == one or name.startswith(f"{one} ") for one in SYNCED)
        if named or (part / ".dropbox").exists() or (part / ".stfolder").exists():
            return part.name
    return None


if sys.platform == "win32":

    def _share(held: Held) -> bool:
        for place in range(_PLACES):
            if _byte(held.handle, place, 1):
                held.place = place
                return True
        return False

    def _alone(held: Held) -> bool:
        before = _byte(held.handle, 0, held.place) if held.place > 0 else True
        after = before and _byte(held.handle, held.place + 1, _PLACES - held.place - 1)
        if before and not after and held.place > 0:
            _free(held.handle, 0, held.place)
        return bool(after)

    def _share_again(held: Held) -> None:
        for start, count in ((0, held.place), (held.place + 1, _PLACES - held.place - 1)):
            if count > 0:
                _free(held.handle, start, count)

    def _byte(handle: int, start: int, count: int) -> bool:
        os.lseek(handle, start, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, count)
        except OSError:
            return False
        return True

    def _free(handle: int, start: int, count: int) -> None:
        os.lseek(handle, start, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_UNLCK, count)
        except OSError:
            # It was not ours: alone() had been refused.
            return

else:

    def _share(held: Held) -> bool:
        try:
            fcntl.flock(held.handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _alone(held: Held) -> bool:
        try:
            fcntl.flock(held.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _share_again(held: Held) -> None:
        # A refused upgrade has dropped the shared hold, a granted one still stands: either way, this waits
        # only for another session's sweep.
        fcntl.flock(held.handle, fcntl.LOCK_SH)
