"""The checklist: a step done, skipped, waiting, given another due time, taken up again."""

from __future__ import annotations

from datetime import datetime, timedelta

from triage import errors, i18n, models
from triage.desk import assess, cases, elsewhere
from triage.desk.session import Desk, OnCase, coded, one_line, second_person
from triage.response.planned import Planned
from triage.store.records import steps as step_rows
from triage.terms import StepState

EARLIEST = timedelta(days=1)
"""A step may have been done this long before it was told: a friend acts first, then tells."""
LONGEST_WAIT = timedelta(days=366)


def done(
    desk: Desk,
    ref: str,
    step: str,
    *,
    at: datetime | None = None,
    reference: str = "",
    result: str = "",
    seen: elsewhere.Step | None = None,
) -> None:
    """A step was done: ``at`` is when it truly was, beside the moment it is recorded.

    Here and below ``seen`` is how the step stood when she decided; the command line names none.

    Raises:
        errors.TryAgain: ``edited-elsewhere``.
    """
    with desk.on_case("step.done", ref, step=_named(step)) as on:
        row, planned = _open_step(on, step, seen)
        if planned.factor is not None:
            raise errors.Refused("question-needs-answer", ref=ref, question=planned.factor)
        _mark(desk, on, row, StepState.DONE, _not_later(on, at))
        row.reference = one_line(reference) if reference else None
        # What was done for one of several is to read so in a packet too.
        result = f"{planned.whom}: {result}".removesuffix(": ") if planned.whom else result
        row.result = cases.fitting(result, cases.MAX_TEXT) if result else None
        _again(desk, on)


def skip(
    desk: Desk,
    ref: str,
    step: str,
    reason: str,
    *,
    agreed_by: str | None = None,
    seen: elsewhere.Step | None = None,
) -> None:
    """A step is not done, with the reason; a mandatory one needs a second person and stays listed."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    with desk.on_case("step.skipped", ref, step=_named(step)) as on:
        row, planned = _open_step(on, step, seen)
        if planned.mandatory and not (agreed_by and agreed_by.strip()):
            raise errors.Refused("skip-needs-second", step=planned.id)
        second = second_person(desk, agreed_by) if agreed_by else None
        _mark(desk, on, row, StepState.SKIPPED, on.now)
        row.reason = reason
        if second is not None:
            row.agreed_by, row.agreement = second, "claimed"
        _again(desk, on)


def wait(
    desk: Desk, ref: str, step: str, until: datetime, reason: str, *, seen: elsewhere.Step | None = None
) -> None:
    """A step waits for somebody else; what was overdue stays overdue."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    if not desk.now() < until < desk.now() + LONGEST_WAIT:
        raise errors.UsageError("wait-out-of-range", value=i18n.moment(until))
    with desk.on_case("step.waiting", ref, step=_named(step)) as on:
        row, _planned = _open_step(on, step, seen)
        _mark(desk, on, row, StepState.WAITING, on.now)
        row.reason, row.until = reason, until
        _again(desk, on)


def set_due(
    desk: Desk, ref: str, step: str, at: datetime, reason: str, *, seen: elsewhere.Step | None = None
) -> None:
    """Give a step another due time, with the reason."""
    reason = cases.fitting(reason, cases.MAX_TEXT)
    with desk.on_case("step.due-set", ref, step=_named(step)) as on:
        row, _planned = _open_step(on, step, seen)
        row.due_set_at, row.reason = at, reason
        _again(desk, on)


def take_up(desk: Desk, ref: str, step: str, *, seen: elsewhere.Step | None = None) -> None:
    """A step that was done, skipped or waiting is to do again."""
    with desk.on_case("step.taken-up", ref, step=_named(step)) as on:
        cases.not_closed(on.case)
        row = step_rows.find(on.session, on.case.id, step)
        if row.state == StepState.TODO:
            raise errors.Refused("step-is-open", step=row.step)
        elsewhere.step(on, row, seen)
        row.state = StepState.TODO.value
        row.at = row.recorded_at = row.until = None
        row.by = row.result = row.reference = row.reason = row.agreed_by = row.agreement = None
        if row.step not in {planned.id for planned in _again(desk, on).plan}:
            # Not needed any more: taken up it would be gone from the list, and with it that it was done.
            raise errors.Refused("step-not-on-list", step=row.step)


def _named(step: str) -> str:
    return coded(step, "no-such-step", step="?", allowed="triage step list")


def _open_step(on: OnCase, step: str, looked: elsewhere.Step | None) -> tuple[models.Step, Planned]:
    cases.not_closed(on.case)
    seen = assess.refresh(on.session, on.case, on.now, by="", why="steps")
    row = step_rows.find(on.session, on.case.id, step)
    plan = {planned.id: planned for planned in seen.plan}
    if row.step not in plan:
        raise errors.Refused("step-not-on-list", step=row.step)
    if row.state in (StepState.DONE, StepState.SKIPPED):
        raise errors.Refused("step-not-open", step=row.step, state=i18n.word("state", row.state))
    elsewhere.step(on, row, looked)
    return row, plan[row.step]


def _not_later(on: OnCase, at: datetime | None) -> datetime:
    if at is None:
        return on.now
    if at > on.now:
        raise errors.UsageError("done-in-the-future", value=i18n.moment(at))
    if at < on.case.told_at - EARLIEST:
        raise errors.UsageError("done-before-told", value=i18n.moment(at))
    return at


def _mark(desk: Desk, on: OnCase, row: models.Step, state: StepState, at: datetime) -> None:
    row.state, row.at, row.recorded_at, row.by = state.value, at, on.now, desk.label
    row.reason = row.until = row.agreed_by = row.agreement = None


def _again(desk: Desk, on: OnCase) -> assess.Assessment:
    return assess.refresh(on.session, on.case, on.now, by=desk.label, why="steps")
