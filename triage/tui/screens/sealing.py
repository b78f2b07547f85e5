"""A case on the screen becomes a restricted one: what that means is said first, then its page is left."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from triage import i18n
from triage.desk import restricted, restricted_move
from triage.tui.dialogs import Form, Job
from triage.tui.sitting import Sitting
from triage.tui.widgets.fields import Field
from triage.tui.widgets.page import Page


def ask(page: Screen[Any], at: Sitting, ref: str) -> None:
    """Who can open it from now on; recorded, the page of the former case is left."""
    moved: list[str] = []
    wish: list[dict[str, str]] = []

    def act(typed: dict[str, str]) -> None:
        named, subjects = _labels(typed["named"]), _labels(typed["subjects"])
        restricted.check_named(at.desk, named, subjects, fewest=restricted.FEWEST)
        # What was typed into its forms a moment ago goes along.
        at.kept.flush()
        wish.append(typed)

    def work(_job: Job) -> str:
        named, subjects = _labels(wish[-1]["named"]), _labels(wish[-1]["subjects"])
        moved.append(restricted_move.restrict(at.desk, ref, named, subjects=subjects).ref)
        return moved[-1]

    form = Form(
        lambda: i18n.say("Make it a restricted case"),
        (
            Field(
                "named",
                lambda: i18n.say("Who can open it besides you (several: with commas)"),
                limit=200,
                must=True,
            ),
            Field("subjects", lambda: i18n.say("Members whom it is about, who can never open it"), limit=200),
        ),
        act,
        at=at,
        more=lambda: restricted_move.warning(ref),
    )

    def done(_answer: str | None) -> None:
        if moved:
            page.dismiss()
            page.app.call_later(_tell, page, moved[0])

    def came_back(_answer: str | None) -> None:
        if wish:
            title = i18n.later("Taking it out of everybody's part and encrypting it anew")
            page.app.push_screen(Job(lambda: i18n.say(title), work, at=at), done)

    page.app.push_screen(form, came_back)


def _tell(page: Screen[Any], ref: str) -> None:
    front = page.app.screen
    if isinstance(front, Page):
        front.tell(lambda: i18n.say("It is now the restricted case {ref}: r opens it.", ref=ref))


def _labels(typed: str) -> list[str]:
    return [label.strip() for label in typed.split(",") if label.strip()]
