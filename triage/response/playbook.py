"""Playbooks: the steps for one kind, read from dated TOML in both languages."""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from triage.response import expression
from triage.terms import Kind, Level

_HERE = Path(__file__).resolve().parent / "playbooks"
COMMON = "COMMON"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the playbook gives it."""

    id: str
    """``X13``."""
    kind: str
    """The playbook it stands in."""
    phase: int
    """1 immediate safety to 7 close."""
    order: int
    """Its place within the phase."""
    vi: str
    """What to do, Vietnamese."""
    en: str
    """What to do, English."""
    say: tuple[str, str] | None
    """Words to say aloud: Vietnamese, English."""
    role: tuple[str, ...]
    """Who does it."""
    when: expression.Expression
    """The condition under which it stands."""
    due: Mapping[str, str]
    """When: by level, time flag or ``else``."""
    repeat: Mapping[str, tuple[str, ...]]
    """Own steps by level, for what is done again and again."""
    hourly_until: str | None
    """At CRITICAL an hourly own step until this circumstance is yes."""
    mandatory: bool | Level
    """Always, never, or from a level on."""
    irreversible: bool
    """It tells somebody outside the room."""
    replaces: tuple[str, ...]
    """Steps in whose place it stands."""
    present: bool | None
    """Only with the student in the room (True), only without (False), or both (None)."""
    record: tuple[str, str] | None
    """What to write down."""
    never: tuple[str, ...]
    """What never to do meanwhile."""
    source: tuple[str, ...]
    """Where it comes from."""
    mark: str | None
    """M or D when it rests on memory or judgement."""
    verified_on: date
    """When it was last held against its source."""

    def text(self, language: str) -> str:
        """What to do, in one language."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a playbook."""

    factor: str
    """What its answer fills."""
    star: bool
    """It must be asked."""
    vi: str
    """As asked, Vietnamese."""
    en: str
    """As asked, English."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What decides which steps appear, and never the level."""

    key: str
    """Its name in conditions."""
    vi: str
    """Its question, Vietnamese."""
    en: str
    """Its question, English."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """One kind's playbook, or the common steps."""

    kind: str
    """A kind, or COMMON."""
    version: str
    """``2026.11.1``."""
    verified_on: date
    """When it was last held against its sources."""
    title: Mapping[str, str]
    """By language."""
    steps: tuple[Step, ...]
    """In the order of the file."""
    questions: tuple[Question, ...]
    """In asking order."""
    never: tuple[str, ...]
    """Ids of the never-list that matter most here."""
    text: str
    """The JSON text from which ``parse`` makes it again."""


def parse(text: str) -> Playbook:
    """A playbook from the text kept by ``Playbook.text``."""
    documents = [tomllib.loads(part) for part in json.loads(text)]
    head = documents[0]
    steps = [_step(row, head) for document in documents for row in document.get("step", ())]
    questions = [
        Question(row["factor"], row["star"], row["vi"], row["en"])
        for document in documents
        for row in document.get("question", ())
    ]
    return Playbook(
        kind=head["kind"],
        version=head["version"],
        verified_on=head["verified_on"],
        title=head["title"],
        steps=tuple(steps),
        questions=tuple(questions),
        never=tuple(row if isinstance(row, str) else row["id"] for row in head.get("never", ())),
        text=text,
    )


@functools.cache
def _shipped() -> dict[str, Playbook]:
    texts: dict[str, list[str]] = {}
    for file in sorted(_HERE.glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        kind = tomllib.loads(text).get("kind")
        if kind is not None:
            texts.setdefault(kind, []).append(text)
    return {kind: parse(json.dumps(parts)) for kind, parts in texts.items()}


def shipped(kind: str) -> Playbook | None:
    """The playbook that this program ships for a kind, or for COMMON."""
    return _shipped().get(kind)


def all_shipped() -> tuple[Playbook, ...]:
    """Every playbook that this program ships, the common steps first."""
    return tuple(sorted(_shipped().values(), key=lambda book: (book.kind != COMMON, book.kind)))


def for_kinds(kinds: Iterable[Kind]) -> tuple[Playbook, ...]:
    """The common steps and the playbooks of the kinds that have one."""
    names = [COMMON, *(kind.value for kind in kinds)]
    return tuple(book for name in dict.fromkeys(names) if (book := shipped(name)) is not None)


def missing(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds that have no playbook of their own yet."""
    return tuple(kind for kind in kinds if kind is not Kind.UNSURE and shipped(kind.value) is None)


@functools.cache
def circumstances() -> dict[str, Circumstance]:
    """Every circumstance by its key."""
    document = tomllib.loads((_HERE / "circumstances.toml").read_text(encoding="utf-8"))
    return {row["key"]: Circumstance(row["key"], row["vi"], row["en"]) for row in document["circumstance"]}


def _step(row: Mapping[str, Any], head: Mapping[str, Any]) -> Step:
    due = row.get("due", {})
    mandatory = row["mandatory"]
    return Step(
        id=row["id"],
        kind=head["kind"],
        phase=row["phase"],
        order=row["order"],
        vi=row["vi"],
        en=row["en"],
        say=_both(row.get("say")),
        role=tuple(row["role"]),
        when=expression.parse(row["when"]),
        due={"else": due} if isinstance(due, str) else due,
        repeat={level: tuple(steps) for level, steps in row.get("repeat", {}).items()},
        hourly_until=row.get("hourly_until"),
        mandatory=mandatory if isinstance(mandatory, bool) else Level[mandatory],
        irreversible=row.get("irreversible", False),
        replaces=tuple(row.get("replaces", ())),
        present=row.get("present"),
        record=_both(row.get("record")),
        never=tuple(row.get("never", ())),
        source=tuple(row["source"]),
        mark=row.get("mark"),
        verified_on=row.get("verified_on", head["verified_on"]),
    )


def _both(words: Mapping[str, str] | None) -> tuple[str, str] | None:
    return None if words is None else (words["vi"], words["en"])
