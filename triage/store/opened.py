"""An open store: read in units of work, act in transactions that each leave one entry."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import event
from sqlmodel import Session, SQLModel, select

from triage import canon, chain, clock, errors, models, paths
from triage.store import anchor, audit, digests, engine, lock, migrations
from triage.store.keys.header import Unlocked


class Act:
    """One act under way."""

    def __init__(self, session: Session, seq: int, codes: dict[str, canon.Json]) -> None:
        self.session = session
        self.seq = seq
        """The number its entry will have."""
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
        with engine.unit(self.engine, write=True) as session:
            check_meta(session, self.unlocked)
            last = audit.head(session)
            seq = last[0] + 1 if last else 1
            previous = last[1] if last else chain.genesis(self.unlocked.store)
            under_way = Act(session, seq, audit.coded(codes))
            with _touched(session) as rows:
                yield under_way
                if session.get(models.Setting, anchor.computer()) is None:
                    session.add(models.Setting(key=anchor.computer(), value="known"))
                session.flush()
            body = self._body(session, act, under_way, under_way.rows | rows)
            linked = audit.append(session, self.unlocked, seq, previous, body)
        anchor.keep(self.unlocked, seq, linked)

    def close(self) -> None:
        """Write the log back into the database file and let go."""
        try:
            with engine.said(), self.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self.engine.dispose()
            self.lock.release()

    def _body(
        self, session: Session, act: str, under_way: Act, rows: dict[int, SQLModel]
    ) -> dict[str, canon.Json]:
        salts = digests.Salts(session)
        touched: list[canon.Json] = []
        for row in rows.values():
            table, key = digests.row_key(row)
            gone = row in session.deleted or cast(Any, row)._sa_instance_state.deleted
            touched.append([table, key, None if gone else digests.of_row(salts.of(row), row)])
        before = audit.last_at(session)
        now = self.clock.now()
        body: dict[str, canon.Json] = {
            "act": act,
            "at": clock.text(now),
            "member": self.unlocked.member_id,
            "case": under_way.case.id if under_way.case else None,
            "rows": touched,
        }
        if before is not None and now < before:
            body["clock_back"] = True
        return body | {key: value for key, value in under_way.codes.items() if key not in body}


def create(unlocked: Unlocked, *, school: str, code: str, clock: clock.Clock) -> Opened:
    """Make the database of a store whose header has just been made."""
    paths.make_private(unlocked.folder / "evidence")
    held = lock.share(unlocked.folder)
    made = engine.make(unlocked.database, unlocked.subkey("db"), create=True)
    migrations.create(made)
    opened = Opened(unlocked, made, held, clock)
    with engine.unit(made, write=True) as session:
        session.add(models.Canary())
        session.add(
            models.Meta(
                store=unlocked.store, epoch=unlocked.epoch, gen=unlocked.gen, format=migrations.FORMAT
            )
        )
    with opened.acting("store.created") as act:
        now = clock.now()
        session = act.session
        act.also(session.get(models.Meta, 1))
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
                    added_at=now,
                )
            )
    paths.sync_folder(unlocked.folder)
    return opened


def open(unlocked: Unlocked, *, clock: clock.Clock) -> Opened:  # noqa: A001 - called as opened.open
    """Open the database of an unlocked store.

    Raises:
        errors.StoreDamaged: missing, empty, not this store's, or a page that fails.
    """
    held = lock.share(unlocked.folder)
    try:
        made = engine.make(unlocked.database, unlocked.subkey("db"))
        with engine.unit(made) as session:
            migrations.check(session)
            check_meta(session, unlocked)
    except BaseException:
        held.release()
        raise
    opened = Opened(unlocked, made, held, clock)
    sweep(opened)
    return opened


def check_meta(session: Session, unlocked: Unlocked) -> None:
    """The database must be the one the header names.

    Raises:
        errors.StoreDamaged: ``meta-missing``, ``meta-differs``.
    """
    meta = session.get(models.Meta, 1)
    if meta is None:
        raise errors.StoreDamaged("meta-missing")
    if (meta.store, meta.epoch) != (unlocked.store, unlocked.epoch) or meta.gen > unlocked.gen:
        raise errors.StoreDamaged("meta-differs")


def sweep(opened: Opened) -> None:
    """Clear what a crash left: temporary files, and evidence without a row (set aside, not deleted).

    Skipped while somebody else is at work on the store.
    """
    with lock.alone(opened.lock) as mine:
        if not mine:
            return
        with opened.reading() as session:
            known = {name for name in session.exec(select(models.Evidence.file)) if name}
        for path in (opened.folder / "evidence").iterdir():
            if path.name.endswith(".tmp"):
                path.unlink()
            elif path.is_file() and path.name not in known:
                aside = paths.make_private(opened.folder / "evidence" / "aside")
                path.replace(aside / path.name)
        for path in opened.folder.glob("*.tmp"):
            path.unlink()


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

    event.listen(session, "after_flush", remember)
    try:
        yield rows
    finally:
        event.remove(session, "after_flush", remember)
