"""Sitting down at the desk: make a store, open it, act in it, get up."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from triage import clock, errors, models
from triage.packet import cms
from triage.response import school_days
from triage.store import opened, search
from triage.store.keys import header, passphrase
from triage.store.records import cases as case_rows
from triage.store.records import undo
from triage.summary import envelope, release

if TYPE_CHECKING:
    from sqlmodel import Session


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
        """One act on the case ``ref``: all of it happens and is entered, or nothing."""
        with self.opened.acting(act, **codes) as under_way:
            session = under_way.session
            case = case_rows.find(session, ref)
            under_way.case = case
            with undo.watching(session) as before:
                yield OnCase(session, case, self.now())
            search.index(session, case.id, searchable(session, case))
            if undoable:
                undo.keep(session, under_way.seq, case.id, self.opened.unlocked.member_id, act, before)

    def close(self) -> None:
        """Get up: write everything back into the database file, let go of the keys."""
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

    Raises:
        errors.Refused: the passphrase is too weak, or the folder holds something.
    """
    at = at or clock.SystemClock()
    for value in (school, code, label):
        one_line(value)
    release.check_school_code(code)
    passphrase.check(words, school=school, code=code, label=label)
    if folder.exists() and any(folder.iterdir()):
        raise errors.Refused("folder-not-empty", folder=str(folder))
    was_there = folder.exists()
    try:
        unlocked, recovery, _six = header.create(
            folder, label=label, passphrase=words, school=school, code=code, now=at.now()
        )
        desk = Desk(opened.create(unlocked, school=school, code=code, clock=at), at)
        created = Created(unlocked.store, code, _make_school_keys(desk, school, code), recovery)
        if keep is not None:
            keep(created, at.now())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            folder.mkdir(mode=0o700, exist_ok=True)
        raise
    return desk, created


def open_store(folder: Path, words: str, *, label: str | None = None, at: clock.Clock | None = None) -> Desk:
    """Unlock a store and sit down.

    Raises:
        errors.UsageError: no store there, newer, on a network drive.
        errors.WrongPassphrase: the passphrase, or the header's salt, KDF or commitment.
        errors.StoreDamaged: header or database are not what was written.
    """
    at = at or clock.SystemClock()
    unlocked = header.unlock(folder, label, words)
    return Desk(opened.open(unlocked, clock=at), at)


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
        errors.UsageError: ``not-one-line`` when it is empty or holds a line break or control character.
    """
    value = value.strip()
    if not value or any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in value):
        raise errors.UsageError("not-one-line")
    return value


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


def _make_school_keys(desk: Desk, school: str, code: str) -> str:
    unlocked = desk.opened.unlocked
    packet_key = cms.new_school_key(school, code, desk.now())
    signer = cms.Signer(packet_key.certificate_pem, packet_key.private_der)
    with desk.opened.acting("keys.made") as act:
        for purpose, private, public in (
            ("packet", packet_key.private_der, packet_key.certificate_pem),
            ("summary", *envelope.new_key()),
            ("backup", *envelope.new_key()),
        ):
            fingerprint = signer.fingerprint if purpose == "packet" else envelope.key_id(public)
            row = models.SchoolKey(
                purpose=purpose, public=public, fingerprint=fingerprint, made_at=desk.now()
            )
            act.session.add(row)
            act.session.flush()
            act.session.add(
                models.SealedKey(
                    key_id=row.id,
                    member_id=unlocked.member_id,
                    sealed=unlocked.seal_to(unlocked.member_id, private, f"school-key/{purpose}"),
                )
            )
    return signer.fingerprint
