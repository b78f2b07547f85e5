"""The database's format: made new, checked, brought forward."""

from __future__ import annotations

from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from triage import errors, models
from triage.store import engine

FORMAT = 1
_SEARCH = """CREATE VIRTUAL TABLE case_search USING fts5(
  folded, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2")"""


def create(made: Engine) -> None:
    """Make every table of the present format in an empty database."""
    with engine.said(), made.begin() as connection:
        SQLModel.metadata.create_all(connection)
        connection.execute(text(_SEARCH))


def check(session: Session) -> None:
    """Refuse a database of a later program.

    Raises:
        errors.StoreDamaged: ``meta-missing``.
        errors.UsageError: ``store-newer``.
    """
    meta = session.get(models.Meta, 1)
    if meta is None:
        raise errors.StoreDamaged("meta-missing")
    if meta.format > FORMAT:
        raise errors.UsageError("store-newer")
