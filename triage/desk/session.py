"""Sitting down at the desk: make a store, open it, act in it, get up."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from triage import clean, clock, errors, i18n, models, paths
from triage.desk import school_keys
from triage.response import school_days
from triage.store import backup, opened, search
from triage.store.keys import header, passphrase
from triage.store.records import cases as case_rows
from triage.store.records import leaving, undo
from triage.summary import release

if TYPE_CHECKING:
    from sqlmodel import Session


MAX_LINE = 300
"""Characters of a name or any other one-line text."""
_ID = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Created:
    """A store that has just been made."""

    store: str
    """The store's id, 32 hex digits."""
    code: str
    """The school's code."""
    fingerprint: str
    """SHA-256 of the school's certificate, hex."""
    words: str
    """The recovery words: to be written down, never stored."""


@dataclass(slots=True)
class OnCase:
    """An act on one case, under way."""

    session: Session
    """The transaction."""
    case: models.Case
    """The case, locked for this act."""
    now: datetime
    """The instant of recording."""


class Desk:
    """A member at the desk with an open store."""

    def __init__(self, held: opened.Opened, at: clock.Clock) -> None:
        self.opened = held
        self.clock = at
        self.inside: dict[str, Desk] = {}
        """Restricted cases that are open on this desk, by id: each is a desk of its own."""
        self.searched = False
        """Whether the log says already that this sitting searches in restricted cases."""

    @property
    def shared(self) -> Desk:
        """The desk on everybody's part of the store: this one, unless it is on a restricted case."""
        return self

    @contextmanager
    def school(self, session: Session) -> Iterator[Session]:
        """Where the school's own rows are read within a unit of work of this desk."""
        yield session

    def new_ref(self, session: Session, at: datetime) -> str:
        """The reference of the next case."""
        year = at.astimezone(clock.VIETNAM).year
        last = case_rows.last_ref(session, year)
        number = int(last.split("-")[1]) + 1 if last else 1
        return f"{year}-{number:04}"

    @property
    def label(self) -> str:
        """Who is at the desk."""
        return self.opened.unlocked.label

    @property
    def folder(self) -> Path:
        """The store's folder."""
        return self.opened.folder

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self.clock.now()

    @contextmanager
    def on_case(self, act: str, ref: str, *, undoable: bool = True, **codes: object) -> Iterator[OnCase]:
        """One act on the case ``ref``: all of it happens and is entered, or nothing.

        Args:
            act: the act's code.
            ref: the case.
            undoable: whether it can be taken back.
            codes: codes and ids that the entry holds besides.
        """
        with self.opened.acting(act, **codes) as under_way:
            session = under_way.session
            case = case_rows.find(session, ref)
            under_way.case = case
            with undo.watching(session) as before:
                yield OnCase(session, case, self.now())
            search.index(session, case.id, searchable(session, case))
            undo.keep(
                session,
                under_way.seq,
                case.id,
                self.opened.unlocked.member_id,
                act,
                before if undoable else None,
            )

    def close(self) -> None:
        """Get up: write everything back into the database file, let go of the keys."""
        while self.inside:
            self.inside.popitem()[1].close()
        self.opened.close()
        self.opened.unlocked.forget()

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def create(
    folder: Path,
    *,
    school: str,
    code: str,
    label: str,
    words: str,
    at: clock.Clock | None = None,
    keep: Callable[[Created, datetime], None] | None = None,
    measured: bool = False,
) -> tuple[Desk, Created]:
    """Make a store in a new or empty folder, with its first member (a lead) and the school's keys.

    Args:
        folder: where; made with mode 0700.
        school: the school's name as printed.
        code: the school's code as the Department knows it.
        label: the first member's label.
        words: her passphrase.
        at: the clock; the computer's when left out.
        keep: keeps the recovery words; when it fails there is no store.
        measured: a guess at the passphrase costs as much as this computer allows, not only the floor.

    Raises:
        errors.Refused: the passphrase is too weak, or the folder holds something.
    """
    at = at or clock.SystemClock()
    for value in (school, code, label):
        one_line(value)
    release.check_school_code(code)
    passphrase.check(words, school=school, code=code, label=label)
    must_be_empty(folder)
    created = _make(folder, school=school, code=code, label=label, words=words, at=at, measured=measured)
    try:
        if keep is not None:
            keep(created, at.now())
        return open_store(folder, words, label=label, at=at), created
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def must_be_empty(folder: Path) -> None:
    """A store is made only where nothing is.

    Raises:
        errors.Refused: ``folder-not-empty``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise errors.Refused("folder-not-empty", folder=str(folder))


def _make(
    folder: Path, *, school: str, code: str, label: str, words: str, at: clock.Clock, measured: bool
) -> Created:
    """Make the store beside its place and move it there in one step: two makers cannot spoil each other."""
    paths.make_private(folder.parent)
    beside = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.new"
    try:
        unlocked, recovery, _six = header.create(
            beside,
            label=label,
            passphrase=words,
            school=school,
            code=code,
            now=at.now(),
            measured=measured,
            language=i18n.language(),
        )
        with Desk(opened.create(unlocked, school=school, code=code, clock=at), at) as desk:
            with desk.opened.acting("keys.made") as act:
                made = school_keys.make(act.session, unlocked, at.now())
            created = Created(unlocked.store, code, made["packet"], recovery)
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        beside.rename(folder)
        paths.sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        if folder.exists():
            raise errors.Refused("folder-not-empty", folder=str(folder)) from None
        raise error
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return created


def open_store(folder: Path, words: str, *, label: str | None = None, at: clock.Clock | None = None) -> Desk:
    """Unlock a store and sit down.

    Raises:
        errors.UsageError: no store there, newer, on a network drive.
        errors.WrongPassphrase: the passphrase, or the header's salt, KDF or commitment.
        errors.StoreDamaged: header or database are not what was written.
    """
    at = at or clock.SystemClock()
    refuse_backup(folder)
    desk = Desk(_opened(lambda: header.unlock(folder, label, words), at), at)
    if desk.opened.anchored:
        forget_digits(desk)
    return desk


def _opened(unlock: Callable[[], header.Unlocked], at: clock.Clock) -> opened.Opened:
    """Unlock and open; once more when a lead has given the store new keys in between."""
    try:
        return opened.open(unlock(), clock=at)
    except errors.TryAgain as error:
        if error.code != "keys-changed":
            raise
    return opened.open(unlock(), clock=at)


def refuse_backup(folder: Path) -> None:
    """A backup is restored, never worked in.

    Raises:
        errors.UsageError: ``is-a-backup``.
    """
    if backup.is_one(folder):
        raise errors.UsageError("is-a-backup", folder=str(folder))


def open_by_recovery(folder: Path, words: str, *, at: clock.Clock | None = None) -> Desk:
    """Open a store with its recovery words, when every passphrase is lost.

    Raises:
        errors.WrongPassphrase: a wrong word is named with its place.
    """
    at = at or clock.SystemClock()
    return Desk(_opened(lambda: header.recover(folder, words), at), at)


def forget_digits(desk: Desk) -> None:
    """Erase the digits of packets for which no receipt came in time; an entry when there are any."""
    with desk.opened.reading() as session:
        late = [row.number for row in leaving.digits_before(session, desk.now())]
    if late:
        with desk.opened.acting("packet.digits-expired", count=len(late)) as act:
            for row in leaving.digits_before(act.session, desk.now()):
                row.digits = None


def school_day(session: Session) -> school_days.SchoolDay:
    """The school's day and days off, from its settings."""
    off = case_rows.setting(session, "days_off")
    return school_days.SchoolDay(
        ends=time.fromisoformat(case_rows.setting(session, "day_ends", "17:00")),
        saturday=case_rows.setting(session, "saturday") == "yes",
        days_off=frozenset(date.fromisoformat(day) for day in off.split()),
    )


def one_line(value: str) -> str:
    """``value`` without blanks around it; a name that will stand on one line of a document.

    Raises:
        errors.UsageError: ``not-one-line`` when it is empty, longer than ``MAX_LINE``, or holds a line break,
            a control, bidi or invisible character.
    """
    value = value.strip()
    if (
        not value
        or len(value) > MAX_LINE
        or clean.text(value) != value
        or len(value.splitlines()) > 1
        or "\t" in value
    ):
        raise errors.UsageError("not-one-line", limit=MAX_LINE)
    return value


def second_person(desk: Desk, agreed_by: str) -> str:
    """Who agreed besides the member at the desk.

    Raises:
        errors.Refused: ``second-person-needed``: nobody else was named.
    """
    agreed_by = one_line(agreed_by) if agreed_by.strip() else ""
    if not agreed_by or agreed_by.casefold() == desk.label.casefold():
        raise errors.Refused("second-person-needed")
    return agreed_by


def coded(value: str, error: str, **values: object) -> str:
    """``value`` as the id it should be, in capitals; what no id can be is refused before anything is looked up.

    Raises:
        errors.UsageError: the code ``error``.
    """
    value = value.strip().upper()
    if not _ID.fullmatch(value):
        raise errors.UsageError(error, **values)
    return value


def outside(desk: Desk, *places: Path) -> None:
    """What is written for others never lies in the store.

    Raises:
        errors.Refused: ``inside-the-store``.
    """
    store = desk.shared.folder.resolve()
    for place in places:
        if place.resolve() == store or store in place.resolve().parents:
            raise errors.Refused("inside-the-store", folder=str(place))


def searchable(session: Session, case: models.Case) -> str:
    """What a search looks through: reference, names, and what was told and noted."""
    parts = [case.ref]
    for one in case_rows.people(session, case.id):
        identity = case_rows.identity(session, one.id)
        parts += [one.pupil_code or ""]
        if identity is not None:
            parts += [identity.name or "", identity.school_class or "", identity.contact or ""]
    parts += [note.text for note in case_rows.notes(session, case.id)]
    return "\n".join(part for part in parts if part)
