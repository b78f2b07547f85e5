"""Restricted cases as everybody's part of the store holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from triage.models.restricted import RestrictedCase, RestrictedCoded, RestrictedKey, RestrictedRecovery


def listed(session: Session) -> list[RestrictedCase]:
    """Every restricted case, the earliest due first, then those with nothing to do."""
    query = select(RestrictedCase).order_by(
        col(RestrictedCase.next_due_at).is_(None), col(RestrictedCase.next_due_at), RestrictedCase.id
    )
    return list(session.exec(query))


def find(session: Session, ref: str) -> RestrictedCase | None:
    """A restricted case by its id."""
    return session.get(RestrictedCase, ref)


def keys(session: Session, ref: str) -> dict[str, RestrictedKey]:
    """Its key as sealed to each person who is named, by the member's id."""
    query = select(RestrictedKey).where(RestrictedKey.restricted_id == ref).order_by(RestrictedKey.member_id)
    return {row.member_id: row for row in session.exec(query)}


def named(session: Session) -> dict[str, list[str]]:
    """Who is named in each restricted case, by ids."""
    found: dict[str, list[str]] = {}
    for row in session.exec(select(RestrictedKey).order_by(RestrictedKey.member_id)):
        found.setdefault(row.restricted_id, []).append(row.member_id)
    return found


def coded(session: Session, member_id: str) -> dict[str, bytes | None]:
    """What the summaries count of each restricted case, as sealed to a member; None where nothing was."""
    query = select(RestrictedCoded).where(RestrictedCoded.member_id == member_id)
    mine = {row.restricted_id: row.sealed for row in session.exec(query)}
    return {row.id: mine.get(row.id) for row in session.exec(select(RestrictedCase))}


def coded_for(session: Session) -> list[tuple[str, str]]:
    """Each restricted case and member to whom its coded row is sealed."""
    return [(row.restricted_id, row.member_id) for row in session.exec(select(RestrictedCoded))]


def recoveries(session: Session, ref: str) -> list[RestrictedRecovery]:
    """The sets of recovery words of a restricted case, used ones too, by number."""
    query = select(RestrictedRecovery).where(RestrictedRecovery.restricted_id == ref)
    return list(session.exec(query.order_by(col(RestrictedRecovery.number))))


def recovery(session: Session, ref: str) -> RestrictedRecovery | None:
    """The set that opens it, if there is one."""
    return next((row for row in recoveries(session, ref) if row.sealed), None)


def put_keys(session: Session, ref: str, sealed: Mapping[str, bytes]) -> None:
    """The key as it is sealed to each person from now on; who is not among them has none."""
    _put(session, RestrictedKey, ref, sealed)


def put_coded(session: Session, ref: str, sealed: Mapping[str, bytes]) -> None:
    """What the summaries count, as it is sealed to each member from now on."""
    _put(session, RestrictedCoded, ref, sealed)


def drop(session: Session, ref: str) -> None:
    """Take every row of a restricted case away."""
    put_keys(session, ref, {})
    put_coded(session, ref, {})
    for one in recoveries(session, ref):
        session.delete(one)
    session.flush()
    row = find(session, ref)
    if row is not None:
        session.delete(row)


def _put(
    session: Session,
    table: type[RestrictedKey] | type[RestrictedCoded],
    ref: str,
    sealed: Mapping[str, bytes],
) -> None:
    rows: Sequence[RestrictedKey | RestrictedCoded] = (
        session.exec(select(RestrictedKey).where(RestrictedKey.restricted_id == ref)).all()
        if table is RestrictedKey
        else session.exec(select(RestrictedCoded).where(RestrictedCoded.restricted_id == ref)).all()
    )
    known = {row.member_id: row for row in rows}
    for member_id, row in known.items():
        if member_id not in sealed:
            session.delete(row)
    for member_id, box in sealed.items():
        if member_id in known:
            known[member_id].sealed = box
        else:
            session.add(table(restricted_id=ref, member_id=member_id, sealed=box))
