"""The worked example of docs/formats/header.md is what the program computes."""

from __future__ import annotations

from pathlib import Path

from triage.store.keys import grants, person, recovery, shares

PAGE = Path(__file__).resolve().parents[4] / "docs" / "formats" / "header.md"


def _words(at: int) -> str:
    """The words of a share in the page's example."""
    page = PAGE.read_text(encoding="utf-8")
    return next(
        line.split(")")[1].strip() for line in page.splitlines() if line.startswith(f"  {at} (check ")
    )


def test_the_shares_of_the_example_join() -> None:
    """One in each list, of one dealing: they give the example's bytes."""
    raw = bytes(range(16))
    joined = shares.join(_words(1), _words(2), store="00" * 16, number=1, commit_check=raw.__eq__)
    assert joined == raw


def test_the_worked_example_holds() -> None:
    """Each value of the example stands in the page."""
    page = PAGE.read_text(encoding="utf-8")
    root, raw = bytes(range(32)), bytes(range(16))
    for value in (
        person.subkey(root, "db").hex(),
        grants.root_commitment(root),
        recovery.spell(raw),
        recovery.spell(raw, "en"),
        person.words_lock(raw, "00" * 16, 1).commit,
        grants.compare_words("00" * 32),
    ):
        assert value in page
