"""The keeper and its worker: locked, killed, hung, ended; each leaves the terminal as it was."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.tui.conftest import WORDS, Open, Terminal
from triage import errors
from triage.desk import people, session, view
from triage.response import sos
from triage.store.records import cases as rows
from triage.terms import Right

ENTER, ESC, SAVE, QUIT, LOCK = "\r", "\x1b", "\x13", "\x11", "\x0c"
WITH = (
    "import sys; from triage.tui import app, keeper, options; app.{}; "
    "sys.exit(keeper.run(options.Options(sys.argv[1], 'vi')))"
)
"""The program with another time for something."""


def _prompt(opens: Open, triage: str, store: Path, *more: str) -> Terminal:
    terminal = opens(triage, "--store", str(store), "--lang", "vi", *more)
    terminal.wait("Cụm mật khẩu:")
    return terminal


def _unlocked(terminal: Terminal) -> Terminal:
    """At its first page."""
    terminal.wait("Cụm mật khẩu:")
    terminal.send(WORDS + ENTER)
    terminal.wait("Việc đến hạn")
    return terminal


def _gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("key", ["\x1b[20~", "\x05"], ids=["F9", "Ctrl+E"])
def test_help_comes_before_the_passphrase(key: str, opens: Open, triage: str, store: Path) -> None:
    """Two keys to the first instruction; what was typed of the passphrase is still there afterwards."""
    terminal = _prompt(opens, triage, store)
    terminal.send(WORDS[:10])
    terminal.wait("•" * 10)
    terminal.send(key + "2")
    terminal.wait(sos.situation(2).lines["vi"][0][:40])
    terminal.wait("113")
    terminal.send("\x1b[6~\x1b[A" + ESC)
    terminal.wait("8  Chưa rõ")
    terminal.send(ESC)
    terminal.wait("•" * 10)
    terminal.send(WORDS[10:] + ENTER)
    terminal.wait("Việc đến hạn")


def test_what_is_typed_while_it_opens_is_for_the_first_page(opens: Open, triage: str, store: Path) -> None:
    """Passphrase, Enter and more keys in one burst, before anything is imported: none is lost, none is taken amiss."""
    terminal = _prompt(opens, triage, store)
    terminal.send(WORDS + ENTER + "nEm k")
    terminal.wait(lambda text: "LÀM NGAY, trước khi hỏi:" in text and "Em k" in text)


@pytest.mark.parametrize("key", [LOCK, QUIT], ids=["lock", "quit"])
def test_a_key_held_down_while_it_ends_is_no_fault(key: str, opens: Open, triage: str, store: Path) -> None:
    """Thirty of them in one burst: it locks or ends as with one."""
    terminal = _unlocked(_prompt(opens, triage, store))
    terminal.send(key * 30)
    if key == LOCK:
        terminal.wait("Đã khóa.")
        terminal.send(WORDS + ENTER)
        terminal.wait("Việc đến hạn")
        terminal.send(QUIT)
    assert terminal.ended() == 0
    assert "Lỗi của chương trình" not in terminal.text()


@pytest.mark.parametrize("pace", [0.0, 0.04])
def test_a_passphrase_typed_too_early_is_typed_again(
    pace: float, opens: Open, triage: str, store: Path
) -> None:
    """Behind Ctrl+L its first letters go with the old screen: it says so, takes no half, and echoes none of it."""
    terminal = _unlocked(_prompt(opens, triage, store))
    if pace:
        for letter in LOCK + WORDS + ENTER:
            terminal.send(letter)
            terminal.quiet(pace, pace)
    else:
        terminal.send(LOCK + WORDS + ENTER)
    text = terminal.wait(lambda text: "gõ lại từ đầu" in text)
    assert "chưa đúng" not in text
    assert "•" not in text
    terminal.send(WORDS + ENTER)
    terminal.wait("Việc đến hạn")
    assert WORDS[:5].encode() not in terminal.raw
    assert WORDS[-5:].encode() not in terminal.raw


def test_the_language_asked_for_now_holds(opens: Open, triage: str, store: Path) -> None:
    """After an end from outside it goes back to where it was, in the language that was asked for this time."""
    terminal = _unlocked(_prompt(opens, triage, store))
    terminal.send("n")
    terminal.wait("LÀM NGAY, trước khi hỏi:")
    terminal.quiet(1.5)
    (worker,) = terminal.children()
    os.kill(worker, signal.SIGKILL)
    terminal.ended()
    terminal = opens(triage, "--store", str(store), "--lang", "en")
    terminal.wait("Passphrase:")
    terminal.send(WORDS + ENTER)
    terminal.wait("NOW, before any question:")
    terminal.send("\x1bOQ")
    terminal.wait("LÀM NGAY, trước khi hỏi:")
    terminal.send(LOCK)
    terminal.wait("Locked.")
    terminal.send(WORDS + ENTER)
    terminal.wait("LÀM NGAY, trước khi hỏi:")


def test_a_wrong_passphrase_is_said_and_asked_again(opens: Open, triage: str, store: Path) -> None:
    """With letters with marks in it that is said too, never which; the right one opens."""
    terminal = _prompt(opens, triage, store)
    terminal.send("kỳlạlắm")
    terminal.wait("UniKey đang gõ tiếng Việt")
    terminal.send(ENTER)
    text = terminal.wait(lambda text: "Cụm mật khẩu chưa đúng" in text and "Có chữ có dấu" in text)
    assert "kỳlạ" not in text
    terminal.send("sai" + ENTER)
    terminal.wait(lambda text: "Cụm mật khẩu chưa đúng" in text and "Có chữ có dấu" not in text)
    terminal.send(WORDS + ENTER)
    terminal.wait("Việc đến hạn")


def test_letters_are_shown_when_asked_for(opens: Open, triage: str, store: Path) -> None:
    """F4 shows, F4 hides, Ctrl+U empties, Backspace takes one letter, F2 changes the language."""
    terminal = _prompt(opens, triage, store)
    terminal.send("abcd\x7f\x1bOS")
    terminal.wait("abc")
    terminal.send("\x1bOS")
    terminal.wait(lambda text: "•••" in text and "abc" not in text)
    terminal.send("\x15\x1bOQ")
    terminal.wait(lambda text: "Passphrase:" in text and "•" not in text)


def test_who_is_at_the_desk_is_asked_after_the_passphrase(opens: Open, triage: str, store: Path) -> None:
    """With two members and nobody known here: the prompt comes first, then who; ``--as`` answers it."""
    other = "sau con cho nho chay quanh nha"
    with session.open_store(store, WORDS) as desk:
        people.add_member(desk, "Thầy Bình", Right.COUNSELLOR, other)
    terminal = _prompt(opens, triage, store)
    terminal.send(other + ENTER)
    text = terminal.wait("Ai đang ngồi máy")
    terminal.send("2" if text.index("Thầy Bình") > text.index("Cô An") else "1")
    terminal.wait(lambda text: "Việc đến hạn" in text and "Thầy Bình" in text)
    terminal.send("\x11")
    assert terminal.ended() == 0
    terminal = _prompt(opens, triage, store, "--as", "Cô An")
    terminal.send(WORDS + ENTER)
    terminal.wait(lambda text: "Việc đến hạn" in text and "Cô An" in text)


def test_the_passphrase_leaves_nothing_behind(opens: Open, triage: str, store: Path) -> None:
    """Neither its letters nor their number are on the screen or in the scrollback after she left."""
    terminal = _prompt(opens, triage, store)
    terminal.send(WORDS)
    terminal.wait("•" * len(WORDS))
    terminal.send("\x03")
    assert terminal.ended() == 130
    assert "•" not in terminal.text() + terminal.history()
    assert WORDS.encode() not in terminal.raw


def test_without_a_store_the_ways_on_are_said(opens: Open, triage: str, tmp_path: Path) -> None:
    """No store there: exit 2, and how to try, to begin, and to get help."""
    terminal = opens(triage, "--store", str(tmp_path / "none"), "--lang", "vi")
    assert terminal.ended() == 2
    for command in ("triage demo", "triage init", "triage sos"):
        assert command in terminal.text()


def test_a_killed_worker_leaves_a_usable_terminal(opens: Open, triage: str, store: Path) -> None:
    """By -9: the keeper puts the terminal back, says what is kept, and ends with the signal's status."""
    terminal = _unlocked(_prompt(opens, triage, store))
    (worker,) = terminal.children()
    os.kill(worker, signal.SIGKILL)
    assert terminal.ended() == 128 + signal.SIGKILL
    after = bytes(terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :])
    for mode in (b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?7h", b"\x1b[?25h"):
        assert mode in after
    assert "Những gì đã gõ" in terminal.text()
    assert "What was typed is kept" in terminal.text(), (
        "the keeper does not know which language was spoken last"
    )
    assert termios.tcgetattr(terminal.fd)[3] & termios.ECHO


def test_a_worker_does_not_outlive_its_keeper(opens: Open, triage: str, store: Path) -> None:
    """By -9 of the keeper: the process with the key is gone too, and with it what stood on the living terminal."""
    shell = opens("sh", "-c", '"$0" --store "$1" --lang vi; sleep 60', triage, str(store))
    terminal = _unlocked(shell)
    terminal.send("nEm kể")
    terminal.wait("Em kể")
    (keeper,) = terminal.children()
    (worker,) = terminal.children(keeper)
    os.kill(keeper, signal.SIGKILL)
    assert _gone(worker)
    assert terminal.process.poll() is None
    terminal.wait(lambda text: "Em kể" not in text)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_the_keeper_passes_a_signal_on(number: signal.Signals, opens: Open, triage: str, store: Path) -> None:
    """What was typed is kept and both are gone."""
    terminal = _unlocked(_prompt(opens, triage, store))
    terminal.send("nEm kể")
    terminal.wait("Em kể")
    (worker,) = terminal.children()
    os.kill(terminal.pid, number)
    assert terminal.ended() == 0
    assert _gone(worker)
    terminal = _prompt(opens, triage, store)
    terminal.send(WORDS + ENTER)
    terminal.wait("Báo cáo mới, lưu lúc")


def test_the_lock_ends_a_process_that_hangs(opens: Open, triage: str, store: Path, tmp_path: Path) -> None:
    """With the loop hung by a fault, the process that holds the key is gone within three seconds of the lock."""
    script = tmp_path / "hung.py"
    script.write_text(
        "import sys, time\n"
        "from triage.tui import app, keeper, options\n"
        "def hang(self):\n"
        "    app.watchdog.ask(75)\n"
        "    time.sleep(60)\n"
        "app.TriageApp.action_lock = hang\n"
        f"sys.exit(keeper.run(options.Options({str(store)!r}, 'vi')))\n",
        encoding="utf-8",
    )
    terminal = _unlocked(opens(sys.executable, str(script)))
    (worker,) = terminal.children()
    terminal.send("\x0c")
    assert _gone(worker, 3.5)
    terminal.wait("Đã khóa")


def _stalled(terminal: Terminal) -> None:
    """A window that takes nothing any more: write and write, read nothing, until the screen stands still."""
    for _key in range(150):
        terminal.send("\x1bOR")
        time.sleep(0.02)
    time.sleep(1)


def test_a_window_that_hangs_and_closes_leaves_no_key_behind(opens: Open, triage: str, store: Path) -> None:
    """The screen waits for a terminal that takes nothing; when the window closes, the process ends all the same."""
    terminal = _unlocked(_prompt(opens, triage, store))
    (worker,) = terminal.children()
    _stalled(terminal)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, terminal.fd)
    os.close(nothing)
    assert _gone(worker, 6)
    assert _gone(terminal.pid, 2)


def test_a_screen_that_stands_still_is_locked(opens: Open, triage: str, store: Path) -> None:
    """No tick, no lock by the screen itself: the process that holds the key ends after the idle time."""
    terminal = _unlocked(opens(sys.executable, "-c", WITH.format("IDLE = 3.0"), str(store)))
    (worker,) = terminal.children()
    _stalled(terminal)
    assert _gone(worker, 12)
    terminal.wait("Đã khóa")


def test_a_computer_that_slept_is_locked(opens: Open, triage: str, store: Path) -> None:
    """Stopped for longer than a minute, it asks for the passphrase when it goes on."""
    terminal = _unlocked(opens(sys.executable, "-c", WITH.format("SLEPT = 1.5"), str(store)))
    (worker,) = terminal.children()
    time.sleep(1.2)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(3)
    os.kill(worker, signal.SIGCONT)
    terminal.wait("Đã khóa")


def test_nobody_there_locks_it(opens: Open, triage: str, store: Path) -> None:
    """After the idle time, said thirty seconds before in the top line; the place is kept."""
    terminal = _unlocked(opens(sys.executable, "-c", WITH.format("IDLE = 3.0"), str(store)))
    terminal.send("nEm kể")
    terminal.wait("Em kể")
    terminal.wait("khóa sau")
    terminal.wait("Đã khóa")
    terminal.send(WORDS + ENTER)
    terminal.wait("Em kể")


def test_a_store_that_was_moved_away_is_told_and_nothing_is_lost(
    opens: Open, triage: str, store: Path
) -> None:
    """The report is refused, the end asks first, and once the folder is back in its place the same keys save it."""
    terminal = _unlocked(_prompt(opens, triage, store))
    terminal.send("n")
    terminal.wait("LÀM NGAY")
    store.rename(store.with_name("away"))
    terminal.send("Em kể với cô" + SAVE)
    terminal.wait("Kho không còn ở chỗ cũ")
    terminal.send(QUIT)
    terminal.wait("Phần vừa gõ sau cùng không lưu được")
    terminal.send("1")
    terminal.wait(lambda text: "Phần vừa gõ" not in text)
    store.with_name("away").rename(store)
    terminal.send(SAVE)
    terminal.wait("Câu hỏi")
    terminal.send(QUIT)
    assert terminal.ended() == 0
    with session.open_store(store, WORDS) as desk:
        (line,), _total = view.listed(desk, rows.Wanted())
        assert [note.text for note in view.case(desk, line.ref).notes] == ["Em kể với cô"]


def test_an_end_that_loses_words_says_so(opens: Open, triage: str, store: Path) -> None:
    """Ended all the same: not with the status of an end at which everything is kept, and the terminal says why."""
    terminal = _unlocked(_prompt(opens, triage, store))
    terminal.send("n")
    terminal.wait("LÀM NGAY")
    store.rename(store.with_name("away"))
    terminal.send("Em kể với cô")
    terminal.wait("nháp CHƯA lưu được")
    terminal.send(QUIT)
    terminal.wait("Phần vừa gõ sau cùng không lưu được")
    terminal.send("2")
    assert terminal.ended() == errors.StoreDamaged.status
    assert "Phần gõ sau cùng đã không lưu được." in terminal.text()
