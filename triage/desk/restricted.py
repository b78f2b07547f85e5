"""Restricted cases: opened by those who are named, one line for everybody else.

Source: security.md 8.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from triage import clock, errors, i18n, models
from triage.desk import cases, coded, summaries
from triage.desk.session import Desk, forget_digits
from triage.store import restricted as store
from triage.store import restricted_folders, restricted_keys, restricted_recovery, search
from triage.store.records import cases as case_rows
from triage.store.records import leaving
from triage.store.records import restricted as rows

if TYPE_CHECKING:
    from sqlmodel import Session

FEWEST = 2
"""People who are named in a restricted case at least: one may fall ill or leave."""
MOST_FOUND = 100
_UNLOGGED = ("read-only", "disk-full", "disk-error")
Keep = Callable[[restricted_recovery.Words], None]
"""Keeps recovery words that have just been made; when it fails, they were never made."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Line:
    """What a list shows of a restricted case, to everybody the same."""

    ref: str
    """Its id."""
    named: tuple[str, ...]
    """Whom to ask."""
    next_due_at: datetime | None
    """When its next step is due."""
    overdue: bool
    """Whether that time has passed."""
    rekey: bool
    """Somebody who could open it has left: a named person is to open it, which gives it a new key."""

    def text(self) -> str:
        """The one line."""
        said = [i18n.say("Restricted case: ask {named}", named=", ".join(self.named) or "?")]
        if self.next_due_at:
            said.append(i18n.moment(self.next_due_at))
        if self.overdue:
            said.append(i18n.say("overdue"))
        if self.rekey:
            said.append(i18n.say("overdue: a named person opens it once, so that it gets a new key"))
        return "  ".join(said)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "restricted": self.ref,
            "named": list(self.named),
            "next_due_at": clock.text(self.next_due_at) if self.next_due_at else None,
            "overdue": self.overdue,
            "rekey": self.rekey,
        }


class InsideDesk(Desk):
    """A named person at work in a restricted case: everything is done as at any desk."""

    def __init__(self, inner: store.Inner, outer: Desk) -> None:
        super().__init__(inner, outer.clock)
        self.inner = inner
        self.outer = outer

    @property
    def shared(self) -> Desk:
        """The desk on everybody's part."""
        return self.outer

    @contextmanager
    def school(self, session: Session) -> Iterator[Session]:
        """The school's rows lie in everybody's part."""
        with self.outer.opened.reading() as school:
            yield school

    def new_ref(self, session: Session, at: datetime) -> str:
        """Its one case is called by its id."""
        return self.inner.ref


def is_ref(text: str) -> bool:
    """Whether this is how the id of a restricted case is written."""
    return restricted_folders.is_ref(text)


def new(
    desk: Desk,
    report: cases.NewCase,
    named: Sequence[str],
    *,
    subjects: Sequence[str] = (),
    keep: Keep | None = None,
) -> cases.Opened:
    """Open a case that only the people named can ever open; nothing of it lies in everybody's part.

    Args:
        desk: the desk; who sits there is named too.
        report: the report.
        named: labels of others who are named.
        subjects: labels of members whom the case is about: they cannot be named.
        keep: keeps recovery words for this case; with them one named person is enough.

    Raises:
        errors.Refused: ``restricted-needs-two``, ``restricted-subject``.
    """

    def fill(inside: InsideDesk) -> cases.Opened:
        return cases.new(inside, report)

    return make(desk, named, subjects, fill, "restricted.created", keep=keep)


def make(
    desk: Desk,
    named: Sequence[str],
    subjects: Sequence[str],
    fill: Callable[[InsideDesk], _Found],
    act: str,
    *,
    keep: Keep | None = None,
    then: Callable[[Session], None] | None = None,
) -> _Found:
    """Make a restricted case: filled first, then known to everybody's part by one act; ``then`` belongs to it."""
    people, about = check_named(desk, named, subjects, fewest=FEWEST if keep is None else 1)
    inner = store.begin(desk.opened, tells)
    inside = InsideDesk(inner, desk)
    try:
        if about:
            with inner.acting("restricted.subjects-set") as first:
                first.session.add(models.Setting(key=store.SUBJECTS, value=" ".join(about)))
        found = fill(inside)
        row = models.RestrictedCase(
            id=inner.ref, store=inner.inside.store, key_number=1, head=0, head_hash=b""
        )
        with desk.opened.acting(act, restricted=inner.ref) as shared:
            if then is not None:
                then(shared.session)
            inner.enter(shared, row, store.sealed_to(desk.opened.unlocked, inner.inside, people))
            if keep is not None:
                words, set_ = restricted_recovery.make(
                    shared.session, desk.opened.unlocked, inner.ref, row.store, inner.inside.root(), 1
                )
                shared.session.add(set_)
                keep(words)
        inner.known = True
    except BaseException:
        inside.close()
        shutil.rmtree(inside.folder, ignore_errors=True)
        raise
    desk.inside[inner.ref] = inside
    return found


def desk_of(desk: Desk, ref: str) -> Desk:
    """The desk on which ``ref`` is worked on: for a restricted case one inside it; each opening is an entry.

    Raises:
        errors.UsageError: ``no-such-case``.
        errors.Refused: ``restricted-not-named``; ``restricted-unlogged``: the entry cannot be made, nothing is shown.
    """
    if not is_ref(ref):
        return desk
    ref = ref.strip().upper()
    if desk.opened.anchored:
        # What a removal did not come to, before anything is read under a key that somebody who has left may have.
        restricted_keys.forget_gone(desk.opened, tells)
    store.unlock(desk.opened, ref).forget()
    _log(desk, "restricted.opened", restricted=ref)
    known = desk.inside.get(ref)
    return known if known is not None else _open(desk, ref)


def leave(desk: Desk, ref: str) -> None:
    """Close a restricted case that is open on this desk: its key is let go of."""
    known = desk.inside.pop(ref, None)
    if known is not None:
        known.close()


def desk_of_packet(desk: Desk, number: str) -> Desk:
    """The desk on which a packet was made: this one, or inside a restricted case that she can open."""
    with desk.opened.reading() as session:
        if any(row.number == number.strip().upper() for row in leaving.packets(session)):
            return desk
    for ref in openable(desk):
        with _looking(desk, ref) as inside, inside.opened.reading() as session:
            found = any(row.number == number.strip().upper() for row in leaving.packets(session))
        if found:
            return desk_of(desk, ref)
    return desk


def lines(desk: Desk) -> list[Line]:
    """Every restricted case, as everybody sees it."""
    now = desk.now()
    unlocked = desk.opened.unlocked
    with desk.opened.reading() as session:
        named = rows.named(session)
        found = rows.listed(session)
    return [
        Line(
            row.id,
            tuple(store.labels(unlocked, named.get(row.id, ()))),
            row.next_due_at,
            row.next_due_at is not None and row.next_due_at < now,
            row.rekey_due_at is not None,
        )
        for row in found
    ]


def openable(desk: Desk) -> list[str]:
    """The restricted cases in which the member at the desk is named."""
    with desk.opened.reading() as session:
        return [ref for ref, ids in rows.named(session).items() if desk.opened.unlocked.member_id in ids]


def found(desk: Desk, words: str) -> list[str]:
    """The restricted cases that she can open and in which these words are found; ids only.

    The first such search of a sitting is an entry; opening what was found is another.
    """
    refs = openable(desk)
    if not words.strip() or not refs:
        return []
    if not desk.searched:
        _log(desk, "restricted.searched", count=len(refs))
        desk.searched = True
    hits = []
    for ref in refs:
        with _looking(desk, ref) as inside, inside.opened.reading() as session:
            if search.find(session, words, MOST_FOUND):
                hits.append(ref)
    return hits


def named(desk: Desk, ref: str) -> tuple[str, ...]:
    """Who is named in a restricted case; everybody may know that."""
    known = next((line for line in lines(desk) if line.ref == ref.strip().upper()), None)
    if known is None:
        raise errors.UsageError("no-such-case", ref=ref)
    return known.named


def inside_of(desk: Desk, ref: str) -> InsideDesk:
    """The desk inside a restricted case.

    Raises:
        errors.UsageError: ``not-restricted``.
    """
    inside = desk_of(desk, ref)
    if not isinstance(inside, InsideDesk):
        raise errors.UsageError("not-restricted", ref=ref)
    return inside


def tells(session: Session) -> store.Told:
    """What everybody's part is told of a restricted case."""
    case = case_rows.only(session)
    if case is None:
        return store.Told(None, coded.text([]))
    affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
    due = None if case.status == "closed" else case.next_due_at
    return store.Told(due, coded.text(summaries.code(session, one, case) for one in affected))


def _open(desk: Desk, ref: str) -> InsideDesk:
    inner = store.open(desk.opened, ref, tells)
    if restricted_keys.renew_if_due(inner):
        inner.close()
        inner = store.open(desk.opened, ref, tells)
    inside = InsideDesk(inner, desk)
    desk.inside[ref] = inside
    forget_digits(inside)
    return inside


@contextmanager
def _looking(desk: Desk, ref: str) -> Iterator[Desk]:
    """A restricted case, open only for as long as something is looked for in it."""
    known = desk.inside.get(ref)
    if known is not None:
        yield known
        return
    inside = InsideDesk(store.open(desk.opened, ref, tells), desk)
    try:
        yield inside
    finally:
        inside.close()


def _log(desk: Desk, act: str, **codes: object) -> None:
    """An entry without which nothing is shown. Source: security.md 25."""
    try:
        with desk.opened.acting(act, **codes):
            pass
    except errors.TryAgain as error:
        if error.code in _UNLOGGED:
            raise errors.Refused("restricted-unlogged") from None
        raise


def check_named(
    desk: Desk, named: Sequence[str], subjects: Sequence[str], *, fewest: int
) -> tuple[list[str], list[str]]:
    """The ids of those who would be named, the member at the desk first, and of those whom it is about.

    Raises:
        errors.Refused: ``restricted-needs-two``, ``restricted-subject``.
        errors.UsageError: ``no-such-member``.
    """
    mine = desk.opened.unlocked.member_id
    people = list(dict.fromkeys([mine, *(member(desk, label) for label in named)]))
    about = [member(desk, label) for label in subjects]
    if any(one in about for one in people):
        raise errors.Refused("restricted-subject", label=", ".join(store.labels(desk.opened.unlocked, about)))
    if desk.opened.unlocked.recovery.id == mine or len(people) < fewest:
        raise errors.Refused("restricted-needs-two")
    return people, about


def member(desk: Desk, label: str) -> str:
    """The id of the member who is called so.

    Raises:
        errors.UsageError: ``no-such-member``.
    """
    members = desk.opened.unlocked.members
    wanted = label.strip().casefold()
    found = next((slot.id for slot in members if slot.label.casefold() == wanted), None)
    if found is None:
        allowed = ", ".join(slot.label for slot in members)
        raise errors.UsageError("no-such-member", label=label, allowed=allowed)
    return found
