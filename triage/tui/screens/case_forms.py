"""The forms of a case: each names its fields and the one act of the desk that uses them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from triage import clock, errors, i18n, models
from triage.desk import cases, drafts, elsewhere, evidence, steps, undo, view
from triage.terms import StepState
from triage.tui.dialogs import Form, Job
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, choice, typed_path, when
from triage.tui.widgets.page import Page

Item = models.Evidence


def done(at: Sitting, ref: str, step: view.StepLine) -> Form:
    """A step was done: when it truly was, the number that was given, what came of it."""
    record = step.planned.record
    hint = record[0 if i18n.language() == "vi" else 1] if record else ""

    def act(typed: dict[str, str]) -> None:
        # Untouched the time is now: seconds between opening the form and saving it are not asked about.
        told = None if typed["at"] == began else moment(at, typed["at"])
        steps.done(
            at.desk,
            ref,
            step.planned.id,
            at=told,
            reference=typed["reference"],
            result=typed["result"],
            seen=elsewhere.Step.of(step),
        )

    began = i18n.moment(at.desk.now())
    return Form(
        lambda: i18n.say("Done: {step}", step=step.text()),
        (
            Field(
                "result",
                lambda: i18n.say("What came of it") + (f" ({hint})" if hint else ""),
                limit=cases.MAX_TEXT,
            ),
            Field("reference", lambda: i18n.say("Number or name that was given to you")),
            when("at", lambda: i18n.say("When was it done? (↑ ↓ five minutes)"), began),
        ),
        act,
        at=at,
        draft=f"done:{ref}:{step.planned.id}",
    )


def skip(at: Sitting, ref: str, step: view.StepLine) -> Form:
    """A step is not done; a mandatory one needs a second person."""
    return Form(
        lambda: i18n.say("Skip: {step}", step=step.text()),
        (reason(), second()),
        lambda typed: steps.skip(
            at.desk,
            ref,
            step.planned.id,
            typed["reason"],
            agreed_by=typed["agreed_by"] or None,
            seen=elsewhere.Step.of(step),
        ),
        at=at,
        draft=f"skip:{ref}:{step.planned.id}",
        more=lambda: (
            i18n.say("This step must be done: skipping it needs a second person and stays listed.")
            if step.planned.mandatory
            else ""
        ),
    )


def wait(at: Sitting, ref: str, step: view.StepLine) -> Form:
    """A step waits for somebody else."""
    until = i18n.moment(at.desk.now() + timedelta(hours=1))
    return Form(
        lambda: i18n.say("Waits: {step}", step=step.text()),
        (
            reason(),
            when("until", lambda: i18n.say("Until when? (↑ ↓ five minutes)"), until),
        ),
        lambda typed: steps.wait(
            at.desk,
            ref,
            step.planned.id,
            moment(at, typed["until"]),
            typed["reason"],
            seen=elsewhere.Step.of(step),
        ),
        at=at,
        draft=f"wait:{ref}:{step.planned.id}",
    )


def due(at: Sitting, ref: str, step: view.StepLine) -> Form:
    """A step gets another due time."""
    now = i18n.moment(step.due_at or at.desk.now())
    return Form(
        lambda: i18n.say("Another due time: {step}", step=step.text()),
        (
            reason(),
            when("at", lambda: i18n.say("Due (↑ ↓ five minutes)"), now),
        ),
        lambda typed: steps.set_due(
            at.desk,
            ref,
            step.planned.id,
            moment(at, typed["at"]),
            typed["reason"],
            seen=elsewhere.Step.of(step),
        ),
        at=at,
        draft=f"due:{ref}:{step.planned.id}",
    )


def take_up(at: Sitting, ref: str, step: view.StepLine) -> None:
    """A step that was done, skipped or waiting is to do again."""
    steps.take_up(at.desk, ref, step.planned.id, seen=elsewhere.Step.of(step))


def note(at: Sitting, ref: str) -> Form:
    """A note, or another entry of the student's own words."""
    kinds = {
        "note": i18n.later("a note of mine"),
        "private": i18n.later("a note that never leaves in a packet"),
        "words": i18n.later("the student's own words, as told"),
    }
    began = i18n.moment(at.desk.now())

    def act(typed: dict[str, str]) -> None:
        cases.note(
            at.desk,
            ref,
            typed["text"],
            kind="words" if typed["kind"] == "words" else "note",
            at=None if typed["at"] == began else moment(at, typed["at"]),
            private=typed["kind"] == "private",
        )

    return Form(
        lambda: i18n.say("Write into {ref}", ref=ref),
        (
            Field(
                "text",
                lambda: i18n.say("Text (a note: 300 characters; own words: 2,000)"),
                limit=cases.MAX_WORDS,
                kind="text",
                must=True,
            ),
            choice("kind", lambda: i18n.say("It is (← →)"), tuple(kinds), lambda one: i18n.say(kinds[one])),
            when("at", lambda: i18n.say("When it was said or seen (↑ ↓ five minutes)"), began),
        ),
        act,
        at=at,
        draft=f"note:{ref}",
    )


def take_back(page: Page, at: Sitting, ref: str, seen: view.CaseView | None) -> None:
    """Take the newest act back, and say on the page which it was; its words stand in its form again."""
    taken = undo.take_back(at.desk, ref, seen=seen.newest if seen else None)
    form, fields = next(filter(None, (_written(ref, row) for row in taken.rows)), ("", {}))
    back = ""
    if any(fields.values()) and not at.kept.fields(form):
        at.kept.put_back(form, fields)
        back = "form"
    elif any(fields.values()):
        # Another draft stands in the form: neither takes the other's place.
        drafts.beside(at.desk, form, fields)
        back = "draft"
    page.tell(lambda: " ".join([i18n.say("Taken back: {act}", act=taken.said()), *_back(back)]))


def keep_words(at: Sitting, ref: str, step: view.StepLine) -> None:
    """What had been written of a step that is to do again stands in its form, with the time."""
    form, fields = (
        f"done:{ref}:{step.planned.id}",
        {"result": step.result or "", "reference": step.reference or ""},
    )
    if step.state is StepState.DONE and step.at and any(fields.values()) and not at.kept.fields(form):
        at.kept.put_back(form, fields | {"at": i18n.moment(step.at)})


def _back(where: str) -> list[str]:
    said = {
        "form": i18n.later("What was written stands in its form again."),
        "draft": i18n.later("What was written is a draft of its own: d on the first page."),
    }
    return [i18n.say(said[where])] if where else []


def _written(ref: str, row: object) -> tuple[str, dict[str, str]] | None:
    """The form in which a row was written, and what stood in its fields."""
    if isinstance(row, models.Note):
        kind = "private" if row.private else row.kind
        return f"note:{ref}", {"text": row.text, "kind": kind, "at": i18n.moment(row.at)}
    if isinstance(row, models.Evidence):
        count = str(row.count or "")
        return f"refer:{ref}", {
            "what": row.what or "", "where": row.whereabouts or "", "holder": row.holder or "", "count": count,
        }  # fmt: skip
    if isinstance(row, models.Indicator):
        return f"trace:{ref}", {"kind": row.kind, "value": row.value, "text": row.note or ""}
    if isinstance(row, models.LevelChange) and row.why in ("raised", "lowered"):
        return f"{'raise' if row.why == 'raised' else 'lower'}:{ref}", {"reason": row.reason or ""}
    if isinstance(row, models.Step):
        form = {"done": "done", "skipped": "skip", "waiting": "wait"}.get(row.state, "due")
        fields = (
            {"result": row.result, "reference": row.reference} if form == "done" else {"reason": row.reason}
        )
        return f"{form}:{ref}:{row.step}", {key: value or "" for key, value in fields.items()}
    return None


def refer(at: Sitting, ref: str) -> Form:
    """Something that is never taken in, or stays on the student's phone, in words."""

    def act(typed: dict[str, str]) -> None:
        count = int(typed["count"]) if typed["count"].isdecimal() else None
        if typed["count"] and not count:
            raise errors.UsageError("not-a-count")
        evidence.refer(
            at.desk, ref, evidence.Reference(typed["what"], typed["where"], typed["holder"], count)
        )

    return Form(
        lambda: i18n.say("Refer to something in words"),
        (
            Field("what", lambda: i18n.say("What it is, in words"), must=True),
            Field("where", lambda: i18n.say("Where: platform, account, time of the message"), must=True),
            Field("holder", lambda: i18n.say("Who holds it"), must=True),
            Field("count", lambda: i18n.say("How many (may stay empty)"), limit=7),
        ),
        act,
        at=at,
        draft=f"refer:{ref}",
        more=lambda: i18n.say(
            "For what stays on the student's phone, and for every sexual image of a minor: it is never "
            "taken in, never photographed, never sent."
        ),
    )


def give(at: Sitting, ref: str, item: str) -> Form:
    """A plain copy of an item goes out."""
    return Form(
        lambda: i18n.say("Give a plain copy of {item} out", item=item),
        (Field("out", lambda: i18n.say("Into which folder"), limit=1000, must=True), reason()),
        lambda typed: _give(at, ref, item, typed),
        at=at,
        draft=f"give:{ref}:{item}",
        more=lambda: i18n.say(
            "The copy is not encrypted. It is entered in the log with your reason, and is yours to destroy."
        ),
    )


class TakeIn(Form):
    """Take files in, encrypted, with the statement."""

    def __init__(self, at: Sitting, ref: str) -> None:
        sure = {
            "no": i18n.later("not sure: nothing is taken in"),
            "yes": i18n.later("sure: none is a sexual image of a minor"),
        }
        super().__init__(
            lambda: i18n.say("Take files in, encrypted"),
            (
                Field(
                    "path",
                    lambda: i18n.say("The file (several: one a line)"),
                    kind="text",
                    limit=4000,
                    must=True,
                ),
                Field("source", lambda: i18n.say("Who gave it (may stay empty)")),
                choice(
                    "sure",
                    lambda: i18n.say("Is it sure that none is a sexual image of a minor? (← →)"),
                    tuple(sure),
                    lambda one: i18n.say(sure[one]),
                ),
            ),
            lambda _typed: None,
            at=at,
            draft=f"take:{ref}",
            more=lambda: i18n.say(
                "Never through Zalo, Messenger or e-mail. What can stay on the student's phone may stay there: "
                "r refers to it in words."
            ),
        )
        self.ref = ref

    def do(self, typed: dict[str, str]) -> str:
        """Take them in, in a thread; the form stays until that is done."""
        paths = [_path(line) for line in typed["path"].splitlines() if line.strip()]
        if typed["sure"] != "yes":
            raise errors.Refused("evidence-needs-statement", ref=self.ref)

        def work(job: Job) -> str:
            origin = evidence.Origin(source=typed["source"])
            with self.at.using(self.draft):
                rows = evidence.add(self.at.desk, self.ref, paths, origin, no_sexual_image=True)
            warned = [
                f"{row.item}: {i18n.word('warning', code)}"
                for row in rows
                for code in json.loads(row.warnings)
            ]
            taken = i18n.say(
                "Taken in: {items}. The originals still lie where they were: decide what becomes of them.",
                items=", ".join(row.item for row in rows),
            )
            return "\n".join([taken, *warned])

        def over(answer: str | None) -> None:
            if answer:
                self.dismiss(answer)

        self.app.push_screen(Job(lambda: i18n.say("Taking in and encrypting"), work, at=self.at), over)
        return ""


class Verify(Job):
    """Read every kept file of a case again and compare it with what was taken in."""

    def __init__(self, at: Sitting, ref: str) -> None:
        super().__init__(
            lambda: i18n.say("Reading every kept file again"), lambda _job: _verified(at, ref), at=at
        )


def moment(at: Sitting, typed: str) -> datetime:
    """An instant as typed; a time alone is today's."""
    return clock.parse(typed, near=at.desk.now())


def second() -> Field:
    """The field for the second person."""
    return Field("agreed_by", lambda: i18n.say("Who else agreed, and how (present, phone)"))


def reason() -> Field:
    """The field for a reason."""
    return Field("reason", lambda: i18n.say("Reason"), must=True)


def _path(line: str) -> Path:
    """A path as typed, pasted or dropped into the terminal, which often puts quotes around it."""
    line = line.strip()
    if len(line) > 1 and line[0] == line[-1] and line[0] in "'\"":
        line = line[1:-1]
    return typed_path(line)


def _give(at: Sitting, ref: str, item: str, typed: dict[str, str]) -> None:
    evidence.get(at.desk, ref, item, _path(typed["out"]), typed["reason"])


def _verified(at: Sitting, ref: str) -> str:
    checks = evidence.verify(at.desk, ref)
    broken = [one.item for one in checks if not one.holds]
    if broken:
        raise errors.CheckFailed("evidence-broken", items=", ".join(broken))
    return i18n.say("{n} files read: each is what was taken in.", n=len(checks))
