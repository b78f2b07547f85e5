"""The trial: the invented school on the screen, and a real student who was typed into it by mistake."""

from __future__ import annotations

from pathlib import Path

from tests.tui.conftest import WORDS, Open
from triage.desk import session, view
from triage.store.records import cases as rows

ENTER, ESC, TAB, SAVE, QUIT = "\r", "\x1b", "\t", "\x13", "\x11"


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
