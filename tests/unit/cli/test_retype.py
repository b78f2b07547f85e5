"""Three words of a fresh sheet are typed back before it counts."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from triage import errors, i18n
from triage.cli import retype
from triage.store.keys import recovery

WORDS = recovery.spell(bytes(range(16)))


def _typed(monkeypatch: pytest.MonkeyPatch, drawn: list[tuple[int, ...]], text: str) -> tuple[str, str]:
    """What was said, and the code of the error that stopped it."""
    turns = iter(drawn)
    monkeypatch.setattr(recovery, "ask", lambda _words: next(turns))
    stopped = []

    @click.command()
    def command() -> None:
        try:
            retype.check(WORDS)
        except errors.Refused as refused:
            stopped.append(refused.code)

    done = CliRunner().invoke(command, input=text)
    assert done.exception is None
    return done.output, "".join(stopped)


def test_three_right_words_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right at once, with marks and capitals: no second question, and no word is shown."""
    split = WORDS.split()
    said, stopped = _typed(monkeypatch, [(2, 5, 14)], f"{split[1].upper()}\n {split[4]}\n{split[13]}\n")
    assert stopped == "" and i18n.say("All three are right.") in said
    assert "Từ số 2" in said and "Từ số 14" in said and "Từ số 1:" not in said


def test_a_wrong_word_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong: three places once more, drawn anew, until they are right."""
    split = WORDS.split()
    answers = [split[0], split[1], split[3], split[6], split[7], split[8]]
    said, stopped = _typed(monkeypatch, [(1, 2, 3), (7, 8, 9)], "\n".join(answers) + "\n")
    assert stopped == "" and "Từ số 9" in said
    assert i18n.say("Not as on the sheet. Look at it again; three words once more:") in said


@pytest.mark.parametrize("typed", ["", "\n", "ach\n   \n"])
def test_it_stops_with_a_sentence(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """Nothing more to read, or an empty answer: refused, never taken for right."""
    said, stopped = _typed(monkeypatch, [(1, 2, 3)], typed)
    assert stopped == "retype-stopped" and i18n.say("All three are right.") not in said
