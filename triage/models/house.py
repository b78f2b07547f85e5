"""Tables of the store itself: what it is, who works in it, its keys, its log."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Meta(SQLModel, table=True):
    """One row: which store this is. Held against header.json before the first write."""

    id: int = Field(default=1, primary_key=True)
    store: str
    epoch: int
    gen: int
    format: int


class Canary(SQLModel, table=True):
    """One row, read at the end of every unit of work: it brings a swallowed page fault to light."""

    id: int = Field(default=1, primary_key=True)
    x: int = 1


class Setting(SQLModel, table=True):
    """A choice of the school: its name and code, the end of the school day, days off."""

    key: str = Field(primary_key=True)
    value: str


class Member(SQLModel, table=True):
    """A person who works with the store, as the audit chain knows them."""

    id: str = Field(primary_key=True)
    label: str
    right: str
    sign_public: bytes
    """Ed25519 public key, 32 bytes: it proves who made an entry."""
    added_at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    leaving_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the member asked to be taken out."""


class SchoolKey(SQLModel, table=True):
    """A key with which the school signs: packets (RSA), summaries and backups (Ed25519)."""

    id: int = Field(default=None, primary_key=True)
    purpose: str
    """packet, summary or backup."""
    public: bytes
    """The certificate (PEM) for packets, the raw public key (32 bytes) otherwise."""
    fingerprint: str
    made_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class SealedKey(SQLModel, table=True):
    """A school key's private part, sealed to one member who may sign with it."""

    key_id: int = Field(primary_key=True, foreign_key="schoolkey.id")
    member_id: str = Field(primary_key=True, foreign_key="member.id")
    sealed: bytes


class AuditEntry(SQLModel, table=True):
    """One act: canonical JSON of codes, ids and times, its place in the chain, who signed it."""

    seq: int = Field(primary_key=True)
    body: bytes
    hash: bytes
    member_id: str
    signature: bytes


class Draft(SQLModel, table=True):
    """What a member was typing into a form, replaced in place, gone with the act that uses it."""

    form: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    text: str
    saved_at: datetime = Field(sa_type=Instant)


class Undo(SQLModel, table=True):
    """What the rows of an act were before it, so that it can be taken back; goes with the case."""

    seq: int = Field(primary_key=True)
    """The audit entry of the act."""
    case_id: int = Field(index=True, foreign_key="case.id")
    member_id: str
    act: str
    before: str
    """JSON: table, primary key and the former columns of each row (null for a new row)."""
    undone_by: int | None = None
    """The entry that took it back."""


class PlaybookKept(SQLModel, table=True):
    """The text of a playbook version with which a case of this store began."""

    kind: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    text: str
