"""The one gate of deletion: whatever deletes a case passes here, and a legal hold stops it here.

Order: the rows of every table, the search index, a tombstone and one entry, all in one transaction; then the
files; then the pages that held its words. What a crash leaves of the last two is cleared on the next opening.

Source: security.md 9, 10; research/store.md 4.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from triage import clock, errors, models
from triage.store import lock, remains, restricted, search, tombstones
from triage.store.opened import Opened
from triage.store.records import cases as case_rows
from triage.store.records import deletion
from triage.store.tombstones import Tombstone
from triage.terms import Right


@dataclass(frozen=True, slots=True)
class Purged:
    """A case that was deleted."""

    ref: str
    """The reference it had; it is not given again."""
    tombstone: str
    """The id of its tombstone."""
    cleared: bool
    """No trace is left in the database's pages; else the next opening by one person alone clears them."""
    outside: bool
    """The tombstone lies beside this computer's anchor too; else the next deletion puts it there."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What tombstones found outside did to a store."""

    removed: tuple[str, ...]
    """References of the cases that an older copy had brought back and that are deleted again."""
    held: tuple[str, ...]
    """References of cases that a tombstone names and a legal hold keeps: a person decides."""
    unknown: int
    """Tombstones that no lead of this store has signed, as far as it knows: nothing was done for them."""


def purge(held: Opened, ref: str, *, why: str) -> Purged:
    """Delete a closed case; the member at the desk is a lead and has confirmed it.

    Args:
        held: the open store.
        ref: the case.
        why: the code of the reason: ``command`` or ``retention``.

    Raises:
        errors.Refused: ``only-a-lead``, ``case-held``, ``case-not-closed``; ``notice-needed`` when retention
            deletes; ``restricted-stays``.
        errors.UsageError: ``no-such-case``.
    """
    if isinstance(held, restricted.Inner):
        raise errors.Refused("restricted-stays", ref=ref)
    stone = _delete(held, ref, why=why)
    return Purged(ref, stone.id, clear(held), keep_outside(held))


def clear(held: Opened) -> bool:
    """Clear what deletions have left in files and pages; whether no trace is left."""
    with lock.alone(held.lock) as mine:
        return remains.clear(held.unlocked, held.engine, alone=mine)


def keep_outside(held: Opened) -> bool:
    """Keep the store's tombstones beside the anchor of this computer; False when they cannot be written there now."""
    with held.reading() as session:
        found = tombstones.of_store(session)
    store = held.unlocked.store
    try:
        tombstones.write_to(tombstones.beside_anchor(store), store, found)
    except (OSError, errors.StoreDamaged):
        return False
    return True


def apply(held: Opened, found: Iterable[Tombstone]) -> Applied:
    """Delete again what an older copy has brought back; tombstones of cases that are not there are kept.

    Args:
        held: the restored store, opened by a lead.
        found: tombstones from beside the anchor and from newer backups.

    Raises:
        errors.Refused: ``only-a-lead``.
    """
    _lead(held)
    removed, kept_back, unknown, absent = list[str](), list[str](), 0, list[Tombstone]()
    with held.reading() as session:
        there = {tombstones.of_salt(case.salt): case for case in session.exec(select(models.Case))}
        known = {one.case for one in tombstones.of_store(session)}
        signed = [(one, tombstones.holds(session, held.unlocked, one)) for one in found]
    for one, holds in signed:
        if not holds:
            unknown += 1
        elif one.case not in there:
            absent += [one] * (one.case not in known)
        elif there[one.case].held:
            kept_back.append(there[one.case].ref)
        else:
            case = there.pop(one.case)
            _delete(held, case.ref, why="restored", stone=one)
            removed.append(case.ref)
            known.add(one.case)
    if absent:
        with held.acting("tombstones.kept", count=len(absent)) as act:
            for one in absent:
                tombstones.enter(act.session, one)
    if removed:
        clear(held)
    if removed or absent:
        keep_outside(held)
    return Applied(tuple(removed), tuple(dict.fromkeys(kept_back)), unknown)


def not_held(case: models.Case) -> None:
    """Refuse to delete anything of a case on which a legal hold stands.

    Raises:
        errors.Refused: ``case-held``.
    """
    if case.held:
        raise errors.Refused("case-held", ref=case.ref)


def allowed(held: Opened, case: models.Case) -> None:
    """Hold what every deletion of a case needs: a lead, no hold, a closed case.

    Raises:
        errors.Refused: ``only-a-lead``, ``case-held``, ``case-not-closed``.
    """
    _lead(held)
    not_held(case)
    if case.status != "closed":
        raise errors.Refused("case-not-closed", ref=case.ref)


def _noticed(session: Session, case: models.Case, now: datetime) -> None:
    """Retention deletes only what a notice has named long enough, for the closing that still stands."""
    notice = session.get(models.PurgeNotice, case.id)
    today = now.astimezone(clock.VIETNAM).date().isoformat()
    if notice is None or notice.closed_at != case.closed_at or notice.goes_on > today:
        raise errors.Refused("notice-needed", ref=case.ref)


def _lead(held: Opened) -> None:
    if held.unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")


def _delete(held: Opened, ref: str, *, why: str, stone: Tombstone | None = None) -> Tombstone:
    """The gate and the transaction: everything of the case goes, or nothing."""
    _lead(held)
    with held.acting("case.purged", why=why) as act:
        session = act.session
        case = case_rows.find(session, ref)
        act.case = case
        if stone is None:
            allowed(held, case)
        not_held(case)
        if why == "retention":
            _noticed(session, case, held.clock.now())
        stone = stone or tombstones.carve(held.unlocked, case.salt, held.clock.now())
        act.note(tombstone=stone.id)
        tombstones.enter(session, stone)
        _delete_rows(session, case)
    return stone


def _delete_rows(session: Session, case: models.Case) -> None:
    case_rows.keep_number(session, case)
    search.forget(session, case.id)
    for draft in deletion.drafts(session, case.ref):
        session.delete(draft)
    owned = deletion.owned(session, case.id)
    remains.leave(session, (row.file for rows in owned for row in rows if isinstance(row, models.Evidence)))
    for rows in owned:
        for row in rows:
            session.delete(row)
        session.flush()
