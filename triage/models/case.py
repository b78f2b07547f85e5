"""Tables of a case: the case, its people, their answers, what was told and decided."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from triage.models.instant import Instant


class Case(SQLModel, table=True):
    """One case."""

    __table_args__ = (Index("case_board", "status", "next_due_at"), Index("case_newest", "opened_at"))

    id: int = Field(default=None, primary_key=True)
    ref: str = Field(unique=True)
    """``2026-0042``: inside the school only."""
    salt: bytes
    """32 random bytes: keys the digests of the case's rows in the audit chain; goes with the case."""
    channel: str
    status: str = "open"
    told_at: datetime = Field(sa_type=Instant)
    """When the student (or whoever reported) told; the clocks start here."""
    opened_at: datetime = Field(sa_type=Instant)
    """When it was recorded: the registration instant of the summaries."""
    level: str = Field(index=True)
    own_level: str
    """The level of the table, before a person raised or lowered it."""
    provisional: bool = True
    raised_to: str | None = None
    lowered_to: str | None = None
    playbooks: str = "{}"
    """JSON: kind to the playbook version the case began with."""
    platform: str = "unknown"
    delay: str = "unknown"
    next_step: str | None = None
    next_due_at: datetime | None = Field(default=None, sa_type=Instant)
    held: bool = False
    hold_reason: str | None = None
    assigned_to: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    close_reason: str | None = None
    close_note: str | None = None
    agreed_by: str | None = None
    agreement: str | None = None
    """How a second person agreed: ``claimed`` until her own passphrase confirms it."""
    restricted: bool = False


class CaseKind(SQLModel, table=True):
    """One kind of a case; a case may carry several."""

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    kind: str = Field(primary_key=True, index=True)
    added_at: datetime = Field(sa_type=Instant)


class Person(SQLModel, table=True):
    """A person in a case, under a letter; name and class lie in the identity record."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    label: str
    """``A``, ``B``, ...: unique within the case."""
    part: str
    pupil_code: str | None = Field(default=None, index=True)
    """The school's random code for an affected student: what summaries count."""
    own_level: str | None = None
    """The level of this person's answers alone; only affected people have one."""
    added_at: datetime = Field(sa_type=Instant)


class Identity(SQLModel, table=True):
    """Who a person is: shown on demand, each showing an audit entry."""

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    name: str | None = None
    birth: str | None = None
    sex: str | None = None
    school_class: str | None = None
    contact: str | None = None
    guardian: str | None = None
    guardian_contact: str | None = None


class Answer(SQLModel, table=True):
    """One answer of one affected person to one question; a later answer replaces, none is overwritten."""

    id: int = Field(default=None, primary_key=True)
    person_id: int = Field(index=True, foreign_key="person.id")
    factor: str
    value: str
    answered_at: datetime = Field(sa_type=Instant)
    by: str
    replaced_at: datetime | None = Field(default=None, sa_type=Instant)


class Circumstance(SQLModel, table=True):
    """One answer about the case that decides which steps appear, not the level."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    key: str
    value: str
    answered_at: datetime = Field(sa_type=Instant)
    by: str
    replaced_at: datetime | None = Field(default=None, sa_type=Instant)


class LevelChange(SQLModel, table=True):
    """The level became another, and why."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    at: datetime = Field(sa_type=Instant)
    by: str
    level: str
    provisional: bool
    verdict: str
    """JSON of the verdict: rules with the answers that fired them, flags, police criteria."""
    why: str
    """opened, answers, kinds, raised, lowered or undone."""
    reason: str | None = None
    agreed_by: str | None = None
    agreement: str | None = None


class Note(SQLModel, table=True):
    """What was told or seen, dated: the student's own words, or a note of the counsellor."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    kind: str
    """words (as told, verbatim) or note."""
    text: str
    private: bool = False
    """A private note never leaves in a packet."""
    at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    by: str
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


class Link(SQLModel, table=True):
    """Two cases that may belong together; a person accepts or dismisses."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    other_id: int = Field(index=True, foreign_key="case.id")
    state: str
    """accepted or dismissed."""
    at: datetime = Field(sa_type=Instant)
    by: str
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


class Indicator(SQLModel, table=True):
    """A trace of the offender, as reported: a phone number, an account, a bank account, a link."""

    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(index=True, foreign_key="case.id")
    kind: str
    """phone, bank_account, url, account, email, wallet or other."""
    value: str
    seen_in: str = ""
    """Ids of the items it was seen in, with blanks between."""
    note: str | None = None
    at: datetime = Field(sa_type=Instant)
    by: str
