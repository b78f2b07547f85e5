"""Packets: made for a recipient with a basis and a purpose, told apart from their digits, receipted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from triage import clock, errors, i18n, models, paths
from triage.desk import cases, dossier
from triage.desk.session import Desk, OnCase, coded, one_line, outside
from triage.packet import cms, contents, make
from triage.store import evidence as files
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.store.records import leaving
from triage.terms import Profile

if TYPE_CHECKING:
    from sqlmodel import Session

DIGITS_KEPT = timedelta(days=30)
"""How long a packet's digits are kept when no receipt comes. Source: security.md 16."""
CHECK_HOLDS = timedelta(days=366)
"""How long the check of a recipient's number holds (D)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What packet is wanted."""

    to: str
    """A label of the recipients book, or a plain name."""
    basis: str
    """The legal ground, as decided."""
    purpose: str
    """What the recipient is to use it for."""
    profile: Profile | None = None
    """For a plain name; the ward when left out."""
    items: tuple[str, ...] | None = None
    """Items that go along; all that were not withdrawn when left out."""
    certificates: tuple[bytes, ...] = ()
    """Officers' certificates (PEM) for whom the digits are enveloped."""
    language: str = "vi"
    """The report's language."""


@dataclass(frozen=True, slots=True)
class Made:
    """A packet that has just been made."""

    number: str
    """Its outside number."""
    replaces: str | None
    """The packet it replaces."""
    files: tuple[Path, ...]
    """What lies in the folder now."""
    fingerprint: str
    """SHA-256 of the school's certificate, hex."""
    digits: str
    """The 24 digits."""
    call: models.Recipient | None
    """Whom to call to tell the digits; None when the number was never checked."""


def new(
    desk: Desk,
    ref: str,
    wish: Wish,
    out: Path,
    *,
    digits_out: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Make a packet: the decision is entered and the files are written, both or neither.

    Args:
        desk: who makes it.
        ref: the case.
        wish: what packet.
        out: the folder for its files; made when it is not there.
        digits_out: a new file (0600) for the 24 digits.
        progress: told bytes done and bytes in all.
    """
    number = contents.new_number()
    outside(desk, out, *([digits_out] if digits_out else []))
    if digits_out is not None and (digits_out.exists() or digits_out.is_symlink()):
        raise errors.Refused("file-exists", file=str(digits_out))
    out.mkdir(parents=True, exist_ok=True)
    part = out / f".{number}.part"
    part.mkdir(mode=0o700)
    written = False
    try:
        # Before the act: while large files are packed, other desks write. The packet says how the case stood then.
        book, items, case, made = _packed(desk, ref, wish, number, part, progress)
        with desk.on_case("packet.made", ref, undoable=False, packet=number) as on:
            _not_overtaken(on, case, items)
            _enter(desk, on, case, made, book, items)
            if digits_out is not None:
                # Before the entry: without its digits a packet is closed for good.
                _write_digits(digits_out, made.digits)
                written = True
        written = False
        # Nothing has its name before the entry is durable: what lies there was decided.
        files = [(part / name).replace(out / name) for name in made.files]
    finally:
        if written and digits_out is not None:
            digits_out.unlink(missing_ok=True)
        shutil.rmtree(part, ignore_errors=True)
    if digits_out is not None:
        files.append(digits_out)
    call = book if checked(book, desk.now()) else None
    return Made(number, case.replaces, tuple(files), made.fingerprint, made.digits, call)


def _write_digits(target: Path, digits: str) -> None:
    """Write the digits into their own file, or leave none."""
    try:
        paths.write_new(target, f"{digits}\n".encode())
    except FileExistsError:
        raise
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _packed(
    desk: Desk, ref: str, wish: Wish, number: str, part: Path, progress: Callable[[int, int], None] | None
) -> tuple[models.Recipient | None, list[models.Evidence], contents.PacketCase, make.Made]:
    """The files of a packet in a folder of their own: nothing has left yet."""
    with desk.opened.reading() as session:
        on = OnCase(session, case_rows.find(session, ref), desk.now())
        book = leaving.recipient(session, wish.to)
        items = _items(on, wish.items)
        case = _case(desk, on, wish, number, book, items)
        school = signer(desk, session)
    made = make.packet(
        case,
        open_item=_opener(desk, items),
        signer=school,
        out=part,
        certificates=wish.certificates,
        progress=progress,
    )
    return book, items, case, made


def _not_overtaken(on: OnCase, case: contents.PacketCase, items: Sequence[models.Evidence]) -> None:
    """Nothing that was packed was withdrawn meanwhile, and no other packet went to the same recipient."""
    _items(on, tuple(row.item for row in items))
    if case.replaces != _replaced(on, case.recipient.name):
        raise errors.TryAgain("packet-overtaken")


def _replaced(on: OnCase, name: str) -> str | None:
    earlier = [row.number for row in leaving.packets(on.session, on.case.id) if row.recipient == name]
    return earlier[-1] if earlier else None


def _case(
    desk: Desk,
    on: OnCase,
    wish: Wish,
    number: str,
    book: models.Recipient | None,
    items: list[models.Evidence],
) -> contents.PacketCase:
    name = book.name if book else one_line(wish.to)
    return dossier.write_out(
        on.session,
        on.case,
        number=number,
        replaces=_replaced(on, name),
        profile=wish.profile or (Profile(book.profile) if book else Profile.WARD),
        recipient=contents.Party(name=name, phone=(book.phone or "") if book else ""),
        basis=cases.fitting(wish.basis, cases.MAX_TEXT),
        purpose=cases.fitting(wish.purpose, cases.MAX_TEXT),
        items=items,
        made_by=desk.label,
        now=on.now,
        language=wish.language,
    )


def _enter(
    desk: Desk,
    on: OnCase,
    case: contents.PacketCase,
    made: make.Made,
    book: models.Recipient | None,
    items: list[models.Evidence],
) -> None:
    """Write the packet into the share ledger and into the custody records."""
    on.session.add(
        models.Packet(
            case_id=on.case.id,
            number=case.number,
            replaces=case.replaces,
            recipient=case.recipient.name,
            recipient_label=book.label if book else None,
            phone=book.phone if book and checked(book, on.now) else None,
            verified_on=book.verified_on if book and checked(book, on.now) else None,
            profile=case.profile.value,
            basis=case.basis,
            purpose=case.purpose,
            made_at=on.now,
            by=desk.label,
            items=json.dumps([row.item for row in items]),
            sha256=made.sha256,
            fingerprint=made.fingerprint,
            digits=made.digits,
            digits_until=on.now + DIGITS_KEPT,
        )
    )
    for row in items:
        on.session.add(
            models.Custody(evidence_id=row.id, at=on.now, by=desk.label, act="packed", note=case.number)
        )


def digits(desk: Desk, number: str, reason: str) -> tuple[str, models.Packet]:
    """A packet's digits, to be told on a call that the school makes; each showing is an entry.

    The number to call is the one that the book had, checked, when the packet was made: changing the book later
    brings no digits out.

    Raises:
        errors.Refused: ``digits-gone``, or ``recipient-not-checked``: the number was never checked.
    """
    reason = cases.fitting(reason, cases.MAX_TEXT)
    number = coded(number, "no-such-packet", packet="?")
    with desk.opened.reading() as session:
        ref, row = _with_ref(session, number)
    if row.digits is None or row.digits_until is None or row.digits_until < desk.now():
        raise errors.Refused("digits-gone", packet=number)
    if not (row.phone and row.verified_on):
        raise errors.Refused("recipient-not-checked", packet=number)
    with desk.on_case("packet.digits-shown", ref, undoable=False, packet=number) as on:
        cases.add_note(desk, on, "note", f"{number}: {reason}", on.now, private=True)
    return row.digits, row


def receipt(desk: Desk, number: str, received_by: str, reference: str) -> None:
    """Record who received a packet and under what number; its digits are erased."""
    number = coded(number, "no-such-packet", packet="?")
    with desk.opened.reading() as session:
        ref, known = _with_ref(session, number)
    if known.received_at is not None:
        raise errors.Refused("receipt-recorded", packet=number)
    with desk.on_case("packet.received", ref, undoable=False, packet=number) as on:
        row = leaving.packet(on.session, number)
        row.received_by, row.reference = one_line(received_by), one_line(reference)
        row.received_at, row.digits, row.digits_until = on.now, None, None


def listed(desk: Desk, ref: str | None = None) -> list[tuple[str, models.Packet]]:
    """Packets made, with their case's reference; of one case or of all."""
    with desk.opened.reading() as session:
        return leaving.packets_with_case(session, ref)


def named(desk: Desk, ref: str, profile: Profile) -> tuple[str, ...]:
    """Which people of a case a packet of this profile names, as ``A (part)``: of whom something is written down."""
    if not contents.HOLDS[profile].identity:
        return ()
    with desk.opened.reading() as session:
        people = case_rows.people(session, case_rows.find(session, ref).id)
        known = [one for one in people if case_rows.identity(session, one.id) is not None]
        return tuple(f"{one.label} ({i18n.word('part', one.part)})" for one in known)


def with_words(profile: Profile) -> bool:
    """Whether what was told and noted goes along in a packet of this profile, as written."""
    return contents.HOLDS[profile].words


def certificate(desk: Desk) -> models.SchoolKey:
    """The school's present certificate for packets."""
    with desk.opened.reading() as session:
        return leaving.school_key(session, "packet")


def checked(book: models.Recipient | None, now: datetime) -> bool:
    """Whether a recipient's number was checked within ``CHECK_HOLDS``, and how is known."""
    if book is None or not (book.phone and book.verified_on and book.verified_how):
        return False
    age = now.astimezone(clock.VIETNAM).date() - date.fromisoformat(book.verified_on)
    return timedelta(0) <= age <= CHECK_HOLDS


def signer(desk: Desk, session: Session) -> cms.Signer:
    """The school's signature, by a member to whom its key is sealed."""
    unlocked = desk.opened.unlocked
    key = leaving.school_key(session, "packet")
    sealed = leaving.sealed_key(session, key.id, unlocked.member_id)
    return cms.Signer(key.public, unlocked.open_sealed(sealed.sealed, "school-key/packet"))


def _items(on: OnCase, wanted: Sequence[str] | None) -> list[models.Evidence]:
    if wanted is None:
        return [row for row in evidence_rows.of_case(on.session, on.case.id) if row.withdrawn_at is None]
    rows = [evidence_rows.find(on.session, on.case.id, item) for item in wanted]
    withdrawn = [row.item for row in rows if row.withdrawn_at is not None]
    if withdrawn:
        raise errors.Refused("item-withdrawn", item=", ".join(withdrawn))
    return rows


def _opener(desk: Desk, rows: Sequence[models.Evidence]) -> Callable[[contents.Item], BinaryIO]:
    kept = {row.item: row for row in rows}

    def open_item(item: contents.Item) -> BinaryIO:
        row = kept[item.id]
        if row.file is None or row.key is None:
            raise errors.Refused("item-has-no-file", item=row.item)
        return files.open(desk.folder, row.file, row.key, store=desk.opened.unlocked.store)

    return open_item


def _with_ref(session: Session, number: str) -> tuple[str, models.Packet]:
    packet = leaving.packet(session, number)
    return next((ref, row) for ref, row in leaving.packets_with_case(session) if row.id == packet.id)
