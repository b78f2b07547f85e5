"""What must leave an entry does not happen when the entry cannot be made durable: nothing leaves, nothing is shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.desk.conftest import WORDS
from triage import clock, errors
from triage.desk import cases, evidence, log, packets, session, summaries, upkeep
from triage.store import anchor, engine
from triage.summary import period
from triage.terms import Kind

Leaves = Callable[[session.Desk, str, Path], object]


def _get(desk: session.Desk, ref: str, out: Path) -> object:
    return evidence.get(desk, ref, "E-001", out, "Công an đến nhận.")


def _packet(desk: session.Desk, ref: str, out: Path) -> object:
    wish = packets.Wish(to="Công an phường Bến Đò", basis="Yêu cầu bằng văn bản", purpose="Xác minh")
    return packets.new(desk, ref, wish, out, digits_out=out.with_name("digits"))


def _log(desk: session.Desk, _ref: str, out: Path) -> object:
    out.mkdir()
    return log.export_to(desk, out / "log.jsonl")


def _summary(desk: session.Desk, _ref: str, _out: Path) -> object:
    return summaries.show(desk, period.read("2026-11"))


@pytest.fixture
def ref(desk: session.Desk, tmp_path: Path) -> str:
    """A case with one item."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    (tmp_path / "chat.txt").write_bytes(b"20:15 chuyen tien di")
    evidence.add(desk, ref, [tmp_path / "chat.txt"], evidence.Origin(), no_sexual_image=True)
    return ref


@pytest.mark.parametrize("leaves", [_get, _packet, _log, _summary])
def test_nothing_leaves_a_store_that_cannot_be_written(
    desk: session.Desk, ref: str, tmp_path: Path, leaves: Leaves
) -> None:
    """6: read-only. No file, no part of one, no digits; the log is as it was."""
    before = upkeep.log(desk, limit=1)
    with engine.unit(desk.opened.engine) as read:
        read.connection().exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(errors.TryAgain, match="read-only"):
        leaves(desk, ref, tmp_path / "out")
    assert not [one for one in (tmp_path / "out").rglob("*")]
    assert not (tmp_path / "digits").exists()
    with engine.unit(desk.opened.engine) as read:
        read.connection().exec_driver_sql("PRAGMA query_only = OFF")
    assert upkeep.log(desk, limit=1) == before


@pytest.mark.parametrize("leaves", [_get, _packet, _log, _summary])
def test_nothing_leaves_a_store_that_no_lead_has_confirmed(
    desk: session.Desk, ref: str, tmp_path: Path, leaves: Leaves
) -> None:
    """5: the anchor speaks against it. The same, and reading goes on."""
    anchor.write(desk.opened.unlocked, 999, b"\1" * 32)
    desk.opened.anchored = False
    with pytest.raises(errors.Refused, match="anchor-unconfirmed"):
        leaves(desk, ref, tmp_path / "out")
    assert not [one for one in (tmp_path / "out").rglob("*")]
    assert not (tmp_path / "digits").exists()
    assert evidence.verify(desk, ref)[0].holds


def test_a_store_that_no_lead_has_confirmed_opens_with_late_digits(
    desk: session.Desk, ref: str, tmp_path: Path, at: clock.SetClock
) -> None:
    """They are erased at the next opening after it was confirmed, by an entry."""
    made = _packet(desk, ref, tmp_path / "out")
    assert isinstance(made, packets.Made)
    desk.opened.close()
    at.at += timedelta(days=40)
    shutil.rmtree(tmp_path / "state")
    for _twice in range(2):
        with session.open_store(desk.folder, WORDS, at=at) as later:
            assert log.anchored(later) == "lost"
            assert packets.listed(later)[0][1].digits == made.digits
    with session.open_store(desk.folder, WORDS, at=at) as later:
        log.confirm(later, "profile-lost")
    with session.open_store(desk.folder, WORDS, at=at) as later:
        assert packets.listed(later)[0][1].digits is None
        assert upkeep.log(later, limit=1)[0].act == "packet.digits-expired"
