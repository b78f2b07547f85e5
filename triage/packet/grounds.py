"""The grounds on which a packet may go, by profile: dated data, offered and completed by a person."""

from __future__ import annotations

from pathlib import Path

import tomli

from triage import i18n
from triage.terms import Profile

_FILE = Path(__file__).resolve().parent / "templates" / "grounds.toml"


def of(profile: Profile) -> tuple[str, ...]:
    """What may stand as the ground of a packet of this profile, in the language spoken now.

    Source: vietnam 3.1-3.5. One that ends with a colon is to be completed.
    """
    rows = tomli.loads(_FILE.read_text(encoding="utf-8"))["ground"]
    return tuple(row[i18n.language()] for row in rows if profile.value in row["profiles"])
