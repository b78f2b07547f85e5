"""Help before anything is unlocked: what to do now, what to say on the phone, whom to call."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import tomli

from triage import errors, i18n

_HERE = Path(__file__).resolve().parent
_UNSURE = 8


@dataclass(frozen=True, slots=True)
class Situation:
    """One of the eight things she may be facing right now."""

    number: int
    """1 to 8; 8 is also reached by 0."""
    key: str
    """Its stable name."""
    title: Mapping[str, str]
    """What it is, by language."""
    lines: Mapping[str, tuple[str, ...]]
    """What to do, in order, at most five lines, by language."""
    script: str | None
    """The key of the words to read on the phone."""
    contacts: tuple[str, ...]
    """Keys of whom to call, the first first."""


@dataclass(frozen=True, slots=True)
class Script:
    """Words to read aloud on the phone; each «…» is filled in by the person who calls."""

    key: str
    """``113``, ``111``, ``bank`` or ``guardian``."""
    title: Mapping[str, str]
    """Which call it is."""
    before: Mapping[str, str]
    """What to do or ask before calling."""
    text: Mapping[str, str]
    """The words, by language."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call, with how sure the number is and when it was read."""

    key: str
    """Its stable name."""
    type: str
    """``police``, ``medical``, ``child``, ``bank``, ``mental_health``, ``report``, ``takedown``, ``other``."""
    name: Mapping[str, str]
    """Who it is."""
    area: str
    """``VN``, or ``HCM`` for Ho Chi Minh City alone."""
    emergency: bool
    """One of the few for an emergency."""
    mark: str
    """``S`` read in a source, ``S~`` old or indirect source, ``M`` from memory."""
    read_on: date
    """When it was read."""
    source: tuple[str, ...]
    """Where: numbers of the domain page's register."""
    number: str = ""
    """The number as dialled; empty when the school must find it."""
    address: str = ""
    """A place or a page, where there is no number."""
    source_date: str = ""
    """The source's own date, as exact as known."""
    hours: Mapping[str, str] = field(default_factory=dict)
    """When somebody answers, where known."""
    cost: Mapping[str, str] = field(default_factory=dict)
    """What the call costs, where known."""
    note: Mapping[str, str] = field(default_factory=dict)
    """What else to know."""

    def line(self, language: str, on: date | None = None) -> str:
        """One line: number, who, hours, cost, note, when it was read and whether to check it.

        Args:
            language: ``vi`` or ``en``.
            on: today, to flag what was read too long ago; None leaves that out.
        """
        how = " ".join(part for part in (self.number, self.address) if part)
        facts = [words[language] for words in (self.hours, self.cost, self.note) if words]
        facts.append(_word("read", language).format(day=i18n.day(self.read_on)))
        facts += [
            _word(reason, language).format(days=_contacts_file()["stale_after_days"])
            for reason in self.doubts(on)
        ]
        return f"{f'{how}  ' if how else ''}{self.name[language]} ({'; '.join(facts)})"

    def doubts(self, on: date | None = None) -> tuple[str, ...]:
        """Why it must be checked before it is relied on: ``memory``, ``old_source``, ``stale``; none when sure."""
        by_mark = {"M": ("memory",), "S~": ("old_source",)}.get(self.mark, ())
        limit = _contacts_file()["stale_after_days"]
        return by_mark + (("stale",) if on is not None and (on - self.read_on).days > limit else ())


@functools.cache
def situations() -> tuple[Situation, ...]:
    """The eight situations, in the order of their numbers."""
    return tuple(
        Situation(
            number=row["number"],
            key=row["key"],
            title=row["title"],
            lines={language: tuple(row["lines"][language]) for language in i18n.LANGUAGES},
            script=row.get("script"),
            contacts=tuple(row["contacts"]),
        )
        for row in _read("sos.toml")["situation"]
    )


def situation(number: int) -> Situation:
    """The situation under a number of the menu; 0 is «not clear yet» too.

    Raises:
        errors.UsageError: ``no-situation``.
    """
    wanted = number or _UNSURE
    for one in situations():
        if one.number == wanted:
            return one
    raise errors.UsageError("no-situation", number=number, last=_UNSURE)


def script(key: str) -> Script:
    """The words of one call.

    Raises:
        errors.UsageError: ``no-script``.
    """
    known = _scripts()
    if key not in known:
        raise errors.UsageError("no-script", key=key, allowed=", ".join(known))
    return known[key]


def contacts(keys: Iterable[str]) -> tuple[Contact, ...]:
    """Whom to call, in the order asked for.

    Raises:
        errors.UsageError: ``no-contact``.
    """
    known = _contacts()
    found = []
    for key in keys:
        if key not in known:
            raise errors.UsageError("no-contact", key=key, allowed=", ".join(known))
        found.append(known[key])
    return tuple(found)


def all_contacts(type: str | None = None) -> tuple[Contact, ...]:  # noqa: A002 - the word of the file
    """Every contact, or those of one type, in the order of the file."""
    return tuple(one for one in _contacts().values() if type in (None, one.type))


def emergency() -> tuple[Contact, ...]:
    """The few numbers for an emergency."""
    return tuple(one for one in _contacts().values() if one.emergency)


def stale(on: date) -> tuple[Contact, ...]:
    """Contacts to check before relying on them: from memory, from an old source, or read too long ago."""
    return tuple(one for one in _contacts().values() if one.doubts(on))


def as_json(one: Situation) -> dict[str, Any]:
    """A situation with its call and its numbers, for other programs."""
    words = script(one.script) if one.script else None
    return {
        "number": one.number,
        "key": one.key,
        "title": dict(one.title),
        "lines": {language: list(lines) for language, lines in one.lines.items()},
        "script": words
        and {
            "key": words.key,
            "title": dict(words.title),
            "before": dict(words.before),
            "text": dict(words.text),
        },
        "contacts": [
            {
                "key": contact.key,
                "name": dict(contact.name),
                "number": contact.number or None,
                "address": contact.address or None,
                "read_on": contact.read_on.isoformat(),
                "mark": contact.mark,
            }
            for contact in contacts(one.contacts)
        ],
    }


@functools.cache
def _scripts() -> dict[str, Script]:
    return {
        row["key"]: Script(row["key"], row["title"], row["before"], row["text"])
        for row in _read("scripts.toml")["script"]
    }


@functools.cache
def _contacts() -> dict[str, Contact]:
    return {
        row["key"]: Contact(
            **row | {"read_on": date.fromisoformat(row["read_on"]), "source": tuple(row["source"])}
        )
        for row in _contacts_file()["contact"]
    }


@functools.cache
def _contacts_file() -> dict[str, Any]:
    return _read("contacts.toml")


def _word(key: str, language: str) -> str:
    words: str = _contacts_file()["words"][key][language]
    return words


def _read(name: str) -> dict[str, Any]:
    return tomli.loads((_HERE / name).read_text(encoding="utf-8"))
