"""Playbooks: the steps for one kind, read from dated TOML in both languages."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomli

from triage import errors
from triage.response import due, expression
from triage.terms import Kind, Level

FOLDER = Path(__file__).resolve().parent / "playbooks"
"""Where the shipped playbooks lie."""
COMMON = "COMMON"
"""The kind of the steps that every case has."""
MUST_ASK = "must_ask"
"""Among what a step asks: every question that must be asked."""


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
    asks: tuple[str, ...]
    """The questions it consists of: answered, it is done; ``must_ask`` stands for all that must be asked."""
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
class Never:
    """Something never to do."""

    id: str
    """``N01``."""
    vi: str
    """Vietnamese."""
    en: str
    """English."""
    source: tuple[str, ...]
    """Where it comes from."""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A kind of evidence and how to take it."""

    id: str
    """``E01``."""
    vi: str
    """What, Vietnamese."""
    en: str
    """What, English."""
    how_vi: str
    """How, Vietnamese."""
    how_en: str
    """How, English."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What decides which steps appear, and never the level."""

    key: str
    """Its name in conditions."""
    vi: str
    """Its question, Vietnamese."""
    en: str
    """Its question, English."""
    about: tuple[str, ...]
    """The steps that ask for it."""
    after: str
    """The question behind which it is asked; empty: behind all of them."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """One kind's playbook, or the common steps."""

    kind: str
    """A kind, or COMMON."""
    version: str
    """``2026.11.1``."""
    verified_on: date
    """When it was last held against its sources."""
    status: str
    """``draft``, or ``validated`` by counsellors, a clinician and a lawyer."""
    title: Mapping[str, str]
    """By language."""
    heard: Mapping[str, tuple[str, ...]]
    """What a student may say, by language."""
    police: Mapping[str, str]
    """When the police are told, by language; empty in COMMON."""
    evidence: tuple[str, ...]
    """Ids of the evidence items that matter here."""
    steps: tuple[Step, ...]
    """In the order of the file."""
    questions: tuple[Question, ...]
    """In asking order."""
    never: tuple[str, ...]
    """Ids of the never-list that matter most here; in COMMON all of them."""
    never_list: tuple[Never, ...]
    """The never-list itself (COMMON)."""
    evidence_items: tuple[EvidenceItem, ...]
    """The evidence items themselves (COMMON)."""
    text: str
    """The JSON text from which ``parse`` makes it again."""


def parse(text: str) -> Playbook:
    """A playbook from the text kept by ``Playbook.text``: a JSON list of its files' TOML."""
    return _playbook([tomli.loads(part) for part in json.loads(text)], text)


def load(file: Path) -> Playbook:
    """A playbook from one file; `triage.response.lint` says all that is wrong with it.

    Raises:
        errors.UsageError: ``bad-playbook`` (file, line, what) when it is no TOML or lacks a part;
            ``bad-expression`` for a condition that cannot be read.
    """
    text = ""
    try:
        text = json.dumps([file.read_text(encoding="utf-8")])
        return parse(text)
    except tomli.TOMLDecodeError as fault:
        line = line_of(fault, json.loads(text)[0])
        raise errors.UsageError("bad-playbook", file=file.name, line=line, what=str(fault)) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise errors.UsageError("bad-playbook", file=file.name, line=1, what=type(fault).__name__) from None
    except (KeyError, TypeError, ValueError) as fault:
        raise errors.UsageError("bad-playbook", file=file.name, line=1, what=str(fault)) from None


def line_of(fault: tomli.TOMLDecodeError, text: str) -> int:
    """The line at which a text is no TOML, from 1."""
    found = re.search(r"line (\d+)", str(fault))
    return int(found[1]) if found else max(1, len(text.splitlines()))


def shipped(kind: str) -> Playbook | None:
    """The playbook that this program ships for a kind, or for COMMON."""
    return _shipped().get(kind)


def all_shipped() -> tuple[Playbook, ...]:
    """Every playbook that this program ships, the common steps first."""
    return tuple(sorted(_shipped().values(), key=lambda book: (book.kind != COMMON, book.kind)))


def versions() -> dict[str, str]:
    """Kind to version of every playbook that this program ships."""
    return {book.kind: book.version for book in all_shipped()}


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
    document = tomli.loads((FOLDER / "circumstances.toml").read_text(encoding="utf-8"))
    return {
        row["key"]: Circumstance(row["key"], row["vi"], row["en"], tuple(row["about"]), row.get("after", ""))
        for row in document["circumstance"]
    }


@functools.cache
def _shipped() -> dict[str, Playbook]:
    texts: dict[str, list[str]] = {}
    documents: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        document = tomli.loads(text)
        if "kind" in document:
            texts.setdefault(document["kind"], []).append(text)
            documents.setdefault(document["kind"], []).append(document)
    return {kind: _playbook(parts, json.dumps(texts[kind])) for kind, parts in documents.items()}


def _playbook(documents: Sequence[Mapping[str, Any]], text: str) -> Playbook:
    head = documents[0]

    def rows(name: str) -> list[Any]:
        return [row for document in documents for row in document.get(name, ())]

    entries = [row for row in rows("never") if not isinstance(row, str)]
    return Playbook(
        kind=head["kind"],
        version=head["version"],
        verified_on=head["verified_on"],
        status=head["status"],
        title=head["title"],
        heard={language: tuple(lines) for language, lines in head.get("heard", {}).items()},
        police=head.get("police", {}),
        evidence=tuple(head.get("evidence", ())),
        steps=tuple(step(row, head) for row in rows("step")),
        questions=tuple(
            Question(row["factor"], row["star"], row["vi"], row["en"]) for row in rows("question")
        ),
        never=tuple(row if isinstance(row, str) else row["id"] for row in rows("never")),
        never_list=tuple(Never(row["id"], row["vi"], row["en"], tuple(row["source"])) for row in entries),
        evidence_items=tuple(
            EvidenceItem(row["id"], row["vi"], row["en"], row["how_vi"], row["how_en"])
            for row in rows("evidence_item")
        ),
        text=text,
    )


def parts(book: Playbook) -> tuple[Playbook, ...]:
    """A playbook's files, each as a playbook of its own."""
    return tuple(parse(json.dumps([part])) for part in json.loads(book.text))


def step(row: Mapping[str, Any], head: Mapping[str, Any]) -> Step:
    """A step from its row and the head of its file."""
    times = row.get("due", {})
    times = {"else": times} if isinstance(times, str) else times
    repeat = {level: tuple(steps) for level, steps in row.get("repeat", {}).items()}
    wrong = [
        time
        for time in (*times.values(), *(t for steps in repeat.values() for t in steps))
        if not due.is_time(time)
    ]
    if wrong:
        raise ValueError(f"{row['id']}: due = {wrong[0]}")
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
        due=times,
        repeat=repeat,
        hourly_until=row.get("hourly_until"),
        mandatory=mandatory if isinstance(mandatory, bool) else Level[mandatory],
        irreversible=row.get("irreversible", False),
        replaces=tuple(row.get("replaces", ())),
        asks=tuple(row.get("asks", ())),
        present=row.get("present"),
        record=_both(row.get("record")),
        never=tuple(row.get("never", ())),
        source=tuple(row["source"]),
        mark=row.get("mark"),
        verified_on=row.get("verified_on", head["verified_on"]),
    )


def _both(words: Mapping[str, str] | None) -> tuple[str, str] | None:
    return None if words is None else (words["vi"], words["en"])
