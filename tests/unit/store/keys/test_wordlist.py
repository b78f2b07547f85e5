"""The list of syllables."""

from __future__ import annotations

import re

from triage.store.keys import wordlist

RUDE = {
    "lon", "buoi", "cac", "cu", "dit", "deo", "dech", "dam", "dai", "ia", "cut", "cho", "ngu",
    "vu", "mong", "gai", "diem", "hiep", "giet", "chet", "tu", "dan", "khung", "dien", "du", "xac",
    "ma", "chich", "bu", "mut", "liem", "nung", "bop", "treo", "dao", "sung", "trym", "chim",
    "buom", "bim", "cum", "tit", "sex", "gay",
}  # fmt: skip


def test_a_thousand_and_twenty_four_syllables() -> None:
    """1,024, sorted, different, two to six ASCII letters, none of them rude when its marks are guessed."""
    words = wordlist.syllables()
    assert len(words) == 1 << wordlist.BITS == 1024
    assert list(words) == sorted(set(words))
    assert all(re.fullmatch("[a-z]{2,6}", word) for word in words)
    assert not RUDE & set(words)


def test_each_has_a_vowel_and_an_onset_that_exists() -> None:
    """Each is built like a Vietnamese syllable: onset, vowels, a final that exists."""
    shape = re.compile(
        r"(b|ch|c|d|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x)?[aeiouy]{1,3}(ch|nh|ng|c|m|n|p|t)?"
    )
    assert [word for word in wordlist.syllables() if not shape.fullmatch(word)] == []


def test_folding_takes_marks_and_case() -> None:
    """Typed with marks, in capitals, composed or not: the same syllable."""
    assert wordlist.fold("ĐƯỜNG Ướt NGHIÊNG") == "duong uot nghieng"
    assert all(wordlist.fold(word) == word for word in wordlist.syllables())


def test_numbers_are_spelled_from_the_highest_bits() -> None:
    """Ten bits a word, highest first."""
    words = wordlist.syllables()
    assert wordlist.of_number(0, 3) == [words[0]] * 3
    assert wordlist.of_number(1 << 20 | 2 << 10 | 3, 3) == [words[1], words[2], words[3]]
    assert [wordlist.places()[word] for word in words] == list(range(1024))
