"""Text that is looked up when it is painted: another language, the same widget."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from triage import clean

Words = Callable[[], "str | Content"]


class Said(Static):
    """Words given by a function, asked again at each painting; never markup, never a control character."""

    def __init__(self, words: Words, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes, markup=False)
        self.words = words
        self._shown = Content("")

    def render(self) -> Content:
        """The words of now."""
        found = self.words()
        self._shown = found if isinstance(found, Content) else plain(found)
        return self._shown

    def again(self) -> None:
        """Ask for the words again; what did not change is not painted again."""
        before, found = self._shown, self.render()
        if found.plain != before.plain or found.spans != before.spans:
            self.refresh(layout=not (self._fits(found) and self._fits(before, found)))

    def _fits(self, content: Content, other: Content | None = None) -> bool:
        """Whether no line has to be wrapped, and there are as many as in the other."""
        rows = content.plain.split("\n")
        fits = all(cell_len(row) <= self.content_size.width for row in rows)
        return fits and (other is None or len(rows) == len(other.plain.split("\n")))


def plain(text: str, style: str = "") -> Content:
    """``text`` made harmless, in one style."""
    cleaned = clean.text(text)
    return Content.styled(cleaned, style) if style else Content(cleaned)


def lines(*parts: Content) -> Content:
    """Contents one under the other; empty ones are left out."""
    return Content("\n").join([part for part in parts if part.plain])
