"""``triage step``: the checklist of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from triage import clock, i18n
from triage.cli import spoken, terminal

if TYPE_CHECKING:
    from triage.desk import view


@click.group(
    cls=spoken.Group, help="Steps: list, done, skip, wait, due, undo.", example="triage step list 2026-0001"
)
def step() -> None:
    """Steps."""


@step.command("list", help="The checklist in working order.", example="triage step list 2026-0001")
@click.argument("ref")
@spoken.json_option
@click.pass_context
def list_(ctx: click.Context, ref: str, as_json: bool) -> None:
    """List steps."""
    from triage.desk import view

    seen = view.case(terminal.open_desk(ctx), ref)
    if as_json:
        terminal.give(_document(seen))
        return
    phase = 0
    for line in seen.steps:
        if line.planned.phase != phase:
            phase = line.planned.phase
            terminal.tell(f"-- {i18n.word('phase', str(phase))}")
        print_step(line)


@step.command(
    "done",
    help="A step was done; --at says when it truly was.",
    example='triage step done 2026-0001 Z5 --at "2026-11-25 09:41" --reference 113-0042',
)
@click.argument("ref")
@click.argument("step_id", metavar="STEP")
@spoken.option("--at", metavar="TIME", help="When it was done; now when left out.")
@spoken.option("--reference", default="", metavar="NO", help="A number given by the other side.")
@spoken.option("--result", default="", metavar="TEXT", help="What came of it.")
@spoken.json_option
@click.pass_context
def done(
    ctx: click.Context, ref: str, step_id: str, at: str | None, reference: str, result: str, as_json: bool
) -> None:
    """Mark a step done."""
    from triage.desk import steps

    desk = terminal.open_desk(ctx)
    steps.done(desk, ref, step_id, at=clock.parse(at) if at else None, reference=reference, result=result)
    _after(ctx, ref, step_id, as_json)


@step.command(
    "skip",
    help="A step is not done, with the reason; a mandatory one needs a second person.",
    example='triage step skip 2026-0001 X26 --reason "Sở không yêu cầu."',
)
@click.argument("ref")
@click.argument("step_id", metavar="STEP")
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.option("--agreed-by", metavar="WHO", help="The second person, for a mandatory step.")
@spoken.json_option
@click.pass_context
def skip(
    ctx: click.Context, ref: str, step_id: str, reason: str, agreed_by: str | None, as_json: bool
) -> None:
    """Skip a step."""
    from triage.desk import steps

    steps.skip(terminal.open_desk(ctx), ref, step_id, reason, agreed_by=agreed_by)
    _after(ctx, ref, step_id, as_json)


@step.command(
    "wait",
    help="A step waits for somebody else; what is overdue stays overdue.",
    example='triage step wait 2026-0001 X20 --until "2026-12-01 09:00" --reason "Chờ giáo viên chủ nhiệm."',
)
@click.argument("ref")
@click.argument("step_id", metavar="STEP")
@spoken.option("--until", required=True, metavar="TIME", help="Until when.")
@spoken.option("--reason", required=True, metavar="TEXT", help="For what.")
@spoken.json_option
@click.pass_context
def wait(ctx: click.Context, ref: str, step_id: str, until: str, reason: str, as_json: bool) -> None:
    """Let a step wait."""
    from triage.desk import steps

    steps.wait(terminal.open_desk(ctx), ref, step_id, clock.parse(until), reason)
    _after(ctx, ref, step_id, as_json)


@step.command(
    "due",
    help="Give a step another due time, with the reason.",
    example='triage step due 2026-0001 X18 --at "2026-12-01 09:00" --reason "Bà ngoại đón lúc chiều."',
)
@click.argument("ref")
@click.argument("step_id", metavar="STEP")
@spoken.option("--at", required=True, metavar="TIME", help="The new due time.")
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.json_option
@click.pass_context
def due(ctx: click.Context, ref: str, step_id: str, at: str, reason: str, as_json: bool) -> None:
    """Set a due time."""
    from triage.desk import steps

    steps.set_due(terminal.open_desk(ctx), ref, step_id, clock.parse(at), reason)
    _after(ctx, ref, step_id, as_json)


@step.command(
    "undo",
    help="A step that was done, skipped or waiting is to do again.",
    example="triage step undo 2026-0001 Z5",
)
@click.argument("ref")
@click.argument("step_id", metavar="STEP")
@spoken.json_option
@click.pass_context
def undo(ctx: click.Context, ref: str, step_id: str, as_json: bool) -> None:
    """Take a step up again."""
    from triage.desk import steps

    steps.take_up(terminal.open_desk(ctx), ref, step_id)
    _after(ctx, ref, step_id, as_json)


def print_step(line: view.StepLine) -> None:
    """One step for a person: state, id, due time, text, and the words to say."""
    marks = {"todo": "[ ]", "done": "[x]", "skipped": "[-]", "waiting": "[~]"}
    due_at = i18n.moment(line.due_at) if line.due_at else ""
    late = terminal.late(line.overdue, line.fresh)
    roles = ", ".join(i18n.word("role", role) for role in line.planned.role)
    head = f"{marks[line.state.value]} {line.planned.id:8} {due_at}  {late}".rstrip()
    terminal.tell(f"{head}  ({roles})")
    terminal.tell(f"      {line.text()}")
    if line.state.value == "todo" and line.planned.say:
        terminal.tell(f"      {line.planned.say[0 if i18n.language() == 'vi' else 1]}")
    said = [
        i18n.moment(line.at) if line.at else "",
        line.by or "",
        line.reference or "",
        line.result or "",
        line.reason or "",
    ]
    if line.state.value != "todo":
        terminal.tell("      " + "  ".join(part for part in said if part))


def _document(seen: view.CaseView) -> dict[str, object]:
    return {
        "ref": seen.line.ref,
        "playbooks": [{"kind": kind, "version": version} for kind, version in seen.playbooks],
        "steps": [line.as_json() for line in seen.steps],
    }


def _after(ctx: click.Context, ref: str, step_id: str, as_json: bool) -> None:
    """What the step has become, and what is next."""
    from triage.desk import view

    seen = view.case(terminal.desk_of(ctx), ref)
    line = next(line for line in seen.steps if line.planned.id.casefold() == step_id.casefold())
    if as_json:
        terminal.give({"ref": seen.line.ref, "step": line.as_json(), "next_step": seen.line.next_step,
                       "next_due_at": view.moment(seen.line.next_due_at)})  # fmt: skip
        return
    print_step(line)
    upcoming = next((one for one in seen.steps if one.planned.id == seen.line.next_step), None)
    if upcoming is not None:
        terminal.tell(i18n.say("Next:"))
        print_step(upcoming)
