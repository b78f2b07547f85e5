"""Typing back three words of a fresh sheet: proof that it was written down before it counts."""

from __future__ import annotations

import click

from triage import errors, i18n
from triage.cli import terminal


def check(words: str) -> None:
    """Ask for three words of a sheet or share until they are right; call it before the words take effect.

    Args:
        words: the words of the sheet, in order.

    Raises:
        errors.Refused: ``retype-stopped``: an empty answer, Ctrl+C or the end of the input.
    """
    from triage.store.keys import recovery

    terminal.narrate(
        i18n.say("To be sure that they are on paper, type three of them from it. Enter alone stops.")
    )
    while True:
        places = recovery.ask(words)
        typed = [_word(place) for place in places]
        if recovery.retyped(words, places, " ".join(typed)):
            terminal.narrate(i18n.say("All three are right."))
            return
        terminal.narrate(i18n.say("Not as on the sheet. Look at it again; three words once more:"))


def _word(place: int) -> str:
    try:
        word: str = click.prompt(
            i18n.say("Word {place}", place=place), default="", show_default=False, err=True
        )
    except click.Abort:
        word = ""
    if not word.strip():
        raise errors.Refused("retype-stopped")
    return word
