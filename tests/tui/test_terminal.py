"""What must never leave the program by its terminal, its crash, its clipboard, its files."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.tui.conftest import Open, Terminal
from tests.tui.planted import NOTE, SECRET

OSC52 = b"\x1b]52"
ALT_OFF, ALT_ON = b"\x1b[?1049l", b"\x1b[?1049h"
MODES = (b"\x1b[?1000l", b"\x1b[?1004l", b"\x1b[?2004l", b"\x1b[?25h")
"""Mouse, focus and paste reports off, cursor on."""


def _start(opens: Open, where: str = "", **more: str) -> Terminal:
    """The app, painted, with the secret typed."""
    terminal = opens(sys.executable, "-m", "tests.tui.fault_app", where, env=more)
    if where == "compose":
        return terminal
    terminal.wait("said")
    terminal.send(SECRET)
    terminal.wait("•" * len(SECRET))
    return terminal


@pytest.mark.parametrize("where", ["action", "handler", "worker", "compose", "render", "rich", "panic"])
def test_a_crash_says_a_kind_and_a_place_and_nothing_else(where: str, opens: Open) -> None:
    """Wherever it breaks: status 70, no local, no message, no note in what is printed; the terminal is put back."""
    terminal = _start(opens, where)
    before = len(terminal.raw)
    if where != "compose":
        terminal.send(b"\x1b[15~")
    assert terminal.ended() == 70
    printed = bytes(terminal.raw[before:])
    after = printed[printed.rindex(ALT_OFF) :] if ALT_OFF in printed else printed
    for planted in (SECRET, NOTE, "Zukavo", "zulukapoc"):
        assert planted.encode() not in after
        assert planted not in terminal.text()
    assert b"Traceback" not in printed
    assert "fault_app.py:" in terminal.text() or where == "panic"


@pytest.mark.parametrize("name", ["TEXTUAL_LOG", "TEXTUAL_DEBUG", "TEXTUAL"])
def test_no_variable_makes_it_write_keys_to_a_file(name: str, opens: Open, tmp_path: Path) -> None:
    """TEXTUAL_LOG and its like are dropped before Textual is there."""
    log = tmp_path / "log.txt"
    terminal = _start(opens, **{name: str(log) if name == "TEXTUAL_LOG" else "1"})
    terminal.send(b"\x1b[17~")
    assert terminal.ended() == 0
    assert not log.exists()
    here = [path for path in Path.cwd().iterdir() if path.suffix == ".log" or "keys" in path.name]
    assert here == []


def test_nothing_goes_to_the_clipboard(opens: Open) -> None:
    """Ctrl+C and Ctrl+X on a marked secret, line or text, and marking with the mouse: no OSC 52."""
    terminal = _start(opens)
    for _field in range(3):
        terminal.send(b"\x1b[1;2H\x03\x18")
        terminal.send(b"\x1b[<0;3;1M\x1b[<32;20;2M\x1b[<0;20;2m\x03")
        terminal.send(b"\tabc")
        terminal.quiet()
    terminal.send(b"\x1b[19~")
    terminal.quiet()
    assert OSC52 not in terminal.raw


def test_ctrl_c_and_ctrl_z_neither_end_nor_stop_it(opens: Open) -> None:
    """A slip of the hand leaves no unlocked screen behind and loses nothing."""
    terminal = _start(opens)
    terminal.send(b"\x03\x1a\x1c")
    terminal.quiet()
    assert terminal.process.poll() is None
    state = Path(f"/proc/{terminal.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    assert state in "SR"
    terminal.send(b"\tabc")
    terminal.wait("abc")


@pytest.mark.parametrize(
    "bad", [b"\xe0", b"\xff\xfe", b"\xc3", b"\x1b[M\x20\xe0\x21", b"\xf0\x9f"], ids=lambda one: one.hex()
)
def test_a_bad_byte_does_not_end_it(bad: bytes, opens: Open) -> None:
    """Half a letter, a mouse report beyond column 95, a byte that is none: the next word still arrives."""
    terminal = _start(opens)
    terminal.send(b"\t" + bad)
    terminal.quiet(0.2)
    terminal.send(b"abc")
    terminal.wait("abc")
    assert terminal.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_when_the_system_ends_it_the_terminal_is_put_back(number: signal.Signals, opens: Open) -> None:
    """The alternate screen is left, modes are off, nothing of the note is in the scrollback."""
    terminal = _start(opens)
    os.kill(terminal.pid, number)
    assert terminal.ended() == 0
    assert terminal.raw.rindex(ALT_OFF) > terminal.raw.rindex(ALT_ON)
    for mode in MODES:
        assert mode in terminal.raw[terminal.raw.rindex(ALT_ON) :]
    assert NOTE not in terminal.history()


def test_after_the_end_nothing_is_left_even_without_an_alternate_screen(opens: Open) -> None:
    """A tmux may ignore the alternate screen: what stood there is overwritten before it is left."""
    terminal = _start(opens)
    terminal.send(b"\x1b[17~")
    assert terminal.ended() == 0
    seen = bytes(terminal.raw).replace(ALT_OFF, b"").replace(ALT_ON, b"")
    import pyte

    screen = pyte.HistoryScreen(80, 24, history=5000)
    pyte.ByteStream(screen).feed(seen)
    assert "Zukavo" not in "\n".join(screen.display)


def test_blank_now_clears_at_once(opens: Open) -> None:
    """The clear reaches the terminal within a few milliseconds of the key, whatever is laid out afterwards."""
    terminal = _start(opens)
    terminal.quiet()
    mark = len(terminal.raw)
    terminal.send(b"\x1b[18~")
    end = time.monotonic() + 5
    while b"\x1b[2J" not in terminal.raw[mark:] and time.monotonic() < end:
        terminal.pump(0.01)
    assert b"\x1b[2J\x1b[H\x1b[3J" in terminal.raw[mark:]
    assert b"Zukavo" not in terminal.raw[mark : terminal.raw.index(b"\x1b[2J", mark)]


def test_it_survives_a_storm_of_sizes(opens: Open) -> None:
    """Down to one cell and back: it still answers."""
    terminal = _start(opens)
    for columns, rows in ((1, 1), (200, 60), (3, 2), (80, 1), (80, 24)):
        terminal.resize(columns, rows)
        terminal.pump(0.05)
    terminal.send(b"\tabc")
    terminal.wait("abc")
