"""``triage doctor --keys`` in a real terminal: the bytes that arrive, and what they mean."""

from __future__ import annotations

import json
import signal
import termios
import unicodedata

import pytest

from tests.tui.conftest import Open
from triage.cli import keyboard

ENTER = "\r"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("tiếng Việt", "tiếng Việt tới đúng"),
        (unicodedata.normalize("NFD", "tiếng Việt"), "Dấu tới rời khỏi chữ"),
        ("tieng\x7f\x7f\x7f\x7fiếng Viet\x7f\x7fệt", "phím xóa lùi"),
        ("\x1b[200~tiếng Việt\x1b[201~", "dạng dán"),
    ],
    ids=["composed", "apart", "backspaces", "paste"],
)
def test_every_way_of_typing_is_read_as_the_same_text(sent: str, says: str, opens: Open, triage: str) -> None:
    """UniKey's ways: all give «tiếng Việt», and what came is said; exit 0."""
    terminal = opens(triage, "--lang", "vi", "doctor", "--keys", columns=200)
    terminal.wait("Hãy gõ")
    terminal.send(sent)
    terminal.wait(lambda text: "tiếng Việt" in text.split("thôi).")[-1])
    terminal.send(ENTER)
    assert terminal.ended() == 0
    assert f"Chương trình đọc được: {keyboard.WANTED}" in terminal.text()
    assert says in terminal.text()
    assert sent.encode().hex(" ")[:60] in terminal.text()


@pytest.mark.parametrize(("key", "ended"), [("\x1b", "escape"), ("\x03", "leave"), (ENTER, "enter")])
def test_each_end_puts_the_terminal_back(key: str, ended: str, opens: Open, triage: str) -> None:
    """As it was, echo and lines; JSON says how it ended."""
    terminal = opens(triage, "--lang", "vi", "doctor", "--keys", "--json", columns=300)
    before = termios.tcgetattr(terminal.fd)
    terminal.wait("Hãy gõ")
    terminal.send("viet")
    terminal.wait("viet")
    terminal.send(key)
    assert terminal.ended() == 0
    assert termios.tcgetattr(terminal.fd) == before
    found = json.loads(next(line for line in terminal.text().splitlines() if line.startswith("{")))
    assert (found["text"], found["ended"], found["as_wanted"]) == ("viet", ended, False)
    assert b"\x1b[?2004l" in terminal.raw


def test_a_signal_puts_the_terminal_back(opens: Open, triage: str) -> None:
    """Asked to end from outside."""
    terminal = opens(triage, "--lang", "vi", "doctor", "--keys")
    before = termios.tcgetattr(terminal.fd)
    terminal.wait("Hãy gõ")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 130
    assert termios.tcgetattr(terminal.fd) == before


def test_bytes_of_another_encoding_are_told(opens: Open, triage: str) -> None:
    """TCVN3 or VNI is not UTF-8: exit 1 and the way out."""
    terminal = opens(triage, "--lang", "vi", "doctor", "--keys", columns=200)
    terminal.wait("Hãy gõ")
    terminal.send(b"ti\xd5ng ")
    terminal.send(ENTER)
    assert terminal.ended() == 1
    assert "không phải UTF-8" in terminal.text()


def test_time_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what had come until then."""
    came = iter([b"vi", b""])
    monkeypatch.setattr(keyboard, "_next", lambda _seconds: next(came))
    assert keyboard._read(1.0) == keyboard.Typed(b"vi", "time")
