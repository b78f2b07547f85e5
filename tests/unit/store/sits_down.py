"""A process of its own that sits down at a store under a name and stays until its input ends."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.unit.store.conftest import NOON
from triage import clock, errors
from triage.store import opened
from triage.store.keys import header


def main(folder: str, label: str, words: str) -> int:
    """Say ``here`` once it sits, or the code of what refused it."""
    try:
        unlocked = header.unlock(Path(folder), label, words, allow_cheap=True)
        held = opened.open(unlocked, clock=clock.SetClock(NOON))
    except errors.TriageError as error:
        sys.stdout.write(f"{error.code} {error.status}\n")
        return error.status
    sys.stdout.write("here\n")
    sys.stdout.flush()
    sys.stdin.read()
    held.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
