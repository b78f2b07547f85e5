"""The decision table as data: questions, rules, floors, aggravators, time flags, police criteria."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from triage.response import expression
from triage.terms import Kind, Level

_HERE = Path(__file__).resolve().parent
_FILES = ("factors.toml", "rules.toml")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Factor:
    """A question of the level."""

    key: str
    """Its name in answers, as other programs rely on it."""
    values: tuple[str, ...]
    """Its values, the safest first."""
    name_vi: str
    """A short name."""
    name_en: str
    """A short name."""
    question_vi: str
    """The question as a counsellor asks it."""
    question_en: str
    """The question as a counsellor asks it."""
    values_vi: Mapping[str, str]
    """Value to words; ``declined`` too."""
    values_en: Mapping[str, str]
    """Value to words; ``declined`` too."""
    help_vi: str
    """What the person asking should know; empty when nothing."""
    help_en: str
    """What the person asking should know; empty when nothing."""

    @property
    def safest(self) -> str:
        """The first value."""
        return self.values[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rule:
    """A row of the table: a rule, an aggravator, a time flag or a police criterion."""

    id: str
    """Its name: ``C5``, ``A1``, ``T0``, ``P3``."""
    when: expression.Expression
    """The condition."""
    why_vi: str
    """Why, in words for a parent or a police officer."""
    why_en: str
    """Why, in words for a parent or a police officer."""
    level: Level | None = None
    """The level it gives; None for what is no rule."""
    as_recorded: bool = False
    """True for a row that reads answers as recorded, ``declined`` apart from ``unknown`` (M10, M11)."""
    consult: bool = False
    """True for a police criterion that asks for advice, not for a report."""
    by_kind: bool = False
    """Whether the row asks for the kind."""
    note: str = ""
    """How the row was read where the table leaves room."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rules:
    """The whole table."""

    version: str
    """The version of the table."""
    factors: Mapping[str, Factor]
    """The questions in table order."""
    rules: tuple[Rule, ...]
    """C, H and M rules in table order."""
    floors: Mapping[str, Level]
    """Kind to the level it never falls below."""
    aggravators: tuple[Rule, ...]
    """A1-A4."""
    flags: tuple[Rule, ...]
    """T0-T5."""
    police: tuple[Rule, ...]
    """P1-P10."""
    clashes: tuple[Rule, ...]
    """K1-K5: answers, and circumstances, that cannot both be right."""
    defaults: Mapping[str, str]
    """What a left-out factor counts as."""
    first: Mapping[str, str]
    """What a factor is set to when looking for the answer that would lower the level."""
    fixed: frozenset[str]
    """Factors that are never changed in that search."""
    words: Mapping[str, tuple[str, str]]
    """Words of the explanation, Vietnamese and English; ``CRITICAL`` and so on for the levels."""
    document: Mapping[str, Any]
    """The data as read."""

    def default(self, key: str) -> str:
        """What factor ``key`` counts as when it is left out."""
        return self.defaults[key]

    def declinable(self, key: str) -> bool:
        """Whether a student may decline question ``key``: it knows ``unknown``, or is asked of everyone."""
        return "unknown" in self.factors[key].values or key in self.document["must_ask"]["when_declined"]

    def must_ask(self, kinds: Iterable[Kind], answers: Mapping[str, str]) -> tuple[str, ...]:
        """The must-ask questions of some kinds whose absence counts as unknown, in table order.

        Source: semantics.md, Level.
        """
        lists = self.document["must_ask"]
        asked = set(lists["every"])
        if answers.get("offender") == "caregiver":
            asked.update(lists["with_caregiver"])
        for kind in kinds:
            asked.update(lists["kind"].get(kind, ()))
        return tuple(key for key in self.factors if key in asked)


@functools.cache
def load() -> Rules:
    """The shipped table."""
    document: dict[str, Any] = {}
    for name in _FILES:
        document |= tomli.loads((_HERE / name).read_text(encoding="utf-8"))
    return read(document)


def read(document: Mapping[str, Any]) -> Rules:
    """A table from its data (shape: schemas/rules-v1.json).

    Raises:
        errors.UsageError: ``bad-expression`` for a condition that cannot be read.
    """
    factors = {row["key"]: _factor(row, document["labels"]) for row in document["factor"]}
    words = {name: (said[0], said[1]) for name, said in document["words"].items()}
    for name, row in document["level"].items():
        words[name] = (row["name"][0], row["name"][1])
        words[f"{name}.clock"] = (row["clock"][0], row["clock"][1])
    return Rules(
        version=document["version"],
        factors=factors,
        rules=tuple(_rule(row, document) for row in document["rule"]),
        floors={kind: Level[name] for kind, name in document["floor"].items()},
        aggravators=tuple(_rule(row) for row in document["aggravator"]),
        flags=tuple(_rule(row) for row in document["flag"]),
        police=tuple(_rule(row) for row in document["police"]),
        clashes=tuple(_rule(row) for row in document["clash"]),
        defaults={key: factor.safest for key, factor in factors.items()} | document["left_out"],
        first={key: factor.safest for key, factor in factors.items()} | document["would_lower"]["first"],
        fixed=frozenset(document["would_lower"]["never"]),
        words=words,
        document=document,
    )


def _factor(row: Mapping[str, Any], common: Mapping[str, list[str]]) -> Factor:
    labels = {**common, **row.get("labels", {})}
    values = tuple(row["values"])
    said = (*values, "declined")
    help_vi, help_en = row.get("help", ("", ""))
    return Factor(
        key=row["key"],
        values=values,
        name_vi=row["name"][0],
        name_en=row["name"][1],
        question_vi=row["ask"][0],
        question_en=row["ask"][1],
        values_vi={value: labels[value][0] for value in said},
        values_en={value: labels[value][1] for value in said},
        help_vi=help_vi,
        help_en=help_en,
    )


def _rule(row: Mapping[str, Any], document: Mapping[str, Any] | None = None) -> Rule:
    asks = row.get("asks")
    when = expression.parse(row["when"] if asks is None or document is None else _asked(document, asks))
    return Rule(
        id=row["id"],
        when=when,
        why_vi=row["why"][0],
        why_en=row["why"][1],
        level=Level[row["level"]] if "level" in row else None,
        as_recorded=asks is not None,
        consult=row.get("consult", False),
        by_kind=any(name == "kind" for name, _ in when.calls()),
        note=row.get("note", ""),
    )


def _asked(document: Mapping[str, Any], answers: list[str]) -> str:
    """The condition "a must-ask question, common or of the kind, has one of these answers"."""
    values = {row["key"]: {*row["values"], "declined"} for row in document["factor"]}

    def any_of(keys: Iterable[str], wanted: Iterable[str]) -> list[str]:
        possible = {key: [value for value in wanted if value in values[key]] for key in keys}
        return [f"{key} in ({', '.join(found)})" for key, found in possible.items() if found]

    must_ask = document["must_ask"]
    parts = any_of(must_ask["every"], answers)
    parts += any_of(must_ask["when_declined"], set(answers) & {"declined"})
    groups = {"offender = caregiver": must_ask["with_caregiver"]}
    groups |= {f"kind({kind})": keys for kind, keys in must_ask["kind"].items()}
    for condition, keys in groups.items():
        if found := any_of(keys, answers):
            parts.append(f"{condition} and ({' or '.join(found)})")
    return " or ".join(parts)
