"""The periodic summary: exact inside, drawn once with noise when a period is closed, given out as drawn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage import errors, models, paths
from triage.desk import assess, coded
from triage.desk.session import Desk, outside
from triage.response import level
from triage.store.records import cases as case_rows
from triage.store.records import leaving
from triage.summary import codebook, csv_out, envelope, internal, period, release, tabulate
from triage.terms import Delay, Kind, Level, Platform

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Closed:
    """A period that has just been closed."""

    period: str
    """As given: ``2026-10``."""
    closed_on: str
    """The period's scheduled date."""
    seq: int
    """Its place among this store's releases, from 1."""
    sha256: str
    """Of the signed file, hex."""


def show(desk: Desk, wanted: period.Period) -> dict[str, Any]:
    """The exact tables of a period: personal data, for inside the school; the showing is an entry."""
    with desk.opened.acting("summary.shown", period=wanted.text) as act:
        rows = coded_rows(act.session, wanted)
    return internal.exact(rows, wanted)


def close(desk: Desk, wanted: period.Period) -> Closed:
    """Close a period that is over: count, draw the noise once, sign, keep; all in one transaction.

    Raises:
        errors.Refused: ``period-not-over``, ``period-closed``, ``period-needs`` (what lies in it first).
    """
    if not wanted.is_over(desk.now()):
        raise errors.Refused("period-not-over", period=wanted.text)
    with desk.opened.acting("summary.closed", period=wanted.text) as act:
        session = act.session
        before = leaving.releases(session)
        done = {row.period for row in before}
        if wanted.text in done:
            raise errors.Refused("period-closed", period=wanted.text)
        missing = [name for name in wanted.needs if name not in done]
        if missing:
            raise errors.Refused("period-needs", period=wanted.text, missing=", ".join(missing))
        payload = release.draw(
            tabulate.tables(coded_rows(session, wanted) + coded.restricted(desk, session), wanted),
            wanted,
            school_code=case_rows.setting(session, "school_code"),
            seq=len(before) + 1,
            prev=before[-1].sha256 if before else None,
        )
        sealed = envelope.seal(payload, summary_key(desk, session))
        row = models.Release(
            period=wanted.text,
            seq=len(before) + 1,
            closed_on=release.closed_on(wanted).isoformat(),
            sha256=hashlib.sha256(sealed).hexdigest(),
            payload=payload,
            envelope=sealed,
        )
        session.add(row)
        act.note(release=row.seq)
    return Closed(row.period, row.closed_on, row.seq, row.sha256)


def export(desk: Desk, wanted: period.Period, out: Path, form: str) -> list[Path]:
    """Write a closed period's file as it was drawn: the same bytes each time.

    Raises:
        errors.Refused: ``period-open`` when it was not closed.
    """
    outside(desk, out)
    with desk.opened.acting("summary.exported", period=wanted.text, form=form) as act:
        row = leaving.release(act.session, wanted.text)
        if row is None:
            raise errors.Refused("period-open", period=wanted.text)
        code = case_rows.setting(act.session, "school_code")
    files = {envelope.file_name(code, wanted.text): row.envelope}
    if form == "csv":
        files = csv_out.files(row.payload)
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if not ((out / name).is_file() and (out / name).read_bytes() == data):
            paths.write_new(out / name, data)
    return [out / name for name in files]


def ledger(desk: Desk) -> list[models.Release]:
    """Every release of this store, in order."""
    with desk.opened.reading() as session:
        return leaving.releases(session)


def coded_rows(session: Session, wanted: period.Period) -> list[tabulate.CodedRow]:
    """The affected students registered in a period, each coded by its own answers alone."""
    found = case_rows.affected_between(session, wanted.first, wanted.after)
    return [code(session, one, case) for one, case in found]


def code(session: Session, one: models.Person, case: models.Case) -> tabulate.CodedRow:
    """An affected student in a case, coded by its own answers alone."""
    answers = {
        key: value for key, value in assess.recorded(session, one).items() if key not in assess.NOT_OWN
    }
    kind, own = highest_kind(assess.kinds_of(session, case), answers)
    return tabulate.CodedRow(
        pupil=one.pupil_code or "",
        registered_at=one.added_at,
        level=own,
        kind=kind,
        platform=Platform(case.platform),
        delay=Delay(case.delay),
    )


def highest_kind(kinds: tuple[Kind, ...], answers: dict[str, str]) -> tuple[Kind, Level]:
    """The kind under which the answers rank highest, ties in codebook order, and that level."""
    ranked = [(level.for_case((kind,), answers, counterfactual=False).level, kind) for kind in kinds]
    top = max(own for own, _kind in ranked)
    return min((kind for own, kind in ranked if own == top), key=codebook.kind_order), top


def summary_key(desk: Desk, session: Session) -> bytes:
    """The school's private key for summaries, opened by who is at the desk."""
    unlocked = desk.opened.unlocked
    key = leaving.school_key(session, "summary")
    sealed = leaving.sealed_key(session, key.id, unlocked.member_id)
    return unlocked.open_sealed(sealed.sealed, "school-key/summary")
