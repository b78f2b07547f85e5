"""The packet wizard: for whom and why, what goes along, a look before it is written, the writing, what then."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from triage import errors, i18n
from triage.desk import cases, evidence, packets, people, view
from triage.terms import Profile
from triage.tui import dialogs
from triage.tui.screens import packet_forms
from triage.tui.sitting import Sitting
from triage.tui.widgets.choice import Choice
from triage.tui.widgets.fields import Field, Fields, choice, typed_path
from triage.tui.widgets.page import Page
from triage.tui.widgets.said import Said, lines, plain

if TYPE_CHECKING:
    from triage import models

LEFT_OUT = "left_out"
"""The name in its draft of the items that are not to go along."""
PLAIN = "-"
"""The choice of a recipient who is not in the book."""


class PacketPage(Page):
    """One page: the decision, what goes along, where it is written. Nothing leaves before the second Enter."""

    NAME = "packet"
    TYPES = True
    BINDINGS = [
        Binding("ctrl+s", "make", i18n.later("Look, then make it"), priority=True),
        Binding("ctrl+t", "items", i18n.later("What goes along"), priority=True),
        Binding("ctrl+b", "ground", i18n.later("Grounds"), priority=True),
        Binding("ctrl+r", "recipient", i18n.later("Into the book"), priority=True),
        Binding("ctrl+n", "digits", i18n.later("The digits"), priority=True),
    ]

    def __init__(self, at: Sitting, ref: str) -> None:
        super().__init__(at)
        self.ref = ref
        self.filled = False
        self.rows: list[models.Evidence] = []
        self.book: dict[str, models.Recipient] = {}
        self.left_out: frozenset[str] = frozenset()
        self.made: packets.Made | None = None
        self.before: models.Packet | None = None
        """The newest packet of this case made before, perhaps behind a lock."""
        self.tellable = ""
        """The newest packet of this case whose digits can be told on a call; empty: none."""

    def heading(self) -> str:
        """Which case, and that a packet is made."""
        return i18n.say("{ref} › Packet", ref=self.ref)

    def help(self) -> str:
        """How a packet is made and handed over."""
        return i18n.say(
            "A packet is for somebody who may know: say for whom, on what ground, for what. Ctrl+T chooses what goes "
            "along, Ctrl+S shows what will leave and asks once more. The 24 digits are told only on a call that you "
            "make, to a number that was checked; never to someone who calls you, never through Zalo."
        )

    def place(self) -> dict[str, str]:
        """The case."""
        return {"page": self.NAME, "ref": self.ref}

    def body(self) -> Iterable[Widget]:
        """The fields, what goes along, what was made."""
        # What cannot be read is said on arriving.
        with contextlib.suppress(errors.TriageError):
            self._read_book()
        labels = (*self.book, PLAIN)
        profiles = tuple(one.value for one in Profile)
        yield Fields(
            (
                choice("to", lambda: i18n.say("For whom (← →: the book of recipients)"), labels, self._party),
                Field(
                    "name", lambda: i18n.say("Not in the book: name, and then the kind of recipient (← →)")
                ),
                choice("profile", lambda: "", profiles, lambda one: i18n.word("profile", one)),
                Field(
                    "basis",
                    lambda: i18n.say("On what ground (law, request, consent)"),
                    limit=cases.MAX_TEXT,
                    must=True,
                ),
                Field(
                    "purpose",
                    lambda: i18n.say("What it is to be used for (for example: first report)"),
                    limit=cases.MAX_TEXT,
                    must=True,
                ),
                Field(
                    "out",
                    lambda: i18n.say("Into which folder (a USB stick: its folder)"),
                    limit=1000,
                    must=True,
                ),
            )
        )
        yield Said(self._along, id="along")
        yield Said(self._result, id="result")

    def arrive(self) -> None:
        """Read the case, its items and the book; put back what was typed before."""
        self.rows = [row for row, _ in evidence.of_case(self.at.desk, self.ref) if row.withdrawn_at is None]
        made = [row for _ref, row in packets.listed(self.at.desk, self.ref)]
        self.before = made[-1] if made else None
        tellable = [row.number for row in made if row.digits and row.verified_on]
        self.tellable = tellable[-1] if tellable else ""
        # The store was away when the page was opened, or another desk has written into the book.
        self.query_one("#field-to", Choice).values = (*self._read_book(), PLAIN)
        fields = self.query_one(Fields)
        if not self.filled:
            self.filled = True
            kept = self.at.kept.fields(self._draft())
            self.left_out = frozenset(kept.get(LEFT_OUT, "").split())
            if not fields.changed():
                fields.fill(kept)
                fields.first()
        self.again()

    def on_fields_changed(self) -> None:
        """Keep what is typed."""
        if self.filled:
            self.keep()

    def keep(self) -> None:
        """Keep what stands in the fields, and what is not to go along."""
        fields = self.query_one(Fields)
        left_out = {LEFT_OUT: " ".join(sorted(self.left_out))} if self.left_out else {}
        self.at.kept.put(self._draft(), fields.read() | left_out if fields.changed() or left_out else {})

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter goes to the next field."""
        message.stop()
        self.focus_next()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Digits can be told once there is a packet whose number was checked."""
        return bool(self.tellable) if action == "digits" else True

    def action_items(self) -> None:
        """Choose the items that go along."""

        def take(answer: str | None) -> None:
            chosen = set((answer or "").split())
            if answer is None:
                return
            self.left_out = frozenset(row.item for row in self.rows if row.item not in chosen)
            self.keep()
            self.again()

        options = [
            dialogs.Option(row.item, lambda row=row: f"{row.item}  {row.original_name or row.what or ''}")  # type: ignore[misc]
            for row in self.rows
        ]
        ticked = [row.item for row in self.rows if row.item not in self.left_out]
        if options:
            self.app.push_screen(dialogs.Tick(lambda: i18n.say("What goes along"), options, ticked), take)

    def action_ground(self) -> None:
        """Offer grounds for this kind of recipient; the one picked can be completed in its field."""

        def take(answer: str | None) -> None:
            if answer:
                field = self.query_one("#field-basis", Input)
                field.value = answer
                field.focus()

        self.app.push_screen(packet_forms.grounds(self._kind()), take)

    def action_recipient(self) -> None:
        """Write a recipient into the book; with a checked number the digits can be told there."""

        def came_back(answer: str | None) -> None:
            if answer:
                party = self.query_one("#field-to", Choice)
                known = set(party.values)
                party.values = (*self._read_book(), PLAIN)
                party.value = next((label for label in party.values if label not in known), PLAIN)
                self.tell(lambda: i18n.say("Written into the book."))

        self.app.push_screen(packet_forms.recipient(self.at, self.ref), came_back)

    def action_make(self) -> None:
        """Show what will leave and ask once more."""
        self.attempt(self._ask)

    def action_digits(self) -> None:
        """Show the digits, for the call that she makes."""
        number = self.tellable
        shown: list[str] = []

        def act(typed: dict[str, str]) -> None:
            digits, row = packets.digits(self.at.desk, number, typed["reason"])
            groups = " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
            shown.append(
                i18n.say(
                    "Call {name} at {phone} (checked on {on}). Never tell them to someone who calls you.",
                    name=row.recipient,
                    phone=row.phone,
                    on=row.verified_on,
                )
                + f"\n{groups}"
            )

        def came_back(answer: str | None) -> None:
            if answer:
                self.tell(lambda: shown[0])

        self.app.push_screen(
            dialogs.Form(
                lambda: i18n.say("Show the 24 digits of {number}", number=number),
                (Field("reason", lambda: i18n.say("For whom, and on which call"), must=True),),
                act,
                at=self.at,
                more=lambda: i18n.say(
                    "Only on a call that you make to the checked number. Each showing is entered in the log."
                ),
            ),
            came_back,
        )

    def _draft(self) -> str:
        return f"packet:{self.ref}"

    def _read_book(self) -> tuple[str, ...]:
        self.book = {row.label: row for row in people.recipients(self.at.desk)}
        return tuple(self.book)

    def _party(self, label: str) -> str:
        row = self.book.get(label)
        if row is None:
            return i18n.say("not in the book: name below")
        sure = "" if packets.checked(row, self.at.desk.now()) else i18n.say(" (number not checked)")
        return f"{row.name}, {i18n.word('profile', row.profile)}{sure}"

    def _kind(self) -> Profile:
        """What kind of recipient is chosen."""
        typed = self.query_one(Fields).read()
        row = self.book.get(typed["to"])
        return Profile(row.profile if row else typed["profile"])

    def _wish(self) -> tuple[packets.Wish, Path]:
        self.query_one(Fields).complete()
        typed = self.query_one(Fields).read()
        in_book = typed["to"] in self.book
        name = typed["to"] if in_book else typed["name"]
        if not name.strip():
            raise errors.UsageError("field-empty", field=i18n.say("For whom (← →: the book of recipients)"))
        wish = packets.Wish(
            to=name,
            basis=typed["basis"],
            purpose=typed["purpose"],
            profile=None if in_book else Profile(typed["profile"]),
            items=tuple(row.item for row in self.rows if row.item not in self.left_out),
        )
        return wish, typed_path(typed["out"].strip())

    def _ask(self) -> None:
        # As the case is now: what was read on arriving may be old, or could not be read.
        self.arrive()
        wish, out = self._wish()
        row, seen, kind = self.book.get(wish.to), view.case(self.at.desk, self.ref), self._kind()
        named = packets.named(self.at.desk, self.ref, kind)
        phone = people.school(self.at.desk)["phone"]
        options = (
            dialogs.Option("", lambda: i18n.say("No, back to the page")),
            dialogs.Option("yes", lambda: i18n.say("Yes: make it, and enter it in the log")),
        )

        def take(answer: str | None) -> None:
            if answer and packets.checked(row, self.at.desk.now()):
                self._make(wish, out, None)
            elif answer:
                # The plain name of security.md 16: nobody was ever checked, so the digits go where she decides, once.
                apart: list[Path] = []
                self.app.push_screen(
                    packet_forms.digits_apart(self.at, out, apart.append),
                    lambda done: self._make(wish, out, apart[-1]) if done else None,
                )

        self.app.push_screen(
            dialogs.Pick(
                lambda: i18n.say("Make this packet?"),
                options,
                more=lambda: packet_forms.before(self.at, seen, wish, out, row, kind, named, phone),
            ),
            take,
        )

    def _make(self, wish: packets.Wish, out: Path, digits_out: Path | None) -> None:
        made: list[packets.Made] = []

        def work(job: dialogs.Job) -> str:
            with self.at.using(self._draft()):
                made.append(
                    packets.new(
                        self.at.desk, self.ref, wish, out, digits_out=digits_out, progress=job.progress
                    )
                )
            return made[0].number

        def over(answer: str | None) -> None:
            if answer:
                self.made = made[0]
                self.attempt(self.arrive)
                self.tell(lambda: i18n.say("Packet {number} is made and entered in the log.", number=answer))
            elif answer is not None:
                self.complain(errors.Refused("packet-stopped"))
            self.refresh_bindings()
            self.again()

        self.app.push_screen(
            dialogs.Job(lambda: i18n.say("Packing, encrypting, signing"), work, at=self.at), over
        )

    def _along(self) -> Content:
        going = len(self.rows) - len(self.left_out)
        return plain(
            i18n.say("Goes along: {n} of {all} items (Ctrl+T).", n=going, all=len(self.rows)), "$text-muted"
        )

    def _made_before(self) -> Content:
        """The newest packet: nobody makes one twice because the screen was locked when it was done."""
        row = self.before
        if row is None:
            return Content("")
        said = i18n.say(
            "Already made for {name} at {time}: {number}.",
            name=row.recipient,
            time=i18n.moment(row.made_at),
            number=row.number,
        )
        tell = i18n.say("Its digits: Ctrl+N.") if row.number == self.tellable else ""
        return plain(f"{said} {tell}".strip())

    def _result(self) -> Content:
        if self.made is None:
            return self._made_before()
        made = self.made
        return lines(
            *(plain(str(file)) for file in made.files),
            plain(
                i18n.say(
                    "The school's certificate has the fingerprint {fingerprint}", fingerprint=made.fingerprint
                ),
                "$text-muted",
            ),
            plain(
                i18n.say("Tell the digits on a call that you make: Ctrl+N.")
                if made.call
                else i18n.say("The digits lie in their own file. They never travel with the packet.")
            ),
        )
