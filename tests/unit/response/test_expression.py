"""Conditions: what they read, when they hold and why."""

from __future__ import annotations

import pytest

from triage import errors, terms
from triage.response import expression


def facts(**values: str) -> expression.Facts:
    return expression.Facts(values=values)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("always", True),
        ("not always", False),
        ("a = yes", True),
        ("a = no", False),
        ("a != no", True),
        ("a != yes", False),
        ("a in (no, yes)", True),
        ("a in (no,unknown)", False),
        ("b = 2+", True),
        ("c = 24_72h", True),
        ("a = no or b = 2+", True),
        ("a = no or b = 1 and c = 24_72h", False),
        ("(a = yes or b = 1) and c = none", False),
        ("not (a = no or b = 1)", True),
        ("not a = no and c = 24_72h", True),
    ],
)
def test_words_mean_what_they_say(text: str, holds: bool) -> None:
    assert expression.parse(text).holds(facts(a="yes", b="2+", c="24_72h")) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("kind(GROOM, SCAM)", True),
        ("kind(GROOM)", False),
        ("rule(C7, H1)", True),
        ("rule(C7)", False),
        ("flag(T1)", True),
        ("flag(T2)", False),
        ("police(P3)", True),
        ("police(P1, P2)", False),
        ("police()", True),
        ("done(X21.1, X12)", True),
        ("done(X13)", False),
        ("aged(under_13, 13_15)", True),
        ("aged(18_plus)", False),
        ("level >= HIGH", True),
        ("level >= CRITICAL", False),
        ("level = HIGH", True),
        ("level in (LOW, MEDIUM)", False),
        ("level != LOW", True),
    ],
)
def test_functions_and_the_level_ask_the_case(text: str, holds: bool) -> None:
    case = expression.Facts(
        values={"age_band": "13_15"},
        kinds=frozenset({terms.Kind.SCAM}),
        level=terms.Level.HIGH,
        rules=frozenset({"H1"}),
        flags=frozenset({"T1"}),
        police=frozenset({"P3"}),
        done=frozenset({"X12"}),
    )
    assert expression.parse(text).holds(case) is holds


def test_no_criterion_means_police_does_not_hold() -> None:
    assert not expression.parse("police()").holds(facts())


def test_a_level_not_found_yet_is_at_least_nothing() -> None:
    assert not expression.parse("level >= LOW").holds(facts())


def test_a_name_without_a_value_is_a_fault_and_never_silently_false() -> None:
    with pytest.raises(KeyError):
        expression.parse("a = yes").holds(facts())


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("   ", 1),
        ("a", 2),
        ("a =", 4),
        ("a = yes b = no", 9),
        ("a = yes and", 12),
        ("(a = yes", 9),
        ("a in ()", 7),
        ("a in (yes", 10),
        ("a = and", 5),
        ("or a = yes", 1),
        ("a >= yes", 3),
        ("level >= SEVERE", 10),
        ("level = severe", 9),
        ("score(1)", 1),
        ("kind()", 6),
        ("a = yes; b = no", 8),
        ("a = a.b", 5),
        ("__import__('os')", 12),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, at: int) -> None:
    with pytest.raises(errors.UsageError) as caught:
        expression.parse(text)
    assert (caught.value.code, caught.value.values) == ("bad-expression", {"text": text, "at": at})


def test_names_and_calls_are_what_is_read() -> None:
    read = expression.parse(
        "a = yes and (b != no or kind(SCAM)) and aged(13_15) and level >= HIGH and police()"
    )
    assert read.names() == {"a", "b", "age_band", "level"}
    assert read.calls() == {("kind", ("SCAM",)), ("aged", ("13_15",)), ("police", ())}
    assert ("b", "no") in read.pairs()


@pytest.mark.parametrize(
    ("text", "support"),
    [
        ("a = yes", {"a": "yes"}),
        ("a = yes or b = yes", {"a": "yes"}),
        ("a = yes or c != no", {"a": "yes", "c": "unknown"}),
        ("a = yes and (b = yes or c = unknown)", {"a": "yes", "c": "unknown"}),
        ("not (b = yes or c = yes)", {"b": "no", "c": "unknown"}),
        ("not (b = yes and a = yes)", {"b": "no"}),
        ("kind(SCAM) or a = yes", {"a": "yes"}),
        ("always", {}),
    ],
)
def test_the_support_is_the_answers_that_made_it_true(text: str, support: dict[str, str]) -> None:
    assert expression.parse(text).support(facts(a="yes", b="no", c="unknown")) == support


@pytest.mark.parametrize(
    ("text", "witness"),
    [
        ("a = yes and c = unknown", {"a", "c"}),
        ("(a = yes and c = unknown) or d = yes", {"d"}),
        ("a = yes and d = yes", {"a", "d"}),
        ("not (a = no or b = yes)", {"a"}),
        ("b = no", set()),
        ("always", set()),
    ],
)
def test_the_witness_is_what_must_move_before_it_can_be_false(text: str, witness: set[str]) -> None:
    """`b` may not move."""
    case = facts(a="yes", b="no", c="unknown", d="yes")
    assert expression.parse(text).witness(case, {"a", "c", "d"}) == witness


def test_a_condition_is_read_once() -> None:
    assert expression.parse("a = yes") is expression.parse("a = yes")
