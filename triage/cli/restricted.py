"""``triage restricted``: cases that only the people named can open; and ``triage case restrict``."""

from __future__ import annotations

from pathlib import Path

import click

from triage import errors, i18n
from triage.cli import case as case_cli
from triage.cli import purge, sealed_words, spoken, terminal

case = purge.case


@click.group(
    cls=spoken.Group,
    help="Restricted cases: who is named in which, let somebody in, take somebody out.",
    example="triage restricted list",
)
def restricted() -> None:
    """Restricted cases."""


@restricted.command(
    "list", help="Every restricted case: whom to ask, when it is due.", example="triage restricted list"
)
@spoken.json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List restricted cases."""
    from triage.desk import restricted as desk_restricted

    lines = desk_restricted.lines(terminal.open_desk(ctx))
    if as_json:
        terminal.give({"restricted": [line.as_json() for line in lines]})
        return
    if not lines:
        terminal.tell(i18n.say("No case is restricted."))
    case_cli.tell_restricted(lines)


@restricted.command(
    help="Let one more member open a case; a person who is named does it.",
    example='triage restricted name R-7K3M9QTX "Cô Chi"',
)
@click.argument("which", metavar="REF")
@click.argument("label")
@spoken.json_option
@click.pass_context
def name(ctx: click.Context, which: str, label: str, as_json: bool) -> None:
    """Let a member in."""
    from triage.desk import restricted as desk_restricted
    from triage.desk import restricted_people

    desk = terminal.open_desk(ctx)
    restricted_people.name(desk, which, label)
    _told(desk_restricted.named(desk, which), which, as_json)


@restricted.command(
    help="Take a member out of a case: it gets a new key. What she has read she keeps.",
    example='triage restricted unname R-7K3M9QTX "Cô Chi"',
)
@click.argument("which", metavar="REF")
@click.argument("label")
@spoken.json_option
@click.pass_context
def unname(ctx: click.Context, which: str, label: str, as_json: bool) -> None:
    """Take a member out."""
    from triage.desk import restricted as desk_restricted
    from triage.desk import restricted_people

    desk = terminal.open_desk(ctx)
    restricted_people.unname(desk, which, label)
    _told(desk_restricted.named(desk, which), which, as_json)


@restricted.command(
    help="Make new recovery words for a case of which you are named; the ones before open nothing any more.",
    example="triage restricted words R-7K3M9QTX --recovery-out sheets.txt",
)
@click.argument("which", metavar="REF")
@spoken.option(
    "--recovery-out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A new private file for the three sheets.",
)
@spoken.json_option
@click.pass_context
def words(ctx: click.Context, which: str, recovery_out: Path, as_json: bool) -> None:
    """Make recovery words."""
    from triage.desk import restricted_people

    keep = sealed_words.keeper(recovery_out, terminal.asked(ctx).folder)
    if keep is not None:
        restricted_people.new_words(terminal.open_desk(ctx), which, keep)
    sealed_words.told(recovery_out)
    case_cli.done(as_json, {"restricted": which.upper(), "file": str(recovery_out)}, str(recovery_out))


@restricted.command(
    help="Be let into a case by its recovery words, when nobody named is there: a sheet from outside, one from inside.",
    example="triage restricted recover R-7K3M9QTX --words-file both.txt",
)
@click.argument("which", metavar="REF")
@spoken.option("--words-file", required=True, metavar="FILE|-",
               help="Two lines: the words from outside the school, then those from inside.")  # fmt: skip
@spoken.json_option
@click.pass_context
def recover(ctx: click.Context, which: str, words_file: str, as_json: bool) -> None:
    """Be let in by words."""
    from triage.desk import restricted as desk_restricted
    from triage.desk import restricted_people

    outside, inside = sealed_words.read(words_file)
    desk = terminal.open_desk(ctx)
    restricted_people.recover(desk, which, outside, inside)
    terminal.narrate(
        i18n.say(
            "These words are used up: make new ones today. triage restricted words {ref}", ref=which.upper()
        )
    )
    _told(desk_restricted.named(desk, which), which, as_json)


@case.command(
    "restrict",
    help="Make a case a restricted one: from then on only the people named can open it.",
    example='triage case restrict 2026-0003 --named "Cô Chi" --yes',
)
@click.argument("which", metavar="REF")
@spoken.option("--named", multiple=True, metavar="LABEL", help="Who can open it besides you.")
@spoken.option(
    "--subject", "subjects", multiple=True, metavar="LABEL", help="A member whom it is about: never named."
)
@spoken.option(
    "--recovery-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write recovery words of this case alone; one person is then enough.",
)
@spoken.option("--yes", is_flag=True, help="You have read what stays elsewhere.")
@spoken.json_option
@click.pass_context
def restrict(
    ctx: click.Context, which: str, named: tuple[str, ...], subjects: tuple[str, ...], recovery_out: Path | None,
    yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Restrict a case."""
    from triage.desk import restricted_move

    keep = sealed_words.keeper(recovery_out, terminal.asked(ctx).folder)
    desk = terminal.open_desk(ctx)
    terminal.narrate(restricted_move.warning(which))
    if not yes:
        if not terminal.interactive(ctx):
            raise errors.UsageError("usage-missing", name="--yes", command="triage case restrict")
        if not click.confirm(i18n.say("Make {ref} a restricted case now?", ref=which), err=True):
            raise click.Abort
    moved = restricted_move.restrict(desk, which, named, subjects=subjects, keep=keep)
    sealed_words.told(recovery_out)
    if moved.links:
        terminal.narrate(i18n.say("{n} links with other cases were taken away.", n=moved.links))
    if not moved.settled:
        terminal.narrate(
            i18n.say("Its last traces go from the store's files when every desk on it has been closed once.")
        )
    case_cli.done(
        as_json,
        {"ref": moved.ref, "was": which, "links": moved.links, "settled": moved.settled},
        i18n.say("{was} is now the restricted case {ref}.", was=which, ref=moved.ref),
    )


def _told(labels: tuple[str, ...], which: str, as_json: bool) -> None:
    said = i18n.say("{ref} can be opened by: {named}", ref=which.upper(), named=", ".join(labels))
    case_cli.done(as_json, {"restricted": which.upper(), "named": list(labels)}, said)
