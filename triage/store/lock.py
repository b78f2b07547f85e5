"""Who is at work on a store: shared by every session, alone for what must not be disturbed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage import errors

if os.name == "nt":
    import msvcrt
else:
    import fcntl


class Held:
    """A shared hold on a store for the life of a session."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def release(self) -> None:
        """Let go."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def share(folder: Path) -> Held:
    """Hold a store together with others.

    Raises:
        errors.TryAgain: ``busy``: somebody holds it alone.
    """
    handle = os.open(folder / "store.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.name != "nt":
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise errors.TryAgain("busy") from None
    return Held(handle)


@contextmanager
def alone(held: Held) -> Iterator[bool]:
    """Try to hold the store alone; says whether it is so."""
    if os.name == "nt":
        yield _alone_on_windows(held)
        return
    try:
        fcntl.flock(held.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # A refused upgrade has dropped the shared hold: take it again.
        fcntl.flock(held.handle, fcntl.LOCK_SH)
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(held.handle, fcntl.LOCK_SH)


def _alone_on_windows(held: Held) -> bool:
    try:
        msvcrt.locking(held.handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        msvcrt.locking(held.handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
