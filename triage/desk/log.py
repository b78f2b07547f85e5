"""The log for people: its mark, how it stands to the anchor, and a copy for an auditor."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import errors, paths
from triage.desk import summaries
from triage.desk.session import Desk, one_line, outside
from triage.packet import contents
from triage.store import anchor, audit, export, mark
from triage.store.records import leaving

REASONS = anchor.REASONS
"""Why a lead takes a store as it is although the anchor speaks against it."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An entry and its mark."""

    seq: int
    """The entry's number."""
    at: datetime
    """When it was recorded."""
    by: str
    """Who recorded it."""
    words: str
    """Its six words."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A log that was exported."""

    number: str
    """The file's outside number."""
    entries: int
    """Number of the last entry in it."""
    fingerprint: str
    """SHA-256 of the school's key that sealed it, hex."""


def anchored(desk: Desk) -> str:
    """How the log stands to what this computer saw last."""
    with desk.opened.reading() as session:
        return anchor.state(session, desk.opened.unlocked)


def last(desk: Desk) -> audit.Entry:
    """The last entry of the log."""
    with desk.opened.reading() as session:
        return audit.find(session)[0]


def seen(desk: Desk) -> int:
    """The last entry that this computer has seen; 0 when that is not known."""
    kept = anchor.kept(desk.opened.unlocked)
    return kept.seq if kept is not None and kept.hash else 0


def agrees(state: str) -> bool:
    """Whether a state of the anchor has nothing against the store."""
    return state in anchor.AGREES


def marked(desk: Desk, seq: int | None = None) -> Marked:
    """An entry with its mark, the last one when no number is given; it takes about as long as an unlock.

    Args:
        desk: the desk.
        seq: the entry's number.

    Raises:
        errors.UsageError: ``no-such-entry``.
    """
    with desk.opened.reading() as session:
        entry, linked = audit.find(session, seq)
    words = mark.words(desk.opened.unlocked.store, entry.seq, linked)
    return Marked(entry.seq, entry.at, entry.member, words)


def confirm(desk: Desk, reason: str, note: str = "") -> int:
    """Say as a lead that the store is to be taken as it is although the anchor speaks against it; the entry's number.

    Raises:
        errors.Refused: ``only-a-lead``, ``anchor-agrees``.
        errors.UsageError: the note is no line.
    """
    return desk.opened.confirm_anchor(reason, one_line(note) if note.strip() else "")


def export_to(desk: Desk, out: Path, *, names: bool = False) -> Exported:
    """Write the whole log for an auditor who holds no key; that it was written is an entry, or nothing is.

    Args:
        desk: the desk.
        out: a new file.
        names: whether members stand in it with their labels.

    Raises:
        errors.Refused: ``inside-the-store``, ``file-exists``, ``anchor-unconfirmed``.
        errors.StoreDamaged: ``entry-unreadable``.
    """
    outside(desk, out)
    if out.exists() or out.is_symlink():
        raise errors.Refused("file-exists", file=str(out))
    number = contents.new_number()
    part = out.with_name(f".{number}.{secrets.token_hex(4)}.part")
    try:
        # Before the act: while it is written, other desks write too. The file ends with the entry it names.
        entries, fingerprint = _write(desk, part, number, names=names)
        with desk.opened.acting("audit.exported", export=number, entries=entries, names=names):
            pass
        part.replace(out)
        paths.sync_folder(out.parent)
    finally:
        part.unlink(missing_ok=True)
    return Exported(number, entries, fingerprint)


def _write(desk: Desk, part: Path, number: str, *, names: bool) -> tuple[int, str]:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file, desk.opened.reading() as session:
        entries = export.write(
            session,
            desk.opened.unlocked,
            file,
            number=number,
            made_at=desk.now(),
            names=names,
            signer=summaries.summary_key(desk, session),
        )
        file.flush()
        os.fsync(file.fileno())
        return entries, leaving.school_key(session, "summary").fingerprint
