"""``triage desk``: who has the store open, and whether several people may share one account."""

from __future__ import annotations

import click

from triage import i18n
from triage.cli import spoken, terminal


@click.group(cls=spoken.Group, help="Who has the store open on this computer.", example="triage desk list")
def desk() -> None:
    """Who is at the desk."""


@desk.command(
    "list", help="Who has the store open now; no passphrase is needed.", example="triage desk list --json"
)
@spoken.json_option
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """List the sessions."""
    from triage.desk import presence

    lines = presence.there(terminal.asked(ctx).folder)
    if as_json:
        terminal.give({"desks": [line.as_json() for line in lines]})
        return
    if not lines:
        terminal.tell(i18n.say("Nobody has the store open."))
    for line in lines:
        account = i18n.say("this account") if line.mine else i18n.say("another account")
        terminal.tell(f"{line.label}  {i18n.moment(line.since)}  {account}  ({line.pid})")


@desk.command(
    "shared",
    help="Accept that several people use one account of this computer, or refuse it again; only a lead may.",
    example="triage desk shared accepted",
)
@click.argument("answer", type=click.Choice(["accepted", "refused"]))
@spoken.json_option
@click.pass_context
def shared(ctx: click.Context, answer: str, as_json: bool) -> None:
    """Set it."""
    from triage.desk import presence

    presence.set_shared(terminal.open_desk(ctx), accepted=answer == "accepted")
    if as_json:
        terminal.give({"shared_account": answer})
    elif answer == "accepted":
        terminal.tell(
            i18n.say(
                "Accepted: each can reach into the other's session here. An account for each person is safer."
            )
        )
    else:
        terminal.tell(i18n.say("From now on a second person under the same account is refused."))
