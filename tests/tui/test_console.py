"""The console before the screen, where it differs by system: a Windows console, played by a stand-in."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from triage.tui import console

F2, F4, F9, UP, F12 = "\x00<", "\x00>", "\x00C", "\xe0H", "\xe0\x86"


@pytest.mark.parametrize(
    "bursts, keys",
    [
        (["b", "à", "n"], ["b", "à", "n"]),
        (["à"], ["à"]),
        (["às", "\r"], ["à", "s", "enter"]),
        ([F2, F4, F9], ["f2", "f4", "f9"]),
        ([UP, F12, "\x00;", "x"], ["up", "other", "other", "x"]),
        (["\x08", "\x03", "\x05", "\x1b"], ["backspace", "leave", "f9", "escape"]),
    ],
    ids=["marked", "alone", "burst", "keys", "arrows", "control"],
)
def test_a_windows_console(bursts: list[str], keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """U+00E0 is the letter «à» and also the beginning of keys without a letter: both come out as they were."""
    waiting = ""

    def getwch() -> str:
        nonlocal waiting
        letter, waiting = waiting[0], waiting[1:]
        return letter

    stand_in = SimpleNamespace(getwch=getwch, kbhit=lambda: bool(waiting))
    monkeypatch.setitem(sys.modules, "msvcrt", stand_in)
    monkeypatch.setattr(console, "_WINDOWS", True)
    read, found = console.Console(), []
    for waiting in bursts:
        while waiting:
            found.append(read.key())
            while read._typed:
                found.append(read.key())
    assert found == keys


@pytest.mark.parametrize("is_console", [True, False])
def test_an_older_windows_console_is_told_to_obey(is_console: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences are switched on where the output is a console, and the rest of its mode stays."""
    import ctypes

    told = []

    def get_mode(handle: int, mode: object) -> bool:
        mode._obj.value = 0x0003  # type: ignore[attr-defined]
        return is_console

    kernel = SimpleNamespace(
        GetStdHandle=lambda which: which,
        GetConsoleMode=get_mode,
        SetConsoleMode=lambda handle, mode: told.append((handle, mode)),
    )
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    console._obey_sequences()
    assert told == ([(-11, 0x0007)] if is_console else [])
