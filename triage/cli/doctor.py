"""``triage doctor``: what is whole, what is not, what to do; and a test of the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from triage import errors, i18n
from triage.cli import keyboard, spoken, terminal

if TYPE_CHECKING:
    from triage.store.findings import Finding


@click.command(
    cls=spoken.Command,
    help="What is whole, what is not, what to do. Without a passphrase it looks at what needs none.",
    example="triage doctor\ntriage doctor --keys",
)
@spoken.option(
    "--full", is_flag=True, help="Read every page and every evidence file; asks for the passphrase."
)
@spoken.option("--keys", is_flag=True, help="Only test the keyboard: type a line, see the bytes that arrive.")
@spoken.json_option
@click.pass_context
def doctor(ctx: click.Context, full: bool, keys: bool, as_json: bool) -> None:
    """Examine the store, or the keyboard."""
    if keys:
        _keys(ctx, as_json)
        return
    findings = _findings(ctx, full=full)
    whole = all(finding.ok for finding in findings)
    if as_json:
        terminal.give({"whole": whole, "findings": [finding.as_json() for finding in findings]})
    else:
        for finding in findings:
            mark = i18n.say("well") if finding.ok else i18n.say("LOOK")
            terminal.tell(f"{mark:5} {finding.area:12} {finding.sentence(i18n.language())}")
    if not whole:
        ctx.exit(1)


def _findings(ctx: click.Context, *, full: bool) -> list[Finding]:
    """What the store and the terminal are like; a store too damaged to be opened is looked at from outside."""
    from triage.desk import upkeep

    folder = terminal.asked(ctx).folder
    desk = damage = None
    if full or terminal.asked(ctx).passphrase_file is not None:
        try:
            desk = terminal.open_desk(ctx)
        except errors.StoreDamaged as error:
            damage = error
    found = [*upkeep.examine(folder, desk, full=full), *keyboard.findings()]
    if damage is not None and damage.code not in {one.code for one in found}:
        found.append(upkeep.unopened(damage))
    return found


def _keys(ctx: click.Context, as_json: bool) -> None:
    typed = keyboard.test()
    if as_json:
        terminal.give(typed.as_json())
    else:
        for line in typed.said():
            terminal.tell(line)
    if not typed.readable:
        ctx.exit(1)
