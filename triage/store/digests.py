"""Salted digests of rows: what the log holds of a row, and nothing that confirms a guess.

Source: security.md 9.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any, cast

from sqlalchemy import inspect
from sqlmodel import Session, SQLModel

from triage import canon, clock, models

_CODE_KEYS = frozenset({
    "setting", "member", "sealedkey", "casekind", "release", "playbookkept",
    "restrictedcase", "restrictedkey", "restrictedcoded", "restrictedrecovery",
})  # fmt: skip
"""Tables whose text keys are codes of ours; any other text key is somebody's words."""


class Salts:
    """Which salt keys the digest of a row: its case's, or the store's for rows of no case."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.cases: dict[int, bytes] = {}
        self.owners: dict[tuple[str, int], int] = {}
        row = session.get(models.Setting, "audit_salt")
        self.own = bytes.fromhex(row.value) if row else b""

    def of(self, row: SQLModel) -> bytes:
        """The salt of a row's digest."""
        case_id = self.case_id(row)
        if case_id is None:
            return self.own
        if case_id not in self.cases:
            case = self.session.get(models.Case, case_id)
            self.cases[case_id] = case.salt if case else self.own
        return self.cases[case_id]

    def case_id(self, row: SQLModel) -> int | None:
        """The case a row belongs to, by itself or through its person or item."""
        if isinstance(row, models.Case):
            return row.id
        values = cast(Any, row)
        if hasattr(row, "case_id"):
            return cast(int, values.case_id)
        for name, table in (("person_id", models.Person), ("evidence_id", models.Evidence)):
            if hasattr(row, name):
                key = (name, getattr(values, name))
                if key not in self.owners:
                    owner = self.session.get(cast(Any, table), key[1])
                    if owner is not None:
                        self.owners[key] = owner.case_id
                return self.owners.get(key)
        return None

    def key_of(self, row: SQLModel) -> tuple[str, list[canon.Json]]:
        """A row's table and primary key as an entry names it: a label that somebody chose is a digest."""
        state = cast(Any, inspect(row))
        table = cast(str, cast(Any, row).__tablename__)
        key = state.mapper.primary_key_from_instance(row)
        if table not in _CODE_KEYS:
            key = [self._hidden(table, part) if isinstance(part, str) else part for part in key]
        return table, list(key)

    def _hidden(self, table: str, part: str) -> str:
        named = canon.dumps(["key", table, part])
        return "h." + hmac.new(self.own, named, hashlib.sha256).hexdigest()[:32]


def of_row(salt: bytes, row: SQLModel) -> str:
    """HMAC-SHA-256 of a row's content under a salt: without the salt it confirms no guess.

    A column that holds nothing is left out, so a column that a later format adds changes no digest.
    """
    content: dict[str, canon.Json] = {}
    for name, value in row.model_dump(exclude_none=True).items():
        if isinstance(value, bytes):
            content[name] = value.hex()
        elif isinstance(value, datetime):
            content[name] = clock.text(value)
        else:
            content[name] = value
    return hmac.new(salt, canon.dumps(content), hashlib.sha256).hexdigest()
