"""Where things lie on the disk, made with owner-only permissions."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def store_folder() -> Path:
    """The store's default folder: ``TRIAGE_STORE``, else the platform's data folder."""
    import platformdirs

    named = os.environ.get("TRIAGE_STORE")
    return Path(named) if named else Path(platformdirs.user_data_dir("triage", appauthor=False)) / "store"


def state_folder() -> Path:
    """The platform's state folder, where the anchor is kept outside the store."""
    import platformdirs

    return Path(platformdirs.user_state_dir("triage", appauthor=False))


def make_private(folder: Path) -> Path:
    """Make a folder, and its parents, that only its owner may enter (0700); return it.

    Each new name is made durable: what is synced in a folder is lost with the folder's own name.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)
    if not missing:
        # Says what stands in its place when that is no folder.
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def of_a_group(folder: Path) -> bool:
    """Whether a folder is a store, or lies in one, that several accounts of the computer share (2770).

    Source: security.md 24: two set-ups, no third.
    """
    if os.name == "nt" or not any((place / "header.json").is_file() for place in (folder, folder.parent)):
        return False
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID) and mode & 0o070 == 0o070


def make_room(folder: Path) -> Path:
    """Make a folder in a store: 0700, or 2770 where the store is a group's; return it.

    Not its parents: a store that is gone is not begun anew.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return folder
    if of_a_group(folder.parent):
        folder.chmod(0o2770)
    return folder


def make_file(path: Path, flags: int = os.O_RDWR | os.O_CREAT | os.O_EXCL) -> int:
    """A new file in a store, open for writing: 0600, or 0660 where the store is a group's.

    Args:
        path: where.
        flags: how it is opened; without ``O_EXCL`` one that is there already keeps its mode.
    """
    new = not path.exists()
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    if new and of_a_group(path.parent):
        os.chmod(path, 0o660)  # noqa: PTH101 - on a descriptor there is none on Windows
    return handle


def write_private(target: Path, data: bytes) -> None:
    """Replace ``target`` by ``data`` in one step that survives a power cut; mode 0600 (0660 in a group's store).

    The bytes go to a new file beside it, are made durable, take the name, and the folder is made
    durable too, so a reader sees the old bytes or the new ones and never a part.
    """
    import secrets

    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(make_file(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def write_new(target: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is not there yet; nothing is ever overwritten, and no link is followed.

    Raises:
        FileExistsError: something has that name already.
    """
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make new and renamed names in a folder durable (a no-op where folders cannot be synced)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some drives, sticks among them, know this of files alone.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)
