"""A case: what is to be done, what happened, what is kept, what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from triage import i18n
from triage.desk import evidence, questions, timeline, view
from triage.terms import StepState
from triage.tui import dialogs
from triage.tui.screens import case_details as details
from triage.tui.screens import case_forms as forms
from triage.tui.screens import case_more, takeover
from triage.tui.screens.case_steps import Steps
from triage.tui.screens.packet import PacketPage
from triage.tui.screens.questions import QuestionsPage
from triage.tui.sitting import Sitting
from triage.tui.widgets import speech
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, plain
from triage.tui.widgets.windowed import Column, Windowed

TABS = ("steps", "timeline", "evidence", "notes")


class CasePage(Page):
    """One case on four tabs; the list above, what is marked in full below."""

    NAME = "case"
    BINDINGS = [
        *(Binding(str(n), f"tab({n})", show=False) for n in range(1, 5)),
        Binding("space", "done", i18n.later("Done")),
        Binding("q", "questions", i18n.later("Questions")),
        Binding("a", "add", i18n.later("Add")),
        Binding("x", "packet", i18n.later("Packet")),
        Binding("u,ctrl+z", "undo", i18n.later("Take back"), key_display="u"),
        Binding("s", "skip", i18n.later("Skip a step"), show=False),
        Binding("t", "wait", i18n.later("A step waits"), show=False),
        Binding("h", "due", i18n.later("Another due time"), show=False),
        Binding(
            "r", "again_or_refer", i18n.later("Do a step again; refer to something in words"), show=False
        ),
        Binding("g", "give", i18n.later("Give a copy out"), show=False),
        Binding("v", "verify", i18n.later("Check what is kept"), show=False),
        Binding("m", "more", i18n.later("More")),
        Binding("f8", "real", i18n.later("Real student: into the real store")),
    ]

    def __init__(
        self, at: Sitting, ref: str, *, tab: str = TABS[0], row: str = "", going_on: str = ""
    ) -> None:
        super().__init__(at)
        self.going_on = going_on
        """The draft whose form is opened on arriving."""
        self.ref = ref
        self.tab = tab if tab in TABS else TABS[0]
        self.row = row
        """The step to mark on coming back after a lock; empty: the one to do first."""
        self.seen: view.CaseView | None = None
        self.steps = Steps()
        self.raising: tuple[str, ...] = ()
        self.events: list[timeline.Event] = []
        self.notes: list[timeline.Event] = []

    def heading(self) -> str:
        """The case's reference."""
        if self.ref in self.at.carried:
            return i18n.say("{ref}, already in the real store: go on there", ref=self.ref)
        return self.ref

    def help(self) -> str:
        """How to work with a case."""
        return i18n.say(
            "1-4 change the tab. On the steps: Space records that the marked step is done and when; s skips it with a "
            "reason, t lets it wait, h gives it another due time. a adds a note or evidence, x makes a packet, "
            "u takes the newest act back, m has the rest: level, people, closing."
        )

    def place(self) -> dict[str, str]:
        """The case, its tab, the step marked."""
        step = self.marked() if self.seen else None
        return {
            "page": self.NAME,
            "ref": self.ref,
            "tab": self.tab,
            "row": step.planned.id if step else self.row,
        }

    def body(self) -> Iterable[Widget]:
        """Level, tabs, the four lists, the details."""
        yield Said(self._level, id="level")
        yield Said(self._tabs, id="tabs")
        with ContentSwitcher(initial=self.tab):
            yield Windowed(
                (
                    Column(lambda: "", 2),
                    Column(lambda: i18n.say("Step"), None),
                    Column(lambda: i18n.say("Due"), 20),
                ),
                lambda ids: self.steps.rows(ids, self.at.desk.now()),
                style=lambda key, column: self.steps.style(key, column),
                empty=lambda: i18n.say("No step stands."),
                heading=lambda key: key < 0,
                id="steps",
            )
            yield details.event_list(
                "timeline", lambda: self.events, lambda: i18n.say("Nothing happened yet.")
            )
            yield Windowed(
                (
                    Column(lambda: i18n.say("Item"), 6),
                    Column(lambda: i18n.say("What"), None),
                    Column(lambda: i18n.say("Kind"), 22),
                    Column(lambda: i18n.say("Size"), 10),
                ),
                lambda ids: {key: details.item_cells(self.evidence[key][0]) for key in ids},
                empty=lambda: i18n.say(
                    "Nothing is kept. a takes a file in; r refers to something in words; "
                    "what is on the student's phone may stay there."
                ),
                id="evidence",
            )
            yield details.event_list(
                "notes", lambda: self.notes, lambda: i18n.say("No note yet. a writes one.")
            )
        with VerticalScroll(id="details", can_focus=False):
            yield Said(self._details, id="detail")

    def arrive(self) -> None:
        """Read the case again."""
        self.seen = seen = view.case(self.at.desk, self.ref)
        self.at.seen = seen.case.id
        self.raising = questions.could_raise(questions.of_case(self.at.desk, self.ref), seen)
        self.evidence = evidence.of_case(self.at.desk, self.ref)
        self.events = timeline.of_case(self.at.desk, seen)
        self.notes = [event for event in self.events if event.what in ("words", "reported", "note")]
        self.steps.lay(seen, self.at.desk.now())
        steps = self.list("steps")
        steps.set_ids(self.steps.ids)
        first = self.steps.at(self.row, todo=True)
        if self.steps.ids:
            steps.go_to(next(key for key in self.steps.ids if key >= 0) if first is None else first)
        self.row = ""
        for tab, count in (
            ("timeline", len(self.events)),
            ("evidence", len(self.evidence)),
            ("notes", len(self.notes)),
        ):
            self.list(tab).set_ids(range(count))
        self.list().focus()
        self.again()
        if self.going_on:
            form, self.going_on = self.going_on, ""
            self.call_later(self._go_on, form)

    def _go_on(self, form: str) -> None:
        """Open the form of a draft again."""
        what, _ref, rest = (*form.split(":", 2), "")[:3]
        on_steps = {
            "done": self.action_done,
            "skip": self.action_skip,
            "wait": self.action_wait,
            "due": self.action_due,
        }
        if what in on_steps:
            step = self.steps.at(rest, todo=True)
            if step is None:
                # Done meanwhile, here or on another screen: its words are not hidden for that.
                words = " · ".join(text for text in self.at.kept.fields(form).values() if text)
                self.tell(
                    lambda: i18n.say("This step is not open any more. The draft says: {words}", words=words),
                    wrong=True,
                )
            else:
                self.list("steps").go_to(step)
                on_steps[what]()
        elif what in ("take", "refer", "give"):
            self.action_tab(TABS.index("evidence") + 1)
            item = next((key for key, (row, _) in enumerate(self.evidence) if row.item == rest), None)
            if item is not None:
                self.list().go_to(item)
            {"take": self.action_add, "refer": self.action_again_or_refer, "give": self.action_give}[what]()
        elif what == "note":
            self.action_add()
        elif what in ("packet", "recipient"):
            page = PacketPage(self.at, self.ref)
            self.app.push_screen(page)
            if what == "recipient":
                self.call_later(page.action_recipient)
        elif self.seen is not None:
            case_more.open_form(what, self.at, self.seen, self._fill)

    def list(self, tab: str = "") -> Windowed:
        """The list of a tab; of the one in front when left out."""
        return self.query_one(f"#{tab or self.tab}", Windowed)

    def marked(self) -> view.StepLine | None:
        """The step that is marked."""
        row_id = self.list("steps").row_id
        return None if row_id is None else self.steps.known.get(row_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts on steps stand on their tab alone; a closed case is only read, opened again or handed over."""
        on = {
            "done": ("steps",),
            "skip": ("steps",),
            "wait": ("steps",),
            "due": ("steps",),
            "again_or_refer": ("steps", "evidence"),
            "give": ("evidence",),
            "verify": ("evidence",),
        }
        if action == "real":
            return self.at.demo
        return self.tab in on.get(action, TABS)

    def on_windowed_highlighted(self) -> None:
        """Another line is marked."""
        self.query_one("#detail", Said).again()
        self.query_one("#details").scroll_home(animate=False)

    def on_windowed_opened(self) -> None:
        """Enter on a step records it; elsewhere the details stand below."""
        if self.tab == "steps":
            self.action_done()

    def action_tab(self, number: int) -> None:
        """Another tab."""
        self.tab = TABS[number - 1]
        self.query_one(ContentSwitcher).current = self.tab
        self.list().focus()
        self.hush()
        self.refresh_bindings()
        self.again()

    def action_done(self) -> None:
        """Record that the marked step is done; a question is asked instead."""
        step = self.marked()
        if self.list("steps").row_id in self.steps.held:
            open_ = self.seen.to_ask() if self.seen else ()
            self.app.push_screen(QuestionsPage(self.at, self.ref, key=next(iter(open_), "")))
            return
        if step is None or step.state in (StepState.DONE, StepState.SKIPPED):
            return
        if step.planned.factor is not None:
            self.app.push_screen(QuestionsPage(self.at, self.ref, key=step.planned.factor))
            return
        self._fill(
            forms.done(self.at, self.ref, step),
            lambda: i18n.say("Recorded: {step}", step=speech.brief(step.text())),
        )

    def action_skip(self) -> None:
        """Skip the marked step with a reason."""
        self._on_step(forms.skip)

    def action_wait(self) -> None:
        """Let the marked step wait for somebody else."""
        self._on_step(forms.wait)

    def action_due(self) -> None:
        """Give the marked step another due time."""
        self._on_step(forms.due)

    def action_again_or_refer(self) -> None:
        """On the steps: do one again. On the evidence: refer to something in words."""
        if self.tab == "evidence":
            self._fill(forms.refer(self.at, self.ref), lambda: i18n.say("Referred to in words."))
            return
        step = self.marked()
        if step is not None and self.attempt(lambda: forms.take_up(self.at, self.ref, step)):
            forms.keep_words(self.at, self.ref, step)
            self.tell(lambda: i18n.say("To do again: {step}", step=speech.brief(step.text())))
            self.attempt(self.arrive)

    def action_add(self) -> None:
        """A note; on the evidence tab: a file."""
        if self.tab == "evidence":
            self.app.push_screen(forms.TakeIn(self.at, self.ref), self._came_back)
        else:
            self._fill(forms.note(self.at, self.ref), lambda: i18n.say("Noted in {ref}.", ref=self.ref))

    def action_give(self) -> None:
        """Give a plain copy of the marked item out."""
        row = self._item()
        if row is not None:
            self._fill(
                forms.give(self.at, self.ref, row.item),
                lambda: i18n.say("The copy lies there. From now on it is yours to destroy."),
            )

    def action_verify(self) -> None:
        """Read every kept file again and compare."""
        self.app.push_screen(forms.Verify(self.at, self.ref), self._came_back)

    def action_questions(self) -> None:
        """Ask, or change an answer."""
        self.hush()
        self.app.push_screen(QuestionsPage(self.at, self.ref))

    def action_packet(self) -> None:
        """Make a packet."""
        self.hush()
        self.app.push_screen(PacketPage(self.at, self.ref))

    def action_undo(self) -> None:
        """Take the newest act back."""
        self.attempt(lambda: forms.take_back(self, self.at, self.ref, self.seen))
        self.attempt(self.arrive)

    def action_real(self) -> None:
        """Carry this case out of the trial into a real store."""
        ref = self.ref

        def carried(there: str) -> None:
            self.at.carried[ref] = takeover.state(self.at, ref)
            self.tell(
                lambda: i18n.say(
                    "It is now case {ref} of the real store: go on there. What is added here does not go along. "
                    "End the trial (Ctrl+Q) and start: triage",
                    ref=there,
                )
            )

        takeover.carry(self, self.at, ref, carried)

    def action_more(self) -> None:
        """Level, people, traces, closing."""
        if self.seen is not None:
            case_more.more(self, self.at, self.seen, self._fill)

    def _on_step(self, made: Callable[[Sitting, str, view.StepLine], dialogs.Form]) -> None:
        step = self.marked()
        if step is not None and step.state in (StepState.TODO, StepState.WAITING):
            self._fill(
                made(self.at, self.ref, step),
                lambda: i18n.say("Recorded: {step}", step=speech.brief(step.text())),
            )

    def _fill(self, form: dialogs.Form, said: Callable[[], str]) -> None:
        def came_back(answer: str | None) -> None:
            if answer:
                self.tell(said)
                self.attempt(self.arrive)
            elif form.draft and self.at.kept.fields(form.draft):
                self.tell(lambda: i18n.say("Not saved. What was typed is kept as a draft."), wrong=True)

        self.hush()
        self.app.push_screen(form, came_back)

    def _came_back(self, answer: str | None) -> None:
        if answer:
            self.tell(lambda: answer)
            self.attempt(self.arrive)

    def _item(self) -> forms.Item | None:
        key = self.list("evidence").row_id
        return None if key is None or not self.evidence else self.evidence[key][0]

    def _level(self) -> Content:
        return Content("") if self.seen is None else details.level(self.seen, self.raising)

    def _tabs(self) -> Content:
        named = {
            "steps": i18n.say("Steps"),
            "timeline": i18n.say("Timeline"),
            "evidence": f"{i18n.say('Evidence')} ({len(self.evidence) if self.seen else 0})",
            "notes": f"{i18n.say('Notes')} ({len(self.notes)})",
        }
        return Content("  ").join(
            plain(
                f"[{n} {named[tab]}]" if tab == self.tab else f" {n} {named[tab]} ",
                "bold" if tab == self.tab else "",
            )
            for n, tab in enumerate(TABS, 1)
        )

    def _details(self) -> Content:
        if self.seen is None:
            return Content("")
        if self.tab == "steps":
            step, key = self.marked(), self.list().row_id
            if key in self.steps.held:
                return details.held_details(self.steps.held[key], self.seen)
            return Content("") if step is None else details.step_details(step)
        if self.tab == "evidence":
            key = self.list("evidence").row_id
            return (
                Content("") if key is None or not self.evidence else details.item_details(*self.evidence[key])
            )
        found = self.events if self.tab == "timeline" else self.notes
        key = self.list().row_id
        return Content("") if key is None or not found else details.event_details(found[key])
