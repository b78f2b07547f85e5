"""What the search promises: found without marks, and no query can do anything but find."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from triage.store import opened, search

NAMES = {1: "Nguyễn Văn Đạt kể ở sân trường", 2: "Trần Thị Hoa, lớp 9A", 3: "Đặng Hoài Đạt"}


@pytest.fixture
def filled(held: opened.Opened) -> opened.Opened:
    """A store whose index knows three cases; the third was typed apart (NFD)."""
    with held.acting("test") as act:
        for number, words in NAMES.items():
            search.index(act.session, number, unicodedata.normalize("NFD" if number == 3 else "NFC", words))
    return held


def _find(held: opened.Opened, words: str, limit: int = 50) -> list[int]:
    with held.reading() as session:
        return search.find(session, words, limit)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("words", "cases"),
    [
        ("dat", [3, 1]),
        ("ĐẠT", [3, 1]),
        ("Đạt", [3, 1]),
        ("đạt sân", [1]),
        ("san truo", [1]),
        ("hoa", [3, 2]),
        ("hoai", [3]),
        ("ho", [3, 2]),
        ("9a", [2]),
        ("ngoc", []),
        ("at", []),
        ("", []),
        ("   ", []),
    ],
)
def test_words_are_found_without_their_marks(
    filled: opened.Opened, form: Literal["NFC", "NFD"], words: str, cases: list[int]
) -> None:
    """Every word begins some word of the case; composed or apart, in either case; newest first."""
    assert _find(filled, unicodedata.normalize(form, words)) == cases


HOSTILE = (
    '"', '""', '*', '"*"', 'dat"', 'dat" OR "hoa', "dat OR hoa", "NEAR(dat hoa)", "folded:dat", "-dat", "^dat",
    "dat*", "(dat", "dat)", "'; DROP TABLE case_search; --", "dat\0hoa", "\0", "%", "_", "{", "+", ":", "AND",
    "NOT dat", "🙂", "\u200b", "\u0301", "\u202e", "x" * 50_000, "a " * 2_000, "case_search", "\\",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_does_anything_but_find(filled: opened.Opened, words: str) -> None:
    """No error, no operator, no other table: a list of cases, and the index is as it was."""
    found = _find(filled, words)
    assert set(found) <= set(NAMES)
    assert _find(filled, "dat") == [3, 1]


def test_operators_are_words(filled: opened.Opened) -> None:
    """``OR`` and ``NOT`` are looked for like any word."""
    assert _find(filled, "dat OR hoa") == []
    assert _find(filled, "NOT dat") == []
    assert _find(filled, "folded:dat") == []


def test_there_is_a_limit(filled: opened.Opened) -> None:
    """The newest come first."""
    assert _find(filled, "dat", limit=1) == [3]


def test_indexing_again_replaces(filled: opened.Opened) -> None:
    """The former words are not found any more."""
    with filled.acting("test") as act:
        search.index(act.session, 1, "Lê Bình")
    assert _find(filled, "dat") == [3]
    assert _find(filled, "binh") == [1]


def test_folding_keeps_the_places_of_letters() -> None:
    """One character for each of the composed text: what is found can be shown where it stands."""
    for words in (*NAMES.values(), "ẶǼ ß İ ŉ ﬁ 漢字 e\u0301\u0323 \u0301x"):
        composed = unicodedata.normalize("NFC", words)
        assert len(search.fold(words)) == len(composed)
        assert search.fold(words) == search.fold(unicodedata.normalize("NFD", words))
