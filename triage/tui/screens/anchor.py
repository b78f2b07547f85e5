"""When the log is not what this computer saw last: what was found, and nothing is typed until a lead has confirmed it.

Source: security.md 12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from triage import errors, i18n
from triage.desk import log
from triage.terms import Right
from triage.tui import dialogs, terminal
from triage.tui.screens.cases import CasesPage
from triage.tui.sitting import Sitting
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain

_FOUND = {"behind": "anchor-behind", "forked": "anchor-forked", "lost": "anchor-lost"}


class AnchorPage(Page):
    """What speaks against the store. It stays beneath every other page until a lead has confirmed it."""

    SEEN_FIRST = Page.SEEN_FIRST | frozenset("cv123456789")
    BINDINGS = [
        Binding("c", "confirm", i18n.later("Confirm, with a reason")),
        Binding("v", "look", i18n.later("Look at the cases")),
        Binding("escape", "stay", show=False),
    ]

    def __init__(self, at: Sitting) -> None:
        super().__init__(at)
        self.state = log.anchored(at.desk)
        self.last = log.last(at.desk)

    def heading(self) -> str:
        """That something is to be looked at first."""
        return i18n.say("Look at this first")

    def help(self) -> str:
        """What can be done."""
        return i18n.say(
            "The program keeps outside the store which entry of the log it saw last. Both do not agree. Cases can be "
            "read; nothing can be typed or recorded until a lead has confirmed the store on this computer."
        )

    def body(self) -> Iterable[Widget]:
        """What was found, what is safe, what to do."""
        with VerticalScroll(id="anchor"):
            yield Said(self._words)

    def action_stay(self) -> None:
        """There is nothing before this page."""
        self.tell(lambda: i18n.say("This is the first page. Ctrl+Q ends the program."))

    def action_look(self) -> None:
        """Read the cases."""
        self.app.push_screen(CasesPage(self.at))

    def action_confirm(self) -> None:
        """Take the store as it is: a lead only, and the reason is one of a list."""
        if self.at.desk.opened.unlocked.right is not Right.LEAD:
            self.complain(errors.Refused("only-a-lead"))
            return
        options = [
            dialogs.Option(code, lambda code=code: i18n.word("anchor-reason", code))  # type: ignore[misc]
            for code in log.REASONS
        ]

        def take(reason: str | None) -> None:
            if reason and self.attempt(lambda: self._confirm(reason)):
                self.dismiss(True)

        more = i18n.later("It becomes an entry of the log that names both ends. Esc: not now.")
        asked = i18n.later("Why does the log not agree?")
        self.app.push_screen(
            dialogs.Pick(lambda: i18n.say(asked), options, more=lambda: i18n.say(more)), take
        )

    def _confirm(self, reason: str) -> None:
        try:
            log.confirm(self.at.desk, reason)
        except errors.Refused as error:
            # Another desk was quicker: it is as she wanted it.
            if error.code != "anchor-agrees":
                raise
            self.at.desk.opened.check_anchor()

    def _words(self) -> Content:
        found = i18n.sentence(errors.Refused(_FOUND.get(self.state, "anchor-lost")), screen=True)
        last = i18n.say(
            "The last entry that the store holds: {number}, {time}, by {who}.",
            number=self.last.seq, time=i18n.moment(self.last.at), who=self.last.member,
        )  # fmt: skip
        seen = log.seen(self.at.desk)
        parts = [found.what, last]
        if seen:
            parts.append(i18n.say("The last entry that this computer saw: {number}.", number=seen))
        parts += [
            "",
            found.safe,
            found.next,
            "",
            i18n.say("A lead: c confirms the store as it is, with a reason. Everybody: v looks at the cases, "
                     "F9 shows what to do now in an emergency."),
        ]  # fmt: skip
        first, *rest = parts
        return lines(plain(first, "bold $risk-high"), *(plain(part or " ") for part in rest))


class Guarded(terminal.SafeApp):
    """An app that opens nothing to type into while the anchor speaks against the store."""

    at: Sitting

    def begin(self, go_on: Callable[[], None]) -> None:
        """Show first what speaks against the store, if anything does; then go on."""
        if self.at.desk.opened.anchored:
            go_on()
            return

        def take(confirmed: Any) -> None:
            if confirmed:
                go_on()

        self.push_screen(AnchorPage(self.at), take)

    def push_screen(self, screen: Any, *args: Any, **more: Any) -> Any:
        """Open a page or a box, unless it is typed into and may not be."""
        if getattr(screen, "TYPES", False):
            try:
                self.at.desk.opened.check_anchor()
            except errors.TriageError as error:
                if isinstance(self.screen, Page | dialogs.Dialog):
                    self.screen.complain(error)
                return AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return super().push_screen(screen, *args, **more)
