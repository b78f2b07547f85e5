"""A desk of its own process: takes files in and says so, or only comes and goes. Run by ``test_many_desks``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from triage import clock, models
from triage.store import evidence, lock, opened
from triage.store.keys import header

NOON = clock.SetClock(datetime(2026, 11, 25, 5, 0, tzinfo=UTC))
TIMES = 15


def sit_down(store: Path) -> opened.Opened:
    """The store, opened."""
    return opened.open(header.unlock(store, None, "p", allow_cheap=True), clock=NOON)


def take(store: Path, desk: str) -> None:
    """Take the same file in again and again; each act is acknowledged when it is durable."""
    held = sit_down(store)
    for number in range(TIMES):
        with held.acting("evidence.added") as act:
            taken = evidence.take_path(
                store, store.parent / "chat.txt", store=held.unlocked.store, max_bytes=10**6
            )
            act.session.add(
                models.Evidence(
                    case_id=1, item=f"E-{desk}{number:03}", added_at=NOON.now(), by="x", file=taken.file,
                    key=taken.key, sha256=taken.sha256, size=taken.size, statement="no-sexual-image",
                )
            )  # fmt: skip
        print(act.seq, flush=True)  # noqa: T201 - the acknowledgement
    held.close()


@contextmanager
def _without_asking(held: lock.Held) -> Iterator[bool]:
    yield held.handle >= 0


if __name__ == "__main__":
    role, folder = sys.argv[1], Path(sys.argv[2])
    if "careless" in sys.argv:
        lock.alone = _without_asking
    if role == "visit":
        for _ in range(TIMES):
            sit_down(folder).close()
    else:
        take(folder, role)
