"""The application: keys that hold everywhere, the lock, the cover, where she was."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.binding import Binding
from textual.screen import Screen

from triage import clock, errors, i18n
from triage.desk import board, drafts
from triage.desk.session import Desk
from triage.response import playbook, rules
from triage.tui import dialogs, statuses, terminal, themes, watchdog
from triage.tui.awake import Awake
from triage.tui.screens import anchor, takeover
from triage.tui.screens.case import CasePage
from triage.tui.screens.cases import CasesPage
from triage.tui.screens.cover import LONG, Cover
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.emergency import EmergencyPage
from triage.tui.screens.help import HelpPage
from triage.tui.screens.packet import PacketPage
from triage.tui.screens.questions import QuestionsPage
from triage.tui.screens.report import ReportPage
from triage.tui.sitting import Kept, Sitting
from triage.tui.widgets.page import Notice, Page, Talk, key_name, told

IDLE = 300.0
"""Seconds without a key until the screen locks. Source: research/terminal.md 5.5."""
WARNING = 30.0
"""Seconds before that when the top line says so."""
SLEPT = 60.0
"""A second that took this long was a computer asleep, or a program that was stopped: it locks."""

PLACES: Mapping[str, Callable[[Sitting, Mapping[str, str]], Page]] = {
    "report": lambda at, kept: ReportPage(at),
    "cases": lambda at, kept: CasesPage(at, shown=kept.get("shown", ""), words=kept.get("words", "")),
    "case": lambda at, kept: CasePage(
        at, kept["ref"], tab=kept.get("tab", ""), row=kept.get("row", ""), going_on=kept.get("form", "")
    ),
    "questions": lambda at, kept: QuestionsPage(at, kept["ref"], key=kept.get("key", "")),
    "packet": lambda at, kept: PacketPage(at, kept["ref"]),
}
"""How a page is opened again after a lock."""


class TriageApp(anchor.Guarded):
    """The full-screen program over one desk."""

    CSS_PATH = "app.tcss"
    TITLE = "Triage"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [
        Binding("f1", "help", i18n.later("Help"), priority=True, system=True),
        Binding("f12,ctrl+g", "hide", i18n.later("Hide"), priority=True, system=True, key_display="F12"),
        Binding("f9,ctrl+e", "emergency", i18n.later("Do this now"), priority=True, show=False),
        Binding("ctrl+l", "lock", i18n.later("Lock"), priority=True, show=False),
        Binding("f2", "language", i18n.later("Tiếng Việt / English"), priority=True, show=False),
        Binding("f3", "look", i18n.later("Dark, light, high contrast"), priority=True, show=False),
        Binding("ctrl+p", "commands", i18n.later("Commands"), priority=True, show=False),
        Binding("ctrl+q", "quit", i18n.later("End"), priority=True, show=False),
    ]

    def __init__(self, at: Sitting, typed: Sequence[str] = (), *, spoken: bool = False) -> None:
        super().__init__()
        self.at = at
        self.spoken = spoken
        """Whether the language of now was chosen at the prompt."""
        self.typed = typed
        """Keys that came before the screen."""
        self.idle = IDLE
        self.last_key = clock.running()
        self.awake = Awake()
        self.hidden_at: float | None = None
        self.leaving: int | None = None
        """The status asked for while a job runs."""
        self.unkept = False
        """Whether the top line says that the draft is not kept."""
        self.kept_place: str = ""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.THEMES[0].name

    def get_default_screen(self) -> Screen[object]:
        """The first page."""
        return Dashboard(self.at)

    def on_mount(self) -> None:
        """Go back to where she was, then watch the time."""
        self.begin(self._go_back)
        for key in self.typed:
            if len(key) == 1 or key in ("enter", "escape", "backspace"):
                self.type_ahead(key)
        self.set_interval(1.0, self._tick)
        self.set_interval(30.0, self._later)

    async def on_event(self, event: events.Event) -> None:
        """Notice that somebody is there; while leaving, no key is for the pages."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            if self.leaving is not None or self._was_away():
                return
            self.last_key = clock.running()
        await super().on_event(event)

    def asked_to_leave(self) -> None:
        """The system ends the program: what was typed is kept."""
        self._leave(0)

    def hurry(self) -> None:
        """The system ends the program, and the screen may hang."""
        watchdog.ask(0, held=self._held)

    def _held(self) -> bool:
        """Whether the process is not to be ended yet, whatever was asked."""
        return self.at.jobs > 0 or self.at.kept.closing

    def page(self) -> Page | None:
        """The page in front, under dialogs."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Under the cover nothing of ours answers; over a dialog there is no list of commands."""
        if action == "commands" and isinstance(self.screen, dialogs.Dialog):
            return False
        return isinstance(self.screen, Talk) or action not in _OURS

    def action_hide(self) -> None:
        """Blank the terminal at once, then put the cover up."""
        if self.hidden_at is None:
            self.blank_now()
            self.hidden_at = clock.running()
            self.push_screen(Cover(self._uncover))

    def action_lock(self) -> None:
        """Ask for the passphrase again; the process that holds the key ends."""
        self._keep()
        self.at.kept.flush()
        if self.at.kept.fault is not None and not self.at.kept.busy() and not self.at.jobs:
            self._ask_unkept(self.at.kept.fault, statuses.LOCKED)
            return
        self._leave(statuses.LOCKED)

    def action_help_quit(self) -> None:
        """Ctrl+C ends nothing here: which key does is said in our words, not in Textual's."""
        if (page := self.page()) is not None:
            page.tell(lambda: i18n.say("Ctrl+C does nothing here. Ctrl+Q ends the program, Ctrl+L locks it."))

    def action_language(self) -> None:
        """The other language; what was typed stays."""
        i18n.use("en" if i18n.language() == "vi" else "vi")
        self._again()

    def action_look(self) -> None:
        """The next look."""
        names = [theme.name for theme in themes.THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def action_emergency(self) -> None:
        """What to do now."""
        if not isinstance(self.screen, EmergencyPage):
            self.push_screen(EmergencyPage(self.at))

    def action_help(self) -> None:
        """What one does here, and the keys."""
        page = self.page()
        if page is not None and not isinstance(page, HelpPage):
            self.push_screen(HelpPage(self.at, page, [(one.key, one.words) for one in self._commands()]))

    def action_commands(self) -> None:
        """Every act of this page by its name."""
        self.push_screen(dialogs.Palette(self._commands()))

    async def action_quit(self) -> None:
        """End; nothing typed is lost."""
        if self.at.jobs:
            self.screen.query_one(Notice).show(
                lambda: i18n.say("Something is still being written. It can be stopped with Esc.")
            )
            return
        self._keep()
        self.at.kept.flush()
        if self.at.kept.fault is not None:
            self._ask_unkept(self.at.kept.fault)
            return
        try:
            self._end()
        except errors.TriageError as error:
            self._ask_unkept(error)

    def _end(self) -> None:
        """End; of the trial only what she says is invented is deleted."""
        left = takeover.typed(self.at)
        if left:
            takeover.ask(self.screen, lambda real: self._end_trial(left, real=real), left)
        elif self.at.demo:
            takeover.unsaved(self.screen, self.at, lambda: self._leave(0))
        else:
            self._leave(0)

    def _ask_unkept(self, error: errors.TriageError, status: int = 0) -> None:
        """Ask before what cannot be kept is lost."""
        lock = status == statuses.LOCKED
        options = (
            dialogs.Option("", lambda: i18n.say("Back: what was typed still stands there")),
            dialogs.Option(
                "leave",
                lambda: (
                    i18n.say("Lock all the same: what was typed last is lost")
                    if lock
                    else i18n.say("End all the same: what was typed last is lost")
                ),
            ),
        )
        self.push_screen(
            dialogs.Pick(
                lambda: i18n.say("What was typed last cannot be kept."), options, more=lambda: told(error)
            ),
            lambda answer: self._leave(status) if answer else None,
        )

    def _end_trial(self, left: list[str], *, real: bool) -> None:
        if not real:
            takeover.unsaved(self.screen, self.at, lambda: self._leave(0))
            return
        takeover.which(self.screen, left, self._carry)

    def _carry(self, ref: str) -> None:
        page = CasePage(self.at, ref)
        self.push_screen(page)
        self.call_later(page.action_real)

    def _commands(self) -> list[dialogs.Command]:
        """What the page in front can do, each act once."""
        seen: dict[str, dialogs.Command] = {}
        for one in self.screen.active_bindings.values():
            mine = one.binding.action in _acts(type(one.node))
            if mine and one.binding.description and one.enabled and one.binding.action not in seen:
                seen[one.binding.action] = dialogs.Command(
                    one.binding.description,
                    key_name(one),
                    lambda one=one: self.run_action(one.binding.action, one.node),  # type: ignore[misc]
                )
        return list(seen.values())

    def _uncover(self) -> None:
        if self.hidden_at is not None and clock.running() - self.hidden_at > LONG:
            self._leave(statuses.LOCKED)
            return
        self.hidden_at = None
        self.pop_screen()

    def _again(self) -> None:
        with self.batch_update():
            for screen in self.screen_stack:
                if isinstance(screen, Talk):
                    screen.retranslate()

    def _tick(self) -> None:
        self.at.locks_in = self.idle - (clock.running() - self.last_key)
        if self.leaving is not None:
            if not self.at.jobs:
                self._leave(self.leaving)
        elif not self._was_away():
            self._look()
        self.awake.look()

    def _look(self) -> None:
        """What a second may have changed."""
        unkept, self.unkept = self.unkept, self.at.kept.fault is not None
        if isinstance(self.screen, Talk) and unkept != self.unkept:
            self.screen.tell_unkept(self.unkept)
        elif isinstance(self.screen, Page) and self.at.locks_in < WARNING + 1:
            self.screen.query_one("#top").refresh()
        self._keep_place()

    def _was_away(self) -> bool:
        """Lock before a key or a new frame comes first, when nobody may have been here for long."""
        away = self.awake.slept(SLEPT) or clock.running() - self.last_key > self.idle
        if away and self.leaving is None:
            self._leave(statuses.LOCKED if self.hidden_at is None else statuses.HIDDEN)
        return away

    def _later(self) -> None:
        """Time has gone on: due times are said again."""
        if not self._was_away() and isinstance(self.screen, Page):
            self.screen.attempt(self.screen.later)

    def _leave(self, status: int) -> None:
        """End this process; with a job running the screen is covered at once and the end comes with the job's."""
        self.leaving = status
        self.blank_now()
        watchdog.ask(status, held=self._held)
        if self.at.jobs:
            if self.hidden_at is None:
                self.hidden_at = clock.running()
                self.push_screen(Cover(lambda: None))
            return
        self._keep()
        self.kept_place = ""
        if status == 0:
            self.at.kept.put(self._place(), {})
        else:
            self._keep_place()
        self.at.kept.close()
        self.exit(return_code=status)

    def _keep(self) -> None:
        """Keep what stands in the forms: another screen may have used up or replaced what this one had kept."""
        for screen in self.screen_stack:
            if isinstance(screen, Talk):
                screen.keep()

    def _keep_place(self) -> None:
        """Keep where she is, if that has changed."""
        pages = [one.place() for one in self.screen_stack if isinstance(one, Page) and not one.at.sealed]
        stack = [page for page in pages[1:] if page is not None]
        if stack and isinstance(self.screen, dialogs.Form) and self.screen.draft:
            stack[-1]["form"] = self.screen.draft
        place = json.dumps({"stack": stack, "language": i18n.language(), "look": self.theme})
        if place != self.kept_place:
            self.kept_place = place
            self.at.kept.put(self._place(), {"place": place})

    def _place(self) -> str:
        return f"{drafts.PLACE}:{self.at.kept.screen}"

    def _go_back(self) -> None:
        kept = drafts.place(self.at.desk, self.at.kept.screen)
        if kept is None:
            return
        self.at.kept.go_on(kept)
        if kept.form != self._place():
            self.at.kept.put(kept.form, {})
        place = json.loads(kept.fields["place"])
        if not self.spoken:
            i18n.use(place["language"])
        self.theme = place["look"]
        for one in place["stack"]:
            # A form that was open comes back with what had been typed into it, unless it was used up.
            typed = one.get("form", "") and self.at.kept.fields(one["form"])
            self.push_screen(PLACES[one["page"]](self.at, one if typed else one | {"form": ""}))


@functools.cache
def _acts(kind: type[object]) -> frozenset[str]:
    """The acts that we have bound on an app or a page; Textual's own are in English and known to everyone."""
    ours = (one for one in kind.__mro__ if one.__module__.startswith("triage."))
    bound = (binding for one in ours for binding in vars(one).get("BINDINGS", ()))
    return frozenset(binding.action for binding in bound)


_OURS = frozenset({"help", "hide", "emergency", "language", "look", "commands", "quit"})
"""Acts that would show something of ours."""


def warm() -> None:
    """Read the data files that the first page needs: while she types her passphrase nobody waits for it."""
    playbook.all_shipped()
    rules.load()
    board.step_text(None)
    i18n.word("badge", "HIGH")


def run(
    desk: Desk, *, name: str = "", demo: bool = False, spoken: bool = False, typed: Sequence[str] = ()
) -> int:
    """Run the screen on an open desk until she ends or locks it; the process's status.

    Args:
        desk: the desk.
        name: this screen among others on the store.
        demo: the store is the invented school's.
        spoken: the language was chosen just now, not by the screen before this one.
        typed: keys that came while it was being opened.

    Raises:
        errors.TriageError: what was typed last could not be kept.
    """
    terminal.fast_cells()
    at = Sitting(desk, Kept(desk, name), demo=demo)
    if demo and not at.kept.fields(drafts.TRIAL):
        at.kept.put(drafts.TRIAL, {"seeded_to": str(max(board.ids(desk), default=0))})
    app = TriageApp(at, typed, spoken=spoken)
    watchdog.guard(lambda: app.awake.beat, IDLE, statuses.LOCKED)
    try:
        app.run()
    finally:
        at.kept.close()
    if at.kept.fault is not None:
        raise at.kept.fault
    return terminal.run_status(app)
