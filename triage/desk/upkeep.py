"""Keeping the store well: the log checked, backups made and restored, its state examined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from triage import clock
from triage.desk import restricted
from triage.desk.session import Desk
from triage.store import audit, backup, doctor, restricted_check


def verify_log(desk: Desk) -> audit.Audit:
    """Check the whole log: chain, signatures, live rows, evidence, the anchor outside the store.

    Of restricted cases those too in which the member at the desk is named; of the others, that they are there.
    """
    with desk.opened.reading() as session:
        found = audit.verify(session, desk.opened.unlocked)
    inside = restricted_check.problems(desk.opened, restricted.tells)
    return replace(found, problems=(*found.problems, *inside))


def log(desk: Desk, *, ref: str | None = None, limit: int = 50) -> list[audit.Entry]:
    """The newest entries of the log, of one case or of all."""
    with desk.opened.reading() as session:
        return audit.entries(session, ref=ref, limit=limit)


def make_backup(desk: Desk, out: Path, progress: Callable[[int, int], None] | None = None) -> backup.Made:
    """Make a backup in a new place, opened and compared before it gets its name."""
    return backup.make(desk.opened, out, progress=progress)


def restore_backup(source: Path, folder: Path, words: str, *, label: str | None = None) -> backup.Restored:
    """Restore a backup into a new or empty folder, checked before and after."""
    return backup.restore(source, folder, label=label, passphrase=words, clock=clock.SystemClock())


def verify_backup(source: Path, words: str, *, label: str | None = None) -> backup.Checked:
    """Open a backup and compare it with its manifest; nothing is written."""
    return backup.verify(source, label=label, passphrase=words)


def examine(folder: Path, desk: Desk | None, *, full: bool) -> tuple[doctor.Finding, ...]:
    """What is whole, what is not, what to do; a part of it needs no passphrase."""
    found = doctor.examine(folder, desk.opened if desk else None, full=full)
    return found if desk is None else (*found, *_restricted(desk))


def _restricted(desk: Desk) -> list[doctor.Finding]:
    """Restricted cases: whole for who is named, there for everybody else; and which of them wait for a new key."""
    lines = restricted.lines(desk)
    if not lines:
        return []
    wrong = restricted_check.problems(desk.opened, restricted.tells)
    refs = ", ".join(sorted({one.where.partition(" ")[0] for one in wrong}))
    found = [
        doctor.Finding("restricted", ok=False, code="doctor-restricted-broken", values={"refs": refs})
        if wrong
        else doctor.Finding("restricted", ok=True, code="doctor-restricted")
    ]
    waiting = ", ".join(line.ref for line in lines if line.rekey)
    if waiting:
        found.append(
            doctor.Finding("restricted", ok=False, code="doctor-restricted-rekey", values={"refs": waiting})
        )
    return found
