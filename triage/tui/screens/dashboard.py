"""The first page: what is due first, drafts that wait, and the way to everything else."""

from __future__ import annotations

import contextlib
import textwrap
from array import array
from collections.abc import Iterable

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from triage import errors, i18n
from triage.desk import board, drafts, log, presence, restricted
from triage.terms import Level
from triage.tui import dialogs
from triage.tui.screens import sealed
from triage.tui.screens.case import CasePage
from triage.tui.screens.cases import CasesPage
from triage.tui.screens.report import DRAFT, ReportPage
from triage.tui.screens.rows import CaseRows
from triage.tui.sitting import Sitting
from triage.tui.widgets import speech
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain
from triage.tui.widgets.windowed import Windowed

MOST = 500
"""Cases on the board; all of them are one key away."""


class Dashboard(Page):
    """Due first; of each case only its code and the next act."""

    NAME = "dashboard"
    BINDINGS = [
        Binding("n", "new", i18n.later("New report")),
        Binding("c", "cases", i18n.later("Cases")),
        Binding("slash", "find", i18n.later("Search"), key_display="/"),
        Binding("d", "draft", i18n.later("Drafts")),
        Binding("p", "peek", i18n.later("Show what each is about for 10 s"), show=False),
        Binding("r", "sealed", i18n.later("Restricted cases")),
        Binding("escape", "stay", show=False),
    ]

    def __init__(self, at: Sitting) -> None:
        super().__init__(at)
        self.rows = CaseRows(at)
        self.counts: board.Counts | None = None
        self.drafts: list[drafts.Draft] = []
        self.backup_due: str | None = None
        self.greeted = False
        """Whether what holds for the whole sitting was said."""
        self.sealed: list[restricted.Line] = []
        self.read = False
        """Whether the board was read before the page is there."""
        self.mark: log.Marked | None = None
        """The last entry with its mark, once help has asked for it."""
        self.asked = False
        """Whether help has asked for it since the page came to the front."""

    def heading(self) -> str:
        """What is due."""
        return i18n.say("Due first")

    def help(self) -> str:
        """The way to everything."""
        said = i18n.say(
            "n begins a new report: what to do first stands there before any question. Enter opens the case marked. "
            "F9 shows what to do now in an emergency, F12 hides the screen, Ctrl+L locks it."
        )
        return f"{said}\n\n{self._marked()}"

    def body(self) -> Iterable[Widget]:
        """Counts, the board, the drafts."""
        yield Said(self._counts, id="counts")
        yield Said(lambda: sealed.lines(self.sealed), id="sealed")
        rows = self.rows.list(empty=self._empty)
        # What can be read before the first paint is painted once; what cannot is said on arriving.
        with contextlib.suppress(errors.TriageError):
            rows.begin(self._read())
            self.read = True
        yield rows
        yield Said(self._drafts, id="drafts")

    def arrive(self) -> None:
        """Read the board again."""
        self.mark, self.asked = None, False
        rows = self.query_one(Windowed)
        if not self.read:
            rows.set_ids(self._read())
        self.read = False
        rows.go_to(self.at.seen)
        rows.focus()
        if not self.greeted and presence.said(self.at.desk):
            self.tell(lambda: presence.said(self.at.desk))
        self.greeted = True
        sealed.again(self, self.sealed)
        self.again()

    def later(self) -> None:
        """What became due meanwhile, and what another desk has written."""
        self.query_one(Windowed).set_ids(self._read())
        sealed.again(self, self.sealed)
        self.again()

    def _read(self) -> array[int]:
        self.at.kept.flush()
        self.counts = board.counts(self.at.desk)
        self.drafts = drafts.listed(self.at.desk)
        self.backup_due = None if self.at.demo else board.backup_due(self.at.desk)
        self.sealed = restricted.lines(self.at.desk)
        return board.due(self.at.desk, MOST)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Drafts and restricted cases can be opened when there are some."""
        return bool({"draft": self.drafts, "sealed": self.sealed}.get(action, True))

    def on_windowed_opened(self, message: Windowed.Opened) -> None:
        """Open the case."""
        ref = self.rows.ref(message.row_id)
        if ref:
            self.app.push_screen(CasePage(self.at, ref))

    def action_stay(self) -> None:
        """There is nothing before this page."""
        self.tell(lambda: i18n.say("This is the first page. Ctrl+Q ends the program."))

    def action_new(self) -> None:
        """A new report."""
        self.hush()
        self.app.push_screen(ReportPage(self.at))

    def action_cases(self) -> None:
        """All cases."""
        self.app.push_screen(CasesPage(self.at))

    def action_find(self) -> None:
        """Search."""
        self.app.push_screen(CasesPage(self.at, shown="all", finding=True))

    def action_sealed(self) -> None:
        """Open a restricted case, if she is named in it."""
        sealed.pick(self, self.sealed)

    def action_peek(self) -> None:
        """Show for ten seconds what each case is about."""
        self.rows.peek(True)
        self.set_timer(10, lambda: self.rows.peek(False))

    def action_draft(self) -> None:
        """Go on with a draft, or throw it away."""
        known = {one.name: one for one in self.drafts}
        options = [dialogs.Option(one.name, lambda one=one: _told(one)) for one in self.drafts]  # type: ignore[misc]

        def take(name: str | None) -> None:
            if name:
                self._go_on(known[name])

        self.app.push_screen(dialogs.Pick(lambda: i18n.say("Drafts"), options), take)

    def _go_on(self, draft: drafts.Draft) -> None:
        form = draft.form
        ref = form.split(":")[1] if ":" in form else ""
        options = (
            dialogs.Option("open", lambda: i18n.say("Go on writing")),
            dialogs.Option("", lambda: i18n.say("Leave it for later")),
            dialogs.Option("drop", lambda: i18n.say("Throw this draft away")),
        )

        def take(answer: str | None) -> None:
            if answer == "drop":
                gone: list[bool] = []
                self.attempt(lambda: gone.append(drafts.drop(self.at.desk, draft)))
                self.attempt(self.arrive)
                if gone == [False]:
                    self.tell(
                        lambda: i18n.say("It was written on meanwhile: the draft is still there."), wrong=True
                    )
            elif answer == "open":
                self.at.kept.go_on(draft)
                page = ReportPage(self.at) if form == DRAFT else CasePage(self.at, ref, going_on=form)
                self.app.push_screen(page)

        self.app.push_screen(dialogs.Pick(lambda: _title(form), options), take)

    def _marked(self) -> str:
        """The last entry and its mark. It costs as much as an unlock, so only who looks here waits for it."""
        if not self.asked:
            self.asked = True
            self.run_worker(self._find_mark, thread=True, exit_on_error=False)
        one = self.mark
        if one is None:
            return i18n.say("The log's last entry and its mark: one moment …")
        said = i18n.say("Last entry {number}, {time} by {who}, mark: {words}",
                        number=one.seq, time=i18n.moment(one.at), who=one.by, words=one.words)  # fmt: skip
        keep = i18n.say(
            "Write number and words on paper now and then: they show later whether the log was put back."
        )
        return f"{said}\n{keep}"

    def _find_mark(self) -> None:
        self.mark = log.marked(self.at.desk)
        self.app.call_from_thread(self._say_mark)

    def _say_mark(self) -> None:
        if isinstance(self.app.screen, Page):
            self.app.screen.again()

    def _counts(self) -> Content:
        counts = self.counts
        if counts is None:
            return Content("")
        levels = Content("   ").join(
            Content.assemble(speech.badge(one), f" {counts.by_level.get(one, 0)}") for one in reversed(Level)
        )
        late = i18n.say("OVERDUE: {late}   due today: {today}", late=counts.overdue, today=counts.due_today)
        shown = [levels, plain(late, "$risk-high" if counts.overdue else "$text-muted")]
        if self.backup_due is not None:
            place = self.backup_due or i18n.say("PLACE ON ANOTHER MEDIUM")
            words = i18n.say("No backup in the last 7 days: triage backup make {place}", place=place)
            shown.append(plain(words, "$text-muted"))
        return lines(*shown)

    def _drafts(self) -> Content:
        if not self.drafts:
            return Content("")
        shown = [plain(f"  {_named(one)}") for one in self.drafts[:3]]
        return lines(plain(i18n.say("Drafts ({n}): d goes on", n=len(self.drafts)), "bold"), *shown)

    def _empty(self) -> str:
        return i18n.say("Nothing is due. n begins a new report; F9 shows what to do in an emergency.")


def _named(draft: drafts.Draft) -> str:
    return i18n.say("{form}, kept {time}", form=_title(draft.form), time=i18n.moment(draft.saved_at))


_SET = frozenset(
    {"at", "told", "until", "on", "channel", "kind", "profile", "to", "part", "how", "sure", "left_out"}
)
"""Fields that are chosen or a time: they tell no draft from another."""


def _told(draft: drafts.Draft) -> str:
    """Its name and how it begins: several of one form are told apart by their words."""
    words = max((text for key, text in draft.fields.items() if key not in _SET), key=len, default="")
    return f"{_named(draft)}  «{textwrap.shorten(words, 30, placeholder='…')}»"


def _title(form: str) -> str:
    what, _, rest = form.partition(":")
    words = i18n.word("draft", what) if i18n.has_word("draft", what) else what
    return f"{words} {rest.replace(':', ' ')}".strip()
