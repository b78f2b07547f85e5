"""``triage school`` and ``recipient``: who sends packets, and to whom."""

from __future__ import annotations

import click

from triage import i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal
from triage.terms import Profile


@click.group(cls=spoken.Group, help="The book of those to whom packets go.", example="triage recipient list")
def recipient() -> None:
    """Recipients."""


@recipient.command("list", help="The book.", example="triage recipient list")
@spoken.json_option
@click.pass_context
def list_recipients(ctx: click.Context, as_json: bool) -> None:
    """List recipients."""
    from triage.desk import people

    rows = people.recipients(terminal.open_desk(ctx))
    if as_json:
        terminal.give({"recipients": [
            {"label": row.label, "name": row.name, "profile": row.profile, "phone": row.phone,
             "verified_on": row.verified_on, "verified_how": row.verified_how} for row in rows
        ]})  # fmt: skip
        return
    if not rows:
        terminal.tell(i18n.say("The book is empty."))
    for row in rows:
        checked = row.verified_on or i18n.say("number not checked")
        terminal.tell(
            f"{row.label}  {row.name}  {i18n.word('profile', row.profile)}  {row.phone or ''}  {checked}"
        )


@recipient.command(
    "add",
    help="Write a recipient into the book, with how and when the number was checked.",
    example='triage recipient add ben-do --name "Công an phường Bến Đò" --profile ward --phone "0900 000 113" '
    "--verified-on 2026-11-20 --verified-how visit",
)
@click.argument("label")
@spoken.option("--name", required=True, metavar="NAME", help="As printed.")
@spoken.option(
    "--profile",
    required=True,
    type=click.Choice([one.value for one in Profile], case_sensitive=False),
    help="What kind.",
)
@spoken.option("--phone", default="", metavar="NUMBER", help="The number you dial.")
@spoken.option(
    "--verified-on",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    metavar="DATE",
    help="When you checked it.",
)
@spoken.option("--verified-how", default="", metavar="HOW", help="visit, official_letter or switchboard.")
@spoken.json_option
@click.pass_context
def add_recipient(
    ctx: click.Context, label: str, name: str, profile: str, phone: str, verified_on: object, verified_how: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Add a recipient."""
    from triage.desk import people

    on = str(verified_on)[:10] if verified_on else ""
    people.add_recipient(
        terminal.open_desk(ctx), label, name, Profile(profile), phone=phone, verified_on=on, how=verified_how
    )
    case_cli.done(as_json, {"label": label}, i18n.say("{label} is in the book.", label=label))


@recipient.command(
    "remove", help="Take a recipient out of the book.", example="triage recipient remove ben-do"
)
@click.argument("label")
@spoken.json_option
@click.pass_context
def remove_recipient(ctx: click.Context, label: str, as_json: bool) -> None:
    """Remove a recipient."""
    from triage.desk import people

    people.remove_recipient(terminal.open_desk(ctx), label)
    case_cli.done(as_json, {"label": label}, i18n.say("{label} is out of the book.", label=label))


@click.command(cls=spoken.Command, help="How police reach the school: a packet prints it. Without options it is shown.",
               example='triage school --phone "0000 000 000" --address "1 đường Hoa Gạo (hư cấu)"')  # fmt: skip
@spoken.option("--phone", metavar="NUMBER", help="The number at which you are reached; empty takes it away.")
@spoken.option("--address", metavar="ADDRESS", help="Where the school is; empty takes it away.")
@spoken.json_option
@click.pass_context
def school(ctx: click.Context, phone: str | None, address: str | None, as_json: bool) -> None:
    """Show the school, or change how it is reached."""
    from triage.desk import people

    desk = terminal.open_desk(ctx)
    contact = {key: value for key, value in (("phone", phone), ("address", address)) if value is not None}
    if contact:
        people.set_school(desk, **contact)
    found = people.school(desk)
    if as_json:
        terminal.give(found)
        return
    terminal.tell(f"{found['name']} ({found['code']})")
    terminal.tell(i18n.say("Telephone: {phone}", phone=found["phone"] or "–"))
    terminal.tell(i18n.say("Address: {address}", address=found["address"] or "–"))
