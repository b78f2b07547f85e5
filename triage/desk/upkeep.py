"""Keeping the store well: the log checked, backups made and restored, its state examined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from triage import clock, errors
from triage.desk.session import Desk
from triage.store import audit, backup, doctor, findings


def verify_log(desk: Desk) -> audit.Audit:
    """Check the whole log: chain, signatures, live rows, evidence, the anchor outside the store."""
    with desk.opened.reading() as session:
        return audit.verify(session, desk.opened.unlocked)


def log(
    desk: Desk, *, ref: str | None = None, member: str | None = None, act: str | None = None, limit: int = 50
) -> list[audit.Entry]:
    """The newest entries of the log: all, or those of one case, by one member, of one act."""
    with desk.opened.reading() as session:
        return audit.entries(session, ref=ref, member=member, act=act, limit=limit)


def make_backup(desk: Desk, out: Path, progress: Callable[[int, int], None] | None = None) -> backup.Made:
    """Make a backup, or bring the one in ``out`` up to date; it is opened and compared before it counts."""
    return backup.make(desk.opened, out, progress=progress)


def restore_backup(
    source: Path,
    folder: Path,
    words: str,
    *,
    label: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    buried: Sequence[Path] = (),
) -> backup.Restored:
    """Restore a backup into a new or empty folder, checked before and after."""
    return backup.restore(
        source, folder, label=label, passphrase=words, clock=clock.SystemClock(), progress=progress,
        buried=buried,
    )  # fmt: skip


def knows_deletions(source: Path) -> bool:
    """Whether this computer knows of deletions in the store that a backup is of."""
    return backup.knows_tombstones(source)


def verify_backup(
    source: Path,
    words: str,
    *,
    label: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> backup.Checked:
    """Open a backup and compare it with its manifest; nothing is written."""
    return backup.verify(source, label=label, passphrase=words, progress=progress)


def examine(folder: Path, desk: Desk | None, *, full: bool) -> tuple[findings.Finding, ...]:
    """What is whole, what is not, what to do; a part of it needs no passphrase."""
    return doctor.examine(folder, desk.opened if desk else None, full=full)


def unopened(error: errors.StoreDamaged) -> findings.Finding:
    """That a store could not be opened, as a finding."""
    return findings.Finding("database", False, error.code, dict(error.values))
