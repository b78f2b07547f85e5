"""An exported log read by software that nobody here wrote: openssl for its signatures, sha256sum for its links."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.store.conftest import give_keys
from triage import clock
from triage.desk import log, session
from triage.store import opened
from triage.store.keys import header

pytestmark = pytest.mark.interop

NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
VERIFY = r"""
import hashlib, json, subprocess, sys

def holds(public, signed, signature):
    open("key.der", "wb").write(bytes.fromhex("302a300506032b6570032100" + public))
    open("signed", "wb").write(signed)
    open("signature", "wb").write(bytes.fromhex(signature))
    command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed -sigfile signature"
    return subprocess.run(command.split(), capture_output=True).returncode == 0

def sha256(data):
    open("data", "wb").write(data)
    return subprocess.run(["sha256sum", "data"], capture_output=True, text=True).stdout.split()[0]

first, *entries, seal = open(sys.argv[1], "rb").read().splitlines()
head, seal = json.loads(first), json.loads(seal)
print("fingerprint", sha256(bytes.fromhex(seal["key"])))
if not holds(seal["key"], b"triage/audit-export/v1\0" + first, seal["signature"]):
    sys.exit("seal")
keys = {one["id"]: one["ed25519"] for one in head["people"]}
last = sha256(b"triage/audit/v1\0genesis\0" + head["store"].encode())
for place, line in enumerate(entries, 1):
    entry = json.loads(line)
    place = entry["seq"].to_bytes(8, "big") if entry["seq"] == place else sys.exit("place")
    last = sha256(b"triage/audit/v1\0" + bytes.fromhex(last) + place + entry["body"].encode())
    if last != entry["hash"]:
        sys.exit("chain")
    if not holds(keys[entry["member"]], b"triage/audit-entry/v1\0" + bytes.fromhex(last), entry["signature"]):
        sys.exit("signature")
if (len(entries), last) != (head["entries"], head["head"]):
    sys.exit("head")
print("holds")
"""


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """The log of a small store, and the fingerprint that the school tells."""
    for tool in ("openssl", "sha256sum"):
        if shutil.which(tool) is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{tool} is not installed")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    cheap = header.Cost(memory_kib=8, iterations=1, lanes=1)
    unlocked, _words, _print = header.create(
        tmp_path / "store", label="Cô An", passphrase="p", school="", code="", now=NOON, cost=cheap
    )
    at = clock.SetClock(NOON)
    with session.Desk(
        opened.create(unlocked, school="Trường THCS Hoa Gạo", code="79012345", clock=at), at
    ) as desk:
        give_keys(desk)
        for _ in range(3):
            with desk.opened.acting("test.done"):
                pass
        made = log.export_to(desk, tmp_path / "log.jsonl")
    yield tmp_path / "log.jsonl", made.fingerprint


def _verify(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", VERIFY, file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_openssl_and_sha256sum_verify_all_of_it(exported: tuple[Path, str]) -> None:
    """The seal, every link, every signature, and the fingerprint is the one that was told."""
    file, fingerprint = exported
    done = _verify(file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["fingerprint", fingerprint, "holds"]


@pytest.mark.parametrize(
    ("line", "field", "wrong"),
    [(0, "made_at", "seal"), (2, "body", "chain"), (2, "signature", "signature"), (-1, "signature", "seal")],
)
def test_they_see_one_changed_character(
    exported: tuple[Path, str], line: int, field: str, wrong: str
) -> None:
    """By the same script."""
    file, _fingerprint = exported
    lines = [json.loads(one) for one in file.read_bytes().splitlines()]
    value: str = lines[line][field]
    lines[line][field] = value[:5] + ("1" if value[5] != "1" else "2") + value[6:]
    text = "\n".join(
        json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in lines
    )
    file.write_text(text + "\n", encoding="utf-8")
    assert _verify(file).stderr.strip() == wrong


def test_the_script_is_shown_as_it_stands() -> None:
    """In the page about the log."""
    page = Path(__file__).resolve().parents[2] / "docs" / "formats" / "audit.md"
    assert VERIFY.strip() in page.read_text(encoding="utf-8")
