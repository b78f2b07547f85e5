"""How an instant lies in a column: RFC 3339 text in UTC, so that order by text is order by time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.types import TypeDecorator

from triage import clock


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as ``2026-11-25T02:41:00Z``."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """To the column."""
        return None if value is None else clock.text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        """From the column."""
        return None if value is None else datetime.fromisoformat(value)
