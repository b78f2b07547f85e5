"""Widgets held one by one: the list over the store, choices, forms, what is said again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.widget import Widget

from triage import errors, i18n
from triage.tui import terminal, themes
from triage.tui.widgets.choice import Choice
from triage.tui.widgets.said import Said
from triage.tui.widgets.windowed import Column, Windowed

HOSTILE = "\x1b]52;c;x\x07 \u009b31m \u202e [bold]x[/] [@click=app.quit]\n\t"


class One(terminal.SafeApp):
    """An app around one widget."""

    def __init__(self, made: Widget) -> None:
        super().__init__()
        self.made = made
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.THEMES[0].name

    def compose(self) -> ComposeResult:
        """The widget."""
        yield self.made


def _run(
    made: Widget, test: Callable[[Pilot[int]], Awaitable[None]], size: tuple[int, int] = (80, 12)
) -> None:
    async def main() -> None:
        app: App[int] = One(made)
        async with app.run_test(size=size) as pilot:
            made.focus()
            await pilot.pause()
            await test(pilot)

    asyncio.run(main())


class Rows:
    """A source of rows that counts what it is asked for."""

    def __init__(self, text: str = "dòng {n}") -> None:
        self.text = text
        self.asked: list[int] = []

    def __call__(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """A page of rows."""
        self.asked += ids
        return {key: (str(key), self.text.format(n=key)) for key in ids if key != 404}


def _list(rows: Rows, count: int = 10_000) -> Windowed:
    made = Windowed(
        (Column(lambda: i18n.say("Item"), 6), Column(lambda: i18n.say("What"), None)), rows,
        empty=lambda: i18n.say("Nothing happened yet."),
    )  # fmt: skip
    made.set_ids(range(count))
    return made


def _text(made: Windowed) -> list[str]:
    return ["".join(segment.text for segment in made.render_line(y)) for y in range(made.size.height)]


def test_only_what_is_seen_is_read() -> None:
    """Of ten thousand rows two pages are read for the first screen, and those at the end when she goes there."""
    rows = Rows()
    made = _list(rows)

    async def test(pilot: Pilot[int]) -> None:
        assert set(rows.asked) <= set(range(128))
        await pilot.press("end")
        await pilot.pause()
        assert made.row_id == 9_999
        assert any("9999" in line for line in _text(made))
        assert len(set(rows.asked)) <= 64 * 5

    _run(made, test)


def test_the_mark_passes_over_headings() -> None:
    """Every way to move ends on a row; with no row behind a heading the mark stays, and an empty list has none."""
    made = _list(Rows(), 12)
    made.heading = {0, 3, 4, 11}.__contains__

    async def test(pilot: Pilot[int]) -> None:
        for key, there in (("down", 1), ("up", 1), ("down", 2), ("down", 5), ("up", 2), ("end", 10), ("down", 10),
                           ("home", 1), ("pagedown", 10), ("pageup", 1)):  # fmt: skip
            await pilot.press(key)
            assert made.row_id == there, key
        made.set_ids([])
        await pilot.press("down", "up", "end", "home")
        assert made.row_id is None

    _run(made, test)


def test_the_mark_moves_and_stays_on_its_row() -> None:
    """Arrows, pages, ends; other rows come and the mark is still on the same one, or on the first when it is gone."""
    made = _list(Rows(), 100)

    async def test(pilot: Pilot[int]) -> None:
        await pilot.press("down", "down", "up", "j")
        await pilot.pause()
        assert made.row_id == 2
        await pilot.press("pagedown")
        await pilot.pause()
        assert made.row_id is not None and made.row_id > 5
        made.go_to(40)
        made.set_ids(range(99, -1, -1))
        assert made.row_id == 40
        made.set_ids(range(10))
        assert made.row_id == 0
        await pilot.press("up")
        assert made.row_id == 0

    _run(made, test)


def test_cells_are_harmless_and_as_wide_as_their_column() -> None:
    """Hostile text, wide letters, marks apart: no control leaves, every line is as wide as the list."""
    made = _list(Rows(HOSTILE + "漢字 e\u0302\u0301 {n}"), 30)

    async def test(_pilot: Pilot[int]) -> None:
        for y in range(made.size.height):
            strip = made.render_line(y)
            assert strip.cell_length == made.size.width
            text = strip.text
            assert not any(one in text for one in "\x1b\x07\u009b\u202e\n\t")
        assert "[bold]x[/]" in "".join(_text(made))

    _run(made, test)


def test_an_empty_list_says_what_to_do() -> None:
    """No row: the sentence of its owner, in the language of now."""
    made = _list(Rows(), 0)

    async def test(_pilot: Pilot[int]) -> None:
        i18n.use("vi")
        assert any("Chưa có diễn biến." in line for line in _text(made))
        i18n.use("en")
        made.again()
        assert any("Nothing happened yet." in line for line in _text(made))
        i18n.use("vi")
        assert made.row_id is None

    _run(made, test)


def test_another_look_is_seen_at_once() -> None:
    """F3 changes the colours of lines that were painted before, marked or not."""
    made = _list(Rows(), 10)

    async def test(pilot: Pilot[int]) -> None:
        def colours() -> list[object]:
            return [next(iter(made.render_line(y))).style for y in (0, 1, 2)]

        before = colours()
        pilot.app.theme = themes.THEMES[1].name
        await pilot.pause()
        assert all(new != old for new, old in zip(colours(), before, strict=True))

    _run(made, test)


def test_the_mark_is_seen_only_where_the_keys_go() -> None:
    """Without the focus no row is marked; with it one is, in one colour."""
    made = _list(Rows(), 10)

    async def test(pilot: Pilot[int]) -> None:
        marked = next(iter(made.render_line(1))).style
        pilot.app.set_focus(None)
        await pilot.pause()
        assert next(iter(made.render_line(1))).style != marked

    _run(made, test)


def test_a_row_that_is_gone_is_shown_as_such() -> None:
    """Deleted meanwhile by another desk: dots, no fault."""
    made = _list(Rows())
    made.set_ids([403, 404, 405])

    async def test(_pilot: Pilot[int]) -> None:
        assert "…" in _text(made)[2]

    _run(made, test)


@pytest.mark.parametrize("size", [(10, 3), (1, 1), (200, 60)])
def test_any_size_is_painted(size: tuple[int, int]) -> None:
    """Narrow, one cell, wide: every line has the width of the list."""
    made = _list(Rows(), 50)

    async def test(_pilot: Pilot[int]) -> None:
        for y in range(made.size.height):
            assert made.render_line(y).cell_length == made.size.width

    _run(made, test, size)


def test_a_choice_turns_both_ways() -> None:
    """→ forwards, ← back, round the end; Space, which belongs to words, changes nothing."""
    made = Choice(("a", "b", "c"), str.upper)

    async def test(pilot: Pilot[int]) -> None:
        await pilot.press("right", "space", "right")
        await pilot.pause()
        assert made.value == "c"
        await pilot.press("right")
        await pilot.pause()
        assert made.value == "a"
        await pilot.press("left")
        await pilot.pause()
        assert made.value == "c" and "C" in str(made.render())

    _run(made, test)


def test_what_is_said_is_asked_again() -> None:
    """Other words are painted, more lines take more room, the same words cost nothing."""
    words = ["một"]
    made = Said(lambda: words[0])

    async def test(pilot: Pilot[int]) -> None:
        assert made.size.height == 12 or made.render().plain == "một"
        words[0] = "[bold]hai[/]\x1b\nba"
        made.again()
        await pilot.pause()
        shown: Content = made.render()
        assert shown.plain == "[bold]hai[/]‹U+001B›\nba"

    _run(made, test)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", themes.THEMES, ids=lambda one: one.name)
def test_every_colour_can_be_read(theme: object) -> None:
    """WCAG 2.2: text and each level's colour at least 4.5 to 1 on the ground (7 for text)."""
    variables = theme.variables  # type: ignore[attr-defined]
    ground = theme.background  # type: ignore[attr-defined]
    assert _contrast(theme.foreground, ground) >= 7  # type: ignore[attr-defined]
    for name in ("risk-critical", "risk-high", "risk-medium", "risk-low", "risk-done", "text-muted"):
        assert _contrast(variables[name], ground) >= 4.5, name


def test_levels_are_told_apart_without_colour() -> None:
    """Each level has a sign and a word of its own, in both languages."""
    from triage.terms import Level
    from triage.tui.widgets import speech

    for language in i18n.LANGUAGES:
        i18n.use(language)
        said = [speech.level(one) for one in sorted(Level)]
        assert len(set(said)) == 4
        assert all(one[0] != other[0] for one, other in pairwise(said))
    i18n.use("vi")


def test_an_error_is_three_sentences() -> None:
    """What happened, what is safe, what to do next, one a line."""
    from triage.tui.widgets.page import told

    assert len(told(errors.UsageError("text-empty")).split("\n")) == 3
