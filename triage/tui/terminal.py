"""Every override of a private Textual or Rich name, and nothing else. Textual is pinned because of this file."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

import rich.cells
from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen

from triage import i18n

FAULT = 70
"""The exit status after a fault of ours."""
_DRAIN = 0.5
"""Seconds that a key waits at most for the keys typed before it."""
_LETTERS = "ăâđêôơưĂÂĐÊÔƠƯĩĨũŨ" + "".join(map(chr, range(0x1EA0, 0x1EFA))) + "‼▲■●○√…►◄–—“”«»·│─█░›"
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def fast_cells() -> None:
    """Let Rich know that Vietnamese letters and our signs take one cell: it measures them eight times faster."""
    known = rich.cells._SINGLE_CELLS
    rich.cells._is_single_cell_widths = (frozenset(known) | frozenset(_LETTERS)).issuperset


def run_status(app: App[Any]) -> int:
    """The exit status of an app that has ended: 70 after a fault of ours."""
    return FAULT if app._exception is not None else (app.return_code or 0)


class SafeApp(App[int]):
    """An app that shows secrets: nothing of them in a crash, on the clipboard, in a file, after the end."""

    ALLOW_SELECT = False

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """None of Textual's own: one of them writes the screen to a file."""
        return ()

    def copy_to_clipboard(self, text: str) -> None:
        """Nothing goes to the clipboard of the terminal."""

    def asked_to_leave(self) -> None:
        """The system asks the program to end."""
        self.exit(return_code=0)

    def action_suspend_process(self) -> None:
        """Never leave an unlocked screen behind."""

    def blank_now(self) -> None:
        """Clear the terminal at once, before any layout."""
        if self._driver is not None:
            self._driver.write("\x1b[0m\x1b[2J\x1b[H\x1b[3J")
            self._driver.flush()

    def on_load(self) -> None:
        """Answer signals in the loop."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self.asked_to_leave)

    async def on_event(self, event: events.Event) -> None:
        """A key that the app itself answers waits for the keys that were typed before it."""
        if isinstance(event, events.Key) and not event.is_forwarded and self.focused is not None:
            if event.key in ("tab", "shift+tab"):
                await self._drain()
                if await self._check_bindings(event.key, priority=True) or await self._check_bindings(
                    event.key
                ):
                    return
            elif not event.is_printable:
                await self._drain()
        await super().on_event(event)

    async def _drain(self) -> None:
        if self.focused is not None:
            done = asyncio.Event()
            self.focused.call_later(done.set)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _DRAIN)

    def _fatal_error(self) -> None:
        kind, _value, trace = sys.exc_info()
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = "?"
        if trace is not None:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        name = kind.__name__ if kind else "?"
        self._exit_renderables.append(
            i18n.say(
                "A fault of ours: {kind} at {place}. What was typed is kept; start again.",
                kind=name,
                place=place,
            )
        )
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        """As every other fault: a kind and a place, nothing of what was on the screen."""
        self._fatal_error()


class InlineKeys:
    """A widget's own keys act in the order in which they came: Backspace and the letter after it, → and Tab.

    Input methods send both at once; stock Textual lets the key go up to the app and the letter overtakes it.
    Source: research/terminal.md 3.1.
    """

    LETTERS_ARE_TEXT = True
    """A letter is typed, never a key of this widget."""

    async def _on_key(self, event: events.Key) -> None:
        mine: Any = self
        for binding in mine._bindings.key_to_bindings.get(event.key, ()):
            if (
                not binding.priority
                and not (event.is_printable and self.LETTERS_ARE_TEXT)
                and await mine.app.run_action(binding.action, mine)
            ):
                event.stop()
                event.prevent_default()
                return
        await super()._on_key(event)  # type: ignore[misc]


def _lenient(_name: str) -> Any:
    """A decoder for which one bad byte is one bad letter, not the end of the session (Textual 6668)."""
    return lambda errors="replace": codecs.getincrementaldecoder("utf-8")(errors)


if sys.platform != "win32":
    import textual.drivers.linux_driver

    vars(textual.drivers.linux_driver)["getincrementaldecoder"] = _lenient
