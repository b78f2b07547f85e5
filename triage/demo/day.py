"""One school day, played through the installed program as separate processes, in a throw-away store."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from triage import clean, clock, i18n, paths
from triage.demo import build, outside
from triage.demo.place import throw_away
from triage.store.keys import passphrase

ANSWERS = {
    "danger_now": "no", "self_harm": "passive", "whereabouts": "known_safe", "student_now": "with_me",
    "age_band": "13_15", "impact": "severe", "loss_recent_24h": "no", "deadline": "within_24h",
    "extortion_active": "yes", "intimate_image": "threatened", "demand": "money", "guardian_safe": "yes",
}  # fmt: skip
"""Mai's answers: invented."""
WORDS = (
    "Em quen bạn đó trên game được ba tuần. Tối qua bạn đó nói có ảnh riêng tư của em, "
    "đòi hai triệu trước chín giờ tối nay, không thì gửi cho cả lớp. Em không dám nói với mẹ."
)
CHAT = "19:02 ban_game_07.example: 2 triệu trước 21 giờ, tài khoản 0900000123 Ngân hàng Ví Dụ\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the program answered."""

    status: int
    """Its exit status."""
    out: str
    """Its standard output."""

    def json(self) -> dict[str, Any]:
        """Its one JSON document."""
        document: dict[str, Any] = json.loads(self.out)
        return document


class Program:
    """The installed ``triage``, run as a process of its own for each act."""

    def __init__(self, folder: Path, words: str) -> None:
        self.folder = folder
        self.words = words
        beside = Path(sys.executable).with_name("triage.exe" if os.name == "nt" else "triage")
        self.command = [str(beside)] if beside.is_file() else [sys.executable, "-m", "triage"]

    def __call__(self, *arguments: str, unlock: bool = True, store: Path | None = None) -> Answered:
        """Run ``triage`` and show the act; the passphrase goes in by standard input.

        Raises:
            RuntimeError: the program failed, with what it said.
        """
        shown = " ".join(f'"{one}"' if " " in one else one for one in arguments)
        say(f"$ triage {shown}")
        before = ["--lang", i18n.language(), "--store", str(store or self.folder)]
        before += ["--passphrase-file", "-"] if unlock else []
        done = subprocess.run(
            [*self.command, *before, *arguments],
            input=f"{self.words}\n" if unlock else "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        for line in done.stderr.splitlines():
            say(f"    {line}")
        if done.returncode != 0:
            raise RuntimeError(f"triage {arguments[0]} ended with {done.returncode}: {done.stderr}")
        return Answered(done.returncode, done.stdout)


def play(*, keep: bool = False) -> int:
    """Make the invented school, play one day, say what was checked and by whom; 0 when all went well."""
    with throw_away(keep=keep) as place:
        words = passphrase.offer()
        store = place / "store"
        say(i18n.say("An invented school: people, cases and accounts in it do not exist."))
        made = build.build(store, words, clock.SystemClock().now(), progress=_count)
        say(i18n.say("{count} invented cases are in the store.", count=made.cases))
        program = Program(store, words)
        ref = _report(program, place)
        _respond(program, ref)
        packet = _hand_over(program, ref, place)
        checked = outside.check(packet, (place / "digits.txt").read_text().strip(), place)
        for line in checked.lines:
            say(f"    {line}")
        program(
            "packet", "check", str(packet), "--digits-file", str(place / "digits.txt"),
            "--ca", str(place / "school.pem"),
        )  # fmt: skip
        _look_back(program, place, ref)
        say(i18n.say("The day is over. The program reminds only while it is open."))
        if keep:
            paths.write_private(place / "passphrase.txt", f"{words}\n".encode())
            say(i18n.say("Kept: {folder} (passphrase in passphrase.txt)", folder=place))
        return 0 if checked.holds else 1


def _report(program: Program, place: Path) -> str:
    """A student tells: help first, then the case."""
    say(i18n.say("-- 1. Before anything is unlocked: what to do now"))
    _show(program("sos", "4", unlock=False).out)
    say(i18n.say("-- 2. The report"))
    (place / "answers.json").write_text(json.dumps(ANSWERS), encoding="utf-8")
    (place / "words.txt").write_text(WORDS, encoding="utf-8")
    told = clock.SystemClock().now() - timedelta(minutes=40)
    opened = program(
        "case", "new", "--kind", "SEXTORT", "--channel", "in_person", "--told-at", clock.text(told),
        "--answers", str(place / "answers.json"), "--words", str(place / "words.txt"),
        "--platform", "game", "--delay", "same_day", "--json",
    ).json()  # fmt: skip
    (place / "words.txt").unlink()
    say(f"    {opened['ref']}: {i18n.word('level', opened['level'])}")
    _show(program("case", "level", opened["ref"]).out)
    return str(opened["ref"])


def _respond(program: Program, ref: str) -> None:
    """The first steps, recorded with the time at which they were done."""
    say(i18n.say("-- 3. The checklist"))
    steps = program("step", "list", ref, "--json").json()["steps"]
    first = [step for step in steps if step["phase"] == 1 and step["mandatory"] and step["state"] == "todo"][
        :3
    ]
    at = clock.SystemClock().now() - timedelta(minutes=30)
    for place, step in enumerate(first):
        done_at = clock.text(at + timedelta(minutes=5 * place))
        _show(program("step", "done", ref, step["id"], "--at", done_at).out)


def _hand_over(program: Program, ref: str, place: Path) -> Path:
    """Two files are taken in, one thing is referred to in words, a packet is made for the ward."""
    say(i18n.say("-- 4. Evidence"))
    (place / "chat.txt").write_text(CHAT, encoding="utf-8")
    (place / "profile.png").write_bytes(_picture())
    _show(
        program(
            "evidence", "add", ref, str(place / "chat.txt"), str(place / "profile.png"),
            "--no-sexual-image", "--from", "em A",
        ).out
    )  # fmt: skip
    program(
        "evidence", "reference", ref, "--what", "ảnh riêng tư, em nói có một ảnh", "--where", "trò chơi, 20:15",
        "--holder", "kẻ đe dọa", "--count", "1",
    )  # fmt: skip
    program(
        "case", "indicator", ref, "--kind", "account", "--value", "ban_game_07.example", "--seen-in", "E-001"
    )
    say(i18n.say("-- 5. A packet for the ward police"))
    program(
        "recipient", "add", "ben-do", "--name", "Công an phường Bến Đò (hư cấu)", "--profile", "ward",
        "--phone", "0900 000 113", "--verified-on", "2026-11-20", "--verified-how", "visit",
    )  # fmt: skip
    program("packet", "certificate", "--out", str(place / "school.pem"))
    made = program(
        "packet", "make", ref, "--to", "ben-do", "--basis", "NĐ 56/2017 Điều 25", "--purpose", "tin báo",
        "--out", str(place / "packet"), "--digits-out", str(place / "digits.txt"), "--json",
    ).json()  # fmt: skip
    return place / "packet" / f"{made['packet']}.zip"


def _look_back(program: Program, place: Path, ref: str) -> None:
    """Last month is closed and given out, the log is checked, a backup is restored elsewhere."""
    say(i18n.say("-- 6. Last month's summary for the Department"))
    today = clock.SystemClock().now().astimezone(clock.VIETNAM).date()
    month = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    program("summary", "close", month)
    _show(program("summary", "export", month, "--out", str(place / "department")).out)
    say(i18n.say("-- 7. The log and a backup"))
    _show(program("audit", "verify").out)
    program("backup", "make", str(place / "backup"))
    program("backup", "restore", str(place / "backup"), store=place / "restored")
    program("case", "show", ref, store=place / "restored")
    say(i18n.say("-- 8. What is due next"))
    _show(program("due", "--limit", "5").out)


def say(line: str) -> None:
    """A line of the day, at once."""
    sys.stdout.write(clean.text(line) + "\n")
    sys.stdout.flush()


def _show(text: str) -> None:
    for line in text.rstrip().splitlines():
        say(f"    {line}")


def _count(done: int, total: int) -> None:
    if done % 100 == 0:
        say(i18n.say("    {done} of {total} acts", done=done, total=total))


def _picture() -> bytes:
    """A small grey PNG: stands for a screenshot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([120 + row % 64]) * 64 for row in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
