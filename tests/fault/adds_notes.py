"""A program for test_kill: opens a store and adds notes, saying each number once the note is kept."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tests.fault import needles
from triage.desk import cases, session


def main(folder: Path, ref: str, first: int) -> None:
    """Add notes until killed; the passphrase is the first line of standard input."""
    desk = session.open_store(folder, sys.stdin.readline().rstrip("\n"))
    for number in itertools.count(first):
        cases.note(desk, ref, f"Ghi {number}: {needles.NAME}, {needles.PHONE}. {needles.SENTENCE}")
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
