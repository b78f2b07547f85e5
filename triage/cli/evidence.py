"""``triage evidence``: take in, refer to, look at, give out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triage import clean, clock, errors, i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal

if TYPE_CHECKING:
    from triage import models


@click.group(
    cls=spoken.Group,
    help="Evidence: taken in encrypted, or referred to in words.",
    example="triage evidence list 2026-0001",
)
def evidence() -> None:
    """Evidence."""


@evidence.command(
    "add",
    help="Take files in, encrypted. Never a sexual image of a minor: use 'evidence reference' for that.",
    example="triage evidence add 2026-0001 chat.png --no-sexual-image --from 'em A'",
)
@click.argument("ref")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@spoken.option(
    "--no-sexual-image", is_flag=True, help="The statement: none of these files is a sexual image of a minor."
)
@spoken.option("--from", "source", default="", metavar="WHO", help="Who gave them.")
@spoken.option("--device", default="", metavar="TEXT", help="On which device they were.")
@spoken.option("--taken-at", metavar="TIME", help="When they were captured there.")
@spoken.json_option
@click.pass_context
def add(
    ctx: click.Context, ref: str, files: tuple[Path, ...], no_sexual_image: bool, source: str, device: str,
    taken_at: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Take files in."""
    from triage.desk import evidence as desk_evidence

    desk = terminal.open_desk(ctx)
    if not no_sexual_image and terminal.interactive(ctx):
        no_sexual_image = click.confirm(
            i18n.say("Is it sure that none of these files is a sexual image of a minor?")
        )
    origin = desk_evidence.Origin(source, device, clock.parse(taken_at) if taken_at else None)
    items = desk_evidence.add(desk, ref, files, origin, no_sexual_image=no_sexual_image)
    if as_json:
        terminal.give({"items": [_added(row) for row in items]})
        return
    for row in items:
        terminal.tell(f"{row.item}  {row.media_type}  {row.size}  {row.sha256}")
        for warning in _added(row)["warnings"]:
            terminal.tell(f"      {i18n.word('warning', warning)}")
    terminal.tell(i18n.say("The originals still lie where they were: decide what becomes of them."))


@evidence.command(
    "reference",
    help="Record in words what is never taken in: what it is, where, who holds it.",
    example='triage evidence reference 2026-0001 --what "ảnh riêng tư" --where "Zalo, 20:15" --holder "em A"',
)
@click.argument("ref")
@spoken.option("--what", required=True, metavar="TEXT", help="What it is, in words.")
@spoken.option(
    "--where", "place", required=True, metavar="TEXT", help="Platform, account, time of the message."
)
@spoken.option("--holder", required=True, metavar="WHO", help="Who holds it.")
@spoken.option("--count", type=click.IntRange(1, 1_000_000), help="How many.")
@spoken.option(
    "--hashed", type=click.Choice(["yes", "no"], case_sensitive=False), help="Hashed with Take It Down."
)
@spoken.json_option
@click.pass_context
def reference(
    ctx: click.Context,
    ref: str,
    what: str,
    place: str,
    holder: str,
    count: int | None,
    hashed: str | None,
    as_json: bool,
) -> None:
    """Refer to something."""
    from triage.desk import evidence as desk_evidence

    told = desk_evidence.Reference(what, place, holder, count, None if hashed is None else hashed == "yes")
    row = desk_evidence.refer(terminal.open_desk(ctx), ref, told)
    case_cli.done(as_json, {"items": [{"id": row.item, "reference": True}]}, row.item)


@evidence.command(
    "list", help="A case's items with their custody record.", example="triage evidence list 2026-0001"
)
@click.argument("ref")
@spoken.json_option
@click.pass_context
def list_(ctx: click.Context, ref: str, as_json: bool) -> None:
    """List items."""
    from triage.desk import evidence as desk_evidence

    found = desk_evidence.of_case(terminal.open_desk(ctx), ref)
    if as_json:
        terminal.give({"ref": ref, "items": [
            _added(row) | {
                "name": row.original_name, "added_at": clock.text(row.added_at), "by": row.by,
                "statement": row.statement, "reference": row.statement == "reference",
                "withdrawn": row.withdrawn_at is not None,
                "custody": [
                    {"at": clock.text(one.at), "by": one.by, "act": one.act, "note": one.note} for one in lines
                ],
            }
            for row, lines in found
        ]})  # fmt: skip
        return
    if not found:
        terminal.tell(i18n.say("Nothing is kept for this case yet."))
    for row, lines in found:
        terminal.tell(
            f"{row.item}  {clean.line(row.original_name or row.what or '')}  {row.media_type or ''}  {row.size or ''}"
        )
        for one in lines:
            note = f"  {one.note}" if one.note else ""
            terminal.tell(f"      {i18n.moment(one.at)}  {i18n.word('custody', one.act)}  {one.by}{note}")


@evidence.command(
    "get",
    help="Write a plain copy of an item out, with a reason; from then on it is yours to destroy.",
    example='triage evidence get 2026-0001 E-001 --out copy --reason "Công an đến nhận."',
)
@click.argument("ref")
@click.argument("item")
@spoken.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder for the copy."
)
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.json_option
@click.pass_context
def get(ctx: click.Context, ref: str, item: str, out: Path, reason: str, as_json: bool) -> None:
    """Give a copy out."""
    from triage.desk import evidence as desk_evidence

    written = desk_evidence.get(terminal.open_desk(ctx), ref, item, out, reason)
    terminal.narrate(i18n.say("This copy is not encrypted: destroy it when it has served."))
    case_cli.done(as_json, {"file": str(written)}, str(written))


@evidence.command(
    "verify",
    help="Read every item again and compare it with what was taken in.",
    example="triage evidence verify",
)
@click.argument("ref", required=False)
@spoken.json_option
@click.pass_context
def verify(ctx: click.Context, ref: str | None, as_json: bool) -> None:
    """Verify bytes."""
    from triage.desk import evidence as desk_evidence

    checks = desk_evidence.verify(terminal.open_desk(ctx), ref)
    whole = all(check.holds for check in checks)
    if as_json:
        terminal.give({"whole": whole, "items": [
            {"ref": check.ref, "id": check.item, "holds": check.holds} for check in checks
        ]})  # fmt: skip
    else:
        for check in checks:
            terminal.tell(
                f"{check.ref}  {check.item}  {i18n.say('well') if check.holds else i18n.say('LOOK')}"
            )
        terminal.tell(i18n.say("{count} items read.", count=len(checks)))
    if not whole:
        ctx.exit(1)


@evidence.command(
    "withdraw",
    help="Take an unlawful item out: its bytes go at once, the register keeps that it was there.",
    example='triage evidence withdraw 2026-0001 E-002 --unlawful --reason "Có ảnh riêng tư." --agreed-by "Thầy Bình"',
)
@click.argument("ref")
@click.argument("item")
@spoken.option("--unlawful", is_flag=True, help="Say that it must not be kept.")
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.option("--agreed-by", required=True, metavar="WHO", help="The second person.")
@spoken.json_option
@click.pass_context
def withdraw(
    ctx: click.Context, ref: str, item: str, unlawful: bool, reason: str, agreed_by: str, as_json: bool
) -> None:
    """Withdraw an item."""
    from triage.desk import deletion
    from triage.desk import evidence as desk_evidence

    if not unlawful:
        raise errors.UsageError("usage-missing", name="--unlawful", command="triage evidence withdraw")
    desk = terminal.open_desk(ctx)
    desk_evidence.withdraw(desk, ref, item, reason, agreed_by)
    for line in deletion.still_holding(desk, ref, item):
        terminal.narrate(line)
    terminal.narrate(
        i18n.say("Earlier backups and packets may still hold it: ask the police before destroying them.")
    )
    case_cli.done(
        as_json, {"ref": ref, "item": item, "withdrawn": True}, i18n.say("{item} is withdrawn.", item=item)
    )


def _added(row: models.Evidence) -> dict[str, Any]:
    import json

    return {
        "id": row.item,
        "sha256": row.sha256,
        "size": row.size,
        "media_type": row.media_type,
        "claimed_type": row.claimed_type,
        "warnings": json.loads(row.warnings),
    }
