"""The fixed words of the report, in Vietnamese, or with English beside it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli

from triage import i18n
from triage.packet import contents, encode

TEMPLATES = Path(__file__).resolve().parent / "templates"


@functools.cache
def table() -> dict[str, Any]:
    """templates/words.toml."""
    return tomli.loads((TEMPLATES / "words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Wording:
    """Finds the words for one report."""

    english: bool
    """Whether English stands beside the Vietnamese."""

    def of(self, area: str, key: str) -> str:
        """The fixed words ``key`` of ``area``; an unknown key stands for itself."""
        entry = table()[area].get(key)
        return self.both((entry["vi"], entry["en"])) if entry else encode.report_line(key)

    def both(self, words: contents.Both) -> str:
        """Words of the case in the report's language."""
        vi, en = encode.report_text(words[0]), encode.report_text(words[1])
        return f"{vi} / {en}" if self.english and en and en != vi else vi

    def label(self, key: str) -> str:
        """The name of a field."""
        return self.of("label", key)

    def moments(self, at: datetime, recorded_at: datetime | None) -> str:
        """When something was done, and when it was written down if that was another minute."""
        done = i18n.moment(at)
        if recorded_at is None or i18n.moment(recorded_at) == done:
            return done
        recorded = f"{self.label('recorded_at')} {i18n.moment(recorded_at)}"
        return f"{self.label('done_at')} {done} ({recorded})"


def grouped(digest: str) -> str:
    """A hex digest in groups of four, to be compared by eye and read aloud."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def number(value: int) -> str:
    """A whole number as it is written in Vietnam: ``450.000.000``."""
    return f"{value:,}".replace(",", ".")
