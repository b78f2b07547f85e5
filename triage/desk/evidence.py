"""Evidence: taken in with a statement, referred to in words, looked at again, given out with a reason."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import errors, models
from triage.desk import cases
from triage.desk.session import Desk, OnCase, coded, one_line, outside, second_person
from triage.store import evidence as files
from triage.store import purge, remains
from triage.store.records import cases as case_rows
from triage.store.records import evidence as rows

MAX_ITEM = 2 * 2**30
"""Bytes of one item. Source: research/packet.md 5."""
MAX_CASE = 8 * 2**30
"""Bytes of one case."""
_CHUNK = 1 << 20
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files came from."""

    source: str = ""
    """Who gave them."""
    device: str = ""
    """On which device they were."""
    taken_at: datetime | None = None
    """When they were captured there."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that is not taken in: a sexual image, or what stays on the student's phone."""

    what: str
    """What it is, in words."""
    where: str
    """Platform, account, time of the message."""
    holder: str
    """Who holds it."""
    count: int | None = None
    """How many."""
    hashed: bool | None = None
    """Whether the student hashed it with Take It Down."""


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one item's bytes."""

    ref: str
    """The case."""
    item: str
    """The item."""
    holds: bool
    """The bytes are those taken in."""


def add(
    desk: Desk, ref: str, paths: Sequence[Path], origin: Origin, *, no_sexual_image: bool
) -> list[models.Evidence]:
    """Take files in, encrypted, with the statement that none is a sexual image of a minor.

    Raises:
        errors.Refused: ``evidence-needs-statement``, or a file that is a link, a device, too large, changing.
    """
    if not no_sexual_image:
        raise errors.Refused("evidence-needs-statement", ref=ref)
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        cases.not_closed(case)
        held = rows.bytes_of_case(session, case.id)
    taken: list[files.Taken] = []
    try:
        # Before the act: while large files are encrypted, other desks write.
        for path in paths:
            one = files.take_path(desk.folder, path, store=desk.opened.unlocked.store, max_bytes=MAX_ITEM)
            taken.append(one)
            held += one.size
            _fits(held)
        with desk.on_case("evidence.added", ref, undoable=False, count=len(paths)) as on:
            cases.not_closed(on.case)
            _fits(rows.bytes_of_case(on.session, on.case.id) + sum(one.size for one in taken))
            items = [
                keep(desk, on, _readable(path.name), one, origin)
                for path, one in zip(paths, taken, strict=True)
            ]
    except BaseException:
        for one in taken:
            files.remove(desk.folder, one.file)
        raise
    return items


def refer(desk: Desk, ref: str, reference: Reference) -> models.Evidence:
    """Record in words what is never taken in: what, where, who holds it."""
    with desk.on_case("evidence.referenced", ref) as on:
        cases.not_closed(on.case)
        return refer_on(desk, on, reference)


def refer_on(desk: Desk, on: OnCase, reference: Reference) -> models.Evidence:
    """Record a reference within an act that is under way."""
    row = models.Evidence(
        case_id=on.case.id,
        item=rows.next_item(on.session, on.case.id),
        added_at=on.now,
        by=desk.label,
        statement="reference",
        what=cases.fitting(reference.what, cases.MAX_TEXT),
        whereabouts=cases.fitting(reference.where, cases.MAX_TEXT),
        holder=one_line(reference.holder),
        count=reference.count,
        hashed=reference.hashed,
    )
    on.session.add(row)
    on.session.flush()
    _custody(desk, on, row, "referenced")
    return row


def of_case(desk: Desk, ref: str) -> list[tuple[models.Evidence, list[models.Custody]]]:
    """A case's items with their custody lines."""
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        return [(row, rows.custody(session, row.id)) for row in rows.of_case(session, case.id)]


def get(desk: Desk, ref: str, item: str, out: Path, reason: str) -> Path:
    """Write a plain copy of an item out, with a reason: an entry, and from then on hers to destroy.

    The entry is durable before the first byte leaves; it stands even when the writing then fails.
    """
    reason = cases.fitting(reason, cases.MAX_TEXT)
    outside(desk, out)
    item = coded(item, "no-such-item", item="?")
    with desk.opened.reading() as session:
        row = rows.find(session, case_rows.find(session, ref).id, item)
    if row.file is None or row.key is None:
        raise errors.Refused("item-has-no-file", item=row.item)
    suffix = Path(row.original_name or "").suffix.lower()
    target = out / (row.item + (suffix if _SUFFIX.fullmatch(suffix) else ""))
    if target.exists() or target.is_symlink():
        raise errors.Refused("file-exists", file=str(target))
    if not files.verify(desk.folder, row.file, row.key, row.sha256, store=desk.opened.unlocked.store):
        raise errors.StoreDamaged("evidence-damaged")
    with desk.on_case("evidence.exported", ref, undoable=False, item=item) as on:
        _custody(desk, on, row, "exported", reason)
    out.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            os.fdopen(handle, "wb") as copy,
            files.open(desk.folder, row.file, row.key, store=desk.opened.unlocked.store) as kept,
        ):
            while chunk := kept.read(_CHUNK):
                copy.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def verify(desk: Desk, ref: str | None = None) -> list[Check]:
    """Read every item's bytes again (of one case or of all) and compare them with what was taken in."""
    checks = []
    with desk.opened.reading() as session:
        found = rows.with_files(session, case_rows.find(session, ref).id if ref else None)
    for case_ref, row in found:
        holds = files.verify(desk.folder, row.file, row.key, row.sha256, store=desk.opened.unlocked.store)
        checks.append(Check(case_ref, row.item, holds))
    return checks


def withdraw(desk: Desk, ref: str, item: str, reason: str, agreed_by: str) -> None:
    """Take an unlawful item out: its bytes and key go at once, the register keeps that it was there.

    Source: security.md 22: this one path passes a legal hold.
    """
    reason, agreed_by = cases.fitting(reason, cases.MAX_TEXT), second_person(desk, agreed_by)
    with desk.on_case(
        "evidence.withdrawn", ref, undoable=False, item=coded(item, "no-such-item", item="?")
    ) as on:
        row = rows.find(on.session, on.case.id, item)
        remains.leave(on.session, [row.file])
        row.withdrawn_at, row.withdraw_reason = on.now, reason
        row.file = row.key = row.sha256 = row.original_name = None
        _custody(desk, on, row, "withdrawn", agreed_by)
    purge.clear(desk.opened)


def keep(desk: Desk, on: OnCase, name: str, taken: files.Taken, origin: Origin) -> models.Evidence:
    """Enter a file that was taken in, within an act that is under way."""
    row = models.Evidence(
        case_id=on.case.id,
        item=rows.next_item(on.session, on.case.id),
        added_at=on.now,
        by=desk.label,
        file=taken.file,
        key=taken.key,
        original_name=name,
        sha256=taken.sha256,
        size=taken.size,
        media_type=taken.media_type,
        claimed_type=taken.claimed_type,
        warnings=json.dumps(list(taken.warnings)),
        statement="no-sexual-image",
        source=one_line(origin.source) if origin.source else None,
        device=one_line(origin.device) if origin.device else None,
        taken_at=origin.taken_at,
    )
    on.session.add(row)
    on.session.flush()
    _custody(desk, on, row, "taken")
    return row


def _custody(desk: Desk, on: OnCase, row: models.Evidence, act: str, note: str | None = None) -> None:
    on.session.add(models.Custody(evidence_id=row.id, at=on.now, by=desk.label, act=act, note=note))


def _fits(total: int) -> None:
    if total > MAX_CASE:
        raise errors.Refused("case-too-large", limit=MAX_CASE)


def _readable(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8 become signs of that."""
    return os.fsencode(name).decode("utf-8", "replace")
