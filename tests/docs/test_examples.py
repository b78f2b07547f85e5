"""Every example in the help and every command in the documents is understood by the program."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import click
import pytest

from triage import clock
from triage.cli import app

ROOT = Path(__file__).resolve().parents[2]
WORDS = "sông xanh núi biếc chiều vàng gió"
ANSWERS = {
    "danger_now": "no", "self_harm": "none", "whereabouts": "known_safe", "student_now": "with_me",
    "age_band": "13_15", "impact": "upset", "loss_recent_24h": "no", "deadline": "within_24h",
    "extortion_active": "yes", "intimate_image": "threatened", "demand": "money",
}  # fmt: skip
ELSEWHERE = ("triage init", "triage demo")
"""Shown by tests of their own."""


def _commands(
    group: click.Group, path: tuple[str, ...] = ("triage",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


COMMANDS = list(_commands(app.root))


def _examples() -> list[str]:
    """One line for each command, from its help."""
    return [line for _path, command in COMMANDS for line in getattr(command, "example", "").splitlines()]


def _documented() -> list[str]:
    """The lines of shell blocks in the README and in docs/ that call the program."""
    lines = []
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"```sh\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
            lines += [line for line in block.splitlines() if re.match(r"(echo .*\| )?triage ", line)]
    return lines


@dataclass
class Prepared:
    """A store with a case, evidence, a packet and the files that examples name."""

    place: Path
    packet: str
    restricted: str = ""

    def run(self, line: str) -> int:
        """Run one line; return its exit status."""
        given, _pipe, call = line.rpartition(" | ") if line.startswith("echo ") else ("", "", line)
        today = clock.SystemClock().now().astimezone(clock.VIETNAM)
        year = f"{today.year}-"
        # Examples name two instants: one when something was done, one when something is due.
        for written, meant in (("2026-11-25 09:41", today), ("2026-12-01 09:00", today + timedelta(days=5))):
            call = call.replace(written, f"{meant:%Y-%m-%d %H:%M}")
        call = call.replace("HS-7K3M9QTX", self.packet).replace("2026-00", f"{year}00")
        call = call.replace("R-7K3M9QTX", self.restricted)
        call = call.replace("remove ben-do", "remove ben-cu")  # there whichever line runs first
        arguments = shlex.split(call)[1:]
        text = shlex.split(given)[1] if given else "{}"
        if "--words" in arguments or arguments[:2] == ["case", "note"]:
            text = "Em kể với cô lúc ra chơi."
        before = [] if arguments[0] == "--store" else ["--store", str(self.place / "store")]
        stdin = sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        before += [] if arguments[0] == "init" else ["--as", "Cô An"]
        try:
            return app.run([*before, "--no-input", "--passphrase-file", str(self.place / "pass"), *arguments])
        finally:
            sys.stdin = stdin


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """The store, made once."""
    place = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("HOME", str(place))
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        (place / "pass").write_text(WORDS + "\n", encoding="utf-8")
        (place / "pass").chmod(0o600)
        for name, text in (("answers.json", json.dumps(ANSWERS)), ("chat.png", "x"),
                           ("chat.txt", "19:02 kẻ lạ: chuyển tiền đi")):  # fmt: skip
            (place / name).write_text(text, encoding="utf-8")
        made = Prepared(place, "HS-00000000")
        assert (
            made.run(
                'triage init --school "THPT Hoa Gạo" --code 79012345 --person "Cô An" --recovery-out words.txt'
            )
            == 0
        )
        assert made.run('triage recipient add ben-cu --name "Công an phường Bến Cũ" --profile ward') == 0
        for _time in range(3):
            assert made.run("triage case new --kind SEXTORT --answers answers.json") == 0
        assert made.run("triage evidence add 2026-0001 chat.txt chat.png --no-sexual-image") == 0
        assert (
            made.run(
                "triage packet make 2026-0001 --to X --basis B --purpose P --out goi --digits-out so.txt"
            )
            == 0
        )
        assert made.run("triage packet certificate --out school.pem") == 0
        assert made.run("triage audit export --out log.jsonl") == 0
        made.packet = next((place / "goi").glob("*.zip")).stem
        (place / f"{made.packet}.zip").write_bytes(next((place / "goi").glob("*.zip")).read_bytes())
        (place / "digits.txt").write_bytes((place / "so.txt").read_bytes())
        (place / "my-school.toml").write_bytes((ROOT / "triage/response/playbooks/sextort.toml").read_bytes())
        for whose in ("her.txt", "new.txt"):
            (place / whose).write_text("sương sớm trên đồi chè xanh ngát\n", encoding="utf-8")
            (place / whose).chmod(0o600)
        assert made.run('triage member add "Thầy Dũng" --role counsellor --new-passphrase-file her.txt') == 0
        assert made.run("triage recovery share --words-file words.txt --out shares.txt") == 0
        for medium in ("stick", "usb"):
            (place / medium).mkdir()
            assert made.run(f"triage backup make {medium}/backup-1") == 0
        (place / "chi.txt").write_text("mưa rơi trên mái ngói nhà ông\n", encoding="utf-8")
        (place / "chi.txt").chmod(0o600)
        assert made.run('triage member add "Cô Chi" --role counsellor --new-passphrase-file chi.txt') == 0
        assert made.run('triage case new --restricted --named "Cô Chi" --kind GROOM') == 0
        (place / "both.txt").write_text("một\nhai\n", encoding="utf-8")
        (place / "both.txt").chmod(0o600)
        made.restricted = next((place / "store" / "restricted").iterdir()).name
        yield made


@pytest.fixture
def mine(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """A copy of all of it, for an example that may change keys or delete."""
    place = Path(shutil.copytree(prepared.place, tmp_path / "docs"))
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    return replace(prepared, place=place)


@pytest.mark.parametrize("path,command", COMMANDS, ids=[" ".join(path) for path, _command in COMMANDS])
def test_every_command_has_help_with_an_example(path: tuple[str, ...], command: click.Command) -> None:
    """Each command says what it does and shows one call of itself."""
    assert command.help, path
    assert " ".join(path[1:2]) in getattr(command, "example", ""), path


@pytest.mark.parametrize("line", sorted({*_examples(), *_documented()}))
def test_every_example_is_understood(mine: Prepared, line: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It is never wrong usage and never a fault; the rules may refuse it in the state it meets."""
    if line.startswith(ELSEWHERE):
        return
    status = mine.run(line)
    assert status in (0, 1, 5), (line, status, capfd.readouterr().err)
