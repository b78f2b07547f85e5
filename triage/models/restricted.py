"""Tables of restricted cases as everybody's part of the store holds them: an id, who is named, when it is due."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class RestrictedCase(SQLModel, table=True):
    """One restricted case: all that those who are not named may know of it."""

    id: str = Field(primary_key=True)
    """``R-7K3M9QTX``: random, never a counter."""
    store: str
    """The id of its own small store, 32 hex digits."""
    key_number: int
    """Counts its keys, from 1: another one each time somebody is taken out."""
    head: int
    """The last entry of its own log that this part has heard of."""
    head_hash: bytes
    """That entry's hash."""
    next_due_at: datetime | None = Field(default=None, sa_type=Instant)
    rekey_due_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when a named person must give it a new key: somebody who could open it has left."""


class RestrictedKey(SQLModel, table=True):
    """Its key, sealed to one person who is named."""

    restricted_id: str = Field(primary_key=True, foreign_key="restrictedcase.id")
    member_id: str = Field(primary_key=True, foreign_key="member.id")
    sealed: bytes


class RestrictedCoded(SQLModel, table=True):
    """What the summaries count of it, sealed to one member who may close a period."""

    restricted_id: str = Field(primary_key=True, foreign_key="restrictedcase.id")
    member_id: str = Field(primary_key=True, foreign_key="member.id")
    sealed: bytes


class RestrictedRecovery(SQLModel, table=True):
    """A way in when nobody named is there: words, of which one half lies outside the school."""

    restricted_id: str = Field(primary_key=True, foreign_key="restrictedcase.id")
    number: int = Field(primary_key=True)
    """Counts the sets of this case, from 1."""
    public: str
    """JSON: the set's public keys."""
    locked: bytes = b""
    """The set's private keys under its words; empty once it was used."""
    sealed: bytes = b""
    """The case's key, sealed to the set; empty once it was used."""
