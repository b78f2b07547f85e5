"""The evidence of a case and its custody lines."""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from triage import errors
from triage.models.case import Case
from triage.models.evidence import Custody, Evidence


def of_case(session: Session, case_id: int) -> list[Evidence]:
    """A case's items in the order in which they were taken."""
    return list(session.exec(select(Evidence).where(Evidence.case_id == case_id).order_by(col(Evidence.id))))


def find(session: Session, case_id: int, item: str) -> Evidence:
    """One item of a case.

    Raises:
        errors.UsageError: ``no-such-item``.
    """
    row = session.exec(
        select(Evidence).where(Evidence.case_id == case_id, Evidence.item == item.strip().upper())
    ).first()
    if row is None:
        raise errors.UsageError("no-such-item", item=item)
    return row


def next_item(session: Session, case_id: int) -> str:
    """The next free item id of a case, ``E-001`` first."""
    count = session.exec(select(func.count()).select_from(Evidence).where(Evidence.case_id == case_id)).one()
    return f"E-{count + 1:03}"


def custody(session: Session, evidence_id: int) -> list[Custody]:
    """An item's custody lines, oldest first."""
    return list(
        session.exec(select(Custody).where(Custody.evidence_id == evidence_id).order_by(col(Custody.id)))
    )


def bytes_of_case(session: Session, case_id: int) -> int:
    """How many bytes of files a case holds."""
    query = select(func.coalesce(func.sum(Evidence.size), 0)).where(Evidence.case_id == case_id)
    return session.exec(query).one() or 0


def with_files(session: Session, case_id: int | None = None) -> list[tuple[str, Evidence]]:
    """The items that have a file, with their case's reference; of one case or of all."""
    query = select(Case.ref, Evidence).join(Case, col(Evidence.case_id) == col(Case.id))
    query = query.where(col(Evidence.file).is_not(None)).order_by(col(Evidence.id))
    if case_id is not None:
        query = query.where(Evidence.case_id == case_id)
    return list(session.exec(query).all())
