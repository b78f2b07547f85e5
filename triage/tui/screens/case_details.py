"""What is marked on a case's page, in full."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from triage import i18n
from triage.desk import timeline, view
from triage.response import level as table
from triage.response import playbook
from triage.response.planned import Planned
from triage.terms import Kind, StepState
from triage.tui.widgets import speech
from triage.tui.widgets.said import lines, plain
from triage.tui.widgets.windowed import Column, Windowed

if TYPE_CHECKING:
    from triage import models


def level(seen: view.CaseView, raising: Sequence[str]) -> Content:
    """The level, why, how much is done, and ``raising``: what could raise the level and was not asked."""
    kinds = speech.kinds(seen.line)
    state = i18n.word("status", seen.line.status)
    done = sum(step.state is StepState.DONE for step in seen.steps)
    whose = seen.not_home()
    letters = f" ({', '.join(whose)})" if len(whose) < len(seen.answers) else ""
    home = i18n.say("! Do not call home yet{whose}. ", whose=letters) if whose else ""
    first = Content.assemble(
        speech.badge(seen.line.level, provisional=seen.line.unsettled),
        "  ",
        plain(home, "$risk-high bold"),
        plain(f"{kinds} · {state} · √ {done}/{len(seen.steps)}", "$text-muted"),
    )
    _clock, *said = table.brief(seen.verdict, i18n.language(), unsure=seen.line.kinds == (Kind.UNSURE,))
    if seen.line.level is not seen.verdict.level:
        said = [i18n.say("Set by a person. The table says:"), *said]
    wrong = [
        plain(i18n.say("! One of two answers is wrong: {what}.", what=one), "$risk-high")
        for letter in seen.answers
        for one in seen.clashes(letter)
    ][:1]
    unasked = [*wrong, *([plain(f"· {speech.raising(raising)}", "$risk-high")] if raising else [])]
    return lines(first, *unasked, *(plain(f"· {one}") for one in said[: 2 - len(unasked)]))


def step_details(step: view.StepLine) -> Content:
    """A step in full: what to do, what to say, what to write down, what never to do, who, by when."""
    at = 0 if i18n.language() == "vi" else 1
    planned = step.planned
    never = {one.id: (one.vi, one.en)[at] for one in _never()}
    roles = ", ".join(i18n.word("role", role) for role in planned.role)
    must = i18n.say("must be done") if planned.mandatory else i18n.say("may be done")
    due = i18n.moment(step.due_at) if step.due_at else "–"
    name = "" if planned.factor else planned.id
    facts = " · ".join(part for part in (name, roles, must, due) if part)
    record = i18n.say("Write down: {what}", what=planned.record[at]) if planned.record else ""
    refused = "  ".join(never[key] for key in planned.never if key in never)
    return lines(
        plain(step.text(), "bold"),
        plain(f"«{planned.say[at]}»" if planned.say else "", "$risk-done"),
        plain(
            i18n.say("This tells somebody outside the room.") if planned.irreversible else "", "$risk-high"
        ),
        plain(record),
        plain(i18n.say("Never: {what}", what=refused) if refused else "", "$text-muted"),
        plain(facts, "$text-muted"),
    )


def held_details(planned: Planned, seen: view.CaseView) -> Content:
    """A call that waits for questions: which, and that a person may decide otherwise."""
    return lines(
        plain(speech.planned(planned), "bold"),
        plain(
            i18n.say(
                "Not yet a step, because others would learn of it: first ask {questions}. Space opens the questions.",
                questions=table.names(seen.to_ask(), i18n.language()),
            ),
            "$risk-high",
        ),
        plain(
            i18n.say(
                "The student need not answer. If you see that the call cannot wait, make it and write a note (a)."
            )
        ),
    )


def _never() -> tuple[playbook.Never, ...]:
    common = playbook.shipped(playbook.COMMON)
    return common.never_list if common else ()


def event_cells(event: timeline.Event) -> tuple[str, ...]:
    """An event's line."""
    return i18n.moment(event.at), i18n.word("event", event.what), event.text


def event_list(
    tab: str, source: Callable[[], Sequence[timeline.Event]], empty: Callable[[], str]
) -> Windowed:
    """A list of events."""
    return Windowed(
        (
            Column(lambda: i18n.say("Time"), 16),
            Column(lambda: "", 10),
            Column(lambda: i18n.say("What"), None),
        ),
        lambda ids: {key: event_cells(source()[key]) for key in ids},
        empty=empty,
        id=tab,
    )


def event_details(event: timeline.Event) -> Content:
    """An event in full."""
    private = i18n.say("never leaves in a packet") if event.private else ""
    late = i18n.say("recorded {time}", time=i18n.moment(event.recorded_at)) if event.late else ""
    facts = " · ".join(part for part in (i18n.moment(event.at), event.by, late, private) if part)
    text = f"«{event.text}»" if event.what in ("words", "reported") else event.text
    return lines(plain(text), plain(facts, "$text-muted"))


def item_cells(row: models.Evidence) -> tuple[str, ...]:
    """An item's line."""
    if row.withdrawn_at is not None:
        return row.item, i18n.word("custody", "withdrawn"), "", ""
    if row.statement == "reference":
        return row.item, row.what or "", i18n.word("custody", "referenced"), ""
    return row.item, row.original_name or "", _media(row.media_type or ""), _size(row.size or 0)


def _media(media_type: str) -> str:
    """«ảnh» for ``image/png``."""
    known = (name for name in (media_type, media_type.split("/")[0]) if i18n.has_word("media", name))
    return i18n.word("media", next(known, "other"))


def _size(size: float) -> str:
    """Bytes as she reads them: «3,2 MB»."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def item_details(row: models.Evidence, custody: Sequence[models.Custody]) -> Content:
    """An item in full, with its custody record."""
    facts = [row.original_name or row.what, row.whereabouts, row.holder, row.source, row.device]
    warned = [i18n.word("warning", code) for code in json.loads(row.warnings)]
    return lines(
        plain(f"{row.item}  " + " · ".join(part for part in facts if part), "bold"),
        plain(f"SHA-256 {row.sha256}" if row.sha256 else "", "$text-muted"),
        *(plain(one, "$risk-high") for one in warned),
        *(
            plain(
                f"{i18n.moment(one.at)}  {i18n.word('custody', one.act)}  {one.by}"
                + (f"  {one.note}" if one.note else "")
            )
            for one in custody
        ),
    )
