"""One school day on the screen, typed key by key through a real terminal, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui import ime
from tests.tui.conftest import WORDS, Open, Terminal
from triage import i18n
from triage.desk import drafts, evidence, packets, session, view
from triage.response import sos
from triage.store.records import cases as rows
from triage.terms import StepState

ENTER, ESC, TAB, SAVE, LOCK, QUIT = "\r", "\x1b", "\t", "\x13", "\x0c", "\x11"
F9, F2, F12 = "\x1b[20~", "\x1bOQ", "\x1b[24~"


def _unlock(opens: Open, triage: str, store: Path, language: str, **more: str) -> Terminal:
    """The program at its dashboard."""
    i18n.use(language)
    terminal = opens(triage, "--store", str(store), "--lang", language, env=more)
    terminal.wait(i18n.say("Passphrase: ").strip())
    terminal.send(WORDS + ENTER)
    terminal.wait(i18n.say("Due first"))
    return terminal


def _type(method: str, keys: str) -> str:
    """What the keyboard program sends."""
    return "".join("\x7f" * edit.back + edit.text for edit in ime.edits(method, keys))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_one_day(language: str, opens: Open, triage: str, store: Path, tmp_path: Path) -> None:
    """Help, unlock, report, questions, steps, evidence, packet, lock, unlock: same place, draft back."""
    i18n.use(language)
    say = i18n.say
    terminal = opens(triage, "--store", str(store), "--lang", language)
    terminal.wait(say("Passphrase: ").strip())

    # The first line of what to do now stands there after two keys, before anything is unlocked.
    terminal.send(F9)
    terminal.wait(sos.situation(1).title[language])
    terminal.send("1")
    terminal.wait(sos.situation(1).lines[language][0][:50])
    terminal.send(ESC)
    terminal.wait(sos.situation(8).title[language])
    terminal.send(ESC)
    terminal.wait(say("Passphrase: ").strip())
    terminal.send(WORDS + ENTER)
    terminal.wait(say("Due first"))

    # A new report: one key, and the first instruction stands above every question.
    terminal.send("n")
    first = "Đưa em đến chỗ yên tĩnh" if language == "vi" else "Take the student"
    terminal.wait(first)
    terminal.send(_type("Telex", ime.TYPED["Telex"]))
    terminal.wait(ime.SENTENCE)
    terminal.send(SAVE)
    ref_line = terminal.wait(lambda text: "-0001" in text and say("Questions") in text)
    ref = ref_line[ref_line.index("-0001") - 4 : ref_line.index("-0001") + 5]

    # Four answers, and the level follows.
    terminal.wait(i18n.word("badge", "CRITICAL"))
    for number in "1112" if language == "en" else "1111":
        # As she asks: a key held down is one answer.
        terminal.send(number)
        terminal.quiet(0.8)
    terminal.wait(
        lambda text: (
            say("What is it about?") in text and i18n.word("badge", "CRITICAL") not in text.split("\n")[1]
        )
    )
    terminal.send(ENTER)
    terminal.wait(say("Steps"))

    # Three steps, each with Space and Ctrl+S.
    for _number in range(3):
        terminal.wait(lambda text: f"[1 {say('Steps')}]" in text)
        terminal.quiet(0.2)
        terminal.send(" ")
        terminal.wait(say("When was it done? (↑ ↓ five minutes)"))
        terminal.send(SAVE)
        terminal.wait(say("Recorded: {step}", step="").strip())

    # A file is taken in with the statement.
    file = tmp_path / "chat.txt"
    file.write_text("20:15 ban_game_07.example: chuyển tiền đi\n", encoding="utf-8")
    terminal.send("3")
    terminal.wait(lambda text: f"[3 {say('Evidence')}" in text)
    terminal.send("a")
    terminal.wait(say("Take files in, encrypted"))
    terminal.send(f"{file}{TAB}em A{TAB}\x1b[C{SAVE}")
    terminal.wait("E-001")

    # A packet for the ward, with a look before it leaves.
    out = tmp_path / "goi"
    terminal.send("x")
    terminal.wait(say("{ref} › Packet", ref=ref))
    terminal.send(
        f"{TAB}Công an phường Bến Đò (hư cấu){ENTER}{TAB}NĐ 56/2017 Điều 25{ENTER}tin báo{ENTER}{out}"
    )
    terminal.send(SAVE)
    terminal.wait(say("Make this packet?"))
    terminal.send("2")
    terminal.wait(say("Where do the 24 digits go?"))
    terminal.send(f"{tmp_path / 'rieng'}{SAVE}")
    terminal.wait(
        say("Packet {number} is made and entered in the log.", number="HS-").split("HS-")[0] + "HS-", 60
    )
    assert len(list(out.glob("HS-*.zip"))) == 1
    assert not list(out.glob("so-*")) and len(list((tmp_path / "rieng").glob("so-*.txt"))) == 1
    terminal.send(ESC)

    # A note half-written, then the lock: nothing of it is on the screen, and it is there again afterwards.
    terminal.wait(lambda text: f"[3 {say('Evidence')}" in text)
    terminal.send("4")
    terminal.wait(lambda text: f"[4 {say('Notes')}" in text)
    terminal.send("a")
    terminal.wait(say("Write into {ref}", ref=ref))
    terminal.send(_type("VNI", ime.TYPED["VNI"]))
    terminal.wait(ime.SENTENCE)
    terminal.send(LOCK)
    text = terminal.wait(say("Locked. What was typed is kept."))
    assert ime.SENTENCE not in text
    terminal.send(WORDS + ENTER)
    terminal.wait(lambda text: ime.SENTENCE in text and say("Write into {ref}", ref=ref) in text)
    terminal.send(SAVE)
    terminal.wait(say("Noted in {ref}.", ref=ref))
    terminal.send(QUIT)
    assert terminal.ended() == 0
    assert ime.SENTENCE not in terminal.text() + terminal.history()
    assert WORDS.encode() not in terminal.raw

    _holds(store, ref)


def _holds(store: Path, ref: str) -> None:
    """What the screen said is what is in the store."""
    with session.open_store(store, WORDS) as desk:
        seen = view.case(desk, ref)
        assert [note.text for note in seen.notes] == [ime.SENTENCE, ime.SENTENCE]
        assert sum(step.state is StepState.DONE for step in seen.steps) >= 3
        assert len(evidence.of_case(desk, ref)) == 1
        assert len(packets.listed(desk, ref)) == 1
        assert drafts.listed(desk) == []


def test_the_language_changes_while_she_types(opens: Open, triage: str, store: Path) -> None:
    """F2 in a form: every word in the other language, what was typed and the cursor stay."""
    terminal = _unlock(opens, triage, store, "vi")
    terminal.send("nEm k")
    terminal.wait("Em k")
    terminal.send(F2)
    terminal.wait("NOW, before any question:")
    terminal.send("ể")
    terminal.wait("Em kể")
    terminal.send(F2)
    terminal.wait("LÀM NGAY, trước khi hỏi:")
    terminal.wait("Em kể")


def test_the_cover(opens: Open, triage: str, store: Path) -> None:
    """F12 shows nothing of ours, no key reaches the page beneath, Escape leads back."""
    terminal = _unlock(opens, triage, store, "vi")
    terminal.send(F12)
    text = terminal.wait("Toán")
    assert "Triage" not in text and "KHẨN" not in text
    terminal.send("n" + F2 + "\x10")
    terminal.quiet()
    assert "Toán" in terminal.text()
    terminal.send(ESC)
    terminal.wait("Việc đến hạn")


def test_the_palette_finds_without_marks(opens: Open, triage: str, store: Path) -> None:
    """Ctrl+P, ``bao cao``, Enter: a new report."""
    terminal = _unlock(opens, triage, store, "vi")
    terminal.send("\x10bao cao")
    terminal.wait("► n")
    terminal.send(ENTER)
    terminal.wait("LÀM NGAY")


def test_help_says_the_keys_of_the_page(opens: Open, triage: str, store: Path) -> None:
    """F1 on the first page: what one does here, every key; Escape leads back."""
    terminal = _unlock(opens, triage, store, "vi")
    terminal.send("\x1bOP")
    terminal.wait("Trợ giúp: Việc đến hạn")
    for key in ("F9", "F12", "^L", "F2", "^P", "^Q"):
        terminal.wait(key)
    terminal.send(ESC)
    terminal.wait("Không có việc đến hạn")


def test_a_search_needs_no_marks(opens: Open, triage: str, store: Path) -> None:
    """``/`` and ``truong``: the case in which «trường» was told."""
    terminal = _unlock(opens, triage, store, "vi")
    terminal.send("nBạn ở trường khác rủ em" + SAVE)
    terminal.wait("Câu hỏi")
    terminal.send(ESC)
    terminal.wait("[1 Việc cần làm]")
    terminal.send(ESC)
    terminal.wait("Việc đến hạn")
    terminal.send("/truong kh")
    terminal.wait("Tất cả hồ sơ, mới nhất trước: 1")
    terminal.send(" zzz")
    terminal.wait("Không tìm thấy")
    with session.open_store(store, WORDS) as desk:
        assert view.listed(desk, rows.Wanted())[1] == 1
