"""``triage backup``: make, check, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import clock, i18n
from triage.cli import spoken, terminal

if TYPE_CHECKING:
    from triage.store.backup import Checked, Restored
    from triage.store.purge import Applied


@click.group(cls=spoken.Group, help="Encrypted backups.", example="triage backup make usb/backup-1")
def backup() -> None:
    """Backups."""


@backup.command(
    "make",
    help="Make a backup, or bring an earlier one up to date; it is opened and compared before it counts.",
    example="triage backup make usb/backup-1",
)
@click.argument("out", type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def make(ctx: click.Context, out: Path, as_json: bool) -> None:
    """Make a backup."""
    from triage.desk import upkeep

    made = upkeep.make_backup(terminal.open_desk(ctx), out, terminal.Progress(i18n.say("Backing up")))
    if as_json:
        terminal.give({
            "backup": str(made.path), "entries": made.entries, "sha256": made.sha256, "copied": made.copied,
            "kept": made.kept, "removed": made.removed,
        })  # fmt: skip
        return
    terminal.tell(i18n.say("Backup made and checked: {path}", path=made.path))
    terminal.tell(i18n.say("Evidence files: {copied} new, {kept} there already, {removed} removed",
                           copied=made.copied, kept=made.kept, removed=made.removed))  # fmt: skip


@backup.command("verify", help="Open a backup and compare it with its manifest; nothing is written.",
                example="triage backup verify usb/backup-1")  # fmt: skip
@click.argument("source", type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def verify(ctx: click.Context, source: Path, as_json: bool) -> None:
    """Verify a backup."""
    from triage.desk import upkeep

    found = upkeep.verify_backup(source, terminal.passphrase(ctx), label=terminal.asked(ctx).label,
                                 progress=terminal.Progress(i18n.say("Checking")))  # fmt: skip
    if as_json:
        terminal.give({"whole": True, "entries": found.entries, **_facts(found), "stray": found.stray})
        return
    terminal.tell(i18n.say("The backup is whole."))
    _tell(found)
    if found.stray:
        terminal.tell(i18n.say("Beside it lie {n} parts of a backup that was interrupted; the next triage backup make "
                               "clears them.", n=found.stray))  # fmt: skip


@backup.command("restore", help="Restore a backup into a new or empty folder (the global --store).",
                example="triage --store restored backup restore usb/backup-1")  # fmt: skip
@click.argument("source", type=click.Path(path_type=Path))
@spoken.option("--tombstones", "buried", multiple=True, type=click.Path(path_type=Path), metavar="BACKUP|FILE",
               help="A newer backup, or its tombstones.json: what was deleted since is deleted again.")  # fmt: skip
@spoken.json_option
@click.pass_context
def restore(ctx: click.Context, source: Path, buried: tuple[Path, ...], as_json: bool) -> None:
    """Restore a backup."""
    from triage.desk import upkeep

    folder = terminal.asked(ctx).folder
    if not buried and not upkeep.knows_deletions(source):
        buried = _ask_for_tombstones(ctx)
    found = upkeep.restore_backup(source, folder, terminal.passphrase(ctx), label=terminal.asked(ctx).label,
                                  progress=terminal.Progress(i18n.say("Restoring")), buried=buried)  # fmt: skip
    if as_json:
        terminal.give({"store": str(folder), "entries": found.entries, "lost": found.lost, "whole": found.log.whole,
                       "deleted_again": list(found.again.removed), "held": list(found.again.held),
                       "unknown_tombstones": found.again.unknown, **_facts(found.source)})  # fmt: skip
    else:
        _tell_restored(found)
    if not found.log.whole:
        ctx.exit(1)


def _ask_for_tombstones(ctx: click.Context) -> tuple[Path, ...]:
    """This computer knows of no deletion: a newer backup may, and what was deleted must not come back."""
    said = i18n.say("This computer knows of no deleted cases. What was deleted after this backup would come back: "
                    "name a newer backup, or its tombstones.json (--tombstones).")  # fmt: skip
    terminal.narrate(said)
    if not terminal.interactive(ctx):
        return ()
    named = click.prompt(
        i18n.say("Newer backup (Enter: there is none)"), default="", show_default=False, err=True
    )
    return (Path(named),) if named.strip() else ()


def _tell_again(again: Applied) -> None:
    if again.removed:
        terminal.tell(
            i18n.say("Deleted since that backup and deleted again: {refs}", refs=", ".join(again.removed))
        )
    if again.held:
        terminal.tell(i18n.say("Deleted since, but under a legal hold in this backup, so still there: {refs}",
                               refs=", ".join(again.held)))  # fmt: skip
    if again.unknown:
        terminal.tell(i18n.say("{n} tombstones are signed by nobody whom this backup knows as a lead: nothing "
                               "was deleted for them.", n=again.unknown))  # fmt: skip


def _facts(found: Checked) -> dict[str, object]:
    return {
        "epoch": found.epoch,
        "made_at": clock.text(found.made_at),
        "people": list(found.people),
        "old": found.is_old(clock.SystemClock().now()),
        "earlier_keys": found.earlier_keys,
    }


def _tell(found: Checked) -> None:
    """When it was made, who can open it, and what to think of that."""
    now = clock.SystemClock().now()
    days = max(0, (now - found.made_at).days)
    made = i18n.say(
        "Made {at} ({days} days ago), {entries} log entries, keys number {epoch}",
        at=i18n.moment(found.made_at), days=days, entries=found.entries, epoch=found.epoch,
    )  # fmt: skip
    terminal.tell(made)
    terminal.tell(i18n.say("Can be opened by: {people}, and with the recovery words of that time",
                           people=", ".join(found.people)))  # fmt: skip
    if found.earlier_keys:
        terminal.tell(i18n.say("This backup opens with the passphrases and words of that time; people removed since "
                               "can open it. Make a new one and destroy this one."))  # fmt: skip
    if found.is_old(now):
        terminal.tell(i18n.say("It is older than 12 months: make a new one and destroy this one."))


def _tell_restored(found: Restored) -> None:
    terminal.tell(i18n.say("Restored and checked: {folder}", folder=found.folder))
    _tell(found.source)
    _tell_again(found.again)
    if found.lost:
        terminal.tell(i18n.say("Recorded on this computer after that backup and not in it: {n} log entries (the first "
                               "one says that the backup was made)", n=found.lost))  # fmt: skip
    if not found.log.whole:
        terminal.tell(i18n.say("The log is NOT whole."))
        for problem in found.log.problems:
            terminal.tell(f"  {problem}")
        terminal.tell(
            i18n.say("So it was in the store when the backup was made; the backup itself is unchanged.")
        )
