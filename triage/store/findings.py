"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from triage import errors, i18n


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    area: str
    """versions, header, permissions, synced, storage, leftovers, desks, terminal, database, search, log, clock,
    evidence, anchor or backup."""
    ok: bool
    """It is as it should be."""
    code: str
    """An error's code when it is not; the words are the error's."""
    values: dict[str, Any] = field(default_factory=dict)
    """What the words need."""

    def sentence(self, language: str) -> str:
        """What was found and, when it is not well, what to do."""
        words = i18n.sentence(errors.TriageError(self.code, **self.values), language)
        return words.what if self.ok else f"{words.what} {words.next}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"area": self.area, "ok": self.ok, "code": self.code, "values": self.values}
