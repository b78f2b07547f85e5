"""A restricted case copied by somebody who cannot open it, while others work on it."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.unit.restricted.test_kill import sit
from triage import chain, clock
from triage.desk import cases, restricted
from triage.store import engine, restricted_folders

COPIES = 12


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork writes meanwhile")
def test_a_copy_made_in_quiet_is_whole(folder: Path, at: clock.SetClock, tmp_path: Path) -> None:
    """Database and log are a pair in each copy: every page holds, the chain is whole; the writer goes on between."""
    with sit(folder, at) as desk:
        ref = restricted.new(desk, cases.NewCase(), ["Thầy Bình"]).ref
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with sit(folder, at, "Thầy Bình") as desk:
                inside = restricted.desk_of(desk, ref)
                while True:
                    cases.note(inside, ref, "Một ghi chú. " * 20)
                    os.write(writing, b".")
        finally:
            os._exit(0)
    # What the child does not write any more is the end, not a wait for ever.
    os.close(writing)
    try:
        with sit(folder, at) as desk:
            inside = restricted.desk_of(desk, ref)
            key, store = inside.opened.unlocked.subkey("db"), inside.opened.unlocked.store
            (place,) = restricted_folders.folders(folder)
            lengths = set()
            for turn in range(COPIES):
                assert os.read(reading, 1) == b"."
                copy = tmp_path / str(turn)
                copy.mkdir()
                with restricted_folders.quiet(place):
                    for path in restricted_folders.files(place):
                        shutil.copy2(path, copy / path.name)
                with engine.raw(copy / "case.1.db", key) as raw:
                    rows = raw.execute("SELECT seq, body, hash FROM auditentry ORDER BY seq").fetchall()
                    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert chain.first_break(store, rows) is None
                lengths.add(len(rows))
        assert len(lengths) > 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
