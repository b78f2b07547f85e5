"""What is done to a case more rarely: its level, people, traces, hold, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from textual.screen import Screen

from triage import errors, i18n
from triage.desk import cases, decisions, view
from triage.response import level as table
from triage.terms import CloseReason, Level, Part
from triage.tui import dialogs
from triage.tui.dialogs import Form
from triage.tui.screens.case_forms import reason, second
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, choice

Fill = Callable[[Form, Callable[[], str]], None]


def more(page: Screen[object], at: Sitting, seen: view.CaseView, fill: Fill) -> None:
    """What is done more rarely: the level, people, traces, closing."""
    ref = seen.line.ref
    closed = seen.line.status == "closed"
    acts: dict[str, tuple[Callable[[], str], Callable[[], Form]]] = {
        "raise": (lambda: i18n.say("Raise the level"), lambda: _level(at, seen, up=True)),
        "lower": (lambda: i18n.say("Lower the level by one step"), lambda: _level(at, seen, up=False)),
        "who": (lambda: i18n.say("Write down who the student is"), lambda: _who(at, ref)),
        "person": (lambda: i18n.say("Add a person"), lambda: _person(at, ref)),
        "trace": (
            lambda: i18n.say("Record a trace of the other side (number, account, link)"),
            lambda: _trace(at, ref),
        ),
        "hold": (
            lambda: i18n.say("Lift the legal hold") if seen.case.held else i18n.say("Set a legal hold"),
            lambda: _hold(at, seen),
        ),
        "close": (lambda: i18n.say("Close the case"), lambda: _close(at, ref)),
        "reopen": (lambda: i18n.say("Open the case again"), lambda: _reopen(at, ref)),
    }
    why = dialogs.Option("why", lambda: i18n.say("Why this level"))
    rows = ("reopen", "hold") if closed else [key for key in acts if key != "reopen"]
    options = [why, *(dialogs.Option(key, acts[key][0]) for key in rows)]

    def take(answer: str | None) -> None:
        if answer == "why":
            page.app.push_screen(
                dialogs.Pick(
                    lambda: i18n.say("Why this level"),
                    [dialogs.Option("", lambda: i18n.say("Back"))],
                    more=lambda: "\n".join(table.explain(seen.verdict, i18n.language())),
                )
            )
        elif answer:
            said = acts[answer][0]
            fill(acts[answer][1](), lambda: i18n.say("Recorded: {step}", step=said()))

    page.app.push_screen(dialogs.Pick(lambda: i18n.say("More for {ref}", ref=ref), options), take)


def _level(at: Sitting, seen: view.CaseView, *, up: bool) -> Form:
    ref, now = seen.line.ref, seen.line.level
    levels = [one for one in Level if one > now] if up else [one for one in reversed(Level) if one < now][:1]
    values = tuple(one.name for one in levels) or (now.name,)
    to = choice("to", lambda: i18n.say("To (← →)"), values, lambda one: i18n.word("level", one))
    if up:
        return Form(
            lambda: i18n.say("Raise the level"),
            (to, reason()),
            lambda typed: decisions.raise_level(at.desk, ref, Level[typed["to"]], typed["reason"]),
            at=at,
            draft=f"raise:{ref}",
        )
    return Form(
        lambda: i18n.say("Lower the level by one step"),
        (to, reason(), second()),
        lambda typed: decisions.lower_level(
            at.desk, ref, Level[typed["to"]], typed["reason"], typed["agreed_by"]
        ),
        at=at,
        draft=f"lower:{ref}",
    )


def _who(at: Sitting, ref: str) -> Form:
    labels = {
        "name": lambda: i18n.say("Name"),
        "school_class": lambda: i18n.say("Class"),
        "birth": lambda: i18n.say("Born"),
        "contact": lambda: i18n.say("How to reach the student safely"),
        "guardian": lambda: i18n.say("A safe adult"),
        "guardian_contact": lambda: i18n.say("How to reach this adult"),
    }

    def act(typed: dict[str, str]) -> None:
        letter = typed.pop("letter")
        found = {key: value for key, value in typed.items() if value.strip()}
        if not found:
            raise errors.UsageError("text-empty")
        cases.set_identity(at.desk, ref, letter, cases.check_identity(found))

    return Form(
        lambda: i18n.say("Write down who the student is"),
        (
            Field("letter", lambda: i18n.say("Letter in the case"), limit=1, value="A"),
            *(Field(key, label) for key, label in labels.items()),
        ),
        act,
        at=at,
        draft=f"who:{ref}",
        more=lambda: i18n.say(
            "Kept apart from the case; shown only by triage case person --show, which is entered in the log."
        ),
    )


def _person(at: Sitting, ref: str) -> Form:
    parts = tuple(one.value for one in Part)
    part = choice("part", lambda: i18n.say("Part (← →)"), parts, lambda one: i18n.word("part", one))
    return Form(
        lambda: i18n.say("Add a person"),
        (part,),
        lambda typed: cast(None, cases.add_person(at.desk, ref, Part(typed["part"]), {})),
        at=at,
        draft=f"person:{ref}",
    )


def _trace(at: Sitting, ref: str) -> Form:
    kind = choice(
        "kind", lambda: i18n.say("Kind (← →)"), cases.INDICATORS, lambda one: i18n.word("trace", one)
    )
    return Form(
        lambda: i18n.say("Record a trace of the other side (number, account, link)"),
        (
            kind,
            Field("value", lambda: i18n.say("As reported")),
            Field("text", lambda: i18n.say("Bank, holder's name, name used")),
        ),
        lambda typed: cases.add_indicator(at.desk, ref, typed["kind"], typed["value"], text=typed["text"]),
        at=at,
        draft=f"trace:{ref}",
    )


def _hold(at: Sitting, seen: view.CaseView) -> Form:
    ref, on = seen.line.ref, not seen.case.held
    return Form(
        lambda: i18n.say("Set a legal hold") if on else i18n.say("Lift the legal hold"),
        (reason(),),
        lambda typed: decisions.hold(at.desk, ref, on, typed["reason"]),
        at=at,
        draft=f"hold:{ref}",
    )


def _close(at: Sitting, ref: str) -> Form:
    reasons = tuple(one.value for one in CloseReason)
    why = choice("reason", lambda: i18n.say("Reason (← →)"), reasons, lambda one: i18n.word("reason", one))
    return Form(
        lambda: i18n.say("Close the case"),
        (
            why,
            second(),
            Field("text", lambda: i18n.say("A closing sentence")),
        ),
        lambda typed: decisions.close(
            at.desk,
            ref,
            CloseReason(typed["reason"]),
            agreed_by=typed["agreed_by"] or None,
            text=typed["text"],
        ),
        at=at,
        draft=f"close:{ref}",
    )


def _reopen(at: Sitting, ref: str) -> Form:
    return Form(
        lambda: i18n.say("Open the case again"),
        (reason(),),
        lambda typed: decisions.reopen(at.desk, ref, typed["reason"]),
        at=at,
        draft=f"reopen:{ref}",
    )
