"""A real terminal for the screen: a pty, a terminal emulator that nobody here wrote, waits on what is seen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte
import pytest

from triage.desk import session
from triage.tui import environment

WORDS = "bon con thuyen giay troi xa"
"""The passphrase of the invented stores here."""


class Terminal:
    """A program in a pty of 80 x 24, and what a person would see of it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self.seen = pyte.HistoryScreen(columns, rows, history=5000)
        self._stream = pyte.ByteStream(self.seen)
        self.raw = bytearray()
        """Every byte that the program wrote."""
        self._answered = False
        self._painting = False
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        clean = {key: value for key, value in os.environ.items() if not key.startswith("TEXTUAL")}
        self.process = subprocess.Popen(
            list(command), stdin=child, stdout=child, stderr=child, close_fds=True, start_new_session=True,
            env=clean | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "vi_VN.UTF-8", **(env or {})},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(child)
        self.fd = parent

    @property
    def pid(self) -> int:
        """The program's first process."""
        return self.process.pid

    def children(self, pid: int | None = None) -> list[int]:
        """Its children, or those of another process: the worker, under a keeper."""
        of = pid or self.pid
        found = Path(f"/proc/{of}/task/{of}/children").read_text().split()
        return [int(one) for one in found]

    def send(self, data: bytes | str) -> None:
        """Type: all bytes at once."""
        os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def pump(self, seconds: float = 0.05) -> bool:
        """Read what the program has written meanwhile; whether there was anything."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        if not data:
            return False
        self.raw += data
        # A frame comes between these two (synchronized output): a terminal shows it when it is whole.
        begins = data.rfind(b"\x1b[?2026h")
        ends = max(data.rfind(end) for end in (b"\x1b[?2026l", b"\x1b[?1049l"))
        self._painting = begins > ends if begins != ends else self._painting
        if not self._answered and b"\x1b[?2026$p" in self.raw:
            self._answered = True
            os.write(self.fd, b"\x1b[?2026;2$y")
        # Sequences that a real terminal swallows and pyte would print (Kitty keys, mouse shapes).
        data = re.sub(rb"\x1b\[[<>=][0-9;]*[a-z]|\x1b\[\?[0-9;]*\$p", b"", data)
        *inside, after = data.split(b"\x1b[?1049l")
        for part in inside:
            # pyte has no alternate screen: what stood before it was empty here.
            self._stream.feed(part + b"\x1b[0m\x1b[2J\x1b[H")
        self._stream.feed(after)
        return True

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self.seen.display)

    def history(self) -> str:
        """What was scrolled off the top."""
        lines = []
        for line in self.seen.history.top:
            lines.append("".join(line[column].data for column in range(self.seen.columns)))
        return "\n".join(lines)

    def wait(self, wanted: str | Callable[[str], bool], seconds: float = 15.0) -> str:
        """Wait until a text stands on the screen (or a condition holds); what stands there then."""
        holds = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._painting and holds(self.text()):
                return self.text()
            if not self.pump() and self.process.poll() is not None and not self.pump():
                break
        if holds(self.text()):
            return self.text()
        raise AssertionError(f"waited for {wanted!r}; the screen says:\n{self.text()}")

    def quiet(self, still: float = 0.3, limit: float = 5.0) -> str:
        """Wait until nothing more is painted; what stands there then."""
        end, last = time.monotonic() + limit, time.monotonic()
        while time.monotonic() < end and time.monotonic() - last < still:
            if self.pump(0.05):
                last = time.monotonic()
        return self.text()

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen.resize(rows, columns)
        os.killpg(os.getpgid(self.pid), signal.SIGWINCH)

    def ended(self, seconds: float = 10.0) -> int:
        """Wait for its end; its status, negative for the signal that ended it."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.pump()
        assert self.process.returncode is not None, f"it has not ended; the screen says:\n{self.text()}"
        while self.pump(0.05):
            pass
        return self.process.returncode

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            for child in self.children():
                os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        os.close(self.fd)


Open = Callable[..., Terminal]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Open]:
    """Opens programs in terminals and closes them all at the end; each has a home of its own."""
    if sys.platform == "win32":
        pytest.skip("a pty needs a POSIX system")
    made: list[Terminal] = []
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)

    def start(
        *command: str, env: Mapping[str, str] | None = None, columns: int = 80, rows: int = 24
    ) -> Terminal:
        made.append(Terminal(command, env={"HOME": str(home), **(env or {})}, columns=columns, rows=rows))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


@pytest.fixture
def triage() -> str:
    """The installed program."""
    return str(Path(sys.executable).with_name("triage"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store with the passphrase ``WORDS``, made as ``init`` makes it."""
    (tmp_path / "home").mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "store"
    desk, _made = session.create(
        folder, school="THPT Bến Đò (hư cấu)", code="79012345", label="Cô An", words=WORDS
    )
    desk.close()
    return folder


@pytest.fixture(autouse=True)
def _no_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the tests is that of the program."""
    for name in list(os.environ):
        if name.startswith("TEXTUAL") and name not in environment.ALLOWED:
            monkeypatch.delenv(name)
