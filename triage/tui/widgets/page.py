"""A page: a line at the top, what it is about, what was last said, the keys."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from triage import clean, errors, i18n
from triage.tui.sitting import Sitting, refusal
from triage.tui.widgets.said import Said, lines, plain
from triage.tui.widgets.typing import Full
from triage.tui.widgets.windowed import Windowed

PATIENCE = 0.5
"""Seconds within which an answer is expected on a page; longer work has progress."""


class Notice(Said):
    """What was last said on this page: an error in its three sentences, or what was done."""

    DEFAULT_CSS = """
    Notice { height: auto; max-height: 6; display: none; padding: 0 1; }
    Notice.shown { display: block; }
    """

    def __init__(self) -> None:
        self.said: Callable[[], str] | None = None
        self.wrong = False
        super().__init__(self._words, id="notice")

    def _words(self) -> Content:
        if self.said is None:
            return Content("")
        return plain(
            ("! " if self.wrong else "√ ") + self.said(), "$risk-high" if self.wrong else "$risk-done"
        )

    def show(self, said: Callable[[], str] | None, *, wrong: bool = False) -> None:
        """Say something, or nothing more."""
        self.said, self.wrong = said, wrong
        self.set_class(said is not None, "shown")
        self.again()


class Keys(Said):
    """The keys of this page, read off its bindings."""

    DEFAULT_CSS = "Keys { height: 1; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__(self._words, id="keys")
        self._known: Content | None = None
        """The words, until the bindings, the width or the language are others: each painting asks for them."""

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._outdated)

    def on_resize(self) -> None:
        """Another width has room for others."""
        self.again()

    def _outdated(self, _screen: Screen[Any]) -> None:
        # Opening a page says so five times: they are looked at when it is painted.
        self._known = None
        self.refresh()

    def again(self) -> None:
        """Look at the bindings again."""
        self._known = None
        super().again()

    def _words(self) -> Content:
        if self._known is None:
            self._known = self._fitting()
        return self._known

    def _fitting(self) -> Content:
        by_act = {
            one.binding.action: one
            for one in reversed(self.screen.active_bindings.values())
            if one.binding.show
        }
        shown = list(reversed(by_act.values()))
        parts = [
            Content.assemble((key_name(one), "bold"), " ", plain(one.binding.description))
            for one in sorted(shown, key=lambda one: one.binding.system)
        ]
        # What does not fit is under F1; a key cut in half helps nobody.
        room, kept = self.size.width - 2, list[Content]()
        for part in parts:
            room -= part.cell_length + 2
            if room < -2:
                break
            kept.append(part)
        return Content("  ").join(kept)


def key_name(one: ActiveBinding) -> str:
    """How a key is written: «^L», «F12», «Enter»."""
    if one.binding.key_display:
        return one.binding.key_display
    key = one.binding.key
    if key.startswith("ctrl+"):
        return f"^{key[5:].upper()}"
    names = {"enter": "Enter", "escape": "Esc", "space": "Space", "slash": "/", "question_mark": "?"}
    return names.get(key, key.upper() if len(key) > 1 else key)


class Talk(Screen[Any]):
    """A screen whose keys are said in the language of now, and which says when it can be typed into."""

    TYPES = False
    """Whether what is typed here is to be recorded: not while the anchor speaks against the store."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()
        """Set once the cursor stands where it is to stand at first."""
        self.seen_at = math.inf
        """When that was for the first time, on the clock of the keys."""

    def on_screen_resume(self) -> None:
        """The cursor is set by a call that was made before this one."""
        self.app.call_later(self._is_ready)

    def _is_ready(self) -> None:
        self.seen_at = min(self.seen_at, Message().time)
        self.ready.set()

    def tell_unkept(self, unkept: bool) -> None:
        """Say that what is typed cannot be kept now, or no more."""
        said = i18n.say("What is typed is NOT kept now: the store cannot be written.") if unkept else ""
        self.query_one(Notice).show((lambda: said) if unkept else None, wrong=True)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings as Textual finds them, their words looked up; over a page those that hold everywhere too."""
        found = dict(super().active_bindings)
        if self.is_modal:
            for one in Binding.make_bindings(self.app.BINDINGS):
                if one.priority and self.app.check_action(one.action, ()):
                    found.setdefault(one.key, ActiveBinding(self.app, one, True, ""))
        return {
            key: one._replace(binding=replace(one.binding, description=spoken(one.binding.description)))
            for key, one in found.items()
        }

    def on_full(self, message: Full) -> None:
        """A field is full: it says so, and nothing was cut."""
        message.stop()
        error = errors.UsageError("text-too-long", length=message.length, limit=message.limit)
        self.query_one(Notice).show(lambda: told(error), wrong=True)

    def keep(self) -> None:
        """Keep what is typed here."""

    def retranslate(self) -> None:
        """Say everything again, in the language of now; what was typed, focus and scrolling stay."""
        for widget in self.query("*"):
            again: Callable[[], None] | None = getattr(widget, "again", None)
            if again is not None:
                again()
        self.refresh_bindings()


class Page(Talk):
    """One page of the program."""

    NAME = ""
    """Under which the place on the screen is kept; empty for pages that are not gone back to."""

    BINDINGS = [
        Binding("escape", "leave", i18n.later("Back"), show=True, system=True),
    ]
    SEEN_FIRST = frozenset({"u", "ctrl+z"})
    """Keys that decide something: typed before the page was there, they were meant for something else."""

    def __init__(self, at: Sitting) -> None:
        super().__init__()
        self.at = at

    def heading(self) -> str:
        """What this page is, in the language of now."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """What stands between the top line and the keys."""
        raise NotImplementedError

    def help(self) -> str:
        """What one does here, for F1."""
        return ""

    def place(self) -> dict[str, str] | None:
        """What is needed to open this page again after a lock; None when it is not opened again."""
        return {"page": self.NAME} if self.NAME else None

    def arrive(self) -> None:
        """Read again what is shown: the page has come to the front."""

    def later(self) -> None:
        """Half a minute has gone by: due times are said again, in lists too."""
        self.retranslate()

    def compose(self) -> ComposeResult:
        """Top line, body, notice, keys."""
        yield Said(self._top, id="top")
        yield from self.body()
        yield Notice()
        yield Keys()

    def on_screen_resume(self) -> None:
        """Something may have changed while another page was in front."""
        self.attempt(self.arrive)
        super().on_screen_resume()

    def on_key(self, event: events.Key) -> None:
        """What was typed ahead decides nothing."""
        if event.key in self.SEEN_FIRST and event.time < self.seen_at:
            event.stop()
            self.tell(
                lambda: i18n.say(
                    "Typed before this page was there: nothing was done. Look, then press it again."
                ),
                wrong=True,
            )

    def tell_unkept(self, unkept: bool) -> None:
        """It stands in the top line."""
        self.query_one("#top", Said).refresh()

    def action_leave(self) -> None:
        """Go back; what was typed is kept as a draft, also when another screen has used its own up meanwhile."""
        self.keep()
        self.dismiss()

    def tell(self, said: Callable[[], str], *, wrong: bool = False) -> None:
        """Say what was done; ``wrong``: or what was not."""
        self.query_one(Notice).show(said, wrong=wrong)

    def complain(self, error: errors.TriageError) -> None:
        """Say what went wrong, what is safe and what to do next, here on the page."""
        self.query_one(Notice).show(lambda: told(error), wrong=True)
        self.app.bell()

    def on_windowed_unread(self, message: Windowed.Unread) -> None:
        """A list could not be read."""
        self.complain(message.error)

    def hush(self) -> None:
        """Nothing is said any more."""
        notice = self.query_one(Notice)
        if notice.said is not None:
            notice.show(None)

    def attempt(self, act: Callable[[], None]) -> bool:
        """Do something at the desk; what the program refuses is said on the page. Whether it was done."""
        try:
            act()
        except (errors.TriageError, OSError) as error:
            self.complain(error if isinstance(error, errors.TriageError) else refusal(error))
            return False
        return True

    def again(self) -> None:
        """Say everything again after something changed; lists know by themselves."""
        for said in self.query(Said):
            said.again()
        self.refresh_bindings()

    def _top(self) -> Content:
        left = Content.assemble((" Triage ", "bold"), "│ ", plain(self.heading()))
        right = "  ".join(
            part for part in (self._state(), clean.line(self.at.desk.label), i18n.language()) if part
        )
        gap = max(1, self.size.width - left.cell_length - Content(right).cell_length - 1)
        return lines(left + Content(" " * gap) + plain(right))

    def _state(self) -> str:
        if self.at.kept.fault is not None:
            return i18n.say("! draft NOT kept yet")
        if self.at.locks_in < 31:
            return i18n.say("locks in {n} s", n=max(0, int(self.at.locks_in)))
        return i18n.say("TRIAL: it will be deleted") if self.at.demo else ""


def told(error: errors.TriageError) -> str:
    """An error's three sentences, one a line."""
    sentence = i18n.sentence(error, screen=True)
    return "\n".join(part for part in (sentence.what, sentence.safe, sentence.next) if part)


def spoken(message: str) -> str:
    """A message that was marked earlier, in the language of now."""
    return i18n.say(message) if message else ""
