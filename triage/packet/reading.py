"""The proof that a packet has one reading: any two programs see the same files with the same bytes.

A ZIP can tell two stories: what stands before the first entry, two entries of one name, a local
header that differs from the directory. So the file is read forwards once, every header is built
again from what was seen (triage.packet.stored) and compared, and nothing may be left over.

Source: security.md 15 (measured: a ZIP put in front of the sealed one is what 7-Zip extracts).
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import BinaryIO

from triage import errors, i18n
from triage.packet import contents, encode, stored

CHUNK = 1 << 20
MOST_ENTRIES = 100_000
MOST_KEPT = 32 << 20
"""Bytes of a document that is kept in memory; a larger one is not read as a document."""

Receive = Callable[[str, bytes], None]
"""Told the path inside the bag and the next bytes of that file; empty bytes: the file ends."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the bag, as read."""

    path: str
    """Inside the bag's folder."""
    size: int
    """Bytes."""
    sha256: str
    """64 hex digits."""
    crc_holds: bool
    """Whether the CRC-32 in its header is that of its bytes."""
    data: bytes | None
    """The bytes, for documents that were asked for and are not too large."""


@dataclass(frozen=True, slots=True)
class Outer:
    """The sealed file, proved to hold one entry and nothing else."""

    number: str
    """The packet's number, from the member's name."""


def is_sealed(file: BinaryIO) -> bool:
    """Whether the file begins with an AES entry; the position is put back to the start."""
    file.seek(0)
    head = file.read(10)
    file.seek(0)
    return len(head) == 10 and head[:4] == stored.LOCAL and head[8:10] == b"\x63\x00"


def outer(file: BinaryIO) -> Outer:
    """Prove the sealed file: exactly one AE-2 entry from the first byte to the last.

    Raises:
        errors.CheckFailed: ``packet-two-readings``.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = _exactly(file, 30)
    time, date, _, _, size, name_length, extra_length = struct.unpack("<2H3I2H", head[10:])
    name = _exactly(file, name_length)
    extra = _exactly(file, extra_length)
    if size == stored.LIMIT and len(extra) >= 12:
        size = struct.unpack_from("<Q", extra, 4)[0]
    number = name.decode("ascii", "replace").removesuffix(".zip")
    if not contents.NUMBER.fullmatch(number):
        raise _broken(i18n.say("The sealed file does not begin with a packet."))
    if size > length or head + name + extra != stored.outer_local(f"{number}.zip", (time, date), size):
        raise _broken(i18n.say("The sealed file's first header is not one that a packet has."))
    end = stored.outer_end(f"{number}.zip", (time, date), size)
    file.seek(len(head) + len(name) + len(extra) + size + stored.AES_OVERHEAD)
    if file.read(len(end) + 1) != end:
        raise _broken(i18n.say("The sealed file holds more than one entry, or bytes that belong to none."))
    file.seek(0)
    return Outer(number)


def inner(
    stream: BinaryIO, keep: Collection[str] = (), receive: Receive | None = None
) -> tuple[str, tuple[Member, ...]]:
    """Read the bag's ZIP forwards, once, to its end.

    Args:
        stream: the bytes; need not be seekable.
        keep: paths inside the bag whose bytes are handed back.
        receive: told all bytes of all files as they are read.

    Returns:
        The name of the bag's folder, which is the packet's number, and its files in order.

    Raises:
        errors.CheckFailed: ``packet-two-readings``.
    """
    entries: list[stored.Entry] = []
    members: list[Member] = []
    seen: set[str] = set()
    position = 0
    while (mark := _exactly(stream, 4)) == stored.LOCAL:
        entry = _entry(stream, position)
        folder, path = _split(entry.name)
        first = _split(entries[0].name)[0] if entries else folder
        if folder != first or entry.name.casefold() in seen or len(entries) >= MOST_ENTRIES:
            raise _broken(i18n.say("A file name in the packet stands twice or outside its folder."))
        seen.add(entry.name.casefold())
        members.append(_member(stream, entry, path, path in keep, receive))
        entries.append(entry)
        position += len(stored.local(entry)) + entry.size
    if mark != stored.DIRECTORY or not entries:
        raise _broken(i18n.say("Something other than the packet's files stands in it."))
    expected = stored.directory(entries, position)[4:]
    found = _up_to(stream, len(expected) + 1)
    if found[: len(expected)] != expected:
        raise _broken(i18n.say("The list at the packet's end is not that of the files before it."))
    if len(found) > len(expected):
        raise _broken(i18n.say("Bytes follow after the packet's end."))
    return _split(entries[0].name)[0], tuple(members)


def _entry(stream: BinaryIO, position: int) -> stored.Entry:
    head = _exactly(stream, 26)
    time, date, crc, _, size, name_length, extra_length = struct.unpack("<2H3I2H", head[6:])
    name = _exactly(stream, name_length)
    entry = stored.Entry(name.decode("ascii", "replace"), size, crc, (time, date), position)
    if extra_length or not name.isascii() or stored.LOCAL + head + name != stored.local(entry):
        raise _broken(i18n.say("A file in the packet is compressed, locked or has an unusual header."))
    return entry


def _split(name: str) -> tuple[str, str]:
    """Folder and path of a name that is safe on every system."""
    folder, *parts = name.split("/")
    try:
        plain = [encode.file_name(part) for part in parts]
    except errors.UsageError:
        plain = []
    if not contents.NUMBER.fullmatch(folder) or not 1 <= len(plain) <= 3:
        raise _broken(i18n.say("A file name in the packet stands twice or outside its folder."))
    return folder, "/".join(plain)


def _member(stream: BinaryIO, entry: stored.Entry, path: str, kept: bool, receive: Receive | None) -> Member:
    digest, crc, left = hashlib.sha256(), 0, entry.size
    data: list[bytes] = []
    kept = kept and entry.size <= MOST_KEPT
    while left:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            raise _broken(i18n.say("The packet ends in the middle."))
        left -= len(chunk)
        digest.update(chunk)
        crc = zlib.crc32(chunk, crc)
        if kept:
            data.append(chunk)
        if receive is not None:
            receive(path, chunk)
    if receive is not None:
        receive(path, b"")
    return Member(path, entry.size, digest.hexdigest(), crc == entry.crc, b"".join(data) if kept else None)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = _up_to(stream, size)
    if len(data) < size:
        raise _broken(i18n.say("The packet ends in the middle."))
    return data


def _up_to(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, ``size`` at most: a stream may give less at a time."""
    data = b""
    while len(data) < size and (chunk := stream.read(size - len(data))):
        data += chunk
    return data


def _broken(why: str) -> errors.CheckFailed:
    return errors.CheckFailed("packet-two-readings", why=why)
