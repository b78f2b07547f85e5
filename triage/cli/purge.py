"""``triage case purge``: what it takes, what it cannot reach, then for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from triage import errors, i18n
from triage.cli import case_life, spoken, terminal

if TYPE_CHECKING:
    from triage.desk import deletion

case = case_life.case


@case.command(help="Delete a closed case for good; a lead types its reference to confirm.",
              example="triage case purge 2026-0001 --confirm 2026-0001")  # fmt: skip
@click.argument("ref")
@spoken.option("--confirm", metavar="REF", help="The reference once more, instead of typing it when asked.")
@spoken.json_option
@click.pass_context
def purge(ctx: click.Context, ref: str, confirm: str | None, as_json: bool) -> None:
    """Delete a case."""
    from triage.desk import deletion

    desk = terminal.open_desk(ctx)
    deletion.may_purge(desk, ref)
    seen = deletion.outlook(desk, ref)
    if not as_json:
        for line in outside(seen):
            terminal.narrate(line)
    if confirm is None:
        if not terminal.interactive(ctx):
            raise errors.UsageError("usage-missing", name="--confirm", command="triage case purge")
        confirm = click.prompt(
            i18n.say("Type the reference to delete it for good (Ctrl+C: keep it)"), default="",
            show_default=False, err=True,
        )  # fmt: skip
    done = deletion.purge(desk, ref, confirm)
    if as_json:
        terminal.give(
            {
                "purged": seen.as_json(),
                "tombstone": done.tombstone,
                "cleared": done.cleared,
                "outside": done.outside,
            }
        )
        return
    terminal.tell(i18n.say("Case {ref} is deleted.", ref=done.ref))
    for line in unfinished(done.cleared, done.outside):
        terminal.narrate(line)


def outside(seen: deletion.Outlook) -> list[str]:
    """What a deletion takes and what it cannot reach, line by line."""
    lines = [i18n.say("Deleting {ref} takes everything of it, {items} items of evidence too. It cannot be undone.",
                      ref=seen.ref, items=seen.items)]  # fmt: skip
    if seen.packets:
        lines.append(i18n.say("Packets stay with who has them: {packets}",
                              packets="; ".join(f"{number} ({to})" for number, to in seen.packets)))  # fmt: skip
    if seen.backup_at:
        lines.append(i18n.say("Backups up to {at} hold it still: destroy them when newer ones are checked.",
                              at=i18n.moment(seen.backup_at)))  # fmt: skip
    if seen.periods:
        lines.append(i18n.say("Summaries not closed yet will no longer count it: {periods}",
                              periods=", ".join(seen.periods)))  # fmt: skip
    lines.append(
        i18n.say(
            "What was printed or copied out is yours to destroy. "
            "The log keeps that a case was deleted, by whom and when; no name."
        )
    )
    return lines


def unfinished(cleared: bool, kept: bool) -> list[str]:
    """What could not be done at once."""
    lines = []
    if not cleared:
        lines.append(
            i18n.say(
                "Somebody else has the store open: its last traces in the file go "
                "at the next opening by one person alone."
            )
        )
    if not kept:
        lines.append(
            i18n.say(
                "This computer could not keep the tombstone beside its anchor: make a backup today, it holds it."
            )
        )
    return lines
