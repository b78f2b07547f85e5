"""How long closed cases are kept: set by the school, noticed before it acts, run by a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from triage import clock, errors, models
from triage.desk.session import Desk
from triage.response import retention as proposed
from triage.store import purge as gate
from triage.store.records import cases as case_rows
from triage.store.records import deletion
from triage.terms import Level, Right

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Rule:
    """How long closed cases of a level are kept."""

    level: Level
    """The level they had when they were closed."""
    months: int | None
    """Months after closing; None: they are kept."""
    set_on: str | None
    """The day on which the school set it."""
    proposal: int
    """Months that the authors propose, to be checked."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "level": self.level.name,
            "months": self.months,
            "set_on": self.set_on,
            "proposal": self.proposal,
        }


@dataclass(frozen=True, slots=True)
class Due:
    """A closed case whose time has come."""

    ref: str
    """The case."""
    level: Level
    """Its level."""
    due_on: date
    """The day on which its time came."""
    held: bool
    """A legal hold keeps it."""
    goes_on: date | None
    """From this day on it may be deleted; None while no notice was given."""
    ripe: bool
    """That day has come: it goes when a lead runs it."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ref": self.ref,
            "level": self.level.name,
            "due_on": self.due_on.isoformat(),
            "held": self.held,
            "goes_on": self.goes_on.isoformat() if self.goes_on else None,
            "ripe": self.ripe,
        }


def rules(desk: Desk) -> list[Rule]:
    """How long closed cases of each level are kept."""
    with desk.opened.reading() as session:
        return [_rule(session, level) for level in Level]


def set_months(desk: Desk, level: Level, months: int | None) -> None:
    """Say how long closed cases of a level are kept, or (None) that they are kept; their notices begin anew.

    Raises:
        errors.Refused: ``only-a-lead``.
    """
    _lead(desk)
    with desk.opened.acting("retention.set", level=level.name, months=months) as act:
        session = act.session
        row = session.get(models.Setting, f"retention.{level.name}")
        row = row or models.Setting(key=f"retention.{level.name}", value="")
        row.value = f"{months} {_today(desk).isoformat()}" if months else ""
        session.add(row)
        for notice in deletion.notices_of_level(session, level.name):
            session.delete(notice)


def due(desk: Desk) -> list[Due]:
    """The closed cases whose time has come, the oldest first; nothing is written."""
    with desk.opened.reading() as session:
        return [line for line, _case in _due(session, desk)]


def notify(desk: Desk) -> list[Due]:
    """Give notice to the cases whose time has come and that have none; return these.

    Raises:
        errors.Refused: ``only-a-lead``.
    """
    _lead(desk)
    if all(line.held or line.goes_on for line in due(desk)):
        return []
    goes_on = _today(desk) + proposed.proposal().notice
    with desk.opened.acting("retention.noticed", goes_on=goes_on.isoformat()) as act:
        new = [
            (line, case) for line, case in _due(act.session, desk) if not line.held and line.goes_on is None
        ]
        for _line, case in new:
            notice = models.PurgeNotice(
                case_id=case.id,
                closed_at=case.closed_at or desk.now(),
                given_at=desk.now(),
                goes_on=goes_on.isoformat(),
            )
            act.session.merge(notice)
        act.note(count=len(new))
    return [line for line, _case in new]


def run(desk: Desk, confirm: str) -> list[gate.Purged]:
    """Delete the cases whose notice has stood; a lead has seen their list and confirms with the school's code.

    Raises:
        errors.Refused: ``only-a-lead``, ``retention-not-confirmed``.
    """
    _lead(desk)
    with desk.opened.reading() as session:
        code = case_rows.setting(session, "school_code")
    if confirm.strip() != code:
        raise errors.Refused("retention-not-confirmed")
    return [gate.purge(desk.opened, line.ref, why="retention") for line in due(desk) if line.ripe]


def _due(session: Session, desk: Desk) -> list[tuple[Due, models.Case]]:
    today, notices = _today(desk), deletion.notices(session)
    found = []
    for level in Level:
        months = _rule(session, level).months
        for case in deletion.closed_before(session, level.name, desk.now()) if months else ():
            if months is None or case.closed_at is None or proposed.due_on(case.closed_at, months) > today:
                continue
            notice = notices.get(case.id)
            goes_on = (
                date.fromisoformat(notice.goes_on) if notice and notice.closed_at == case.closed_at else None
            )
            ripe = goes_on is not None and goes_on <= today and not case.held
            line = Due(case.ref, level, proposed.due_on(case.closed_at, months), case.held, goes_on, ripe)
            found.append((line, case))
    return sorted(found, key=lambda one: (one[0].due_on, one[0].ref))


def _rule(session: Session, level: Level) -> Rule:
    months, _blank, set_on = case_rows.setting(session, f"retention.{level.name}").partition(" ")
    return Rule(level, int(months) if months else None, set_on or None, proposed.proposal().months[level])


def _today(desk: Desk) -> date:
    return desk.now().astimezone(clock.VIETNAM).date()


def _lead(desk: Desk) -> None:
    if desk.opened.unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
