"""``triage audit``: the log of acts."""

from __future__ import annotations

from pathlib import Path

import click

from triage import clock, i18n
from triage.cli import spoken, terminal

REASONS = ("restored-backup", "moved-computer", "profile-lost", "other")
"""As `triage.store.anchor.REASONS`: help waits for no store."""


@click.group(cls=spoken.Group, help="The log: one signed entry for each act.", example="triage audit verify")
def audit() -> None:
    """The log."""


@audit.command(
    "show",
    help="The newest entries.",
    example="triage audit show --limit 20\ntriage audit show --act evidence.added",
)
@spoken.option("--case", "ref", metavar="REF", help="Only of this case.")
@spoken.option("--member", metavar="LABEL", help="Only by this member.")
@spoken.option("--act", metavar="CODE", help="Only this act, for example packet.made.")
@spoken.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
@spoken.json_option
@click.pass_context
def show(
    ctx: click.Context, ref: str | None, member: str | None, act: str | None, limit: int, as_json: bool
) -> None:
    """Show entries."""
    from triage.desk import upkeep

    entries = upkeep.log(terminal.open_desk(ctx), ref=ref, member=member, act=act, limit=limit)
    if as_json:
        terminal.give({"entries": [entry.as_json() for entry in entries]})
        return
    for entry in entries:
        terminal.tell(f"{entry.seq:6}  {i18n.moment(entry.at)}  {entry.member:12}  {entry.act}")


@audit.command(
    "anchor",
    help="How the log stands to what this computer saw last, and an entry's mark: six words to keep on paper, and to "
    "compare later with --entry. A lead may confirm the store as it is.",
    example="triage audit anchor\ntriage audit anchor --entry 1\n"
    "triage audit anchor --confirm --reason restored-backup",
)
@spoken.option(
    "--entry", type=click.IntRange(1), metavar="N", help="The mark of this entry; else of the last one."
)
@spoken.option("--confirm", is_flag=True, help="Take the store as it is, by an entry with both heads.")
@spoken.option("--reason", type=click.Choice(REASONS), help="Why; needed to confirm.")
@spoken.option("--note", default="", metavar="TEXT", help="A line of your own about it; no student's name.")
@spoken.json_option
@click.pass_context
def anchor(
    ctx: click.Context, entry: int | None, confirm: bool, reason: str | None, note: str, as_json: bool
) -> None:
    """Show the anchor and a mark, or confirm the store."""
    if confirm != (reason is not None):
        needed = next(one for one in ctx.command.params if one.name == ("reason" if confirm else "confirm"))
        raise click.MissingParameter(ctx=ctx, param=needed)
    from triage.desk import log

    desk = terminal.open_desk(ctx)
    if reason is not None:
        log.confirm(desk, reason, note)
    state, marked = log.anchored(desk), log.marked(desk, entry)
    if as_json:
        terminal.give({"anchor": state, "entry": marked.seq, "at": clock.text(marked.at), "by": marked.by,
                       "mark": marked.words})  # fmt: skip
    else:
        terminal.tell(i18n.say("Anchor: {anchor}", anchor=i18n.word("anchor", state)))
        terminal.tell(i18n.say("Entry {number}, {time} by {who}, mark: {words}", number=marked.seq,
                               time=i18n.moment(marked.at), who=marked.by, words=marked.words))  # fmt: skip
        terminal.tell(
            i18n.say(
                "Keep number and words on paper; later: triage audit anchor --entry {number}",
                number=marked.seq,
            )
        )
    if not log.agrees(state):
        ctx.exit(1)


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


@audit.command(
    "export",
    help="Write the whole log for an auditor who holds no key: codes, ids and times, signed.",
    example="triage audit export --out usb/log.jsonl",
)
@spoken.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The file to write."
)
@spoken.option("--with-names", is_flag=True, help="With the members' names; else only their ids.")
@spoken.json_option
@click.pass_context
def export(ctx: click.Context, out: Path, with_names: bool, as_json: bool) -> None:
    """Export the log."""
    from triage.desk import log

    made = log.export_to(terminal.open_desk(ctx), out, names=with_names)
    if as_json:
        terminal.give({"file": str(out), "number": made.number, "entries": made.entries,
                       "fingerprint": made.fingerprint})  # fmt: skip
        return
    terminal.tell(
        i18n.say("{number}: {count} entries in {file}", number=made.number, count=made.entries, file=out)
    )
    terminal.tell(
        i18n.say(
            "Tell the auditor the fingerprint of the school's key by another way than the file: {fingerprint}",
            fingerprint=made.fingerprint,
        )
    )


@audit.command(
    "check",
    help="Check an exported log: chain, signatures, head, seal, signer. No store and no passphrase needed.",
    example="triage audit check log.jsonl --entry 1",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@spoken.option(
    "--fingerprint", metavar="HEX", help="SHA-256 of the school's key for summaries, told another way."
)
@spoken.option(
    "--entry", type=click.IntRange(1), metavar="N", help="The mark of this entry; else of the last one."
)
@spoken.json_option
@click.pass_context
def check(ctx: click.Context, file: Path, fingerprint: str | None, entry: int | None, as_json: bool) -> None:
    """Check an exported log."""
    from triage.store import export_check

    report = export_check.file(file, fingerprint=fingerprint, entry=entry)
    if as_json:
        terminal.give(report.as_json())
    else:
        for one in report.checks:
            terminal.tell(
                f"{i18n.say('holds') if one.holds else i18n.say('DOES NOT HOLD'):14} {one.name:12} {one.detail}"
            )
        if report.mark is not None:
            terminal.tell(
                i18n.say("Mark of entry {number}: {words}", number=report.marked, words=report.mark)
            )
    if not report.holds:
        ctx.exit(1)
