"""Drafts: what is typed into a form and not yet used, kept encrypted within a second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from triage.desk.session import Desk
from triage.store.records import drafts as rows

PLACE = "place"
"""The form under which it is kept where a member was on the screen."""

TRIAL = "trial"
"""The form under which the trial remembers which cases are the invented school's."""
_HIDDEN = frozenset({PLACE, TRIAL})


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into a form."""

    form: str
    """The form's name: ``report``, ``note:2026-0001``."""
    fields: Mapping[str, str]
    """Field to what stands in it."""
    saved_at: datetime
    """When it was last kept."""


def keep(desk: Desk, drafts: Mapping[str, Mapping[str, str]]) -> None:
    """Keep forms' fields in one transaction; a form without fields loses its draft. No entry in the log."""
    member = desk.opened.unlocked.member_id
    with desk.opened.drafting() as session:
        for form, fields in drafts.items():
            if fields:
                rows.keep(session, member, form, json.dumps(dict(fields)), desk.now())
            else:
                rows.forget(session, member, form)


def find(desk: Desk, form: str) -> Draft | None:
    """A form's draft of the member at the desk, if there is one."""
    with desk.opened.reading() as session:
        row = rows.find(session, desk.opened.unlocked.member_id, form)
        return None if row is None else Draft(row.form, json.loads(row.text), row.saved_at)


def listed(desk: Desk) -> list[Draft]:
    """The drafts of the member at the desk, the newest first; what the screen keeps for itself is none."""
    with desk.opened.reading() as session:
        found = rows.of_member(session, desk.opened.unlocked.member_id)
        return [
            Draft(row.form, json.loads(row.text), row.saved_at) for row in found if row.form not in _HIDDEN
        ]
