"""The terminal, and what arrives from its keyboard: input methods such as UniKey type in more than one way."""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from triage import clean, errors, i18n
from triage.store.findings import Finding

WANTED = "tiếng Việt"
LONGEST = 60.0
"""Seconds after which the test ends by itself."""
MOST = 2000
"""Bytes after which it ends."""
_REST = 0.05
"""Seconds within which the rest of a key's bytes comes after its first."""
_PASTE = (b"\x1b[200~", b"\x1b[201~")
_SMALLEST = (80, 24)


@dataclass(frozen=True, slots=True)
class Typed:
    """What arrived."""

    data: bytes
    """Every byte, without the key that ended the test."""
    ended: str
    """enter, escape, time, leave or full."""

    @property
    def readable(self) -> bool:
        """Whether the bytes are UTF-8."""
        try:
            self._bare().decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    @property
    def text(self) -> str:
        """What the program makes of them: backspaces obeyed, each letter with its marks as one."""
        made = ""
        for letter in self._bare().decode("utf-8", errors="replace"):
            if letter in "\x7f\x08":
                made = made[:-1]
            elif letter.isprintable() or unicodedata.combining(letter):
                made = unicodedata.normalize("NFC", made + letter)
        return made

    @property
    def separate_marks(self) -> bool:
        """Whether a mark came as a character of its own."""
        return any(unicodedata.combining(one) for one in self._bare().decode("utf-8", errors="replace"))

    @property
    def backspaces(self) -> int:
        """How many backspaces came."""
        return self.data.count(b"\x7f") + self.data.count(b"\x08")

    @property
    def pasted(self) -> bool:
        """Whether it was pasted, or sent as if it were."""
        return _PASTE[0] in self.data

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "bytes": self.data.hex(" "), "text": self.text, "wanted": WANTED, "as_wanted": self.text == WANTED,
            "utf8": self.readable, "separate_marks": self.separate_marks, "backspaces": self.backspaces,
            "pasted": self.pasted, "ended": self.ended,
        }  # fmt: skip

    def said(self) -> list[str]:
        """What arrived and what it means, a line each."""
        lines = [
            i18n.say("Bytes: {bytes}", bytes=self.data.hex(" ") or "–"),
            i18n.say("The program reads: {text}", text=clean.line(self.text) or "–"),
        ]
        return lines + [i18n.say(one) for one in self._means()]

    def _means(self) -> Iterator[str]:
        if not self.readable:
            yield i18n.later("These bytes are not UTF-8: choose UTF-8 for the window, and Unicode in UniKey.")
            return
        if self.text == WANTED:
            yield i18n.later("All is well: Vietnamese arrives as it should.")
        elif self.text and self.text.isascii():
            yield i18n.later(
                "No marks arrived: is UniKey on V, with Unicode and the way of typing you are used to?"
            )
        elif self.text:
            yield i18n.later("Another text arrived than was asked for. If you typed it so, all is well.")
        if self.separate_marks:
            yield i18n.later("Marks came apart from their letters; the program puts them together.")
        if self.backspaces:
            yield i18n.later(
                "Backspaces came along, as UniKey sends them to put a mark on; the program obeys them."
            )
        if self.pasted:
            yield i18n.later("The text came as a paste; the program takes it the same way.")

    def _bare(self) -> bytes:
        bare = self.data
        for mark in _PASTE:
            bare = bare.replace(mark, b"")
        return bare


def findings() -> list[Finding]:
    """The terminal this runs in: its kind, encoding, size, colours."""
    if not sys.stdout.isatty():
        return [Finding("terminal", True, "doctor-terminal-none")]
    term = os.environ.get("TERM", "") or ("windows" if os.name == "nt" else "?")
    encoding = (sys.stdout.encoding or "?").upper()
    size = os.get_terminal_size(sys.stdout.fileno())
    truecolor = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    colour = "16 777 216" if truecolor else "256" if "256" in term else "8"
    values = {
        "term": term,
        "encoding": encoding,
        "columns": size.columns,
        "rows": size.lines,
        "colour": colour,
    }
    wrong = []
    if term in ("dumb", "?"):
        wrong.append(Finding("terminal", False, "doctor-terminal-plain", {"term": term}))
    if encoding not in ("UTF-8", "UTF8"):
        wrong.append(Finding("terminal", False, "doctor-terminal-encoding", {"encoding": encoding}))
    if size.columns < _SMALLEST[0] or size.lines < _SMALLEST[1]:
        small = {"columns": size.columns, "rows": size.lines}
        wrong.append(Finding("terminal", False, "doctor-terminal-small", small))
    return wrong or [Finding("terminal", True, "doctor-terminal", values)]


def test(longest: float = LONGEST) -> Typed:
    """Ask for a line and take what arrives, byte by byte; Enter, Esc, Ctrl+C or time ends it.

    Raises:
        errors.Refused: ``keys-need-terminal``.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise errors.Refused("keys-need-terminal")
    asked = i18n.say("Type: {wanted}, then Enter (Esc: stop).", wanted=WANTED)
    sys.stderr.write(f"{asked}\n")
    sys.stderr.flush()
    with _raw():
        return _read(longest)


def _read(longest: float) -> Typed:
    data, until = b"", time.monotonic() + longest
    while len(data) < MOST:
        key = _next(until - time.monotonic())
        if not key:
            return Typed(data, "time")
        ends = {b"\r": "enter", b"\n": "enter", b"\x1b": "escape", b"\x03": "leave", b"\x04": "leave"}
        # In a paste a line break ends the test too: what comes behind it is not for the shell.
        for place in range(len(key)):
            if key[place : place + 1] in ends and not (key[place] == 0x1B and key[place + 1 :]):
                _drop()
                return Typed(data + key[:place], ends[key[place : place + 1]])
        data += key
        sys.stderr.write(f"\r\x1b[K{clean.line(Typed(data, '').text)}")
        sys.stderr.flush()
    _drop()
    return Typed(data, "full")


def _drop() -> None:
    """Take what comes in the same breath: it is not for the shell."""
    while _next(_REST):
        pass


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _raw() -> Iterator[None]:
        yield
        sys.stderr.write("\n")

    def _next(seconds: float) -> bytes:
        until = time.monotonic() + seconds
        while not msvcrt.kbhit():
            if time.monotonic() >= until:
                return b""
            time.sleep(0.01)
        return msvcrt.getwch().encode("utf-8", errors="replace")

else:
    import select
    import termios
    import tty

    @contextmanager
    def _raw() -> Iterator[None]:
        """Every byte as it comes; the terminal is put back however this ends."""
        handle = sys.stdin.fileno()
        former = termios.tcgetattr(handle)
        try:
            tty.setraw(handle, termios.TCSANOW)
            sys.stderr.write("\x1b[?2004h")
            sys.stderr.flush()
            yield
        finally:
            sys.stderr.write("\x1b[?2004l\r\n")
            sys.stderr.flush()
            termios.tcsetattr(handle, termios.TCSANOW, former)

    def _next(seconds: float) -> bytes:
        """The bytes that are there, whole letters and whole sequences; none when the time is over."""
        handle = sys.stdin.fileno()
        if not select.select([handle], [], [], max(0.0, seconds))[0]:
            return b""
        data = os.read(handle, MOST)
        while (data.endswith(b"\x1b") or _torn(data)) and select.select([handle], [], [], _REST)[0]:
            data += os.read(handle, MOST)
        # The end of the terminal is an end.
        return data or b"\x04"

    def _torn(data: bytes) -> bool:
        """Whether the last letter is not whole yet."""
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            return error.end == len(data) and error.reason == "unexpected end of data"
        return False
