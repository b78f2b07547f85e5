"""Tables of evidence: what is kept, where it came from, who had it in hand."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Evidence(SQLModel, table=True):
    """One item: a file kept encrypted beside the database, or a reference in words."""

    __table_args__ = (Index("evidence_of_case", "case_id", "item", unique=True),)

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    item: str
    """``E-001``: unique within the case."""
    added_at: datetime = Field(sa_type=Instant)
    by: str
    file: str | None = None
    """Name of the encrypted file in evidence/; None for a reference."""
    key: bytes | None = None
    """The 32-byte key of that file alone."""
    original_name: str | None = None
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None
    claimed_type: str | None = None
    warnings: str = "[]"
    """JSON: list of warning codes."""
    statement: str
    """``no-sexual-image`` (said by whom and when: ``by``, ``added_at``), or ``reference``."""
    source: str | None = None
    device: str | None = None
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
    what: str | None = None
    """References: what it is, in words."""
    whereabouts: str | None = None
    """References: where it is (platform, account, time of the message)."""
    holder: str | None = None
    """References: who holds it."""
    count: int | None = None
    hashed: bool | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdraw_reason: str | None = None


class Custody(SQLModel, table=True):
    """One line of an item's custody record."""

    id: int = Field(default=None, primary_key=True)
    evidence_id: int = Field(index=True, foreign_key="evidence.id")
    at: datetime = Field(sa_type=Instant)
    by: str
    act: str
    """taken, referenced, exported, packed, verified or withdrawn."""
    note: str | None = None
