"""What to do now: the eight situations, with the words for the phone and the numbers. No case is in it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from triage import i18n
from triage.response import sos
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain


class EmergencyPage(Page):
    """One digit, at most five lines, the call, the numbers."""

    BINDINGS = [
        *(Binding(str(n), f"show({n})", show=False) for n in range(9)),
        Binding("backspace", "show(-1)", i18n.later("All situations"), key_display="Backspace"),
        *(Binding(key, f"scroll({by})", show=False) for key, by in (("pagedown,space", 1), ("pageup", -1))),
        *(Binding(key, f"line({by})", show=False) for key, by in (("down", 1), ("up", -1))),
    ]
    number = -1
    """The situation shown; -1: the list of all."""

    def heading(self) -> str:
        """That it is urgent."""
        return i18n.say("URGENT - DO THIS NOW")

    def help(self) -> str:
        """How to use it."""
        return i18n.say(
            "A digit shows what to do now, what to say on the phone and whom to call. Esc goes back."
        )

    def body(self) -> Iterable[Widget]:
        """The list, or one situation."""
        with VerticalScroll(id="urgent"):
            yield Said(self._words)

    def action_show(self, number: int) -> None:
        """One situation; -1 the list."""
        self.number = number
        self.again()
        self.query_one("#urgent").scroll_home(animate=False)

    def action_leave(self) -> None:
        """Back to all situations, and from there to where she was."""
        if self.number < 0:
            super().action_leave()
        else:
            self.action_show(-1)

    def action_scroll(self, by: int) -> None:
        """A page further or back."""
        self.query_one("#urgent").scroll_relative(y=by * (self.size.height - 5), animate=False)

    def action_line(self, by: int) -> None:
        """A line further or back."""
        self.query_one("#urgent").scroll_relative(y=by, animate=False)

    def _words(self) -> Content:
        language = i18n.language()
        if self.number < 0:
            return lines(
                *(plain(f" {one.number}  {one.title[language]}", "bold") for one in sos.situations())
            )
        one = sos.situation(self.number)
        today = self.at.desk.now().date()
        calls = [plain(contact.line(language, today)) for contact in sos.contacts(one.contacts)]
        call = []
        if one.script:
            script = sos.script(one.script)
            call = [plain(script.before[language], "$text-muted"), plain(script.text[language], "$risk-done")]
        return lines(
            plain(f"{one.number}  {one.title[language]}", "$risk-critical bold"),
            *(plain(f"  {place}. {line}", "bold") for place, line in enumerate(one.lines[language], 1)),
            plain("──"),
            *call,
            plain("──") if call else Content(""),
            *calls,
        )
