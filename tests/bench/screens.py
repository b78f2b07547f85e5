"""What the benches of the screen share: a bare Textual app, a pty that knows when a frame ends, big stores."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from triage import clock
from triage.desk import session
from triage.store import engine

WORDS = "bon con thuyen giay troi xa"
FRAME_ENDS = b"\x1b[?2026l"
ENV = {
    "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "vi_VN.UTF-8", "TEXTUAL_FPS": "120",
    "TEXTUAL_ANIMATIONS": "none",
}  # fmt: skip
BARE_KEYS = """
from textual.app import App
from textual.widgets import Label
class Bare(App):
    n = 0
    def compose(self):
        yield Label("READY", id="l")
    def on_key(self, event):
        self.n += 1
        self.query_one("#l", Label).update(f"READY {self.n}")
Bare().run()
"""
"""A bare app that changes one label at each key."""


class Pty:
    """A program at 80 x 24 whose frames are delimited: it believes that the terminal synchronises output."""

    def __init__(self, command: Sequence[str], env: dict[str, str] | None = None) -> None:
        self.began = time.perf_counter()
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            list(command), stdin=child, stdout=child, stderr=child, start_new_session=True,
            env=kept | ENV | (env or {}), preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(child)
        self.fd = parent
        self.raw = bytearray()
        self.answered = False

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self.fd, data)

    def until(self, wanted: bytes | Callable[[bytes], bool], since: int = 0, seconds: float = 30.0) -> float:
        """Read until something was written; the instant."""
        found = (lambda raw: wanted in raw) if isinstance(wanted, bytes) else wanted
        end = time.perf_counter() + seconds
        while not found(bytes(self.raw[since:])):
            left = end - time.perf_counter()
            assert left > 0, bytes(self.raw[-300:])
            if select.select([self.fd], [], [], left)[0]:
                self.raw += os.read(self.fd, 1 << 16)
                if not self.answered and b"\x1b[?2026$p" in self.raw:
                    self.answered = True
                    os.write(self.fd, b"\x1b[?2026;2$y")
        return time.perf_counter()

    def quiet(self, still: float = 0.2) -> None:
        """Read until nothing more comes."""
        while select.select([self.fd], [], [], still)[0]:
            self.raw += os.read(self.fd, 1 << 16)

    def key(self, data: bytes) -> float:
        """Milliseconds from writing a key to the end of the first frame after it."""
        self.quiet(0.02)  # a frame of the key before must not be taken for this one's
        mark, began = len(self.raw), time.perf_counter()
        self.send(data)
        return (self.until(FRAME_ENDS, mark, 3.0) - began) * 1000

    def children(self) -> list[int]:
        """Its children: the worker, under a keeper."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(one) for one in found.read_text().split()] if self.process.poll() is None else []

    def cpu(self) -> float:
        """CPU seconds that it and its children have used."""
        threads = [one for pid in self._pids() for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(one.read_text().split()[0]) for one in threads) / 1e9

    def resident(self) -> int:
        """Bytes of memory that it and its children hold."""
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids()]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def _pids(self) -> list[int]:
        return [self.process.pid, *self.children()]

    def close(self) -> None:
        """End it."""
        for child in self.children():
            os.kill(child, 9)
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


def store_of(folder: Path, cases: int, open_: int | None = None) -> Path:
    """A store with so many cases, their rows written past the desk: only lists are measured on it.

    Args:
        folder: where.
        cases: how many.
        open_: how many of them, the newest, are open; two of three when left out.
    """
    desk, _made = session.create(
        folder, school="THPT Bến Đò (hư cấu)", code="79012345", label="Cô An", words=WORDS
    )
    steps = ("X01", "X04b", "X10", "X13", "Y3", "Z5", "ASK.self_harm", "X21.1")
    levels = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
    now = clock.SystemClock().now()  # one in ten is overdue, whenever this runs
    case = (
        'INSERT INTO "case" (ref, salt, channel, status, told_at, opened_at, level, own_level, provisional, '
        "playbooks, platform, delay, next_step, next_due_at, held, restricted) VALUES "
        "(?, ?, 'other', ?, ?, ?, ?, ?, 0, '{}', 'unknown', 'unknown', ?, ?, 0, 0)"
    )
    with desk, engine.raw(desk.opened.unlocked.database, desk.opened.unlocked.subkey("db")) as connection:
        sample = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'case'").fetchone()
        assert sample is not None
        connection.execute("BEGIN")
        for number in range(cases):
            told = _instant(now - timedelta(minutes=number))
            due = _instant(now + timedelta(minutes=number % 5000 - 500))
            level, closed = levels[number % 4], number % 3 == 0 if open_ is None else number >= open_
            connection.execute(
                case,
                (f"{2000 + number // 9999}-{number % 9999 + 1:04}", b"0" * 32, "closed" if closed else "open", told,
                 told, level, level, None if closed else steps[number % 8], None if closed else due),
            )  # fmt: skip
        connection.execute(
            "INSERT INTO casekind (case_id, kind, added_at) SELECT id, 'SEXTORT', opened_at FROM \"case\""
        )
        connection.execute("COMMIT")
    return folder


def _instant(at: datetime) -> str:
    from triage.models.instant import Instant

    return str(Instant().process_bind_param(at, None))


def median(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)


def p95(values: list[float]) -> float:
    """The value below which 95 of 100 lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
