"""Text that is looked up when it is painted: another language, the same widget."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

from triage import clean

Words = Callable[[], "str | Content"]


class Said(Static):
    """Words given by a function, asked again at each painting; never markup, never a control character."""

    def __init__(self, words: Words, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes, markup=False)
        self.words = words

    def render(self) -> Content:
        """The words of now."""
        found = self.words()
        return found if isinstance(found, Content) else plain(found)

    def again(self) -> None:
        """Ask for the words again: they or their number of lines may have changed."""
        self.refresh(layout=True)


def plain(text: str, style: str = "") -> Content:
    """``text`` made harmless, in one style."""
    cleaned = clean.text(text)
    return Content.styled(cleaned, style) if style else Content(cleaned)


def lines(*parts: Content) -> Content:
    """Contents one under the other; empty ones are left out."""
    return Content("\n").join([part for part in parts if part.plain])
