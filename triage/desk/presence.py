"""Who is at the desk besides oneself, and whether several people may share one account of the computer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from triage import clock, errors, i18n, models
from triage.desk.session import Desk
from triage.store import desks
from triage.terms import Right


@dataclass(frozen=True, slots=True)
class Line:
    """A session that has the store open."""

    label: str
    """Who sits there."""
    since: datetime
    """When they sat down."""
    pid: int
    """Its process on this computer."""
    mine: bool
    """Whether it runs under the account of who asks."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "label": self.label, "since": clock.text(self.since), "pid": self.pid, "same_account": self.mine,
        }  # fmt: skip


def there(folder: Path) -> list[Line]:
    """Everybody who has the store open now; no passphrase is needed.

    Raises:
        errors.UsageError: ``store-missing``, ``not-a-store``, ``store-newer``.
    """
    found = desks.named(folder)
    return [Line(label, clock.parse(one.since), one.pid, mine) for label, one, mine in found]


def set_shared(desk: Desk, *, accepted: bool) -> None:
    """Accept, or refuse again, that several people use one account of the computer; only a lead may.

    Raises:
        errors.Refused: ``only-a-lead``.
    """
    if desk.opened.unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    value = "accepted" if accepted else "refused"
    with desk.opened.acting("store.shared-account-set", value=value) as act:
        row = act.session.get(models.Setting, desks.SHARED) or models.Setting(key=desks.SHARED, value="")
        row.value = value
        act.session.add(row)
    desk.opened.shared_account = accepted


def said(desk: Desk) -> str:
    """What an unlocked store says of it; empty when there is nothing to say."""
    if not desk.opened.shared_account:
        return ""
    return i18n.say("Several people use this account of the computer: accepted by the lead.")
