"""The school's signing keys: made, sealed to each who may sign, handed on, replaced."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from triage import models
from triage.packet import cms
from triage.store.keys.epoch import Next
from triage.store.keys.header import Unlocked
from triage.store.records import cases as case_rows
from triage.store.records import leaving
from triage.summary import envelope

if TYPE_CHECKING:
    from sqlmodel import Session


def make(session: Session, unlocked: Unlocked, now: datetime) -> dict[str, str]:
    """Fresh keys for packets, summaries and backups, sealed to everybody of the store; purpose to fingerprint."""
    school, code = (case_rows.setting(session, f"school_{key}") for key in ("name", "code"))
    packet_key = cms.new_school_key(school, code, now)
    signer = cms.Signer(packet_key.certificate_pem, packet_key.private_der)
    made = {}
    for purpose, private, public in (
        ("packet", packet_key.private_der, packet_key.certificate_pem),
        ("summary", *envelope.new_key()),
        ("backup", *envelope.new_key()),
    ):
        fingerprint = signer.fingerprint if purpose == "packet" else envelope.key_id(public)
        row = models.SchoolKey(purpose=purpose, public=public, fingerprint=fingerprint, made_at=now)
        session.add(row)
        session.flush()
        for slot in unlocked.everyone:
            _seal(session, unlocked, row, slot.id, private)
        made[purpose] = fingerprint
    return made


def replace(session: Session, unlocked: Unlocked, now: datetime) -> dict[str, str]:
    """Revoke the keys there are and make new ones: somebody else could sign with them."""
    for row in leaving.school_keys(session):
        if row.revoked_at is None:
            row.revoked_at = now
        for sealed in leaving.sealed_keys(session, row.id):
            session.delete(sealed)
    return make(session, unlocked, now)


def hand_on(session: Session, own: Unlocked, coming: Next) -> None:
    """Seal the keys there are to those whose own keys are fresh; take them from those who have no slot any more."""
    gone = {slot.id for slot in coming.gone}
    for row in leaving.school_keys(session):
        if row.revoked_at is None:
            purpose = _purpose(row)
            private = own.open_sealed(leaving.sealed_key(session, row.id, own.member_id).sealed, purpose)
            for slot in coming.fresh:
                _seal(session, coming.unlocked, row, slot.id, private)
        for sealed in leaving.sealed_keys(session, row.id):
            if sealed.member_id in gone:
                session.delete(sealed)


def give(session: Session, unlocked: Unlocked, member_id: str) -> None:
    """Seal the keys there are to one more member."""
    for row in leaving.school_keys(session):
        if row.revoked_at is None:
            sealed = leaving.sealed_key(session, row.id, unlocked.member_id).sealed
            _seal(session, unlocked, row, member_id, unlocked.open_sealed(sealed, _purpose(row)))


def _seal(
    session: Session, unlocked: Unlocked, row: models.SchoolKey, member_id: str, private: bytes
) -> None:
    sealed = unlocked.seal_to(member_id, private, _purpose(row))
    session.add(models.SealedKey(key_id=row.id, member_id=member_id, sealed=sealed))


def _purpose(row: models.SchoolKey) -> str:
    return f"school-key/{row.purpose}"
