"""Who was let into a restricted case, by the log: nobody gets in whom no named person has let in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import String, cast
from sqlmodel import Session, col, func, select

from triage import errors, models
from triage.store import audit, digests, restricted_recovery
from triage.store.keys.header import Unlocked
from triage.store.records import restricted as rows

_KEYS, _RECOVERY = "restrictedkey", "restrictedrecovery"
_Known = dict[tuple[str, str], str]
"""Table and member (or set of words) to the digest of the row."""


def check(session: Session, unlocked: Unlocked, ref: str) -> None:
    """Hold that each key of a restricted case was given by somebody who was named then, or who had its recovery words.

    A box is sealed to a public key that everybody here can read, so whoever can write the database could put
    one there that holds a key of his own, and would read what is typed from then on. Taking a key away lets nobody in:
    whoever removes a member does it.

    Raises:
        errors.StoreDamaged: ``restricted-keys``.
    """
    known: _Known = {}
    begun = False
    publics = audit.public_keys(session, unlocked)
    of_case = func.json_extract(cast(models.AuditEntry.body, String), "$.restricted") == ref
    for entry in session.exec(select(models.AuditEntry).where(of_case).order_by(col(models.AuditEntry.seq))):
        body = json.loads(entry.body)
        changed: dict[tuple[str, str], str | None] = {
            (table, str(key[1])): value
            for table, key, value in body.get("rows", ())
            if table in (_KEYS, _RECOVERY) and key[0] == ref
        }
        if any(changed.values()):
            mine = (_KEYS, entry.member_id)
            allowed = mine in (known if begun else changed)
            allowed = allowed or _renewed(publics, session, entry, known, changed)
            allowed = allowed or _recovered(session, unlocked.store, entry, body, known, changed)
            if not allowed or not audit.signed(publics, entry.member_id, entry.hash, entry.signature):
                raise errors.StoreDamaged("restricted-keys", ref=ref)
            begun = True
        for place, value in changed.items():
            known.pop(place, None)
            if value is not None:
                known[place] = value
    if _live(session, ref) != known:
        raise errors.StoreDamaged("restricted-keys", ref=ref)


def _renewed(
    publics: Mapping[str, bytes],
    session: Session,
    entry: models.AuditEntry,
    known: _Known,
    changed: Mapping[tuple[str, str], str | None],
) -> bool:
    """Whether this entry gives a named person's key to herself alone, under the fresh keys that she gave herself.

    Fresh keys that a lead gave to another are not followed: the lead could hold them.
    """
    renewals = select(models.AuditEntry).where(
        func.json_extract(cast(models.AuditEntry.body, String), "$.act") == "member.renewed",
        models.AuditEntry.member_id == entry.member_id,
        models.AuditEntry.seq < entry.seq,
    )
    for one in session.exec(renewals):
        body = json.loads(one.body)
        was = (_KEYS, str(body.get("renewed")))
        hers = body.get("added") == entry.member_id and was in known
        if hers and audit.signed(publics, one.member_id, one.hash, one.signature):
            return set(changed) == {was, (_KEYS, entry.member_id)} and changed[was] is None
    return False


def _recovered(
    session: Session,
    store: str,
    entry: models.AuditEntry,
    body: dict[str, Any],
    known: _Known,
    changed: dict[tuple[str, str], str | None],
) -> bool:
    """Whether this entry lets its own signer in, and nobody else, by words that a named person had made."""
    number = str(body.get("recovery", ""))
    row = next(
        (one for one in rows.recoveries(session, body["restricted"]) if str(one.number) == number), None
    )
    if row is None or (_RECOVERY, number) not in known:
        return False
    mine = {(_KEYS, entry.member_id), (_RECOVERY, number)}
    return set(changed) == mine and restricted_recovery.is_proven(row, store, entry, body)


def _live(session: Session, ref: str) -> _Known:
    salts = digests.Salts(session)
    found: _Known = {}
    for key, row in rows.keys(session, ref).items():
        found[_KEYS, key] = digests.of_row(salts.of(row), row)
    for one in rows.recoveries(session, ref):
        found[_RECOVERY, str(one.number)] = digests.of_row(salts.of(one), one)
    return found
