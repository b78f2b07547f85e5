"""Keeping the store well: the log checked, backups made and restored, its state examined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from triage import clock, errors
from triage.desk import restricted
from triage.desk.session import Desk
from triage.store import audit, backup, doctor, findings, restricted_check


def verify_log(desk: Desk) -> audit.Audit:
    """Check the whole log: chain, signatures, live rows, evidence, the anchor outside the store.

    Of restricted cases those too in which the member at the desk is named; of the others, that they are there.
    """
    with desk.opened.reading() as session:
        found = audit.verify(session, desk.opened.unlocked)
    inside = restricted_check.problems(desk.opened, restricted.tells)
    return replace(found, problems=(*found.problems, *inside))


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
    found = doctor.examine(folder, desk.opened if desk else None, full=full)
    return found if desk is None else (*found, *_restricted(desk))


def _restricted(desk: Desk) -> list[findings.Finding]:
    """Restricted cases: whole for who is named, there for everybody else; and which of them wait for a new key."""
    lines = restricted.lines(desk)
    if not lines:
        return []
    wrong = restricted_check.problems(desk.opened, restricted.tells)
    refs = ", ".join(sorted({one.where.partition(" ")[0] for one in wrong}))
    found = [
        findings.Finding("restricted", ok=False, code="doctor-restricted-broken", values={"refs": refs})
        if wrong
        else findings.Finding("restricted", ok=True, code="doctor-restricted")
    ]
    waiting = ", ".join(line.ref for line in lines if line.rekey)
    if waiting:
        found.append(
            findings.Finding("restricted", ok=False, code="doctor-restricted-rekey", values={"refs": waiting})
        )
    return found


def unopened(error: errors.StoreDamaged) -> findings.Finding:
    """That a store could not be opened, as a finding."""
    return findings.Finding("database", False, error.code, dict(error.values))
