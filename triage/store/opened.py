"""An open store: read in units of work, act in transactions that each leave one entry."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel, select

from triage import canon, chain, clock, errors, models, paths
from triage.store import anchor, audit, digests, engine, lock, migrations, restricted_folders
from triage.store.keys.header import Unlocked
from triage.store.records import drafts
from triage.terms import Right


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
            errors.StoreDamaged: ``meta-differs``, ``page-damaged``.
            errors.TryAgain: busy, full, read-only: nothing changed.
        """
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
        with engine.unit(self.engine, write=True) as session, _touched(session) as rows:
            check_meta(session, self.unlocked)
            yield session
            session.flush()
            if rows:
                raise TypeError("only drafts are written without an entry")

    def confirm_anchor(self) -> int:
        """Say as a lead that the store is to be taken as it is although the anchor speaks against it.

        Both heads are in the entry; from then on the anchor follows the store again. Return the entry's number.

        Raises:
            errors.Refused: ``only-a-lead``.
        """
        if self.unlocked.right is not Right.LEAD:
            raise errors.Refused("only-a-lead")
        seen = anchor.kept(self.unlocked)
        with self.acting("anchor.confirmed", seen=seen.seq if seen else None) as act:
            act.note(
                state=anchor.state(act.session, self.unlocked),
                seen_hash=seen.hash.hex() if seen and seen.hash else None,
            )
        anchor.write(self.unlocked, act.seq, act.linked)
        self.anchored = True
        return act.seq

    @contextmanager
    def _acting(self, act: str, codes: dict[str, object], begin: Callable[[Session], None]) -> Iterator[Act]:
        with engine.unit(self.engine, write=True) as session, _touched(session) as rows:
            begin(session)
            last = audit.head(session)
            seq = last[0] + 1 if last else 1
            previous = last[1] if last else chain.genesis(self.unlocked.store)
            under_way = Act(session, seq, audit.coded(codes))
            audit.check_act(act)
            yield under_way
            if session.get(models.Setting, anchor.computer()) is None:
                session.add(models.Setting(key=anchor.computer(), value="known"))
            if self._form is not None:
                drafts.use(session, self.unlocked.member_id, *self._form)
            session.flush()
            body = self._body(session, act, under_way, under_way.rows | rows)
            under_way.linked = audit.append(session, self.unlocked, seq, previous, body)
        if self.anchored:
            anchor.keep(self.unlocked, seq, under_way.linked)

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
            self.lock.release()

    def _body(
        self, session: Session, act: str, under_way: Act, rows: dict[int, SQLModel]
    ) -> dict[str, canon.Json]:
        salts = digests.Salts(session)
        touched: dict[bytes, list[canon.Json]] = {}
        for row in rows.values():
            table, key = salts.key_of(row)
            state = cast(Any, row)._sa_instance_state
            gone = row in session.deleted or state.deleted or state.was_deleted
            named = canon.dumps([table, key])
            # One object may have been deleted and another put in its place: the one that lives counts.
            if not gone or named not in touched:
                touched[named] = [table, key, None if gone else digests.of_row(salts.of(row), row)]
        before = audit.last_at(session)
        now = self.clock.now()
        body: dict[str, canon.Json] = {
            "act": act,
            "at": clock.text(now),
            "member": self.unlocked.member_id,
            "case": under_way.case.id if under_way.case else None,
            "rows": list(touched.values()),
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
    paths.make_private(unlocked.folder / "evidence")
    held = lock.share(unlocked.folder)
    try:
        made = engine.make(unlocked.database, unlocked.subkey("db"), create=True)
        opened = Opened(unlocked, made, held, clock)
        with opened._acting("store.created", {}, lambda session: _lay(session, unlocked)) as act:
            _furnish(act.session, unlocked, school, code, clock)
        paths.sync_folder(unlocked.folder)
    except BaseException:
        held.release()
        raise
    return opened


def open(unlocked: Unlocked, *, clock: clock.Clock) -> Opened:  # noqa: A001 - called as opened.open
    """Open the database of an unlocked store; a store that is refused keeps every byte it had.

    Raises:
        errors.UsageError: ``network-drive``, ``store-newer``.
        errors.StoreDamaged: missing, empty, not this store's, older than header.json, or a page that fails.
        errors.TryAgain: ``busy``, ``read-only``.
    """
    lock.refuse_network(unlocked.folder)
    with engine.said():
        held = lock.share(unlocked.folder)
    made = None
    try:
        with lock.alone(held) as mine:
            key = unlocked.subkey("db")
            found = migrations.look(unlocked.database, key, alone=mine)
            if (found.store, found.epoch) != (unlocked.store, unlocked.epoch) or found.gen > unlocked.gen:
                raise errors.StoreDamaged("meta-differs")
            old = migrations.is_old(found.format)
            if old and not mine:
                raise errors.TryAgain("busy")
            made = engine.make(unlocked.database, key)
            opened = Opened(unlocked, made, held, clock)
            with opened.reading() as session:
                opened.anchored = anchor.state(session, unlocked) in anchor.AGREES
            if old:
                _bring_forward(opened, found.format)
            if mine:
                sweep(opened)
    except BaseException:
        if made is not None:
            made.dispose()
        held.release()
        raise
    return opened


def check_meta(session: Session, unlocked: Unlocked) -> None:
    """The database must still be the one the header names; it remembers the newest header it was opened with.

    Raises:
        errors.StoreDamaged: ``meta-missing``, ``meta-differs``.
    """
    meta = session.get(models.Meta, 1)
    if meta is None:
        raise errors.StoreDamaged("meta-missing")
    if (meta.store, meta.epoch) != (unlocked.store, unlocked.epoch):
        raise errors.StoreDamaged("meta-differs")
    # Another session may have seen a newer header since this one was opened; an older one is caught on opening.
    meta.gen = max(meta.gen, unlocked.gen)


def sweep(opened: Opened) -> None:
    """Clear what a crash left: temporary files, and evidence without a row (set aside, not deleted).

    Only for who holds the store alone: somebody else's evidence may lie there before its row does.
    """
    with opened.reading() as session:
        known = {name for name in session.exec(select(models.Evidence.file)) if name}
        restricted = set(session.exec(select(models.RestrictedCase.id)))
    with engine.said():
        restricted_folders.sweep(opened.folder, restricted)
        for path in (opened.folder / "evidence").iterdir():
            if path.name.endswith(".tmp"):
                path.unlink()
            elif path.is_file() and path.name not in known:
                aside = paths.make_private(opened.folder / "evidence" / "aside")
                path.replace(aside / path.name)
        for path in opened.folder.glob("*.tmp"):
            path.unlink()
        for path in anchor.room(opened.unlocked.store).glob("*.tmp"):
            path.unlink(missing_ok=True)


def _lay(session: Session, unlocked: Unlocked) -> None:
    migrations.create(session.connection())
    session.add(models.Canary())
    session.add(
        models.Meta(store=unlocked.store, epoch=unlocked.epoch, gen=unlocked.gen, format=migrations.FORMAT)
    )
    session.flush()


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


@contextmanager
def _touched(session: Session) -> Iterator[dict[int, SQLModel]]:
    """Collect every row of a chained table that is inserted, changed or deleted."""
    rows: dict[int, SQLModel] = {}

    def remember(_session: Session, _context: object) -> None:
        for row in [*session.new, *session.dirty, *session.deleted]:
            if cast(Any, row).__tablename__ not in models.UNCHAINED and (
                row in session.new or row in session.deleted or session.is_modified(row)
            ):
                rows[id(row)] = cast(SQLModel, row)

    def refuse(statement: ORMExecuteState) -> None:
        if statement.is_insert or statement.is_update or statement.is_delete:
            raise TypeError("a statement over many rows would not be in the log; change the rows")

    event.listen(session, "after_flush", remember)
    event.listen(session, "do_orm_execute", refuse)
    try:
        yield rows
    finally:
        event.remove(session, "after_flush", remember)
        event.remove(session, "do_orm_execute", refuse)
