"""``triage init``: make a store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from triage import i18n
from triage.cli import sheets, spoken, terminal


@click.command(
    cls=spoken.Command,
    help="Make a new encrypted store with its first member.",
    example='triage init --school "THPT Hoa Gạo" --code 79012345 --person "Cô An" --recovery-out words.txt',
)
@spoken.option("--school", required=True, help="The school's name as printed.")
@spoken.option("--code", required=True, help="The school's code.")
@spoken.option("--person", required=True, metavar="LABEL", help="How the first member is called here.")
@spoken.option(
    "--recovery-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the recovery words to a new private file: print it, lock it away, delete the file.",
)
@spoken.json_option
@click.pass_context
def init(
    ctx: click.Context, school: str, code: str, person: str, recovery_out: Path | None, as_json: bool
) -> None:
    """Make the store; the recovery words must be kept somewhere."""
    from triage.desk import session
    from triage.store.keys import passphrase

    sheet = sheets.Sheet(ctx, recovery_out)
    folder = terminal.asked(ctx).folder
    session.must_be_empty(folder)
    if terminal.asked(ctx).passphrase_file is None and terminal.interactive(ctx):
        terminal.narrate(i18n.say("A passphrase you could take: {words}", words=passphrase.offer()))
        terminal.narrate(i18n.say("If UniKey is typing Vietnamese (V), switch it to E first."))
    words = terminal.new_passphrase(ctx, terminal.asked(ctx).passphrase_file)

    def keep(made: session.Created, now: datetime) -> None:
        sheet.hand_over(made.words, made.store, 1, now)

    desk, made = session.create(
        folder, school=school, code=code, label=person, words=words, keep=keep, measured=True
    )
    ctx.call_on_close(desk.close)
    if not words.isascii():
        terminal.narrate(
            i18n.say("The passphrase has letters with marks: type it with the same keyboard setting.")
        )
    if as_json:
        terminal.give({"store": made.store, "code": made.code, "fingerprint": made.fingerprint})
        return
    terminal.tell(i18n.say("The store is ready: {folder}", folder=folder))
    terminal.tell(
        i18n.say("The school's certificate has the fingerprint {fingerprint}", fingerprint=made.fingerprint)
    )
