"""A store with a lead and a counsellor, under the cheapest lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage.store.keys import header
from triage.store.keys.unlocked import Slot, Unlocked
from triage.terms import Right

CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
AN, BINH = "Cô An", "Thầy Bình"
PASSPHRASES = {AN: "mèo vàng nhảy qua sông", BINH: "lá bàng rơi đầy sân trường"}


@dataclass(slots=True)
class School:
    """A store's folder with what its people know."""

    folder: Path
    lead: Unlocked
    words: str
    counsellor: Slot

    @property
    def file(self) -> Path:
        """The header's file."""
        return self.folder / "header.json"

    def unlock(self, label: str = AN) -> Unlocked:
        """Unlock as somebody who is who she says."""
        return header.unlock(self.folder, label, PASSPHRASES[label], allow_cheap=True)


def new_store(folder: Path, cost: header.Cost = CHEAP) -> tuple[Unlocked, str, str]:
    """A store with one lead."""
    return header.create(
        folder,
        label=AN,
        passphrase=PASSPHRASES[AN],
        school="THPT Hoa Gạo",
        code="79012345",
        now=datetime(2026, 11, 25, tzinfo=UTC),
        cost=cost,
    )


def school(folder: Path) -> School:
    """A lead and a counsellor; both have opened the store."""
    lead, words, _six = new_store(folder)
    slot = header.add_member(
        folder, lead, label=BINH, right=Right.COUNSELLOR, passphrase=PASSPHRASES[BINH], cost=CHEAP
    )
    made = School(folder, lead, words, slot)
    made.unlock(BINH)
    made.lead = made.unlock(AN)
    return made
