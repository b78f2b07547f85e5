"""From the trial into the real store: a real student typed into the trial is not deleted with it.

Source: corrections 19.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.screen import Screen

from triage import errors, i18n, paths
from triage.desk import board, drafts, session, takeover
from triage.store.keys import passphrase
from triage.tui import dialogs
from triage.tui.dialogs import Form
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field, typed_path

Then = Callable[[bool], object]


def typed(at: Sitting) -> list[str]:
    """Cases that she typed into the trial and that were not carried anywhere."""
    if not at.demo:
        return []
    seeded = int(at.kept.fields(drafts.TRIAL).get("seeded_to", "0"))
    mine = [case for case in board.ids(at.desk) if case > seeded]
    refs = [row.line.ref for row in board.rows(at.desk, mine).values()]
    return [ref for ref in sorted(refs) if ref not in at.invented and at.carried.get(ref) != state(at, ref)]


def ask(screen: Screen[object], then: Then, refs: Sequence[str] = ()) -> None:
    """Ask whether this student is real, or those of some cases; ``then`` is told. Esc decides nothing."""

    def take(answer: str | None) -> None:
        if answer in ("real", "trial"):
            then(answer == "real")

    options = (
        dialogs.Option("real", lambda: i18n.say("Real: into a real store, nothing typed is lost")),
        dialogs.Option("trial", lambda: i18n.say("Invented: stay in the trial, it is deleted at the end")),
        dialogs.Option("back", lambda: i18n.say("Back, decide later")),
    )
    screen.app.push_screen(
        dialogs.Pick(
            lambda: i18n.say("This is the trial. Is this student real?"),
            options,
            more=lambda: "\n".join([*refs, i18n.say("Everything in the trial is deleted when it ends.")]),
        ),
        take,
    )


def which(screen: Screen[object], refs: Sequence[str], then: Callable[[str], None]) -> None:
    """Which of several cases is the real one."""
    if len(refs) == 1:
        then(refs[0])
        return
    options = [dialogs.Option(ref, lambda ref=ref: ref) for ref in refs]  # type: ignore[misc]
    screen.app.push_screen(
        dialogs.Pick(lambda: i18n.say("Which one is real? The others can follow."), options),
        lambda answer: then(answer) if answer else None,
    )


def unsaved(screen: Screen[object], at: Sitting, leave: Callable[[], None]) -> None:
    """Ask before what was typed into a form and not saved is deleted with the trial; ``leave`` ends it."""
    at.kept.flush()
    if not drafts.listed(at.desk):
        leave()
        return

    def take(answer: str | None) -> None:
        if answer:
            leave()

    screen.app.push_screen(
        dialogs.Pick(
            lambda: i18n.say("Something typed here is not saved."),
            (
                dialogs.Option(
                    "", lambda: i18n.say("Back to it: Ctrl+S saves it, d on the first page finds it")
                ),
                dialogs.Option("leave", lambda: i18n.say("Invented: delete it with the trial")),
            ),
            more=lambda: i18n.say("Everything in the trial is deleted when it ends."),
        ),
        take,
    )


def state(at: Sitting, ref: str) -> int:
    """How many acts there have been on a case: after it was carried, whether something was added here."""
    return board.acts(at.desk, ref)


def carry(screen: Screen[object], at: Sitting, ref: str, then: Callable[[str], None]) -> None:
    """Carry a case into the real store, opened or made here; ``then`` is told its reference there."""
    folder = paths.store_folder()
    there = (folder / "header.json").exists()
    carried: list[str] = []
    words: list[str] = []

    def into_old(typed: dict[str, str]) -> None:
        label = typed["label"].strip() or None
        with session.open_store(typed_path(typed["folder"]), typed["words"], label=label) as desk:
            carried.append(takeover.take_over(at.desk, ref, desk))

    def into_new(typed: dict[str, str]) -> None:
        if typed["words"] != typed["again"]:
            raise errors.UsageError("passphrases-differ")
        desk, made = session.create(
            typed_path(typed["folder"]),
            school=typed["school"],
            code=typed["code"],
            label=typed["label"],
            words=typed["words"],
        )
        words.append(made.words)
        with desk:
            carried.append(takeover.take_over(at.desk, ref, desk))

    def came_back(answer: str | None) -> None:
        if not answer or not carried:
            return
        if words:
            _show_words(screen, words[0], lambda: then(carried[0]))
        else:
            then(carried[0])

    where = Field("folder", lambda: i18n.say("The store's folder"), limit=1000, value=str(folder), must=True)
    label = Field("label", lambda: i18n.say("How you are called there (one member: may stay empty)"))
    secret = Field("words", lambda: i18n.say("Its passphrase"), kind="secret", must=True)
    if there:
        form = Form(lambda: i18n.say("Into the real store"), (where, label, secret), into_old, at=at)
    else:
        offered = passphrase.offer()
        form = Form(
            lambda: i18n.say("Make a real store"),
            (
                Field("school", lambda: i18n.say("The school's name"), must=True),
                Field("code", lambda: i18n.say("The school's code"), must=True),
                Field("label", lambda: i18n.say("How you are called here"), must=True),
                Field("words", lambda: i18n.say("A new passphrase"), kind="secret", must=True),
                Field("again", lambda: i18n.say("The same again"), kind="secret", must=True),
                where,
            ),
            into_new,
            at=at,
            more=lambda: i18n.say("A passphrase you could take: {words}", words=offered),
        )
    screen.app.push_screen(form, came_back)


def _show_words(screen: Screen[object], words: str, then: Callable[[], None]) -> None:
    screen.app.push_screen(
        dialogs.Pick(
            lambda: i18n.say("Recovery words: write them down now, they are not shown again."),
            (dialogs.Option("done", lambda: i18n.say("They are written down")),),
            more=lambda: words,
        ),
        # Escape does not take the words away: without them a lost passphrase is the end of the store.
        lambda answer: then() if answer else _show_words(screen, words, then),
    )
