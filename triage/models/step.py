"""The table of steps: what has appeared on a case's checklist and what became of it."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Step(SQLModel, table=True):
    """One step of one case, from the moment it first appeared."""

    __table_args__ = (Index("step_of_case", "case_id", "step", unique=True),)

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    step: str
    """``X13``, ``Y3``, ``X21.2``, ``ASK.self_harm``."""
    state: str = "todo"
    shown: bool = True
    """False while its condition does not hold; it keeps the moment it first appeared."""
    appeared_at: datetime = Field(sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    due_set_at: datetime | None = Field(default=None, sa_type=Instant)
    """A due time a person has set, with its reason in ``reason``; it wins over the computed one."""
    at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was done, skipped or set waiting: the true time, which may lie before recorded_at."""
    recorded_at: datetime | None = Field(default=None, sa_type=Instant)
    by: str | None = None
    result: str | None = None
    reference: str | None = None
    reason: str | None = None
    until: datetime | None = Field(default=None, sa_type=Instant)
    agreed_by: str | None = None
    agreement: str | None = None
    needed_by: str | None = None
    """For a call for help: the needs for it now, letters of students with blanks between, ``A!`` while somebody who
    threatens A is near; when another need comes up it is to be made once more (``XA2.2``, with the needs it is for)."""
