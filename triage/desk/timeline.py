"""What happened in a case, in the order of time: told, noted, done, changed, taken in, handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage import i18n, models
from triage.desk import assess, evidence, packets, view
from triage.desk.session import Desk
from triage.terms import StepState


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    """When it truly happened."""
    recorded_at: datetime
    """When it was recorded."""
    by: str
    """Who recorded it; empty when the record does not say."""
    what: str
    """told, words, note, done, skipped, waiting, level, evidence, packet or receipt."""
    text: str
    """The words, in the language spoken when it was read."""
    private: bool = False
    """It never leaves in a packet."""

    @property
    def late(self) -> bool:
        """Whether it was recorded noticeably after it happened."""
        return (self.recorded_at - self.at).total_seconds() >= 60


def of_case(desk: Desk, seen: view.CaseView) -> list[Event]:
    """A case's events, the oldest first; of one instant in the order in which a case grows."""
    case = seen.case
    told = i18n.word("channel", case.channel)
    events = [Event(case.told_at, case.opened_at, "", "told", told)]
    events += [
        Event(
            note.at,
            note.recorded_at,
            note.by,
            "reported" if assess.of_reporter(case, note) else note.kind,
            note.text,
            note.private,
        )
        for note in seen.notes
    ]
    events += [_changed(change) for change in seen.changes]
    events += [event for step in seen.steps if (event := _step(step)) is not None]
    for row, lines in evidence.of_case(desk, case.ref):
        name = row.original_name or row.what or ""
        events += [
            Event(
                line.at,
                line.at,
                line.by,
                "evidence",
                f"{row.item} {name}: {i18n.word('custody', line.act)}"
                + (f" ({line.note})" if line.note else ""),
            )
            for line in lines
        ]
    for _ref, packet in packets.listed(desk, case.ref):
        events.append(
            Event(packet.made_at, packet.made_at, packet.by, "packet", f"{packet.number}: {packet.recipient}")
        )
        if packet.received_at is not None:
            received = f"{packet.number}: {packet.received_by} ({packet.reference})"
            events.append(Event(packet.received_at, packet.received_at, "", "receipt", received))
    return sorted(events, key=lambda event: event.at)


def _changed(change: models.LevelChange) -> Event:
    text = f"{i18n.word('level', change.level)}: {i18n.word('why', change.why)}"
    added = ", ".join(part for part in (change.reason, change.agreed_by) if part)
    return Event(change.at, change.at, change.by, "level", f"{text} ({added})" if added else text)


def _step(step: view.StepLine) -> Event | None:
    if step.state is StepState.TODO or step.at is None or step.recorded_at is None:
        return None
    added = ", ".join(part for part in (step.result, step.reference, step.reason, step.agreed_by) if part)
    text = f"{step.planned.id} {step.text()}" + (f" ({added})" if added else "")
    return Event(step.at, step.recorded_at, step.by or "", step.state.value, text)
