"""Every override of a private Textual or Rich name, and nothing else. Textual is pinned because of this file."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import math
import os
import re
import signal
import sys
from collections.abc import Iterable
from typing import Any

import rich.cells
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.keys import Keys, _character_to_key
from textual.message import Message
from textual.screen import Screen

from triage import i18n
from triage.tui import statuses

FAULT = statuses.FAULT
"""The exit status after a fault of ours."""
_PATIENCE = 2.0
"""Seconds that a key waits at most for the one before it: then something hangs, and she is not locked out by it."""
_LETTERS = "ăâđêôơưĂÂĐÊÔƠƯĩĨũŨ" + "".join(map(chr, range(0x1EA0, 0x1EFA))) + "‼▲■●○√…►◄–—“”«»·│─█░›"
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def fast_cells() -> None:
    """Let Rich know that Vietnamese letters and our signs take one cell: it measures them eight times faster."""
    known = rich.cells._SINGLE_CELLS
    rich.cells._is_single_cell_widths = (frozenset(known) | frozenset(_LETTERS)).issuperset


def run_status(app: SafeApp) -> int:
    """The exit status of an app that has ended: 70 after a fault of ours; a lock tells of letters behind it."""
    if app.faulty:
        return FAULT
    locked = app.return_code == statuses.LOCKED
    return statuses.EARLY if locked and app.typed_behind() else app.return_code or 0


class SafeApp(App[int]):
    """An app that shows secrets: nothing of them in a crash, on the clipboard, in a file, after the end."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(driver_class=_quiet(self.get_driver_class()))
        self.faulty = False
        """Whether a fault of ours has ended it."""
        self.over = False
        """Whether it ends: what is typed from now on is for nobody here."""
        self._over_at = math.inf
        self._line: asyncio.Queue[events.Event] = asyncio.Queue()
        self._former: dict[signal.Signals, Any] = {}
        """What answered the signals before."""

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """None of Textual's own: one of them writes the screen to a file."""
        return ()

    def copy_to_clipboard(self, text: str) -> None:
        """Nothing goes to the clipboard of the terminal."""

    def asked_to_leave(self) -> None:
        """The system asks the program to end."""
        self.exit(return_code=0)

    def hurry(self) -> None:
        """The system asks the program to end, and the screen may hang."""

    def exit(self, *arguments: Any, **named: Any) -> None:
        """End; no key is handed out any more."""
        self.over = True
        self._over_at = Message().time
        super().exit(*arguments, **named)

    def typed_behind(self) -> bool:
        """Whether letters were typed behind the key that ended it: in line still, or read since."""
        left = (self._line.get_nowait() for _ in range(self._line.qsize()))
        return any(isinstance(one, events.Key) and one.is_printable for one in left) or (
            _Parser.letter_at > self._over_at
        )

    def action_suspend_process(self) -> None:
        """Never leave an unlocked screen behind."""

    def blank_now(self) -> None:
        """Clear the terminal at once, before any layout."""
        if self._driver is not None:
            self._driver.write("\x1b[0m\x1b[2J\x1b[H\x1b[3J")
            self._driver.flush()

    def type_ahead(self, key: str) -> None:
        """Take a key that came before the screen: a letter, or the name of a key."""
        letter = len(key) == 1
        self._line.put_nowait(events.Key(_character_to_key(key) if letter else key, key if letter else None))

    def on_load(self) -> None:
        """Answer signals, and begin to take keys."""
        loop = asyncio.get_running_loop()

        def leave(_number: int, _frame: object) -> None:
            # Not by the loop alone: it may wait for a terminal that takes nothing any more.
            self.hurry()
            loop.call_soon_threadsafe(self.asked_to_leave)

        self._former = {number: signal.signal(number, leave) for number in _SIGNALS}
        self._typist = loop.create_task(self._take_keys(), name="keys")

    def on_unmount(self) -> None:
        """Signals are the system's again."""
        for number, former in self._former.items():
            signal.signal(number, former or signal.SIG_DFL)

    async def on_event(self, event: events.Event) -> None:
        """Keys and pasted text wait in line: each is done with before the next is looked at."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._line.put_nowait(event)
        else:
            await super().on_event(event)

    async def _take_keys(self) -> None:
        """Hand out what was typed in the order in which it was typed, whatever a key opens or closes.

        Stock Textual sends a key up from widget to app while the next one already goes down: Backspace is
        overtaken by the letter after it, Tab by the word before it, and what follows a key that opens a page
        lands on the page before. Source: research/terminal.md 3.1.
        """
        while not self.over:
            event = await self._line.get()
            try:
                await super().on_event(event)
                if not self.over:
                    await self._done_with()
            except Exception as error:
                self._handle_exception(error)
                return

    async def _done_with(self) -> None:
        """Wait until a key has gone all its way up, and until a page that it opened can be typed into."""
        for node in (self.focused or self.screen).ancestors_with_self:
            reached = asyncio.Event()
            if node.call_later(reached.set):
                await _patient(reached)
        ready: asyncio.Event | None = getattr(self.screen, "ready", None)
        if ready is not None:
            await _patient(ready)

    def _fatal_error(self) -> None:
        self.faulty = True
        kind, _value, trace = sys.exc_info()
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = "?"
        if trace is not None:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        name = kind.__name__ if kind else "?"
        self._exit_renderables.append(
            i18n.say(
                "A fault of ours: {kind} at {place}. What was typed is kept as far as the store took it; start again.",
                kind=name,
                place=place,
            )
        )
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        """As every other fault: a kind and a place, nothing of what was on the screen."""
        self._fatal_error()


def _quiet(driver: type[Driver]) -> type[Driver]:
    """A driver that overwrites the screen before it leaves it: not every terminal has an alternate one."""

    class Quiet(driver):  # type: ignore[valid-type, misc]
        def stop_application_mode(self) -> None:
            self.write("\x1b[0m\x1b[2J\x1b[H")
            super().stop_application_mode()

    return Quiet


async def _patient(event: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), _PATIENCE)


class _Parser(XTermParser):
    """Pasted text is text whatever it holds, and no sequence of a terminal ends the program.

    Textual's own takes what follows an escape inside pasted text for keys, and fails on numbers out of range.
    """

    _BEGIN, _END = "\x1b[200~", "\x1b[201~"
    _LARGEST = 1000
    """Columns and rows that a terminal may say it has."""

    letter_at = -math.inf
    """When the newest letter was read."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasted: str | None = None
        """What has come of a pasted text so far; None outside of one."""
        self._held = ""
        """What may be the first half of the sign that begins one."""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse what came; pasted text is kept until its end."""
        if not data:
            yield from super().feed(data)
        data, self._held = self._held + data, ""
        while data:
            if self._pasted is None:
                before, begun, data = data.partition(self._BEGIN)
                if not begun:
                    cut = next((n for n in (5, 4, 3, 2) if before.endswith(self._BEGIN[:n])), 0)
                    before, self._held = before[: len(before) - cut], before[len(before) - cut :]
                if before:
                    yield from self._outside(before)
                self._pasted = "" if begun else None
                continue
            text, ended, after = (self._pasted + data).partition(self._END)
            self._pasted, data = (None, after) if ended else (text, "")
            if ended:
                # A terminal sends a line's end as a carriage return.
                yield events.Paste(re.sub("\r\n?", "\n", text.replace("\x00", "")))

    def _outside(self, data: str) -> Iterable[Message]:
        for token in super().feed(data):
            if isinstance(token, events.Key) and token.is_printable:
                _Parser.letter_at = token.time
            large = isinstance(token, events.Resize) and max(token.size) > self._LARGEST
            if not large:
                yield token

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        try:
            yield from super()._sequence_to_key_events(sequence, alt)
        except (ValueError, OverflowError):
            yield events.Key(Keys.Ignore, sequence)


def _lenient(_name: str) -> Any:
    """A decoder for which one bad byte is one bad letter, not the end of the session (Textual 6668)."""
    return lambda errors="replace": codecs.getincrementaldecoder("utf-8")(errors)


if sys.platform != "win32":
    import textual.drivers.linux_driver

    vars(textual.drivers.linux_driver)["getincrementaldecoder"] = _lenient
    vars(textual.drivers.linux_driver)["XTermParser"] = _Parser
else:
    import textual.drivers.win32

    vars(textual.drivers.win32)["XTermParser"] = _Parser
