"""Named encoders: each value that leaves passes the one made for the place where it is written."""

from __future__ import annotations

import re
import unicodedata

from triage import errors
from triage.packet import glyphs

_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def bag_value(text: str, field: str) -> str:
    """A value of bag-info.txt: one line, so that it cannot add a field of its own.

    Raises:
        errors.Refused: ``packet-newline`` naming ``field``.
    """
    return _one_line(text, field)


def readme_line(text: str, field: str) -> str:
    """A value in README.txt: one line, no braces, so that it is never read as a placeholder.

    Raises:
        errors.Refused: ``packet-newline`` naming ``field``.
    """
    return _one_line(text, field).replace("{", "(").replace("}", ")")


def certificate_name(text: str, field: str) -> str:
    """A part of a certificate's subject: one line of 1 to 64 bytes, whole characters.

    Source: X.520 ub-common-name, which libraries count in bytes of UTF-8.

    Raises:
        errors.Refused: ``packet-newline`` naming ``field``.
    """
    return _one_line(text, field).encode()[:64].decode(errors="ignore").strip() or "-"


def report_text(text: str) -> str:
    """Text for the report: NFC, line breaks kept, nothing that acts on a reader.

    Characters that the report's font does not have become their code in brackets, ``[U+1F600]``:
    PDF/A forbids a character without a shape, and a told text must never stop a packet.
    """
    lines = _BREAKS.split(unicodedata.normalize("NFC", text))
    kept = ("".join(_shown(letter) for letter in line.replace("\t", " ")) for line in lines)
    return "\n".join("".join(_drawn(letter, glyphs.covered()) for letter in line) for line in kept)


def report_line(text: str) -> str:
    """Text for one line or cell of the report: as report_text, line breaks become blanks."""
    return " ".join(report_text(text).split())


def defanged(url: str) -> str:
    """An address that no reader makes clickable: ``hxxps://vi-du[.]example``."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "", url
    host, slash, path = rest.partition("/")
    changed = re.sub(r"(?i)^http", "hxxp", scheme)
    return f"{changed}{mark}{host.replace('.', '[.]')}{slash}{path}"


def file_name(text: str) -> str:
    """``text`` if it is a plain ASCII file name on every system.

    Raises:
        errors.UsageError: ``packet-file-name``.
    """
    if not _SAFE_NAME.fullmatch(text) or text.endswith(".") or _DEVICES.fullmatch(text):
        raise errors.UsageError("packet-file-name")
    return text


def _one_line(text: str, field: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if _BREAKS.search(text):
        raise errors.Refused("packet-newline", field=field)
    return " ".join("".join(_shown(letter) for letter in text.replace("\t", " ")).split())


def _shown(letter: str) -> str:
    """Nothing for controls, bidi controls and other invisible marks; U+FFFD for what is no character."""
    category = unicodedata.category(letter)
    if category in ("Cc", "Cf") or 0xFE00 <= ord(letter) <= 0xFE0F:
        return ""
    if category in ("Cs", "Cn", "Co") or category.startswith("Z"):
        return " " if category.startswith("Z") else "�"
    return letter


def _drawn(letter: str, has: frozenset[int]) -> str:
    return letter if ord(letter) in has else f"[U+{ord(letter):04X}]"
