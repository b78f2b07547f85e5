"""Two desks on one case: what one recorded the other sees, and never overwrites without having seen it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.unit.desk.conftest import WORDS
from triage import clock, errors, i18n
from triage.desk import cases, decisions, elsewhere, session, steps, view
from triage.terms import CloseReason, Kind, Level, StepState

Act = Callable[[session.Desk, str, view.StepLine], object]


@pytest.fixture
def other(desk: session.Desk, at: clock.SetClock) -> Iterator[session.Desk]:
    """The same person at a second desk."""
    with session.open_store(desk.folder, WORDS, at=at) as other:
        yield other


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """A case."""
    return cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,))).ref


def _step(desk: session.Desk, ref: str, number: int = 0) -> view.StepLine:
    plain = [one for one in view.case(desk, ref).steps if one.planned.factor is None]
    return plain[number]


def test_a_step_done_here_is_seen_there(desk: session.Desk, other: session.Desk, ref: str) -> None:
    """At the next reading, with who and what came of it."""
    step = _step(other, ref)
    steps.done(desk, ref, step.planned.id, result="Đã khóa tài khoản")
    seen = next(one for one in view.case(other, ref).steps if one.planned.id == step.planned.id)
    assert (seen.state, seen.result, seen.by) == (StepState.DONE, "Đã khóa tài khoản", "Cô An")


ON_STEP: dict[str, Act] = {
    "done": lambda desk, ref, step: steps.done(desk, ref, step.planned.id, seen=elsewhere.Step.of(step)),
    "skip": lambda desk, ref, step: steps.skip(
        desk, ref, step.planned.id, "không cần", agreed_by="Thầy Bình", seen=elsewhere.Step.of(step)
    ),
    "wait": lambda desk, ref, step: steps.wait(
        desk, ref, step.planned.id, desk.now() + timedelta(hours=5), "chờ", seen=elsewhere.Step.of(step)
    ),
    "due": lambda desk, ref, step: steps.set_due(
        desk, ref, step.planned.id, desk.now() + timedelta(hours=5), "sau", seen=elsewhere.Step.of(step)
    ),
}


@pytest.mark.parametrize("act", ON_STEP)
@pytest.mark.parametrize("before", ["wait", "due"])
def test_what_a_step_waits_for_is_not_overwritten_unseen(
    act: str, before: str, desk: session.Desk, other: session.Desk, ref: str
) -> None:
    """6 with who recorded it; the record stands; seen, the same act is taken."""
    stale = _step(other, ref)
    if before == "wait":
        steps.wait(desk, ref, stale.planned.id, desk.now() + timedelta(hours=2), "ngân hàng gọi lại")
    else:
        steps.set_due(desk, ref, stale.planned.id, desk.now() + timedelta(hours=2), "ngân hàng gọi lại")
    with pytest.raises(errors.TryAgain, match="edited-elsewhere") as caught:
        ON_STEP[act](other, ref, stale)
    for language in i18n.LANGUAGES:
        assert "Cô An" in i18n.sentence(caught.value, language).what
    fresh = next(one for one in view.case(other, ref).steps if one.planned.id == stale.planned.id)
    assert fresh.reason == "ngân hàng gọi lại"
    ON_STEP[act](other, ref, fresh)


def test_a_step_done_there_is_not_taken_up_unseen(desk: session.Desk, other: session.Desk, ref: str) -> None:
    """She saw it wait; meanwhile it was done: taking it up would erase what came of it."""
    step = _step(desk, ref)
    steps.wait(desk, ref, step.planned.id, desk.now() + timedelta(hours=2), "chờ")
    stale = next(one for one in view.case(other, ref).steps if one.planned.id == step.planned.id)
    steps.done(desk, ref, step.planned.id, result="xong")
    with pytest.raises(errors.TryAgain, match="edited-elsewhere"):
        steps.take_up(other, ref, step.planned.id, seen=elsewhere.Step.of(stale))
    with pytest.raises(errors.Refused, match="step-not-open"):
        ON_STEP["done"](other, ref, stale)


def test_a_hold_set_there_is_told(desk: session.Desk, other: session.Desk, ref: str) -> None:
    """Its reason is not replaced by a second one, and what was lifted is not lifted again."""
    decisions.hold(desk, ref, True, "công an yêu cầu")
    with pytest.raises(errors.TryAgain, match="edited-elsewhere"):
        decisions.hold(other, ref, True, "lý do khác", seen=False)
    assert view.case(other, ref).case.hold_reason == "công an yêu cầu"
    decisions.hold(other, ref, False, "đã xong", seen=True)


def test_nobody_lowers_or_closes_what_has_grown_meanwhile(
    desk: session.Desk, other: session.Desk, ref: str
) -> None:
    """A note that came after she looked: first it is looked at."""
    stale = view.case(other, ref)
    lower = Level(stale.line.level.value - 1)
    cases.note(desk, ref, "Em vừa gọi lại.")
    with pytest.raises(errors.TryAgain, match="edited-elsewhere"):
        decisions.lower_level(other, ref, lower, "yên", "Thầy Bình", seen=stale.newest)
    with pytest.raises(errors.TryAgain, match="edited-elsewhere"):
        decisions.close(other, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình", seen=stale.newest)
    assert view.case(other, ref).line.level is stale.line.level
    with pytest.raises(errors.Refused, match=r"mandatory-open|questions-open"):
        decisions.close(
            other, ref, CloseReason.RESOLVED, agreed_by="Thầy Bình", seen=view.case(other, ref).newest
        )


def test_who_the_student_is_is_not_overwritten_unseen(
    desk: session.Desk, other: session.Desk, ref: str
) -> None:
    """A field that is empty, or as she saw it, is written; another is shown first."""
    cases.set_identity(desk, ref, "A", {"name": "Nguyễn Thị Hư Cấu"}, seen={})
    with pytest.raises(errors.TryAgain, match="identity-differs"):
        cases.set_identity(other, ref, "A", {"name": "Trần Văn Hư Cấu"}, seen={})
    cases.set_identity(other, ref, "A", {"school_class": "9A", "name": "Nguyễn Thị Hư Cấu"}, seen={})
    seen = cases.show_identity(other, ref, "A")
    cases.set_identity(other, ref, "A", {"name": "Trần Văn Hư Cấu"}, seen=seen)
    with pytest.raises(errors.TryAgain, match="identity-differs"):
        cases.set_identity(desk, ref, "A", {"name": "Lê Thị Hư Cấu"}, seen={"name": "Nguyễn Thị Hư Cấu"})
    assert cases.show_identity(desk, ref, "A") == {"name": "Trần Văn Hư Cấu", "school_class": "9A"}
