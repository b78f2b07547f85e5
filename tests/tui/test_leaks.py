"""Nothing that was planted leaves the program: not by the terminal, not by the keeper, not by a file."""

from __future__ import annotations

import os
import signal
import unicodedata
from pathlib import Path

import pytest

from tests.tui.conftest import WORDS, Open, Terminal
from tests.tui.planted import NOTE
from triage.desk import cases, evidence, people, session
from triage.terms import Kind, Part, Profile

ENTER, ESC, LOCK = "\r", "\x1b", "\x0c"
ESCAPES = "\x1b]52;c;SEFDSw==\x07 \x1b[2J\x1b[31mHACK \x1b]0;HACK\x07 \u009b31mHACK \u202eKCAH\u2066 \x00\x08"
MARKUP = "[@click=app.quit]HACK[/] [bold red]HACK [/] [/nope] $risk-critical {HACK}"
BYTES = {
    "OSC 52": b"\x1b]52",
    "OSC 0": b"\x1b]0;HACK",
    "CSI": b"\x1b[31mHACK",
    "C1": b"\xc2\x9b",
    "bidi override": b"\xe2\x80\xae",
    "bidi isolate": b"\xe2\x81\xa6",
    "NUL": b"\x00",
}


@pytest.fixture
def hostile(store: Path, tmp_path: Path) -> Path:
    """A store in which every text that can hold it holds escapes, bidi marks and markup."""
    both = f"{ESCAPES} {MARKUP}"
    with session.open_store(store, WORDS) as desk:
        ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words=both)).ref
        cases.note(desk, ref, both[:300])
        cases.note(desk, ref, both[:300], private=True)
        cases.set_identity(desk, ref, "A", {"name": MARKUP, "school_class": MARKUP})
        cases.add_person(desk, ref, Part.WITNESS, {"name": MARKUP})
        cases.add_indicator(desk, ref, "url", MARKUP, text=MARKUP)
        evidence.refer(desk, ref, evidence.Reference(both[:300], both[:300], MARKUP, 3))
        file = tmp_path / "a\x1b]52;c;SEFDSw==\x07\x9b\u202egnp[bold].txt"
        file.write_text("x", encoding="utf-8")
        evidence.add(desk, ref, [file], evidence.Origin(MARKUP, MARKUP), no_sexual_image=True)
        people.add_recipient(desk, "ward", MARKUP, Profile.WARD, phone="0900 000 113")
    return store


def _open(opens: Open, triage: str, store: Path) -> Terminal:
    terminal = opens(triage, "--store", str(store), "--lang", "vi")
    terminal.wait("Cụm mật khẩu:")
    terminal.send(WORDS + ENTER)
    terminal.wait("Việc đến hạn")
    return terminal


def test_hostile_text_is_shown_harmless(hostile: Path, opens: Open, triage: str) -> None:
    """On every page and tab: no planted escape, control or bidi mark in what is written, markup as it stands."""
    terminal = _open(opens, triage, hostile)
    terminal.send("p")
    terminal.quiet()
    terminal.send(ENTER)
    terminal.wait("[1 Việc cần làm]")
    seen = ""
    for tab, wanted in (("2", "lời em"), ("3", "E-002"), ("4", "[4 Ghi chú")):
        terminal.send(tab)
        terminal.wait(wanted)
        for key in ("\x1b[B", "\x1b[B", "\x1b[B"):
            terminal.send(key)
            seen += terminal.quiet(0.15)
    terminal.send("x")
    seen += terminal.wait("Hồ sơ gửi")
    terminal.send("\x14")
    seen += terminal.wait("Đánh dấu")
    terminal.send(ESC)
    terminal.wait(lambda text: "Đánh dấu" not in text)
    terminal.send("\t\t\tcăn cứ\tmục đích\t/tmp/nowhere-at-all\x13")
    seen += terminal.wait("Làm hồ sơ gửi này?")
    terminal.send(ESC)
    terminal.quiet()
    for wanted in ("[4 Ghi chú", "Việc đến hạn"):
        terminal.send(ESC)
        terminal.wait(wanted)
    terminal.send("/HACK")
    seen += terminal.wait("mới nhất trước: 1")
    for what, planted in BYTES.items():
        assert planted not in terminal.raw, what
    assert "HACK" in seen and "‹U+001B›" in seen and "‹U+202E›" in seen
    assert "[@click=app.quit]" in seen
    assert terminal.process.poll() is None


def test_hostile_words_pasted_into_a_field_are_shown_harmless(store: Path, opens: Open, triage: str) -> None:
    """A chat pasted into the report: no escape of it reaches the terminal, and the report opens."""
    terminal = _open(opens, triage, store)
    terminal.send("n")
    terminal.wait("LÀM NGAY")
    pasted = ESCAPES.replace("\x1b", "\x1b\x1b")
    terminal.send(b"\x1b[200~" + pasted.encode() + b"\x1b[201~")
    terminal.quiet()
    for what in ("OSC 52", "OSC 0", "C1", "bidi override", "NUL"):
        assert BYTES[what] not in terminal.raw, what
    assert terminal.process.poll() is None


def test_the_keeper_knows_nothing(store: Path, opens: Open, triage: str, tmp_path: Path) -> None:
    """After a note was typed and the screen locked nothing of it is outside the process that has ended.

    No passphrase and no note in the keeper's memory, in the arguments and the environment of either process, in
    any file, on the screen or in the scrollback.
    """
    terminal = _open(opens, triage, store)
    terminal.send(f"n{NOTE}")
    terminal.wait(NOTE)
    (worker,) = terminal.children()
    for pid in (terminal.pid, worker):
        for part in ("cmdline", "environ"):
            _none(Path(f"/proc/{pid}/{part}").read_bytes(), f"{part} of {pid}")
    terminal.send("\x13")
    terminal.wait("Câu hỏi")
    terminal.send(LOCK)
    terminal.wait("Đã khóa")
    assert terminal.children() != [worker]
    memory = _memory(terminal.pid)
    # The control: what the keeper does know is found by the same search.
    assert str(store).encode() in memory
    _none(memory, "the keeper's memory")
    _none((terminal.text() + terminal.history()).encode(), "the screen")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.ended()
    _none((terminal.text() + terminal.history()).encode(), "the scrollback")
    looked = 0
    for path in tmp_path.rglob("*"):
        if path.is_file():
            looked += 1
            _none(path.read_bytes(), str(path))
    assert looked >= 4


def _memory(pid: int) -> bytes:
    """All memory of a process that can be read."""
    found = b""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights, *_rest = line.split()
            if rights.startswith("rw"):
                start, end = (int(one, 16) for one in span.split("-"))
                try:
                    memory.seek(start)
                    found += memory.read(end - start)
                except (OSError, ValueError):
                    continue
    return found


def _none(data: bytes, where: str) -> None:
    for planted in (NOTE, WORDS, "Zukavo"):
        for form in (planted, unicodedata.normalize("NFD", planted)):
            for spelled in (form.encode(), form.encode("utf-16-le")):
                assert spelled not in data, where
