"""The steps of a case, as they have appeared and been done."""

from __future__ import annotations

from sqlmodel import Session, select

from triage import errors
from triage.models.step import Step


def of_case(session: Session, case_id: int) -> dict[str, Step]:
    """Every step that has ever appeared on a case, by its id."""
    return {row.step: row for row in session.exec(select(Step).where(Step.case_id == case_id))}


def find(session: Session, case_id: int, step: str) -> Step:
    """One step of a case, named in any case of letters.

    Raises:
        errors.UsageError: ``no-such-step``, naming the steps there are.
    """
    rows = of_case(session, case_id)
    for key, row in rows.items():
        if key.casefold() == step.strip().casefold():
            return row
    raise errors.UsageError("no-such-step", step=step, allowed=", ".join(sorted(rows)))
