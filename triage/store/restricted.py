"""A restricted case: a small store of its own inside the store, under a key sealed to the people named.

Each act inside is entered in its own log first; then the shared log hears how far that log is, and nothing
else. A crash between the two is healed by the next named person who opens it.

Source: security.md 8.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import inspect
from sqlmodel import Session, SQLModel, col, select

from triage import errors, models, paths
from triage.store import audit, engine, lock, migrations, restricted_folders, restricted_log
from triage.store.keys import person
from triage.store.keys.header import Unlocked
from triage.store.opened import Act, Opened
from triage.store.records import restricted as rows

SUBJECTS = "restricted_subjects"
"""The setting inside that holds the ids of those whom the case is about: they are never named."""
_OWN_SETTINGS = ("audit_salt", "computer.", "last_backup", SUBJECTS)
_HOUSE = (models.Setting, models.Member, models.SchoolKey, models.SealedKey, models.Recipient)
"""What is the school's and not a case's: in each restricted case lies a copy, so that the desk works as always."""
_BLOCK = 2048
"""What is counted is padded to so many bytes: its length does not say how many students there are."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the shared part is told of a restricted case."""

    due_at: datetime | None
    """When its next step is due."""
    coded: bytes
    """What the summaries count of it."""


Tells = Callable[[Session], Told]
"""Reads inside what the shared part is told."""


class Inside(Unlocked):
    """The keys of a named person, with the key of one restricted case in the place of the store's."""

    __slots__ = ("_number", "_outer", "_store", "ref")

    def __init__(self, outer: Unlocked, ref: str, store: str, number: int, key: bytes) -> None:
        place = restricted_folders.folder(outer.folder, ref)
        super().__init__(
            place, outer.header(), outer.member_id, outer.private(), bytearray(key), first_time=False
        )
        self._outer = outer
        self._store = store
        self._number = number
        self.ref = ref

    @property
    def store(self) -> str:
        """The id of the small store."""
        return self._store

    @property
    def epoch(self) -> int:
        """Counts its keys, from 1."""
        return self._number

    @property
    def gen(self) -> int:
        """It has no header of its own."""
        return 1

    @property
    def database(self) -> Path:
        """Where its database under this key lies."""
        return restricted_folders.database(self.folder, self._number)

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for one purpose out of its key."""
        return person.subkey(self._root, f"restricted/{purpose}")

    def seal_to(self, member_id: str, data: bytes | bytearray, purpose: str) -> bytes:
        """Seal to somebody of the store."""
        return self._outer.seal_to(member_id, data, purpose)

    def open_sealed(self, blob: bytes, purpose: str) -> bytes:
        """Open what was sealed to this person in the store."""
        return self._outer.open_sealed(blob, purpose)

    def forget(self) -> None:
        """Overwrite its key; the person's own are still in use outside."""
        self._root[:] = bytes(len(self._root))


class Inner(Opened):
    """A restricted case, open: what is done in it is done as in any store."""

    def __init__(self, inside: Inside, made: Any, held: lock.Held, outer: Opened, tells: Tells) -> None:
        super().__init__(inside, made, held, outer.clock)
        self.inside = inside
        self.outer = outer
        self.tells = tells
        self.known = False
        """Whether the shared part knows of it already."""
        # The shared log is its anchor.
        self.anchored = False

    @property
    def ref(self) -> str:
        """Its id."""
        return self.inside.ref

    @contextmanager
    def drafting(self) -> Iterator[Session]:
        """As in any store; nobody copies it meanwhile."""
        with restricted_folders.quiet(self.folder), super().drafting() as session:
            yield session

    def close(self) -> None:
        """As in any store; nobody copies it meanwhile."""
        if not self.folder.is_dir():
            # Deleted, or the stick was pulled: there is nothing to write back into.
            self.engine.dispose()
            self.lock.release()
            return
        with restricted_folders.quiet(self.folder):
            super().close()

    def entering(self, act: str, begin: Callable[[Session], None]) -> AbstractContextManager[Act]:
        """An act that begins by laying or changing what the database says it is."""
        return self._acting(act, {}, begin)

    def tell(self) -> None:
        """Let the shared part know how far its log is, when it is due, and what is counted of it; one entry.

        Raises:
            errors.TryAgain: the shared part cannot be written now.
        """
        with self.outer.acting("restricted.acted", restricted=self.ref) as act:
            row = rows.find(act.session, self.ref)
            if row is not None:
                self._write(act, row)

    def enter(self, act: Act, row: models.RestrictedCase, sealed: dict[str, bytes]) -> None:
        """Write into an act of the shared part what is told of it, and to whom its key is sealed."""
        act.session.add(row)
        act.session.flush()
        self._write(act, row)
        rows.put_keys(act.session, row.id, sealed)

    def copy_house(self) -> None:
        """Bring what is the school's to how it is in the shared part; an entry inside when something is new."""
        with self.outer.reading() as session:
            theirs = _house(session)
        with self.reading() as session:
            mine = _house(session)
        if {key: row.model_dump() for key, row in theirs.items()} == {
            key: row.model_dump() for key, row in mine.items()
        }:
            return
        with self.acting("house.copied") as act:
            put_house(act.session, theirs)

    @contextmanager
    def _acting(self, act: str, codes: dict[str, object], begin: Callable[[Session], None]) -> Iterator[Act]:
        def held(session: Session) -> None:
            begin(session)
            self._still()

        with restricted_folders.quiet(self.folder), super()._acting(act, codes, held) as under_way:
            yield under_way
        if self.known:
            try:
                self.tell()
            except errors.TryAgain:
                # What was done inside is durable; the shared part hears of it at the next act or opening.
                return

    def _still(self) -> None:
        """Within the act: it was not given another key since it was opened."""
        with self.outer.reading() as shared:
            row = rows.find(shared, self.ref)
        if self.known and (row is None or row.key_number != self.inside.epoch):
            raise errors.StoreDamaged("store-gone")

    def _write(self, act: Act, row: models.RestrictedCase) -> None:
        with self.reading() as session:
            told = self.tells(session)
            head = audit.head(session)
        if head is None:
            raise errors.StoreDamaged("restricted-behind", ref=self.ref)
        row.head, row.head_hash = head
        row.next_due_at = told.due_at
        padded = told.coded.ljust(_BLOCK * -(-len(told.coded) // _BLOCK))
        members = self.outer.unlocked.members
        purpose = coded_purpose(self.ref)
        rows.put_coded(
            act.session,
            self.ref,
            {one.id: self.outer.unlocked.seal_to(one.id, padded, purpose) for one in members},
        )
        act.note(head=row.head, head_hash=row.head_hash.hex())


def coded_purpose(ref: str) -> str:
    """For what the counted row is sealed."""
    return f"restricted-coded/{ref}"


def key_purpose(ref: str, store: str, number: int) -> str:
    """For what the key is sealed: this case, this small store, this key."""
    return f"restricted-key/{ref}/{store}/{number}"


def sealed_to(outer: Unlocked, inside: Inside, people: list[str]) -> dict[str, bytes]:
    """The key of a restricted case, sealed to each of these members."""
    purpose = key_purpose(inside.ref, inside.store, inside.epoch)
    return {one: outer.seal_to(one, inside.root(), purpose) for one in people}


def begin(outer: Opened, tells: Tells) -> Inner:
    """Make an empty small store with a new key; the shared part knows nothing of it until ``enter``."""
    with outer.reading() as session:
        taken = {row.id for row in rows.listed(session)}
        house = _house(session)
    ref = next(ref for ref in iter(restricted_folders.new_ref, "") if ref not in taken)
    inside = Inside(outer.unlocked, ref, secrets.token_hex(16), 1, secrets.token_bytes(32))
    restricted_folders.make(outer.folder, ref)
    held = lock.share(inside.folder)
    try:
        made = engine.make(inside.database, inside.subkey("db"), create=True)
        inner = Inner(inside, made, held, outer, tells)
        with inner.entering("store.created", lambda session: _lay(session, inside)) as act:
            act.session.add(models.Setting(key="audit_salt", value=secrets.token_hex(32)))
            put_house(act.session, house)
        paths.sync_folder(inside.folder)
        paths.sync_folder(restricted_folders.room(outer.folder))
    except BaseException:
        held.release()
        raise
    return inner


def open(outer: Opened, ref: str, tells: Tells) -> Inner:  # noqa: A001 - called as restricted.open
    """Open a restricted case for a person who is named; what a crash left undone is done.

    Raises:
        errors.UsageError: ``no-such-case``.
        errors.Refused: ``restricted-not-named``.
        errors.StoreDamaged: it is missing, or not what the shared part heard of it; or its key was put there
            by somebody who was not named.
    """
    inside = unlock(outer, ref)
    engine.check_file(inside.database)
    held = lock.share(inside.folder)
    made = None
    try:
        found = migrations.look(inside.database, inside.subkey("db"), alone=False)
        if (found.store, found.epoch) != (inside.store, inside.epoch):
            raise errors.StoreDamaged("meta-differs")
        if migrations.is_old(found.format):
            raise errors.StoreDamaged("meta-differs")
        made = engine.make(inside.database, inside.subkey("db"))
        inner = Inner(inside, made, held, outer, tells)
        inner.known = True
        ahead = check_head(inner)
        with lock.alone(held) as mine:
            if mine:
                restricted_folders.clear(inside.folder, inside.epoch)
        if ahead:
            inner.tell()
        inner.copy_house()
    except BaseException:
        if made is not None:
            made.dispose()
        held.release()
        inside.forget()
        raise
    return inner


def unlock(outer: Opened, ref: str) -> Inside:
    """The key of a restricted case, for a person who is named.

    Raises:
        errors.UsageError: ``no-such-case``.
        errors.Refused: ``restricted-not-named``.
        errors.StoreDamaged: ``restricted-keys``.
    """
    unlocked = outer.unlocked
    with outer.reading() as session:
        row = rows.find(session, ref)
        if row is None:
            raise errors.UsageError("no-such-case", ref=ref)
        keys = rows.keys(session, ref)
        if unlocked.member_id not in keys:
            raise errors.Refused("restricted-not-named", ref=ref, named=", ".join(labels(unlocked, keys)))
        restricted_log.check(session, unlocked, ref)
    box = keys[unlocked.member_id].sealed
    key = unlocked.open_sealed(box, key_purpose(ref, row.store, row.key_number))
    return Inside(unlocked, ref, row.store, row.key_number, key)


def labels(unlocked: Unlocked, ids: Any) -> list[str]:
    """How the members with these ids are called."""
    return [slot.label for slot in unlocked.members if slot.id in ids]


def check_head(inner: Inner) -> bool:
    """Hold its log against what the shared part heard of it; whether the shared part is to hear more.

    Raises:
        errors.StoreDamaged: ``restricted-behind``: it was put back to an earlier state, or another was put there.
    """
    with inner.outer.reading() as shared:
        row = rows.find(shared, inner.ref)
    with inner.reading() as session:
        last = audit.head(session)
        seq = row.head if row else 0
        there = session.exec(select(models.AuditEntry.hash).where(col(models.AuditEntry.seq) == seq)).first()
    if row is None or last is None or there != row.head_hash:
        raise errors.StoreDamaged("restricted-behind", ref=inner.ref)
    return last[0] > row.head


def put_house(session: Session, theirs: dict[tuple[str, tuple[Any, ...]], SQLModel]) -> None:
    """Put rows of the school in the place of those that are there."""
    for key, row in reversed(list(_house(session).items())):
        if key not in theirs:
            session.delete(row)
    session.flush()
    for row in theirs.values():
        session.merge(type(row)(**row.model_dump()))
        session.flush()


def _house(session: Session) -> dict[tuple[str, tuple[Any, ...]], SQLModel]:
    found: dict[tuple[str, tuple[Any, ...]], SQLModel] = {}
    for table in _HOUSE:
        for row in session.exec(select(cast(type[SQLModel], table))):
            if not (isinstance(row, models.Setting) and row.key.startswith(_OWN_SETTINGS)):
                mapper = cast(Any, inspect(row)).mapper
                found[mapper.local_table.name, tuple(mapper.primary_key_from_instance(row))] = row
    return found


def _lay(session: Session, inside: Inside) -> None:
    migrations.create(session.connection())
    session.add(models.Canary())
    session.add(models.Meta(store=inside.store, epoch=inside.epoch, gen=1, format=migrations.FORMAT))
    session.flush()
