"""Files of a backup: copied durably, digested, and how far that is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from triage import paths

CHUNK = 1 << 20
Progress = Callable[[int, int], None]
"""Told bytes done and bytes in all."""


class Meter:
    """Counts bytes for whoever watches."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._progress = progress

    def add(self, size: int) -> None:
        """So many bytes more are done."""
        self.done += size
        if self._progress:
            self._progress(min(self.done, self.total), self.total)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, and its parents, durably."""
    if folder.is_dir():
        return
    # One step each: the parents that a single one makes are open to others.
    make_folder(folder.parent)
    paths.make_private(folder)
    paths.sync_folder(folder.parent)


def copy(source: Path, target: Path, meter: Meter | None = None) -> str:
    """Copy a file to a new name, mode 0600, durably; return the SHA-256 of what was written."""
    found = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as written, source.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            written.write(chunk)
            if meter:
                meter.add(len(chunk))
        written.flush()
        os.fsync(written.fileno())
    return found.hexdigest()


def digest(path: Path, meter: Meter | None = None) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            if meter:
                meter.add(len(chunk))
    return found.hexdigest()
