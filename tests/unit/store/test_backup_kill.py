"""Killed at any instant of making or restoring: the old backup or the new one, a whole store or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import triage

_ROOT = Path(triage.__file__).resolve().parents[1]
KILLS = 20
MANY = 100


def _run(place: Path, kind: str, kills: int) -> dict[str, int]:
    """What was found after so many kills, by state; the run itself looks at everything after each."""
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")  # noqa: T201 - the seed is needed to see a failure again
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.store.backs_up", str(place), kind, str(kills), str(seed)],
        capture_output=True, text=True, cwd=_ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    found: dict[str, int] = json.loads(done.stdout)
    assert sum(found.values()) - found["stray"] == kills
    return found


@pytest.mark.parametrize(
    "kills", [pytest.param(KILLS, id="some"), pytest.param(MANY, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("kind", ["first", "update", "restore"])
def test_there_is_a_whole_one_after_every_kill(tmp_path: Path, kind: str, kills: int) -> None:
    """Some kills came in the middle of the work; after each the next try succeeded and nothing half-done was left."""
    found = _run(tmp_path, kind, kills)
    assert found["stray"] >= kills // 10, found
