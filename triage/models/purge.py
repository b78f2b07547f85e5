"""Tables of deletion: what outlives a case, the notice before it goes, what is still to be cleared."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Tombstone(SQLModel, table=True):
    """A case was deleted: when and by whom, signed; nothing of whom or of what it was about."""

    id: str = Field(primary_key=True)
    """32 random hex digits."""
    case: str = Field(unique=True)
    """SHA-256 over the case's random salt: whoever holds an older copy of the case recognises it, nobody else."""
    purged_at: datetime = Field(sa_type=Instant)
    by: str
    """The id of the lead who deleted it."""
    signature: bytes
    """Ed25519 of that lead."""


class PurgeNotice(SQLModel, table=True):
    """A closed case whose time has come will be deleted from a day on, unless somebody objects."""

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    closed_at: datetime = Field(sa_type=Instant)
    """The closing it is about: a case that was opened again meanwhile gets a new notice."""
    given_at: datetime = Field(sa_type=Instant)
    goes_on: str
    """The first day, in Vietnam, on which it may go: ``2027-03-01``."""


class Remains(SQLModel, table=True):
    """What a deletion has still to clear: the name of an encrypted file, or ``pages``."""

    what: str = Field(primary_key=True)
