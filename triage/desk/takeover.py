"""A case that was typed into another store is taken over: opened here, with everything that was recorded there.

Source: corrections 19: a real case typed into the trial is not thrown away with it.
"""

from __future__ import annotations

from triage import models
from triage.desk import cases, evidence, steps, view
from triage.desk.session import Desk
from triage.store import evidence as files
from triage.store.records import cases as case_rows
from triage.store.records import evidence as evidence_rows
from triage.terms import Channel, Delay, Kind, Part, Platform, StepState


def take_over(source: Desk, ref: str, target: Desk) -> str:
    """Open the case ``ref`` of one store in another; return its reference there.

    Words, answers, circumstances, notes, traces, identities, kept files, references and what became of each
    step go along, with the times at which they happened; the level is found anew from the same answers. What
    left from there (packets) and who agreed there do not.

    Raises:
        errors.TriageError: what the other store refuses; the case then stands as far as it came, and nothing
            was taken from where it was.
    """
    seen = view.case(source, ref)
    first = next((note for note in seen.notes if note.kind == "words"), None)
    opened = cases.new(
        target,
        cases.NewCase(
            kinds=tuple(Kind(kind) for kind in seen.line.kinds),
            channel=Channel(seen.case.channel),
            told_at=seen.case.told_at,
            words=first.text if first else "",
            answers=_answers(seen, "A") | dict(seen.circumstances),
            platform=Platform(seen.case.platform),
            delay=Delay(seen.case.delay),
        ),
    )
    _people(source, seen, target, opened.ref)
    for note in seen.notes:
        if first is None or note.id != first.id:
            cases.note(target, opened.ref, note.text, kind=note.kind, at=note.at, private=note.private)
    for one in seen.indicators:
        cases.add_indicator(target, opened.ref, one.kind, one.value, text=one.note or "")
    _evidence(source, ref, target, opened.ref)
    _steps(seen, target, opened.ref)
    return opened.ref


def _answers(seen: view.CaseView, letter: str) -> dict[str, str]:
    return dict(seen.answers.get(letter, {}))


def _people(source: Desk, seen: view.CaseView, target: Desk, ref: str) -> None:
    for one in seen.people:
        letter = one.label
        if letter != "A":
            letter = cases.add_person(target, ref, Part(one.part), {})
        if one.part == "affected" and letter != "A" and _answers(seen, one.label):
            cases.answer(target, ref, _answers(seen, one.label), person=letter)
        with source.opened.reading() as session:
            row = case_rows.identity(session, one.id)
            found = {} if row is None else {key: value for key, value in row.model_dump().items() if value}
        found.pop("person_id", None)
        if found:
            cases.set_identity(target, ref, letter, found)


def _evidence(source: Desk, ref: str, target: Desk, new_ref: str) -> None:
    with source.opened.reading() as session:
        items = evidence_rows.of_case(session, case_rows.find(session, ref).id)
    for row in items:
        if row.withdrawn_at is not None:
            continue
        with target.on_case("evidence.added", new_ref, undoable=False) as on:
            if row.file is None or row.key is None:
                reference = evidence.Reference(
                    row.what or "", row.whereabouts or "", row.holder or "", row.count, row.hashed
                )
                evidence.refer_on(target, on, reference)
            else:
                origin = evidence.Origin(row.source or "", row.device or "", row.taken_at)
                evidence.keep(target, on, row.original_name or "", _bytes(source, row, target), origin)


def _bytes(source: Desk, row: models.Evidence, target: Desk) -> files.Taken:
    assert row.file is not None and row.key is not None  # noqa: S101 - the caller has asked
    with files.open(source.folder, row.file, row.key, store=source.opened.unlocked.store) as kept:
        return files.take_stream(
            target.folder, kept, row.original_name or "", store=target.opened.unlocked.store
        )


def _steps(seen: view.CaseView, target: Desk, ref: str) -> None:
    """What became of each step; a step may appear only because another was done, so it goes round again."""
    left = {step.planned.id: step for step in seen.steps if step.state is not StepState.TODO}
    while left:
        standing = {line.planned.id for line in view.case(target, ref).steps if line.state is StepState.TODO}
        ready = [key for key in left if key in standing and left[key].planned.factor is None]
        if not ready:
            return
        for key in ready:
            _mark(target, ref, left.pop(key))


def _mark(target: Desk, ref: str, step: view.StepLine) -> None:
    key = step.planned.id
    if step.state is StepState.DONE:
        steps.done(target, ref, key, at=step.at, reference=step.reference or "", result=step.result or "")
    elif step.state is StepState.SKIPPED and (step.agreed_by or not step.planned.mandatory):
        steps.skip(target, ref, key, step.reason or "–", agreed_by=step.agreed_by)
    elif step.state is StepState.WAITING and step.until is not None and step.until > target.now():
        steps.wait(target, ref, key, step.until, step.reason or "–")
