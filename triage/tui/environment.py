"""What the environment may say to Textual; called before Textual is imported."""

from __future__ import annotations

import os

ALLOWED = frozenset(
    {"TEXTUAL_ANIMATIONS", "TEXTUAL_FPS", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_DISABLE_KITTY_KEY"}
)
"""The rest could write every key to a file (TEXTUAL_LOG, TEXTUAL_DEBUG) or let another program look in."""


def clear() -> None:
    """Drop what could leak, set what this program wants."""
    for name in [name for name in os.environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        if name not in ALLOWED:
            del os.environ[name]
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_FPS", "120")
    os.environ.setdefault("ESCDELAY", "40")
