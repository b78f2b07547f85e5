"""Who may restore, and what the log says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again
from triage import clock, errors
from triage.desk import cases, session
from triage.store import anchor, audit, backup, engine, opened, purge
from triage.store.backup import checking, layout
from triage.store.keys import header
from triage.store.records import cases as case_rows
from triage.terms import Kind, Right


def _restore(source: Path, folder: Path, at: clock.Clock, label: str = "Cô An") -> backup.Restored:
    words = PASSPHRASE if label == "Cô An" else "b"
    return backup.restore(source, folder, label=label, passphrase=words, clock=at, allow_cheap=True)


def _anchor(held: opened.Opened) -> str:
    with held.reading() as read:
        return audit.verify(read, held.unlocked).anchor


def test_the_restoring_names_both_heads_and_what_was_lost(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """Three acts after the backup, and the entry that it was made, are not in what is restored; the entry says so."""
    made = backup.make(held, tmp_path / "backup")
    for _ in range(3):
        with held.acting("test.done"):
            pass
    seen = anchor.kept(held.unlocked)
    assert seen is not None
    found = _restore(tmp_path / "backup", tmp_path / "restored", at)
    assert (found.entries, found.lost) == (made.entries + 1, 4)
    restored = again(tmp_path / "restored", at)
    with restored.reading() as read:
        entry = audit.entries(read, limit=1)[0]
    assert entry.act == "store.restored"
    assert entry.codes["head"] == made.entries
    assert (entry.codes["seen"], entry.codes["seen_hash"], entry.codes["lost"]) == (
        seen.seq, seen.hash.hex(), 4
    )  # fmt: skip
    assert _anchor(restored) == "matches"
    restored.close()
    # The store in use is not spoken against by a restoring elsewhere.
    assert _anchor(held) == "matches"


def test_a_restored_store_put_in_the_place_of_the_old_is_noticed(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """The computer knows what it saw at that place."""
    backup.make(held, tmp_path / "backup")
    for _ in range(3):
        with held.acting("test.done"):
            pass
    _restore(tmp_path / "backup", tmp_path / "restored", at)
    place = held.folder
    held.close()
    place.rename(tmp_path / "away")
    (tmp_path / "restored").rename(place)
    swapped = again(place, at)
    assert _anchor(swapped) == "behind"
    swapped.close()
    place.rename(tmp_path / "restored")
    (tmp_path / "away").rename(place)


def test_only_a_lead_restores(held: opened.Opened, at: clock.SetClock, tmp_path: Path) -> None:
    """5, and nothing is made."""
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    backup.make(held, tmp_path / "backup")
    with pytest.raises(errors.Refused, match="only-a-lead"):
        _restore(tmp_path / "backup", tmp_path / "restored", at, "Cô Bình")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "state", "store"]


def test_a_backup_that_becomes_another_while_it_is_copied_is_refused(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is held against the manifest, not only what was read before."""
    backup.make(held, tmp_path / "backup")
    check = checking.check

    def then_change(unlocked: header.Unlocked, copy: layout.Copy, progress: object) -> object:
        manifest = check(unlocked, copy)
        path = copy.path(held.unlocked.database.name)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        return manifest

    monkeypatch.setattr(checking, "check", then_change)
    with pytest.raises(errors.StoreDamaged, match="backup-damaged"):
        _restore(tmp_path / "backup", tmp_path / "restored", at)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "state", "store"]


def test_what_was_wrong_in_the_store_is_told_and_does_not_stop_the_restoring(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """A row that was changed past the log before the backup: all that there is stands, and it is named."""
    with engine.raw(held.unlocked.database, held.unlocked.subkey("db")) as past:
        past.execute("UPDATE setting SET value = 'x' WHERE key = 'school_name'")
    backup.make(held, tmp_path / "backup")
    found = _restore(tmp_path / "backup", tmp_path / "restored", at)
    assert not found.log.whole
    assert [str(one) for one in found.log.problems] == ["row-changed: setting school_name"]
    again(tmp_path / "restored", at).close()


def test_what_interrupted_restorings_left_goes_with_the_next(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """Unless it is a store, belongs to a restoring under way, or is called otherwise."""
    backup.make(held, tmp_path / "backup")
    names = [
        "restored.00000000.part",
        "restored.11111111.part",
        "restored.22222222.part",
        "other.00000000.part",
    ]
    for name in names:
        (tmp_path / name / "evidence").mkdir(parents=True)
    (tmp_path / names[1] / "header.json").write_bytes(b"{}")
    with layout.alone(tmp_path / names[2]):
        _restore(tmp_path / "backup", tmp_path / "restored", at)
    assert sorted(path.name for path in tmp_path.glob("*.part")) == sorted(names[1:])


def test_nobody_can_open_the_store_while_it_is_restored(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its header it is none; it has one when its whole log was checked."""
    backup.make(held, tmp_path / "backup")
    verify = audit.verify
    seen: list[str] = []

    def look(*all_: Any) -> audit.Audit:
        (part,) = tmp_path.glob("restored.*.part")
        seen.extend(path.name for path in part.iterdir())
        return verify(*all_)

    monkeypatch.setattr(audit, "verify", look)
    _restore(tmp_path / "backup", tmp_path / "restored", at)
    assert "store.1.db" in seen
    assert "header.json" not in seen
    assert (tmp_path / "restored" / "header.json").is_file()


@pytest.mark.parametrize("known", ["on this computer", "in a newer backup", "nowhere"])
def test_what_was_deleted_since_does_not_come_back(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str
) -> None:
    """By the tombstones beside the anchor, or of a newer backup that is named; without any it is back, and said so."""
    desk = session.Desk(held, at)
    for _ in range(2):
        cases.new(desk, cases.NewCase(kinds=(Kind.UNSURE,), words="Em sợ lắm cô ơi."))
    with held.acting("test.done") as act:
        act.case = case_rows.find(act.session, "2026-0001")
        act.case.status, act.case.closed_at = "closed", at.now()
    backup.make(held, tmp_path / "older")
    purge.purge(held, "2026-0001", why="command")
    backup.make(held, tmp_path / "newer")
    held.close()
    if known != "on this computer":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert backup.knows_tombstones(tmp_path / "older") is (known == "on this computer")
    found = backup.restore(
        tmp_path / "older", tmp_path / "restored", label=None, passphrase=PASSPHRASE, clock=at, allow_cheap=True,
        buried=(tmp_path / "newer",) if known == "in a newer backup" else (),
    )  # fmt: skip
    assert found.log.whole, found.log.problems
    there = {"2026-0001", "2026-0002"} if known == "nowhere" else {"2026-0002"}
    assert found.again.removed == (() if known == "nowhere" else ("2026-0001",))
    later = again(tmp_path / "restored", at)
    with later.reading() as read:
        assert {row.ref for row in case_rows.wanted(read, case_rows.Wanted())[0]} == there
    assert _anchor(later) == "matches"
    later.close()
    assert not (tmp_path / "restored" / "tombstones.json").exists()


def test_a_place_without_tombstones_is_refused(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path
) -> None:
    """2, and nothing was restored: who names a place means that something lies there."""
    backup.make(held, tmp_path / "backup")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.UsageError, match="no-tombstones"):
        backup.restore(
            tmp_path / "backup", tmp_path / "restored", label=None, passphrase=PASSPHRASE, clock=at,
            allow_cheap=True, buried=(tmp_path / "empty",),
        )  # fmt: skip
    assert not (tmp_path / "restored").exists()
