"""The two lists of words."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

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


DARK = {
    "abuse", "alcohol", "angel", "angry", "army", "assault", "attack", "bible", "blade", "bless", "blood", "body",
    "bomb", "bullet", "casino", "cigar", "crash", "crime", "cruel", "danger", "dead", "death", "demon", "despair",
    "devil", "disease", "divorce", "dose", "drink", "drug", "drunk", "enemy", "evil", "faith", "fatal", "fear", "fever",
    "fight", "ghost", "girl", "goddess", "gospel", "grief", "guilt", "harm", "hate", "heaven", "hell", "holy", "horror",
    "hurt", "injury", "kill", "kiss", "knife", "lonely", "love", "lust", "monster", "murder", "naked", "nude",
    "pain", "panic", "pill", "pistol", "poison", "police", "pray", "prison", "punish", "rape", "rifle", "ritual",
    "romance", "saint", "satoshi", "scare", "secret", "shame", "shoot", "sick", "skin", "slave", "smoke", "soul",
    "spirit", "stab", "strip", "suicide", "sword", "tears", "temple", "threat", "tobacco", "toxic", "tragic",
    "trap", "trauma", "ugly", "useless", "victim", "violence", "violent", "virgin", "virus", "weapon", "whip", "wine",
    "wound",
}  # fmt: skip


def _near(one: str, other: str) -> bool:
    """Whether one slip makes one of the other: a letter changed, left out or added."""
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) < 2
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def test_a_thousand_and_twenty_four_english_words() -> None:
    """1,024, sorted, four to eight letters, the first four distinct, nothing dark, two slips apart."""
    words = wordlist.syllables("en")
    assert len(words) == 1024 and list(words) == sorted(set(words))
    assert all(re.fullmatch("[a-z]{4,8}", word) for word in words)
    assert len({word[:4] for word in words}) == 1024
    assert not DARK & set(words)
    assert [(one, two) for one, two in itertools.combinations(words, 2) if _near(one, two)] == []


def test_no_word_of_one_list_is_a_slip_from_the_other() -> None:
    """None is on both, and none is one letter away from one of the other: a word tells its list."""
    pairs = itertools.product(wordlist.syllables("vi"), wordlist.syllables("en"))
    assert [pair for pair in pairs if abs(len(pair[0]) - len(pair[1])) < 2 and _near(*pair)] == []


def test_each_english_word_is_of_the_list_it_is_taken_from() -> None:
    """The notice names source and licence, and travels with the words."""
    notice = (Path(wordlist.__file__).parent / "LICENSE-BIP39.txt").read_text(encoding="utf-8")
    assert "BIP-39" in notice and "MIT License" in notice and "python-mnemonic" in notice


def test_what_is_typed_is_taken_word_by_word() -> None:
    """Numbers, commas, marks and capitals do not matter; of a sheet only the numbered words count."""
    assert wordlist.typed(" 1. Ách 2.bày\n3) Đệnh, 4 tep  ") == ["ach", "bay", "denh", "tep"]
    sheet = (
        f"RECOVERY 1/3\nSet 3, 25/11/2026\nStore {'AB' * 16}\n   1. ach    2. bay\n\n  3. tep\nPut it away."
    )
    assert wordlist.typed(sheet) == ["ach", "bay", "tep"] and wordlist.store_of(sheet) == "ab" * 16
    assert wordlist.store_of("ach bay") is None and wordlist.typed(" \n ") == []


def test_most_words_tell_the_list() -> None:
    """The list of the majority; of two equal halves the Vietnamese one."""
    assert wordlist.language_of(["ach", "bay", "zebra"]) == "vi"
    assert wordlist.language_of(["ach", "zebra", "yellow"]) == "en"
    assert wordlist.language_of(["ach", "zebra"]) == wordlist.language_of([]) == "vi"


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
