"""The key of a restricted case: given to one more person, or replaced when somebody may open it no longer.

Source: security.md 4, 5, 8.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from triage import errors, models
from triage.store import engine, lock, restricted, restricted_folders, restricted_recovery
from triage.store.keys.header import Unlocked
from triage.store.opened import Opened
from triage.store.records import restricted as rows
from triage.store.restricted import Inner, Inside, Tells


@dataclass(frozen=True, slots=True)
class Left:
    """What became of a restricted case that somebody who has left could open."""

    ref: str
    """The case."""
    renewed: bool
    """It has a new key; else a named person must give it one, and until then it stands as overdue."""


def let_in(inner: Inner, member_id: str) -> None:
    """Seal the key to one more member; an entry of the shared log."""
    outer, ref = inner.outer, inner.ref
    with outer.acting("restricted.named", restricted=ref, added=member_id) as act:
        sealed = {key: row.sealed for key, row in rows.keys(act.session, ref).items()}
        sealed |= restricted.sealed_to(outer.unlocked, inner.inside, [member_id])
        rows.put_keys(act.session, ref, sealed)


def renew(inner: Inner, people: Sequence[str], act: str, **codes: object) -> None:
    """A new key, sealed to these people alone; its database is written anew under it and the former one is deleted.

    Whoever was taken out keeps what she could read until now: also the keys of single evidence files.
    The case is to be opened again afterwards.

    Args:
        inner: the case.
        people: the ids of those who are named from now on.
        act: the code of the entry in the shared log.
        codes: codes and ids that the entry holds besides.

    Raises:
        errors.TryAgain: ``restricted-in-use``: somebody else has it open.
    """
    outer, old = inner.outer, inner.inside
    with lock.alone(inner.lock) as mine:
        if not mine:
            raise errors.TryAgain("restricted-in-use", ref=inner.ref)
        restricted_folders.clear(old.folder, old.epoch)
        new = Inside(outer.unlocked, old.ref, old.store, old.epoch + 1, secrets.token_bytes(32))
        with restricted_folders.quiet(old.folder):
            _copy(old, new)
        fresh = Inner(new, engine.make(new.database, new.subkey("db")), lock.Held(-1), outer, inner.tells)
        try:
            with fresh.entering("restricted.key-renewed", lambda session: _take_number(session, new.epoch)):
                pass
            with outer.acting(act, restricted=inner.ref, **codes) as shared:
                row = rows.find(shared.session, inner.ref)
                if row is None:
                    raise errors.StoreDamaged("restricted-behind", ref=inner.ref)
                row.key_number, row.rekey_due_at = new.epoch, None
                fresh.enter(shared, row, restricted.sealed_to(outer.unlocked, new, list(people)))
                restricted_recovery.seal_again(shared.session, new)
        finally:
            fresh.engine.dispose()
        inner.engine.dispose()
        with restricted_folders.quiet(old.folder):
            restricted_folders.clear(new.folder, new.epoch)


def new_words(inner: Inner, keep: Callable[[restricted_recovery.Words], None]) -> None:
    """A new set of recovery words in the place of the one before; an entry.

    Args:
        inner: the case.
        keep: keeps the words; when it fails, the former set stands.
    """
    outer, inside = inner.outer, inner.inside
    with outer.acting("restricted.words-made", restricted=inner.ref) as act:
        words, row = restricted_recovery.make(
            act.session, outer.unlocked, inner.ref, inside.store, inside.root(), inside.epoch
        )
        retire(act.session, inner.ref)
        act.session.add(row)
        act.note(recovery=row.number)
        keep(words)


def retire(session: Session, ref: str) -> None:
    """The present set of recovery words opens nothing any more; its public keys stay, for what it has proven."""
    row = rows.recovery(session, ref)
    if row is not None:
        row.locked = row.sealed = b""


def let_in_by_words(held: Opened, ref: str, outside: str, inside: str) -> None:
    """Let the member at the desk into a restricted case by both halves of its recovery words; the set is used up.

    Raises:
        errors.Refused: ``restricted-no-words``: the case has no set; ``restricted-subject``: it is about her.
        errors.WrongPassphrase: the words.
    """
    unlocked = held.unlocked
    with held.reading() as session:
        case, row = rows.find(session, ref), rows.recovery(session, ref)
        if case is None:
            raise errors.UsageError("no-such-case", ref=ref)
        if row is None or unlocked.member_id not in {slot.id for slot in unlocked.members}:
            raise errors.Refused("restricted-no-words", ref=ref)
    key, private = restricted_recovery.unlock(unlocked, case, row, outside, inside)
    keys = Inside(unlocked, ref, case.store, case.key_number, key)
    engine.check_file(keys.database)
    with engine.raw(keys.database, keys.subkey("db")) as connection:
        about = connection.execute(
            "SELECT value FROM setting WHERE key = ?", (restricted.SUBJECTS,)
        ).fetchone()
    if about is not None and unlocked.member_id in about[0].split():
        raise errors.Refused("restricted-subject", label=unlocked.label)
    with held.acting("restricted.recovered", restricted=ref, recovery=row.number) as act:
        act.note(**restricted_recovery.proof(private, unlocked.store, ref, unlocked.member_id, act.seq))
        sealed = {one: row.sealed for one, row in rows.keys(act.session, ref).items()}
        sealed |= restricted.sealed_to(unlocked, keys, [unlocked.member_id])
        rows.put_keys(act.session, ref, sealed)
        retire(act.session, ref)
    private.forget()
    keys.forget()


def refuse_last(held: Opened, member_id: str) -> None:
    """Nobody leaves who alone can open a restricted case: its content would be lost.

    Raises:
        errors.Refused: ``restricted-last-named``.
    """
    with held.reading() as session:
        lost = [
            ref
            for ref, named in rows.named(session).items()
            if named == [member_id] and rows.recovery(session, ref) is None
        ]
    if lost:
        raise errors.Refused("restricted-last-named", refs=", ".join(lost))


def forget_gone(held: Opened, tells: Tells) -> list[Left]:
    """Whoever is no member any more loses her keys to restricted cases, and each of these gets a new one.

    Now, where the member at the desk is named; else it is queued and shown as overdue. To be called when the store's
    header does not name her any more; what a crash left undone is done at the next opening. A case that nobody
    else can open is left as it is: its content would be lost.
    """
    there = {slot.id for slot in held.unlocked.members}
    with held.reading() as session:
        named = rows.named(session)
        lonely = {ref for ref in named if not set(named[ref]) & there and rows.recovery(session, ref) is None}
        gone = {
            (ref, id_)
            for ref, people in named.items()
            for id_ in people
            if id_ not in there and ref not in lonely
        }
        gone |= {(ref, id_) for ref, id_ in rows.coded_for(session) if id_ not in there and ref not in lonely}
    return [_forget(held, ref, id_, tells) for ref, id_ in sorted(gone)]


def renew_if_due(inner: Inner) -> bool:
    """Give a case its new key when somebody has left who could open it and nobody else has it open; whether it was."""
    with inner.outer.reading() as session:
        row = rows.find(session, inner.ref)
        people = list(rows.keys(session, inner.ref))
    if row is None or row.rekey_due_at is None:
        return False
    try:
        renew(inner, people, "restricted.renewed")
    except errors.TryAgain as error:
        if error.code != "restricted-in-use":
            raise
        # It stays due, and is shown as overdue, until somebody opens it alone.
        return False
    return True


def seal_again(held: Opened, before: Unlocked) -> None:
    """The member at the desk has fresh keys, under another id: what was sealed to the former is sealed to the new one.

    Args:
        held: the store, opened with the new keys.
        before: the same member's former keys.
    """
    was, member_id = before.member_id, held.unlocked.member_id
    with held.reading() as session:
        mine = [ref for ref, named in rows.named(session).items() if was in named]
        boxes = {ref: box for ref, box in rows.coded(session, was).items() if box is not None}
    for ref in sorted({*mine, *boxes}):
        with held.acting("restricted.sealed-again", restricted=ref) as act:
            row, key = rows.find(act.session, ref), rows.keys(act.session, ref).get(was)
            if row is not None and key is not None:
                purpose = restricted.key_purpose(ref, row.store, row.key_number)
                box = held.unlocked.seal_to(member_id, before.open_sealed(key.sealed, purpose), purpose)
                act.session.delete(key)
                act.session.add(models.RestrictedKey(restricted_id=ref, member_id=member_id, sealed=box))
            counted = act.session.get(models.RestrictedCoded, (ref, was))
            if counted is not None:
                purpose = restricted.coded_purpose(ref)
                box = held.unlocked.seal_to(member_id, before.open_sealed(counted.sealed, purpose), purpose)
                act.session.delete(counted)
                act.session.add(models.RestrictedCoded(restricted_id=ref, member_id=member_id, sealed=box))


def _forget(held: Opened, ref: str, member_id: str, tells: Tells) -> Left:
    with held.reading() as session:
        people = [key for key in rows.keys(session, ref) if key != member_id]
    with held.acting("restricted.left", restricted=ref, removed=member_id) as act:
        row = rows.find(act.session, ref)
        if row is not None and member_id in rows.keys(act.session, ref):
            row.rekey_due_at = held.clock.now()
        for table in (models.RestrictedKey, models.RestrictedCoded):
            gone = act.session.get(table, (ref, member_id))
            if gone is not None:
                act.session.delete(gone)
    if held.unlocked.member_id not in people:
        return Left(ref, renewed=False)
    inner = restricted.open(held, ref, tells)
    try:
        return Left(ref, renewed=renew_if_due(inner))
    finally:
        inner.close()


def _copy(old: Inside, new: Inside) -> None:
    """The database under the new key, held against the old one."""
    os.close(os.open(new.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with (
        engine.raw(old.database, old.subkey("db")) as source,
        engine.raw(new.database, new.subkey("db"), empty=True) as target,
    ):
        source.backup(target)
        wrong = target.execute("PRAGMA cipher_integrity_check").fetchall()
        counts = [
            connection.execute("SELECT count(*), max(seq) FROM auditentry").fetchone()
            for connection in (source, target)
        ]
    if wrong or counts[0] != counts[1]:
        raise errors.StoreDamaged("page-damaged")
    if _opens(new, old.subkey("db")):
        raise errors.StoreDamaged("not-our-cipher")


def _opens(inside: Inside, key: bytes) -> bool:
    """Whether a key opens a database. Source: security.md 5: the old one must not."""
    try:
        with engine.raw(inside.database, key, empty=True) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except errors.StoreDamaged:
        return False
    return True


def _take_number(session: Session, number: int) -> None:
    """The database says under which key it lies."""
    meta = session.get(models.Meta, 1)
    if meta is not None:
        meta.epoch = number
