"""``triage retention``: how long closed cases are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from triage import errors, i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal

if TYPE_CHECKING:
    from triage.desk import retention as desk_retention


@click.group(cls=spoken.Group, help="How long closed cases are kept: off until the school sets it.",
             example="triage retention show")  # fmt: skip
def retention() -> None:
    """Retention."""


@retention.command(
    "show", help="How long closed cases of each level are kept.", example="triage retention show"
)
@spoken.json_option
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Show the rules."""
    from triage.desk import retention as desk_retention
    from triage.response import retention as proposed

    rules, offer = desk_retention.rules(terminal.open_desk(ctx)), proposed.proposal()
    if as_json:
        terminal.give({"levels": [rule.as_json() for rule in rules], "notice_days": offer.notice.days,
                       "proposal": {"mark": offer.mark, "verified_on": offer.verified_on}})  # fmt: skip
        return
    for rule in rules:
        level = i18n.word("level", rule.level.name)
        if rule.months:
            terminal.tell(i18n.say("{level}: {months} months after closing (set on {day})", level=level,
                                   months=rule.months, day=rule.set_on))  # fmt: skip
        else:
            terminal.tell(i18n.say("{level}: kept, nothing is deleted", level=level))
    offered = ", ".join(f"{i18n.word('level', rule.level.name)} {rule.proposal}" for rule in rules)
    terminal.tell(i18n.say("Proposed months ({mark}, {day}; not looked at by a lawyer, ask the Department): {offered}",
                           mark=offer.mark, day=offer.verified_on, offered=offered))  # fmt: skip
    terminal.tell(i18n.say("A notice stands {days} days before a case may go.", days=offer.notice.days))


@retention.command("set", help="Set for one level how many months after closing its cases are kept.",
                   example="triage retention set LOW 12")  # fmt: skip
@click.argument("level")
@click.argument("months", type=click.IntRange(1, 1200))
@spoken.json_option
@click.pass_context
def set_(ctx: click.Context, level: str, months: int, as_json: bool) -> None:
    """Set a rule."""
    from triage.desk import retention as desk_retention

    wanted = case_cli.read_level(level)
    desk_retention.set_months(terminal.open_desk(ctx), wanted, months)
    word = i18n.word("level", wanted.name)
    case_cli.done(as_json, {"level": wanted.name, "months": months},
                  i18n.say("{level}: {months} months after closing. Nothing goes without a notice and a lead.",
                           level=word, months=months))  # fmt: skip


@retention.command(
    "off", help="Keep every closed case again, or those of one level.", example="triage retention off"
)
@click.argument("level", required=False)
@spoken.json_option
@click.pass_context
def off(ctx: click.Context, level: str | None, as_json: bool) -> None:
    """Take the rules away."""
    from triage.desk import retention as desk_retention

    wanted = [case_cli.read_level(level)] if level else None
    desk = terminal.open_desk(ctx)
    for rule in desk_retention.rules(desk):
        if rule.months if wanted is None else rule.level in wanted:
            desk_retention.set_months(desk, rule.level, None)
    case_cli.done(as_json, {"off": [one.name for one in wanted] if wanted else "all"},
                  i18n.say("Kept: nothing is deleted."))  # fmt: skip


@retention.command("due", help="Closed cases whose time has come.", example="triage retention due")
@spoken.json_option
@click.pass_context
def due(ctx: click.Context, as_json: bool) -> None:
    """List what is due."""
    from triage.desk import retention as desk_retention

    found = desk_retention.due(terminal.open_desk(ctx))
    if as_json:
        terminal.give({"due": [line.as_json() for line in found]})
        return
    _tell(found)


@retention.command(
    "run",
    help="Give notice to cases whose time has come; delete those whose notice has stood, after a lead confirms.",
    example="triage retention run --confirm 79012345",
)
@spoken.option("--confirm", metavar="CODE", help="The school's code, instead of typing it when asked.")
@spoken.json_option
@click.pass_context
def run(ctx: click.Context, confirm: str | None, as_json: bool) -> None:
    """Notice, then delete."""
    from triage.desk import deletion
    from triage.desk import retention as desk_retention

    desk = terminal.open_desk(ctx)
    noticed = desk_retention.notify(desk)
    found = desk_retention.due(desk)
    ripe = [line for line in found if line.ripe]
    if not as_json:
        _tell(found)
        for line in ripe:
            for said in deletion.outlook(desk, line.ref).said():
                terminal.narrate(said)
    purged = []
    if ripe:
        if confirm is None and not terminal.interactive(ctx):
            raise errors.Refused("retention-not-confirmed")
        if confirm is None:
            confirm = click.prompt(
                i18n.say("Type the school's code to delete these {count} cases for good (Ctrl+C: keep them)",
                         count=len(ripe)),
                default="", show_default=False, err=True,
            )  # fmt: skip
        purged = desk_retention.run(desk, confirm)
    if as_json:
        terminal.give({"noticed": [line.ref for line in noticed], "purged": [one.ref for one in purged],
                       "due": [line.as_json() for line in desk_retention.due(desk)]})  # fmt: skip
        return
    for one in purged:
        terminal.tell(i18n.say("Case {ref} is deleted.", ref=one.ref))
    for said in deletion.unfinished(purged):
        terminal.narrate(said)


def _tell(found: list[desk_retention.Due]) -> None:
    if not found:
        terminal.tell(i18n.say("No closed case's time has come."))
    for line in found:
        if line.held:
            state = i18n.say("a legal hold keeps it")
        elif line.goes_on is None:
            state = i18n.say("no notice yet")
        elif line.ripe:
            state = i18n.say("its notice has stood: it may be deleted")
        else:
            state = i18n.say("will be deleted from {day} on", day=line.goes_on.isoformat())
        terminal.tell(
            f"{line.ref}  {i18n.word('level', line.level.name)}  {line.due_on.isoformat()}  {state}"
        )
