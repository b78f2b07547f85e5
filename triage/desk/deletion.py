"""Deleting a case: what stays outside, said before; then the one gate."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from triage import clock, errors, i18n
from triage.desk.session import Desk
from triage.store import purge as gate
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.store.records import leaving
from triage.summary import period

if TYPE_CHECKING:
    from sqlmodel import Session

    from triage import models


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a deletion takes, and what it cannot reach."""

    ref: str
    """The case."""
    items: int
    """Items of evidence that go with it."""
    packets: tuple[tuple[str, str], ...]
    """Packets that were handed over stay with who has them: number and recipient."""
    backup_at: datetime | None
    """The last backup, when it was made after the case was opened: it and those before it hold the case."""
    periods: tuple[str, ...]
    """Summaries that were not closed yet: they will no longer count this case."""

    def said(self) -> list[str]:
        """What is said before it is confirmed, line by line."""
        lines = [
            i18n.say(
                "Deleting {ref} takes everything of it, {items} items of evidence too. It cannot be undone.",
                ref=self.ref,
                items=self.items,
            )
        ]
        if self.packets:
            packets = "; ".join(f"{number} ({to})" for number, to in self.packets)
            lines.append(i18n.say("Packets stay with who has them: {packets}", packets=packets))
        if self.backup_at:
            lines.append(
                i18n.say(
                    "Backups up to {at} hold it still: destroy them when newer ones are checked.",
                    at=i18n.moment(self.backup_at),
                )
            )
        if self.periods:
            periods = ", ".join(self.periods)
            lines.append(
                i18n.say("Summaries not closed yet will no longer count it: {periods}", periods=periods)
            )
        lines.append(
            i18n.say(
                "What was printed or copied out is yours to destroy. "
                "The log keeps that a case was deleted, by whom and when; no name."
            )
        )
        return lines

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ref": self.ref,
            "items": self.items,
            "packets": [{"packet": number, "to": to} for number, to in self.packets],
            "backup_at": clock.text(self.backup_at) if self.backup_at else None,
            "periods": list(self.periods),
        }


def outlook(desk: Desk, ref: str) -> Outlook:
    """What deleting a case would take, and what it would not reach."""
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        packets = leaving.packets(session, case.id)
        last = case_rows.setting(session, "last_backup_at")
        backup_at = datetime.fromisoformat(last) if last else None
        return Outlook(
            case.ref,
            len(evidence_rows.of_case(session, case.id)),
            tuple((row.number, row.recipient) for row in packets),
            backup_at if backup_at and backup_at >= case.opened_at else None,
            _open_periods(session, case),
        )


def still_holding(desk: Desk, ref: str, item: str) -> list[str]:
    """Where an item lies besides the store, in words: packets it went into, backups since it was taken in."""
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        row = evidence_rows.find(session, case.id, item)
        packets = [one for one in leaving.packets(session, case.id) if row.item in json.loads(one.items)]
        last = case_rows.setting(session, "last_backup_at")
    lines = []
    if packets:
        named = "; ".join(f"{one.number} ({one.recipient})" for one in packets)
        lines.append(i18n.say("Packets stay with who has them: {packets}", packets=named))
    if last and datetime.fromisoformat(last) >= row.added_at:
        at = i18n.moment(datetime.fromisoformat(last))
        lines.append(i18n.say("Backups up to {at} hold it still.", at=at))
    return lines


def purge(desk: Desk, ref: str, confirm: str) -> gate.Purged:
    """Delete a closed case for good; only a lead may, and she types its reference to confirm.

    Raises:
        errors.Refused: ``purge-not-confirmed``, ``only-a-lead``, ``case-held``, ``case-not-closed``.
        errors.UsageError: ``no-such-case``.
    """
    if confirm.strip() != ref.strip():
        raise errors.Refused("purge-not-confirmed", ref=ref)
    return gate.purge(desk.opened, ref, why="command")


def may_purge(desk: Desk, ref: str) -> None:
    """Refuse before anything is asked what the gate would refuse after.

    Raises:
        errors.Refused: ``only-a-lead``, ``case-held``, ``case-not-closed``.
    """
    with desk.opened.reading() as session:
        gate.allowed(desk.opened, case_rows.find(session, ref))


def unfinished(done: Iterable[gate.Purged]) -> list[str]:
    """What could not be done at once, in words."""
    done, lines = list(done), []
    if not all(one.cleared for one in done):
        lines.append(
            i18n.say(
                "Somebody else has the store open: its last traces in the file go "
                "at the next opening by one person alone."
            )
        )
    if not all(one.outside for one in done):
        lines.append(
            i18n.say(
                "This computer could not keep the tombstone beside its anchor: make a backup today, it holds it."
            )
        )
    return lines


def _open_periods(session: Session, case: models.Case) -> tuple[str, ...]:
    """The month, term and year in which students of a case were registered, where not closed."""
    closed = {row.period for row in leaving.releases(session)}
    found = dict[str, None]()
    for one in case_rows.people(session, case.id):
        if one.part == "affected" and one.pupil_code:
            found |= dict.fromkeys(name for name in period.around(one.added_at) if name not in closed)
    return tuple(found)
