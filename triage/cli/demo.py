"""``triage demo``: one school day with an invented school."""

from __future__ import annotations

import click

from triage.cli import spoken


@click.command(
    cls=spoken.Command,
    help="An invented school in a throw-away store: plays one school day through the installed program.",
    example="triage demo",
)
@spoken.option(
    "--keep", is_flag=True, help="Keep the invented store and print where it lies and its passphrase."
)
@click.pass_context
def demo(ctx: click.Context, keep: bool) -> None:
    """Play the day."""
    from triage.demo import day

    ctx.exit(day.play(keep=keep))
