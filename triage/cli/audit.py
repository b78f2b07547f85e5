"""``triage audit``: the log of acts."""

from __future__ import annotations

import click

from triage import i18n
from triage.cli import spoken, terminal


@click.group(cls=spoken.Group, help="The log: one signed entry for each act.", example="triage audit verify")
def audit() -> None:
    """The log."""


@audit.command("show", help="The newest entries.", example="triage audit show --limit 20")
@spoken.option("--case", "ref", metavar="REF", help="Only of this case.")
@spoken.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
@spoken.json_option
@click.pass_context
def show(ctx: click.Context, ref: str | None, limit: int, as_json: bool) -> None:
    """Show entries."""
    from triage.desk import upkeep

    entries = upkeep.log(terminal.open_desk(ctx), ref=ref, limit=limit)
    if as_json:
        terminal.give({"entries": [entry.as_json() for entry in entries]})
        return
    for entry in entries:
        terminal.tell(f"{entry.seq:6}  {i18n.moment(entry.at)}  {entry.member:12}  {entry.act}")


@audit.command(
    "anchor",
    help="How the log stands to what this computer saw last; a lead may confirm the store as it is.",
    example="triage audit anchor",
)
@spoken.option("--confirm", is_flag=True, help="Take the store as it is, by an entry with both heads.")
@spoken.json_option
@click.pass_context
def anchor(ctx: click.Context, confirm: bool, as_json: bool) -> None:
    """Show or confirm the anchor."""
    from triage.desk import upkeep

    desk = terminal.open_desk(ctx)
    if confirm:
        desk.opened.confirm_anchor()
    state = upkeep.verify_log(desk).anchor
    if as_json:
        terminal.give({"anchor": state})
    else:
        terminal.tell(i18n.say("Anchor: {anchor}", anchor=i18n.word("anchor", state)))


@audit.command(
    "verify",
    help="Check the chain, every signature, every live row, the evidence, and the anchor outside the store.",
    example="triage audit verify",
)
@spoken.json_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Verify the log."""
    from triage.desk import upkeep

    found = upkeep.verify_log(terminal.open_desk(ctx))
    if as_json:
        terminal.give(found.as_json())
    else:
        terminal.tell(i18n.say("{count} entries.", count=found.entries))
        for problem in found.problems:
            terminal.tell(f"  {problem}")
        terminal.tell(i18n.say("The log is whole.") if found.whole else i18n.say("The log is NOT whole."))
        terminal.tell(i18n.say("Anchor: {anchor}", anchor=i18n.word("anchor", found.anchor)))
    if not found.holds:
        ctx.exit(1)
