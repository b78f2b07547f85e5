"""Which characters the report's font can draw."""

from __future__ import annotations

import functools
import struct
from pathlib import Path

FONTS = Path(__file__).resolve().parent / "fonts"
"""Liberation Serif 2.1.5, unmodified: metric-compatible with Times New Roman, all Vietnamese letters."""


@functools.cache
def covered() -> frozenset[int]:
    """Code points for which each of the four faces has a glyph."""
    faces = [_characters(file.read_bytes()) for file in sorted(FONTS.glob("*.ttf"))]
    return frozenset.intersection(*faces)


def _characters(font: bytes) -> frozenset[int]:
    """The code points of a TrueType font's format 4 table.

    Source: OpenType specification, tables ``cmap`` and format 4 (segment mapping to delta values).
    """
    count = struct.unpack_from(">H", font, 4)[0]
    tables = (struct.unpack_from(">4s3I", font, 12 + 16 * index) for index in range(count))
    start = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    for index in range(struct.unpack_from(">H", font, start + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * index)
        if (platform, encoding) == (3, 1):
            return _format_4(font, start + offset)
    raise ValueError("the font has no Unicode table")


def _format_4(font: bytes, at: int) -> frozenset[int]:
    double = struct.unpack_from(">H", font, at + 6)[0]
    width = f">{double // 2}H"
    ends = struct.unpack_from(width, font, at + 14)
    starts = struct.unpack_from(width, font, at + 16 + double)
    deltas = struct.unpack_from(width, font, at + 16 + 2 * double)
    ranges_at = at + 16 + 3 * double
    ranges = struct.unpack_from(width, font, ranges_at)
    found = set()
    for segment, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if ranges[segment]:
                glyph = struct.unpack_from(
                    ">H", font, ranges_at + 2 * segment + ranges[segment] + 2 * (code - first)
                )[0]
                if not glyph:
                    continue
            if (glyph + deltas[segment]) & 0xFFFF:
                found.add(code)
    return frozenset(found)
