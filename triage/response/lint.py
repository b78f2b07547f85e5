"""What is wrong with a playbook file: where it stands, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomli

from triage import errors, i18n, schema
from triage.response import expression, playbook, reach, rules


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a playbook file."""

    file: str
    """The file as it was named."""
    line: int
    """From 1."""
    code: str
    """What kind of mistake, for programs: ``unknown-value``."""
    what: str
    """What is wrong, in words."""
    allowed: str = ""
    """What would be right; empty when that does not help."""

    def __str__(self) -> str:
        values: dict[str, object] = {"file": self.file, "line": self.line, "what": self.what}
        if self.allowed:
            return i18n.say("{file}, line {line}: {what} Allowed: {allowed}", **values, allowed=self.allowed)
        return i18n.say("{file}, line {line}: {what}", **values)

    def as_json(self) -> dict[str, Any]:
        """The problem for programs."""
        return {
            "file": self.file,
            "line": self.line,
            "code": self.code,
            "what": self.what,
            "allowed": self.allowed,
        }


def check(file: Path) -> tuple[Problem, ...]:
    """Everything wrong with a playbook, or with ``circumstances.toml``, by line.

    The file is held against schemas/playbook-v1.json, the questions of the level, the circumstances, and
    the other shipped playbooks; it stands in the place of a shipped one of its kind with the same steps.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = tomli.loads(text)
    except (OSError, UnicodeDecodeError):
        return (Problem(str(file), 1, "unreadable", i18n.say("The file cannot be read.")),)
    except tomli.TOMLDecodeError as fault:
        line = playbook.line_of(fault, text)
        return (Problem(str(file), line, "toml", i18n.say("This is no TOML: {fault}", fault=fault)),)
    sheet = _File(str(file), text, document)
    found = list(_shape(sheet))
    if not found:
        found += _circumstances(sheet) if "circumstance" in document else _Check(sheet).problems()
    return tuple(sorted(found, key=lambda problem: problem.line))


class _File:
    """A file with its lines, to say where something stands."""

    def __init__(self, name: str, text: str, document: Mapping[str, Any]) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.document = document

    def problem(self, code: str, what: str, *words: str, allowed: Iterable[str] = ()) -> Problem:
        """A problem at the first line that holds ``words``: each is looked for from the line of the one before."""
        return Problem(self.name, self.line(*words), code, what, ", ".join(allowed))

    def line(self, *words: str, nth: int = 1) -> int:
        """The line on which ``words[0]`` is named the ``nth`` time, moved on to the following words in its block."""
        at = 0
        hits = [place for place, line in enumerate(self.lines) if words and re.search(words[0], line)]
        if len(hits) >= nth:
            at = hits[nth - 1]
        for word in words[1:]:
            start, end = self._block(at)
            at = next((place for place in range(start, end) if re.search(word, self.lines[place])), at)
        return at + 1

    def _block(self, at: int) -> tuple[int, int]:
        heads = [place for place, line in enumerate(self.lines) if line.lstrip().startswith("[[")]
        start = max((place for place in heads if place <= at), default=0)
        return start, min((place for place in heads if place > at), default=len(self.lines))


def _id(key: str) -> str:
    return rf'\bid\s*=\s*"{re.escape(key)}"'


def _key(name: str) -> str:
    return rf"^\s*{re.escape(name)}\s*="


def _shape(sheet: _File) -> Iterator[Problem]:
    """Where the file does not fit its schema: both languages, source, ids, due times."""
    import jsonschema

    name = "circumstances-v1" if "circumstance" in sheet.document else "playbook-v1"
    validator = jsonschema.Draft202012Validator(
        schema.load(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    document = _plain(sheet.document)
    for fault in validator.iter_errors(document):
        path = list(fault.absolute_path)
        place, key = _place(document, path)
        words = [*place, *([_key(key)] if key else [])]
        where = "/".join(str(part) for part in path) or "/"
        if fault.validator == "required":
            missing = sorted(set(fault.validator_value) - set(fault.instance))
            what = i18n.say("{where}: {names} is missing.", where=where, names=", ".join(missing))
            yield sheet.problem("missing", what, *words, allowed=fault.validator_value)
        elif fault.validator == "additionalProperties":
            known = fault.schema.get("properties", {})
            extra = sorted(set(fault.instance) - set(known))
            what = i18n.say("{where}: {names} is not known.", where=where, names=", ".join(extra))
            yield sheet.problem("unknown-key", what, *place, _key(extra[0]), allowed=known)
        else:
            what = i18n.say("{where} does not fit: {value}", where=where, value=str(fault.instance)[:80])
            yield sheet.problem("shape", what, *words, allowed=_allowed(fault))


def _allowed(fault: Any) -> tuple[str, ...]:
    wanted = fault.schema.get("description") or fault.validator_value
    if fault.validator == "enum":
        return tuple(str(value) for value in fault.validator_value)
    return (str(wanted),) if isinstance(wanted, str | int) else (str(fault.validator),)


def _place(document: Any, path: list[Any]) -> tuple[list[str], str | None]:
    """How to find a place of the document in the text: the id of its row, then the key within it."""
    words: list[str] = []
    key: str | None = None
    here = document
    for part in path:
        here = here[part]
        if isinstance(part, str):
            key = key or (part if words or not isinstance(here, list) else None)
        if isinstance(here, dict):
            for name in ("id", "factor", "key"):
                if isinstance(here.get(name), str):
                    words, key = [rf'\b{name}\s*=\s*"{re.escape(here[name])}"'], None
    return words, key if key or words else (str(path[0]) if path else None)


def _plain(value: Any) -> Any:
    """TOML's values as JSON's: dates as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _circumstances(sheet: _File) -> Iterator[Problem]:
    known = {step.id for book in playbook.all_shipped() for step in book.steps}
    for row in sheet.document["circumstance"]:
        if row.get("after", "") not in ("", *rules.load().factors):
            what = i18n.say("There is no question {name}.", name=row["after"])
            yield sheet.problem("unknown-factor", what, rf'key\s*=\s*"{row["key"]}"', _key("after"))
        for step in row["about"]:
            if step not in known:
                what = i18n.say("Circumstance {name}: there is no step {step}.", name=row["key"], step=step)
                yield sheet.problem("unknown-step", what, rf'key\s*=\s*"{row["key"]}"', _key("about"))


class _Check:
    """One playbook of the right shape, held against everything it speaks of."""

    def __init__(self, sheet: _File) -> None:
        self.sheet = sheet
        self.rows: list[dict[str, Any]] = sheet.document["step"]
        self.table = rules.load()
        self.circumstances = playbook.circumstances()
        own = {row["id"] for row in self.rows}
        books = [part for book in playbook.all_shipped() for part in playbook.parts(book)]
        self.others = [
            book
            for book in books
            if book.kind != sheet.document["kind"]
            or not (own & {step.id for step in book.steps} or book.kind != playbook.COMMON)
        ]
        self.theirs = {step.id: book.kind for book in self.others for step in book.steps}
        self.known = frozenset(own | set(self.theirs))
        self.calls = reach.known_calls(self.known)

    def problems(self) -> Iterator[Problem]:
        """All of them."""
        yield from self._twice()
        yield from self._lists()
        steps = {}
        for row in self.rows:
            found = list(self._step(row))
            yield from found
            if not found:
                steps[row["id"]] = playbook.step(row, self.sheet.document)
        yield from self._circles(steps)
        for step in steps.values():
            if not reach.is_reachable(step):
                what = i18n.say(
                    "Step {step}: no branch reaches it, its condition can never hold.", step=step.id
                )
                yield self.sheet.problem("unreachable", what, _id(step.id), _key("when"))

    def _twice(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for row in self.rows:
            key = row["id"]
            if key in seen or key in self.theirs:
                what = i18n.say("Step {step} is there already, in {kind}.", step=key,
                                kind=self.theirs.get(key, self.sheet.document["kind"]))  # fmt: skip
                nth = 2 if key in seen else 1
                yield Problem(self.sheet.name, self.sheet.line(_id(key), nth=nth), "duplicate", what)
            seen.add(key)

    def _lists(self) -> Iterator[Problem]:
        """Questions, the never-list, evidence and the lines a student may say."""
        document = self.sheet.document
        for row in document.get("question", ()):
            if row["factor"] not in self.table.factors:
                what = i18n.say("There is no question {name}.", name=row["factor"])
                yield self.sheet.problem("unknown-factor", what, rf'factor\s*=\s*"{row["factor"]}"',
                                         allowed=self.table.factors)  # fmt: skip
        heard = document.get("heard", {"vi": (), "en": ()})
        if len(heard["vi"]) != len(heard["en"]):
            what = i18n.say("heard has not as many lines in Vietnamese as in English.")
            yield self.sheet.problem("languages", what, _key("heard"))
        entries, items = self._ids("never"), self._ids("evidence_item")
        if document["kind"] != playbook.COMMON:
            for name, known in (("never", entries), ("evidence", items)):
                for key in document[name]:
                    if key not in known:
                        what = i18n.say(
                            "There is no {name} in the list of {kind}.", name=key, kind=playbook.COMMON
                        )
                        yield self.sheet.problem("unknown-entry", what, _key(name), allowed=sorted(known))

    def _ids(self, name: str) -> frozenset[str]:
        found = [row["id"] for row in self.sheet.document.get(name, ()) if not isinstance(row, str)]
        for book in self.others:
            rows: Iterable[Any] = book.never_list if name == "never" else book.evidence_items
            found += [row.id for row in rows]
        return frozenset(found)

    def _step(self, row: Mapping[str, Any]) -> Iterator[Problem]:
        key = row["id"]
        try:
            when = expression.parse(row["when"])
        except errors.UsageError as fault:
            what = i18n.say("Step {step}: the condition cannot be read from character {at}.", step=key,
                            at=fault.values["at"])  # fmt: skip
            yield self.sheet.problem("bad-expression", what, _id(key), _key("when"))
            return
        yield from self._condition(key, when)
        for other in row.get("replaces", ()):
            if other not in self.known or other == key:
                what = i18n.say("Step {step}: there is no step {other} to replace.", step=key, other=other)
                yield self.sheet.problem("unknown-step", what, _id(key), _key("replaces"))
        for name in row.get("asks", ()):
            if name not in self.table.factors and name != playbook.MUST_ASK:
                what = i18n.say("Step {step}: there is no question {name}.", step=key, name=name)
                yield self.sheet.problem("unknown-factor", what, _id(key), _key("asks"),
                                         allowed=(playbook.MUST_ASK, *self.table.factors))  # fmt: skip
        until = row.get("hourly_until")
        if until is not None and until not in self.circumstances:
            what = i18n.say("Step {step}: there is no circumstance {name}.", step=key, name=until)
            yield self.sheet.problem("unknown-circumstance", what, _id(key), _key("hourly_until"),
                                     allowed=self.circumstances)  # fmt: skip
        for entry in sorted(set(row.get("never", ())) - self._ids("never")):
            what = i18n.say("There is no {name} in the list of {kind}.", name=entry, kind=playbook.COMMON)
            yield self.sheet.problem(
                "unknown-entry", what, _id(key), _key("never"), allowed=sorted(self._ids("never"))
            )
        asks = "guardian_safe" in when.names() or ("age_band", "18_plus") in when.pairs()
        if "GU" in row["role"] and not asks:
            what = i18n.say(
                "Step {step} involves a guardian; its condition must ask guardian_safe.", step=key
            )
            yield self.sheet.problem("guardian", what, _id(key), _key("when"))

    def _condition(self, key: str, when: expression.Expression) -> Iterator[Problem]:
        for name, value in sorted(when.pairs()):
            if name == "level":
                continue
            factor = self.table.factors.get(name)
            if factor is None and name not in self.circumstances:
                what = i18n.say(
                    "Step {step}: there is no question or circumstance {name}.", step=key, name=name
                )
                yield self.sheet.problem("unknown-factor", what, _id(key), _key("when"),
                                         allowed=(*self.table.factors, *self.circumstances))  # fmt: skip
                continue
            values = factor.values if factor else ("yes", "no")
            if value not in values:
                what = i18n.say("Step {step}: {name} has no value {value}.", step=key, name=name, value=value)
                yield self.sheet.problem("unknown-value", what, _id(key), _key("when"), allowed=values)
        for function, arguments in sorted(when.calls()):
            for argument in sorted(set(arguments) - self.calls[function]):
                what = i18n.say("Step {step}: there is no {function}({argument}).", step=key, function=function,
                                argument=argument)  # fmt: skip
                yield self.sheet.problem("unknown-argument", what, _id(key), _key("when"),
                                         allowed=sorted(self.calls[function]))  # fmt: skip

    def _circles(self, steps: Mapping[str, playbook.Step]) -> Iterator[Problem]:
        """Steps that stand in each other's place: neither would be on the list by right."""
        every = {step.id: step.replaces for book in self.others for step in book.steps}
        every |= {step.id: step.replaces for step in steps.values()}
        for key in steps:
            seen: set[str] = set()
            todo = list(every[key])
            while todo:
                name = todo.pop()
                if name not in seen:
                    seen.add(name)
                    todo += every.get(name, ())
            if key in seen:
                what = i18n.say("Step {step} replaces itself by way of others.", step=key)
                yield self.sheet.problem("circle", what, _id(key), _key("replaces"))
