"""The form that writes a recipient into the book."""

from __future__ import annotations

from triage import clock, i18n
from triage.desk import people
from triage.terms import Profile
from triage.tui.dialogs import Form
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, choice


def recipient(at: Sitting, ref: str) -> Form:
    """Write a recipient into the book; with a checked number the digits can be told there."""
    profiles = tuple(one.value for one in Profile)
    hows = ("", *people.VERIFIED_HOW)

    def act(typed: dict[str, str]) -> None:
        checked_on = clock.parse(f"{typed['on']} 00:00").astimezone(clock.VIETNAM) if typed["on"] else None
        people.add_recipient(
            at.desk,
            typed["label"],
            typed["name"],
            Profile(typed["profile"]),
            phone=typed["phone"],
            verified_on=f"{checked_on:%Y-%m-%d}" if checked_on else "",
            how=typed["how"],
        )

    fields = (
        Field("label", lambda: i18n.say("Short label, for example ben-do"), limit=30, must=True),
        Field("name", lambda: i18n.say("Name as printed"), must=True),
        choice(
            "profile",
            lambda: i18n.say("Kind of recipient (← →)"),
            profiles,
            lambda one: i18n.word("profile", one),
        ),
        Field("phone", lambda: i18n.say("Number of the duty desk")),
        choice(
            "how",
            lambda: i18n.say("How the number was checked (← →)"),
            hows,
            lambda one: i18n.word("verified", one or "not"),
        ),
        Field("on", lambda: i18n.say("Checked on (25/11/2026; may stay empty)"), limit=10),
    )
    return Form(
        lambda: i18n.say("Into the book of recipients"),
        fields,
        act,
        at=at,
        draft=f"recipient:{ref}",
    )
