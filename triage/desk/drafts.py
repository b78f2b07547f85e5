"""Drafts: what is typed into a form and not yet used, kept encrypted within a second."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from triage import models
from triage.desk.session import Desk
from triage.store.records import drafts as rows

PLACE = "place"
"""The form under which it is kept where a member was on the screen: ``place:`` and the screen's name."""

TRIAL = "trial"
"""The form under which the trial remembers which cases are the invented school's."""
_OF = "~"
"""Stands in a draft's name between the form and the screen."""
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
    name: str
    """The draft's own name: its form's, and the screen's when another one was typing into the same form."""


def keep(
    desk: Desk, screen: str, drafts: Mapping[str, Mapping[str, str]], known: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Keep forms' fields in one transaction; a form without fields loses its draft. No entry in the log.

    A draft that another screen has written meanwhile is not touched: what this one has goes into a draft of its own.

    Args:
        desk: the desk.
        screen: this screen's name among others on the store.
        drafts: draft to what stands in its form now.
        known: draft to what this screen last wrote or read of it.

    Returns:
        The draft in which each lies now.
    """
    member = desk.opened.unlocked.member_id
    lies = {}
    with desk.opened.drafting() as session:
        for name, fields in drafts.items():
            row = rows.find(session, member, name)
            before = _text(known.get(name, {}))
            mine = row is None or row.text in (before, _text(fields))
            lies[name] = name if mine else _beside(name, screen)
            # Used up or thrown away meanwhile, and nothing was changed here since: it does not come back.
            gone = row is None and before == _text(fields) and not _hidden(name)
            if fields and not gone:
                rows.keep(session, member, lies[name], _text(fields), desk.now())
            elif mine:
                rows.use(session, member, name, before)
    return lies


def beside(desk: Desk, form: str, fields: Mapping[str, str]) -> None:
    """Keep words as one more draft of a form that has one already."""
    with desk.opened.drafting() as session:
        rows.keep(
            session,
            desk.opened.unlocked.member_id,
            _beside(form, secrets.token_hex(4)),
            _text(fields),
            desk.now(),
        )


def drop(desk: Desk, draft: Draft) -> bool:
    """Throw a draft away, unless it is another one by now; whether it is gone."""
    with desk.opened.drafting() as session:
        return rows.use(session, desk.opened.unlocked.member_id, draft.name, _text(draft.fields))


def find(desk: Desk, form: str, screen: str = "", name: str = "") -> Draft | None:
    """What was typed into a form: the draft of this name, else this screen's own, else the usual one."""
    with desk.opened.reading() as session:
        found = map(_draft, rows.of_member(session, desk.opened.unlocked.member_id))
        mine = {one.name: one for one in found if one.form == form}
    own = next((one for one in mine if one.endswith(f"{_OF}{screen}")), form)
    return mine.get(name) or mine.get(own)


def using(desk: Desk, name: str, fields: Mapping[str, str]) -> AbstractContextManager[None]:
    """The first act within uses up a draft: it goes in the act's own transaction, or stays.

    Args:
        desk: the desk.
        name: the draft's.
        fields: what it held; one that holds something else by now (another screen's) stays.
    """
    return desk.opened.using(name, _text(fields))


def listed(desk: Desk) -> list[Draft]:
    """The drafts of the member at the desk, the newest first; what the screen keeps for itself is none."""
    with desk.opened.reading() as session:
        found = rows.of_member(session, desk.opened.unlocked.member_id)
        return [_draft(row) for row in found if not _hidden(row.form)]


def place(desk: Desk, screen: str) -> Draft | None:
    """Where a member was on this screen; else on the screen that was left last, without an end of its own."""
    with desk.opened.reading() as session:
        found = [
            _draft(row)
            for row in rows.of_member(session, desk.opened.unlocked.member_id)
            if row.form.partition(":")[0] == PLACE
        ]
    return next((one for one in found if one.form == f"{PLACE}:{screen}"), found[0] if found else None)


def _hidden(name: str) -> bool:
    return name.partition(":")[0] in _HIDDEN


def _beside(name: str, screen: str) -> str:
    """A draft beside one that another screen has written."""
    return f"{name}{_OF}{screen}"


def _draft(row: models.Draft) -> Draft:
    return Draft(row.form.partition(_OF)[0], json.loads(row.text), row.saved_at, row.form)


def _text(fields: Mapping[str, str]) -> str:
    """A form's fields as they are kept."""
    return json.dumps(dict(fields))
