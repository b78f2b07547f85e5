"""A list that is a window over the store: it knows ids, and reads a row when it paints it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style as VisualStyle

from triage import clean, errors

LOOKS = {
    "": "",
    "head": "$text-muted",
    "cursor": "bold $block-cursor-foreground on $block-cursor-background",
    "risk-critical": "bold $risk-critical",
    "risk-high": "bold $risk-high",
    "risk-medium": "bold $risk-medium",
    "risk-low": "bold $risk-low",
    "risk-done": "$risk-done",
    "muted": "$text-muted",
}
"""The list's own styles over its background; component classes would be styled anew at each opening, eight of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: Callable[[], str]
    """What stands over it, in the language of now."""
    width: int | None
    """Cells; None takes what is left."""


class Windowed(ScrollView, can_focus=True):
    """Rows by id, painted when they are seen."""

    DEFAULT_CSS = """
    Windowed { height: 1fr; overflow-x: hidden; background: $background; scrollbar-size-vertical: 1; }
    """
    BINDINGS = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(1)", show=False),
        Binding("enter", "open", show=False),
    ]
    PAGE = 24
    cursor = reactive(0, repaint=False)

    class Opened(Message):
        """Enter was pressed on a row."""

        def __init__(self, row_id: int) -> None:
            super().__init__()
            self.row_id = row_id

    class Unread(Message):
        """Rows could not be read."""

        def __init__(self, error: errors.TriageError) -> None:
            super().__init__()
            self.error = error

    class Highlighted(Message):
        """Another row is marked."""

        def __init__(self, row_id: int) -> None:
            super().__init__()
            self.row_id = row_id

    def __init__(
        self,
        columns: Sequence[Column],
        fetch: Callable[[Sequence[int]], Mapping[int, Sequence[str]]],
        *,
        style: Callable[[int, int], str] = lambda _row, _column: "",
        empty: Callable[[], str] = lambda: "",
        heading: Callable[[int], bool] = lambda _row: False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.fetch = fetch
        self.style_of = style
        self.empty = empty
        self.heading = heading
        self.ids: array[int] = array("q")
        self._pages: LRUCache[int, list[tuple[str, ...]]] = LRUCache(16)
        self._looks: dict[str, Style] = {}
        self._lines: LRUCache[tuple[int, bool, int], Strip] = LRUCache(512)

    @property
    def row_id(self) -> int | None:
        """The id of the row that is marked."""
        return self.ids[self.cursor] if self.cursor < len(self.ids) else None

    def begin(self, ids: array[int]) -> None:
        """The first rows, before the list is on a page: they are laid out with it, and not once more."""
        self.ids = ids
        self.set_reactive(Windowed.virtual_size, Size(0, len(ids) + 1))

    def set_ids(self, ids: Iterable[int]) -> None:
        """Other rows; the mark stays on the same one where it still is."""
        kept = self.row_id
        self.ids = array("q", ids)
        self.virtual_size = Size(0, len(self.ids) + 1)
        self.set_reactive(
            Windowed.cursor, self.ids.index(kept) if kept is not None and kept in self.ids else 0
        )
        self.again()
        self._show()
        self._say()

    def go_to(self, row_id: int) -> None:
        """Mark a row."""
        if row_id in self.ids:
            self.cursor = self.ids.index(row_id)

    def again(self) -> None:
        """Read and paint everything again."""
        self._pages.clear()
        self._lines.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Other colours."""
        self._lines.clear()
        self._looks.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Another width."""
        self._lines.clear()

    def on_focus(self) -> None:
        """The mark is seen."""
        self._paint(self.cursor)

    def on_blur(self) -> None:
        """The mark is not seen."""
        self._paint(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Mark the row under the pointer; twice opens it."""
        if event.y > 0 and self.ids:
            self._go(int(self.scroll_offset.y) + event.y - 1)
            if event.chain > 1:
                self.action_open()

    def action_move(self, by: int) -> None:
        """The next row or the one before."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """A screenful on or back."""
        self._go(self.cursor + by * max(1, self.size.height - 2))

    def action_edge(self, last: int) -> None:
        """The first or the last row."""
        self._go(len(self.ids) - 1 if last else 0)

    def action_open(self) -> None:
        """Open the row that is marked."""
        if self.row_id is not None:
            self.post_message(self.Opened(self.row_id))

    def watch_cursor(self, old: int, new: int) -> None:
        """Paint the two rows that changed, or scroll."""
        top, rows = int(self.scroll_offset.y), self.size.height - 1
        if top <= new < top + rows:
            self._paint(old)
            self._paint(new)
        else:
            self._show()
        self._say()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        if y == 0:
            return self._line([column.title() for column in self.columns], width, self._look("head"))
        if not self.ids:
            return self._empty(y, width)
        place = int(self.scroll_offset.y) + y - 1
        if place >= len(self.ids):
            return Strip.blank(width, self._look(""))
        marked = place == self.cursor and self.has_focus
        key = (place, marked, width)
        strip = self._lines.get(key)
        if strip is None:
            # On the marked row one colour for all: the sign and the word carry the level.
            look, row_id = ("cursor", None) if marked else ("", self.ids[place])
            strip = self._lines[key] = self._line(self._row(place), width, self._look(look), row_id)
        return strip

    def _go(self, place: int) -> None:
        """Mark a row; for a heading the nearest one behind it, else before it."""
        place = max(0, min(len(self.ids) - 1, place))
        ways = [range(place, len(self.ids)), range(min(place, len(self.ids) - 1), -1, -1)]
        for way in ways if place >= self.cursor else reversed(ways):
            found = next((one for one in way if not self.heading(self.ids[one])), None)
            if found is not None:
                self.cursor = found
                return

    def _paint(self, place: int) -> None:
        """Paint one row again."""
        self.refresh(Region(0, place - int(self.scroll_offset.y) + 1, self.size.width, 1))

    def _show(self) -> None:
        top, rows = int(self.scroll_offset.y), max(1, self.size.height - 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + rows:
            self.scroll_to(y=self.cursor - rows + 1, animate=False, immediate=True)

    def _say(self) -> None:
        if self.row_id is not None:
            self.post_message(self.Highlighted(self.row_id))

    def _row(self, place: int) -> tuple[str, ...]:
        number, offset = divmod(place, self.PAGE)
        page = self._pages.get(number)
        if page is None:
            wanted = self.ids[number * self.PAGE : (number + 1) * self.PAGE]
            found = self._fetched(wanted)
            page = self._pages[number] = [
                tuple(clean.line(cell) for cell in found.get(key, ("…",) * len(self.columns)))
                for key in wanted
            ]
        return page[offset]

    def _fetched(self, wanted: Sequence[int]) -> Mapping[int, Sequence[str]]:
        """The rows' cells; what cannot be read now is said by the page, and never ends the program in a repaint."""
        try:
            return self.fetch(wanted)
        except errors.TriageError as error:
            self.post_message(self.Unread(error))
            return {}

    def _line(self, cells: Sequence[str], width: int, whole: Style, row_id: int | None = None) -> Strip:
        """One line; with a row's id each cell in the row's own colours."""
        fixed = sum(column.width + 1 for column in self.columns if column.width is not None)
        segments = []
        for number, (cell, column) in enumerate(zip(cells, self.columns, strict=True)):
            room = column.width if column.width is not None else max(1, width - fixed - 1)
            token = "" if row_id is None else self.style_of(row_id, number)
            style = self._look(token) if token else whole
            segments.append(Segment(_fitted(cell, room) + " ", style))
        return Strip(segments).adjust_cell_length(width, whole)

    def _look(self, name: str) -> Style:
        """A style of this list by its name, "" for the list's own; asked of Textual once until it changes."""
        if name not in self._looks:
            self._looks[name] = (self.visual_style + VisualStyle.parse(LOOKS[name])).rich_style
        return self._looks[name]

    def _empty(self, y: int, width: int) -> Strip:
        words = clean.text(self.empty())
        lines, line = list[str](), ""
        for word in words.split():
            if line and len(line) + len(word) + 1 > width - 2:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
        text = lines[y - 2] if 2 <= y < len(lines) + 2 else ""
        return Strip([Segment(set_cell_size(f" {text}", width), self._look(""))], width)


def _fitted(text: str, room: int) -> str:
    """A text as wide as its column; one that is cut says so."""
    return set_cell_size(text, room) if len(text) <= room else f"{set_cell_size(text, room - 1)}…"
