"""Check a playbook file: its schema, its references, both languages, and what safety asks of each step."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage import errors, schema
from triage.response import expression, playbook, rules
from triage.terms import Kind

_FUNCTIONS = frozenset({"kind", "rule", "flag", "police", "done", "aged"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a playbook file."""

    file: str
    """The file's name."""
    line: int
    """Where, from 1; 0 when it is about the whole file."""
    what: str
    """What is wrong."""
    allowed: str = ""
    """What would be right."""

    def __str__(self) -> str:
        tail = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{self.file}:{self.line}: {self.what}{tail}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"file": self.file, "line": self.line, "what": self.what, "allowed": self.allowed}


def check(file: Path) -> tuple[Problem, ...]:
    """Every problem of one playbook file, in the order of its lines.

    Raises:
        errors.UsageError: ``file-unreadable``.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UsageError("file-unreadable", file=str(file), why=type(error).__name__) from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (Problem(file.name, 0, str(error)),)
    found = list(_problems(file.name, text, document))
    return tuple(sorted(found, key=lambda problem: problem.line))


def _problems(name: str, text: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        schema.check(json.loads(json.dumps(document, default=str)), "playbook-v1")
    except errors.UsageError as error:
        where, rule = error.values["where"], error.values["rule"]
        yield Problem(name, 0, f"schema: {where}: {rule}")
        return
    known = {step.id for book in playbook.all_shipped() for step in book.steps}
    own = [row["id"] for row in document.get("step", ())]
    for twice in sorted({step for step in own if own.count(step) > 1}):
        yield Problem(name, _line(text, twice), f"step {twice} stands twice")
    for row in document.get("question", ()):
        if row["factor"] not in rules.load().factors:
            yield Problem(name, _line(text, row["factor"]), f"unknown factor {row['factor']}", _some(rules.load().factors))
    for row in document.get("step", ()):
        for what, allowed in _step(row, known | set(own)):
            yield Problem(name, _line(text, row["id"]), f"step {row['id']}: {what}", allowed)


def _step(row: Mapping[str, Any], steps: set[str]) -> Iterator[tuple[str, str]]:
    try:
        when = expression.parse(row["when"])
    except errors.UsageError as error:
        yield f"when cannot be read at {error.values.get('at')}", "see docs/reference/playbooks.md"
        return
    yield from _names(when, steps)
    for name in row.get("replaces", ()):
        if name not in steps:
            yield f"replaces unknown step {name}", _some(steps)
    if row.get("hourly_until") and row["hourly_until"] not in playbook.circumstances():
        yield f"unknown circumstance {row['hourly_until']}", _some(playbook.circumstances())
    if "GU" in row["role"] and not {"guardian_safe", "age_band"} & when.names():
        yield "a guardian acts, so when must name guardian_safe", "guardian_safe = yes"


def _names(when: expression.Expression, steps: set[str]) -> Iterator[tuple[str, str]]:
    table = rules.load()
    for name, value in sorted(when.pairs()):
        if name == "level":
            continue
        if name in table.factors:
            if value not in table.factors[name].values:
                yield f"{name} has no value {value}", ", ".join(table.factors[name].values)
        elif name not in playbook.circumstances():
            yield f"unknown factor or circumstance {name}", _some({*table.factors, *playbook.circumstances()})
    ids = {
        "kind": {kind.value for kind in Kind},
        "rule": {rule.id for rule in table.rules},
        "flag": {row.id for row in table.flags},
        "police": {row.id for row in table.police},
        "done": steps,
    }
    for function, arguments in sorted(when.calls()):
        for argument in arguments:
            if function in ids and argument not in ids[function]:
                yield f"{function}({argument}): there is none", _some(ids[function])


def _line(text: str, word: str) -> int:
    """The first line on which a quoted word stands."""
    for number, line in enumerate(text.splitlines(), 1):
        if f'"{word}"' in line:
            return number
    return 0


def _some(names: object) -> str:
    return ", ".join(sorted(str(name) for name in names))  # type: ignore[attr-defined]
