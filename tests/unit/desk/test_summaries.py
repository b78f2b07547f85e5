"""What the desk promises about summaries: the child's own level, one draw, the bound that is printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from triage import clock, errors, models
from triage.desk import cases, session, summaries
from triage.store.records import cases as case_rows
from triage.store.records import leaving
from triage.summary import envelope, period, tabulate
from triage.terms import Kind, Part

OCTOBER = period.read("2026-10")
SAFE = {
    "danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me", "age_band": "13_15",
    "violence_threat": "none", "urged_self_harm": "no",
}  # fmt: skip


@pytest.fixture
def october(desk: session.Desk, at: clock.SetClock) -> Iterator[session.Desk]:
    """Three cases in October, one with three children of different danger."""
    at.at = datetime(2026, 10, 7, 3, 0, tzinfo=UTC)
    desk.opened.clock = at
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.BULLY,), answers=SAFE)).ref
    for answers in (SAFE | {"self_harm": "acute"}, SAFE | {"self_harm": "passive", "victims": "several"}):
        letter = cases.add_person(desk, ref, Part.AFFECTED, {})
        cases.answer(desk, ref, answers, person=letter)
    cases.new(desk, cases.NewCase(kinds=(Kind.SCAM, Kind.SEXTORT), answers={"age_band": "16_17"}))
    cases.new(desk, cases.NewCase())
    at.at = datetime(2026, 11, 3, 3, 0, tzinfo=UTC)
    yield desk


def test_a_period_is_drawn_once(october: session.Desk, tmp_path: Path) -> None:
    """Closing again is refused; every export gives the bytes that were drawn, signed by the school's key."""
    made = summaries.close(october, OCTOBER)
    with pytest.raises(errors.Refused) as refused:
        summaries.close(october, OCTOBER)
    assert refused.value.code == "period-closed"
    first, second = (
        summaries.export(october, OCTOBER, tmp_path / turn, "dsse")[0].read_bytes() for turn in ("a", "b")
    )
    assert first == second
    assert made.seq == 1
    with october.opened.reading() as rows:
        key = leaving.school_key(rows, "summary")
    assert envelope.open(first, key.public)


def test_a_late_report_does_not_change_what_was_drawn(october: session.Desk, tmp_path: Path) -> None:
    """What happens later belongs to the open period."""
    summaries.close(october, OCTOBER)
    before = summaries.export(october, OCTOBER, tmp_path / "a", "dsse")[0].read_bytes()
    cases.new(october, cases.NewCase(told_at=datetime(2026, 10, 9, tzinfo=UTC)))
    assert summaries.export(october, OCTOBER, tmp_path / "b", "dsse")[0].read_bytes() == before


def test_a_period_that_is_not_over_or_not_closed_is_refused(october: session.Desk, tmp_path: Path) -> None:
    """November is not over; a term needs its months; an open period is not given out."""
    for wanted, code in (("2026-11", "period-not-over"), ("2025-2026-HK2", "period-needs")):
        with pytest.raises(errors.Refused) as refused:
            summaries.close(october, period.read(wanted))
        assert refused.value.code == code
    with pytest.raises(errors.Refused) as refused:
        summaries.export(october, OCTOBER, tmp_path, "dsse")
    assert refused.value.code == "period-open"


def test_removing_a_child_changes_the_count_by_what_is_promised(october: session.Desk) -> None:
    """Delete one child with its answers in the store, count again: each table of its month changes by one at most.

    Source: security.md 3: L2 squared is 2 for a month, and no other child's cell moves.
    """
    with october.opened.reading() as rows:
        everyone = summaries.coded_rows(rows, OCTOBER)
        codes = [row.pupil for row in everyone]
    for code in codes:
        with october.opened.acting("test.removed") as act:
            one = next(
                person
                for person, _case in case_rows.affected_between(act.session, OCTOBER.first, OCTOBER.after)
                if person.pupil_code == code
            )
            act.case = act.session.get(models.Case, one.case_id)
            full = tabulate.tables(summaries.coded_rows(act.session, OCTOBER), OCTOBER)
            for answer in case_rows.answers(act.session, one.id).values():
                act.session.delete(answer)
            act.session.flush()
            kept = one.pupil_code
            one.pupil_code = None
            act.session.flush()
            left = tabulate.tables(summaries.coded_rows(act.session, OCTOBER), OCTOBER)
            one.pupil_code = kept
        for table, counts in full.items():
            assert sum((a - b) ** 2 for a, b in zip(counts, left[table], strict=True)) == 1, table


def test_exact_numbers_are_marked_as_internal(october: session.Desk) -> None:
    """The document says what it is, and its showing is an entry."""
    assert summaries.show(october, OCTOBER)["internal"] is True


def test_the_clock_cannot_move_a_child_into_a_closed_month(october: session.Desk, at: clock.SetClock) -> None:
    """A clock set back registers after the last entry, so October stays as it was."""
    summaries.close(october, OCTOBER)
    at.at -= timedelta(days=20)
    cases.new(october, cases.NewCase())
    with october.opened.reading() as rows:
        assert len(summaries.coded_rows(rows, OCTOBER)) == 5
