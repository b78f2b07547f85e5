"""``triage demo``: one school day with an invented school."""

from __future__ import annotations

import sys

import click

from triage import i18n
from triage.cli import spoken, terminal


@click.command(
    cls=spoken.Command,
    help="An invented school in a throw-away store, on the screen. With --day, or without a terminal, it plays one "
    "school day through the installed program instead.",
    example="triage demo",
)
@spoken.option("--day", is_flag=True, help="Play the school day, act by act, on a terminal too.")
@spoken.option(
    "--keep",
    is_flag=True,
    help="After the day, keep the invented store and print where it lies and its passphrase.",
)
@click.pass_context
def demo(ctx: click.Context, day: bool, keep: bool) -> None:
    """Open the screen on the invented school, or play the day."""
    trial = terminal.asked(ctx).trial
    if day or keep or trial is None or not (terminal.interactive(ctx) and sys.stdout.isatty()):
        from triage.demo import day as school_day

        ctx.exit(school_day.play(keep=keep))
    from triage.demo import screen

    ctx.exit(screen.show(trial, terminal.Progress(i18n.say("Making an invented school"))))
