"""What holds of the level whatever the answers: playbooks 2.10, over 100,000 drawn cases."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.response import level, rules, sheet
from triage.terms import Kind, Level

SEED = "triage level 2.10"
CASES = 100_000
TABLE = rules.load()
FACTORS = TABLE.factors
SAFEST = {key: factor.safest for key, factor in FACTORS.items()}
YES_NO = tuple(
    key for key, factor in FACTORS.items() if {"no", "yes"} <= {*factor.values} and factor.safest == "no"
)
COMMON = ("danger_now", "whereabouts", "self_harm", "student_now")


class Draw:
    """Numbers from SHA-256 in counter mode: the same cases on every machine."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.block = 0
        self.bytes = b""

    def below(self, end: int) -> int:
        """A number from 0 to end - 1; end is small, so the bias of the remainder does not matter."""
        if len(self.bytes) < 2:
            self.bytes = hashlib.sha256(f"{self.seed}/{self.block}".encode()).digest()
            self.block += 1
        number = int.from_bytes(self.bytes[:2], "big")
        self.bytes = self.bytes[2:]
        return number % end

    def one(self, of: tuple[str, ...]) -> str:
        """One of some words."""
        return of[self.below(len(of))]


def cases(number: int) -> Iterator[tuple[Draw, list[Kind], dict[str, str]]]:
    """Cases with one to three kinds and none, few or many answers; now and then one is declined."""
    draw = Draw(SEED)
    kinds, keys = tuple(Kind), tuple(FACTORS)
    for _ in range(number):
        chosen = [kinds[draw.below(len(kinds))] for _ in range((1, 1, 1, 2, 2, 3)[draw.below(6)])]
        answers = {}
        for _ in range((2, 4, 8, 16, 60)[draw.below(5)]):
            key = draw.one(keys)
            answers[key] = draw.one(FACTORS[key].values)
        key = draw.one(keys)
        if draw.below(10) == 0 and TABLE.declinable(key):
            answers[key] = "declined"
        yield draw, chosen, answers


def level_of(kinds: list[Kind], answers: dict[str, str]) -> Level:
    """The level alone: no reasons, no counterfactual."""
    return sheet.Sheet(TABLE, kinds, answers).level()


def load_plain_table() -> ModuleType:
    """tests/unit/response/plain_table.py, which no package leads to."""
    path = Path(__file__).parents[1] / "unit" / "response" / "plain_table.py"
    spec = importlib.util.spec_from_file_location("plain_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain_table"] = module
    spec.loader.exec_module(module)
    return module


def test_the_evaluator_says_what_the_page_says_in_100_000_cases() -> None:
    """Level, rules, flags, aggravators, police criteria and open questions, of `triage level` and of a case."""
    print(f"seed: {SEED!r}, {CASES} cases")  # noqa: T201 - shown with a failure
    plain = load_plain_table()
    for number, (_, kinds, answers) in enumerate(cases(CASES)):
        in_case = number % 2 == 1
        judge = level.for_case if in_case else level.evaluate
        said = judge(kinds, answers, counterfactual=False)
        page = plain.read([str(kind) for kind in kinds], answers, SAFEST, case=in_case)
        assert said.level.name == page.level, (kinds, answers)
        assert {fired.id for fired in said.rules} == page.rules, (kinds, answers)
        assert said.time_flags == page.flags, (kinds, answers)
        assert said.aggravators == page.aggravators, (kinds, answers)
        assert said.police == page.police, (kinds, answers)
        assert set(said.unknown_must_ask) == page.unknown, (kinds, answers)


def test_the_properties_of_the_page_hold_in_100_000_cases() -> None:
    """Each case is held against itself with one answer, one order, one kind changed."""
    print(f"seed: {SEED!r}, {CASES} cases")  # noqa: T201 - shown with a failure
    for draw, kinds, answers in cases(CASES):
        now = sheet.Sheet(TABLE, kinds, answers)
        found, fired, helping = now.level(), now.fired(), now.aggravators()
        at = (kinds, answers)
        key = draw.one(YES_NO)
        if answers.get(key, "no") in ("no", "unknown", "declined"):
            assert level_of(kinds, {**answers, key: "yes"}) >= found, (*at, key)
        key = draw.one(tuple(FACTORS))
        if "unknown" in FACTORS[key].values:
            safest = level_of(kinds, {**answers, key: FACTORS[key].safest})
            assert level_of(kinds, {**answers, key: "unknown"}) >= safest, (*at, key)
        added = tuple(Kind)[draw.below(len(Kind))]
        assert level_of([added, *kinds], answers) >= found, (*at, added)
        backwards = dict(reversed(answers.items()))
        assert level_of(kinds[::-1], backwards) is found, at
        alone = now.level_of(fired, ())
        assert found.value - alone.value <= 1, at
        assert found is alone or found < Level.CRITICAL, at
        assert found is Level.LOW or fired or helping or now.floor(), at
        assert found is not Level.CRITICAL or any(rule.id.startswith("C") for rule in fired), at


def test_a_must_ask_question_left_open_or_answered_yes_is_never_low_in_100_000_cases() -> None:
    """M10 and M11; and a case with an unasked common question is provisional, so never a final LOW."""
    for draw, kinds, answers in cases(CASES):
        unasked = draw.one(COMMON)
        asked = {key: value for key, value in answers.items() if key != unasked}
        must_ask = TABLE.must_ask(kinds, asked)
        given = {**dict.fromkeys(must_ask, "unknown"), **asked}
        case = sheet.Sheet(TABLE, kinds, given)
        assert unasked in case.open(), (kinds, asked)
        assert case.level() >= Level.MEDIUM, (kinds, asked)
        fired = {rule.id for rule in case.fired()}
        assert "M10" in fired, (kinds, asked)
        assert ("M11" in fired) == any(given[key] == "yes" for key in must_ask), (kinds, asked)


def test_the_change_that_would_lower_is_the_smallest_and_the_first() -> None:
    """Held against every set of one and two changes, and of three in smaller cases, in table order."""
    tried = 0
    for _, kinds, answers in cases(1_500):
        verdict = level.evaluate(kinds, answers)
        first = changeable(answers)
        most = 3 if len(first) <= 14 else 2
        found = smallest(kinds, answers, verdict.level, first, most)
        lower = verdict.would_lower
        if found is None:
            assert lower is None or len(lower.change) > most, (kinds, answers)
            continue
        assert lower is not None, (kinds, answers)
        assert dict(lower.change) == found, (kinds, answers)
        assert lower.level is level_of(kinds, {**answers, **found}) < verdict.level
        tried += 1
    assert tried > 400


def changeable(answers: dict[str, str]) -> dict[str, str]:
    """Factors that are not at their first value and may be changed, with that value, in table order."""
    kept = ("age_band", "vulnerable", "victims", "repeat_case")
    first = {**SAFEST, "offender": "peer"}
    told = {**SAFEST, "offender": "unknown_online", **answers}
    return {key: first[key] for key in FACTORS if key not in kept and told[key] != first[key]}


def smallest(
    kinds: list[Kind], answers: dict[str, str], now: Level, first: dict[str, str], most: int
) -> dict[str, str] | None:
    """The first of the smallest sets of at most ``most`` changes that lower the level, by trying all."""
    for size in range(1, most + 1):
        for chosen in itertools.combinations(first, size):
            change = {key: first[key] for key in chosen}
            if level_of(kinds, {**answers, **change}) < now:
                return change
    return None


ANSWERS = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(factor.values) for key, factor in FACTORS.items()}
)
KINDS = st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=4)


@settings(max_examples=500, deadline=None)
@given(KINDS, ANSWERS)
def test_the_verdict_of_a_person_is_at_least_that_of_the_same_answers_outside_a_case(
    kinds: list[Kind], answers: dict[str, str]
) -> None:
    """What nobody asked is unknown in a case, and unknown never lowers."""
    outside, inside = level.evaluate(kinds, answers), level.for_case(kinds, answers)
    assert inside.level >= outside.level
    assert {fired.id for fired in outside.rules} <= {fired.id for fired in inside.rules}


@settings(max_examples=500, deadline=None)
@given(KINDS, ANSWERS)
def test_the_order_of_kinds_and_answers_changes_nothing_at_all(
    kinds: list[Kind], answers: dict[str, str]
) -> None:
    backwards = level.evaluate(kinds[::-1], dict(reversed(answers.items())))
    assert level.evaluate(kinds, answers).as_json() == backwards.as_json()


@settings(max_examples=300, deadline=None)
@given(KINDS, ANSWERS, st.sampled_from(("vi", "en")))
def test_every_verdict_can_be_said_and_never_with_a_percentage(
    kinds: list[Kind], answers: dict[str, str], language: str
) -> None:
    verdict = level.for_case(kinds, answers)
    lines = level.explain(verdict, language)
    assert all(line and "{" not in line and "%" not in line for line in lines)
    assert len(lines) >= 2 or verdict.level is Level.LOW
    assert level.reasons(verdict) or verdict.level is Level.LOW


@settings(max_examples=300, deadline=None)
@given(KINDS, ANSWERS, ANSWERS)
def test_a_case_of_two_students_has_all_that_either_has(
    kinds: list[Kind], one: dict[str, str], other: dict[str, str]
) -> None:
    both = [level.for_case(kinds, answers) for answers in (one, other)]
    case = level.highest(both)
    assert case.level is max(verdict.level for verdict in both)
    assert case.as_json()["police"] == [
        row.id for row in TABLE.police if any(row.id in v.police for v in both)
    ]
    assert case.provisional == any(verdict.provisional for verdict in both)
    assert {fired.id for fired in case.rules} == {fired.id for verdict in both for fired in verdict.rules}
    assert case.would_lower is None or case.would_lower.level < case.level


def test_highest_of_one_is_that_one() -> None:
    verdict = level.for_case([Kind.SEXTORT], {"extortion_active": "yes"})
    assert level.highest([verdict]) == verdict


def test_a_case_of_nobody_is_a_fault() -> None:
    with pytest.raises(IndexError):
        level.highest([])
