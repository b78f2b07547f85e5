"""After rows were deleted: nothing of them stays in the search index, in free pages or in the write-ahead log."""

from __future__ import annotations

from triage import errors
from triage.store import engine, search
from triage.store.opened import Opened


def settle(held: Opened) -> bool:
    """Write the search index anew and empty the write-ahead log; whether the log could be emptied.

    Freed pages are overwritten by ``secure_delete``. Another desk that reads may hold the log: it is emptied when
    the last desk is closed.
    """
    try:
        with engine.unit(held.engine, write=True) as session:
            search.optimize(session)
        with engine.said(), held.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection in use has its driver's
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except errors.TryAgain:
        return False
    return not busy
