"""A sheet with recovery words or a share, as PDF/UA-1 on A4 in large type, set by typst in memory.

Nothing is written to the disk: whoever calls decides where the one file may lie.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from triage.packet import glyphs, wording


def pdf(
    *,
    document: str,
    language: str,
    title: str,
    warning: str,
    facts: Sequence[str],
    words: Sequence[str],
    under: Sequence[str],
    made_at: datetime,
) -> bytes:
    """The sheet; the same values give the same bytes.

    Args:
        document: the PDF's title: kind and set.
        language: what it is written in: ``vi`` or ``en``.
        title: the heading.
        warning: the line under it.
        facts: one line each, above the words.
        words: the secret, in order.
        under: one paragraph each, under the words.
        made_at: the PDF's date.
    """
    import typst

    at = made_at.astimezone(UTC)
    described = {
        "document": document,
        "language": language,
        "title": title,
        "warning": warning,
        "facts": list(facts),
        "words": list(words),
        "below": list(under),
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
    }
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(glyphs.FONTS)]
    )
    made: bytes = typst.compile(
        (wording.TEMPLATES / "key-sheet.typ").read_bytes(),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"d": json.dumps(described, ensure_ascii=True)},
        pdf_standards=["ua-1"],
    )
    return made
