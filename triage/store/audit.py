"""The log: one chained, signed entry for each act, and the check that the store is what the log says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast
from sqlmodel import Session, SQLModel, col, func, select

from triage import canon, chain, clock, models
from triage.store import anchor, digests, evidence
from triage.store.keys import person
from triage.store.keys.header import Unlocked

_ACT = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]*)*")
_CODE = re.compile(r"[A-Za-z0-9._:+-]{1,64}")
_SIGNED = b"triage/audit-entry/v1\0"
_CASE_OF_ENTRY = func.json_extract(cast(models.AuditEntry.body, String), "$.case") == col(models.Case.id)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as read."""

    seq: int
    """Its place, from 1."""
    at: datetime
    """When the act was recorded."""
    member: str
    """The member's label."""
    act: str
    """The act's code."""
    case: str | None
    """The case's reference, if the act was on a case that is still there."""
    codes: Mapping[str, Any]
    """The other codes and ids of the act."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "seq": self.seq, "at": clock.text(self.at), "member": self.member, "act": self.act, "case": self.case,
        } | {"codes": dict(self.codes)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the store that is not what the log says."""

    code: str
    """What: chain, signature, row-changed, row-missing, row-unknown, row-alive, evidence, anchor."""
    where: str
    """The entry, the table and key, or the item."""

    def __str__(self) -> str:
        return f"{self.code}: {self.where}"


@dataclass(frozen=True, slots=True)
class Audit:
    """What a check of the log has found."""

    entries: int
    """How many entries there are."""
    broken_at: int | None
    """The first entry whose place, hash or signature is wrong."""
    anchor: str
    """first, matches, ahead, behind, forked or lost."""
    problems: tuple[Problem, ...]
    """Everything that is not as it should be."""

    @property
    def whole(self) -> bool:
        """The log, the rows and the evidence agree."""
        return self.broken_at is None and not self.problems

    @property
    def holds(self) -> bool:
        """Whole, and the anchor outside the store has nothing against it."""
        return self.whole and self.anchor in anchor.AGREES

    def as_json(self) -> dict[str, Any]:
        """Product.md's shape, and the problems."""
        return {
            "whole": self.whole,
            "entries": self.entries,
            "broken_at": self.broken_at,
            "anchor": self.anchor,
            "problems": [{"code": one.code, "where": one.where} for one in self.problems],
        }


def head(session: Session) -> tuple[int, bytes] | None:
    """The last entry's number and hash."""
    row = session.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq).desc()).limit(1)).first()
    return None if row is None else (row.seq, row.hash)


def last_at(session: Session) -> datetime | None:
    """The latest instant at which any entry was recorded; found in the last one, however long the log is."""
    row = session.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq).desc()).limit(1)).first()
    if row is None:
        return None
    body = json.loads(row.body)
    return datetime.fromisoformat(body.get("latest", body["at"]))


def check_act(act: str) -> None:
    """Hold that an act's code is one: ``case.opened``.

    Raises:
        ValueError: it is not.
    """
    if not _ACT.fullmatch(act):
        raise ValueError("an act is named like case.opened")


def coded(codes: Mapping[str, object]) -> dict[str, canon.Json]:
    """Codes and ids for an entry; free text cannot get in.

    Raises:
        ValueError: a value is not a number, a truth value, nothing, or a short code.
    """
    kept: dict[str, canon.Json] = {}
    for key, value in codes.items():
        if value is None or isinstance(value, bool | int):
            kept[key] = value
        elif isinstance(value, str) and _CODE.fullmatch(value):
            kept[key] = str(value)
        else:
            raise ValueError(f"{key} is no code")
    return kept


def append(
    session: Session, unlocked: Unlocked, seq: int, previous: bytes, body: Mapping[str, canon.Json]
) -> bytes:
    """Add the entry ``seq`` after the hash ``previous``, signed by the member at the desk; return its hash."""
    data = canon.dumps(body)
    linked = chain.link(previous, seq, data)
    session.add(
        models.AuditEntry(
            seq=seq,
            body=data,
            hash=linked,
            member_id=unlocked.member_id,
            signature=unlocked.sign(_SIGNED + linked),
        )
    )
    return linked


def entries(session: Session, *, ref: str | None = None, limit: int = 50) -> list[Entry]:
    """The newest entries, newest first; of one case or of all."""
    labels = {row.id: row.label for row in session.exec(select(models.Member))}
    refs: dict[int, str] = {}
    query = select(models.AuditEntry).order_by(col(models.AuditEntry.seq).desc()).limit(limit)
    if ref is not None:
        query = query.join(models.Case, _CASE_OF_ENTRY).where(models.Case.ref == ref.strip())
    found = []
    for row in session.exec(query):
        body = json.loads(row.body)
        case_id = body.pop("case", None)
        if case_id is not None and case_id not in refs:
            case = session.get(models.Case, case_id)
            refs[case_id] = case.ref if case else ""
        case_ref = refs.get(case_id) or None if case_id is not None else None
        at, act = datetime.fromisoformat(body.pop("at")), body.pop("act")
        for name in ("rows", "member", "latest"):
            body.pop(name, None)
        found.append(Entry(row.seq, at, labels.get(row.member_id, "?"), act, case_ref, body))
    return found


def verify(session: Session, unlocked: Unlocked) -> Audit:
    """Hold chain, signatures, live rows, evidence files and anchor against each other."""
    rows = list(session.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq))))
    problems: list[Problem] = []
    broken = chain.first_break(unlocked.store, ((row.seq, row.body, row.hash) for row in rows))
    if broken is not None:
        problems.append(Problem("chain", str(broken)))
    forged = _first_forged(session, unlocked, rows)
    if forged is not None:
        problems.append(Problem("signature", str(forged)))
    problems += _rows(session, rows)
    problems += _files(session, unlocked)
    first = min((seq for seq in (broken, forged) if seq is not None), default=None)
    return Audit(
        len(rows),
        first,
        anchor.state(session, unlocked),
        tuple(problems),
    )


def publics(session: Session, unlocked: Unlocked) -> dict[str, bytes]:
    """The key with which each member signs her entries, by her id."""
    keys = {slot.id: slot.sign_public for slot in unlocked.everyone}
    for member in session.exec(select(models.Member)):
        keys.setdefault(member.id, member.sign_public)
    return keys


def is_signed(keys: Mapping[str, bytes], entry: models.AuditEntry) -> bool:
    """Whether an entry was signed by the member it names."""
    key = keys.get(entry.member_id)
    return key is not None and person.signed_by(key, entry.signature, _SIGNED + entry.hash)


def _first_forged(session: Session, unlocked: Unlocked, rows: Iterable[models.AuditEntry]) -> int | None:
    keys = publics(session, unlocked)
    return next((row.seq for row in rows if not is_signed(keys, row)), None)


def _rows(session: Session, log: Iterable[models.AuditEntry]) -> list[Problem]:
    expected: dict[tuple[str, str], str | None] = {}
    for entry in log:
        for table, key, value in json.loads(entry.body).get("rows", ()):
            expected[table, json.dumps(key)] = value
    problems = []
    salts = digests.Salts(session)
    for table in tables():
        for row in session.exec(select(table)):
            name, key = salts.key_of(row)
            wanted = expected.pop((name, json.dumps(key)), "unknown")
            where = f"{name} {'.'.join(str(part) for part in key)}"
            if wanted == "unknown":
                problems.append(Problem("row-unknown", where))
            elif wanted is None:
                problems.append(Problem("row-alive", where))
            elif wanted != digests.of_row(salts.of(row), row):
                problems.append(Problem("row-changed", where))
            session.expunge(row)
    problems += [Problem("row-missing", f"{name} {key}") for (name, key), value in expected.items() if value]
    return problems


def tables() -> list[type[SQLModel]]:
    """Every table whose rows are in the chain."""
    found = [getattr(models, name) for name in models.__all__]
    return [table for table in found if table.__tablename__ not in models.UNCHAINED]


def _files(session: Session, unlocked: Unlocked) -> list[Problem]:
    problems = []
    query = (
        select(models.Evidence)
        .where(col(models.Evidence.file).is_not(None))
        .order_by(col(models.Evidence.id))
    )
    for row in session.exec(query):
        if not evidence.verify(unlocked.folder, row.file, row.key, row.sha256, store=unlocked.store):
            problems.append(Problem("evidence", f"{row.case_id} {row.item}"))
    return problems
