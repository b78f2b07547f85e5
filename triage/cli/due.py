"""``triage due``: what is due next across cases, overdue first."""

from __future__ import annotations

import click

from triage import i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal


@click.command(cls=spoken.Command, help="What is due next across cases, overdue first.", example="triage due")
@spoken.option(
    "--print",
    "for_paper",
    is_flag=True,
    help="Codes and times only, for the pocket: no step texts, no names.",
)
@spoken.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many."
)
@spoken.json_option
@click.pass_context
def due(ctx: click.Context, for_paper: bool, limit: int, as_json: bool) -> None:
    """List the next step of each open case."""
    from triage.desk import restricted, view

    desk = terminal.open_desk(ctx)
    lines = view.due(desk, limit)
    sealed = [line for line in restricted.lines(desk) if line.next_due_at or line.rekey]
    if as_json:
        terminal.give({"cases": [line.as_json() for line, _text in lines], "total": len(lines),
                       "restricted": [line.as_json() for line in sealed]})  # fmt: skip
        return
    case_cli.tell_restricted(sealed)
    if not lines and not sealed:
        terminal.tell(i18n.say("Nothing is due. No case is open with a dated step."))
        return
    for line, text in lines:
        at = i18n.moment(line.next_due_at) if line.next_due_at else ""
        late = terminal.late(line.overdue, line.fresh)
        if for_paper:
            terminal.tell(f"{line.ref}  {at}  {line.next_step}  {late}".rstrip())
        else:
            terminal.tell(f"{line.ref}  {i18n.word('level', line.level.name):10}  {at}  {late}".rstrip())
            terminal.tell(f"    {line.next_step}  {text}")
    terminal.tell(
        i18n.say("The program reminds only while it is open: set an alarm on your phone, without a name.")
    )
