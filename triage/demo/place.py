"""A throw-away place for the invented school; with it goes what this computer remembers of the stores in it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from triage import errors
from triage.desk import last
from triage.store import anchor
from triage.store.keys import document


@contextlib.contextmanager
def throw_away(*, keep: bool = False) -> Iterator[Path]:
    """A new folder of the owner's alone; deleted at the end, unless it is to be kept."""
    place = Path(tempfile.mkdtemp(prefix="triage-demo-"))
    try:
        yield place
    finally:
        if not keep:
            for header in place.glob("*/header.json"):
                last.forget(header.parent)
                with contextlib.suppress(errors.TriageError):
                    shutil.rmtree(anchor.room(document.read(header.parent).now.store), ignore_errors=True)
            shutil.rmtree(place, ignore_errors=True)
