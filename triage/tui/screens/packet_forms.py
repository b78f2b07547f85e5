"""What the packet page asks besides: a recipient for the book, a ground, a last look before it is made."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from triage import clock, errors, i18n
from triage.desk import packets, people, view
from triage.desk.session import outside
from triage.packet import grounds as ground
from triage.response import level as table
from triage.terms import Profile, StepState
from triage.tui.dialogs import Form, Option, Pick
from triage.tui.sitting import Sitting
from triage.tui.widgets import speech
from triage.tui.widgets.fields import Field, choice, typed_path

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


def digits_apart(at: Sitting, out: Path, then: Callable[[Path], object]) -> Form:
    """Ask where the digits go: never beside the packet that they open.

    Args:
        at: the sitting.
        out: the packet's folder.
        then: told the new file, once it is known.
    """

    def act(typed: dict[str, str]) -> None:
        folder = typed_path(typed["folder"].strip())
        here, there = folder.resolve(), out.resolve()
        if here.is_relative_to(there) or there.is_relative_to(here):
            raise errors.Refused("digits-beside-packet")
        outside(at.desk, folder)
        folder.mkdir(parents=True, exist_ok=True)
        then(folder / f"so-{secrets.token_hex(4)}.txt")

    return Form(
        lambda: i18n.say("Where do the 24 digits go?"),
        (Field("folder", lambda: i18n.say("Another folder than the packet's"), limit=1000, must=True),),
        act,
        at=at,
        more=lambda: i18n.say(
            "This recipient's number was never checked, so the digits go into a file of their own. Whoever has the "
            "packet and this file can read everything: not on the same stick."
        ),
    )


def _missing(seen: view.CaseView, kind: Profile, phone: str) -> Iterator[str]:
    """What those who receive it would ask for."""
    if packets.with_words(kind) and not seen.indicators:
        yield i18n.say("No number, account or link of the other side is written down (on the case: m).")
    if not phone:
        yield i18n.say("The school's telephone is not written down: triage school --phone NUMBER")
    if seen.ask_again:
        yield i18n.say(
            "Told while the student was missing, not asked again since (q on the case): {names}",
            names=table.names(sorted(seen.ask_again), i18n.language()),
        )


def before(
    at: Sitting,
    seen: view.CaseView,
    wish: packets.Wish,
    out: Path,
    row: models.Recipient | None,
    kind: Profile,
    named: Sequence[str],
    phone: str,
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
                "On the ground: {basis}. For: {purpose}",
                basis=speech.brief(wish.basis, 100),
                purpose=speech.brief(wish.purpose, 60),
            ),
            i18n.say(
                "Told and noted: {notes}; private notes stay here: {private}. "
                "Steps done: {done} (mere talk is only counted).",
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
            *_missing(seen, kind, phone),
            i18n.say("Items: {items}", items=", ".join(wish.items or ()) or "–"),
            i18n.say(
                "Pictures and original files are not looked through: look at each yourself before it leaves."
            ),
            ""
            if known
            else i18n.say(
                "This recipient's number was never checked: the 24 digits go into a file of their own, "
                "in another folder."
            ),
        )
        if part
    )
