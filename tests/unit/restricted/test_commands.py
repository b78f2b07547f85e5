"""The command line on restricted cases: each command that names one, by who is named and who is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.restricted.conftest import words
from triage import clock
from triage.cli import app
from triage.desk import session
from triage.store import opened
from triage.store.keys import header

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(
    folder: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command as somebody: its status, its JSON document or text, what it narrated."""

    def open_store(place: Path, passphrase: str, *, label: str | None = None) -> session.Desk:
        held = opened.open(header.unlock(place, label, passphrase, allow_cheap=True), clock=at)
        return session.Desk(held, at)

    monkeypatch.setattr(session, "open_store", open_store)
    monkeypatch.setattr(clock, "SystemClock", lambda: at)

    def call(who: str, *arguments: str) -> tuple[int, Any, str]:
        file = folder.parent / "pass"
        file.write_text(words(who), encoding="utf-8")
        file.chmod(0o600)
        start = (
            "--lang",
            "vi",
            "--store",
            str(folder),
            "--as",
            who,
            "--no-input",
            "--passphrase-file",
            str(file),
        )
        status = app.run([*start, *arguments])
        out, err = capfd.readouterr()
        return status, json.loads(out) if "--json" in arguments and out else out, err

    yield call


@pytest.fixture
def ref(run: Run) -> str:
    """A restricted case of An and Bình."""
    made = (
        "case",
        "new",
        "--restricted",
        "--named",
        "Thầy Bình",
        "--subject",
        "Thầy Dũng",
        "--kind",
        "GROOM",
        "--json",
    )
    status, document, _said = run("Cô An", *made)
    assert status == 0
    return str(document["ref"])


def test_every_command_on_it_asks_who_it_is(run: Run, ref: str) -> None:
    """Whoever is not named is refused (5) by each command that takes a case, with whom to ask."""
    for arguments in (
        ("case", "show", ref), ("case", "show", ref.lower()), ("case", "note", ref, "--text", "x"),
        ("step", "list", ref),
        ("case", "answer", ref, "self_harm=none"), ("evidence", "list", ref), ("packet", "list", ref),
        ("case", "level", ref), ("case", "person", ref), ("case", "close", ref, "--reason", "resolved"),
        ("evidence", "verify", ref), ("audit", "show", "--case", ref), ("restricted", "name", ref, "Cô Chi"),
        ("restricted", "unname", ref, "Cô An"), ("case", "undo", ref), ("case", "hold", ref, "on", "--reason", "x"),
    ):  # fmt: skip
        status, out, said = run("Cô Chi", *arguments)
        assert (status, out) == (5, ""), arguments
        assert "Hồ sơ hạn chế: hỏi Cô An, Thầy Bình." in said


def test_who_is_named_works_on_it(run: Run, ref: str) -> None:
    """The same commands as on any case."""
    assert run("Thầy Bình", "case", "note", ref.lower(), "--text", "Mẹ em đã đến.")[0] == 0
    status, shown, _said = run("Cô An", "case", "show", ref, "--json")
    assert status == 0 and shown["notes"][0]["text"] == "Mẹ em đã đến."
    status, log, _said = run("Cô An", "audit", "show", "--case", ref, "--json")
    assert "case.noted" in {entry["act"] for entry in log["entries"]}
    assert run("Cô An", "case", "link", ref, "2026-0001", "accept")[0] == 5


@pytest.mark.parametrize("who", ["Cô An", "Cô Chi"])
def test_lists_show_one_line(run: Run, ref: str, who: str) -> None:
    """The same to everybody, no level, counted nowhere."""
    status, listed, _said = run(who, "case", "list", "--json")
    assert (status, listed["cases"], listed["total"]) == (0, [], 0)
    (line,) = listed["restricted"]
    assert line["restricted"] == ref and line["named"] == ["Cô An", "Thầy Bình"] and not line["overdue"]
    for command in (("case", "list"), ("due",), ("restricted", "list"), ("summary", "show")):
        _status, out, _said = run(who, *command)
        assert f"{ref}  Hồ sơ hạn chế: hỏi Cô An, Thầy Bình  " in out, command
        assert not {"GROOM", "CRITICAL", "Khẩn cấp"} & set(out.split())


def test_the_search_names_it_to_who_can_open_it(run: Run, ref: str) -> None:
    """By id only."""
    assert run("Cô An", "case", "note", ref, "--text", "Nhắn lúc nửa đêm.")[0] == 0
    assert run("Cô An", "case", "list", "--search", "nua dem", "--json")[1]["found_restricted"] == [ref]
    assert run("Cô Chi", "case", "list", "--search", "nua dem", "--json")[1]["found_restricted"] == []


def test_a_case_is_made_restricted(run: Run) -> None:
    """It says what stays elsewhere; the old reference is gone, the new id opens; nothing without --yes."""
    assert run("Cô An", "case", "new", "--kind", "SCAM", "--json")[1]["ref"] == "2026-0001"
    assert run("Cô An", "case", "restrict", "2026-0001", "--named", "Thầy Bình")[0] == 2
    command = ("case", "restrict", "2026-0001", "--named", "Thầy Bình", "--yes", "--json")
    status, moved, said = run("Cô An", *command)
    assert (status, moved["was"], moved["settled"]) == (0, "2026-0001", True)
    assert "bản sao lưu" in said and "Nhật ký chung" in said
    assert run("Cô An", "case", "show", "2026-0001")[0] == 2
    assert run("Thầy Bình", "case", "show", moved["ref"])[0] == 0
    assert run("Cô Chi", "case", "new", "--json")[1]["ref"] == "2026-0002"


def test_a_packet_of_it_is_found_by_its_number(run: Run, ref: str, tmp_path: Path) -> None:
    """Its receipt is recorded inside; to who is not named there is no such packet."""
    book = ("recipient", "add", "cong-an", "--name", "Công an phường", "--profile", "ward")
    assert run("Cô An", *book)[0] == 0
    wish = ("--to", "cong-an", "--basis", "B", "--purpose", "P", "--out", str(tmp_path / "out"), "--json")
    digits = ("--digits-out", str(tmp_path / "so.txt"))
    status, made, said = run("Cô An", "packet", "make", ref, *wish, *digits)
    assert status == 0, said
    receipt = ("packet", "receipt", made["packet"], "--received-by", "Trung úy N.", "--reference", "45/TB")
    assert run("Cô Chi", *receipt)[0] == 2
    assert run("Thầy Bình", *receipt)[0] == 0
    assert run("Cô An", "packet", "list", ref, "--json")[1]["packets"][0]["received_by"] == "Trung úy N."
    assert run("Cô An", "packet", "list", "--json")[1]["packets"] == []


def test_who_can_open_it_changes(run: Run, ref: str) -> None:
    """Let in, taken out; the answer says who can open it now."""
    status, named, _said = run("Cô An", "restricted", "name", ref, "Cô Chi", "--json")
    assert (status, named["named"]) == (0, ["Cô An", "Cô Chi", "Thầy Bình"])
    assert run("Cô Chi", "case", "show", ref)[0] == 0
    status, named, _said = run("Cô An", "restricted", "unname", ref, "Cô Chi", "--json")
    assert (status, named["named"]) == (0, ["Cô An", "Thầy Bình"])
    assert run("Cô Chi", "case", "show", ref)[0] == 5
    assert run("Cô An", "restricted", "name", ref, "Thầy Dũng")[0] == 5
    assert run("Cô An", "audit", "verify")[0] == 0


def test_one_person_with_words_of_the_case(run: Run, tmp_path: Path) -> None:
    """Three sheets in a private file; the outside one and one from inside let a colleague in; then they are used up."""
    out, both = tmp_path / "sheets.txt", tmp_path / "both.txt"
    made = run("Cô An", "case", "new", "--restricted", "--recovery-out", str(out), "--json")
    assert made[0] == 0 and "Từ khôi phục của kho không mở được hồ sơ này." in made[2]
    ref, text = made[1]["ref"], out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o077 == 0 and text.count(f"HỒ SƠ HẠN CHẾ {ref}: từ khôi phục, bộ số 1") == 3
    outside, inside, again = (
        line.strip() for line in text.splitlines() if len(line.split()) == 14 and line[:2] == "  "
    )
    assert inside == again != outside
    for lines, status in (
        ((inside, again), 3),
        ((outside,), 2),
        ((outside, inside), 0),
        ((outside, inside), 5),
    ):
        both.write_text("\n".join(lines), encoding="utf-8")
        both.chmod(0o600)
        assert run("Cô Chi", "restricted", "recover", ref, "--words-file", str(both))[0] == status
    assert run("Cô Chi", "case", "show", ref)[0] == 0
    assert run("Cô Chi", "restricted", "words", ref, "--recovery-out", str(tmp_path / "new.txt"))[0] == 0
    assert run("Cô An", "case", "new", "--recovery-out", str(tmp_path / "x.txt"))[0] == 2
