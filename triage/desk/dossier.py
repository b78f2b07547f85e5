"""A case written out for a packet: everything the program knows, before the profile takes away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from triage import i18n, models
from triage.desk import assess, view
from triage.packet import contents, measures
from triage.response import level, rules
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.terms import Kind, Level, Profile, StepState

if TYPE_CHECKING:
    from sqlmodel import Session


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
        reasons=level.reasons(seen.verdict),
        kinds=tuple((kind, *_both("kind", kind)) for kind in _kinds(seen.line.kinds)),
        told_at=case.told_at,
        channel=_both("channel", case.channel),
        persons=tuple(_person(session, one) for one in seen.people),
        words=tuple(
            contents.Quote(note.at, note.text)
            for note in seen.notes
            if note.kind == "words" and not assess.of_reporter(case, note)
        ),
        timeline=_timeline(case, seen),
        urgent=_urgent(session, seen),
        indicators=tuple(
            contents.Indicator(one.kind, one.value, tuple(one.seen_in.split()), one.note or "")
            for one in seen.indicators
        ),
        harm=_harm(session, seen),
        done=tuple(_done(step) for step in seen.steps if step.state is StepState.DONE and step.at),
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


def _timeline(case: models.Case, seen: view.CaseView) -> tuple[contents.TimelineLine, ...]:
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
    return tuple(sorted([told, *noted], key=lambda line: line.at))


def _kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that are known: «not clear yet» is said only where no other kind stands."""
    return tuple(kind for kind in kinds if kind != Kind.UNSURE) or kinds


def _name(step: view.StepLine) -> contents.Both:
    return measures.name(step.planned.id, (step.planned.vi, step.planned.en))


def _done(step: view.StepLine) -> contents.TimelineLine:
    added = "".join(f" ({part})" for part in (step.result, step.reference) if part)
    assert step.at is not None  # noqa: S101 - the caller has asked
    vi, en = _name(step)
    return contents.TimelineLine(
        step.at, vi + added, en + added, "school", step.recorded_at,
        talk=not added and measures.is_talk(step.planned.id),
    )  # fmt: skip


def _urgent(session: Session, seen: view.CaseView) -> tuple[str, ...]:
    """What rules, then answers, then time flags call for, each line once; an answer says when it was recorded."""
    answered: dict[str, datetime] = {}
    given = [case_rows.answers(session, one.id) for one in seen.people if one.part == "affected"]
    for factor in rules.load().factors:
        for row in (answers[factor] for answers in given if factor in answers):
            key = f"{factor}={row.value}"
            answered[key] = min(answered.get(key, row.answered_at), row.answered_at)
    lines: list[str] = []
    before = i18n.word("urgent", "before-found", "vi")
    for fired in seen.verdict.rules:
        # What nobody has said is not told to the police as if it had been.
        known = "unknown" if fired.because.get("whereabouts") == "unknown" else "told"
        name = f"C2={known}" if fired.id == "C2" else fired.id
        if i18n.has_word("urgent", name):
            said = i18n.word("urgent", name, "vi")
            lines.append(before.replace("{line}", said) if seen.ask_again & fired.because.keys() else said)
    lines += [
        i18n.word("urgent", key, "vi").replace("{at}", i18n.moment(at) if at else "")
        for key, at in [*answered.items(), *((flag, None) for flag in seen.verdict.time_flags)]
        if i18n.has_word("urgent", key)
    ]
    safe = all("whereabouts" in one and one["whereabouts"].value == "known_safe" for one in given)
    tonight = () if safe else (i18n.word("urgent", "tonight", "vi"),)
    return (*dict.fromkeys(lines), *tonight) if lines else ()


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
