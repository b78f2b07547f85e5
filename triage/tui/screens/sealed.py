"""Restricted cases on the screen: one line each, opened by who is named, closed again on leaving."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from triage import i18n
from triage.desk import restricted
from triage.tui import dialogs
from triage.tui.screens.case import CasePage
from triage.tui.sitting import Within
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, plain
from triage.tui.widgets.said import lines as said_lines

MOST = 4
"""Lines on a page; all of them are one key away."""


def lines(found: Sequence[restricted.Line], hits: Sequence[str] = ()) -> Content:
    """One line for each, to everybody the same; those in which a search found something say so to who can open them."""
    if not found:
        return Content("")
    shown = [
        plain(f"  {line.ref}  {line.text()}", "$risk-high" if line.overdue or line.rekey else "$text-muted")
        for line in found[:MOST]
    ]
    if len(found) > MOST:
        shown.append(plain(i18n.say("  and {n} more: r", n=len(found) - MOST), "$text-muted"))
    if hits:
        shown.append(plain(i18n.say("Found in a restricted case: {ref}", ref=", ".join(hits)), "bold"))
    return said_lines(*shown)


def again(page: Page, found: Sequence[restricted.Line]) -> None:
    """Say the lines again; without any, no room is taken from the list."""
    said = page.query_one("#sealed", Said)
    said.set_class(bool(found), "shown")
    said.again()


def pick(page: Page, found: Sequence[restricted.Line]) -> None:
    """Choose one and open it."""
    options = [
        dialogs.Option(line.ref, lambda line=line: f"{line.ref}  {line.text()}")  # type: ignore[misc]
        for line in found
    ]

    def take(ref: str | None) -> None:
        if ref:
            page.attempt(lambda: show(page, ref))

    page.app.push_screen(dialogs.Pick(lambda: i18n.say("Restricted cases"), options), take)


def show(page: Page, ref: str) -> None:
    """Open one: an entry in the log; on leaving its key is let go of.

    Raises:
        errors.TriageError: she is not named, or the entry cannot be made; nothing is shown.
    """
    at = page.at
    inside = restricted.desk_of(at.desk, ref)
    at.kept.within[ref] = inside

    def left(_answer: object) -> None:
        if at.kept.leave(ref):
            page.attempt(lambda: restricted.leave(at.desk, ref))

    page.app.push_screen(CasePage(Within(at, inside), ref), left)
