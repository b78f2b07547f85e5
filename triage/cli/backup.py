"""``triage backup``: make, check, restore."""

from __future__ import annotations

from pathlib import Path

import click

from triage import i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal


@click.group(cls=spoken.Group, help="Encrypted backups.", example="triage backup make usb/backup-1")
def backup() -> None:
    """Backups."""


@backup.command("make", help="Make a backup in a new place; it is opened and compared before it counts.",
                example="triage backup make usb/backup-1")  # fmt: skip
@click.argument("out", type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def make(ctx: click.Context, out: Path, as_json: bool) -> None:
    """Make a backup."""
    from triage.desk import upkeep

    made = upkeep.make_backup(terminal.open_desk(ctx), out, terminal.Progress(i18n.say("Backing up")))
    case_cli.done(as_json, {"backup": str(made.path), "entries": made.entries, "sha256": made.sha256},
                  i18n.say("Backup made and checked: {path}", path=made.path))  # fmt: skip


@backup.command("verify", help="Open a backup and compare it with its manifest; nothing is written.",
                example="triage backup verify usb/backup-1")  # fmt: skip
@click.argument("source", type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def verify(ctx: click.Context, source: Path, as_json: bool) -> None:
    """Verify a backup."""
    from triage.desk import upkeep

    found = upkeep.verify_backup(source, terminal.passphrase(ctx), label=terminal.asked(ctx).label)
    case_cli.done(as_json, {"whole": True, "entries": found.entries}, i18n.say("The backup is whole."))


@backup.command("restore", help="Restore a backup into a new or empty folder (the global --store).",
                example="triage --store restored backup restore usb/backup-1")  # fmt: skip
@click.argument("source", type=click.Path(path_type=Path))
@spoken.json_option
@click.pass_context
def restore(ctx: click.Context, source: Path, as_json: bool) -> None:
    """Restore a backup."""
    from triage.desk import upkeep

    folder = terminal.asked(ctx).folder
    found = upkeep.restore_backup(source, folder, terminal.passphrase(ctx), label=terminal.asked(ctx).label)
    case_cli.done(as_json, {"store": str(folder), "entries": found.entries},
                  i18n.say("Restored and checked: {folder}", folder=folder))  # fmt: skip
