"""What a terminal sends, cut into keys and pasted text: pasted text is only text, and no sequence ends the program."""

from __future__ import annotations

import random  # noqa: TID251 - a seed that is printed
import secrets

import pytest
from textual import events

from triage.tui.terminal import _Parser

BEGIN, END = "\x1b[200~", "\x1b[201~"


def _tokens(*chunks: str) -> list[events.Event]:
    parser = _Parser()
    return [token for chunk in chunks for token in parser.feed(chunk) if isinstance(token, events.Event)]


@pytest.mark.parametrize(
    "inside",
    ["C\x13D", "\x1b[31mC\x13D", "\x1b]52;c;QQ==\x07", "\x1b", "\x1b[20", "\x1bOP\x1b[20~", "a\x00b\r\n\tc"],
    ids=repr,
)
def test_pasted_text_is_one_text(inside: str) -> None:
    """Escapes and control bytes within it are no keys; what stands before and after it is typed."""
    for cut in range(1, len(BEGIN + inside + END) + 3):
        whole = f"x{BEGIN}{inside}{END}y"
        found = _tokens(whole[:cut], whole[cut:])
        pasted = [one.text for one in found if isinstance(one, events.Paste)]
        keys = [one.key for one in found if isinstance(one, events.Key)]
        # The sign that begins it comes whole from every terminal; cut in its first two letters it is Textual's.
        if cut not in (2, 3):
            assert pasted == [inside.replace("\x00", "").replace("\r\n", "\n")], cut
            assert keys == ["x", "y"], cut


@pytest.mark.parametrize(
    "sequence", ["\x1b[97;1:3u", "\x1b[1114112u", "\x1b[99999999999u", "\x1b[48;99999;99999;0;0t"]
)
def test_a_sequence_out_of_range_is_nothing(sequence: str) -> None:
    """What follows it is still read."""
    found = _tokens(sequence, "k")
    assert [one.key for one in found if isinstance(one, events.Key) and one.key != "<ignore>"] == ["k"]
    assert not [one for one in found if isinstance(one, events.Resize)]


def test_no_bytes_at_all_end_the_parser() -> None:
    """20,000 random pieces of sequences: none raises, and a letter afterwards is read."""
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    parser = _Parser()
    parts = ("\x1b", "\x1b[", "\x1bO", "\x1b]", "\x1b[200~", "\x1b[201~", "\x1b[<", "\x1b[?2026;", ";", ":", "9" * 12,
             "1114112", "u", "~", "t", "M", "m", "R", "$y", "a", "ế", "\x00", "\x9b", "\ufffd", "\x07")  # fmt: skip
    for piece in range(20_000):
        text = "".join(chance.choices(parts, k=chance.randint(1, 6)))
        try:
            list(parser.feed(text))
        except Exception as error:
            raise AssertionError(f"seed {seed}, piece {piece}: {text!r}") from error
    ends = parser.feed("\x1b[201~" + "z" * 40 + "q")
    assert "q" in [one.key for one in ends if isinstance(one, events.Key)], f"seed {seed}"


def test_the_lines_of_pasted_text_are_lines() -> None:
    """A terminal sends their ends as carriage returns; the student's words keep their lines."""
    (pasted,) = (one for one in _tokens(f"{BEGIN}một\rhai\r\nba\nbốn{END}") if isinstance(one, events.Paste))
    assert pasted.text == "một\nhai\nba\nbốn"
