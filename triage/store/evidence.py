"""Evidence files: each a stream encrypted under a key of its own, written once, never changed."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from triage import errors, i18n, paths
from triage.store import signatures

_CHUNK = 1 << 16
"""Bytes at a time: larger ones cost the system more in fresh memory than they save in calls."""
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that has been taken in."""

    file: str
    """Its random name in evidence/."""
    key: bytes
    """Its 32-byte key."""
    sha256: str
    """Of the plain bytes, 64 hex digits."""
    size: int
    """Plain bytes."""
    media_type: str
    """The type its bytes show."""
    claimed_type: str
    """The type its name claims."""
    warnings: tuple[str, ...]
    """Warning codes."""


def take_path(folder: Path, path: Path, *, store: str, max_bytes: int) -> Taken:
    """Take a regular file in: encrypted and durable when this returns.

    Args:
        folder: the store's folder.
        path: the file; a link, device, pipe or folder is refused.
        store: the store's id, bound into the encryption.
        max_bytes: of the plain file.

    Raises:
        errors.UsageError: ``file-unreadable``.
        errors.Refused: ``not-a-plain-file``, ``file-too-large``, ``file-changes``, ``file-in-store``.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        if path.is_symlink():
            raise errors.Refused("not-a-plain-file", file=path.name)
        handle = os.open(path, flags)
    except OSError as error:
        raise errors.UsageError("file-unreadable", file=path.name, why=i18n.system(error)) from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise errors.Refused("not-a-plain-file", file=path.name)
    with os.fdopen(handle, "rb") as source:
        if found.st_size > max_bytes:
            raise errors.Refused("file-too-large", file=path.name, limit=max_bytes)
        if folder.resolve() in path.resolve().parents:
            raise errors.Refused("file-in-store", file=path.name)
        return _take(folder, source, path.name, found, store)


def take_stream(folder: Path, source: BinaryIO, name: str, *, store: str) -> Taken:
    """Take bytes in from a stream that nobody else can change, such as another store's kept file."""
    return _take(folder, source, name, None, store)


def _take(folder: Path, source: BinaryIO, name: str, found: os.stat_result | None, store: str) -> Taken:
    room = folder / "evidence"
    paths.make_room(room)
    file, key = secrets.token_hex(16), secrets.token_bytes(32)
    part = room / f"{file}.tmp"
    digest, total, head = hashlib.sha256(), 0, b""
    encryptor = Cobblestone256Encryptor(key, _context(store, file))
    try:
        with os.fdopen(paths.make_file(part), "wb") as kept:
            while chunk := source.read(_CHUNK):
                total += len(chunk)
                if found is not None and total > found.st_size:
                    raise errors.Refused("file-changes", file=name)
                head = head or chunk[:_HEAD]
                digest.update(chunk)
                kept.write(encryptor.update(chunk))
            if found is not None and (total != found.st_size or _is_other(os.fstat(source.fileno()), found)):
                raise errors.Refused("file-changes", file=name)
            kept.write(encryptor.finalize())
            kept.flush()
            os.fsync(kept.fileno())
        part.replace(room / file)
        paths.sync_folder(room)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    kind = signatures.of(head, name, total)
    return Taken(file, key, digest.hexdigest(), total, kind.media_type, kind.claimed_type, kind.warnings)


def _is_other(now: os.stat_result, before: os.stat_result) -> bool:
    """Whether somebody has written to a file since ``before``."""
    return (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


class _Plain(io.RawIOBase):
    """The plain bytes of a kept file, authenticated chunk by chunk."""

    def __init__(self, path: Path, key: bytes, context: bytes) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._decryptor = Cobblestone256Decryptor(key, context)
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            chunk = self._file.read(_CHUNK)
            try:
                self._ready = self._decryptor.update(chunk) if chunk else self._decryptor.finalize()
            except (InvalidTag, ValueError):
                raise errors.StoreDamaged("evidence-damaged") from None
            self._ended = not chunk
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()


def open(folder: Path, file: str, key: bytes, *, store: str) -> BinaryIO:  # noqa: A001 - called as evidence.open
    """The plain bytes of a kept file, as a stream.

    Raises:
        errors.StoreDamaged: ``evidence-damaged``, on opening or while reading.
    """
    try:
        return io.BufferedReader(_Plain(folder / "evidence" / file, key, _context(store, file)), _CHUNK)
    except FileNotFoundError:
        raise errors.StoreDamaged("evidence-damaged") from None


def verify(folder: Path, file: str | None, key: bytes | None, sha256: str | None, *, store: str) -> bool:
    """Whether a kept file still holds the bytes that were taken in."""
    if file is None or key is None:
        return False
    digest = hashlib.sha256()
    try:
        with open(folder, file, key, store=store) as plain:
            while chunk := plain.read(_CHUNK):
                digest.update(chunk)
    except errors.StoreDamaged:
        return False
    return digest.hexdigest() == sha256


def remove(folder: Path, file: str) -> None:
    """Remove a kept file."""
    (folder / "evidence" / file).unlink(missing_ok=True)


def _context(store: str, file: str) -> bytes:
    return f"triage/evidence/v1/{store}/{file}".encode()
