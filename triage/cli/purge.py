"""``triage case purge``: what it takes, what it cannot reach, then for good."""

from __future__ import annotations

import click

from triage import errors, i18n
from triage.cli import case_life, spoken, terminal

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
        for line in seen.said():
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
    for line in deletion.unfinished([done]):
        terminal.narrate(line)
