"""One field in the program's own app: what was typed into it is written to a file at F5, and the field is emptied.

python -m tests.tui.field_app input|area|two|stock-input|stock-area FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from triage.tui import environment

environment.clear()

from textual.app import App, ComposeResult  # noqa: E402 - the environment comes first
from textual.binding import Binding, BindingType  # noqa: E402
from textual.widgets import Input, TextArea  # noqa: E402

from triage.tui import terminal  # noqa: E402
from triage.tui.widgets.typing import ViInput, ViTextArea  # noqa: E402

KIND, OUT = sys.argv[1], Path(sys.argv[2])


class Writes:
    """Writes what stands in the fields, and empties them."""

    KEYS: ClassVar[list[BindingType]] = [
        Binding("f5", "write", priority=True),
        Binding("f6", "end", priority=True),
    ]

    def compose(self) -> ComposeResult:
        """The fields."""
        made = {
            "input": ViInput,
            "area": ViTextArea,
            "stock-input": Input,
            "stock-area": TextArea,
            "two": ViInput,
        }
        for number in range(2 if KIND == "two" else 1):
            yield made[KIND](id=f"f{number}")

    def on_mount(self) -> None:
        """Into the first field."""
        self.query_one("#f0").focus()  # type: ignore[attr-defined]

    def action_write(self) -> None:
        """Write, empty, and go back to the first field."""
        values = []
        for field in self.query("Input, TextArea"):  # type: ignore[attr-defined]
            values.append(field.value if isinstance(field, Input) else field.text)
            if isinstance(field, Input):
                field.value = ""
            else:
                field.text = ""
        with OUT.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")
        self.query_one("#f0").focus()  # type: ignore[attr-defined]

    def action_end(self) -> None:
        """End."""
        self.exit()  # type: ignore[attr-defined]


class Ours(Writes, terminal.SafeApp):
    """The program's app."""

    BINDINGS = Writes.KEYS


class Stock(Writes, App[None]):
    """Textual's own."""

    BINDINGS = Writes.KEYS


if __name__ == "__main__":
    (Stock if KIND.startswith("stock") else Ours)().run()
