"""Restricted cases in a backup: carried by whoever makes it, opened by who is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.restricted.conftest import Sit, words
from triage import errors, models
from triage.desk import cases, deletion, evidence, restricted, session, upkeep, view
from triage.store import backup, opened, restricted_folders
from triage.store.keys import header
from triage.terms import Kind


@pytest.fixture
def ref(an: session.Desk, tmp_path: Path) -> str:
    """A restricted case with a note and an item."""
    ref = restricted.new(an, cases.NewCase(kinds=(Kind.GROOM,), words="Em kể với cô."), ["Thầy Bình"]).ref
    inside = restricted.desk_of(an, ref)
    (tmp_path / "chat.txt").write_text("20:15 kẻ lạ: chuyển tiền đi")
    evidence.add(inside, ref, [tmp_path / "chat.txt"], evidence.Origin(), no_sexual_image=True)
    restricted.leave(an, ref)
    return ref


def test_who_cannot_open_it_backs_it_up_and_who_is_named_finds_it(
    an: session.Desk, sit: Sit, ref: str, tmp_path: Path
) -> None:
    """Chi makes the backup; restored, An opens the case, its words and its item are there, and its log is whole."""
    chi = sit("Cô Chi")
    upkeep.make_backup(chi, tmp_path / "backup")
    inside = restricted.desk_of(an, ref)
    cases.note(inside, ref, "Sau lần sao lưu đầu.")
    restricted.leave(an, ref)
    upkeep.make_backup(chi, tmp_path / "backup")
    backup.restore(
        tmp_path / "backup", tmp_path / "restored", label="Cô An", passphrase=words("Cô An"), clock=an.clock,
        allow_cheap=True,
    )  # fmt: skip
    unlocked = header.unlock(tmp_path / "restored", "Cô An", words("Cô An"), allow_cheap=True)
    with session.Desk(opened.open(unlocked, clock=an.clock), an.clock) as later:
        inside = restricted.desk_of(later, ref)
        assert "Sau lần sao lưu đầu." in [note.text for note in view.case(inside, ref).notes]
        assert [check.holds for check in evidence.verify(inside)] == [True]
        restricted.leave(later, ref)
        assert upkeep.verify_log(later).problems == ()


def test_a_case_whose_folder_is_gone_is_said_and_stops_the_backup(
    an: session.Desk, ref: str, tmp_path: Path
) -> None:
    """The former backup stays: it may be the last that holds it."""
    restricted_folders.folder(an.folder, ref).rename(tmp_path / "moved")
    with pytest.raises(errors.StoreDamaged, match="restricted-missing"):
        upkeep.make_backup(an, tmp_path / "backup")


def test_it_is_not_deleted(an: session.Desk, ref: str) -> None:
    """The gate says so; nothing of it is touched."""
    inside = restricted.desk_of(an, ref)
    with inside.opened.acting("test.closed") as act:
        case = act.session.get_one(models.Case, 1)
        case.status, case.closed_at = "closed", an.now()
    with pytest.raises(errors.Refused, match="restricted-stays"):
        deletion.purge(inside, ref, ref)
    assert view.case(inside, ref).notes
