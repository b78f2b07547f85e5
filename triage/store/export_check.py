"""Check an exported log without a store, a passphrase or a key: one reading, chain, signatures, head, seal, signer.

An auditor runs this. No key in the file is trusted by itself: its fingerprint comes from somewhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from triage import canon, chain, errors, i18n, schema
from triage.store import mark
from triage.store.keys import person
from triage.store.keys.person import FLOOR, Cost

NAMES = ("form", "chain", "signatures", "head", "seal", "signer")
"""The checks, in order."""
_LONGEST = 1 << 20
"""Bytes of a line: an entry has some hundred."""
_ENTRY = {"seq": int, "body": str, "hash": str, "member": str, "signature": str}
SEALED = b"triage/audit-export/v1\0"
"""Stands before the first line, which the school signs: it holds the head, and the head holds every entry."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    """One of NAMES."""
    holds: bool
    """Whether it holds."""
    detail: str
    """What was found, in words."""


@dataclass(frozen=True, slots=True)
class Report:
    """What checking an exported log found."""

    number: str | None
    """The file's outside number; None when it could not be read."""
    checks: tuple[Check, ...]
    """Every check of NAMES, in that order."""
    entries: int = 0
    """How many entries there are."""
    fingerprint: str | None = None
    """SHA-256 of the key that sealed the file, hex."""
    marked: int | None = None
    """The entry whose mark was asked for, else the last one."""
    mark: str | None = None
    """Its six words, to compare with those on paper; None when there is no such entry or the chain does not hold."""

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """What ``audit check --json`` prints."""
        return {
            "holds": self.holds,
            "number": self.number,
            "entries": self.entries,
            "fingerprint": self.fingerprint,
            "entry": self.marked,
            "mark": self.mark,
            "checks": [{"name": one.name, "holds": one.holds, "detail": one.detail} for one in self.checks],
        }


@dataclass(slots=True)
class _Found:
    """What the entries of a file have shown."""

    walk: chain.Walk
    broken: int | None = None
    """The first entry whose place or hash is wrong."""
    forged: int | None = None
    """The first one that its member has not signed."""
    hashes: dict[int, bytes] = field(default_factory=dict)
    """Of the entries whose mark may be asked for."""


def file(
    path: Path, *, fingerprint: str | None = None, entry: int | None = None, cost: Cost = FLOOR
) -> Report:
    """Check a file that ``audit export`` made.

    Args:
        path: the file.
        fingerprint: SHA-256 of the school's public key, hex, colons and blanks allowed; without it nobody is
            established as the signer, and the file as a whole does not hold.
        entry: whose mark is wanted; the last one's when left out.
        cost: of the mark; another than the floor only in tests.

    Raises:
        errors.UsageError: ``export-missing``, ``fingerprint-form``.
    """
    wanted = _plain(fingerprint)
    try:
        stream = path.open("rb")
    except OSError:
        raise errors.UsageError("export-missing", file=path.name) from None
    with stream:
        try:
            return _report(stream, wanted, entry, cost)
        except (ValueError, TypeError, KeyError, RecursionError, errors.UsageError) as fault:
            where = str(fault) if isinstance(fault, _Unread) else ""
            later = i18n.say("Not checked: the file has no single reading.")
            first = Check(
                NAMES[0], False, where or i18n.say("This is no exported log, or a part of it is missing.")
            )
            return Report(None, (first, *(Check(name, False, later) for name in NAMES[1:])))


class _Unread(ValueError):
    """A line that is not what it has to be."""


def _report(stream: BinaryIO, wanted: str | None, entry: int | None, cost: Cost) -> Report:
    lines = _lines(stream)
    first = next(lines)
    head: dict[str, Any] = json.loads(first)
    schema.check(head, "audit-export-v1")
    keys = {one["id"]: bytes.fromhex(one["ed25519"]) for one in head["people"]}
    found = _Found(chain.Walk(head["store"]))
    marked = head["entries"] if entry is None else entry
    seal: dict[str, Any] | None = None
    for place, line in enumerate(lines, 2):
        if seal is not None:
            raise _Unread(i18n.say("Something stands after the last line."))
        document = json.loads(line)
        if set(document) == {"key", "signature"}:
            seal = document
        else:
            _step(found, _entry(place, document), keys, marked)
    if seal is None:
        raise _Unread(i18n.say("The last line is missing: the file was cut off."))
    public = bytes.fromhex(seal["key"])
    sealed = person.signed_by(public, bytes.fromhex(seal["signature"]), SEALED + first)
    told = hashlib.sha256(public).hexdigest()
    checks = tuple(_checks(head, found, sealed, told, wanted))
    linked = found.hashes.get(marked)
    words = None
    if linked is not None and found.broken is None:
        words = mark.words(head["store"], marked, linked, cost=cost)
    return Report(head["number"], checks, found.walk.place, told, marked, words)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, each of which can be read in one way only."""
    place = 0
    while line := stream.readline(_LONGEST):
        place += 1
        if not line.endswith(b"\n") or canon.dumps(json.loads(line)) != line[:-1]:
            raise _Unread(i18n.say("Line {number} is not as the program writes it.", number=place))
        yield line[:-1]
    if not place:
        raise _Unread(i18n.say("The file is empty."))


def _entry(place: int, document: Any) -> dict[str, Any]:
    fits = isinstance(document, dict) and set(document) == set(_ENTRY)
    if not fits or any(type(document[name]) is not kind for name, kind in _ENTRY.items()):
        raise _Unread(i18n.say("Line {number} is not as the program writes it.", number=place))
    found: dict[str, Any] = document
    return found


def _step(found: _Found, entry: dict[str, Any], keys: dict[str, bytes], marked: int) -> None:
    body, linked = entry["body"].encode(), bytes.fromhex(entry["hash"])
    if not found.walk.holds(entry["seq"], body, linked) and found.broken is None:
        found.broken = found.walk.place
    if found.walk.place == marked:
        found.hashes[marked] = linked
    key = keys.get(entry["member"], b"")
    named = json.loads(body).get("member") == entry["member"]
    signed = named and person.signed_by(key, bytes.fromhex(entry["signature"]), chain.SIGNED + linked)
    if not signed and found.forged is None:
        found.forged = found.walk.place


def _checks(
    head: dict[str, Any], found: _Found, sealed: bool, told: str, wanted: str | None
) -> Iterator[Check]:
    yield Check("form", True, i18n.say("{count} entries, each with one reading.", count=found.walk.place))
    yield _check("chain", found.broken, i18n.say("Every entry follows the one before it."))
    yield _check("signatures", found.forged, i18n.say("Every entry was signed by the member it names."))
    whole = (head["entries"], head["head"]) == (found.walk.place, found.walk.head.hex())
    ends = i18n.say("It ends with the entry that the first line names.")
    other = i18n.say("It does not end with the entry that the first line names.")
    yield Check("head", whole, ends if whole else other)
    good = i18n.say("Nothing was changed in the first line since it was signed.")
    bad = i18n.say("The signature over the first line does not hold.")
    yield Check("seal", sealed, good if sealed else bad)
    if wanted is None:
        detail = i18n.say("Not established: give the fingerprint that the school told you (--fingerprint).")
    elif wanted == told:
        detail = i18n.say("Signed with the key you named: SHA-256 {fingerprint}.", fingerprint=told)
    else:
        detail = i18n.say(
            "Signed with another key than the one you named: SHA-256 {fingerprint}.", fingerprint=told
        )
    yield Check("signer", sealed and wanted == told, detail)


def _check(name: str, wrong: int | None, well: str) -> Check:
    return Check(
        name, wrong is None, well if wrong is None else i18n.say("Not from entry {number} on.", number=wrong)
    )


def _plain(fingerprint: str | None) -> str | None:
    if fingerprint is None:
        return None
    plain = "".join(fingerprint.replace(":", " ").split()).lower()
    if len(plain) != 64 or any(letter not in "0123456789abcdef" for letter in plain):
        raise errors.UsageError("fingerprint-form")
    return plain
