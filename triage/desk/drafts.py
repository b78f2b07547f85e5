"""Drafts: what is typed into a form and not yet used, kept encrypted within a second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from triage import models
from triage.desk.session import Desk
from triage.store.records import drafts as rows

PLACE = "place"
"""The form under which it is kept where a member was on the screen: ``place:`` and the screen's name."""

TRIAL = "trial"
"""The form under which the trial remembers which cases are the invented school's."""
_HIDDEN = frozenset({PLACE, TRIAL})
"""First parts of the names of what the screen keeps for itself."""


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
        return None if row is None else _draft(row)


def listed(desk: Desk) -> list[Draft]:
    """The drafts of the member at the desk, the newest first; what the screen keeps for itself is none."""
    with desk.opened.reading() as session:
        found = rows.of_member(session, desk.opened.unlocked.member_id)
        return [_draft(row) for row in found if row.form.partition(":")[0] not in _HIDDEN]


def place(desk: Desk, screen: str) -> Draft | None:
    """Where a member was on this screen; else on the screen that was left last, without an end of its own."""
    with desk.opened.reading() as session:
        found = [
            _draft(row)
            for row in rows.of_member(session, desk.opened.unlocked.member_id)
            if row.form.partition(":")[0] == PLACE
        ]
    return next((one for one in found if one.form == f"{PLACE}:{screen}"), found[0] if found else None)


def _draft(row: models.Draft) -> Draft:
    return Draft(row.form, json.loads(row.text), row.saved_at)
