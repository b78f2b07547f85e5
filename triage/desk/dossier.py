"""A case written out for a packet: everything the program knows, before the profile takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from triage import i18n, models
from triage.desk import assess, found, view
from triage.packet import contents, measures
from triage.response import level, rules
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.terms import Kind, Level, Profile, StepState

if TYPE_CHECKING:
    from sqlmodel import Session


SLIP = timedelta(minutes=2)
"""An answer that was replaced sooner was a slip of a key."""
Line = tuple[str, str]
"""Vietnamese and English."""
HARM = ("loss_band", "loss_recent_24h", "impact")
"""The questions that tell of harm."""


def write_out(
    session: Session,
    case: models.Case,
    *,
    number: str,
    replaces: str | None,
    profile: Profile,
    recipient: contents.Party,
    basis: str,
    purpose: str,
    items: Sequence[models.Evidence],
    made_by: str,
    now: datetime,
    language: str,
) -> contents.PacketCase:
    """The case as the plain values of the packet ``number``, which may replace an earlier one."""
    seen = view.of_row(session, case, now)
    return contents.PacketCase(
        number=number,
        replaces=replaces,
        profile=profile,
        school=school(session),
        recipient=recipient,
        made_at=now,
        made_by=made_by,
        basis=basis,
        purpose=purpose,
        level=Level[case.level],
        provisional=case.provisional,
        reasons=_reasons(session, seen),
        kinds=tuple((kind, *_both("kind", kind)) for kind in _kinds(seen.line.kinds)),
        told_at=case.told_at,
        channel=_both("channel", case.channel),
        persons=tuple(_person(session, one) for one in seen.people),
        words=tuple(
            contents.Quote(note.at, note.text)
            for note in seen.notes
            if note.kind == "words" and not assess.of_reporter(case, note)
        ),
        timeline=_timeline(session, case, seen),
        urgent=_urgent(session, seen),
        indicators=tuple(
            contents.Indicator(one.kind, one.value, tuple(one.seen_in.split()), one.note or "")
            for one in seen.indicators
        ),
        harm=_harm(session, seen),
        done=tuple(_done(step, seen) for step in seen.steps if step.state is StepState.DONE and step.at),
        skipped=tuple(
            (*_name(step), step.reason or "")
            for step in seen.steps
            if step.state is StepState.SKIPPED and step.planned.mandatory
        ),
        items=tuple(item(session, row) for row in items),
        agreed_claims=_claims(case, seen),
        language=language,
    )


def school(session: Session) -> contents.Party:
    """The school as it signs."""
    return contents.Party(
        name=case_rows.setting(session, "school_name"),
        code=case_rows.setting(session, "school_code"),
        address=case_rows.setting(session, "school_address"),
        phone=case_rows.setting(session, "school_phone"),
    )


def item(session: Session, row: models.Evidence) -> contents.Item:
    """One piece of evidence with its custody record."""
    reference = None
    if row.statement == "reference":
        reference = contents.Reference(
            row.what or "", row.whereabouts or "", row.holder or "", row.count, row.hashed
        )
    return contents.Item(
        id=row.item,
        original_name=row.original_name,
        sha256=row.sha256,
        size=row.size,
        media_type=row.media_type,
        claimed_type=row.claimed_type,
        added_at=row.added_at,
        by=row.by,
        source=row.source,
        device=row.device,
        taken_at=row.taken_at,
        statement=row.statement,
        reference=reference,
        custody=tuple(
            contents.CustodyLine(line.at, line.act, line.by, line.note or "")
            for line in evidence_rows.custody(session, row.id)
        ),
    )


def _person(session: Session, one: models.Person) -> contents.PersonLine:
    who = case_rows.identity(session, one.id) or models.Identity(person_id=one.id)
    answers = assess.recorded(session, one) if one.part == "affected" else {}
    return contents.PersonLine(
        label=one.label,
        part=one.part,
        age_band=answers.get("age_band", ""),
        sex=who.sex or "",
        name=who.name or "",
        birth=who.birth or "",
        school_class=who.school_class or "",
        contact=who.contact or "",
        guardian=who.guardian or "",
        guardian_contact=who.guardian_contact or "",
    )


def _timeline(session: Session, case: models.Case, seen: view.CaseView) -> tuple[contents.TimelineLine, ...]:
    vi, en = _both("channel", case.channel)
    told = contents.TimelineLine(
        case.told_at, f"Nhà trường biết tin ({vi}).", f"The school learned of it ({en}).",
        "school", case.opened_at,
    )  # fmt: skip
    noted = [
        contents.TimelineLine(note.at, note.text, note.text, "staff", note.recorded_at)
        for note in seen.notes
        if note.kind == "note" and not note.private
    ]
    # In the words' place they would be read as the student's.
    noted += [
        contents.TimelineLine(
            note.at, f"Người báo tin kể: “{note.text}”", f"The one who reported told: \"{note.text}\"",
            "family" if case.channel == "parent" else case.channel, note.recorded_at,
        )
        for note in seen.notes
        if assess.of_reporter(case, note) and not note.private
    ]  # fmt: skip
    return tuple(sorted([told, *noted, *_whereabouts(session, seen)], key=lambda line: line.at))


def _kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that are known: «not clear yet» is said only where no other kind stands."""
    return tuple(kind for kind in kinds if kind != Kind.UNSURE) or kinds


def _name(step: view.StepLine) -> contents.Both:
    return measures.name(step.planned.id, (step.planned.vi, step.planned.en))


def _done(step: view.StepLine, seen: view.CaseView) -> contents.TimelineLine:
    affected = [one for one in seen.people if one.part == "affected"]
    there = [one.label for one in affected if step.recorded_at and one.added_at <= step.recorded_at]
    # What was done before a student was in the case was not done for her.
    before = f"{', '.join(there)}: " if 0 < len(there) < len(affected) else ""
    added = "".join(f" ({part})" for part in (step.result, step.reference) if part)
    assert step.at is not None  # noqa: S101 - the caller has asked
    vi, en = _name(step)
    return contents.TimelineLine(
        step.at, before + vi + added, before + en + added, "school", step.recorded_at,
        talk=not added and measures.is_talk(step.planned.id),
    )  # fmt: skip


def _said_of(
    session: Session, seen: view.CaseView, said: Callable[[models.Person, level.Verdict], Iterable[Line]]
) -> tuple[Line, ...]:
    """What is said of each student, each line once; of several with the letters of those of whom it is said.

    Args:
        session: a unit of work.
        seen: the case.
        said: the lines about one student, by what the table says of that student alone.
    """
    affected = [one for one in seen.people if one.part == "affected"]
    if len(affected) == 1:
        return tuple(dict.fromkeys(said(affected[0], seen.verdict)))
    of = dict[Line, list[str]]()
    kinds = tuple(Kind(kind) for kind in seen.line.kinds)
    for one in affected:
        for line in dict.fromkeys(said(one, level.for_case(kinds, assess.recorded(session, one)))):
            of.setdefault(line, []).append(one.label)
    return tuple((f"{', '.join(who)}: {vi}", f"{', '.join(who)}: {en}") for (vi, en), who in of.items())


def _reasons(session: Session, seen: view.CaseView) -> tuple[Line, ...]:
    return _said_of(session, seen, lambda one, verdict: level.reasons(verdict, found.ask_again(session, one)))


def _urgent(session: Session, seen: view.CaseView) -> tuple[str, ...]:
    """What rules, then answers, then time flags call for, each line once; an answer says when it was recorded.

    Where anything is urgent for one student, it is said of each whether home may be called, and of tonight.
    """

    def called(one: models.Person, verdict: level.Verdict) -> Iterable[Line]:
        answers = case_rows.answers(session, one.id)
        before = rules.load().words["before_found"][0]
        former = found.ask_again(session, one)
        names = [(_known(fired), fired.because.keys() & former) for fired in verdict.rules]
        lines = [
            before.format(line=i18n.word("urgent", name, "vi")) if stale else i18n.word("urgent", name, "vi")
            for name, stale in names
            if i18n.has_word("urgent", name)
        ]
        given = [(f"{key}={answers[key].value}", answers[key].answered_at)
                 for key in rules.load().factors if key in answers]  # fmt: skip
        sent = "told" if "loss_recent_24h=yes" in dict(given) else "unknown"
        flags = [(f"T1={sent}" if flag == "T1" else flag, seen.case.told_at) for flag in verdict.time_flags]
        lines += [
            i18n.word("urgent", key, "vi").replace("{at}", i18n.moment(at))
            for key, at in (*given, *flags)
            if i18n.has_word("urgent", key)
        ]
        return ((line, line) for line in lines)

    def home(one: models.Person, _verdict: level.Verdict) -> Iterable[Line]:
        told = assess.recorded(session, one)
        if told.get("guardian_safe") not in ("yes", "no") and told.get("fear_home") != "yes":
            yield _both("urgent", "home-unknown")
        if told.get("whereabouts") != "known_safe" or not _safe_tonight(seen, told):
            yield _both("urgent", "tonight")

    urgent = _said_of(session, seen, called)
    return tuple(vi for vi, _en in (*urgent, *(_said_of(session, seen, home) if urgent else ())))


def _known(fired: level.Fired) -> str:
    """A rule by its name; what nobody has said is not told to the police as if it had been."""
    if fired.id != "C2":
        return fired.id
    return "C2=unknown" if fired.because.get("whereabouts") == "unknown" else "C2=told"


def _safe_tonight(seen: view.CaseView, told: Mapping[str, str]) -> bool:
    """Whether nothing that was answered speaks against it."""
    return (
        "no" not in (seen.circumstances.get("safe"), told.get("guardian_safe"))
        and told.get("fear_home") != "yes"
    )


def _whereabouts(session: Session, seen: view.CaseView) -> list[contents.TimelineLine]:
    """Where each student was said to be and whether she is here; also before, unless it was put right at once."""
    affected = [one for one in seen.people if one.part == "affected"]
    lines = []
    for one in affected:
        now = case_rows.answers(session, one.id)
        told = {key: row.value for key, row in now.items()}
        former = [row for row in case_rows.former_answers(session, one.id)
                  if row.replaced_at and row.replaced_at - row.answered_at >= SLIP]  # fmt: skip
        for row in (*former, *now.values()):
            place = f"{row.factor}={row.value}"
            if place == "whereabouts=known_safe" and not _safe_tonight(seen, told):
                place = "whereabouts=known"
            if i18n.has_word("place", place):
                who = f"{one.label}: " if len(affected) > 1 else ""
                vi, en = (f"{who}{said}" for said in _both("place", place))
                lines.append(contents.TimelineLine(row.answered_at, vi, en, "school", row.answered_at))
    return lines


def _harm(session: Session, seen: view.CaseView) -> tuple[contents.Both, ...]:
    """What was answered about money and about how the student fares; what nobody knows is not there."""
    affected = [one for one in seen.people if one.part == "affected"]
    table = rules.load()
    lines = []
    for one in affected:
        answers = assess.recorded(session, one)
        for factor in (table.factors[key] for key in HARM):
            value = answers.get(factor.key, "unknown")
            if value in ("unknown", "declined", factor.safest):
                continue
            vi, en = (f"{name}: {values[value]}." for name, values in
                      ((factor.name_vi, factor.values_vi), (factor.name_en, factor.values_en)))  # fmt: skip
            who = f"{one.label}: " if len(affected) > 1 else ""
            lines.append((who + vi, who + en))
    return tuple(lines)


def _claims(case: models.Case, seen: view.CaseView) -> int:
    agreed = [case.agreement, *(change.agreement for change in seen.changes)]
    return sum(one == "claimed" for one in agreed) + sum(step.agreed_by is not None for step in seen.steps)


def _both(group: str, value: str) -> contents.Both:
    return i18n.word(group, value, "vi"), i18n.word(group, value, "en")
