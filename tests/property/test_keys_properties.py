"""Headers and recovery words come back as they went, whatever people, labels and passphrases there are."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from triage import canon, schema
from triage.store.keys import document, grants, header, passphrase, person, recovery, wordlist
from triage.terms import Right

CHEAP = header.Cost(memory_kib=8, iterations=1, lanes=1)
LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda label: label.casefold() != person.RECOVERY_LABEL
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=40, deadline=None)
@given(
    first=LABELS,
    words=WORDS,
    others=st.lists(
        st.tuples(LABELS, st.sampled_from(Right), WORDS), max_size=3, unique_by=lambda one: one[0].casefold()
    ),
)
def test_a_header_comes_back_and_opens_for_everybody(
    first: str, words: str, others: list[tuple[str, Right, str]]
) -> None:
    """Any labels and passphrases: the document fits its schema, reads back, and each opens the same root."""
    others = [one for one in others if not header.same_label(one[0], first)]
    others = [
        one
        for at, one in enumerate(others)
        if not any(header.same_label(one[0], two[0]) for two in others[:at])
    ]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "store"
        lead, sheet, _six = header.create(
            folder,
            label=first,
            passphrase=words,
            school="",
            code="",
            now=datetime(2026, 1, 1, tzinfo=UTC),
            cost=CHEAP,
        )
        for label, right, secret in others:
            header.add_member(folder, lead, label=label, right=right, passphrase=secret, cost=CHEAP)
        data = (folder / "header.json").read_bytes()
        parsed = document.parse(data)
        assert canon.dumps(parsed.as_json()) + b"\n" == data
        schema.check(json.loads(data), "header-v1")
        keys = {header.recover(folder, sheet).subkey("db"), lead.subkey("db")}
        for label, right, secret in [(first, Right.LEAD, words), *others]:
            unlocked = header.unlock(folder, label, secret, allow_cheap=True)
            assert (unlocked.label, unlocked.right, unlocked.gen) == (label, right, len(others) + 1)
            keys.add(unlocked.subkey("db"))
        assert len(keys) == 1


@given(raw=st.binary(min_size=16, max_size=16), language=st.sampled_from(wordlist.LANGUAGES))
def test_recovery_words_come_back(raw: bytes, language: str) -> None:
    """Spell and read are each other's way back, in capitals too, in both lists."""
    words = recovery.spell(raw, language)
    assert recovery.read(words) == recovery.read(words.upper()) == raw


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(min_size=16, max_size=16), place=st.integers(0, 13), other=st.integers(0, 1023))
def test_a_single_wrong_word_is_named(raw: bytes, place: int, other: int) -> None:
    """One word of the list in place of another: its place is told, or nothing is wrong."""
    words = recovery.spell(raw).split()
    word = wordlist.syllables()[other]
    expected = None if words[place] == word else recovery.Problem("recovery-word", place + 1)
    words[place] = word
    found = recovery.diagnose(" ".join(words), lambda tried: tried == raw)
    # A word replaced by its neighbour's twin may be a swap as well; both name the place.
    assert found == expected


@given(text=st.text(max_size=80))
def test_whatever_is_typed_as_recovery_words_is_answered(text: str) -> None:
    """Diagnose answers any text with a problem; fold is idempotent."""
    assert recovery.diagnose(text, lambda _raw: False) is not None
    assert wordlist.fold(wordlist.fold(text)) == wordlist.fold(text)


@given(root=st.binary(min_size=32, max_size=32), one=st.text(max_size=10), other=st.text(max_size=10))
def test_purposes_are_apart(root: bytes, one: str, other: str) -> None:
    """Two purposes share a key only when they are the same."""
    purposes = [text.encode("utf-8", "ignore").decode() for text in (one, other)]
    keys = [person.subkey(root, purpose) for purpose in purposes]
    assert (keys[0] == keys[1]) == (purposes[0] == purposes[1])


@settings(deadline=None)
@given(
    words=st.text(max_size=40),
    school=st.text(max_size=20),
    code=st.text(max_size=10),
    label=st.text(max_size=20),
)
def test_any_passphrase_is_answered(words: str, school: str, code: str, label: str) -> None:
    """The floor answers any text with one of its reasons or none; shorter than 15 characters is always short."""
    why = passphrase._weakness(wordlist.fold(words), len(words), [school, code, label])
    assert why in {None, "short", "digits", "repeated", "common", "known", "date"}
    assert (why == "short") == (len(words) < passphrase.LEAST)


@given(core=st.binary(min_size=32, max_size=32))
def test_compare_words_are_six_of_the_list(core: bytes) -> None:
    """Any core has six words, and they are those of no near neighbour."""
    words = grants.compare_words(core.hex())
    assert len(words.split()) == 6 and set(words.split()) <= set(wordlist.syllables())
    near = bytes([core[0] ^ 1]) + core[1:]
    assert grants.compare_words(near.hex()) != words
