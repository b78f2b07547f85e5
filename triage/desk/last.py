"""Who was last at this computer's desk, remembered outside the store."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from triage import paths


def read(folder: Path) -> str | None:
    """The label of the member who was last at the desk of a store on this computer."""
    with contextlib.suppress(OSError):
        return _file(folder).read_text(encoding="utf-8")
    return None


def keep(folder: Path, label: str) -> None:
    """Remember who is at the desk, if that has changed; where it cannot be kept, the prompt asks next time."""
    if read(folder) == label:
        return
    with contextlib.suppress(OSError):
        paths.make_private(_file(folder).parent)
        paths.write_private(_file(folder), label.encode())


def forget(folder: Path) -> None:
    """Remember nobody: the store is going to be thrown away."""
    with contextlib.suppress(OSError):
        _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return paths.state_folder() / f"last-member-{name}"
