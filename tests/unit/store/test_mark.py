"""The mark: six words that name one entry of one store, at the price of a passphrase guess."""

from __future__ import annotations

import pytest

from tests.unit.store.conftest import CHEAP
from triage import errors
from triage.desk import log, session
from triage.store import mark, opened
from triage.store.keys import person, wordlist

STORE = "0123456789abcdef0123456789abcdef"


def test_the_words_stay_what_they_are() -> None:
    """A mark on paper is compared years later: another way to make it would cry wolf."""
    assert mark.words(STORE, 1, b"\1" * 32, cost=CHEAP) == "nha dinh muc chun quoc tot"


def test_store_number_and_hash_are_all_in_it() -> None:
    """Any other of the three gives other words; all are six of the list."""
    marks = {
        mark.words(STORE, 1, b"\1" * 32, cost=CHEAP),
        mark.words(STORE[::-1], 1, b"\1" * 32, cost=CHEAP),
        mark.words(STORE, 2, b"\1" * 32, cost=CHEAP),
        mark.words(STORE, 1, b"\2" * 32, cost=CHEAP),
    }
    assert len(marks) == 4
    for words in marks:
        assert len(words.split()) == 6
        assert set(words.split()) <= set(wordlist.syllables())


def test_a_try_costs_what_a_guess_at_a_passphrase_costs(
    held: opened.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The floor of the locks, unless a test says otherwise."""
    asked = []

    class Counted:
        def __init__(
            self, *, salt: bytes, length: int, iterations: int, lanes: int, memory_cost: int
        ) -> None:
            asked.append((memory_cost, iterations, lanes))

        def derive(self, data: bytes) -> bytes:
            return bytes(8)

    monkeypatch.setattr(mark, "Argon2id", Counted)
    log.marked(session.Desk(held, held.clock))
    assert (
        asked == [(person.FLOOR.memory_kib, person.FLOOR.iterations, person.FLOOR.lanes)] == [(65536, 3, 4)]
    )


def test_an_old_entry_keeps_its_mark_while_the_log_grows(held: opened.Opened, desk: session.Desk) -> None:
    """What was written down last week is compared with the mark of that entry now."""
    before = log.marked(desk)
    with held.acting("test.done"):
        pass
    assert log.marked(desk, before.seq) == before
    assert log.marked(desk).words != before.words
    with pytest.raises(errors.UsageError, match="no-such-entry"):
        log.marked(desk, 3)
