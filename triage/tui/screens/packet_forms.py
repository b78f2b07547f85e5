"""What the packet page asks besides: a recipient for the book, a ground, a last look before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from triage import clock, i18n
from triage.desk import packets, people, view
from triage.packet import grounds as ground
from triage.terms import Profile, StepState
from triage.tui.dialogs import Form, Option, Pick
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, choice

if TYPE_CHECKING:
    from triage import models


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


def grounds(kind: Profile) -> Pick:
    """Pick a ground; nothing is chosen for her."""
    offered = [Option("", lambda: i18n.say("None of these: back to the field"))]
    offered += [Option(words, lambda words=words: words) for words in ground.of(kind)]  # type: ignore[misc]
    return Pick(
        lambda: i18n.say("On what ground? It can be completed afterwards."),
        offered,
        more=lambda: i18n.say("No lawyer has read these lines; what is right, you decide."),
    )


def before(
    at: Sitting,
    seen: view.CaseView,
    wish: packets.Wish,
    out: Path,
    row: models.Recipient | None,
    kind: Profile,
    named: Sequence[str],
) -> str:
    """What will leave, in words; what was looked for, never that something is absent."""
    profile = i18n.word("profile", kind)
    notes = [note for note in seen.notes if not note.private]
    private = len(seen.notes) - len(notes)
    done = sum(step.state is StepState.DONE for step in seen.steps)
    known = row is not None and packets.checked(row, at.desk.now())
    return "\n".join(
        part
        for part in (
            i18n.say(
                "For {name} ({profile}), into {folder}",
                name=row.name if row else wish.to,
                profile=profile,
                folder=out,
            ),
            i18n.say(
                "Told and noted: {notes}; private notes stay here: {private}. Steps done: {done}.",
                notes=len(notes),
                private=private,
                done=done,
            ),
            i18n.say(
                "Named, with class, birth and contact as far as written down: {who}", who=", ".join(named)
            )
            if named
            else i18n.say("No name, class, birth or contact is written down to go along."),
            i18n.say("Names that stand in the words and notes go along as written: read them before.")
            if packets.with_words(kind)
            else "",
            i18n.say("No number, account or link of the other side is written down (on the case: m).")
            if packets.with_words(kind) and not seen.indicators
            else "",
            i18n.say("Items: {items}", items=", ".join(wish.items or ()) or "–"),
            i18n.say(
                "Pictures and original files are not looked through: look at each yourself before it leaves."
            ),
            ""
            if known
            else i18n.say(
                "This recipient's number was never checked: the 24 digits go into a file of their own, "
                "so-….txt. Carry it apart from the packet."
            ),
        )
        if part
    )
