"""The invented school in a real store: every act went through the desk, at its own time."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from triage import clock
from triage.demo import build, school
from triage.desk import session, upkeep, view
from triage.store.records import cases as case_rows
from triage.terms import Level, StepState

WORDS = "lúa chín vàng ngoài đồng quê em"
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Vietnam."""
FEW = (
    "c01",
    "c03",
    "c11",
    "c18",
    "c20",
    "c25",
    "c29",
    "c31",
    "c34",
    "c40",
    "c42",
    "c43",
    "c45",
    "c56",
    "c57",
    "c60",
)
"""Cases that hold every kind of act between them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """A built store, open."""

    desk: session.Desk
    built: build.Built
    progress: list[tuple[int, int]]

    def case(self, key: str) -> view.CaseView:
        """A case by its name in the TOML."""
        return view.case(self.desk, self.built.refs[key])


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A school of a few cases, built once."""
    made = school.load(NOON)
    made = dataclasses.replace(made, cases=tuple(case for case in made.cases if case.key in FEW))
    place = tmp_path_factory.mktemp("demo")
    progress: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        with pytest.MonkeyPatch.context() as loading:
            loading.setattr(school, "load", lambda _now: made)
            built = build.build(place / "store", WORDS, NOON, lambda done, of: progress.append((done, of)))
        with session.open_store(place / "store", WORDS, at=clock.SetClock(NOON)) as desk:
            yield Opened(desk, built, progress)


def test_the_few_cases_hold_every_act_there_is() -> None:
    acts = {act.do for case in school.load(NOON).cases if case.key in FEW for act in case.acts}
    assert acts == set(build._PLAYED)


def test_every_case_is_in_the_store_in_the_order_of_time(few: Opened) -> None:
    assert few.built.cases == len(FEW)
    refs = [few.built.refs[case.key] for case in school.load(NOON).cases if case.key in FEW]
    assert refs == sorted(refs)
    assert few.progress[-1] == (few.built.acts, few.built.acts)


def test_every_act_was_recorded_at_its_own_time(few: Opened) -> None:
    made = {case.key: case for case in school.load(NOON).cases}
    for key in FEW:
        seen = few.case(key)
        assert seen.line.opened_at == made[key].opened
        assert seen.case.told_at == made[key].told
        ends = [act.at for act in made[key].acts if act.do == "close"]
        assert seen.case.closed_at in (None, *ends)
    assert all(entry.at <= NOON for entry in upkeep.log(few.desk, limit=10_000))


def test_a_case_reached_the_state_that_its_acts_lead_to(few: Opened) -> None:
    assert few.case("c01").line.status == few.case("c42").line.status == "closed"
    assert few.case("c29").line.status == "waiting"
    assert few.case("c34").line.status == "open"
    assert few.case("c03").case.held
    assert few.case("c29").line.level is Level.MEDIUM
    assert few.case("c31").line.level is Level.HIGH
    assert few.case("c11").line.level is Level.CRITICAL
    assert few.case("c56").line.kinds == ("UNSURE", "GROOM")
    assert [one.part for one in few.case("c18").people] == ["affected", "affected"]
    assert few.case("c42").links == ((few.built.refs["c40"], "accepted"),)
    assert few.case("c45").links == ((few.built.refs["c43"], "dismissed"),)


def test_steps_are_in_every_state_and_some_are_overdue_or_due_today(few: Opened) -> None:
    steps = [step for key in FEW for step in few.case(key).steps]
    assert {step.state for step in steps} == set(StepState)
    lines = [few.case(key).line for key in FEW]
    assert any(line.overdue for line in lines)
    later = [line.next_due_at for line in lines if line.next_due_at and not line.overdue]
    today = NOON.astimezone(clock.VIETNAM).date()
    assert any(due.astimezone(clock.VIETNAM).date() == today for due in later)


def test_the_log_of_the_invented_school_is_whole(few: Opened) -> None:
    assert upkeep.verify_log(few.desk).whole


@pytest.mark.parametrize("days", [0, *(pytest.param(days, marks=pytest.mark.slow) for days in (4, 40))])
def test_the_whole_school_is_built_on_any_day(
    days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least 40 cases; every level, status; overdue and due today: on a weekday, a Sunday, in a new year."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    now = NOON + timedelta(days=days)
    built = build.build(tmp_path / "store", WORDS, now)
    with session.open_store(tmp_path / "store", WORDS, at=clock.SetClock(now)) as desk:
        lines, total = view.listed(desk, case_rows.Wanted(limit=500))
    assert total == built.cases >= 44
    assert {line.level for line in lines} == set(Level)
    tally = Counter(line.status for line in lines)
    assert tally["closed"] >= 8
    assert tally["open"] >= 20
    assert tally["waiting"] >= 1
    assert sum(line.overdue for line in lines) >= 5
    today = now.astimezone(clock.VIETNAM).date()
    dues = [line.next_due_at.astimezone(clock.VIETNAM) for line in lines if line.next_due_at]
    assert sum(due.date() == today for due in dues) >= 3
