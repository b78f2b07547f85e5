"""Make a store's header, unlock it, add a member: the door to the store."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag

from triage import errors, paths
from triage.store.keys import cost as costs
from triage.store.keys import document, grants, person, recovery
from triage.store.keys.grants import compare_words
from triage.store.keys.person import FLOOR, Cost, same_label
from triage.store.keys.unlocked import Slot, Unlocked
from triage.terms import Right

__all__ = ["FLOOR", "Cost", "Slot", "Unlocked", "add_member", "change_passphrase", "compare_words", "create", "labels",
           "recover", "same_label", "unlock"]  # fmt: skip


def labels(folder: Path) -> tuple[Slot, ...]:
    """The members, by label; no secret is needed and nothing is proven.

    Raises:
        errors.UsageError: ``store-missing``, ``not-a-store``, ``store-newer``.
        errors.StoreDamaged: ``header-unreadable``.
    """
    slots = [Slot.of(one) for one in document.read(folder).people.values() if not one.recovery]
    return tuple(sorted(slots, key=lambda slot: (slot.label.casefold(), slot.id)))


def create(
    folder: Path,
    *,
    label: str,
    passphrase: str,
    school: str,
    code: str,
    now: datetime,
    cost: Cost = FLOOR,
    measured: bool = False,
    language: str = "vi",
) -> tuple[Unlocked, str, str]:
    """Make the folder (0700) and header.json: a first member, who is a lead, and the recovery words.

    Args:
        folder: where; must not hold a header.
        label: the first member's label.
        passphrase: her passphrase; its strength is ``passphrase.check``'s business, before.
        school: not kept here: header.json is readable by all who have the folder.
        code: likewise.
        now: likewise.
        cost: of one guess; cheaper than ``FLOOR`` in tests only.
        measured: take the dearest that this computer opens in time instead.
        language: of the list in which the recovery words are spelled.

    Returns:
        The unlocked store, the 14 recovery words, and six words for the header.

    Raises:
        errors.Refused: ``store-exists``.
    """
    del school, code, now
    person.check_label(label, ())
    paths.make_private(folder)
    if (folder / "header.json").exists():
        raise errors.Refused("store-exists", folder=str(folder))
    store, root, raw = secrets.token_hex(16), bytearray(secrets.token_bytes(32)), recovery.new()
    locks = {
        label: (Right.LEAD, False, _lock(passphrase, cost, measured)),
        person.RECOVERY_LABEL: (Right.LEAD, True, person.words_lock(raw, store, 1)),
    }
    people, privates = {}, {}
    for name, (right, is_recovery, _) in locks.items():
        one, private = person.Person.new(name, right, recovery=is_recovery)
        people[one.id], privates[one.id] = one, private
    first = next(iter(people))
    statement = grants.Statement(
        store, 1, 1, grants.BEFORE_ALL, grants.root_commitment(root), grants.named(people)
    )
    pin = grants.Pin.on(statement, opened=True).as_bytes()
    people = {id_: one.seal(locks[one.label][2], privates[id_], pin) for id_, one in people.items()}
    header = document.Header(people, {}, (grants.give(statement, first, privates[first]),))
    slots = {id_: one.public.seal(root, header.slot_info(id_)) for id_, one in people.items()}
    header = replace(header, slots=slots).with_mac(root)
    document.write(folder, header)
    unlocked = Unlocked(folder, header, first, privates[first], root, first_time=False)
    return unlocked, recovery.spell(raw, language), unlocked.compare_words


def unlock(
    folder: Path, label: str | None, passphrase: str, *, allow_cheap: bool = False, keep_pin: bool = True
) -> Unlocked:
    """Open the store as a member.

    Args:
        folder: the store.
        label: who; may be left out when there is one member.
        passphrase: as typed.
        allow_cheap: open a header whose lock is cheaper than ``FLOOR``; for tests only.
        keep_pin: write the pin anew when the header advanced; False leaves the folder untouched (a backup).

    Raises:
        errors.UsageError: ``store-missing``, ``not-a-store``, ``store-newer``, ``no-such-member``,
            ``member-needed``.
        errors.WrongPassphrase: the passphrase, or the header's salt, KDF or commitment.
        errors.StoreDamaged: anything else in the header is not what a confirmed lead wrote.
    """
    header = document.read(folder)
    one = _member(header, label)
    lock = person.old_lock(passphrase, one.kdf, allow_cheap=allow_cheap)
    try:
        return _enter(folder, header, one, lock, keep_pin)
    except errors.WrongPassphrase:
        if one.kdf["marks"] != (not passphrase.isascii()):
            raise errors.WrongPassphrase("wrong-marks" if one.kdf["marks"] else "wrong-no-marks") from None
        raise


def recover(folder: Path, words: str, *, keep_pin: bool = True) -> Unlocked:
    """Open the store with the recovery words; a wrong word is named with its place.

    Args:
        folder: the store.
        words: as typed, or the sheet.
        keep_pin: write the pin anew when the header advanced; False leaves the folder untouched (a drill).

    Raises:
        errors.UsageError: ``store-missing``, ``not-a-store``, ``store-newer``.
        errors.WrongPassphrase: ``recovery-...``: which word, or that these are not this store's words.
        errors.StoreDamaged: as ``unlock``.
    """
    header = document.read(folder)
    one = next((one for one in header.people.values() if one.recovery), None)
    if one is None or set(one.kdf) != {"kind", "set"} or not isinstance(one.kdf["set"], int):
        raise errors.WrongPassphrase("wrong-kdf")
    store, number = header.now.store, one.kdf["set"]

    def fits(raw: bytes) -> bool:
        return person.words_lock(raw, store, number).commit == one.commit

    problem = recovery.diagnose(words, fits)
    if problem is not None:
        raise problem.error(number)
    return _enter(folder, header, one, person.words_lock(recovery.read(words), store, number), keep_pin)


def add_member(
    folder: Path,
    unlocked: Unlocked,
    *,
    label: str,
    right: Right,
    passphrase: str,
    cost: Cost = FLOOR,
    measured: bool = False,
) -> Slot:
    """Add a member; her first unlock shows six words to compare with the lead's screen.

    Raises:
        errors.Refused: ``only-a-lead``.
        errors.UsageError: ``label-taken``.
        errors.StoreDamaged: the header was changed meanwhile by someone who is not a lead.
    """
    if unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    lock = _lock(passphrase, cost, measured)
    new, private = person.Person.new(label, right)
    root = unlocked.root()
    with document.alone(folder):
        header = again(folder, unlocked)
        person.check_label(label, [one.label for one in header.people.values()])
        people = dict(header.people) | {new.id: new}
        now = replace(
            header.now, gen=header.now.gen + 1, previous=header.now.core, people=grants.named(people)
        )
        people[new.id] = new.seal(lock, private, grants.Pin.on(now, opened=False).as_bytes())
        grant = grants.give(now, unlocked.member_id, unlocked.private())
        header = replace(header, people=people, chain=(*header.chain, grant))
        slot = new.public.seal(root, header.slot_info(new.id))
        header = replace(header, slots=dict(header.slots) | {new.id: slot}).with_mac(root)
        document.write(folder, header)
    private.forget()
    unlocked.advance(header)
    return Slot.of(people[new.id])


def change_passphrase(
    folder: Path, unlocked: Unlocked, passphrase: str, *, cost: Cost = FLOOR, measured: bool = False
) -> None:
    """Lock the keys of the person at the desk by another passphrase; the keys stay the same.

    Not for one that somebody may have seen: with it and an older header.json the same keys are opened.

    Raises:
        errors.TryAgain: ``keys-changed``, ``header-not-written``.
        errors.StoreDamaged: the header was changed meanwhile by someone who is not a lead.
    """
    lock = _lock(passphrase, cost, measured)
    with document.alone(folder):
        header = again(folder, unlocked)
        pin = grants.Pin.on(header.now, opened=True).as_bytes()
        mine = header.people[unlocked.member_id].seal(lock, unlocked.private(), pin)
        people = dict(header.people) | {mine.id: mine}
        header = replace(header, people=people).with_mac(unlocked.root())
        document.write(folder, header)
    unlocked.advance(header)


def again(folder: Path, unlocked: Unlocked) -> document.Header:
    """The header as it lies there now, followed from the one that was opened; under ``document.alone``.

    Raises:
        errors.TryAgain: ``keys-changed``: a lead has given the store new keys meanwhile.
        errors.StoreDamaged: it was changed by someone who is not a lead.
    """
    return _followed(folder, unlocked.header(), unlocked.root())


def _followed(folder: Path, seen: document.Header, root: bytearray) -> document.Header:
    header = document.read(folder)
    if header.now.store == seen.now.store and header.now.epoch > seen.now.epoch:
        raise errors.TryAgain("keys-changed")
    header.check(root)
    grants.follow(grants.Pin.on(seen.now, opened=True), header.chain)
    return header


def _lock(passphrase: str, cost: Cost, measured: bool) -> person.Lock:
    return person.new_lock(passphrase, costs.measured() if measured else cost)


def _enter(
    folder: Path, header: document.Header, one: person.Person, lock: person.Lock, keep_pin: bool
) -> Unlocked:
    private, pinned = one.open(lock)
    pin = grants.Pin.from_bytes(pinned)
    try:
        root = bytearray(private.open(header.slots[one.id], header.slot_info(one.id)))
    except (InvalidTag, ValueError, KeyError):
        raise errors.StoreDamaged("header-slot") from None
    header.check(root)
    grants.follow(pin, header.chain)
    if keep_pin and (pin.gen != header.now.gen or not pin.opened):
        header = _pin_again(folder, header, one, lock, private, root)
    return Unlocked(folder, header, one.id, private, root, first_time=not pin.opened)


def _pin_again(
    folder: Path,
    header: document.Header,
    one: person.Person,
    lock: person.Lock,
    private: person.Private,
    root: bytearray,
) -> document.Header:
    """Write the person's pin anew on the newest statement, into the header as it lies there now."""
    with document.alone(folder):
        header = _followed(folder, header, root)
        mine = header.people[one.id].seal(lock, private, grants.Pin.on(header.now, opened=True).as_bytes())
        header = replace(header, people=dict(header.people) | {one.id: mine}).with_mac(root)
        document.write(folder, header)
    return header


def _member(header: document.Header, label: str | None) -> person.Person:
    members = [one for one in header.people.values() if not one.recovery]
    allowed = ", ".join(sorted(one.label for one in members))
    if label is None:
        if len(members) != 1:
            raise errors.UsageError("member-needed", allowed=allowed)
        return members[0]
    found = [one for one in members if same_label(one.label, label)]
    if len(found) != 1:
        raise errors.UsageError("no-such-member", label=label, allowed=allowed)
    return found[0]
