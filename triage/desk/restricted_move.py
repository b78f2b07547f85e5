"""An open case becomes a restricted one: copied inside, then taken out of everybody's part thoroughly.

Source: security.md 8, 9.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triage import errors, i18n, models
from triage.desk import restricted
from triage.desk.session import Desk, searchable
from triage.store import evidence as files
from triage.store import purge, remains, search
from triage.store.records import cases as case_rows
from triage.store.records import deletion, moving

if TYPE_CHECKING:
    from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Moved:
    """A case that has just become a restricted one."""

    ref: str
    """Its id from now on."""
    links: int
    """Links with other cases, which were taken away."""
    settled: bool
    """No trace of it is left in everybody's part; else the next opening by one person alone clears the rest."""


def restrict(
    desk: Desk,
    ref: str,
    named: Sequence[str],
    *,
    subjects: Sequence[str] = (),
    keep: restricted.Keep | None = None,
) -> Moved:
    """Make a case a restricted one.

    What stood there until today may be in backups and in others' memory, and the shared log keeps the codes of its
    acts, its kinds among them: ``warning`` says so before.

    Args:
        desk: the desk; who sits there is named too.
        ref: the case.
        named: labels of others who are named.
        subjects: labels of members whom the case is about: they cannot be named.
        keep: keeps recovery words for this case; with them one named person is enough.

    Raises:
        errors.Refused: as ``restricted.new``; ``restricted-moved``: somebody recorded something meanwhile.
    """
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        before = moving.rows(session, case)
        texts = [_copy(row) for row in moving.playbooks(session, case)]
        typed = [_copy(row) for row in deletion.drafts(session, case.ref)]
        links = len({link.id for link, _other in case_rows.links(session, case.id)})
    kept = [row.file for row in before if isinstance(row, models.Evidence) and row.file]

    def fill(inside: restricted.InsideDesk) -> str:
        _fill(desk, inside, [*texts, *typed, *before])
        return inside.inner.ref

    def take_out(session: Session) -> None:
        _take_out(session, ref, before)
        remains.leave(session, kept)

    new = restricted.make(desk, named, subjects, fill, "restricted.moved", keep=keep, then=take_out)
    return Moved(new, links, purge.clear(desk.opened))


def warning(ref: str) -> str:
    """What is true of a case that becomes a restricted one: what cannot be called back."""
    return i18n.say(
        "From now on only the people named can open {ref}, under a new id. What stood in it until today may be in "
        "backups, in packets and in others' memory. The shared log keeps what kinds of acts there were and when, and "
        "which kinds the case had. Everybody else sees one line: whom to ask, when the next step is due.",
        ref=ref,
    )


def _fill(desk: Desk, inside: restricted.InsideDesk, rows: Sequence[Any]) -> None:
    ref, old = inside.inner.ref, next(row.ref for row in rows if isinstance(row, models.Case))
    again = [_sealed_again(desk, inside, row) for row in rows]
    with inside.opened.acting("case.moved-in") as act:
        for row in again:
            if isinstance(row, models.Case):
                row.ref, row.salt, row.restricted = ref, secrets.token_bytes(32), True
                act.case = row
            if isinstance(row, models.Draft):
                row.form = row.form.replace(old, ref)
            act.session.add(row)
            act.session.flush()
        case = case_rows.find(act.session, ref)
        search.index(act.session, case.id, searchable(act.session, case))


def _sealed_again(desk: Desk, inside: restricted.InsideDesk, row: Any) -> Any:
    """A copy of a row; a kept file is encrypted anew, under another key and another name."""
    copy = _copy(row)
    if isinstance(copy, models.Evidence) and copy.file and copy.key:
        with files.open(desk.folder, copy.file, copy.key, store=desk.opened.unlocked.store) as plain:
            taken = files.take_stream(
                inside.folder, plain, copy.original_name or "", store=inside.opened.unlocked.store
            )
        if taken.sha256 != copy.sha256:
            raise errors.StoreDamaged("evidence-damaged")
        copy.file, copy.key = taken.file, taken.key
    return copy


def _take_out(session: Session, ref: str, before: Sequence[Any]) -> None:
    """Within the act that makes the restricted case known: its rows go from everybody's part, all at once."""
    case = case_rows.find(session, ref)
    rows = moving.rows(session, case)
    if [row.model_dump() for row in rows] != [row.model_dump() for row in before]:
        raise errors.TryAgain("restricted-moved", ref=ref)
    case_rows.keep_number(session, case)
    for draft in deletion.drafts(session, case.ref):
        session.delete(draft)
    search.forget(session, case.id)
    moving.delete(session, [*moving.playbooks_alone(session, case), *rows, *moving.beside(session, case)])


def _copy(row: Any) -> Any:
    return type(row)(**row.model_dump())
