"""An open store: read in units of work, act in transactions that each leave one entry."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select

from triage import canon, chain, clock, errors, models, paths
from triage.store import anchor, audit, changes, desks, engine, epochs, lock, migrations, remains, sweeping
from triage.store.keys import document
from triage.store.keys.header import Unlocked
from triage.store.records import drafts
from triage.terms import Right

UNCONFIRMED = frozenset({"anchor.confirmed", "store.migrated", "store.restored"})
"""Acts that are done while the anchor speaks against the store: they say so, or come before it can be looked at."""


class Act:
    """One act under way."""

    def __init__(self, session: Session, seq: int, codes: dict[str, canon.Json]) -> None:
        self.session = session
        self.seq = seq
        """The number its entry will have."""
        self.linked = b""
        """The hash of its entry, once it is durable."""
        self.codes = codes
        self.case: models.Case | None = None
        """The case it is on."""
        self.rows: dict[int, SQLModel] = {}
        """Rows entered besides those that change."""

    def also(self, row: SQLModel | None) -> None:
        """Enter a row that lies there already."""
        if row is not None:
            self.rows[id(row)] = row

    def note(self, **codes: object) -> None:
        """Add codes or ids to the entry."""
        self.codes |= audit.coded(codes)


class Opened:
    """An unlocked store with its database open."""

    def __init__(self, unlocked: Unlocked, made: Any, held: lock.Held, at: clock.Clock) -> None:
        self.unlocked = unlocked
        self.engine = made
        self.lock = held
        self.clock = at
        self.anchored = True
        """Whether the anchor outside the store may follow; not while it speaks against the store."""
        self.apart = False
        """Whether it is a copy that has not taken effect: outside the store nothing is said of it."""
        self.seat: desks.Seat | None = None
        """The place in ``desks/`` that says who is here."""
        self.shared_account = False
        """A lead has accepted that several people use one account of the computer."""
        self._form: tuple[str, str] | None = None
        """The form whose draft the act under way uses up, and the draft's text."""

    @property
    def folder(self) -> Path:
        """The store's folder."""
        return self.unlocked.folder

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit of work that reads; use what it gave after the block has closed."""
        with engine.unit(self.engine) as session:
            yield session

    @contextmanager
    def acting(self, act: str, **codes: object) -> Iterator[Act]:
        """A transaction that ends with one entry: all of it is durable, or nothing happened.

        Args:
            act: the act's code.
            codes: codes and ids that the entry holds besides.

        Raises:
            errors.Refused: ``anchor-unconfirmed``.
            errors.StoreDamaged: ``meta-differs``, ``page-damaged``.
            errors.TryAgain: busy, full, read-only: nothing changed.
        """
        if act not in UNCONFIRMED and not self.apart:
            self.check_anchor()
        with self._acting(act, codes, lambda session: check_meta(session, self.unlocked)) as under_way:
            yield under_way

    @contextmanager
    def using(self, form: str, text: str) -> Iterator[None]:
        """The first act within uses up a form's draft if it holds this text: it goes in the act's own transaction."""
        self._form = form, text
        try:
            yield
        finally:
            self._form = None

    @contextmanager
    def drafting(self) -> Iterator[Session]:
        """A transaction for drafts alone, the one thing that is written without an entry (semantics.md)."""
        with engine.unit(self.engine, write=True) as session, changes.watching(session) as rows:
            check_meta(session, self.unlocked)
            yield session
            session.flush()
            if rows:
                raise TypeError("only drafts are written without an entry")

    def check_anchor(self) -> None:
        """Nothing is recorded while the anchor speaks against the store and no lead has confirmed it.

        Raises:
            errors.Refused: ``anchor-unconfirmed``.
        """
        if not self.anchored:
            # Another desk of this account may have confirmed it meanwhile.
            with self.reading() as session:
                self.anchored = anchor.state(session, self.unlocked) in anchor.AGREES
        # The recovery words do nothing but add a lead, who can then confirm it; the anchor stays as it is.
        if not self.anchored and self.unlocked.member_id != self.unlocked.recovery.id:
            raise errors.Refused("anchor-unconfirmed")

    def confirm_anchor(self, reason: str, note: str = "") -> int:
        """Say as a lead that the store is to be taken as it is although the anchor speaks against it.

        Both heads are in the entry; from then on the anchor follows the store again. Return the entry's number.

        Args:
            reason: one of `anchor.REASONS`.
            note: what the lead adds in her own words: a setting, never in the entry.

        Raises:
            errors.Refused: ``only-a-lead``, ``anchor-agrees``.
        """
        if reason not in anchor.REASONS:
            raise ValueError("a reason is one of anchor.REASONS")
        if self.unlocked.right is not Right.LEAD:
            raise errors.Refused("only-a-lead")
        with self.acting("anchor.confirmed", reason=reason) as act:
            found = anchor.state(act.session, self.unlocked)
            if found in anchor.AGREES:
                raise errors.Refused("anchor-agrees")
            seen = anchor.kept(self.unlocked)
            last = audit.head(act.session)
            act.note(
                state=found,
                seen=seen.seq if seen and seen.hash else None,
                seen_hash=seen.hash.hex() if seen and seen.hash else None,
                head=last[0] if last else None,
                head_hash=last[1].hex() if last else None,
            )
            if note:
                act.session.add(models.Setting(key=f"anchor.{act.seq}", value=note))
        anchor.write(self.unlocked, act.seq, act.linked)
        self.anchored = True
        return act.seq

    @contextmanager
    def _acting(self, act: str, codes: dict[str, object], begin: Callable[[Session], None]) -> Iterator[Act]:
        with engine.unit(self.engine, write=True) as session, changes.watching(session) as rows:
            begin(session)
            last = audit.head(session)
            seq = last[0] + 1 if last else 1
            previous = last[1] if last else chain.genesis(self.unlocked.store)
            under_way = Act(session, seq, audit.coded(codes))
            audit.check_act(act)
            yield under_way
            # Not before the anchor is there: a kill between the two would look as if somebody had deleted it.
            if (
                session.get(models.Setting, anchor.computer()) is None
                and anchor.place(self.unlocked).exists()
            ):
                session.add(models.Setting(key=anchor.computer(), value="known"))
            if self._form is not None:
                drafts.use(session, self.unlocked.member_id, *self._form)
            session.flush()
            body = self._body(session, act, under_way, under_way.rows | rows)
            under_way.linked = audit.append(session, self.unlocked, seq, previous, body)
        if self.anchored and not self.apart:
            anchor.keep(self.unlocked, seq, under_way.linked)

    def go_on_as(self, unlocked: Unlocked, seq: int, linked: bytes) -> None:
        """Go on in the database of the next epoch, whose last entry is given; the former one is removed."""
        former = self.unlocked.database
        self.engine.dispose()
        self.unlocked = unlocked
        self.engine = engine.make(unlocked.database, unlocked.subkey("db"))
        epochs.remove(former)
        if self.anchored:
            anchor.keep(unlocked, seq, linked)

    def close(self) -> None:
        """Write the log back into the database file and let go."""
        try:
            # Where it cannot be written back now (busy, disk full), nothing is lost: it waits in its own file.
            with contextlib.suppress(errors.TryAgain), engine.said(), self.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except errors.StoreDamaged as error:
            # What was moved away took its log with it.
            if error.code != "store-gone":
                raise
        finally:
            self.engine.dispose()
            self._get_up()

    def alone(self) -> AbstractContextManager[None]:
        """Hold the store alone, or say who else is here and do nothing.

        Raises:
            errors.TryAgain: ``others-at-the-desk``.
        """
        return desks.alone_or_say(self.folder, self.lock, self.seat)

    def _sit(self) -> None:
        """Say who is here, unless another person is here under this account.

        Raises:
            errors.Refused: ``other-person-here``.
        """
        with self.reading() as session:
            accepted = session.get(models.Setting, desks.SHARED)
        self.shared_account = accepted is not None and accepted.value == "accepted"
        with engine.said():
            self.seat = desks.sit(self.unlocked, self.clock.now())
        if not self.shared_account:
            desks.refuse_other_person(self.folder, self.seat)

    def _get_up(self) -> None:
        if self.seat is not None:
            self.seat.leave()
        self.lock.release()

    def _body(
        self, session: Session, act: str, under_way: Act, rows: dict[int, SQLModel]
    ) -> dict[str, canon.Json]:
        before = audit.last_at(session)
        now = self.clock.now()
        body: dict[str, canon.Json] = {
            "act": act,
            "at": clock.text(now),
            "member": self.unlocked.member_id,
            "case": under_way.case.id if under_way.case else None,
            "rows": changes.named(session, rows.values()),
        }
        if before is not None and now < before:
            body |= {"clock_back": True, "latest": clock.text(before)}
        return body | {key: value for key, value in under_way.codes.items() if key not in body}


def create(unlocked: Unlocked, *, school: str, code: str, clock: clock.Clock) -> Opened:
    """Make the database of a store whose header has just been made: all of it in one transaction.

    Raises:
        errors.UsageError: ``network-drive``.
    """
    lock.refuse_network(unlocked.folder)
    paths.make_room(unlocked.folder / "evidence")
    held = lock.share(unlocked.folder)
    try:
        made = engine.make(unlocked.database, unlocked.subkey("db"), create=True)
        opened = Opened(unlocked, made, held, clock)
        with opened._acting("store.created", {}, lambda session: migrations.lay(session, unlocked)) as act:
            _furnish(act.session, unlocked, school, code, clock)
        paths.sync_folder(unlocked.folder)
        opened._sit()
    except BaseException:
        held.release()
        raise
    return opened


def open(unlocked: Unlocked, *, clock: clock.Clock) -> Opened:  # noqa: A001 - called as opened.open
    """Open the database of an unlocked store; a store that is refused keeps every byte it had.

    Raises:
        errors.UsageError: ``network-drive``, ``store-newer``.
        errors.StoreDamaged: missing, empty, not this store's, older than header.json, or a page that fails.
        errors.Refused: ``other-person-here``.
        errors.TryAgain: ``busy``, ``read-only``, ``others-at-the-desk``; ``keys-changed``: unlock once more.
    """
    lock.refuse_network(unlocked.folder)
    with engine.said():
        held = lock.share(unlocked.folder)
    made = opened = None
    try:
        with lock.alone(held) as mine:
            if document.epoch_of(unlocked.folder) not in (unlocked.epoch, None):
                raise errors.TryAgain("keys-changed")
            key = unlocked.subkey("db")
            found = migrations.look(unlocked.database, key, alone=mine)
            begun = found.epoch == unlocked.epoch + 1
            if (
                found.store != unlocked.store
                or found.epoch != unlocked.epoch + begun
                or found.gen > unlocked.gen
            ):
                raise errors.StoreDamaged("meta-differs")
            old = migrations.is_old(found.format)
            if (old or begun) and not mine:
                there = desks.present(unlocked.folder)
                raise errors.TryAgain("others-at-the-desk", who=desks.labels(unlocked.folder, there))
            made = engine.make(unlocked.database, key)
            opened = Opened(unlocked, made, held, clock)
            with opened.reading() as session:
                opened.anchored = anchor.state(session, unlocked) in anchor.AGREES
            opened._sit()
            if begun:
                give_up_rotation(opened)
            if old:
                _bring_forward(opened, found.format)
            if mine:
                remains.clear(unlocked, made, alone=True)
                sweeping.sweep(unlocked, made)
    except BaseException:
        if made is not None:
            made.dispose()
        if opened is not None and opened.seat is not None:
            opened.seat.leave()
        held.release()
        raise
    return opened


def check_meta(session: Session, unlocked: Unlocked) -> None:
    """The database must still be the one the header names; it remembers the newest header it was opened with.

    Raises:
        errors.StoreDamaged: ``meta-missing``, ``meta-differs``.
        errors.TryAgain: ``keys-changing``: the database is about to be replaced by one under new keys.
    """
    meta = session.get(models.Meta, 1)
    if meta is None:
        raise errors.StoreDamaged("meta-missing")
    if (meta.store, meta.epoch) == (unlocked.store, unlocked.epoch + 1):
        raise errors.TryAgain("keys-changing")
    if (meta.store, meta.epoch) != (unlocked.store, unlocked.epoch):
        raise errors.StoreDamaged("meta-differs")
    # Another session may have seen a newer header since this one was opened; an older one is caught on opening.
    meta.gen = max(meta.gen, unlocked.gen)


def give_up_rotation(opened: Opened) -> None:
    """Go on under the keys there are: new ones were begun (``store.rotation``) and did not take effect.

    Only for who holds the store alone. What was copied under the new key is of no use: nobody has that key.
    """
    epochs.remove(opened.folder / f"store.{opened.unlocked.epoch + 1}.db")

    def back(session: Session) -> None:
        session.get_one(models.Meta, 1).epoch = opened.unlocked.epoch

    with opened._acting("keys.change-given-up", {}, back):
        pass


def _furnish(session: Session, unlocked: Unlocked, school: str, code: str, clock: clock.Clock) -> None:
    session.add(models.Setting(key="audit_salt", value=secrets.token_hex(32)))
    session.add(models.Setting(key="school_name", value=school))
    session.add(models.Setting(key="school_code", value=code))
    for slot in unlocked.everyone:
        session.add(
            models.Member(
                id=slot.id,
                label=slot.label,
                right=slot.right.value,
                sign_public=slot.sign_public,
                added_at=clock.now(),
            )
        )


def _bring_forward(opened: Opened, found: int) -> None:
    """One transaction: every step, the new format, one entry that names all rewritten rows."""
    with opened.acting("store.migrated", before=found, after=migrations.FORMAT) as act:
        for table in migrations.forward(act.session.connection(), found):
            for row in act.session.exec(select(table)):
                act.also(row)
        meta = act.session.get(models.Meta, 1)
        if meta is not None:
            meta.format = migrations.FORMAT
