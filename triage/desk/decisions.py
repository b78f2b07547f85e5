"""Decisions on a case: raise, lower, close, reopen, hold, assign, link."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from triage import errors, i18n, models
from triage.desk import assess, cases, elsewhere
from triage.desk.session import Desk, OnCase, one_line, second_person
from triage.response.planned import Planned
from triage.store import restricted_folders
from triage.store.records import cases as case_rows
from triage.store.records import steps as step_rows
from triage.terms import CloseReason, Level


def raise_level(desk: Desk, ref: str, to: Level, reason: str) -> None:
    """Raise the level: anyone may, with a line."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    with desk.on_case("level.raised", ref, to=to.name) as on:
        cases.not_closed(on.case)
        if to <= Level[on.case.level]:
            raise errors.Refused("not-a-raise", level=on.case.level, to=to.name)
        on.case.raised_to, on.case.lowered_to = to.name, None
        assess.refresh(on.session, on.case, on.now, by=desk.label, why="raised", reason=reason)


def lower_level(
    desk: Desk, ref: str, to: Level, reason: str, agreed_by: str, *, seen: int | None = None
) -> None:
    """Lower the level by one step, with a reason and a second person, never while a C-rule fires.

    Here and below ``seen`` is what stood there when she decided; the command line names none.

    Raises:
        errors.TryAgain: ``edited-elsewhere``.
    """
    reason, agreed_by = cases.fitting(reason, cases.MAX_TEXT), second_person(desk, agreed_by)
    with desk.on_case("level.lowered", ref, to=to.name) as on:
        cases.not_closed(on.case)
        elsewhere.case(on, seen)
        verdict = assess.table_verdict(on.session, on.case)
        if assess.fired_critical(verdict):
            raise errors.Refused("critical-not-lowered")
        if to.value != Level[on.case.level].value - 1 or to.value < verdict.level.value - 1:
            raise errors.Refused("one-step-only", level=on.case.level, to=to.name)
        if on.case.raised_to and to >= verdict.level:
            on.case.raised_to = None if to == verdict.level else to.name
        else:
            on.case.raised_to, on.case.lowered_to = None, to.name
        assess.refresh(
            on.session, on.case, on.now, by=desk.label, why="lowered",
            reason=reason, agreed_by=agreed_by,
        )  # fmt: skip


def close(
    desk: Desk,
    ref: str,
    reason: CloseReason,
    *,
    agreed_by: str | None = None,
    text: str = "",
    seen: int | None = None,
) -> None:
    """Close a case: no mandatory step open, no common question unanswered, a second person from MEDIUM on.

    Source: playbooks X24, corrections 28.
    """
    text = cases.fitting(text, cases.MAX_TEXT) if text.strip() else ""
    with desk.on_case("case.closed", ref, reason=reason.value) as on:
        cases.not_closed(on.case)
        elsewhere.case(on, seen)
        stands = assess.of_case(on.session, on.case, on.now)
        agreed_by = second_person(desk, agreed_by) if agreed_by else None
        _may_close(on, stands, agreed_by)
        on.case.status, on.case.closed_at = "closed", on.now
        on.case.close_reason, on.case.close_note = reason.value, text or None
        on.case.agreed_by, on.case.agreement = (agreed_by, "claimed") if agreed_by else (None, None)
        on.case.next_step = on.case.next_due_at = None


def reopen(desk: Desk, ref: str, reason: str) -> None:
    """Open a closed case again."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    with desk.on_case("case.reopened", ref) as on:
        if on.case.status != "closed":
            raise errors.Refused("not-closed", ref=ref)
        on.case.status, on.case.closed_at, on.case.close_reason = "open", None, None
        cases.add_note(desk, on, "note", reason, on.now, private=False)
        assess.refresh(on.session, on.case, on.now, by=desk.label, why="steps")


def hold(desk: Desk, ref: str, on_hold: bool, reason: str, *, seen: bool | None = None) -> None:
    """Set or lift a legal hold: while it stands nothing of the case is deleted."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    with desk.on_case("case.hold-set" if on_hold else "case.hold-lifted", ref) as on:
        elsewhere.hold(on, seen)
        on.case.held, on.case.hold_reason = on_hold, reason


def assign(desk: Desk, ref: str, label: str | None) -> None:
    """Say whose case it is."""
    with desk.on_case("case.assigned", ref) as on:
        on.case.assigned_to = one_line(label) if label else None


def link(desk: Desk, ref: str, other_ref: str, state: str) -> None:
    """Accept or dismiss that two cases belong together.

    Raises:
        errors.Refused: ``restricted-link``: a link would tell everybody about a restricted case.
    """
    if restricted_folders.is_ref(ref) or restricted_folders.is_ref(other_ref):
        raise errors.Refused("restricted-link")
    with desk.on_case(f"link.{state}", ref) as on:
        other = case_rows.find(on.session, other_ref)
        if other.id == on.case.id:
            raise errors.UsageError("same-case", ref=ref)
        on.session.add(
            models.Link(case_id=on.case.id, other_id=other.id, state=state, at=on.now, by=desk.label)
        )


def _named(steps: Sequence[Planned]) -> str:
    """The first three with what they ask, so that they are found on the list; of the rest the number."""
    first = "; ".join(
        f"{step.id} «{textwrap.shorten(step.en if i18n.language() == 'en' else step.vi, 48, placeholder='…')}»"
        for step in steps[:3]
    )
    return first + (i18n.say("; and {n} more", n=len(steps) - 3) if len(steps) > 3 else "")


def _may_close(on: OnCase, seen: assess.Assessment, agreed_by: str | None) -> None:
    rows = step_rows.of_case(on.session, on.case.id)
    held_up = [
        step for step in seen.plan
        if step.mandatory and step.id not in ("X24", "X25") and rows[step.id].state in ("todo", "waiting")
    ]  # fmt: skip
    if held_up:
        raise errors.Refused("mandatory-open", steps=_named(held_up))
    unanswered = [key for key in seen.verdict.unknown_must_ask if not _declined(on, key)]
    if unanswered:
        raise errors.Refused("questions-open", questions=", ".join(unanswered))
    if seen.level > Level.LOW and not (agreed_by and agreed_by.strip()):
        raise errors.Refused("second-person-needed")


def _declined(on: OnCase, factor: str) -> bool:
    """Whether every affected student has either answered this question or would rather not."""
    affected = [one for one in case_rows.people(on.session, on.case.id) if one.part == "affected"]
    return all(assess.recorded(on.session, one).get(factor, "unknown") != "unknown" for one in affected)
