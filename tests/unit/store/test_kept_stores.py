"""Stores made by earlier releases open, say what they said then, and can be written."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.make_store import BINH, HIS, WORDS
from triage import clock
from triage.desk import cases, evidence, restricted, session, summaries, upkeep, view
from triage.store import migrations
from triage.store.keys import header

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
KEPT = sorted(VECTORS.glob("store-*"))
LATER = clock.SetClock(datetime(2026, 12, 1, 1, 0, tzinfo=UTC))


def test_every_format_since_the_second_is_kept() -> None:
    """The present one too: what this release writes is on laptops tomorrow."""
    assert [int(path.name.removeprefix("store-")) for path in KEPT] == list(range(2, migrations.FORMAT + 1))


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def kept(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, dict[str, Any]]:
    """A copy of the store, and what was in it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # Another computer than the one that made it: what that one had seen of it is not here.
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(request.param / "store", tmp_path / "store")
    return tmp_path / "store", json.loads((request.param / "facts.json").read_text(encoding="utf-8"))


def test_a_kept_store_says_what_it_said(kept: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Cases, notes, steps done, evidence, the log, closed periods; for both members and the recovery words."""
    folder, facts = kept
    for label, words in (("Cô An", WORDS), (BINH, HIS)):
        with session.open_store(folder, words, label=label, at=LATER) as desk:
            for ref, said in facts["cases"].items():
                seen = view.case(desk, ref)
                assert seen.line.level.name == said["level"]
                assert sorted(note.text for note in seen.notes) == said["notes"]
                done = sorted(line.planned.id for line in seen.steps if line.state.value == "done")
                assert done == said["done"]
            for ref, notes in facts.get("restricted", {}).items():
                inside = restricted.desk_of(desk, ref)
                assert [note.text for note in view.case(inside, ref).notes] == notes
                restricted.leave(desk, ref)
            found = upkeep.verify_log(desk)
            assert found.whole, found.problems
            assert found.entries >= facts["entries"]
            assert [row.period for row in summaries.ledger(desk)] == facts["periods"]
            for item, digest in facts["evidence"].items():
                out = tmp_path / f"{label}-{item}"
                ref, name = item.split()
                got = evidence.get(desk, ref, name, out, "thử")
                assert hashlib.sha256(got.read_bytes()).hexdigest() == digest
    header.recover(folder, facts["recovery_words"], keep_pin=False).forget()


def test_a_kept_store_can_be_written(kept: tuple[Path, dict[str, Any]]) -> None:
    """It is brought forward once, and the log stays whole."""
    folder, facts = kept
    ref = next(iter(facts["cases"]))
    with session.open_store(folder, WORDS, label="Cô An", at=LATER) as desk:
        cases.note(desk, ref, "Ghi bằng bản mới.")
    with session.open_store(folder, WORDS, label="Cô An", at=LATER) as desk:
        assert "Ghi bằng bản mới." in [note.text for note in view.case(desk, ref).notes]
        assert upkeep.verify_log(desk).whole
        acts = [entry.act for entry in upkeep.log(desk, limit=1000)]
        assert acts.count("store.migrated") == (0 if folder_format(facts) == migrations.FORMAT else 1)


def folder_format(facts: dict[str, Any]) -> int:
    return int(facts["format"])
