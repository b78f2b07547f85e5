"""Dialogs: pick one, tick several, fill in a form; each leaves with Esc and nothing done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from triage import errors, i18n
from triage.store import search
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, Fields
from triage.tui.widgets.page import Keys, Notice, Talk, told
from triage.tui.widgets.said import Said, lines, plain
from triage.tui.widgets.typing import ViInput

Words = Callable[[], str]


class Dialog(Talk, ModalScreen[str | None]):
    """A box over the page. It answers with "" when nothing was decided."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 76; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
      background: $background; padding: 0 1; }
    Dialog .title { text-style: bold; height: auto; }
    Dialog Keys { margin-top: 1; }
    """
    BINDINGS = [Binding("escape", "cancel", i18n.later("Cancel"), system=True)]

    def __init__(self, title: Words) -> None:
        super().__init__()
        self.heading = title

    def compose(self) -> ComposeResult:
        """Title, body, notice, keys in a box."""
        with Vertical():
            yield Said(self.heading, classes="title")
            yield from self.body()
            yield Notice()
            yield Keys()

    def body(self) -> Iterable[Widget]:
        """What stands in the box."""
        raise NotImplementedError

    def complain(self, error: errors.TriageError) -> None:
        """Say what went wrong, what is safe and what to do next, here in the box."""
        self.query_one(Notice).show(lambda: told(error), wrong=True)
        self.app.bell()

    def action_cancel(self) -> None:
        """Nothing is done."""
        self.keep()
        self.dismiss("")


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick."""

    value: str
    """What the dialog answers."""
    words: Words
    """What it is called, in the language of now."""


class Pick(Dialog):
    """Pick one: a digit, or the arrows and Enter. The first is the safe one."""

    BINDINGS = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter", "take", i18n.later("Choose")),
        *(Binding(str(n), f"digit({n})", show=False) for n in range(1, 10)),
    ]

    def __init__(self, title: Words, options: Sequence[Option], *, more: Words | None = None) -> None:
        super().__init__(title)
        self.options, self.more = tuple(options), more
        self.place = 0

    def body(self) -> Iterable[Widget]:
        """What is to be known, and the options."""
        if self.more is not None:
            yield Said(self.more)
        yield Said(self._options, id="options")

    def _options(self) -> Content:
        return lines(
            *(
                plain(
                    f"{'►' if place == self.place else ' '} {place + 1 if place < 9 else ' '}  {option.words()}",
                    "bold" if place == self.place else "",
                )
                for place, option in enumerate(self.options)
            )
        )

    def action_move(self, by: int) -> None:
        """The next one or the one before."""
        self.place = (self.place + by) % len(self.options)
        self.query_one("#options", Said).again()

    def action_digit(self, number: int) -> None:
        """The one with this number."""
        if number <= len(self.options):
            self.dismiss(self.options[number - 1].value)

    def action_take(self) -> None:
        """The one marked."""
        self.dismiss(self.options[self.place].value)


class Tick(Pick):
    """Tick several: Space ticks, Enter takes them all, the values with blanks between; Esc answers None."""

    BINDINGS = [Binding("space", "tick", i18n.later("Tick"))]

    def __init__(
        self, title: Words, options: Sequence[Option], ticked: Iterable[str] = (), *, marked: bool = False
    ) -> None:
        """``marked``: when nothing was changed, Enter takes the one marked too."""
        super().__init__(title, options)
        self.ticked, self.former = set(ticked), set(ticked) if marked else None

    def _options(self) -> Content:
        return lines(
            *(
                plain(
                    f"{'►' if place == self.place else ' '} "
                    f"{'[x]' if option.value in self.ticked else '[ ]'} {option.words()}",
                    "bold" if place == self.place else "",
                )
                for place, option in enumerate(self.options)
            )
        )

    def action_tick(self) -> None:
        """Tick or untick the one marked."""
        self.ticked ^= {self.options[self.place].value}
        self.query_one("#options", Said).again()

    def action_digit(self, number: int) -> None:
        """Tick or untick the one with this number."""
        if number <= len(self.options):
            self.place = number - 1
            self.action_tick()

    def action_take(self) -> None:
        """Take all that are ticked."""
        if self.ticked == self.former:
            self.ticked.add(self.options[self.place].value)
        self.dismiss(" ".join(option.value for option in self.options if option.value in self.ticked))

    def action_cancel(self) -> None:
        """Nothing is decided."""
        self.dismiss(None)


class Form(Dialog):
    """Fields to fill in, and the act that uses them; refused, it says why and stays. What is typed is a draft."""

    TYPES = True
    BINDINGS = [Binding("ctrl+s", "do", i18n.later("Save"), priority=True)]

    def __init__(
        self,
        title: Words,
        fields: Sequence[Field],
        act: Callable[[dict[str, str]], None],
        *,
        at: Sitting,
        draft: str | None = None,
        more: Words | None = None,
    ) -> None:
        super().__init__(title)
        self.fields = tuple(fields)
        self.act = act
        self.at = at
        self.draft = draft
        self.more = more

    def body(self) -> Iterable[Widget]:
        """What is to be known, and the fields."""
        if self.more is not None:
            yield Said(self.more)
        yield Fields(self.fields)

    def on_mount(self) -> None:
        """Put back what was typed before."""
        fields = self.query_one(Fields)
        if self.draft is not None and (kept := self.at.kept.fields(self.draft)):
            fields.fill(kept)
            self.query_one(Notice).show(lambda: i18n.say("A draft stands in it: not saved yet."))
        fields.first()

    def keep(self) -> None:
        """Keep what is typed."""
        fields = self.query_one(Fields)
        if self.draft is not None:
            self.at.kept.put(self.draft, fields.read() if fields.changed() else {})

    on_fields_changed = keep

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter goes to the next field; in the last one it does the act."""
        message.stop()
        if message.input.id == f"field-{self.fields[-1].key}":
            self.action_do()
        else:
            self.focus_next()

    def action_do(self) -> None:
        """Do it."""
        fields = self.query_one(Fields)
        try:
            fields.complete()
            answer = self.do(fields.read())
        except errors.TriageError as error:
            self.complain(error)
            return
        if answer:
            self.dismiss(answer)

    def do(self, typed: dict[str, str]) -> str:
        """Do the act; what the dialog is to answer, or "" when that is known later."""
        with self.at.using(self.draft):
            self.act(typed)
        return "done"


class Cancelled(Exception):
    """She stopped long work; nothing half-done is left."""


class Job(Dialog):
    """Long work in a thread: it answers what that returned, "" when stopped, None when it failed and she read why."""

    BINDINGS = [Binding("escape", "cancel", i18n.later("Stop, nothing half-done is left"), system=True)]
    WIDTH = 60

    def __init__(self, title: Words, work: Callable[[Job], str], *, at: Sitting) -> None:
        super().__init__(title)
        self.work = work
        self.at = at
        self.done = self.total = 0
        self.stopping = False
        self.over = False
        self.answer: str | None = None
        """What the work returned, once it has ended."""

    def body(self) -> Iterable[Widget]:
        """How far it is."""
        yield Said(self._bar, id="bar")

    def on_mount(self) -> None:
        """Begin."""
        self.at.jobs += 1
        self.set_interval(0.2, self.query_one("#bar", Said).refresh)
        self.run_worker(self._run, thread=True)

    def progress(self, done: int, total: int) -> None:
        """How far the work is, told by its thread; a stop asked for takes effect here.

        Raises:
            Cancelled: she has stopped it.
        """
        self.done, self.total = done, total
        if self.stopping:
            raise Cancelled

    def action_cancel(self) -> None:
        """Stop at the next safe place; leave when the work is over."""
        if self.over:
            self.dismiss(None)
        elif self.answer is None:
            self.stopping = True
            self.query_one("#bar", Said).again()

    def _run(self) -> None:
        try:
            answer = self.work(self)
        except Cancelled:
            self.app.call_from_thread(self._ended, "")
        except errors.TriageError as error:
            self.app.call_from_thread(self._failed, error)
        else:
            self.app.call_from_thread(self._ended, answer)

    def on_screen_resume(self) -> None:
        """What lay over it is gone; perhaps the work has ended meanwhile."""
        super().on_screen_resume()
        self._leave_in_front()

    def _ended(self, answer: str) -> None:
        self.at.jobs -= 1
        self.answer = answer
        self._leave_in_front()

    def _leave_in_front(self) -> None:
        """Leave once the work has ended, and never from under a cover or another page."""
        if self.answer is not None and self.app.screen is self:
            self.dismiss(self.answer)

    def _failed(self, error: errors.TriageError) -> None:
        self.at.jobs -= 1
        self.over = True
        self.complain(error)

    def _bar(self) -> Content:
        if self.over:
            return plain(i18n.say("It was not done."))
        if self.stopping:
            return plain(i18n.say("Stopping at the next safe place …"))
        if not self.total:
            return plain(i18n.say("Working …"))
        full = self.WIDTH * self.done // self.total
        return plain("█" * full + "░" * (self.WIDTH - full) + f" {100 * self.done // self.total:3} %")


@dataclass(frozen=True, slots=True)
class Command:
    """Something the program can do here."""

    words: str
    """What it is called, in the language of now."""
    key: str
    """Its key."""
    run: Callable[[], object]
    """Does it."""


class Palette(Dialog):
    """Every act of this page by its name: type some letters, marks may be left out."""

    BINDINGS = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]
    ROOM = 12

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(lambda: i18n.say("Commands"))
        self.commands = tuple(commands)
        self.place = 0

    def body(self) -> Iterable[Widget]:
        """A field and what fits it."""
        yield ViInput(limit=60, id="wanted")
        yield Said(self._found, id="found")

    def matching(self) -> list[Command]:
        """The commands in which every word typed is found."""
        field = self.query_one_optional("#wanted", ViInput)
        words = search.fold(field.value if field else "").split()
        return [one for one in self.commands if all(word in search.fold(one.words) for word in words)]

    def _found(self) -> Content:
        found = self.matching()
        if not found:
            return plain(i18n.say("No such command."))
        first = max(0, self.place - self.ROOM + 1)
        return lines(
            *(
                plain(
                    f"{'►' if place == self.place else ' '} {one.key:8} {one.words}",
                    "bold" if place == self.place else "",
                )
                for place, one in enumerate(found)
                if first <= place < first + self.ROOM
            )
        )

    def on_input_changed(self, message: Input.Changed) -> None:
        """Other words, other commands."""
        message.stop()
        self.place = 0
        self.query_one("#found", Said).again()

    def action_move(self, by: int) -> None:
        """The next one or the one before."""
        self.place = (self.place + by) % max(1, len(self.matching()))
        self.query_one("#found", Said).again()

    def on_input_submitted(self) -> None:
        """Do the one marked."""
        found = self.matching()
        self.dismiss("")
        if found:
            self.app.call_next(found[self.place].run)
