"""What a file is by its first bytes."""

from __future__ import annotations

import pytest

from triage.store import signatures


def _png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes(5)


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.txt", b"BMW mau do", "text/plain"),
        ("a.txt", b"MZ la ten em", "text/plain"),
        ("a.txt", "Đạt kể".encode()[:-1], "text/plain"),
        ("a.txt", "Đạt".encode("utf-16"), "text/plain"),
        ("a.bmp", b"BM" + bytes(60), "image/bmp"),
        ("a.amr", b"#!AMR\n" + bytes(9), "audio/amr"),
        ("a.sh", b"#!/bin/sh\n", "text/x-shellscript"),
        ("a.m4a", b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        ("a.heic", b"\0\0\0\x20ftypheic", "image/heic"),
        ("a.mp4", b"\0\0\0\x20ftypisom", "video/mp4"),
        ("a.json", b'{"a": 1}', "application/json"),
        ("a.html", b"<p>", "text/html"),
        ("a.tar", bytes(257) + b"ustar", "application/x-tar"),
        ("a", b"\0\1\2\3", "application/octet-stream"),
        ("a", b"", "text/plain"),
    ],
)
def test_the_bytes_decide(name: str, head: bytes, kind: str) -> None:
    """Two letters that a text may begin with too count only in what is no text."""
    found = signatures.of(head, name, len(head))
    assert found.media_type == kind
    assert "type-mismatch" not in found.warnings


@pytest.mark.parametrize(
    ("name", "head", "warnings"),
    [
        ("a.jpg", b"hello", ("type-mismatch",)),
        ("a.pdf.bat", b"del *", ("executable",)),
        ("a.apk", b"PK\x03\x04", ("executable", "archive")),
        ("a.jpg", b"\x4c\0\0\0\x01\x14\x02\0", ("type-mismatch", "executable")),
        ("a.png", _png(60_000, 60_000), ("image-huge",)),
        ("a.png", _png(1000, 1000), ()),
        ("a.gif", b"GIF89a" + b"\xff" * 4, ("image-huge",)),
        ("a.jpg", b"", ("empty",)),
    ],
)
def test_warnings(name: str, head: bytes, warnings: tuple[str, ...]) -> None:
    """What runs, what hides other files, what a viewer may choke on, and names that claim something else."""
    assert signatures.of(head, name, len(head)).warnings == warnings
