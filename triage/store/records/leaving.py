"""What left or may leave: packets, recipients, releases, the school's keys."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from triage import errors
from triage.models.case import Case
from triage.models.house import Member, PlaybookKept, SchoolKey, SealedKey
from triage.models.leaving import Packet, Recipient, Release


def packets(session: Session, case_id: int | None = None) -> list[Packet]:
    """Packets made, oldest first; of one case or of all."""
    query = select(Packet).order_by(col(Packet.id))
    return list(session.exec(query if case_id is None else query.where(Packet.case_id == case_id)))


def packets_with_case(session: Session, ref: str | None = None) -> list[tuple[str, Packet]]:
    """Packets made, oldest first, each with its case's reference; of one case or of all."""
    query = select(Case.ref, Packet).join(Case, col(Packet.case_id) == col(Case.id)).order_by(col(Packet.id))
    return list(session.exec(query if ref is None else query.where(Case.ref == ref.strip())).all())


def digits_before(session: Session, now: datetime) -> list[Packet]:
    """Packets whose digits are still kept although their time has passed."""
    query = select(Packet).where(col(Packet.digits).is_not(None), col(Packet.digits_until) < now)
    return list(session.exec(query))


def packet(session: Session, number: str) -> Packet:
    """One packet by its outside number.

    Raises:
        errors.UsageError: ``no-such-packet``.
    """
    row = session.exec(select(Packet).where(Packet.number == number.strip().upper())).first()
    if row is None:
        raise errors.UsageError("no-such-packet", packet=number)
    return row


def recipients(session: Session) -> list[Recipient]:
    """The book of recipients, without those removed."""
    query = select(Recipient).where(col(Recipient.removed_at).is_(None)).order_by(Recipient.label)
    return list(session.exec(query))


def recipient(session: Session, label: str) -> Recipient | None:
    """An entry of the book by its label, in any case of letters."""
    return next(
        (row for row in recipients(session) if row.label.casefold() == label.strip().casefold()), None
    )


def releases(session: Session) -> list[Release]:
    """Closed periods in the order in which they were closed."""
    return list(session.exec(select(Release).order_by(col(Release.seq))))


def release(session: Session, period: str) -> Release | None:
    """A closed period's release."""
    return session.get(Release, period)


def members(session: Session) -> list[Member]:
    """The members as the log knows them, without those removed."""
    return list(session.exec(select(Member).where(col(Member.removed_at).is_(None))))


def member(session: Session, member_id: str) -> Member | None:
    """A member as the log knows her, also one who was removed."""
    return session.get(Member, member_id)


def school_key(session: Session, purpose: str) -> SchoolKey:
    """The school's present key for ``packet``, ``summary`` or ``backup``."""
    query = select(SchoolKey).where(SchoolKey.purpose == purpose, col(SchoolKey.revoked_at).is_(None))
    return session.exec(query.order_by(col(SchoolKey.id).desc())).one()


def school_keys(session: Session) -> list[SchoolKey]:
    """Every key the school has signed with."""
    return list(session.exec(select(SchoolKey).order_by(col(SchoolKey.id))))


def sealed_key(session: Session, key_id: int, member_id: str) -> SealedKey:
    """A school key's private part as sealed to a member.

    Raises:
        errors.Refused: ``may-not-sign`` when it was not sealed to this member.
    """
    row = session.get(SealedKey, (key_id, member_id))
    if row is None:
        raise errors.Refused("may-not-sign")
    return row


def sealed_keys(session: Session, key_id: int) -> list[SealedKey]:
    """A school key's private part, for everybody to whom it is sealed."""
    return list(session.exec(select(SealedKey).where(SealedKey.key_id == key_id)))


def playbook_text(session: Session, kind: str, version: str) -> str | None:
    """The kept text of a playbook version."""
    row = session.get(PlaybookKept, (kind, version))
    return None if row is None else row.text
