"""Text from data made harmless for a terminal: no escape, no control, no hidden direction."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def text(value: str) -> str:
    """``value`` with each control, bidi or invisible character shown as ``‹U+202E›``; lines and tabs stay."""
    return _CONTROL.sub(lambda found: f"‹U+{ord(found.group()):04X}›", value)


def line(value: str) -> str:
    """``value`` on one line: breaks and tabs become blanks, the rest as in ``text``."""
    return text(re.sub(r"[\r\n\t]+", " ", value))
