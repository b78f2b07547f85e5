"""The byte layout of the two ZIP files of a packet: one way to write each, so one way to read it.

The inner one is written forwards without going back: every local header carries size and CRC, so
there is no data descriptor for two programs to disagree about. Reading (triage.packet.reading)
builds the same bytes again from what it has seen and compares.

Source: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5; for the outer entry the AE-2 specification of
WinZip as pyzipper 0.4.0 writes it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage import clock

LOCAL = b"PK\x03\x04"
DIRECTORY = b"PK\x01\x02"
LIMIT = 0xFFFFFFFF
"""From this number on an entry would need zip64 sizes; the desk refuses files long before."""
ZIP64 = (1 << 31) - 1
"""pyzipper writes larger numbers of the outer entry as zip64."""
AES_OVERHEAD = 16 + 2 + 10
"""Salt, check of the digits, authentication code."""
_AES = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
UNIX = 3
_MADE_BY = UNIX << 8 | 20
PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file inside the inner ZIP."""

    name: str
    """Path, ASCII."""
    size: int
    """Bytes."""
    crc: int
    """CRC-32."""
    stamp: tuple[int, int]
    """DOS time and date."""
    offset: int
    """Where its local header begins."""


def stamp(at: datetime) -> tuple[int, int]:
    """An instant as DOS time and date, in Vietnam's time, to two seconds."""
    here = at.astimezone(clock.VIETNAM)
    return (
        here.hour << 11 | here.minute << 5 | here.second // 2,
        (here.year - 1980) << 9 | here.month << 5 | here.day,
    )


def local(entry: Entry) -> bytes:
    """The local header of an inner entry; its bytes follow, then the next header."""
    name = entry.name.encode("ascii")
    return (
        LOCAL
        + struct.pack("<5H3I2H", 20, 0, 0, *entry.stamp, entry.crc, entry.size, entry.size, len(name), 0)
        + name
    )


def directory(entries: Sequence[Entry], start: int) -> bytes:
    """Everything after the last entry of the inner ZIP, which began at ``start``: to the file's end."""
    body = b"".join(_central(entry) for entry in entries)
    many = start >= LIMIT or len(entries) >= 0xFFFF
    end = _end64(len(entries), len(body), start, _MADE_BY) if many else b""
    return body + end + _end(len(entries), len(body), min(start, LIMIT))


def is_wide(size: int) -> bool:
    """Whether the outer entry of ``size`` plain bytes needs zip64."""
    return size + AES_OVERHEAD > ZIP64


def outer_local(name: str, at: tuple[int, int], size: int) -> bytes:
    """The outer file's only local header, for ``size`` plain bytes."""
    sealed = size + AES_OVERHEAD
    wide = is_wide(size)
    extra = (struct.pack("<HHQQ", 1, 16, size, sealed) if wide else b"") + _AES
    sizes = (LIMIT, LIMIT) if wide else (sealed, size)
    plain = name.encode("ascii")
    return LOCAL + struct.pack("<5H3I2H", 20, 1, 99, *at, 0, *sizes, len(plain), len(extra)) + plain + extra


def outer_end(name: str, at: tuple[int, int], size: int) -> bytes:
    """What follows the outer file's only entry, to the file's end."""
    sealed = size + AES_OVERHEAD
    start = len(outer_local(name, at, size)) + sealed
    large = [number for number in (size, sealed) if number > ZIP64]
    extra = (struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b"") + _AES
    needs = 45 if large else 20
    body = _entry(name, (UNIX << 8 | needs, needs, 1, 99, *at, 0), _shown(sealed), _shown(size), extra, 0)
    end = _end64(1, len(body), start, 45) if start > ZIP64 else b""
    return body + end + _end(1, len(body), min(start, LIMIT))


def _central(entry: Entry) -> bytes:
    large = entry.offset >= LIMIT
    extra = struct.pack("<HHQ", 1, 8, entry.offset) if large else b""
    head = (_MADE_BY, 45 if large else 20, 0, 0, *entry.stamp, entry.crc)
    return _entry(entry.name, head, entry.size, entry.size, extra, min(entry.offset, LIMIT))


def _entry(name: str, head: tuple[int, ...], sealed: int, size: int, extra: bytes, offset: int) -> bytes:
    plain = name.encode("ascii")
    lengths = (len(plain), len(extra), 0, 0, 0)
    fields = struct.pack("<6H3I5H2I", *head, sealed, size, *lengths, PLAIN_FILE, offset)
    return DIRECTORY + fields + plain + extra


def _end64(count: int, length: int, start: int, made_by: int) -> bytes:
    record = struct.pack("<Q2H2I4Q", 44, made_by, 45, 0, 0, count, count, length, start)
    return b"PK\x06\x06" + record + b"PK\x06\x07" + struct.pack("<IQI", 0, start + length, 1)


def _end(count: int, length: int, start: int) -> bytes:
    few = min(count, 0xFFFF)
    return b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, few, few, length, start, 0)


def _shown(number: int) -> int:
    return LIMIT if number > ZIP64 else number
