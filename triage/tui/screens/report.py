"""A new report: what to do first stands there before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from triage import i18n
from triage.desk import cases, view
from triage.desk.assess import TOLD_BY_OTHERS
from triage.response.planned import Planned
from triage.terms import Channel
from triage.tui.screens import takeover
from triage.tui.screens.case import CasePage
from triage.tui.screens.questions import QuestionsPage
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, Fields, choice, when
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain

DRAFT = "report"
"""The form's name among the drafts."""
CHANNELS = ("in_person", "friend", "parent", "staff", "phone", "message", "note", "hotline", "other")
"""How a report comes, the most frequent first: one key changes what is to be done first."""


class ReportPage(Page):
    """What to do now, the student's own words, how it came. The case is opened when she goes on."""

    NAME = "report"
    TYPES = True
    BINDINGS = [Binding("ctrl+s", "open", i18n.later("Open the case, then questions"), priority=True)]

    def __init__(self, at: Sitting) -> None:
        super().__init__(at)
        self.filled = False

    def heading(self) -> str:
        """New report."""
        return i18n.say("New report")

    def help(self) -> str:
        """How to take a report."""
        return i18n.say(
            "Do first what stands at the top. Write the student's own words as told, or leave that for later: "
            "Ctrl+S opens the case and goes on to the questions. What you type is kept as a draft all the time."
        )

    def body(self) -> Iterable[Widget]:
        """What to do now, then two fields."""
        yield Said(self._first, id="first")
        yield Fields(
            (
                Field(
                    "words",
                    self._told,
                    limit=cases.MAX_WORDS,
                    kind="text",
                ),
                choice(
                    "channel",
                    lambda: i18n.say("How the report came (← →)"),
                    CHANNELS,
                    lambda value: i18n.word("channel", value),
                ),
                when(
                    "told",
                    lambda: i18n.say("When it was told (↑ ↓ five minutes)"),
                    i18n.moment(self.at.desk.now()),
                ),
            )
        )

    def arrive(self) -> None:
        """Put back what was typed before."""
        fields = self.query_one(Fields)
        if not self.filled:
            self.filled = True
            draft = self.at.kept.fields(DRAFT)
            fields.fill(draft)
            fields.first()
            if draft:
                # Two students in one morning: the words of one are not to go into the other's case.
                self.tell(
                    lambda: i18n.say(
                        "This goes on with a draft. For another student open this case first (Ctrl+S), then n again."
                    )
                )
        self.query_one("#first", Said).again()

    def on_fields_changed(self) -> None:
        """Keep what is typed; how it came changes what is first."""
        if self.filled:
            self.keep()
            self.query_one("#first", Said).again()
            self.query_one(Fields).query(Said).first().again()

    def keep(self) -> None:
        """Keep what stands in the fields."""
        fields = self.query_one(Fields)
        self.at.kept.put(DRAFT, fields.read() if fields.changed() else {})

    def action_open(self) -> None:
        """Open the case and go on to its questions; in the trial, ask first whether the student is real."""
        if self.at.demo:
            takeover.ask(self, lambda real: self.attempt(lambda: self._open(real=real)))
        else:
            self.attempt(self._open)

    def _open(self, *, real: bool = False) -> None:
        from triage import clock

        typed = self.query_one(Fields).read()
        with self.at.using(DRAFT):
            opened = cases.new(
                self.at.desk,
                cases.NewCase(
                    channel=Channel(typed["channel"]),
                    told_at=clock.parse(typed["told"], near=self.at.desk.now()),
                    words=typed["words"],
                ),
            )
        case = CasePage(self.at, opened.ref)
        self.app.switch_screen(case)
        if real:
            self.app.call_later(case.action_real)
        else:
            if self.at.demo:
                self.at.invented.add(opened.ref)
            self.app.push_screen(QuestionsPage(self.at, opened.ref))

    def _channel(self) -> Channel:
        fields = self.query_one_optional(Fields)
        chosen = fields.read()["channel"] if fields and fields.widget("channel") else ""
        return Channel(chosen or CHANNELS[0])

    def _told(self) -> str:
        """What is to be written down, by who tells it."""
        if self._channel() in TOLD_BY_OTHERS:
            return i18n.say("What the one who reports told, in their own words (may stay empty)")
        return i18n.say("What the student told, in their own words (may stay empty)")

    def _first(self) -> Content:
        steps = view.first_steps(self.at.desk, self._channel())
        return lines(
            plain(i18n.say("NOW, before any question:"), "$risk-critical bold"),
            *(_line(number, step) for number, step in enumerate(steps[:3], 1)),
        )


def _line(number: int, step: Planned) -> Content:
    vietnamese = i18n.language() == "vi"
    text = plain(f"{number} {step.vi if vietnamese else step.en}", "bold" if number == 1 else "")
    if step.say is None or number > 2:
        return text
    return Content.assemble(text, plain(f" «{step.say[0 if vietnamese else 1]}»", "$risk-done"))
