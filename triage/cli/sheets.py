"""Recovery words handed to whoever keeps them: written to a private file, or shown on the terminal and retyped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import errors, i18n
from triage.cli import retype, terminal

if TYPE_CHECKING:
    from triage.desk.session import Desk


class Sheet:
    """Where new recovery words go; said before anything is made, for they must be kept somewhere.

    Raises:
        errors.UsageError: ``recovery-nowhere``: no file was named and nobody is there to write them down.
        errors.Refused: the file lies in the store, in a synced folder, or is there already.
    """

    def __init__(self, ctx: click.Context, out: Path | None) -> None:
        from triage.store.keys import recovery

        if out is None and not terminal.interactive(ctx):
            raise errors.UsageError("recovery-nowhere")
        self.folder = terminal.asked(ctx).folder
        self.out = out
        if out is not None:
            recovery.check_place(out, self.folder)

    def keep(self, desk: Desk) -> Callable[[str, int], None]:
        """Keeps the words of an open store."""
        return lambda words, number: self.hand_over(words, desk.opened.unlocked.store, number, desk.now())

    def hand_over(self, words: str, store: str, number: int, now: datetime) -> None:
        """Write them to the file, or show them until they are written down."""
        from triage.desk import recovery
        from triage.store.keys import sheets

        if self.out is not None:
            made = sheets.of_words(words, store=store, now=now, language=i18n.language(), number=number)
            recovery.write(self.out, made, self.folder)
            terminal.narrate(
                i18n.say(
                    "Recovery words: {file}. Print them, lock the paper away, then delete the file.",
                    file=self.out,
                )
            )
            return
        terminal.narrate(i18n.say("Recovery words: write them down now, they are not shown again."))
        terminal.narrate(f"  {words}")
        click.pause(i18n.say("Press a key when they are written down."), err=True)
        click.clear()
        retype.check(words)
