"""Who is at the desk: each session holds one small file in ``desks/`` for its life.

A file says who sits there, under which account of the computer; that its session lives is said by the lock on it alone,
so a crash leaves nothing that could be taken for somebody.

Source: security.md 6, 24.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import canon, clock, errors, i18n, paths
from triage.store import lock
from triage.store.keys import document, header
from triage.store.keys.header import Unlocked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

SHARED = "shared_account"
"""The setting by which a lead accepts that several people use one account of the computer."""
_FAR = 1 << 20
"""On Windows a locked byte cannot be read: the one that is locked lies behind the text."""
_LONGEST = 4096
_MINE: set[str] = set()
"""The files this process holds: it cannot be protected from itself."""


@dataclass(frozen=True, slots=True)
class Present:
    """A session that lives."""

    member: str
    """The member's id."""
    account: str
    """The account of the computer, as a hash that means nothing outside this store."""
    pid: int
    """Its process."""
    since: str
    """When it sat down, RFC 3339."""


class Seat:
    """One's own place, held until it is left."""

    def __init__(self, path: Path, handle: int, present: Present) -> None:
        self.path = path
        self.present = present
        self._handle = handle

    def leave(self) -> None:
        """Get up: the file goes, then the hold on it."""
        if self._handle < 0:
            return
        _MINE.discard(self.path.name)
        # Where the store was moved away the file went with it; who sits down there next finds it left.
        with suppress(OSError):
            if os.name != "nt":
                self.path.unlink()
        os.close(self._handle)
        self._handle = -1
        with suppress(OSError):
            if os.name == "nt":
                self.path.unlink()


def sit(unlocked: Unlocked, now: datetime) -> Seat:
    """Take a place, and clear away those whose sessions are gone."""
    room = paths.make_room(unlocked.folder / "desks")
    for path in room.glob("*.json"):
        _clear(path)
    present = Present(unlocked.member_id, account(unlocked.store), os.getpid(), clock.text(now))
    said = canon.dumps({
        "account": present.account, "member": present.member, "pid": present.pid, "since": present.since,
    })  # fmt: skip
    while True:
        path = room / f"{secrets.token_hex(8)}.json"
        handle = paths.make_file(path)
        try:
            # Between its making and the lock on it somebody may have taken it for one that was left.
            mine = _hold(handle) and _same(path, handle)
            if mine:
                os.write(handle, said)
        except BaseException:
            # A full disk: nothing is left of it.
            path.unlink(missing_ok=True)
            os.close(handle)
            raise
        if mine:
            _MINE.add(path.name)
            return Seat(path, handle, present)
        os.close(handle)


def present(folder: Path) -> list[Present]:
    """Everybody who has this store open now, oneself too; nothing is changed."""
    return _there(folder / "desks", set())


def others(seat: Seat) -> list[Present]:
    """Everybody but the session that has this seat."""
    return _there(seat.path.parent, {seat.path.name})


def labels(folder: Path, there: list[Present]) -> str:
    """The names of those who are there, for a sentence."""
    names = {slot.id: slot.label for slot in header.labels(folder)}
    said = sorted({names.get(one.member, i18n.say("somebody with the recovery words")) for one in there})
    return ", ".join(said) or i18n.say("another screen")


def named(folder: Path) -> list[tuple[str, Present, bool]]:
    """Everybody who is there with a label, and whether it is under this account of the computer."""
    mine = account(document.read(folder).now.store)
    return [(labels(folder, [one]), one, one.account == mine) for one in present(folder)]


@contextmanager
def alone_or_say(folder: Path, held: lock.Held, seat: Seat | None) -> Iterator[None]:
    """Hold the store alone, or do nothing and say who is there.

    Args:
        folder: the store's folder.
        held: one's own shared hold, there again afterwards.
        seat: one's own place; None when one has not sat down.

    Raises:
        errors.TryAgain: ``others-at-the-desk``.
    """
    with lock.alone(held) as mine:
        if not mine:
            there = others(seat) if seat else present(folder)
            raise errors.TryAgain("others-at-the-desk", who=labels(folder, there))
        yield


def refuse_other_person(folder: Path, seat: Seat) -> None:
    """Two people under one account of the computer can reach into each other's sessions: the second is refused.

    Raises:
        errors.Refused: ``other-person-here``.
    """
    mine = seat.present
    there = [
        one for one in _there(seat.path.parent, _MINE | {seat.path.name})
        if one.account == mine.account and one.member != mine.member
    ]  # fmt: skip
    if there:
        raise errors.Refused("other-person-here", who=labels(folder, there))


def account(store: str) -> str:
    """This account of the computer, as a hash bound to the store."""
    name = str(os.getuid()) if sys.platform != "win32" else getpass.getuser().casefold()
    return hashlib.sha256(f"triage/account/v1/{store}/{name}".encode()).hexdigest()[:16]


def _there(room: Path, but: set[str]) -> list[Present]:
    found = (_read(path) for path in sorted(room.glob("*.json")) if path.name not in but)
    return [one for one in found if one is not None]


def _read(path: Path) -> Present | None:
    """Who holds this file; None when nobody does."""
    try:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    try:
        for _time in range(50):
            if _hold(handle):
                return None
            os.lseek(handle, 0, os.SEEK_SET)
            said = os.read(handle, _LONGEST)
            if said:
                return _parsed(said)
            # It is held and not written yet: that takes no time worth naming.
            time.sleep(0.01)
        return None
    finally:
        os.close(handle)


def _parsed(said: bytes) -> Present | None:
    try:
        found = json.loads(said)
        return Present(str(found["member"]), str(found["account"]), int(found["pid"]), str(found["since"]))
    except (ValueError, TypeError, KeyError):
        # Not one of ours; doctor names it.
        return None


def _clear(path: Path) -> None:
    """Remove a file whose session is gone."""
    # Whoever else clears at the same time may be first, and on Windows one that is open stays.
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            mine = _hold(handle)
            if mine and os.name != "nt":
                path.unlink()
        finally:
            os.close(handle)
        if mine and os.name == "nt":
            path.unlink()


def _same(path: Path, handle: int) -> bool:
    """Whether the name still leads to the file that is held."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _hold(handle: int) -> bool:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

else:

    def _hold(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
