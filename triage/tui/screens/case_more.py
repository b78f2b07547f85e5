"""What is done to a case more rarely: its level, people, traces, hold, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from textual.screen import Screen

from triage import errors, i18n
from triage.desk import cases, decisions, deletion, view
from triage.response import level as table
from triage.terms import CloseReason, Level, Part
from triage.tui import dialogs
from triage.tui.dialogs import Form
from triage.tui.screens import sealing
from triage.tui.screens.case_forms import reason, second
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, choice
from triage.tui.widgets.page import Notice

Fill = Callable[[Form, Callable[[], str]], None]


_CLOSED = frozenset({"reopen", "purge"})
"""What is done to a closed case only."""


def more(page: Screen[object], at: Sitting, seen: view.CaseView, fill: Fill) -> None:
    """What is done more rarely: the level, people, traces, closing."""
    ref = seen.line.ref
    closed = seen.line.status == "closed"
    acts = _acts(at, seen)
    why = dialogs.Option("why", lambda: i18n.say("Why this level"))
    rows = ("show", "reopen", "hold", "purge") if closed else [key for key in acts if key not in _CLOSED]
    options = [why, *(dialogs.Option(key, acts[key][0]) for key in rows)]
    if not at.sealed and not at.demo:
        options.append(dialogs.Option("restrict", lambda: i18n.say("Make it a restricted case")))

    def take(answer: str | None) -> None:
        if answer == "why":
            page.app.push_screen(
                dialogs.Pick(
                    lambda: i18n.say("Why this level"),
                    [dialogs.Option("", lambda: i18n.say("Back"))],
                    more=lambda: "\n".join(table.explain(seen.verdict, i18n.language(), away=seen.instead())),
                )
            )
        elif answer == "purge":
            # Deleted, the case does not stay on the screen.
            page.app.push_screen(_purge(at, ref), lambda done: cast(None, page.dismiss()) if done else None)
        elif answer == "restrict":
            sealing.ask(page, at, ref)
        elif answer:
            open_form(answer, at, seen, fill)

    page.app.push_screen(dialogs.Pick(lambda: i18n.say("More for {ref}", ref=ref), options), take)


def open_form(what: str, at: Sitting, seen: view.CaseView, fill: Fill) -> None:
    """One of these forms, by the first part of its draft's name."""
    found = _acts(at, seen).get(what)
    if found is not None:
        said, made = found
        fill(made(), lambda: i18n.say("Recorded: {step}", step=said()))


def _acts(at: Sitting, seen: view.CaseView) -> dict[str, tuple[Callable[[], str], Callable[[], Form]]]:
    ref = seen.line.ref
    return {
        "raise": (lambda: i18n.say("Raise the level"), lambda: _level(at, seen, up=True)),
        "lower": (lambda: i18n.say("Lower the level by one step"), lambda: _level(at, seen, up=False)),
        "who": (lambda: i18n.say("Write down who the student is"), lambda: _who(at, ref)),
        "show": (
            lambda: i18n.say("Show who the student is (entered in the log)"),
            lambda: Identity(at, ref),
        ),
        "person": (lambda: i18n.say("Add a person"), lambda: _person(at, ref)),
        "trace": (
            lambda: i18n.say("Record a trace of the other side (number, account, link)"),
            lambda: _trace(at, ref),
        ),
        "hold": (
            lambda: i18n.say("Lift the legal hold") if seen.case.held else i18n.say("Set a legal hold"),
            lambda: _hold(at, seen),
        ),
        "close": (lambda: i18n.say("Close the case"), lambda: _close(at, seen)),
        "reopen": (lambda: i18n.say("Open the case again"), lambda: _reopen(at, ref)),
        "purge": (lambda: i18n.say("Delete the case for good"), lambda: _purge(at, ref)),
    }


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
            at.desk, ref, Level[typed["to"]], typed["reason"], typed["agreed_by"], seen=seen.newest
        ),
        at=at,
        draft=f"lower:{ref}",
    )


WHO = {
    "name": i18n.later("Name"),
    "school_class": i18n.later("Class"),
    "birth": i18n.later("Born"),
    "contact": i18n.later("How to reach the student safely"),
    "guardian": i18n.later("A safe adult"),
    "guardian_contact": i18n.later("How to reach this adult"),
}
"""What is written down of who a person is."""


class Identity(Form):
    """Who a person is, shown once in this box; the showing is entered in the log."""

    def __init__(self, at: Sitting, ref: str) -> None:
        super().__init__(
            lambda: i18n.say("Show who the student is (entered in the log)"),
            (Field("letter", lambda: i18n.say("Letter in the case"), limit=1, value="A", must=True),),
            lambda _typed: None,
            at=at,
        )
        self.ref = ref

    def do(self, typed: dict[str, str]) -> str:
        """Show it; the box stays until Esc."""
        letter = typed["letter"].strip().upper()
        found = cases.show_identity(self.at.desk, self.ref, letter)
        self.at.shown[self.ref, letter] = found
        rows = [f"{i18n.say(label)}: {found[key]}" for key, label in WHO.items() if found.get(key)] or [
            i18n.say("Nothing is written down about this person.")
        ]
        self.query_one(Notice).show(lambda: "\n".join(rows))
        return ""


def _who(at: Sitting, ref: str) -> Form:
    def act(typed: dict[str, str]) -> None:
        letter = typed.pop("letter")
        found = {key: value for key, value in typed.items() if value.strip()}
        if not found:
            raise errors.UsageError("text-empty")
        key = ref, letter.strip().upper()
        cases.set_identity(at.desk, ref, letter, cases.check_identity(found), seen=at.shown.get(key, {}))
        at.shown[key] = at.shown.get(key, {}) | {name: value.strip() for name, value in found.items()}

    return Form(
        lambda: i18n.say("Write down who the student is"),
        (
            Field("letter", lambda: i18n.say("Letter in the case"), limit=1, value="A"),
            *(Field(key, lambda label=label: i18n.say(label)) for key, label in WHO.items()),  # type: ignore[misc]
        ),
        act,
        at=at,
        draft=f"who:{ref}",
        more=lambda: i18n.say(
            "Kept apart from the case, seen again with m. A packet for the police or 111 names the student by it; "
            "one for the principal or the department does not."
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
            Field("value", lambda: i18n.say("As reported"), must=True),
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
        lambda typed: decisions.hold(at.desk, ref, on, typed["reason"], seen=not on),
        at=at,
        draft=f"hold:{ref}",
    )


def _close(at: Sitting, seen: view.CaseView) -> Form:
    ref = seen.line.ref
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
            seen=seen.newest,
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


def _purge(at: Sitting, ref: str) -> Form:
    outlook = deletion.outlook(at.desk, ref)
    return Form(
        lambda: i18n.say("Delete the case for good"),
        (Field("ref", lambda: i18n.say("Type the reference of the case"), must=True),),
        lambda typed: cast(None, deletion.purge(at.desk, ref, typed["ref"])),
        at=at,
        more=lambda: "\n".join(outlook.said()),
    )
