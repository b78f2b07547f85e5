"""The database's format: made new, checked, brought forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from triage import errors

FORMAT = 1
_SEARCH = """CREATE VIRTUAL TABLE case_search USING fts5(
  folded, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2")"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a format to the next."""

    to: int
    """The format it leads to."""
    run: Callable[[Connection], None]
    """What it does, in the transaction of all steps."""
    rewrites: tuple[type[SQLModel], ...] = ()
    """Tables whose rows it changes: each row is entered in the log anew. A new column that holds nothing
    changes no row's digest."""


STEPS: tuple[Step, ...] = ()
"""Every step there is, in order. There has been one format so far."""


def create(connection: Connection) -> None:
    """Make every table of the present format in an empty database."""
    SQLModel.metadata.create_all(connection)
    connection.execute(text(_SEARCH))


def is_old(found: int) -> bool:
    """Whether a database has to be brought forward.

    Raises:
        errors.UsageError: ``store-newer``: it was made by a later program.
    """
    if found > FORMAT:
        raise errors.UsageError("store-newer")
    return found < FORMAT


def forward(connection: Connection, found: int) -> tuple[type[SQLModel], ...]:
    """Bring a database of format ``found`` forward within the transaction that is open; return what to enter anew."""
    rewritten: list[type[SQLModel]] = []
    for step in STEPS:
        if step.to > found:
            step.run(connection)
            rewritten += step.rewrites
    return tuple(rewritten)
