"""A console read key by key and painted line by line, before any screen library is there."""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections.abc import Sequence
from types import TracebackType

TYPE_CHECKING = False
# As ``typing`` has it, whose import would cost a tenth of the time until the prompt.
if TYPE_CHECKING:
    from typing import Any

_NAMED = {
    "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\x03": "leave", "\x04": "leave",
    "\x05": "f9", "\x15": "clear", "\x1b": "escape", "\x1bOQ": "f2", "\x1b[12~": "f2", "\x1bOS": "f4",
    "\x1b[14~": "f4", "\x1b[20~": "f9", "\x1bOR": "f3", "\x1b[Q": "f2", "\x1b[S": "f4",
    "\x1b[[B": "f2", "\x1b[[D": "f4", "\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down",
    "\x1b[5~": "pageup", "\x1b[6~": "pagedown",
}  # fmt: skip
"""What a terminal sends for the keys that mean something before the screen; Ctrl+E is F9 for keyboards without it."""
_WINDOWS = os.name == "nt"
_SCANNED = {"<": "f2", ">": "f4", "C": "f9"}
"""What a Windows console sends after NUL for the same keys."""
_ARROWS = dict.fromkeys("GKMORS\x85\x86", "other") | {"H": "up", "P": "down", "I": "pageup", "Q": "pagedown"}
"""What it sends after U+00E0: arrows, and keys that mean nothing here (Home, Delete, F11)."""
_BREATH = 0.4
"""Seconds without a key after which what is typed is something new."""
_REST = 0.03
"""Seconds within which the rest of a key's bytes comes after its first."""


class Console:
    """The terminal in raw mode on its alternate screen: nothing that is painted stays behind."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._typed: list[str] = []
        self._former: Any = None

    def __enter__(self) -> Console:
        if _WINDOWS:
            _obey_sequences()
        else:
            import termios
            import tty

            self._former = termios.tcgetattr(sys.stdin.fileno())
            tty.setraw(sys.stdin.fileno(), termios.TCSANOW)
        self.write("\x1b[?1049h\x1b[?25h")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write("\x1b[2J\x1b[H\x1b[?1049l")
        if self._former is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._former)

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            found = os.get_terminal_size()
        except OSError:
            return 80, 24
        return max(20, found.columns), max(8, found.lines)

    def paint(self, lines: Sequence[str], cursor: tuple[int, int] | None = None) -> None:
        """Paint lines from the top; what does not fit below is left out.

        Args:
            lines: already as wide as the terminal allows.
            cursor: row and column from 0; None hides it.
        """
        shown = "\r\n".join(f"{line}\x1b[K" for line in lines[: self.size()[1]])
        place = "\x1b[?25l" if cursor is None else f"\x1b[{cursor[0] + 1};{cursor[1] + 1}H\x1b[?25h"
        self.write(f"\x1b[H{shown}\x1b[J{place}")

    def write(self, text: str) -> None:
        """Write to the terminal as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def key(self) -> str:
        """The next key: a name, or the letter itself."""
        while not self._typed:
            if self._ready(0.1):
                self._read()
        return self._typed.pop(0)

    def waiting(self) -> bool:
        """Whether keys are there that nobody has looked at: painting waits for the last of them."""
        return bool(self._typed)

    def letters(self) -> bool:
        """Whether letters were typed before anybody asked."""
        if self._ready(0):
            self._read()
        return any(len(key) == 1 for key in self._typed)

    def drop(self) -> None:
        """Throw away what was typed, and what still comes in the same breath; the wish to leave stays."""
        while self._ready(_BREATH):
            self._read()
        self._typed = [key for key in self._typed if key == "leave"]

    def rest(self) -> list[str]:
        """The keys that nobody has looked at."""
        left, self._typed = self._typed, []
        return left

    def _ready(self, seconds: float) -> bool:
        if _WINDOWS:
            import msvcrt

            end = time.monotonic() + seconds
            while not msvcrt.kbhit():  # type: ignore[attr-defined]
                if time.monotonic() > end:
                    return False
                time.sleep(0.01)
            return True
        import select

        return bool(select.select([sys.stdin.fileno()], [], [], seconds)[0])

    def _read(self) -> None:
        if _WINDOWS:
            self._read_windows()
            return
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            self._typed.append("leave")
            return
        text = self._decode(data)
        while text.endswith("\x1b") and self._ready(_REST):
            text += self._decode(os.read(sys.stdin.fileno(), 4096))
        self._typed += _keys(text)

    def _read_windows(self) -> None:
        import msvcrt

        letter: str = msvcrt.getwch()  # type: ignore[attr-defined]
        # U+00E0 begins a key without a letter, whose second half is there at once; alone it is the letter «à».
        if letter in "\x00\xe0" and msvcrt.kbhit():  # type: ignore[attr-defined]
            second: str = msvcrt.getwch()  # type: ignore[attr-defined]
            if letter == "\x00":
                self._typed.append(_SCANNED.get(second, "other"))
            elif second in _ARROWS:
                self._typed.append(_ARROWS[second])
            else:
                self._typed += [letter, _NAMED.get(second, second)]
        else:
            self._typed.append(_NAMED.get(letter, letter))


def _obey_sequences() -> None:
    """Have a Windows console obey the sequences that are written to it: in the older one that is off."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    output, mode = kernel.GetStdHandle(-11), ctypes.c_uint32()
    if kernel.GetConsoleMode(output, ctypes.byref(mode)):
        kernel.SetConsoleMode(output, mode.value | 0x0004)


def _keys(text: str) -> list[str]:
    """Text as it came, cut into keys; a sequence nobody asked for is one key called ``other``."""
    found = []
    while text:
        length = _sequence(text)
        part, text = text[:length], text[length:]
        if part in ("\x1b[200~", "\x1b[201~"):
            continue  # around pasted text
        if length == 1 and (part.isprintable() or part > "\x9f"):
            found.append(part)
        else:
            found.append(_NAMED.get(part, "other"))
    return found


def _sequence(text: str) -> int:
    """How many letters of a text are its first key."""
    if text[0] != "\x1b" or len(text) == 1:
        return 1
    if text[1] == "O":
        return min(3, len(text))
    if text[1] != "[":
        return 1
    place = 2
    if text[2:3] == "[":
        return min(4, len(text))
    while place < len(text) and not "\x40" <= text[place] <= "\x7e":
        place += 1
    return min(place + 1, len(text))


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines no wider than ``width``, cut between words."""
    lines, line = list[str](), ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while len(line) > width:
            lines.append(line[:width])
            line = line[width:]
    return [*lines, line]
