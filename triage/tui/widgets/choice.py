"""One of a few values, on one line: ← and → change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from triage.tui.widgets.said import plain

Said = Callable[[str], str]


class Choice(Widget, can_focus=True):
    """A value out of some, said by a function in the language of now."""

    DEFAULT_CSS = """
    Choice { height: 1; padding: 0 1; }
    Choice:focus { text-style: reverse; }
    """
    BINDINGS = [
        Binding("left", "turn(-1)", show=False),
        Binding("right", "turn(1)", show=False),
    ]
    value: reactive[str] = reactive("", layout=False)

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            """The choice that changed."""
            return self.choice

    def __init__(self, values: Sequence[str], said: Said, *, value: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.values = tuple(values)
        self.said = said
        self.set_reactive(Choice.value, value if value in self.values else self.values[0])

    def render(self) -> Content:
        """The value between its arrows, and how many there are."""
        where = f"{self.values.index(self.value) + 1}/{len(self.values)}"
        return Content.assemble("◄ ", plain(self.said(self.value)), f" ►  {where}")

    def watch_value(self) -> None:
        """Say that it changed."""
        self.post_message(self.Changed(self))

    def again(self) -> None:
        """Another language."""
        self.refresh()

    def action_turn(self, by: int) -> None:
        """The value before or after this one."""
        self.value = self.values[(self.values.index(self.value) + by) % len(self.values)]
