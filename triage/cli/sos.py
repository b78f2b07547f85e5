"""``triage sos``: what to do now; no store, no passphrase, no network."""

from __future__ import annotations

import click

from triage import clock, i18n
from triage.cli import spoken, terminal


@click.command(
    cls=spoken.Command, help="What to do now: eight situations, no passphrase needed.", example="triage sos 1"
)
@click.argument("number", required=False, type=click.IntRange(0, 8), metavar="[1-8]")
@spoken.json_option
def sos(number: int | None, as_json: bool) -> None:
    """Show the list of situations, or one of them."""
    from triage.response import sos as help_first

    language = i18n.language()
    if number is None:
        situations = help_first.situations()
        if as_json:
            terminal.give({"situations": [help_first.as_json(one) for one in situations]})
            return
        terminal.tell(i18n.say("URGENT - DO THIS NOW, nothing needs unlocking"))
        for one in situations:
            terminal.tell(f" {one.number}  {one.title[language]}")
        terminal.tell(i18n.say("Type: triage sos NUMBER"))
        return
    one = help_first.situation(number)
    if as_json:
        terminal.give(help_first.as_json(one))
        return
    terminal.tell(f"{one.number}  {one.title[language]}")
    for place, line in enumerate(one.lines[language], 1):
        terminal.tell(f"  {place}. {line}")
    if one.script:
        script = help_first.script(one.script)
        terminal.tell()
        terminal.tell(i18n.say("To read aloud on the call:"))
        for text in (script.before[language], script.text[language]):
            if text:
                terminal.tell(f"  {text}")
    terminal.tell()
    terminal.tell(i18n.say("Numbers:"))
    today = clock.SystemClock().now().date()
    for contact in help_first.contacts(one.contacts):
        sure = "" if not contact.doubts(today) else " *"
        terminal.tell(f"  {contact.number:14} {contact.name[language]} ({i18n.day(contact.read_on)}){sure}")
    terminal.tell(
        i18n.say("(date: when the number was read; * from memory or an old source: check it beforehand)")
    )
