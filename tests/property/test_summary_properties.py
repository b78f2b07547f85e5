"""Taking one student away changes a school year of summaries by exactly what the guarantee counts on.

Histories are made of cases with several students, not of rows: a student's level comes from its own
answer in the case, and a fault that reads anything of the others must be seen here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.summary import codebook, period, release, tabulate
from triage.summary.tabulate import CodedRow
from triage.terms import Delay, Kind, Level, Platform

YEAR = period.read("2026-2027")
TERMS = [period.read(text) for text in YEAR.needs]
MONTHS = [period.read(text) for text in YEAR.months]
PUPILS = "ABCDEFG"
Rows = list[CodedRow]


@dataclass(frozen=True, slots=True)
class Child:
    """One affected student in one case."""

    pupil: str
    registered_at: datetime
    own: tuple[Level, ...]
    """What its own answers say under each kind of the case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what its students share."""

    kinds: tuple[Kind, ...]
    children: tuple[Child, ...]
    platform: Platform
    delay: Delay


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=3, unique=True))
    pupils = draw(st.lists(st.sampled_from(PUPILS), min_size=1, max_size=4, unique=True))
    seconds = int((YEAR.after - YEAR.first).total_seconds()) - 1
    children = [
        Child(
            pupil,
            YEAR.first + timedelta(seconds=draw(st.integers(0, seconds))),
            tuple(draw(st.sampled_from(sorted(Level))) for _ in kinds),
        )
        for pupil in pupils
    ]
    return Case(tuple(kinds), tuple(children), draw(st.sampled_from(Platform)), draw(st.sampled_from(Delay)))


histories = st.lists(cases(), min_size=1, max_size=6)


def coded(history: Iterable[Case]) -> Rows:
    """The rows as the rules want them: own level, own highest kind, ties in codebook order."""
    rows = []
    for case in history:
        for child in case.children:
            level = max(child.own)
            alike = [kind for kind, own in zip(case.kinds, child.own, strict=True) if own == level]
            rows.append(
                CodedRow(
                    child.pupil,
                    child.registered_at,
                    level,
                    min(alike, key=codebook.kind_order),
                    case.platform,
                    case.delay,
                )
            )
    return rows


def without(history: Iterable[Case], pupil: str) -> list[Case]:
    """The history had this student never been recorded; everything about the others stands."""
    return [
        dataclasses.replace(case, children=tuple(c for c in case.children if c.pupil != pupil))
        for case in history
    ]


def released(rows: Rows) -> list[int]:
    """Every number of a school year, before the noise: twelve months, two terms, the year."""
    return [
        value
        for wanted in (*MONTHS, *TERMS, YEAR)
        for values in tabulate.tables(rows, wanted).values()
        for value in values
    ]


def change_and_claim(history: list[Case], pupil: str, code: Callable[[list[Case]], Rows]) -> tuple[int, int]:
    """By how much the numbers change, squared, when a student goes; and what the guarantee allows."""
    before, after = released(code(history)), released(code(without(history, pupil)))
    at = [c.registered_at for case in history for c in case.children if c.pupil == pupil]
    months = sum(any(wanted.contains(moment) for moment in at) for wanted in MONTHS)
    terms = sum(any(wanted.contains(moment) for moment in at) for wanted in TERMS)
    claim = int(release.rho(months, terms) * 2 * release.SIGMA2) if at else 0
    assert claim == (2 * months + 4 * terms + 2 if at else 0)
    return sum((a - b) ** 2 for a, b in zip(before, after, strict=True)), claim


@settings(max_examples=150, deadline=None)
@given(histories)
def test_one_student_changes_the_year_by_exactly_2m_4t_2(history: list[Case]) -> None:
    for pupil in PUPILS:
        change, claim = change_and_claim(history, pupil, coded)
        assert change == claim


@settings(max_examples=100, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_counts_never_depend_on_the_order_of_rows(history: list[Case], source: object) -> None:
    rows = coded(history)
    mixed = list(rows)
    source.shuffle(mixed)  # type: ignore[attr-defined]
    assert released(mixed) == released(rows)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_every_counted_student_stands_in_exactly_one_cell_of_every_table(history: list[Case]) -> None:
    rows = coded(history)
    for wanted in (*MONTHS, *TERMS, YEAR):
        students = {row.pupil for row in rows if wanted.contains(row.registered_at)}
        assert {sum(values) for values in tabulate.tables(rows, wanted).values()} == {len(students)}


# Planted faults. Each is a way to code that looks reasonable and breaks the claim.


def level_of_the_case(history: list[Case]) -> Rows:
    rows = []
    for case in history:
        top = max((max(child.own) for child in case.children), default=Level.LOW)
        rows += [dataclasses.replace(row, level=top) for row in coded([case])]
    return rows


def once_for_each_kind(history: list[Case]) -> Rows:
    return [
        dataclasses.replace(row, pupil=f"{row.pupil}/{kind}", kind=kind)
        for case in history
        for row in coded([case])
        for kind in case.kinds
    ]


def once_for_each_case(history: list[Case]) -> Rows:
    return [
        dataclasses.replace(row, pupil=f"{row.pupil}/{place}")
        for place, case in enumerate(history)
        for row in coded([case])
    ]


def unsure_dropped(history: list[Case]) -> Rows:
    return [row for row in coded(history) if row.kind is not Kind.UNSURE]


def corrections_counted_in_the_open_month(history: list[Case]) -> Rows:
    later = timedelta(days=31)
    return coded(history) + [
        dataclasses.replace(row, registered_at=row.registered_at + later) for row in coded(history)
    ]


def kind_of_the_worst_child(history: list[Case]) -> Rows:
    rows: Rows = []
    for case in history:
        found = coded([case])
        if found:
            worst = max(found, key=lambda row: (row.level, row.pupil)).kind
            rows += [dataclasses.replace(row, kind=worst) for row in found]
    return rows


def friends_counted_with_the_student(history: list[Case]) -> Rows:
    """For each student another code, "peer A", that goes when the student goes."""
    return coded(history) + [dataclasses.replace(row, pupil=f"peer of {row.pupil}") for row in coded(history)]


FAULTS = [
    level_of_the_case,
    once_for_each_kind,
    once_for_each_case,
    unsure_dropped,
    corrections_counted_in_the_open_month,
    kind_of_the_worst_child,
    friends_counted_with_the_student,
]
SEPTEMBER = datetime(2026, 9, 10, tzinfo=UTC)
HISTORY = [
    Case(
        (Kind.BULLY, Kind.SELFHARM),
        (
            Child("A", SEPTEMBER, (Level.MEDIUM, Level.CRITICAL)),
            Child("B", SEPTEMBER, (Level.MEDIUM, Level.LOW)),
            Child("C", SEPTEMBER, (Level.HIGH, Level.LOW)),
        ),
        Platform.ZALO,
        Delay.SAME_DAY,
    ),
    Case((Kind.UNSURE,), (Child("D", SEPTEMBER, (Level.LOW,)),), Platform.GAME, Delay.UNKNOWN),
    Case((Kind.SCAM,), (Child("A", SEPTEMBER, (Level.LOW,)),), Platform.PHONE, Delay.OVER_30),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_breaks_the_claim(fault: Callable[[list[Case]], Rows]) -> None:
    found = {pupil: change_and_claim(HISTORY, pupil, fault) for pupil in "ABCD"}
    assert [pupil for pupil, (change, claim) in found.items() if change != claim]


def test_reading_the_level_of_the_case_would_triple_what_is_said_about_one_child() -> None:
    """The child whose answer set the level of a case of three: 24 or more where 8 are claimed."""
    change, claim = change_and_claim(HISTORY, "A", level_of_the_case)
    assert (change >= 24, claim) == (True, 8)
    assert change_and_claim(HISTORY, "A", coded) == (8, 8)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**6), 10**6), st.sampled_from([*MONTHS, *TERMS, YEAR]))
def test_any_integer_that_is_drawn_leaves_as_drawn(number: int, wanted: period.Period) -> None:
    payload = release.draw(
        tabulate.tables([], wanted), wanted, school_code="79012345", seq=1, prev=None, draw=lambda _: number
    )
    assert {value for part in release.read(payload)["tables"] for value in part["values"]} == {number}
