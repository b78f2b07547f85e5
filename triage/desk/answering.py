"""What is recorded when questions are answered: each answer in a row of its own, none overwritten."""

from __future__ import annotations

from collections.abc import Mapping

from triage import errors, i18n, models
from triage.desk import found
from triage.desk.session import Desk, OnCase
from triage.response import level, playbook
from triage.store.records import cases as case_rows


def split(answers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Answers to the questions of the level, and circumstances, told apart and checked.

    Raises:
        errors.UsageError: an unknown key or value, naming what is allowed.
    """
    known = playbook.circumstances()
    facts = {key: value.strip().casefold() for key, value in answers.items() if key in known}
    for key, value in facts.items():
        if value not in ("yes", "no", "unknown"):
            raise errors.UsageError("unknown-value", name=key, value=value, allowed="yes, no, unknown")
    return level.check_answers({key: value for key, value in answers.items() if key not in known}), facts


def record(desk: Desk, on: OnCase, one: models.Person, factors: Mapping[str, str]) -> frozenset[str]:
    """Record answers; the factors whose answer is now another one."""
    present, changed = case_rows.answers(on.session, one.id), set[str]()
    for factor, value in factors.items():
        former = present.get(factor)
        if former is not None:
            same = former.value == value
            if same and factor not in found.OF_THE_MOMENT:
                continue
            former.replaced_at = on.now
            changed |= set() if same else {factor}
        on.session.add(
            models.Answer(person_id=one.id, factor=factor, value=value, answered_at=on.now, by=desk.label)
        )
    return frozenset(changed)


def as_seen(on: OnCase, one: models.Person, seen: Mapping[str, str | None]) -> None:
    """Refuse to replace an answer that was not there when the question was looked at."""
    rows = case_rows.answers(on.session, one.id)
    facts = case_rows.circumstances(on.session, on.case.id)
    for key, value in seen.items():
        row = facts.get(key) if key in playbook.circumstances() else rows.get(key)
        if row is not None and row.value != value:
            raise errors.Refused("answered-elsewhere", at=i18n.moment(row.answered_at), by=row.by)


def outdate(on: OnCase, changed: frozenset[str]) -> None:
    """«No» to what is asked behind an answer was said of the former one: a new danger is asked about anew."""
    for key, row in case_rows.circumstances(on.session, on.case.id).items():
        if row.value == "no" and playbook.circumstances()[key].after in changed:
            row.replaced_at = on.now


def set_facts(desk: Desk, on: OnCase, facts: Mapping[str, str]) -> None:
    """Record circumstances."""
    present = case_rows.circumstances(on.session, on.case.id)
    for key, value in facts.items():
        former = present.get(key)
        if former is not None:
            if former.value == value:
                continue
            former.replaced_at = on.now
        on.session.add(
            models.Circumstance(case_id=on.case.id, key=key, value=value, answered_at=on.now, by=desk.label)
        )
