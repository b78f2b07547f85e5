"""What a file is, by its first bytes; its name is only a claim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_TABLE: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"#!", "text/x-shellscript"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
_WEAK: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"BM", "image/bmp"),
)
"""Two letters that a text may begin with too."""
_BRANDS = {
    b"heic": "image/heic",
    b"mif1": "image/heic",
    b"avif": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"3gp": "video/3gpp",
}
_CLAIMS = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".heic": "image/heic", ".avif": "image/avif", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".pdf": "application/pdf", ".zip": "application/zip", ".rar": "application/vnd.rar",
    ".7z": "application/x-7z-compressed", ".gz": "application/gzip", ".tar": "application/x-tar",
    ".txt": "text/plain", ".json": "application/json", ".eml": "message/rfc822", ".csv": "text/csv",
    ".html": "text/html", ".htm": "text/html", ".har": "application/json", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
    ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".amr": "audio/amr", ".mp4": "video/mp4",
    ".mov": "video/quicktime", ".webm": "video/webm", ".3gp": "video/3gpp",
}  # fmt: skip
_TEXTS = frozenset({"application/json", "message/rfc822", "text/csv", "text/html"})
"""Kinds that are told from plain text by nothing but their name."""
_RUNS = frozenset({
    "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary",
    "application/x-ms-shortcut", "text/x-shellscript",
})  # fmt: skip
_RUNNING_NAMES = frozenset({
    ".apk", ".bat", ".cmd", ".com", ".exe", ".hta", ".jar", ".js", ".lnk", ".msi", ".ps1", ".scr", ".sh", ".vbs",
})  # fmt: skip
_ARCHIVES = frozenset({
    "application/zip", "application/vnd.rar", "application/x-7z-compressed", "application/gzip", "application/x-tar",
})  # fmt: skip
HUGE = 100_000_000
"""Pixels of an image that a viewer may choke on."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What was found."""

    media_type: str
    """By the bytes."""
    claimed_type: str
    """By the name."""
    warnings: tuple[str, ...]
    """empty, type-mismatch, executable, archive, image-huge."""


def of(head: bytes, name: str, size: int) -> Kind:
    """What a file of ``size`` bytes with these first bytes is; nothing is decoded or unpacked."""
    suffix = Path(name).suffix.lower()
    claimed = _CLAIMS.get(suffix, "application/octet-stream")
    found = _by_bytes(head)
    if found == "text/plain" and claimed in _TEXTS:
        found = claimed
    warnings = []
    if size == 0:
        warnings.append("empty")
    elif claimed not in (found, "application/octet-stream"):
        warnings.append("type-mismatch")
    if found in _RUNS or suffix in _RUNNING_NAMES:
        warnings.append("executable")
    if found in _ARCHIVES:
        warnings.append("archive")
    if _pixels(found, head) > HUGE:
        warnings.append("image-huge")
    return Kind(found, claimed, tuple(warnings))


def _by_bytes(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next((kind for sign, kind in _BRANDS.items() if brand.startswith(sign)), "video/mp4")
    for offset, sign, kind in _TABLE:
        if head[offset : offset + len(sign)] == sign:
            return kind
    if _is_text(head):
        return "text/plain"
    return next((kind for sign, kind in _WEAK if head.startswith(sign)), "application/octet-stream")


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be cut at the end of what was read.
        return error.start > len(head) - 4 and len(head) > 4
    return True


def _pixels(kind: str, head: bytes) -> int:
    """Width times height as the header claims, where they stand at a fixed place; else 0."""
    if kind == "image/png" and len(head) >= 24:
        return int.from_bytes(head[16:20]) * int.from_bytes(head[20:24])
    if kind == "image/gif" and len(head) >= 10:
        return int.from_bytes(head[6:8], "little") * int.from_bytes(head[8:10], "little")
    if kind == "image/bmp" and len(head) >= 26:
        return int.from_bytes(head[18:22], "little") * int.from_bytes(head[22:26], "little")
    return 0
