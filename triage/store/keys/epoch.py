"""The next epoch: a new root key for those who stay, granted by one lead without anybody else's passphrase.

``plan`` makes the header and writes nothing; ``take_effect`` writes it. Between the two the database is copied
under the new key (``store.rotation``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from triage import errors
from triage.store.keys import cost as costs
from triage.store.keys import document, grants, person, recovery
from triage.store.keys.person import FLOOR, Cost
from triage.store.keys.unlocked import Slot, Unlocked
from triage.terms import Right


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who gets keys of her own with the new root."""

    label: str
    """How the person is called here."""
    right: Right
    """counsellor or lead."""
    passphrase: str
    """As it will be typed; its strength is ``passphrase.check``'s business, before."""
    instead_of: str | None = None
    """The id in whose place she comes: the same person, under keys that nobody has seen."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes different with the new root."""

    leaves: frozenset[str] = frozenset()
    """Ids of those who get no new root."""
    comes: tuple[Newcomer, ...] = ()
    """Those who get fresh keys."""
    words: bool = False
    """Whether the recovery words are made anew; the old ones then open nothing."""


@dataclass(frozen=True, slots=True)
class Next:
    """The coming epoch, not yet in effect."""

    unlocked: Unlocked
    """The store as it will be open, for whoever is at the desk then."""
    before: str
    """The core that it follows, hex."""
    words: str | None
    """The new recovery words' 16 bytes spelled by ``recovery``; None when the old ones stay."""
    set_number: int
    """The number of the set of words that opens it."""
    gone: tuple[Slot, ...]
    """Who has no slot any more, the old recovery words included."""
    fresh: tuple[Slot, ...]
    """Who has new keys, the new recovery words included."""
    instead: Mapping[str, str]
    """Id before to id now, of those who stay under fresh keys."""


def plan(
    unlocked: Unlocked, change: Change, *, language: str = "vi", cost: Cost = FLOOR, measured: bool = False
) -> Next:
    """Make the header of the next epoch.

    Args:
        unlocked: a lead's, or the recovery words'.
        change: what becomes different.
        language: of the list in which new recovery words are spelled.
        cost: of a guess at a new passphrase; cheaper than ``FLOOR`` in tests only.
        measured: take the dearest that this computer opens in time instead.

    Raises:
        errors.Refused: ``only-a-lead``, ``last-lead``.
        errors.UsageError: ``label-taken``.
    """
    if unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    now, root = unlocked.header(), bytearray(secrets.token_bytes(32))
    old_words = unlocked.recovery
    leaving = set(change.leaves) | {one.instead_of for one in change.comes if one.instead_of}
    leaving |= {old_words.id} if change.words else set()
    people = {id_: one for id_, one in now.people.items() if id_ not in leaving}
    number = now.people[old_words.id].set_number + (1 if change.words else 0)
    made: list[tuple[person.Person, person.Private, person.Lock]] = []
    cost = costs.measured() if measured and change.comes else cost
    for newcomer in change.comes:
        person.check_label(newcomer.label, [one.label for one in people.values()])
        one, private = person.Person.new(newcomer.label, newcomer.right)
        made.append((one, private, person.new_lock(newcomer.passphrase, cost)))
        people[one.id] = one
    raw = recovery.new() if change.words else None
    if raw is not None:
        one, private = person.Person.new(person.RECOVERY_LABEL, Right.LEAD, recovery=True)
        made.append((one, private, person.words_lock(raw, now.now.store, number)))
        people[one.id] = one
    if not any(one.right is Right.LEAD and not one.recovery for one in people.values()):
        raise errors.Refused("last-lead")
    coming = _granted(unlocked, people, made, root)
    instead = {
        newcomer.instead_of: one.id
        for newcomer, (one, _private, _lock) in zip(change.comes, made, strict=False)
        if newcomer.instead_of
    }
    return Next(
        _at_the_desk(unlocked, coming, made, root, instead),
        now.now.core,
        recovery.spell(raw, language) if raw is not None else None,
        number,
        tuple(Slot.of(now.people[id_]) for id_ in sorted(leaving)),
        tuple(Slot.of(one) for one, _private, _lock in made),
        instead,
    )


def take_effect(coming: Next) -> None:
    """Write the header of the next epoch: from here on the old root opens nothing new.

    Raises:
        errors.TryAgain: ``keys-changed``: somebody else has changed the header since; ``header-not-written``.
    """
    folder, header_now = coming.unlocked.folder, coming.unlocked.header()
    with document.alone(folder):
        lying = document.read(folder)
        if lying.now.core != coming.before:
            raise errors.TryAgain("keys-changed")
        # Somebody may have unlocked since, and has sealed her pin anew.
        kept = {id_: lying.people.get(id_, one) for id_, one in header_now.people.items()}
        written = replace(header_now, people=kept).with_mac(coming.unlocked.root())
        document.write(folder, written)
    coming.unlocked.advance(written)


def in_effect(coming: Next) -> bool:
    """Whether the header that lies there is the coming one: a failed write may have come through."""
    try:
        return document.read(coming.unlocked.folder).now.core == coming.unlocked.core
    except errors.TriageError:
        return True


def _granted(
    unlocked: Unlocked,
    people: dict[str, person.Person],
    made: list[tuple[person.Person, person.Private, person.Lock]],
    root: bytearray,
) -> document.Header:
    """The header under the new root: the grant by who is at the desk, fresh boxes for the fresh, slots for all."""
    now = unlocked.header().now
    statement = grants.Statement(
        now.store, now.epoch + 1, now.gen + 1, now.core, grants.root_commitment(root), grants.named(people)
    )
    for one, private, lock in made:
        # Who is at the desk, who came with the recovery words, and the words themselves have nobody to compare with.
        signer = unlocked.header().people[unlocked.member_id]
        known = one.recovery or signer.recovery or person.same_label(one.label, signer.label)
        people[one.id] = one.seal(lock, private, grants.Pin.on(statement, opened=known).as_bytes())
    grant = grants.give(statement, unlocked.member_id, unlocked.private())
    coming = document.Header(people, {}, (*unlocked.header().chain, grant))
    slots = {id_: one.public.seal(root, coming.slot_info(id_)) for id_, one in people.items()}
    return replace(coming, slots=slots).with_mac(root)


def _at_the_desk(
    unlocked: Unlocked,
    coming: document.Header,
    made: list[tuple[person.Person, person.Private, person.Lock]],
    root: bytearray,
    instead: Mapping[str, str],
) -> Unlocked:
    """Who goes on at the desk: the same person; under fresh keys if they are hers; else the first who came."""
    privates = {one.id: private for one, private, _lock in made}
    id_ = instead.get(unlocked.member_id, unlocked.member_id)
    if id_ not in coming.people:
        id_ = next(one.id for one, _private, _lock in made)
    private = privates.get(id_) or unlocked.private()
    return Unlocked(unlocked.folder, coming, id_, private, root, first_time=False)
