"""The store's tables: one module a noun, all of them known here.

A row's ``id`` is given by the database when the row is flushed; it is typed as always there, because no
row is handed out before that.
"""

from triage.models.case import (
    Answer,
    Case,
    CaseKind,
    Circumstance,
    Identity,
    Indicator,
    LevelChange,
    Link,
    Note,
    Person,
)
from triage.models.evidence import Custody, Evidence
from triage.models.house import (
    AuditEntry,
    Canary,
    Draft,
    Member,
    Meta,
    PlaybookKept,
    SchoolKey,
    SealedKey,
    Setting,
    Undo,
)
from triage.models.leaving import Packet, Recipient, Release
from triage.models.purge import PurgeNotice, Remains, Tombstone
from triage.models.restricted import RestrictedCase, RestrictedCoded, RestrictedKey, RestrictedRecovery
from triage.models.step import Step

__all__ = [
    "Answer",
    "AuditEntry",
    "Canary",
    "Case",
    "CaseKind",
    "Circumstance",
    "Custody",
    "Draft",
    "Evidence",
    "Identity",
    "Indicator",
    "LevelChange",
    "Link",
    "Member",
    "Meta",
    "Note",
    "Packet",
    "Person",
    "PlaybookKept",
    "PurgeNotice",
    "Recipient",
    "Release",
    "Remains",
    "RestrictedCase",
    "RestrictedCoded",
    "RestrictedKey",
    "RestrictedRecovery",
    "SchoolKey",
    "SealedKey",
    "Setting",
    "Step",
    "Tombstone",
    "Undo",
]

UNCHAINED = frozenset({"auditentry", "canary", "draft", "remains"})
"""Tables whose rows have no digest in the audit chain: the chain itself, the canary, drafts, what is to be cleared."""
