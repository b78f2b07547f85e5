"""Fields of a form: a label, what is typed or chosen, and all of them as one dictionary of strings."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea

from triage import clock, errors, i18n
from triage.tui.widgets.choice import Choice
from triage.tui.widgets.said import Said
from triage.tui.widgets.typing import ViInput, ViTextArea

FIVE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Field:
    """One field."""

    key: str
    """Its name in the dictionary."""
    label: Callable[[], str]
    """What is asked, in the language of now."""
    limit: int = 300
    """Characters at most."""
    kind: str = "line"
    """line, text, secret, when or choice."""
    value: str = ""
    """What stands there at first."""
    values: tuple[str, ...] = ()
    """What may be chosen."""
    said: Callable[[str], str] = str
    """How a value to choose is said."""
    must: bool = False
    """Something must stand there."""


def when(key: str, label: Callable[[], str], value: str) -> Field:
    """A field for a time."""
    return Field(key, label, limit=30, kind="when", value=value)


def choice(key: str, label: Callable[[], str], values: Iterable[str], said: Callable[[str], str]) -> Field:
    """A field in which one of some values is chosen."""
    return Field(key, label, kind="choice", values=tuple(values), said=said)


class WhenInput(ViInput):
    """A time that ↑ and ↓ move by five minutes."""

    BINDINGS = [
        Binding("up", "move(1)", show=False),
        Binding("down", "move(-1)", show=False),
    ]

    def action_move(self, steps: int) -> None:
        """Five minutes later or earlier; what cannot be read as a time stays."""
        try:
            at = clock.parse(self.value)
        except errors.UsageError:
            return
        self.value = i18n.moment(at + steps * FIVE)
        self.cursor_position = len(self.value)


class Fields(VerticalScroll):
    """Fields one under the other."""

    DEFAULT_CSS = """
    Fields { height: auto; max-height: 1fr; padding: 0 1; }
    Fields .label { height: auto; color: $text-muted; }
    Fields ViInput { height: 1; border: none; padding: 0 1; background: $panel; }
    Fields ViInput:focus { border: none; background: $field-focus; }
    Fields ViTextArea { height: 6; border: none; padding: 0 1; background: $panel; }
    Fields ViTextArea:focus { border: none; background: $field-focus; }
    Fields Choice { background: $panel; }
    """

    class Changed(Message):
        """Something was typed or chosen."""

    def __init__(self, fields: tuple[Field, ...], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, can_focus=False)
        self.fields = fields

    def compose(self) -> Iterator[Widget]:
        """Each label over its field."""
        for field in self.fields:
            yield Said(field.label, classes="label")
            yield _made(field)

    def fill(self, values: Mapping[str, str]) -> None:
        """Put a draft back."""
        for key, value in values.items():
            widget = self.widget(key)
            if isinstance(widget, TextArea):
                widget.text = value
                widget.move_cursor(widget.document.end)
            elif isinstance(widget, Input):
                widget.value = value
                widget.cursor_position = len(value)
            elif isinstance(widget, Choice) and value in widget.values:
                widget.value = value

    def read(self) -> dict[str, str]:
        """What stands in each field."""
        return {field.key: _value(self.widget(field.key)) for field in self.fields}

    def changed(self) -> bool:
        """Whether something else stands there than at first."""
        return any(_value(self.widget(field.key)) != _first(field) for field in self.fields)

    def complete(self) -> None:
        """Go to the first field that must hold something and holds nothing.

        Raises:
            errors.UsageError: ``field-empty``, with its label.
        """
        for field in self.fields:
            widget = self.widget(field.key)
            if field.must and widget is not None and not _value(widget).strip():
                widget.focus()
                raise errors.UsageError("field-empty", field=field.label())

    def widget(self, key: str) -> Widget | None:
        """A field's widget; None before it is there, or for a field that there is none of."""
        return self.query_one_optional(f"#field-{key}")

    def first(self) -> None:
        """Put the cursor into the first field."""
        widget = self.widget(self.fields[0].key) if self.fields else None
        if widget is not None:
            widget.focus()

    def on_input_changed(self, message: Message) -> None:
        """Something was typed."""
        message.stop()
        self.post_message(self.Changed())

    def on_text_area_changed(self, message: Message) -> None:
        """Something was typed."""
        message.stop()
        self.post_message(self.Changed())

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """Something was chosen."""
        self.post_message(self.Changed())


def _made(field: Field) -> Widget:
    name = f"field-{field.key}"
    if field.kind == "choice":
        return Choice(field.values, field.said, value=field.value, id=name)
    if field.kind == "text":
        return ViTextArea(field.value, limit=field.limit, id=name)
    made = WhenInput if field.kind == "when" else ViInput
    return made(field.value, limit=field.limit, password=field.kind == "secret", id=name)


def _first(field: Field) -> str:
    if field.kind == "choice":
        return field.value if field.value in field.values else field.values[0]
    return field.value


def _value(widget: Widget | None) -> str:
    if isinstance(widget, TextArea):
        return widget.text
    if isinstance(widget, Input | Choice):
        return widget.value
    return ""


def typed_path(line: str) -> Path:
    """A path as typed, «~» for the home folder.

    Raises:
        FileNotFoundError: «~» and a name that nobody has here.
    """
    try:
        return Path(line).expanduser()
    except RuntimeError:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), line) from None
