"""One school day through the installed program: separate processes, nothing of ours imported."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PASSPHRASE = "bến đò chiều nay gió lặng lắm"
NAME = "Trần Ngọc Đạt-Thử"
PHONE = "0900 000 247"
SENTENCE = "Con mèo vằn của cô Tấm ngủ quên trên mái ngói đỏ."
WORDS = f"Bạn ấy bắt em chuyển tiền trước chín giờ. {SENTENCE}"
ANSWERS = {
    "danger_now": "no", "self_harm": "passive", "whereabouts": "known_safe", "student_now": "with_me",
    "age_band": "13_15", "impact": "upset", "loss_recent_24h": "no", "deadline": "within_24h",
    "extortion_active": "yes", "intimate_image": "threatened", "demand": "money", "guardian_safe": "yes",
}  # fmt: skip
NO_NETWORK = """
import socket
_made = socket.socket.__init__
def _refuse(self, family=-1, *rest, **named):
    if family in (-1, socket.AF_INET, socket.AF_INET6):
        raise PermissionError("no network")
    _made(self, family, *rest, **named)
socket.socket.__init__ = _refuse
"""


@dataclass
class Day:
    """A place for one day: its own home, its own temporary folder, no network."""

    place: Path
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.place / "kept" / "store"

    def environment(self) -> dict[str, str]:
        home, temp = self.place / "kept" / "home", self.place / "kept" / "temp"
        keep = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "LANG") if key in os.environ}
        return keep | {
            "HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home), "LOCALAPPDATA": str(home),
            "TMPDIR": str(temp), "TEMP": str(temp), "TMP": str(temp), "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(self.place / "no-network"),
        }  # fmt: skip

    def run(
        self, *arguments: str, status: int = 0, store: Path | None = None, words: str = PASSPHRASE
    ) -> str:
        """Run ``triage``; its exit status must be ``status``; return its standard output."""
        program = Path(sys.executable).with_name("triage")
        done = subprocess.run(
            [str(program), "--store", str(store or self.store), "--passphrase-file", "-", *arguments],
            input=words + "\n", capture_output=True, text=True, encoding="utf-8",
            env=self.environment(), cwd=self.place, check=False,
        )  # fmt: skip
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, status: int = 0, store: Path | None = None) -> Any:
        """Run ``triage ... --json``; its standard output must be one ASCII JSON document."""
        out = self.run(*arguments, "--json", status=status, store=store)
        assert out.isascii()
        return json.loads(out)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The day, played once."""
    day = Day(tmp_path_factory.mktemp("day"))
    for folder in ("kept/home", "kept/temp", "given", "no-network"):
        (day.place / folder).mkdir(parents=True)
    (day.place / "no-network" / "sitecustomize.py").write_text(NO_NETWORK)
    given = day.place / "given"
    (given / "answers.json").write_text(unicodedata.normalize("NFD", json.dumps(ANSWERS)), encoding="utf-8")
    (given / "words.txt").write_text(unicodedata.normalize("NFD", WORDS), encoding="utf-8")
    (given / "who.json").write_text(
        json.dumps({"name": unicodedata.normalize("NFD", NAME), "school_class": "9A", "contact": PHONE}),
        encoding="utf-8",
    )
    (given / "chat.txt").write_text(f"20:15 kẻ lạ: chuyển tiền\n{SENTENCE}\n", encoding="utf-8")
    (given / "ảnh chụp.png").write_bytes(base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNiAAAABgADNjd8qAAAAABJRU5ErkJggg=="
    ))  # fmt: skip
    _play(day, given)
    yield day


def _play(day: Day, given: Path) -> None:
    said = day.said
    said["init"] = day.json(
        "init", "--school", "Trường THCS Hoa Gạo (hư cấu)", "--code", "79012345", "--person", "Cô An",
        "--recovery-out", str(given / "recovery.txt"),
    )  # fmt: skip
    told = datetime.now(UTC) - timedelta(minutes=50)
    said["new"] = day.json(
        "case", "new", "--kind", "sextort", "--channel", "in_person", "--told-at", told.isoformat(),
        "--answers", str(given / "answers.json"), "--words", str(given / "words.txt"),
    )  # fmt: skip
    ref = said["ref"] = said["new"]["ref"]
    day.run("case", "person", ref, "--of", "A", "--identity", str(given / "who.json"))
    said["level"] = day.json("case", "level", ref)
    steps = day.json("step", "list", ref)["steps"]
    said["first"] = [step for step in steps if step["mandatory"] and step["state"] == "todo"][:3]
    said["done_at"] = (told + timedelta(minutes=7)).replace(microsecond=0)
    for step in said["first"]:
        day.json("step", "done", ref, step["id"], "--at", said["done_at"].isoformat())
    said["steps"] = day.json("step", "list", ref)["steps"]
    said["evidence"] = day.json(
        "evidence", "add", ref, str(given / "chat.txt"), str(given / "ảnh chụp.png"), "--no-sexual-image"
    )
    said["certificate"] = day.json("packet", "certificate", "--out", str(given / "school.pem"))
    said["packet"] = day.json(
        "packet", "make", ref, "--to", "Công an phường Bến Đò (hư cấu)", "--basis", "NĐ 56/2017 Điều 25",
        "--purpose", "tin báo", "--out", str(day.place / "kept" / "out"), "--digits-out", str(given / "digits.txt"),
    )  # fmt: skip
    said["file"] = str(day.place / "kept" / "out" / said["packet"]["files"][0])
    said["check"] = day.json(
        "packet", "check", said["file"], "--passphrase-file", str(given / "digits.txt"),
        "--ca", str(given / "school.pem"),
    )  # fmt: skip
    now = datetime.now(UTC) + timedelta(hours=7)
    said["month"] = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    said["closed"] = day.json("summary", "close", said["month"])
    said["exports"] = []
    for turn in ("one", "two"):
        files = day.json("summary", "export", said["month"], "--out", str(day.place / "kept" / turn))["files"]
        said["exports"].append((day.place / "kept" / turn / files[0]).read_bytes())
    said["audit"] = day.json("audit", "verify")
    day.run("backup", "make", str(day.place / "kept" / "backup"))
    day.run("backup", "restore", str(day.place / "kept" / "backup"), store=day.place / "kept" / "elsewhere")
    said["there"] = day.json("case", "show", ref, store=day.place / "kept" / "elsewhere")
    said["here"] = day.json("case", "show", ref)


def test_the_report_is_critical_with_its_reasons(day: Day) -> None:
    """A child of 13 to 15, blackmailed with a deadline tonight: CRITICAL by C5, and final."""
    assert (day.said["new"]["level"], day.said["new"]["provisional"]) == ("CRITICAL", False)
    assert "C5" in [rule["id"] for rule in day.said["level"]["rules"]]
    assert day.said["new"]["next_due_at"].endswith("Z")


def test_steps_keep_when_they_were_done_and_when_that_was_written(day: Day) -> None:
    """``--at`` is kept beside the moment of recording."""
    done = {step["id"]: step for step in day.said["steps"]}
    for step in day.said["first"]:
        kept = done[step["id"]]
        assert kept["state"] == "done"
        assert datetime.fromisoformat(kept["at"]) == day.said["done_at"]
        assert datetime.fromisoformat(kept["recorded_at"]) > day.said["done_at"]


def test_words_in_nfd_come_back_as_told(day: Day) -> None:
    """The student's words, typed on a keyboard that decomposes, are the same text."""
    words = [note["text"] for note in day.said["here"]["notes"] if note["kind"] == "words"]
    assert [unicodedata.normalize("NFC", text) for text in words] == [WORDS]


def test_two_files_were_taken_in(day: Day) -> None:
    """Each has an id, a digest and the type that its bytes show."""
    items = day.said["evidence"]["items"]
    assert [item["id"] for item in items] == ["E-001", "E-002"]
    assert [item["media_type"] for item in items] == ["text/plain", "image/png"]


def test_the_packet_holds(day: Day) -> None:
    """Every check holds once the school's certificate is known; without it the signer is not established."""
    assert day.said["check"]["holds"], day.said["check"]
    assert (
        day.said["packet"]["fingerprint"]
        == day.said["init"]["fingerprint"]
        == day.said["certificate"]["fingerprint"]
    )
    digits = str(day.place / "given" / "digits.txt")
    unknown = day.json("packet", "check", day.said["file"], "--passphrase-file", digits, status=1)
    assert {check["name"]: check["holds"] for check in unknown["checks"]}["signer"] is False


def test_one_flipped_byte_does_not_hold(day: Day) -> None:
    """A packet with one byte changed fails."""
    data = bytearray(Path(day.said["file"]).read_bytes())
    data[len(data) // 2] ^= 1
    bent = day.place / "given" / "bent.zip"
    bent.write_bytes(data)
    digits, ca = str(day.place / "given" / "digits.txt"), str(day.place / "given" / "school.pem")
    report = day.json("packet", "check", str(bent), "--passphrase-file", digits, "--ca", ca, status=1)
    assert not report["holds"]


def test_last_month_was_closed_once(day: Day) -> None:
    """The signed file is the same each time; closing again is refused; this month is not over."""
    assert day.said["exports"][0] == day.said["exports"][1]
    day.run("summary", "close", day.said["month"], status=5)
    this_month = f"{datetime.now(UTC) + timedelta(hours=7):%Y-%m}"
    day.run("summary", "close", this_month, status=5)


def test_the_log_is_whole(day: Day) -> None:
    """The chain holds and the anchor outside the store agrees."""
    assert day.said["audit"]["whole"] is True
    assert day.said["audit"]["broken_at"] is None
    assert day.said["audit"]["anchor"] == "matches"


def test_the_restored_store_has_the_same_case(day: Day) -> None:
    """The case that was backed up is the case that was restored."""
    assert day.said["there"] == day.said["here"]


def test_a_wrong_passphrase_changes_nothing(day: Day) -> None:
    """Exit 3, and no file of the store is another one afterwards."""
    before = _digests(day.store)
    day.run("case", "list", status=3, words="một cụm khác hẳn chẳng ai dùng")
    assert _digests(day.store) == before


def test_a_missing_store_is_not_made(day: Day) -> None:
    """Exit 2 and no folder."""
    nowhere = day.place / "kept" / "nowhere"
    day.run("case", "list", status=2, store=nowhere)
    assert not nowhere.exists()


def test_weak_passphrases_make_no_store(day: Day) -> None:
    """Exit 5, and nothing is left."""
    for weak in ("matkhau", "123456789012345678", "79012345 truong em oi"):
        folder = day.place / "kept" / "weak"
        day.run("init", "--school", "Trường em", "--code", "79012345", "--person", "An", "--recovery-out",
                str(day.place / "given" / "no.txt"), store=folder, words=weak, status=5)  # fmt: skip
        assert not folder.exists()


def test_no_planted_word_lies_anywhere(day: Day) -> None:
    """Name, phone and sentence are in no file of store, backup, home, temp or what left, in any spelling."""
    found = [
        (path, word) for path in (day.place / "kept").rglob("*") if path.is_file() for word in _found(path)
    ]
    assert found == []


def test_the_search_for_planted_words_finds_them(day: Day) -> None:
    """Positive control: each spelling of each word, planted, is found."""
    for number, needle in enumerate(_spellings()):
        trap = day.place / f"trap-{number}"
        trap.write_bytes(b"\0" * 100 + needle + b"\xff" * 100)
        assert needle in _found(trap)


def test_no_socket_could_be_opened(day: Day) -> None:
    """Positive control: in the day's environment Python refuses an internet socket."""
    code = "import socket; socket.socket(socket.AF_INET)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=day.environment(), capture_output=True, check=False
    )
    assert b"no network" in done.stderr


def _spellings() -> list[bytes]:
    needles = []
    for word in (NAME, PHONE, SENTENCE):
        nfc, nfd = unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)
        folded = (
            "".join(one for one in nfd if not unicodedata.combining(one)).replace("đ", "d").replace("Đ", "D")
        )
        for text in {nfc, nfd, folded, folded.lower()}:
            needles += [text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()]
    return sorted(set(needles))


def _found(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [needle for needle in _spellings() if needle in data]


def _digests(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
