"""What a step is called where the report says what was done: the act, not the words to the counsellor."""

from __future__ import annotations

import functools
from typing import Any

import tomli

from triage.packet import contents, wording


def name(step: str, text: contents.Both) -> contents.Both:
    """The short name of a step; one that has none is called by the first sentence of its ``text``."""
    found = _table()["name"].get(_own(step))
    return (found[0], found[1]) if found else (_first(text[0]), _first(text[1]))


def is_talk(step: str) -> bool:
    """Whether a step is only talk or thought in the room: without a result it tells the police nothing."""
    return _own(step) in _table()["talk"]


@functools.cache
def _table() -> dict[str, Any]:
    return tomli.loads((wording.TEMPLATES / "measures.toml").read_text(encoding="utf-8"))


def _own(step: str) -> str:
    """``X21`` for ``X21.2``: a repeated step has one name."""
    return step.partition(".")[0]


def _first(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
