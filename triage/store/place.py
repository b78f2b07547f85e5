"""Where a store lies: network drives are refused, synced folders named."""

from __future__ import annotations

from pathlib import Path

from triage import errors

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
