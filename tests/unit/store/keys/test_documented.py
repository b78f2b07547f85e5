"""The worked example of docs/formats/header.md is what the program computes."""

from __future__ import annotations

from pathlib import Path

from triage.store.keys import grants, person, recovery

PAGE = Path(__file__).resolve().parents[4] / "docs" / "formats" / "header.md"


def test_the_worked_example_holds() -> None:
    """Each value of the example stands in the page."""
    page = PAGE.read_text(encoding="utf-8")
    root, raw = bytes(range(32)), bytes(range(16))
    for value in (
        person.subkey(root, "db").hex(),
        grants.root_commitment(root),
        recovery.spell(raw),
        person.words_lock(raw, "00" * 16, 1).commit,
        grants.compare_words("00" * 32),
    ):
        assert value in page
