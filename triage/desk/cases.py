"""A case and what is known of it: open, answer, note, people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from triage import errors, i18n, models
from triage.desk import answering, assess, elsewhere
from triage.desk.session import Desk, OnCase, one_line, searchable
from triage.response import playbook
from triage.store import audit, search
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.store.records import leaving
from triage.summary import period
from triage.terms import Channel, Delay, Kind, Level, Part, Platform

if TYPE_CHECKING:
    from sqlmodel import Session

MAX_WORDS = 2000
"""Characters of one entry of the student's own words. Source: semantics.md, Text."""
MAX_TEXT = 300
"""Characters of any other free text."""
OLDEST = timedelta(days=5 * 366)
"""A report told longer ago than this is a mistyped date."""
INDICATORS = ("phone", "bank_account", "url", "account", "email", "wallet", "other")
"""Kinds of traces of an offender."""
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class NewCase:
    """A report as it comes in."""

    kinds: tuple[Kind, ...] = (Kind.UNSURE,)
    """What it is about."""
    channel: Channel = Channel.OTHER
    """How it reached the counsellor."""
    told_at: datetime | None = None
    """When it was told; now when left out."""
    words: str = ""
    """The student's own words, verbatim."""
    answers: Mapping[str, str] | None = None
    """Answers and circumstances, key to value."""
    pupils: tuple[str, ...] = ()
    """Pupil codes of the affected students; one new code when empty."""
    platform: Platform = Platform.UNKNOWN
    """Where the first contact was."""
    delay: Delay = Delay.UNKNOWN
    """How long until the student told someone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that has just been opened."""

    ref: str
    """Its reference, inside the school."""
    pupils: tuple[str, ...]
    """The affected students' codes."""
    without_playbook: tuple[Kind, ...]
    """Kinds whose playbook does not exist yet: the common steps stand."""


def new(desk: Desk, report: NewCase) -> Opened:
    """Open a case; its level is found and its checklist begins."""
    factors, facts = answering.split(report.answers or {})
    words = fitting(report.words, MAX_WORDS) if report.words.strip() else ""
    told_at = report.told_at or desk.now()
    if told_at > desk.now():
        raise errors.UsageError("told-in-the-future", value=i18n.moment(told_at))
    if told_at < desk.now() - OLDEST:
        raise errors.UsageError("told-too-long-ago", value=i18n.moment(told_at))
    with desk.opened.acting("case.opened") as act:
        session = act.session
        registered = _registration(desk, session)
        case = models.Case(
            id=case_rows.next_id(session),
            ref=desk.new_ref(session, registered),
            salt=secrets.token_bytes(32),
            channel=report.channel.value,
            told_at=told_at,
            opened_at=registered,
            level=Level.LOW.name,
            own_level=Level.LOW.name,
            platform=report.platform.value,
            delay=report.delay.value,
        )
        session.add(case)
        session.flush()
        act.case = case
        on = OnCase(session, case, desk.now())
        _add_kinds(on, report.kinds)
        pupils = _add_affected(desk, on, report.pupils, registered)
        for one in case_rows.people(session, case.id):
            answering.record(desk, on, one, factors)
        answering.set_facts(desk, on, facts)
        if words:
            add_note(desk, on, "words", words, told_at, private=False)
        assess.refresh(session, case, desk.now(), by=desk.label, why="opened")
        search.index(session, case.id, searchable(session, case))
    return Opened(case.ref, pupils, playbook.missing(report.kinds))


def answer(
    desk: Desk,
    ref: str,
    answers: Mapping[str, str],
    *,
    person: str | None = None,
    seen: Mapping[str, str | None] | None = None,
    settles: bool = False,
) -> None:
    """Record answers (of one affected person) and circumstances; the level and the steps follow.

    Args:
        desk: the desk.
        ref: the case.
        answers: answers and circumstances, key to value.
        person: the affected student's letter; the only one's when left out.
        seen: what stood there as answered when they were given; None for a question without an answer.
        settles: they are given while they are asked: a step that consists of these questions is done.

    Raises:
        errors.Refused: ``answered-elsewhere``: something else was recorded meanwhile, on another screen.
    """
    factors, facts = answering.split(answers)
    with desk.on_case("case.answered", ref) as on:
        not_closed(on.case)
        if seen is not None:
            answering.as_seen(on, _affected(on, person), seen)
        if factors:
            answering.outdate(on, answering.record(desk, on, _affected(on, person), factors))
        answering.set_facts(desk, on, facts)
        stands = assess.refresh(on.session, on.case, on.now, by=desk.label, why="answers")
        if settles:
            assess.settle(on.session, on.case, stands, on.now, by=desk.label)


def add_kinds(desk: Desk, ref: str, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """Add kinds to an open case; those without a playbook are returned."""
    with desk.on_case("case.kinds-added", ref) as on:
        not_closed(on.case)
        _add_kinds(on, kinds)
        assess.refresh(on.session, on.case, on.now, by=desk.label, why="kinds")
    return playbook.missing(kinds)


def note(
    desk: Desk,
    ref: str,
    text: str,
    *,
    kind: str = "note",
    at: datetime | None = None,
    private: bool = False,
) -> None:
    """Add a note of the counsellor, or another entry of the student's own words, verbatim."""
    limit = MAX_WORDS if kind == "words" else MAX_TEXT
    text = fitting(text, limit)
    with desk.on_case("case.noted", ref, kind=kind) as on:
        add_note(desk, on, kind, text, at or on.now, private=private)


def add_person(
    desk: Desk, ref: str, part: Part, identity: Mapping[str, str], *, pupil: str | None = None
) -> str:
    """Add a person to a case under the next free letter; name and class go to the identity record."""
    with desk.on_case("case.person-added", ref, part=part.value) as on:
        not_closed(on.case)
        letter = _next_letter(on)
        if part is Part.AFFECTED:
            pupil = _pupil_code(desk, on.session, pupil)
        one = models.Person(
            case_id=on.case.id,
            label=letter,
            part=part.value,
            pupil_code=pupil,
            added_at=_registration(desk, on.session),
        )
        on.session.add(one)
        on.session.flush()
        _set_identity(on.session, one, identity)
        assess.refresh(on.session, on.case, on.now, by=desk.label, why="answers")
    return letter


def set_identity(
    desk: Desk,
    ref: str,
    letter: str,
    identity: Mapping[str, str],
    *,
    seen: Mapping[str, str] | None = None,
) -> None:
    """Write down who a person is.

    Args:
        desk: the desk.
        ref: the case.
        letter: the person's letter in it.
        identity: the fields that are written.
        seen: what she knows to be written down; left out, whatever is there is replaced.

    Raises:
        errors.TryAgain: ``identity-differs``.
    """
    with desk.on_case("case.identity-set", ref) as on:
        one = _person(on, letter)
        elsewhere.identity(on, one, identity, seen)
        _set_identity(on.session, one, identity)


def check_identity(identity: Mapping[str, str]) -> dict[str, str]:
    """An identity's fields, held against those there are.

    Raises:
        errors.UsageError: ``unknown-factor`` for a field that must not be collected.
    """
    allowed = [name for name in models.Identity.model_fields if name != "person_id"]
    for name in identity:
        if name not in allowed:
            raise errors.UsageError("unknown-factor", name=name, allowed=", ".join(allowed))
    return {name: fitting(value, MAX_TEXT) for name, value in identity.items()}


def show_identity(desk: Desk, ref: str, letter: str) -> dict[str, str]:
    """Who a person is; the showing is an entry."""
    with desk.on_case("case.identity-shown", ref, undoable=False) as on:
        one = _person(on, letter)
        row = case_rows.identity(on.session, one.id)
        found = {} if row is None else {key: value for key, value in row.model_dump().items() if value}
    found.pop("person_id", None)
    return {key: str(value) for key, value in found.items()}


def add_indicator(
    desk: Desk, ref: str, kind: str, value: str, *, seen_in: Sequence[str] = (), text: str = ""
) -> None:
    """Record a trace of the offender, as reported."""
    if kind not in INDICATORS:
        raise errors.UsageError("unknown-value", name="kind", value=kind, allowed=", ".join(INDICATORS))
    with desk.on_case("case.indicator-added", ref, kind=kind) as on:
        items = [evidence_rows.find(on.session, on.case.id, item).item for item in seen_in]
        on.session.add(
            models.Indicator(
                case_id=on.case.id,
                kind=kind,
                value=one_line(fitting(value, MAX_TEXT)),
                seen_in=" ".join(items),
                note=one_line(fitting(text, MAX_TEXT)) if text else None,
                at=on.now,
                by=desk.label,
            )
        )


def fitting(text: str, limit: int) -> str:
    """``text`` if it is not empty and fits; nothing is ever cut silently.

    Raises:
        errors.UsageError: ``text-empty`` or ``text-too-long``.
    """
    text = text.strip()
    if not text:
        raise errors.UsageError("text-empty")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise errors.UsageError("text-not-unicode")
    if len(text) > limit:
        raise errors.UsageError("text-too-long", length=len(text), limit=limit)
    return text


def _registration(desk: Desk, session: Session) -> datetime:
    """The instant that decides the period of a summary: never before the last entry, never in a closed month."""
    at = max(desk.now(), audit.last_at(session) or desk.now())
    with desk.school(session) as school:
        at = max(at, audit.last_at(school) or at)
        closed = [period.read(row.period) for row in leaving.releases(school)]
    return max([at, *(month.after for month in closed if month.shape == "month")])


def _add_kinds(on: OnCase, kinds: Sequence[Kind]) -> None:
    had = case_rows.kinds(on.session, on.case.id)
    for kind in kinds:
        if kind.value not in had:
            on.session.add(models.CaseKind(case_id=on.case.id, kind=kind.value, added_at=on.now))
            had.append(kind.value)
    assess.keep_playbooks(on.session, on.case, kinds)
    on.session.flush()


def _add_affected(desk: Desk, on: OnCase, codes: Sequence[str], registered: datetime) -> tuple[str, ...]:
    given = []
    for number, code in enumerate(codes or ("",)):
        pupil = _pupil_code(desk, on.session, code or None)
        if pupil in given:
            raise errors.UsageError("pupil-twice", code=pupil)
        given.append(pupil)
        on.session.add(
            models.Person(
                case_id=on.case.id, label=chr(ord("A") + number), part="affected",
                pupil_code=pupil, added_at=registered,
            )
        )  # fmt: skip
        on.session.flush()
    return tuple(given)


def _pupil_code(desk: Desk, session: Session, code: str | None) -> str:
    """The school's code for a student: a known one again, or a new random one."""
    with desk.school(session) as school:

        def known(code: str) -> bool:
            return case_rows.pupil_known(session, code) or case_rows.pupil_known(school, code)

        if code is None:
            while True:
                code = "HS" + "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))
                if not known(code):
                    return code
        code = code.strip().upper()
        if not known(code):
            raise errors.UsageError("no-such-pupil", code=code)
    return code


def _next_letter(on: OnCase) -> str:
    used = {one.label for one in case_rows.people(on.session, on.case.id)}
    free = (chr(ord("A") + number) for number in range(26))
    letter = next((letter for letter in free if letter not in used), None)
    if letter is None:
        raise errors.Refused("too-many-people")
    return letter


def _person(on: OnCase, letter: str) -> models.Person:
    for one in case_rows.people(on.session, on.case.id):
        if one.label == letter.strip().upper():
            return one
    raise errors.UsageError("no-such-person", person=letter)


def _affected(on: OnCase, letter: str | None) -> models.Person:
    affected = [one for one in case_rows.people(on.session, on.case.id) if one.part == "affected"]
    if letter is not None:
        one = _person(on, letter)
        if one not in affected:
            raise errors.UsageError("not-affected", person=letter)
        return one
    if len(affected) > 1:
        raise errors.UsageError("which-person", allowed=", ".join(one.label for one in affected))
    return affected[0]


def add_note(desk: Desk, on: OnCase, kind: str, text: str, at: datetime, *, private: bool) -> None:
    """Add a note within an act that is under way."""
    on.session.add(
        models.Note(
            case_id=on.case.id, kind=kind, text=text, private=private,
            at=at, recorded_at=on.now, by=desk.label,
        )
    )  # fmt: skip


def _set_identity(session: Session, one: models.Person, identity: Mapping[str, str]) -> None:
    if not identity:
        return
    row = case_rows.identity(session, one.id) or models.Identity(person_id=one.id)
    for key, value in identity.items():
        setattr(row, key, one_line(value))
    session.add(row)


def not_closed(case: models.Case) -> None:
    """Refuse an act on a closed case."""
    if case.status == "closed":
        raise errors.Refused("case-closed", ref=case.ref)
