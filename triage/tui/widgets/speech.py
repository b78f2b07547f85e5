"""How the screen says a level, a due time, a state: symbol and word, colour only besides."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.content import Content

from triage import i18n
from triage.desk import view
from triage.response import level as table
from triage.response.planned import Planned
from triage.terms import Kind, Level, StepState

SYMBOLS = {Level.CRITICAL: "‼", Level.HIGH: "▲", Level.MEDIUM: "■", Level.LOW: "●"}
"""One sign a level, each of one cell in every terminal font that was looked at. Source: research/terminal.md 5.4."""
STYLES = {level: f"$risk-{level.name.lower()} bold" for level in Level}
"""The colour of a level."""


def level(found: Level, *, provisional: bool = False) -> str:
    """A level in few letters, with its sign: «‼ KHẨN CẤP»."""
    word = f"{SYMBOLS[found]} {i18n.word('badge', found.name)}"
    return f"{word} ?" if provisional else word


def badge(found: Level, *, provisional: bool = False) -> Content:
    """``level`` in its colour."""
    return Content.styled(level(found, provisional=provisional), STYLES[found])


def until(due_at: datetime | None, now: datetime, *, late: bool, fresh: bool) -> str:
    """A due time as she thinks of it: «còn 20 phút», «QUÁ HẠN 2 giờ», for the first hour «chưa ghi 20 phút»."""
    if due_at is None:
        return ""
    if fresh and abs(due_at - now) < timedelta(minutes=1):
        return i18n.say("now")
    if not late:
        return i18n.say("in {time}", time=span(due_at - now))
    if fresh:
        return i18n.say("not recorded {time}", time=span(now - due_at))
    return i18n.say("OVERDUE {time}", time=span(now - due_at))


def span(length: timedelta) -> str:
    """A length of time in one unit, rounded down."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return i18n.say("{n} min", n=minutes)
    if minutes < 48 * 60:
        return i18n.say("{n} h", n=minutes // 60)
    return i18n.say("{n} days", n=minutes // (24 * 60))


def kinds(line: view.CaseLine) -> str:
    """What a case is about; «not clear yet» only while nothing else is known."""
    known = [kind for kind in line.kinds if kind != Kind.UNSURE] or line.kinds
    return ", ".join(i18n.word("kind", kind) for kind in known)


def raising(factors: Sequence[str], limit: int = 3) -> str:
    """The questions that nobody has asked and that could raise the level; the first few by name."""
    more = i18n.say(" and {n} more", n=len(factors) - limit) if len(factors) > limit else ""
    names = table.names(factors[:limit], i18n.language()) + more
    return i18n.say("Not asked, could raise the level: {names}", names=names)


def brief(text: str, length: int = 60) -> str:
    """What a step asks, cut to about a line: said again after it was done, it must not read like a new order."""
    return textwrap.shorten(text, length, placeholder=" …")


def planned(step: Planned) -> str:
    """What a step asks, in the language of now."""
    return step.en if i18n.language() == "en" else step.vi


def step_due(line: view.StepLine, now: datetime) -> str:
    """What a step's line says of time: when it was done, or until when it is to do."""
    if line.state is StepState.DONE:
        return i18n.moment(line.at) if line.at else ""
    if line.state is StepState.SKIPPED:
        return i18n.word("state", "skipped")
    said = until(line.due_at, now, late=line.overdue, fresh=line.fresh)
    if line.state is StepState.WAITING and line.until is not None:
        return i18n.say("waits until {time}", time=i18n.moment(line.until))
    return said


def step_mark(line: view.StepLine, held: Level) -> str:
    """The sign before a step: done, skipped, waiting, must be done, may be done."""
    if line.state is StepState.DONE:
        return "√"
    if line.state is StepState.SKIPPED:
        return "–"
    if line.state is StepState.WAITING:
        return "…"
    return SYMBOLS[held] if line.planned.mandatory else "○"
