"""The program's own app with something planted in it, and a way to break it at each place.

python -m tests.tui.fault_app WHERE
"""

from __future__ import annotations

import sys

from triage.tui import environment

environment.clear()

from textual.app import ComposeResult  # noqa: E402 - the environment comes first
from textual.binding import Binding  # noqa: E402
from textual.widgets import Static  # noqa: E402

from tests.tui.planted import NOTE, SECRET  # noqa: E402
from triage.tui import terminal  # noqa: E402
from triage.tui.widgets.said import Said  # noqa: E402
from triage.tui.widgets.typing import ViInput, ViTextArea  # noqa: E402

WHERE = sys.argv[1] if len(sys.argv) > 1 else ""


class Broken(Exception):
    """A fault whose own words hold what must not be seen."""

    def __rich__(self) -> str:
        return f"rich: {SECRET}"


class FaultApp(terminal.SafeApp):
    """Shows a note, holds a passphrase, breaks on F5."""

    BINDINGS = [Binding("f5", "break_it", priority=True), Binding("f6", "end", priority=True),
                Binding("f7", "blank", priority=True), Binding("f8", "copy", priority=True)]  # fmt: skip
    CSS = "ViTextArea { height: 3; }"

    def compose(self) -> ComposeResult:
        """Fields and text."""
        passphrase = SECRET
        yield Static(NOTE, markup=False)
        yield Said(self._words, id="said")
        yield ViInput("", password=True, id="secret")
        yield ViInput("", id="line")
        yield ViTextArea("", id="area")
        if WHERE == "compose":
            raise ValueError(passphrase)

    def on_mount(self) -> None:
        """Into the secret field."""
        self.query_one("#secret").focus()

    def _words(self) -> str:
        if WHERE == "render" and self.query("#secret") and self.query_one("#secret", ViInput).value:
            raise ValueError(f"{SECRET} {NOTE}")
        return "said"

    async def action_break_it(self) -> None:
        """Break at the place asked for."""
        passphrase = SECRET
        if WHERE == "worker":
            self.run_worker(lambda: self._fail(passphrase), thread=True)
        elif WHERE == "handler":
            self.call_later(self._fail, passphrase)
        elif WHERE == "rich":
            raise Broken(passphrase)
        elif WHERE == "panic":
            self.panic(f"panic: {passphrase}")
        elif WHERE == "action":
            self._fail(passphrase)
        elif WHERE == "render":
            self.query_one("#said", Said).again()

    def _fail(self, passphrase: str) -> None:
        note = NOTE
        raise ValueError(f"{passphrase} {note}")

    def action_copy(self) -> None:
        """What any widget of Textual's would call."""
        self.copy_to_clipboard(SECRET)

    def action_blank(self) -> None:
        """Clear the terminal at once."""
        self.blank_now()

    def action_end(self) -> None:
        """End."""
        self.exit()


if __name__ == "__main__":
    app = FaultApp()
    app.run()
    sys.exit(terminal.run_status(app))
