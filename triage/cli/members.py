"""``triage member`` and ``recovery``: who holds keys, and the way back in when a passphrase is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import errors, i18n
from triage.cli import case as case_cli
from triage.cli import sheets, spoken, terminal
from triage.terms import Right

if TYPE_CHECKING:
    from triage.desk import keys

_recovery_out = spoken.option(
    "--recovery-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the new recovery words to a new private file: print it, lock it away, delete the file.",
)
_words_file = spoken.option("--words-file", metavar="FILE|-", help="The recovery words, or the sheet itself.")
_share_files = spoken.option(
    "--share-file",
    "share_files",
    multiple=True,
    metavar="FILE",
    help="A share, or its sheet: give two of the three.",
)


@click.group(cls=spoken.Group, help="Members of the store.", example="triage member list")
def member() -> None:
    """Members."""


@member.command("list", help="Who works with this store, and what keeps each from what.",
                example="triage member list --rights")  # fmt: skip
@spoken.option(
    "--rights", is_flag=True, help="Who may do what, and whether keys or only the program hold it."
)
@spoken.json_option
@click.pass_context
def list_members(ctx: click.Context, rights: bool, as_json: bool) -> None:
    """List members."""
    from triage.desk import people

    desk = terminal.open_desk(ctx)
    lines = people.members(desk)
    held = people.rights() if rights else []
    if as_json:
        found = {"members": [one.as_json() for one in lines]}
        terminal.give(found | ({"rights": [one.as_json() for one in held]} if rights else {}))
        return
    for one in lines:
        leaving = i18n.say("asked to leave on {at}", at=i18n.moment(one.leaving_at)) if one.leaving_at else ""
        mark = "*" if one.here else " "
        terminal.tell(f"{mark} {one.label}  {i18n.word('right', one.right.value)}  {leaving}".rstrip())
    words = desk.opened.unlocked.compare_words
    terminal.tell(
        i18n.say("Six words of these members and keys, to compare between two screens: {words}", words=words)
    )
    for right in held:
        terminal.tell(f"- {i18n.word('who', right.who)} ({i18n.word('held', right.by)}): {right.text()}")


@member.command("add", help="Add a member with a passphrase of her own; only a lead may.",
                example='triage member add "Thầy Bình" --role counsellor --new-passphrase-file her.txt')  # fmt: skip
@click.argument("label")
@spoken.option(
    "--role", required=True, type=click.Choice([one.value for one in Right]), help="counsellor or lead."
)
@spoken.option("--new-passphrase-file", metavar="FILE", help="Her passphrase; asked for when left out.")
@spoken.json_option
@click.pass_context
def add_member(
    ctx: click.Context, label: str, role: str, new_passphrase_file: str | None, as_json: bool
) -> None:
    """Add a member."""
    from triage.desk import people

    desk = terminal.open_desk(ctx)
    words = terminal.new_passphrase(ctx, new_passphrase_file)
    people.add_member(desk, label, Right(role), words)
    case_cli.done(
        as_json, {"label": label, "right": role, "compare": desk.opened.unlocked.compare_words},
        i18n.say("{label} is a member now.", label=label) + "\n"
        + i18n.say("At her first unlock she compares these six words with you: {words}",
                   words=desk.opened.unlocked.compare_words),
    )  # fmt: skip


@member.command(
    "remove",
    help="Take a member out and replace everything she could use; cannot be undone, only a lead may.",
    example='triage member remove "Thầy Dũng" --confirm 79012345 --recovery-out words-2.txt',
)
@click.argument("label")
@spoken.option("--confirm", metavar="CODE", help="The school's code, to say that it is meant.")
@_recovery_out
@spoken.json_option
@click.pass_context
def remove_member(
    ctx: click.Context, label: str, confirm: str | None, recovery_out: Path | None, as_json: bool
) -> None:
    """Remove a member."""
    from triage.desk import keys

    sheet = sheets.Sheet(ctx, recovery_out)
    desk = terminal.open_desk(ctx)
    terminal.narrate(i18n.say("{label} keeps what could be read until today: old backups, files of evidence, packets. "
                              "The old recovery words and shares, and the school's signing keys, end now.",
                              label=label))  # fmt: skip
    terminal.confirmed(ctx, confirm, desk)
    made = keys.remove_member(desk, label, sheet.keep(desk), progress=terminal.Progress(i18n.say("New keys")))
    _say_rekeyed(as_json, {"removed": label}, made, i18n.say("{label} is no member any more.", label=label))


@member.command(
    "passphrase",
    help="Change your passphrase; when the old one may have been seen, the store gets new keys. "
    "A lead does that for another member.",
    example="triage member passphrase --unseen --new-passphrase-file new.txt",
)
@click.argument("label", required=False)
@spoken.option("--seen/--unseen", default=None, help="Whether anyone could have seen the old passphrase.")
@spoken.option("--new-passphrase-file", metavar="FILE", help="The new passphrase; asked for when left out.")
@spoken.json_option
@click.pass_context
def passphrase(
    ctx: click.Context, label: str | None, seen: bool | None, new_passphrase_file: str | None, as_json: bool
) -> None:
    """Change a passphrase."""
    from triage.desk import keys

    desk = terminal.open_desk(ctx)
    other = label is not None and label.casefold() != desk.label.casefold()
    if seen is None and not other:
        if not terminal.interactive(ctx):
            raise errors.UsageError("seen-or-unseen")
        seen = click.confirm(i18n.say("Could anyone have seen the old passphrase?"), default=True, err=True)
    if not other and seen and desk.opened.unlocked.right is not Right.LEAD:
        raise errors.Refused("seen-needs-lead", label=desk.label)
    words = terminal.new_passphrase(ctx, new_passphrase_file)
    if not other and not seen:
        keys.change_passphrase(desk, words)
        case_cli.done(as_json, {"label": desk.label, "epoch": desk.opened.unlocked.epoch},
                      i18n.say("The passphrase is changed."))  # fmt: skip
        return
    who = label if other and label else desk.label
    made = keys.renew_member(desk, who, words, progress=terminal.Progress(i18n.say("New keys")))
    said = i18n.say("{label} has new keys; the old passphrase opens nothing from now on.", label=who)
    _say_rekeyed(as_json, {"label": who}, made, said)


@member.command("leave", help="Say that you are leaving: a lead then takes you out.",
                example="triage member leave")  # fmt: skip
@spoken.option("--stay", is_flag=True, help="Take it back.")
@spoken.json_option
@click.pass_context
def leave(ctx: click.Context, stay: bool, as_json: bool) -> None:
    """Ask to be removed."""
    from triage.desk import people

    desk = terminal.open_desk(ctx)
    people.ask_to_leave(desk, not stay)
    said = (
        i18n.say("You stay.")
        if stay
        else i18n.say("A lead sees it in the list of members and takes you out.")
    )
    case_cli.done(as_json, {"label": desk.label, "leaving": not stay}, said)


@click.group(cls=spoken.Group, help="Recovery words: the way back in when a passphrase is lost.",
             example="triage recovery drill --words-file words.txt")  # fmt: skip
def recovery() -> None:
    """Recovery."""


@recovery.command("drill",
                  help="Prove that the recovery words, or two shares of them, open the store; nothing is changed.",
                  example="triage recovery drill --words-file words.txt")  # fmt: skip
@_words_file
@_share_files
@spoken.json_option
@click.pass_context
def drill(ctx: click.Context, words_file: str | None, share_files: tuple[str, ...], as_json: bool) -> None:
    """Try the words."""
    from triage.desk import recovery as way_back

    folder = terminal.asked(ctx).folder
    if share_files:
        found = way_back.drill_shares(folder, [terminal.secret_text(file) for file in share_files])
        numbers = ", ".join(str(number) for number in found.shares)
        case_cli.done(as_json, {"opens": True, "store": found.store, "shares": list(found.shares)},
                      i18n.say("Shares {numbers} open this store together.", numbers=numbers))  # fmt: skip
        return
    store = way_back.drill_words(folder, _words_of(folder, words_file, ()))
    case_cli.done(as_json, {"opens": True, "store": store}, i18n.say("The recovery words open this store."))


@recovery.command(
    "share",
    help="Split the recovery words into three shares, any two of which open the store: one sheet for each keeper.",
    example="triage recovery share --words-file words.txt --out shares.pdf",
)
@_words_file
@spoken.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE",
               help="shares.pdf gives shares-1.pdf to shares-3.pdf; another ending gives text.")  # fmt: skip
@spoken.json_option
@click.pass_context
def share(ctx: click.Context, words_file: str | None, out: Path, as_json: bool) -> None:
    """Make shares."""
    from triage import clock
    from triage.desk import recovery as way_back

    folder = terminal.asked(ctx).folder
    made = way_back.share(
        folder, _words_of(folder, words_file, ()), out, clock.SystemClock().now(), i18n.language()
    )
    case_cli.done(as_json, {"files": [str(file) for file in made]}, "\n".join(
        [str(file) for file in made]
        + [i18n.say("Print each for one keeper, then delete the files. Shares made before for these words do not fit "
                    "these: take them back.")]
    ))  # fmt: skip


@recovery.command(
    "new",
    help="Make the recovery words anew: old sheets and shares open nothing from then on; only a lead may.",
    example="triage recovery new --out words-2.txt",
)
@spoken.option(
    "--out",
    "recovery_out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the new recovery words to a new private file: print it, lock it away, delete the file.",
)
@spoken.option(
    "--seen", is_flag=True, help="Somebody may have seen the old words: replace the signing keys too."
)
@spoken.json_option
@click.pass_context
def new(ctx: click.Context, recovery_out: Path | None, seen: bool, as_json: bool) -> None:
    """Renew the words."""
    from triage.desk import keys

    sheet = sheets.Sheet(ctx, recovery_out)
    desk = terminal.open_desk(ctx)
    made = keys.new_recovery(
        desk, sheet.keep(desk), seen=seen, progress=terminal.Progress(i18n.say("New keys"))
    )
    _say_rekeyed(as_json, {}, made, i18n.say("The old recovery words open nothing from now on."))


@recovery.command(
    "use",
    help="The passphrase is lost: let the recovery words add a lead, or give one that is there a new passphrase. "
    "The words are used up; new ones are made.",
    example='triage recovery use --words-file words.txt --person "Cô An" --new-passphrase-file her.txt '
    "--recovery-out words-2.txt",
)
@_words_file
@_share_files
@spoken.option("--person", required=True, metavar="LABEL", help="How the lead is called here.")
@spoken.option("--new-passphrase-file", metavar="FILE", help="Her passphrase; asked for when left out.")
@_recovery_out
@spoken.json_option
@click.pass_context
def use(
    ctx: click.Context, words_file: str | None, share_files: tuple[str, ...], person: str,
    new_passphrase_file: str | None, recovery_out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Come back in."""
    from triage.desk import keys, session

    sheet = sheets.Sheet(ctx, recovery_out)
    folder = terminal.asked(ctx).folder
    desk = session.open_by_recovery(folder, _words_of(folder, words_file, share_files))
    ctx.call_on_close(desk.close)
    words = terminal.new_passphrase(ctx, new_passphrase_file)
    made = keys.come_back(
        desk, person, words, sheet.keep(desk), progress=terminal.Progress(i18n.say("New keys"))
    )
    _say_rekeyed(
        as_json, {"label": person, "right": "lead"}, made, i18n.say("{label} is a member now.", label=person)
    )


def _words_of(folder: Path, words_file: str | None, share_files: tuple[str, ...]) -> str:
    """The recovery words: as typed, from their sheet, or out of two shares."""
    from triage.store.keys import shares

    if share_files:
        return shares.at(folder, [terminal.secret_text(file) for file in share_files]).words
    if words_file is None:
        raise errors.UsageError("words-or-shares")
    return terminal.secret_text(words_file)


def _say_rekeyed(as_json: bool, found: dict[str, object], made: keys.Rekeyed, sentence: str) -> None:
    if as_json:
        known = {"epoch": made.epoch, "recovery_set": made.set_number, "fingerprints": made.fingerprints}
        terminal.give(found | known)
        return
    terminal.tell(sentence)
    if "packet" in made.fingerprints:
        terminal.tell(i18n.say("The school signs with new keys. Tell the police this fingerprint by a number you "
                               "know: {fingerprint}", fingerprint=made.fingerprints["packet"]))  # fmt: skip
        terminal.tell(i18n.say("And the Department this one, for summaries: {fingerprint}",
                               fingerprint=made.fingerprints["summary"]))  # fmt: skip
    terminal.tell(i18n.say("Make a backup now: older ones open with the keys of before."))
