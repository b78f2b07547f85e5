"""Who can open a restricted case: let in, taken out, let in by its recovery words."""

from __future__ import annotations

from triage import errors
from triage.desk import restricted
from triage.desk.session import Desk
from triage.store import restricted as store
from triage.store import restricted_keys
from triage.store.records import cases as case_rows
from triage.store.records import restricted as rows


def name(desk: Desk, ref: str, label: str) -> None:
    """Let one more member in; who is named does it.

    Raises:
        errors.Refused: ``restricted-not-named``, ``restricted-subject``, ``restricted-named-already``.
        errors.UsageError: ``no-such-member``.
    """
    inside = restricted.inside_of(desk, ref)
    member_id = restricted.member(desk, label)
    with inside.opened.reading() as session:
        about = case_rows.setting(session, store.SUBJECTS).split()
    if member_id in about:
        raise errors.Refused("restricted-subject", label=label)
    with desk.opened.reading() as session:
        if member_id in rows.keys(session, inside.inner.ref):
            raise errors.Refused("restricted-named-already", label=label)
    restricted_keys.let_in(inside.inner, member_id)


def unname(desk: Desk, ref: str, label: str) -> None:
    """Take a member out: the case gets a new key. She keeps what she has read.

    Raises:
        errors.Refused: ``restricted-not-named``, ``restricted-needs-two``.
        errors.TryAgain: ``restricted-in-use``: somebody else has the case open.
    """
    inside = restricted.inside_of(desk, ref)
    member_id = restricted.member(desk, label)
    with desk.opened.reading() as session:
        people = list(rows.keys(session, inside.inner.ref))
    if member_id not in people:
        raise errors.Refused("restricted-named-not", label=label)
    people.remove(member_id)
    with desk.opened.reading() as session:
        words = rows.recovery(session, inside.inner.ref)
    if len(people) < (restricted.FEWEST if words is None else 1):
        raise errors.Refused("restricted-needs-two")
    if desk.opened.unlocked.member_id not in people:
        raise errors.Refused("restricted-not-yourself")
    try:
        restricted_keys.renew(inside.inner, people, "restricted.unnamed", removed=member_id)
    finally:
        restricted.leave(desk, inside.inner.ref)


def new_words(desk: Desk, ref: str, keep: restricted.Keep) -> None:
    """Make recovery words for a case, in the place of those there are; a named person does it."""
    restricted_keys.new_words(restricted.inside_of(desk, ref).inner, keep)


def recover(desk: Desk, ref: str, outside: str, inside: str) -> None:
    """Let the member at the desk in, by both halves of the case's recovery words.

    Raises:
        errors.Refused: ``restricted-no-words``, ``restricted-subject``.
        errors.WrongPassphrase: the words.
    """
    restricted_keys.let_in_by_words(desk.opened, ref.strip().upper(), outside, inside)
