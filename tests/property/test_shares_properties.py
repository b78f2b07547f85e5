"""Any two of three shares give back what was split, whatever it is; anything that is typed is answered."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from triage import errors
from triage.store.keys import shares, wordlist

RAW = st.binary(min_size=16, max_size=16)
STORES = st.binary(min_size=16, max_size=16).map(bytes.hex)
NUMBERS = st.integers(1, 300)
LISTS = st.sampled_from(wordlist.LANGUAGES)


@settings(deadline=None)
@given(raw=RAW, store=STORES, number=NUMBERS, language=LISTS)
def test_any_two_of_three_give_it_back(raw: bytes, store: str, number: int, language: str) -> None:
    """In each order; each says its own number; each has fifteen words of its list."""
    made = shares.split(raw, store=store, number=number, language=language)
    assert [shares.read(one.words, store=store, number=number) for one in made] == [1, 2, 3]
    for one, two in itertools.permutations(made, 2):
        joined = shares.join(one.words, two.words, store=store, number=number, commit_check=raw.__eq__)
        assert joined == raw
    for one in made:
        assert len(one.words.split()) == 15 and set(one.words.split()) <= set(wordlist.syllables(language))


@settings(max_examples=40, deadline=None)
@given(
    raw=RAW, number=NUMBERS, language=LISTS, place=st.integers(0, 14), other=st.integers(0, 1023),
    pair=st.sampled_from(list(itertools.permutations(range(3), 2))),
)  # fmt: skip
def test_a_single_wrong_word_of_any_share_is_named(
    raw: bytes, number: int, language: str, place: int, other: int, pair: tuple[int, int]
) -> None:
    """One word of the list in place of another, in the first or the second share given: which, and where."""
    made = shares.split(raw, store="ab" * 16, number=number, language=language)
    words = [made[at].words.split() for at in pair]
    word = wordlist.syllables(language)[other]
    same, words[1][place] = words[1][place] == word, word
    try:
        joined = shares.join(
            " ".join(words[0]), " ".join(words[1]), store="ab" * 16, number=number, commit_check=raw.__eq__
        )
        assert same and joined == raw
    except errors.WrongPassphrase as wrong:
        told = (wrong.code, wrong.values["which"], wrong.values["place"])
        assert not same and told == ("share-wrong-word", 2, place + 1)


@settings(max_examples=60, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=80), st.lists(st.sampled_from(wordlist.syllables()), min_size=15, max_size=15)
    )
)
def test_whatever_is_typed_as_a_share_is_answered(text: str | list[str]) -> None:
    """Any text, any fifteen words: refused with a reason, or (one in 65,536) whole."""
    try:
        typed = text if isinstance(text, str) else " ".join(text)
        assert shares.read(typed, store="ab" * 16, number=3) in (1, 2, 3)
    except errors.WrongPassphrase as wrong:
        assert wrong.code.startswith("share-")
