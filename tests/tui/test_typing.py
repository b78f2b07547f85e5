"""Vietnamese typed as keyboard programs send it, as bytes, at every pace, in every field."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.tui import ime
from tests.tui.conftest import Open, Terminal

Bytes = list[tuple[bytes, float]]
"""What is written, and the pause after it in seconds."""
Case = Callable[[list[ime.Edit]], Bytes]


def _utf8(text: str) -> bytes:
    return text.encode()


def _fused(edit: ime.Edit, back: bytes = b"\x7f") -> bytes:
    return back * edit.back + _utf8(edit.text)


def _decomposed(edit: ime.Edit) -> bytes:
    return b"\x7f" * edit.back + _utf8(unicodedata.normalize("NFD", edit.text))


def _selected(edit: ime.Edit) -> bytes:
    """Some programs mark with Shift+Left and type over it."""
    return b"\x1b[1;2D" * edit.back + _utf8(edit.text)


def _kitty(edit: ime.Edit) -> bytes:
    return b"\x1b[127u" * edit.back + b"".join(b"\x1b[0;;%du" % ord(one) for one in edit.text)


def _kitty_together(edit: ime.Edit) -> bytes:
    codes = ":".join(str(ord(one)) for one in edit.text)
    return b"\x1b[127u" * edit.back + (b"\x1b[0;;%su" % codes.encode() if codes else b"")


def _each(made: Callable[[ime.Edit], bytes], pause: float) -> Case:
    return lambda edits: [(made(edit), pause) for edit in edits]


def _at_once(made: Callable[[ime.Edit], bytes]) -> Case:
    return lambda edits: [(b"".join(made(edit) for edit in edits), 0.0)]


def _bytewise(made: Callable[[ime.Edit], bytes], pause: float) -> Case:
    return lambda edits: [(bytes([one]), pause) for edit in edits for one in made(edit)]


def _apart(pause: float) -> Case:
    """The taking back and the letters in writes of their own."""
    return lambda edits: [
        part
        for edit in edits
        for part in ((b"\x7f" * edit.back, pause), (_utf8(edit.text), pause))
        if part[0]
    ]


def _words(made: Callable[[ime.Edit], bytes]) -> Case:
    """One write a word."""

    def cut(edits: list[ime.Edit]) -> Bytes:
        words, word = list[tuple[bytes, float]](), b""
        for edit in edits:
            word += made(edit)
            if edit.text == " ":
                words.append((word, 0.002))
                word = b""
        return [*words, (word, 0.0)]

    return cut


def _pasted(form: Literal["NFC", "NFD"], parts: int) -> Case:
    """The sentence comes as pasted text."""

    def cut(_edits: list[ime.Edit]) -> Bytes:
        words = unicodedata.normalize(form, ime.SENTENCE).split(" ")
        chunks = [" ".join(words)] if parts == 1 else [f"{word} " for word in words[:-1]] + words[-1:]
        return [(b"\x1b[200~" + _utf8(chunk) + b"\x1b[201~", 0.001) for chunk in chunks]

    return cut


def _corrected(edits: list[ime.Edit]) -> Bytes:
    """She types a wrong letter after each key and takes it back at once."""
    return [(_fused(edit) + b"x\x7f", 0.0) for edit in edits]


def _moved(edits: list[ime.Edit]) -> Bytes:
    """Home, End between two keys: the cursor goes where it was sent before the next letter comes."""
    return [(_fused(edit) + b"\x1b[H\x1b[F", 0.0) for edit in edits]


CASES: dict[str, Case] = {
    "backspace and text in one write, 5 ms apart": _each(_fused, 0.005),
    "backspace and text in one write, 30 ms apart": _each(_fused, 0.03),
    "backspace and text in one write, no pause": _each(_fused, 0.0),
    "the whole sentence in one write": _at_once(_fused),
    "a word a write": _words(_fused),
    "every byte in a write of its own": _bytewise(_fused, 0.0),
    "every byte in a write of its own, 1 ms apart": _bytewise(_fused, 0.001),
    "backspace as 0x08": _each(lambda edit: _fused(edit, b"\x08"), 0.003),
    "backspace as 0x08, the sentence in one write": _at_once(lambda edit: _fused(edit, b"\x08")),
    "backspace and text in two writes": _apart(0.0),
    "backspace and text in two writes, 2 ms apart": _apart(0.002),
    "marked with shift and left, 5 ms apart": _each(_selected, 0.005),
    "marked with shift and left, in one write": _at_once(_selected),
    "marked with shift and left, a word a write": _words(_selected),
    "kitty: backspace, then text": _each(_kitty, 0.003),
    "kitty: backspace, then text, in one write": _at_once(_kitty),
    "kitty: several letters in one event": _at_once(_kitty_together),
    "letters and marks apart (NFD)": _each(_decomposed, 0.003),
    "letters and marks apart (NFD), in one write": _at_once(_decomposed),
    "letters and marks apart (NFD), every byte alone": _bytewise(_decomposed, 0.0),
    "pasted, marks apart (NFD)": _pasted("NFD", 1),
    "pasted word by word": _pasted("NFC", 2),
    "a wrong letter after each key, taken back": _corrected,
    "home and end after each key": _moved,
}
"""24 ways in which the same sentence arrives."""
RUNS = [
    pytest.param(name, method, keys, id=f"{method}: {name}")
    for name in CASES
    for method, keys in (("Telex", ime.TYPED["Telex"]), ("VNI", ime.TYPED["VNI"]))
]


def test_there_are_24_ways() -> None:
    """As many as were measured; each is one of its own."""
    assert len(CASES) == 24


@pytest.fixture(scope="module", params=["input", "area"])
def field(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A field in a terminal, for all runs of this module."""
    field = Field(request.param, tmp_path_factory.mktemp("typing") / "typed.jsonl")
    yield field
    field.terminal.close()


class Field:
    """A field of ours or of Textual's, in a process of its own."""

    def __init__(self, kind: str, out: Path) -> None:
        self.out = out
        self.terminal = Terminal([sys.executable, "-m", "tests.tui.field_app", kind, str(out)])
        while b"\x1b[?2026l" not in self.terminal.raw:
            self.terminal.pump()
        self.terminal.quiet(0.2)

    def typed(self, sent: Bytes) -> list[str]:
        """What stands in the fields after some bytes."""
        known = len(self.lines())
        for data, pause in sent:
            self.terminal.send(data)
            end = time.monotonic() + pause
            while self.terminal.pump(max(0.0, end - time.monotonic())) or time.monotonic() < end:
                pass
        self.terminal.send(b"\x1b[15~")
        end = time.monotonic() + 15
        while len(self.lines()) == known and time.monotonic() < end:
            self.terminal.pump(0.02)
        found: list[str] = json.loads(self.lines()[known])
        return found

    def lines(self) -> list[str]:
        """What was written so far."""
        return self.out.read_text(encoding="utf-8").splitlines() if self.out.exists() else []


@pytest.mark.parametrize(("name", "method", "keys"), RUNS)
def test_the_sentence_stands_as_it_was_typed(field: Field, name: str, method: str, keys: str) -> None:
    """Telex and VNI, however the bytes arrive: the sentence stands there, each letter with its marks in one."""
    assert field.typed(CASES[name](list(ime.edits(method, keys)))) == [ime.SENTENCE]


def test_a_tone_in_the_middle_of_a_word(field: Field) -> None:
    """The tone typed before the rest of the syllable comes to the same."""
    for method, keys in ime.MIDDLE.items():
        assert field.typed(_at_once(_fused)(list(ime.edits(method, keys)))) == [ime.SENTENCE]


def test_one_backspace_takes_one_letter(field: Field) -> None:
    """A letter that came in pieces is one letter: one Backspace takes it whole."""
    apart = unicodedata.normalize("NFD", "ế").encode()
    assert field.typed([(b"t" + apart, 0.0), (b"\x7f", 0.0)]) == ["t"]


def test_the_test_sees_the_fault(tmp_path: Path) -> None:
    """Textual's own fields scramble many of these ways: if they did not, this test would prove nothing."""
    for kind in ("stock-input", "stock-area"):
        field = Field(kind, tmp_path / f"{kind}.jsonl")
        edits = list(ime.edits("Telex", ime.TYPED["Telex"]))
        broken = [name for name, case in CASES.items() if field.typed(case(edits)) != [ime.SENTENCE]]
        field.terminal.close()
        assert len(broken) >= 8, f"{kind}: only {broken}"


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.01, 0.05])
def test_what_is_typed_ahead_over_tab_lands_in_order(pause: float, opens: Open, tmp_path: Path) -> None:
    """``abc`` Tab ``def`` Shift+Tab ``g``: each in its field, at every pace, twenty times."""
    field = Field("two", tmp_path / "two.jsonl")
    for _time in range(20):
        sent = [(data, pause) for data in (b"abc", b"\t", b"def", b"\x1b[Z", b"g")]
        assert field.typed([(b"".join(data for data, _ in sent), 0.0)] if pause == 0 else sent) == [
            "abcg",
            "def",
        ]
    field.terminal.close()
