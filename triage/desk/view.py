"""What a case looks like: plain values for the faces to print, and the JSON other programs rely on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from triage import clock, i18n, models
from triage.desk import assess, found
from triage.desk.session import Desk
from triage.response import checklist, level, playbook, school_days
from triage.response.planned import Planned, Situation
from triage.store import search
from triage.store.records import cases as case_rows
from triage.store.records import leaving, undo
from triage.store.records import steps as step_rows
from triage.terms import Channel, Kind, Level, StepState

if TYPE_CHECKING:
    from sqlmodel import Session


FRESH = timedelta(minutes=60)
"""In an emergency she acts first and types later. Source: corrections 12."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    ref: str
    """Its reference."""
    level: Level
    """Its level."""
    provisional: bool
    """Whether questions that decide the level are open."""
    kinds: tuple[str, ...]
    """Its kinds."""
    status: str
    """open, waiting or closed."""
    opened_at: datetime
    """When it was recorded."""
    next_step: str | None
    """The step that is due next."""
    next_due_at: datetime | None
    """When."""
    overdue: bool
    """Whether that time has passed."""
    fresh: bool
    """It passed less than an hour ago: perhaps done, and not written down yet."""

    @property
    def unsettled(self) -> bool:
        """Whether the level may yet rise: a question is open, or nobody has said what it is about."""
        unsure = self.kinds == (Kind.UNSURE,) and self.level < Level.CRITICAL
        return self.provisional or unsure

    def as_json(self) -> dict[str, Any]:
        """Exactly product.md's shape."""
        return {
            "ref": self.ref,
            "level": self.level.name,
            "provisional": self.provisional,
            "kinds": list(self.kinds),
            "status": self.status,
            "opened_at": clock.text(self.opened_at),
            "next_step": self.next_step,
            "next_due_at": moment(self.next_due_at),
            "overdue": self.overdue,
        }


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step on a case's checklist."""

    planned: Planned
    """What it asks."""
    state: StepState
    """Where it stands."""
    due_at: datetime | None
    """When it is due, a person's own due time first."""
    at: datetime | None
    """When it was truly done, skipped or set waiting."""
    recorded_at: datetime | None
    """When that was recorded."""
    by: str | None
    """By whom."""
    reason: str | None
    """Why it was skipped, waits or has another due time."""
    result: str | None
    """What came of it."""
    reference: str | None
    """A number given by the other side."""
    until: datetime | None
    """Until when it waits."""
    agreed_by: str | None
    """Who else agreed, as claimed."""
    overdue: bool
    """Not done and past its time."""
    fresh: bool
    """Past it for less than an hour: perhaps done, and not written down yet."""

    def text(self, language: str | None = None) -> str:
        """What it asks, in one language."""
        return self.planned.en if (language or i18n.language()) == "en" else self.planned.vi

    def as_json(self) -> dict[str, Any]:
        """Product.md's shape, and what the counsellor wrote."""
        return {
            "id": self.planned.id,
            "phase": self.planned.phase,
            "text": self.text(),
            "role": list(self.planned.role),
            "due_at": moment(self.due_at),
            "mandatory": self.planned.mandatory,
            "state": self.state.value,
            "by": self.by,
            "at": moment(self.at),
            "recorded_at": moment(self.recorded_at),
            "reason": self.reason,
            "result": self.result,
            "reference": self.reference,
            "until": moment(self.until),
            "agreed_by": self.agreed_by,
            "overdue": self.overdue,
        }


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case in full."""

    line: CaseLine
    """As in a list."""
    case: models.Case
    """Its row."""
    verdict: level.Verdict
    """What the table says."""
    steps: tuple[StepLine, ...]
    """Its checklist in working order."""
    held_back: tuple[Planned, ...]
    """What would tell somebody outside the room and waits for open questions: no steps yet."""
    people: tuple[models.Person, ...]
    """Who is in it, without identities."""
    answers: dict[str, dict[str, str]]
    """Person's letter to factor to value."""
    circumstances: dict[str, str]
    """Circumstances."""
    ask_again: frozenset[str]
    """Questions that were answered while a student was missing, who was found since."""
    notes: tuple[models.Note, ...]
    """What was told and noted."""
    changes: tuple[models.LevelChange, ...]
    """How the level went."""
    links: tuple[tuple[str, str], ...]
    """Linked references and the state of each link."""
    indicators: tuple[models.Indicator, ...]
    """Traces of the offender."""
    packets: tuple[models.Packet, ...]
    """What left."""
    playbooks: tuple[tuple[str, str], ...]
    """Kind and version of the playbooks it began with."""
    newest: int
    """The entry of the newest act that was not taken back; 0: none."""

    def to_ask(self) -> list[str]:
        """The questions that must be asked and were not, of any student; what was declined is not asked again."""
        return [
            key
            for key in self.verdict.unknown_must_ask
            if any(one.get(key, "unknown") == "unknown" for one in self.answers.values())
        ]

    def clashes(self, person: str) -> list[str]:
        """Which of a student's answers cannot both be right, in words."""
        return level.clashes(self.answers.get(person, {}) | self.circumstances, i18n.language())

    def instead(self) -> str:
        """What to do for students who cannot be stayed with, as a word of ``level.brief``; empty: all are here."""
        found = {self._instead(letter) for letter in self.answers}
        return found.pop() if len(found) == 1 else "both_clock"

    def _instead(self, person: str) -> str:
        answers = self.answers.get(person, {})
        now, place = answers.get("student_now"), answers.get("whereabouts")
        unasked = now in (None, "unknown", "declined")
        here = now == "with_me" and place != "unreachable"
        if here or (unasked and self.case.channel not in assess.NOT_HERE):
            return ""
        if place == "known_safe":
            return "far_clock"
        first = (one.planned for one in self.steps if one.planned.id == self.line.next_step)
        missing = place in ("unreachable", "isolated_by_order")
        missing |= place == "unknown" and now in ("unknown", "not_reached")
        calls = missing or any(one.irreversible for one in first)
        return "away_clock" if calls else "ask_clock"

    def not_home(self) -> list[str]:
        """The letters of those with a reason not to call the parents yet, or afraid of what happens at home."""
        return [
            letter
            for letter, one in self.answers.items()
            if one.get("guardian_safe") == "no" or one.get("fear_home") == "yes"
        ]

    def as_json(self) -> dict[str, Any]:
        """The whole case; identities are not in it."""
        return self.line.as_json() | {
            "channel": self.case.channel,
            "told_at": clock.text(self.case.told_at),
            "platform": self.case.platform,
            "delay": self.case.delay,
            "assessment": self.verdict.as_json(),
            "playbooks": [{"kind": kind, "version": version} for kind, version in self.playbooks],
            "people": [
                {"person": one.label, "part": one.part, "pupil": one.pupil_code, "own_level": one.own_level}
                for one in self.people
            ],
            "answers": self.answers,
            "circumstances": self.circumstances,
            "steps": [step.as_json() for step in self.steps],
            "notes": [
                {"kind": note.kind, "at": clock.text(note.at), "recorded_at": clock.text(note.recorded_at),
                 "by": note.by, "private": note.private, "text": note.text}
                for note in self.notes
            ],
            "levels": [
                {"at": clock.text(change.at), "by": change.by, "level": change.level,
                 "provisional": change.provisional, "why": change.why, "reason": change.reason,
                 "agreed_by": change.agreed_by, "agreement": change.agreement}
                for change in self.changes
            ],
            "links": [{"ref": ref, "state": state} for ref, state in self.links],
            "indicators": [
                {"kind": one.kind, "value": one.value, "seen_in": one.seen_in.split(), "note": one.note}
                for one in self.indicators
            ],
            "packets": [one.number for one in self.packets],
            "held": self.case.held,
            "assigned_to": self.case.assigned_to,
            "closed": None if self.case.closed_at is None else {
                "at": clock.text(self.case.closed_at), "reason": self.case.close_reason,
                "agreed_by": self.case.agreed_by, "agreement": self.case.agreement,
            },
        }  # fmt: skip


def listed(
    desk: Desk, want: case_rows.Wanted, *, search_for: str = "", overdue: bool = False
) -> tuple[list[CaseLine], int]:
    """The cases asked for and how many there are in all."""
    now = desk.now()
    with desk.opened.reading() as session:
        ids = tuple(search.find(session, search_for, 10_000)) if search_for.strip() else want.ids
        want = case_rows.Wanted(
            want.status, want.level, want.kind, now if overdue else None, ids, want.limit, want.offset
        )
        cases, total = case_rows.wanted(session, want)
        kinds = case_rows.kinds_of(session, [case.id for case in cases])
    return [line(case, kinds[case.id], now) for case in cases], total


def due(desk: Desk, limit: int) -> list[tuple[CaseLine, str]]:
    """What is due next across cases, earliest first, with what each step asks."""
    now = desk.now()
    with desk.opened.reading() as session:
        found = []
        for case in case_rows.due(session, limit):
            plan = assess.of_case(session, case, now).plan
            step = next((step for step in plan if step.id == case.next_step), None)
            text = "" if step is None else (step.en if i18n.language() == "en" else step.vi)
            found.append((line(case, case_rows.kinds(session, case.id), now), text))
    return found


def first_steps(desk: Desk, channel: Channel) -> tuple[Planned, ...]:
    """What to do first when nothing is known yet but how the report comes: it stands before any question."""
    now, kinds = desk.now(), (Kind.UNSURE,)
    answers = {"student_now": "reachable"} if channel in assess.TOLD_BY_OTHERS else {}
    situation = Situation(
        kinds=kinds,
        verdict=level.for_case(kinds, answers),
        answers=answers,
        circumstances={},
        told_at=now,
        now=now,
        appeared={},
        marks={},
        circumstance_at={},
        day=school_days.SchoolDay(),
        playbooks=playbook.for_kinds(kinds),
    )
    return checklist.first_hour(checklist.plan(situation), now=now)


def case(desk: Desk, ref: str) -> CaseView:
    """One case in full."""
    with desk.opened.reading() as session:
        return of_row(session, case_rows.find(session, ref), desk.now())


def of_row(session: Session, row: models.Case, now: datetime) -> CaseView:
    """One case in full, within a unit of work that is open."""
    seen = assess.of_case(session, row, now)
    people = case_rows.people(session, row.id)
    return CaseView(
        line=line(row, case_rows.kinds(session, row.id), now),
        case=row,
        verdict=seen.verdict,
        steps=step_lines(session, row, seen.plan, now),
        held_back=seen.held_back,
        people=tuple(people),
        answers={one.label: assess.recorded(session, one) for one in people if one.part == "affected"},
        circumstances={key: fact.value for key, fact in case_rows.circumstances(session, row.id).items()},
        ask_again=frozenset().union(
            *(found.ask_again(session, one) for one in people if one.part == "affected")
        ),
        notes=tuple(case_rows.notes(session, row.id)),
        changes=tuple(case_rows.changes(session, row.id)),
        links=tuple((other.ref, link.state) for link, other in case_rows.links(session, row.id)),
        indicators=tuple(case_rows.indicators(session, row.id)),
        packets=tuple(leaving.packets(session, row.id)),
        playbooks=tuple(json.loads(row.playbooks).items()),
        newest=undo.newest_seq(session, row.id),
    )


def step_lines(
    session: Session, row: models.Case, plan: tuple[Planned, ...], now: datetime
) -> tuple[StepLine, ...]:
    """The steps of a plan with what became of each."""
    kept = step_rows.of_case(session, row.id)
    lines = []
    for planned in plan:
        known = kept.get(planned.id) or models.Step(case_id=row.id, step=planned.id, appeared_at=now)
        due_at = known.due_set_at or planned.due_at
        open_still = known.state in (StepState.TODO, StepState.WAITING)
        lines.append(
            StepLine(
                planned=planned,
                state=StepState(known.state),
                due_at=due_at,
                at=known.at,
                recorded_at=known.recorded_at,
                by=known.by,
                reason=known.reason,
                result=known.result,
                reference=known.reference,
                until=known.until,
                agreed_by=known.agreed_by,
                overdue=open_still and row.status != "closed" and _passed(due_at, now),
                fresh=not _passed(due_at, now - FRESH),
            )
        )
    return tuple(lines)


def line(row: models.Case, kinds: list[str], now: datetime) -> CaseLine:
    """A case as a list shows it."""
    return CaseLine(
        ref=row.ref,
        level=Level[row.level],
        provisional=row.provisional,
        kinds=tuple(kinds),
        status=row.status,
        opened_at=row.opened_at,
        next_step=row.next_step,
        next_due_at=row.next_due_at,
        overdue=_passed(row.next_due_at, now),
        fresh=not _passed(row.next_due_at, now - FRESH),
    )


def _passed(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at < now


def moment(at: datetime | None) -> str | None:
    """An instant for JSON, or null."""
    return None if at is None else clock.text(at)
