"""What the summaries count of a restricted case: one coded row a student, sealed to those who may close a period."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from triage import canon, clock, errors
from triage.desk.session import Desk
from triage.store import restricted as store
from triage.store.records import restricted as rows
from triage.summary import tabulate
from triage.terms import Delay, Kind, Level, Platform

if TYPE_CHECKING:
    from sqlmodel import Session


def text(found: Iterable[tabulate.CodedRow]) -> bytes:
    """Coded rows as they are sealed."""
    return canon.dumps(
        [
            {
                "pupil": row.pupil,
                "registered_at": clock.text(row.registered_at),
                "level": row.level.name,
                "kind": row.kind.value,
                "platform": row.platform.value,
                "delay": row.delay.value,
            }
            for row in found
        ]
    )


def restricted(desk: Desk, session: Session) -> list[tabulate.CodedRow]:
    """The coded rows of every restricted case, of any period.

    Raises:
        errors.Refused: ``restricted-uncounted``: nothing was sealed to this member yet; a named person opens it first.
    """
    unlocked = desk.opened.unlocked
    found = []
    for ref, box in rows.coded(session, unlocked.member_id).items():
        if box is None:
            raise errors.Refused("restricted-uncounted", ref=ref)
        found += [_row(one) for one in json.loads(unlocked.open_sealed(box, store.coded_purpose(ref)))]
    return found


def _row(one: dict[str, str]) -> tabulate.CodedRow:
    return tabulate.CodedRow(
        pupil=one["pupil"],
        registered_at=datetime.fromisoformat(one["registered_at"]),
        level=Level[one["level"]],
        kind=Kind(one["kind"]),
        platform=Platform(one["platform"]),
        delay=Delay(one["delay"]),
    )
