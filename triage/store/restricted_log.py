"""Who was let into a restricted case, by the log: nobody gets in whom no named person has let in."""

from __future__ import annotations

import json

from sqlalchemy import String, cast
from sqlmodel import Session, col, func, select

from triage import errors, models
from triage.store import audit, digests
from triage.store.keys.header import Unlocked
from triage.store.records import restricted as rows

_KEYS = "restrictedkey"


def check(session: Session, unlocked: Unlocked, ref: str) -> None:
    """Hold that each key of a restricted case was given by somebody who was named then.

    A box is sealed to a public key that everybody here can read, so whoever can write the database could put
    one there that holds a key of his own, and would read what is typed from then on. Taking a key away lets nobody in:
    whoever removes a member does it.

    Raises:
        errors.StoreDamaged: ``restricted-keys``.
    """
    named: dict[str, str] = {}
    begun = False
    publics = audit.publics(session, unlocked)
    of_case = func.json_extract(cast(models.AuditEntry.body, String), "$.restricted") == ref
    for entry in session.exec(select(models.AuditEntry).where(of_case).order_by(col(models.AuditEntry.seq))):
        changed: dict[str, str | None] = {
            key[1]: value
            for table, key, value in json.loads(entry.body).get("rows", ())
            if table == _KEYS and key[0] == ref
        }
        if any(changed.values()):
            allowed = named if begun else changed
            if entry.member_id not in allowed or not audit.is_signed(publics, entry):
                raise errors.StoreDamaged("restricted-keys", ref=ref)
            begun = True
        for member_id, value in changed.items():
            named.pop(member_id, None)
            if value is not None:
                named[member_id] = value
    salts = digests.Salts(session)
    live = {key: digests.of_row(salts.of(row), row) for key, row in rows.keys(session, ref).items()}
    if live != named:
        raise errors.StoreDamaged("restricted-keys", ref=ref)
