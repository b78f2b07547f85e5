"""Cases in lists of any length: which, in what order, and a page of them when it is looked at."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from triage import clock, i18n
from triage.desk import view
from triage.desk.session import Desk
from triage.response import playbook, rules
from triage.store import audit, doctor, search
from triage.store.records import backups
from triage.store.records import cases as case_rows
from triage.terms import Level

ALL = 10_000_000
"""More cases than any school has."""
MOST_FOUND = 10_000
"""Cases that a search finds at most, the newest."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list."""

    line: view.CaseLine
    """What is known of it."""
    text: str
    """What its next step asks, in the language spoken when it was read."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do."""

    by_level: Mapping[Level, int]
    """Open cases by level."""
    overdue: int
    """Open cases whose next step is past its time."""
    due_today: int
    """Open cases with a step due until midnight, those past included."""


def ids(
    desk: Desk,
    *,
    status: str | None = None,
    overdue: bool = False,
    search_for: str = "",
    limit: int = ALL,
) -> array[int]:
    """The ids of the cases asked for: newest first, overdue ones by their due time.

    Args:
        desk: the desk.
        status: open, waiting or closed; any when left out.
        overdue: only those with a step past its time.
        search_for: words; the newest ``MOST_FOUND`` cases in which all of them are found.
        limit: at most so many.
    """
    with desk.opened.reading() as session:
        found = None
        if search_for.strip():
            found = tuple(search.find(session, search_for, min(limit, MOST_FOUND)))
        want = case_rows.Wanted(
            status=status, due_before=desk.now() if overdue else None, ids=found, limit=limit
        )
        return case_rows.ids(session, want)


def due(desk: Desk, limit: int) -> array[int]:
    """The ids of open cases with a step to do: those past their time by their level, then the earliest first.

    A CRITICAL case stands among the late ones an hour before its step is due.
    """
    with desk.opened.reading() as session:
        return case_rows.due_ids(session, desk.now(), limit)


def rows(desk: Desk, wanted: Sequence[int]) -> dict[int, Row]:
    """A page of cases by their ids; one that is gone is left out."""
    now = desk.now()
    with desk.opened.reading() as session:
        cases = case_rows.by_ids(session, wanted)
        kinds = case_rows.kinds_of(session, [case.id for case in cases])
        return {
            case.id: Row(view.line(case, kinds[case.id], now), step_text(case.next_step)) for case in cases
        }


def acts(desk: Desk, ref: str) -> int:
    """How many acts on a case the log holds."""
    with desk.opened.reading() as session:
        return len(audit.entries(session, ref=ref, limit=ALL))


def counts(desk: Desk) -> Counts:
    """How many open cases there are by level, how many are late, how many are due today."""
    now = desk.now()
    with desk.opened.reading() as session:
        by_level = case_rows.open_by_level(session)
        return Counts(
            {Level[name]: count for name, count in by_level.items()},
            case_rows.due_count(session, now),
            case_rows.due_count(session, _midnight(now)),
        )


def backup_due(desk: Desk) -> str | None:
    """Where the last backup lies, empty when there is none; None while it is not as old as doctor minds.

    A store that has none is as old as itself.
    """
    with desk.opened.reading() as session:
        since = backups.last(session) or backups.begun(session)
        return backups.place(session) if desk.now() - since >= doctor.BACKUP_AGE else None


def step_text(step: str | None) -> str:
    """What a step asks, from the shipped playbooks: a list shows it without reading the case."""
    texts = _texts()
    if step is None:
        return ""
    vi, en = texts.get(step.partition(".")[0] if not step.startswith("ASK.") else step, (step, step))
    return en if i18n.language() == "en" else vi


@functools.cache
def _texts() -> dict[str, tuple[str, str]]:
    texts = {step.id: (step.vi, step.en) for book in playbook.all_shipped() for step in book.steps}
    table = rules.load()
    return texts | {
        f"ASK.{key}": (factor.question_vi, factor.question_en) for key, factor in table.factors.items()
    }


def _midnight(now: datetime) -> datetime:
    day = now.astimezone(clock.VIETNAM).date() + timedelta(days=1)
    return datetime.combine(day, time(), clock.VIETNAM)
