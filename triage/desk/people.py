"""Who works with the store, how the school is reached, and the book of those to whom packets go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli

from triage import clock, errors, i18n, models
from triage.desk import school_keys
from triage.desk.session import Desk, one_line
from triage.store.keys import header, passphrase
from triage.store.records import cases as case_rows
from triage.store.records import leaving
from triage.terms import Profile, Right

VERIFIED_HOW = ("visit", "official_letter", "switchboard")
"""How a recipient's number may have been checked. Source: security.md 16."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as listed."""

    label: str
    """How the member is called here."""
    right: Right
    """counsellor or lead."""
    here: bool
    """Whether it is the member at the desk."""
    leaving_at: datetime | None
    """When she asked to be taken out; None when she did not."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        leaving = clock.text(self.leaving_at) if self.leaving_at else None
        return {"label": self.label, "right": self.right.value, "here": self.here, "leaving_at": leaving}


@dataclass(frozen=True, slots=True)
class Held:
    """Who may do what, and what keeps the others from it."""

    who: str
    """member, lead, named or nobody."""
    by: str
    """keys or program."""
    vi: str
    """What, in Vietnamese."""
    en: str
    """In English."""

    def text(self) -> str:
        """What, in the language spoken now."""
        return self.vi if i18n.language() == "vi" else self.en

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"who": self.who, "by": self.by, "vi": self.vi, "en": self.en}


SCHOOL = ("name", "code", "phone", "address")
"""What packets print of the school; phone and address may be changed."""
_LONGEST = 200


def school(desk: Desk) -> dict[str, str]:
    """The school as packets print it; empty where nothing was written down."""
    with desk.opened.reading() as session:
        return {key: case_rows.setting(session, f"school_{key}") for key in SCHOOL}


def set_school(desk: Desk, **contact: str) -> None:
    """Write down how the school is reached.

    Args:
        desk: the desk.
        contact: ``phone``, ``address``; an empty text takes it away.

    Raises:
        errors.UsageError: ``text-too-long``.
    """
    with desk.opened.acting("school.contact-set") as act:
        for key, value in contact.items():
            if len(value) > _LONGEST:
                raise errors.UsageError("text-too-long", length=len(value), limit=_LONGEST)
            row = act.session.get(models.Setting, f"school_{key}")
            row = row or models.Setting(key=f"school_{key}", value="")
            row.value = one_line(value.strip()) if value.strip() else ""
            act.session.add(row)


def members(desk: Desk) -> list[MemberLine]:
    """The store's members."""
    unlocked = desk.opened.unlocked
    with desk.opened.reading() as session:
        leaving_at = {row.id: row.leaving_at for row in leaving.members(session)}
    return [
        MemberLine(slot.label, slot.right, slot.id == unlocked.member_id, leaving_at.get(slot.id))
        for slot in unlocked.members
    ]


def rights() -> list[Held]:
    """What each may do; printed as it is held, by keys or by the program alone."""
    kept = tomli.loads(Path(__file__).with_name("rights.toml").read_text(encoding="utf-8"))
    return [Held(**one) for one in kept["right"]]


def ask_to_leave(desk: Desk, leaves: bool) -> None:
    """Say that the member at the desk leaves, or stays after all; taking her out is a lead's."""
    with desk.opened.acting("member.leaving" if leaves else "member.stays") as act:
        row = leaving.member(act.session, desk.opened.unlocked.member_id)
        if row is not None:
            row.leaving_at = desk.now() if leaves else None


def add_member(desk: Desk, label: str, right: Right, words: str) -> None:
    """Add a member with a passphrase of her own; only a lead may.

    Raises:
        errors.Refused: not a lead, or the passphrase is too weak.
    """
    unlocked = desk.opened.unlocked
    if unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    label = one_line(label)
    desk.opened.check_anchor()
    with desk.opened.reading() as session:
        school = case_rows.setting(session, "school_name")
        code = case_rows.setting(session, "school_code")
        known = {row.id for row in leaving.members(session)}
    slot = next((one for one in unlocked.members if one.label.casefold() == label.casefold()), None)
    if slot is not None and slot.id in known:
        raise errors.UsageError("label-taken", label=label)
    if slot is None:
        passphrase.check(words, school=school, code=code, label=label)
        slot = header.add_member(
            desk.folder, unlocked, label=label, right=right, passphrase=words, measured=True
        )
    # A slot without a row is one whose act was lost after the header was written: it is finished here.
    _enter_member(desk, slot)


def _enter_member(desk: Desk, slot: header.Slot) -> None:
    """Give a member of the header her row and the school's keys, by an entry."""
    unlocked = desk.opened.unlocked
    with desk.opened.acting("member.added", right=slot.right.value, added=slot.id) as act:
        session = act.session
        session.add(
            models.Member(
                id=slot.id,
                label=slot.label,
                right=slot.right.value,
                sign_public=slot.sign_public,
                added_at=desk.now(),
            )
        )
        session.flush()
        school_keys.give(session, unlocked, slot.id)


def recipients(desk: Desk) -> list[models.Recipient]:
    """The book of recipients."""
    with desk.opened.reading() as session:
        return leaving.recipients(session)


def add_recipient(
    desk: Desk,
    label: str,
    name: str,
    profile: Profile,
    *,
    phone: str = "",
    verified_on: str = "",
    how: str = "",
) -> None:
    """Write a recipient into the book; with a checked number the packet's digits may be told there.

    Raises:
        errors.UsageError: the label is taken, or how the number was checked is not one of ``VERIFIED_HOW``.
    """
    if how and how not in VERIFIED_HOW:
        raise errors.UsageError(
            "unknown-value", name="verified-how", value=how, allowed=", ".join(VERIFIED_HOW)
        )
    if verified_on and verified_on > desk.now().astimezone(clock.VIETNAM).date().isoformat():
        raise errors.UsageError("verified-in-the-future", value=verified_on)
    with desk.opened.acting("recipient.added") as act:
        if leaving.recipient(act.session, label) is not None:
            raise errors.UsageError("label-taken", label=label)
        act.session.merge(
            models.Recipient(
                label=one_line(label),
                name=one_line(name),
                profile=profile.value,
                phone=one_line(phone) if phone else None,
                verified_on=verified_on or None,
                verified_how=how or None,
            )
        )


def remove_recipient(desk: Desk, label: str) -> None:
    """Take a recipient out of the book."""
    with desk.opened.acting("recipient.removed") as act:
        row = leaving.recipient(act.session, label)
        if row is None:
            raise errors.UsageError("no-such-recipient", label=label)
        row.removed_at = desk.now()
