"""The trial: the invented school on the screen, and a real student who was typed into it by mistake."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.tui.conftest import WORDS, Open
from triage.desk import session, view
from triage.store.records import cases as rows

ENTER, ESC, TAB, SAVE, QUIT, LOCK, LEAVE = "\r", "\x1b", "\t", "\x13", "\x11", "\x0c", "\x03"


def test_a_real_student_is_carried_out_of_the_trial(opens: Open, triage: str, tmp_path: Path) -> None:
    """Asked at the report; a real store is made, its words shown until they are written down, the words stand there.

    The trial's own store is gone with the trial.
    """
    temp, real = tmp_path / "temp", tmp_path / "real"
    temp.mkdir()
    env = {"TMPDIR": str(temp), "TRIAGE_STORE": str(real), "XDG_STATE_HOME": str(tmp_path / "state")}
    terminal = opens(triage, "--lang", "vi", "demo", env=env)
    terminal.wait("Bản dùng thử", 90)
    terminal.send(ENTER)
    terminal.wait("DÙNG THỬ: sẽ bị xóa")
    terminal.send("nEm kể với cô lúc ra chơi" + SAVE)
    terminal.wait("Em này có thật không?")
    terminal.send("1")
    terminal.wait("Lập kho thật")
    terminal.send(f"THPT Bến Đò (hư cấu){TAB}79012345{TAB}Cô An{TAB}{WORDS}{TAB}{WORDS}{SAVE}")
    terminal.wait("Các từ khôi phục")
    terminal.send(ESC)
    terminal.quiet(0.3)
    terminal.wait("Các từ khôi phục")
    terminal.send(ENTER)
    terminal.wait("Đã thành hồ sơ")
    terminal.send(QUIT)
    assert terminal.ended(20) == 0
    assert list(temp.glob("triage-demo-*")) == []
    with session.open_store(real, WORDS) as desk:
        ref = view.listed(desk, rows.Wanted())[0][0].ref
        assert [note.text for note in view.case(desk, ref).notes] == ["Em kể với cô lúc ra chơi"]


def test_a_trial_whose_screen_failed_is_there_again(opens: Open, triage: str, tmp_path: Path) -> None:
    """Killed, it asks for the passphrase again and the words are there; left at the prompt, it asks once more.

    With the trial goes everything that this computer remembers of it.
    """
    temp, state = tmp_path / "temp", tmp_path / "state"
    temp.mkdir()
    env = {"TMPDIR": str(temp), "TRIAGE_STORE": str(tmp_path / "real"), "XDG_STATE_HOME": str(state)}
    terminal = opens(triage, "--lang", "vi", "demo", env=env)
    terminal.wait("Bản dùng thử", 90)
    terminal.send(ENTER)
    terminal.wait("DÙNG THỬ: sẽ bị xóa")
    terminal.send("nEm kể với cô")
    terminal.wait("Em kể với cô")
    terminal.quiet(1.0)
    (worker,) = terminal.children()
    os.kill(worker, signal.SIGKILL)
    terminal.wait("Màn hình đã tự tắt")
    terminal.send(ENTER)
    terminal.wait(lambda text: "Em kể với cô" in text or "Bản nháp (1)" in text)
    terminal.send(LOCK)
    terminal.wait("Đã khóa")
    terminal.send(LEAVE)
    terminal.wait("Rời ở đây là xóa bản dùng thử")
    assert len(list(temp.glob("triage-demo-*"))) == 1
    terminal.send(LEAVE)
    terminal.ended(20)
    assert list(temp.glob("triage-demo-*")) == []
    assert [path for path in state.rglob("*") if path.is_file()] == []


def test_the_system_ends_a_trial_at_its_prompt(opens: Open, triage: str, tmp_path: Path) -> None:
    """Asked to end, it ends: it is not opened again, and does not say that anything is kept."""
    temp = tmp_path / "temp"
    temp.mkdir()
    env = {"TMPDIR": str(temp), "XDG_STATE_HOME": str(tmp_path / "state")}
    terminal = opens(triage, "--lang", "vi", "demo", env=env)
    terminal.wait("Bản dùng thử", 90)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ended(20) == 128 + signal.SIGTERM
    assert "vẫn được giữ" not in terminal.text()
    assert list(temp.glob("triage-demo-*")) == []
