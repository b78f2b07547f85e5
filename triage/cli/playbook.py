"""``triage playbook``: what the program knows to do; no store needed."""

from __future__ import annotations

from pathlib import Path

import click

from triage import i18n
from triage.cli import level as level_cli
from triage.cli import spoken, terminal


@click.group(
    cls=spoken.Group,
    help="Playbooks: list, show, lint. A draft of its authors, not validated by counsellors.",
    example="triage playbook list",
)
def playbook() -> None:
    """Playbooks."""


@playbook.command("list", help="The playbooks there are.", example="triage playbook list")
@spoken.json_option
def list_(as_json: bool) -> None:
    """List playbooks."""
    from triage.response import playbook as books

    found = books.all_shipped()
    if as_json:
        terminal.give(
            {
                "playbooks": [
                    {"kind": book.kind, "version": book.version, "steps": len(book.steps)} for book in found
                ]
            }
        )
        return
    for book in found:
        terminal.tell(f"{book.kind:10} {book.version:12} {book.title[i18n.language()]}")
    terminal.tell(i18n.say("A draft of its authors: not validated by counsellors, a clinician or a lawyer."))


@playbook.command("show", help="One playbook with sources.", example="triage playbook show VKIDNAP")
@click.argument("kind")
@spoken.json_option
def show(kind: str, as_json: bool) -> None:
    """Show a playbook."""
    from triage import errors
    from triage.response import playbook as books

    name = kind.strip().upper()
    book = books.shipped(name if name == "COMMON" else level_cli.read_kinds((kind,))[0].value)
    if book is None:
        raise errors.UsageError("no-playbook", kind=name)
    language = i18n.language()
    if as_json:
        terminal.give({"kind": book.kind, "version": book.version, "verified_on": str(book.verified_on), "steps": [
            {"id": step.id, "phase": step.phase, "text": step.text(language), "role": list(step.role),
             "when": step.when.text, "source": list(step.source), "mark": step.mark} for step in book.steps
        ]})  # fmt: skip
        return
    terminal.tell(f"{book.title[language]}  ({book.kind} {book.version})")
    terminal.tell(i18n.say("A draft of its authors: not validated by counsellors, a clinician or a lawyer."))
    for step in book.steps:
        terminal.tell(f"{step.id:6} {step.text(language)}  [{', '.join(step.source)}]")


@playbook.command("lint", help="Check playbook files.", example="triage playbook lint my-school.toml")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def lint(ctx: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Lint playbooks."""
    from triage.response import lint as linting

    problems = [problem for file in files for problem in linting.check(file)]
    if as_json:
        terminal.give({"problems": [problem.as_json() for problem in problems]})
    else:
        for problem in problems:
            terminal.tell(str(problem))
        if not problems:
            terminal.tell(i18n.say("No problem found."))
    if problems:
        ctx.exit(2)
