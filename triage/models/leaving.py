"""Tables of what leaves: recipients, packets, releases of the summary."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Recipient(SQLModel, table=True):
    """An entry of the school's book of recipients."""

    label: str = Field(primary_key=True)
    name: str
    profile: str
    phone: str | None = None
    verified_on: str | None = None
    verified_how: str | None = None
    """visit, official_letter or switchboard."""
    removed_at: datetime | None = Field(default=None, sa_type=Instant)


class Packet(SQLModel, table=True):
    """One packet that was made: the share ledger."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    number: str = Field(unique=True)
    """The outside number, ``HS-7K3M9QTX``."""
    replaces: str | None = None
    recipient: str
    """The recipient's name as printed."""
    recipient_label: str | None = None
    phone: str | None = None
    """The recipient's number as the book had it when the packet was made."""
    verified_on: str | None = None
    """When that number was checked."""
    profile: str
    basis: str
    purpose: str
    made_at: datetime = Field(sa_type=Instant)
    by: str
    items: str
    """JSON: list of item ids."""
    sha256: str
    fingerprint: str
    digits: str | None = None
    """The 24 digits until the receipt is recorded or 30 days have passed, then erased."""
    digits_until: datetime | None = Field(default=None, sa_type=Instant)
    received_by: str | None = None
    received_at: datetime | None = Field(default=None, sa_type=Instant)
    reference: str | None = None


class Release(SQLModel, table=True):
    """One closed period: its noise was drawn once, in the transaction that closed it."""

    period: str = Field(primary_key=True)
    seq: int = Field(unique=True)
    closed_on: str
    """The period's scheduled date, not the real one."""
    sha256: str
    payload: bytes
    envelope: bytes
    """The signed DSSE file, given out again byte for byte."""
