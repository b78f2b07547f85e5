"""The prompt for the passphrase, with one key to what to do now, before anything is unlocked."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence

from triage import clean, errors, i18n
from triage.tui import statuses
from triage.tui.console import Console, wrapped

_BLINK = 0.01
"""Seconds between two looks."""
_MOST = 200
"""Characters of a passphrase."""


class Left(Exception):
    """She left the prompt."""


class Prompt:
    """Asks for the passphrase on a console."""

    def __init__(self, console: Console, *, store: str, hint: str = "", ended: int = 0) -> None:
        self.console = console
        self.store = store
        self.hint = hint
        self.ended = ended
        """How the screen before this prompt ended: 0 (there was none), LOCKED, EARLY, HIDDEN or FAULT."""
        self._warned = False
        """Whether she was told that leaving deletes the trial."""
        self.label = ""
        """Who is at the desk, once that is known."""
        self._typed = ""
        self._shown = False
        self._said: Callable[[], str] | None = None

    def ask(self) -> str:
        """The passphrase as typed, letters and marks in one.

        Raises:
            Left: she left.
        """
        self._typed, self._shown = "", False
        while True:
            if not self.console.waiting():
                self.paint()
            key = self.console.key()
            if key == "enter" and (self._typed or self.hint):
                typed, self._typed = self._typed or self.hint, ""
                self._said = None
                return typed
            self._on(key)

    def refuse(self, error: errors.TriageError, typed: str) -> None:
        """Say why a passphrase was not taken; that it had letters with marks, never which."""
        marked = not typed.isascii()

        def said() -> str:
            parts = [i18n.say("The passphrase is not right."), i18n.sentence(error).next]
            if marked:
                parts.insert(
                    0, i18n.say("There were letters with marks in what you typed. UniKey: switch to E.")
                )
            return "\n".join(parts)

        self._said = said

    def start_again(self) -> None:
        """Say that what was typed before the prompt was there is not in it."""
        self._said = lambda: i18n.say(
            "What was typed before this line was here was not taken: type it all again."
        )

    def wait(self, over: Callable[[], bool]) -> None:
        """Say that the store is being opened until it is; keys are left for what comes then."""
        self._said = lambda: i18n.say("Opening …")
        self.paint()
        self._said = None
        while not over():
            time.sleep(_BLINK)

    def choose(self, labels: Sequence[str]) -> str:
        """Who is at the desk.

        Raises:
            Left: she left.
        """
        while True:
            rows = [i18n.say("Who is at the desk?"), ""]
            rows += [f" {number}  {clean.line(label)}" for number, label in enumerate(labels[:9], 1)]
            self.console.paint(rows)
            key = self.console.key()
            if key.isdecimal() and 1 <= int(key) <= len(labels[:9]):
                return labels[int(key) - 1]
            if key == "leave":
                raise Left
            if key == "f9":
                emergency(self.console)

    def paint(self) -> None:
        """Paint the prompt."""
        width, _rows = self.console.size()
        who = f" · {clean.line(self.label)}" if self.label else ""
        rows = ["", f" Triage · {clean.line(self.store)}{who}"[:width], ""]
        if self.ended in (statuses.LOCKED, statuses.EARLY):
            rows += [f" {i18n.say('Locked. What was typed is kept.')}", ""]
        elif self.ended == statuses.FAULT:
            said = i18n.say("The screen ended by itself. What was typed is kept, but for the last second.")
            rows += [*(f" {line}" for line in wrapped(said, width - 2)), ""]
        asked = f" {i18n.say('Passphrase: ')}"
        shown = self._typed if self._shown else "•" * len(self._typed)
        room = width - len(asked) - 2
        rows.append(f"{asked}{shown[-room:]}")
        cursor = (len(rows) - 1, len(asked) + min(len(shown), room))
        rows.append("")
        if self.hint:
            rows += [
                f" {line}"
                for line in wrapped(
                    i18n.say(
                        "Trial, invented cases only. Enter opens it. Its passphrase: {words}", words=self.hint
                    ),
                    width - 2,
                )
            ]
        if not self._typed.isascii():
            rows += [f" {line}" for line in wrapped(_unikey(), width - 2)]
        if self._said is not None:
            rows += [f" {line}" for part in self._said().split("\n") for line in wrapped(part, width - 2)]
        rows += ["", f" {i18n.say('F9 or Ctrl+E   URGENT: what to do now, nothing needs unlocking')}"[:width]]
        rows += [f" {i18n.say('F4 show letters   F2 Tiếng Việt / English   Ctrl+C leave')}"[:width]]
        self.console.paint(rows, cursor)

    def _on(self, key: str) -> None:
        if key == "leave":
            self._leave()
        elif key == "f9":
            try:
                emergency(self.console)
            except Left:
                self._leave()
        elif key == "f2":
            i18n.use("en" if i18n.language() == "vi" else "vi")
        elif key == "f4":
            self._shown = not self._shown
        elif key == "clear":
            self._typed = ""
        elif key == "backspace":
            self._typed = self._typed[:-1]
        elif len(key) == 1 and len(self._typed) < _MOST:
            self._typed = unicodedata.normalize("NFC", self._typed + key)

    def _leave(self) -> None:
        """Leave; a trial that was opened already only when asked twice: what was typed into it goes with it.

        Raises:
            Left: she left.
        """
        if not (self.hint and self.ended) or self._warned:
            raise Left
        self._warned = True
        self._said = lambda: i18n.say(
            "Leaving here deletes the trial and all that was typed into it. Ctrl+C again leaves; Enter opens it: "
            "Ctrl+Q there asks about each case."
        )


def emergency(console: Console) -> None:
    """The situations, then one of them: what to do, whom to call, what to say. No store is touched."""
    number, top = -1, 0
    while True:
        width, rows = console.size()
        lines = _all(width) if number < 0 else _one(number, width)
        room = rows - 2
        top = max(0, min(top, len(lines) - room))
        foot = (
            i18n.say("A digit: that situation   Esc: back to the passphrase")
            if number < 0
            else i18n.say("Space: more   a digit: another situation   Esc: all situations")
        )
        more = f"  ({top + 1}-{min(len(lines), top + room)}/{len(lines)})" if len(lines) > room else ""
        console.paint([*lines[top : top + room], "", f" {foot}{more}"[:width]])
        key = console.key()
        if key == "leave":
            raise Left
        back = key in ("escape", "backspace")
        if key == "f9" or (back and number < 0):
            return
        if back:
            number, top = -1, 0
        elif key.isdecimal() and len(key) == 1 and int(key) < 9:
            number, top = int(key), 0
        elif key in (" ", "enter", "pagedown"):
            top = 0 if top + room >= len(lines) else top + room
        elif key in ("up", "down", "pageup"):
            top += {"up": -1, "down": 1, "pageup": -room}[key]
        elif key == "f2":
            i18n.use("en" if i18n.language() == "vi" else "vi")


def _all(width: int) -> list[str]:
    from triage.response import sos

    language = i18n.language()
    head = i18n.say("URGENT - DO THIS NOW, nothing needs unlocking")
    rows = ["", f" \x1b[1m{head}\x1b[0m"[: width + 8], ""]
    for one in sos.situations():
        first, *rest = wrapped(one.title[language], width - 5)
        rows += [f" {one.number}  {first}", *(f"    {line}" for line in rest)]
    return rows


def _one(number: int, width: int) -> list[str]:
    """At most five lines, then the words for the phone, then the numbers."""
    from triage import clock
    from triage.response import sos

    language = i18n.language()
    one = sos.situation(number)
    rows = ["", f" \x1b[1m{one.number}  {one.title[language]}\x1b[0m"[: width + 8]]
    for place, line in enumerate(one.lines[language], 1):
        first, *rest = wrapped(line, width - 5)
        rows += [f" {place}. {first}", *(f"    {part}" for part in rest)]
    if one.script:
        script = sos.script(one.script)
        rows += ["", f" {i18n.say('To read aloud on the call:')}"]
        for text in (script.before[language], script.text[language]):
            rows += [f"   {line}" for line in wrapped(text, width - 4)] if text else []
    rows.append("")
    today = clock.SystemClock().now().date()
    for contact in sos.contacts(one.contacts):
        rows += [f" {line}" for line in wrapped(contact.line(language, today), width - 2)]
    return rows


def _unikey() -> str:
    return i18n.say("If UniKey is typing Vietnamese (V), switch it to E first.")
