"""The questions of a case: the level and its reasons change as answers are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from triage import i18n
from triage.desk import assess, cases, questions, view
from triage.response import checklist, rules
from triage.response import level as table
from triage.terms import Kind
from triage.tui import dialogs
from triage.tui.screens import case_forms as forms
from triage.tui.sitting import Sitting
from triage.tui.widgets import speech
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain

ABOUT = "kind"
"""The question what it is about; it comes after the safety questions that everyone is asked."""
_FIXED = {"unknown": 0, "declined": 9}
"""Digits that mean the same in every question: a habit must not record something else."""
_WORDS = 1.0
"""Seconds after a letter that is no key here in which nothing acts: somebody types words, and there is no field."""
_REPEAT, _NEXT = 0.7, 0.3
"""Seconds within which the same digit is a key held down, and another one cannot be meant for a question just shown."""
_REASONS = 3
"""Reasons shown beside the open questions; all of them stand under «m» on the case."""


class QuestionsPage(Page):
    """One question at a time; every answer is recorded at once and can be taken back."""

    NAME = "questions"
    TYPES = True
    SEEN_FIRST = Page.SEEN_FIRST | frozenset("0123456789")
    BINDINGS = [
        *(Binding(str(n), f"choose({n})", show=False) for n in range(10)),
        Binding("up,left", "go(-1)", i18n.later("Before"), key_display="↑"),
        Binding("down,right", "go(1)", i18n.later("Next one"), key_display="↓"),
        Binding("k", "kinds", i18n.later("What it is about")),
        Binding("p", "person", i18n.later("Other student")),
        Binding("u,ctrl+z", "undo", i18n.later("Take back"), key_display="u"),
        Binding("enter,ctrl+s", "leave", i18n.later("To the steps"), key_display="Enter"),
    ]

    def __init__(self, at: Sitting, ref: str, *, key: str = "") -> None:
        super().__init__(at)
        self.ref = ref
        self.key = key
        """The question in front; empty: the first that nobody has answered."""
        self.person: str | None = None
        self.asked: list[questions.Question] = []
        self.seen: view.CaseView | None = None
        self.former: view.CaseView | None = None
        """The case before the newest answer."""
        self.answered: list[str] = []
        """The questions answered on this page, the newest last."""
        self._words_until = 0.0
        self._digit, self._digit_at = "", 0.0

    def heading(self) -> str:
        """Which case, and that questions are asked."""
        return i18n.say("{ref} › Questions", ref=self.ref)

    def help(self) -> str:
        """How to ask."""
        return i18n.say(
            "Ask one question at a time, as it stands there. A digit records the answer and goes on. The student "
            "need not answer: do not press, stay with the student. Every answer can be taken back with u."
        )

    def place(self) -> dict[str, str]:
        """The case and the question in front."""
        return {"page": self.NAME, "ref": self.ref, "key": self.key}

    def body(self) -> Iterable[Widget]:
        """The level with its reasons, the question, what to do first."""
        yield Said(self._level, id="level")
        with VerticalScroll(id="asked", can_focus=False):
            yield Said(self._question, id="question")
        yield Said(self._next, id="next")

    def arrive(self) -> None:
        """Read the case and its questions again."""
        self.seen = view.case(self.at.desk, self.ref)
        if self.person is None and len(self._affected()) > 1:
            # Chosen once: an answer must not lead on to another student.
            self.person = self._not_asked()
        self.asked = questions.of_case(self.at.desk, self.ref, self.person)
        if self.key not in self._keys():
            self.key = self._first_open()
        self.again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Another student can be asked about only where there is one."""
        return len(self._affected()) > 1 if action == "person" else True

    def on_key(self, event: events.Key) -> None:
        """Words typed here are no answer, though a digit stands among them; a key held down is one answer."""
        letter = event.character or ""
        stray = letter.isalpha() and event.key not in self.active_bindings
        if event.is_printable and (stray or event.time < self._words_until):
            event.stop()
            self._words_until = event.time + _WORDS
            self.tell(
                lambda: i18n.say(
                    "No words are taken here: nothing was recorded. Digits answer; a note: Esc, then a."
                ),
                wrong=True,
            )
        elif letter.isdecimal():
            quick = event.time - self._digit_at < (_REPEAT if letter == self._digit else _NEXT)
            self._digit, self._digit_at = letter, event.time
            if quick:
                event.stop()
                self.tell(
                    lambda: i18n.say(
                        "Too quick: this question has no answer yet. Ask it, then press the digit."
                    ),
                    wrong=True,
                )

    def action_go(self, by: int) -> None:
        """The question before or after."""
        keys = self._keys()
        if self.key not in keys:
            return
        self.key = keys[max(0, min(len(keys) - 1, keys.index(self.key) + by))]
        self.former = None
        self.hush()
        self.again()

    def action_choose(self, number: int) -> None:
        """Record an answer by its number and go on to the next question."""
        if self.key == ABOUT:
            self.action_kinds()
            return
        asked = self._question_of(self.key)
        value = _numbered(asked).get(number) if asked else None
        if asked is not None and value is None and number == _FIXED["unknown"]:
            self.action_go(1)
        if asked is None or value is None or self.seen is None:
            return
        former = self.seen
        if self.attempt(
            lambda: cases.answer(
                self.at.desk,
                self.ref,
                {asked.key: value},
                person=self._about(),
                seen={asked.key: asked.answer},
                settles=True,
            )
        ):
            self.former = former
            self.answered.append(asked.key)
            self.hush()
            self.arrive()
            # Only now: an answer can bring another question in behind it.
            keys = self._keys()
            last = keys.index(asked.key) == len(keys) - 1
            self.key = self.key if last else keys[keys.index(asked.key) + 1]
            self.again()
            if last:
                self.tell(lambda: i18n.say("That was the last question. Enter: to the steps."))
        else:
            self.attempt(self.arrive)

    def action_kinds(self) -> None:
        """Say what it is about."""
        had = self.seen.line.kinds if self.seen else ()

        def take(answer: str | None) -> None:
            new = [Kind(kind) for kind in (answer or "").split() if kind not in had]
            if new and self.attempt(lambda: self._add(new)):
                self.key = ""
                self.arrive()
            elif answer and not new and self.key == ABOUT:
                self.action_go(1)

        options = [
            dialogs.Option(kind.value, lambda kind=kind: i18n.word("kind", kind.value))  # type: ignore[misc]
            for kind in Kind
            if kind is not Kind.UNSURE
        ]
        self.app.push_screen(
            dialogs.Tick(lambda: i18n.say("What is it about? One or several."), options, had, marked=True),
            take,
        )

    def action_person(self) -> None:
        """Ask about the next affected student."""
        letters = self._affected()
        now = self.person or letters[0]
        self.person = letters[(letters.index(now) + 1) % len(letters)]
        self.key = ""
        self.attempt(self.arrive)

    def action_undo(self) -> None:
        """Take back the newest act."""
        if self.attempt(lambda: forms.take_back(self, self.at, self.ref, self.seen)) and self.answered:
            self.key = self.answered.pop()
        self.former = None
        self.attempt(self.arrive)

    def _add(self, kinds: Sequence[Kind]) -> None:
        without = cases.add_kinds(self.at.desk, self.ref, kinds)
        if without:
            names = ", ".join(i18n.word("kind", kind.value) for kind in without)
            self.tell(
                lambda: i18n.say(
                    "No playbook of its own yet: {kinds}. The common steps stand; F9: what to do now.",
                    kinds=names,
                )
            )
        else:
            self.hush()

    def _about(self) -> str | None:
        """Of several students the one who is asked about."""
        letters = self._affected()
        return (self.person or letters[0]) if len(letters) > 1 else None

    def _not_asked(self) -> str:
        """Of several students the first who has not been asked: about safety, then what the kinds must ask."""
        answers = self.seen.answers if self.seen else {}
        kinds = [Kind(kind) for kind in self.seen.line.kinds] if self.seen else []
        must = rules.load().must_ask
        letters = self._affected()
        open_ = (
            letter
            for wanted in ([[self.key]] if self.key else [must((), {}), must(kinds, {})])
            for letter in letters
            for key in wanted
            if answers[letter].get(key, "unknown") == "unknown"
        )
        return next(open_, letters[0])

    def _affected(self) -> list[str]:
        return [one.label for one in self.seen.people if one.part == "affected"] if self.seen else []

    def _in_the_room(self) -> bool:
        """Whether the student is there to be asked; until that is answered, by how the report came."""
        if self.seen is None:
            return True
        told = self.seen.answers.get(self.person or "A", {}).get("student_now")
        if told in (None, "unknown", "declined"):
            return self.seen.case.channel not in assess.TOLD_BY_OTHERS
        return told == "with_me"

    def _keys(self) -> list[str]:
        safety = [one.key for one in self.asked if one.safety]
        return [*safety, ABOUT, *(one.key for one in self.asked if not one.safety)]

    def _question_of(self, key: str) -> questions.Question | None:
        return next((one for one in self.asked if one.key == key), None)

    def _first_open(self) -> str:
        unasked = [one.key for one in self.asked if one.must and one.answer is None]
        if self._unsure() and not any(one.safety for one in self.asked if one.key in unasked):
            return ABOUT
        raising = [one.key for one in self.asked if one.raises and one.answer is None]
        unknown = [one.key for one in self.asked if one.must and one.answer == "unknown"]
        return next(iter([*unasked, *raising, *unknown, *self._keys()]))

    def _unsure(self) -> bool:
        return self.seen is not None and self.seen.line.kinds == (Kind.UNSURE,)

    def _level(self) -> Content:
        if self.seen is None:
            return Content("")
        seen = self.seen
        clock, *said = table.brief(seen.verdict, i18n.language(), away=seen.instead(), unsure=self._unsure())
        badge = speech.badge(seen.line.level, provisional=seen.line.unsettled)
        if self.former is not None and self.former.line.level is not seen.line.level:
            before = plain(i18n.say("was: "), "$text-muted") + speech.badge(self.former.line.level)
            badge = Content.assemble(badge, "   ", before)
        kinds = speech.kinds(seen.line)
        open_ = questions.could_raise(self.asked, seen)
        raising = speech.raising(open_) if open_ else ""
        return lines(
            Content.assemble(badge, "   ", plain(kinds, "$text-muted")),
            plain(clock, "bold"),
            *(
                plain(i18n.say("! One of two answers is wrong: {what}.", what=one), "$risk-high")
                for one in seen.clashes(self.person or "A")
            ),
            *([plain(f"· {raising}", "$risk-high")] if raising else []),
            *(plain(f"· {one}") for one in said[: _REASONS + 1 - bool(raising)]),
        )

    def _question(self) -> Content:
        keys = self._keys()
        if self.key not in keys or self.seen is None:
            return Content("")
        where = i18n.say("Question {n} of {all}", n=keys.index(self.key) + 1, all=len(keys))
        if self.key == ABOUT:
            now = speech.kinds(self.seen.line)
            return lines(
                plain(where, "$text-muted"),
                plain(i18n.say("What is it about?"), "bold"),
                plain(i18n.say("Now: {kinds}. k or a digit changes it; ↓ leaves it for later.", kinds=now)),
            )
        asked = self._question_of(self.key)
        if asked is None:
            return Content("")
        about = f"  ({self._about()})" if self._about() else ""
        optional = (
            i18n.say("(an answer can raise the level)") if asked.raises else i18n.say("(may be left out)")
        )
        must = "" if asked.must else f"  {optional}"
        if asked.key in self.seen.ask_again:
            must = "  " + i18n.say("(answered before the student was found: still so?)")
        help_text = asked.help[i18n.language()]
        here = self._in_the_room()
        away = "" if here else i18n.say("The student is not here: ask the one who tells. Nobody knows: 0.")
        return lines(
            plain(f"{where}{about}  {must}", "$text-muted"),
            plain(away, "$risk-high"),
            plain(asked.words[i18n.language()], "bold"),
            *(
                plain(
                    f" {number} ({'●' if asked.answer == value else ' '}) {asked.label(value)}",
                    "bold" if asked.answer == value else "",
                )
                for number, value in _numbered(asked).items()
            ),
            plain(
                "" if "unknown" in asked.values else " 0     " + i18n.say("leave it for later"), "$text-muted"
            ),
            plain(help_text, "$text-muted"),
        )

    def _next(self) -> Content:
        if self.seen is None:
            return Content("")
        line = next((one for one in self.seen.steps if one.planned.id == self.seen.line.next_step), None)
        if line is None:
            return plain(i18n.say("No step is open."))
        due = speech.step_due(line, self.at.desk.now())
        new = self._new()
        return lines(
            plain(i18n.say("First: {due}", due=due), "$text-muted"),
            plain(i18n.say("New: {step}", step=speech.brief(new, 70)) if new else "", "$risk-high"),
            plain(line.text(), "bold"),
        )

    def _new(self) -> str:
        """What the newest answer has called for, besides what is to be done first."""
        if self.former is None or self.seen is None:
            return ""
        had = {one.planned.id for one in self.former.steps}
        new = [
            one.planned
            for one in self.seen.steps
            if one.planned.id not in had and one.planned.factor is None and one.planned.mandatory
        ]
        first = checklist.next_step(new, now=self.at.desk.now())
        return "" if first is None or first.id == self.seen.line.next_step else speech.planned(first)


def _numbered(asked: questions.Question) -> dict[int, str]:
    """The digit of each answer, in the order in which they stand."""
    plain_values = [value for value in asked.values if value not in _FIXED]
    fixed = {number: value for value, number in _FIXED.items() if value in asked.values}
    return dict(enumerate(plain_values, 1)) | fixed
