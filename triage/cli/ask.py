"""Questions asked one by one, in the counsellor's language, with numbered answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from triage import i18n
from triage.cli import terminal

if TYPE_CHECKING:
    from triage.desk import view

_SPOKEN = {"có": "yes", "co": "yes", "không": "no", "khong": "no", "chưa rõ": "unknown", "chua ro": "unknown"}


def value(text: str) -> str:
    """An answer as typed, «có» and «không» too."""
    return _SPOKEN.get(text.strip().casefold(), text.strip())


def questions(ctx: click.Context, seen: view.CaseView) -> dict[str, str]:
    """Ask each open question; without a terminal, list them with the names and values to use."""
    from triage.response import rules

    table = rules.load()
    language = i18n.language()
    given: dict[str, str] = {}
    if not seen.verdict.unknown_must_ask:
        terminal.tell(i18n.say("No question that must be asked is open."))
    for key in seen.verdict.unknown_must_ask:
        factor = table.factors[key]
        choices = [*factor.values, *(["declined"] if table.declinable(key) else [])]
        terminal.tell(f"{factor.question_en if language == 'en' else factor.question_vi}  ({key})")
        labels = factor.values_en if language == "en" else factor.values_vi
        for number, choice in enumerate(choices, 1):
            label = i18n.word("answer", "declined") if choice == "declined" else labels[choice]
            terminal.tell(f"  {number}  {label}  ({key}={choice})")
        if not terminal.interactive(ctx):
            continue
        choice_range = click.IntRange(0, len(choices))
        try:
            number = click.prompt(
                i18n.say("Number (0: later)"), type=choice_range, default=0, show_default=False
            )
        except click.Abort:
            # What was answered so far is not lost.
            terminal.tell()
            break
        if number:
            given[key] = choices[number - 1]
    return given
