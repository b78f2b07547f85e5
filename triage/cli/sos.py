"""``triage sos``: what to do now; no store, no passphrase, no network."""

from __future__ import annotations

import click

from triage import i18n
from triage.cli import spoken, terminal


@click.command(
    cls=spoken.Command, help="What to do now: eight situations, no passphrase needed.", example="triage sos 1"
)
@click.argument("number", required=False, type=click.IntRange(0, 8), metavar="[1-8]")
@spoken.json_option
def sos(number: int | None, as_json: bool) -> None:
    """Show the list of situations, or one of them."""
    from triage.response import sos as help_first

    situations = help_first.situations()
    language = i18n.language()
    if number is None:
        if as_json:
            terminal.give({"situations": [_document(one) for one in situations]})
            return
        terminal.tell(i18n.say("URGENT - DO THIS NOW, nothing needs unlocking"))
        for one in situations:
            terminal.tell(f" {one.number}  {one.title[language]}")
        terminal.tell(i18n.say("Type: triage sos NUMBER"))
        return
    wanted = 8 if number == 0 else number
    one = next(one for one in situations if one.number == wanted)
    if as_json:
        terminal.give(_document(one))
        return
    terminal.tell(f"{one.number}  {one.title[language]}")
    for place, line in enumerate(one.lines[language], 1):
        terminal.tell(f"  {place}. {line}")
    if one.script:
        terminal.tell()
        terminal.tell(i18n.say("To read aloud on the call:"))
        terminal.tell(f"  {help_first.script(one.script).text[language]}")
    terminal.tell()
    terminal.tell(i18n.say("Numbers:"))
    for contact in help_first.contacts(one.contacts):
        terminal.tell(f"  {contact.line(language)}")


def _document(one: object) -> dict[str, object]:
    from triage.response import sos as help_first

    return help_first.as_json(one)  # type: ignore[arg-type]
