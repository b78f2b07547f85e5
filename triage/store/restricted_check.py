"""Whether restricted cases are what the log says: whole for who is named, there at all for everybody else."""

from __future__ import annotations

from triage import errors
from triage.store import audit, restricted, restricted_folders
from triage.store.audit import Problem
from triage.store.opened import Opened
from triage.store.records import restricted as rows
from triage.store.restricted import Tells


def problems(held: Opened, tells: Tells) -> list[Problem]:
    """What is not as it should be, each with the id of its case."""
    with held.reading() as session:
        known = rows.listed(session)
        named = rows.named(session)
    found = []
    for row in known:
        place = restricted_folders.folder(held.folder, row.id)
        if held.unlocked.member_id in named.get(row.id, ()):
            found += _inside(held, row.id, tells)
        elif not restricted_folders.database(place, row.key_number).is_file():
            found.append(Problem("restricted", row.id))
    return found


def _inside(held: Opened, ref: str, tells: Tells) -> list[Problem]:
    try:
        inner = restricted.open(held, ref, tells)
    except errors.StoreDamaged:
        return [Problem("restricted", ref)]
    try:
        with inner.reading() as session:
            seen = audit.verify(session, inner.unlocked)
    finally:
        inner.close()
    return [Problem(one.code, f"{ref} {one.where}") for one in seen.problems]
