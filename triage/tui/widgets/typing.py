"""Fields in which Vietnamese can be typed, at any speed, with any keyboard program."""

from __future__ import annotations

import unicodedata

from textual import events
from textual.message import Message
from textual.widgets import Input, TextArea
from textual.widgets.text_area import EditResult

from triage import clean


class Full(Message):
    """What was typed or pasted does not fit; nothing was cut."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__()
        self.length = length
        """Characters there would be."""
        self.limit = limit
        """Characters there may be."""


class ViInput(Input):
    """One line."""

    Full = Full

    def __init__(
        self,
        value: str = "",
        *,
        limit: int = 300,
        password: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(value, password=password, id=id, select_on_focus=False)
        self.limit = limit
        self.cursor_blink = False

    def replace(self, text: str, start: int, end: int) -> None:
        """Put text in the place of what stands between two positions, letters and their marks in one."""
        start, end = sorted((start, end))
        head = unicodedata.normalize("NFC", self.value[:start] + clean.line(text))
        length = len(head) + len(self.value) - end
        if length > self.limit:
            self.post_message(Full(length, self.limit))
            return
        self.value = head + self.value[end:]
        self.cursor_position = len(head)

    def _on_paste(self, event: events.Paste) -> None:
        """All of it on the one line: Textual would take the first line and drop the others unsaid."""
        event.stop()
        event.prevent_default()
        self.replace(event.text.strip("\r\n"), *self.selection)

    def insert_text_at_cursor(self, text: str) -> None:
        """Put text where the cursor is."""
        self.replace(text, self.cursor_position, self.cursor_position)

    def action_copy(self) -> None:
        """Nothing goes to the clipboard."""

    def action_cut(self) -> None:
        """Nothing goes to the clipboard."""


class ViTextArea(TextArea):
    """Several lines."""

    Full = Full

    def __init__(self, text: str = "", *, limit: int = 2000, id: str | None = None) -> None:  # noqa: A002
        super().__init__(text, id=id, soft_wrap=True, tab_behavior="focus", show_line_numbers=False)
        self.limit = limit
        self.cursor_blink = False

    def _replace_via_keyboard(
        self, insert: str, start: tuple[int, int], end: tuple[int, int]
    ) -> EditResult | None:
        insert = clean.text(insert)
        start, end = sorted((start, end))
        if insert and unicodedata.combining(insert[0]) and start[1] > 0:
            insert = self.document[start[0]][start[1] - 1] + insert
            start = (start[0], start[1] - 1)
        insert = unicodedata.normalize("NFC", insert)
        length = len(self.text) - len(self.get_text_range(start, end)) + len(insert)
        if length > self.limit:
            self.post_message(Full(length, self.limit))
            return None
        return super()._replace_via_keyboard(insert, start, end)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._replace_via_keyboard(event.text, *self.selection)

    def action_copy(self) -> None:
        """Nothing goes to the clipboard."""

    def action_cut(self) -> None:
        """Nothing goes to the clipboard."""
