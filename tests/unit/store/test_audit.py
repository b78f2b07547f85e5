"""What the log promises: what was done to the store behind its back is named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from tests.unit.store.conftest import again
from triage import canon, chain, clock, errors, models
from triage.desk import cases, session, upkeep
from triage.store import audit, digests, engine, opened
from triage.terms import Kind

PAGE = 4096


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """A case with some entries."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    for text in ("Một", "Hai", "Ba"):
        cases.note(desk, ref, text)
    assert upkeep.verify_log(desk).holds
    return ref


def _behind_its_back(held: opened.Opened, change: Callable[[Session], object]) -> audit.Audit:
    """Change the database with its key but without an entry; then verify."""
    with engine.unit(held.engine, write=True) as session:
        change(session)
    with held.reading() as session:
        return audit.verify(session, held.unlocked)


def _entry(session: Session, seq: int) -> models.AuditEntry:
    return session.exec(select(models.AuditEntry).where(models.AuditEntry.seq == seq)).one()


def _log(session: Session) -> list[models.AuditEntry]:
    return list(session.exec(select(models.AuditEntry).order_by(col(models.AuditEntry.seq))))


def _note(session: Session) -> models.Note:
    return session.exec(select(models.Note).where(models.Note.text == "Hai")).one()


def test_an_edited_row_is_named(held: opened.Opened, ref: str) -> None:
    """The table and the key."""

    def edit(session: Session) -> None:
        _note(session).text = "Bốn"

    with held.reading() as reading:
        number = _note(reading).id
    found = _behind_its_back(held, edit)
    assert [str(problem) for problem in found.problems] == [f"row-changed: note {number}"]
    assert not found.whole
    assert found.broken_at is None


def test_a_deleted_row_is_named(held: opened.Opened, ref: str) -> None:
    """The log says it should be there."""
    found = _behind_its_back(held, lambda session: session.delete(_note(session)))
    assert [problem.code for problem in found.problems] == ["row-missing"]
    assert "note" in found.problems[0].where


def test_an_inserted_row_is_named(held: opened.Opened, ref: str) -> None:
    """The log does not know it."""

    def insert(session: Session) -> None:
        old = _note(session)
        session.add(models.Note(**(old.model_dump() | {"id": None, "text": "Lời lạ"})))

    found = _behind_its_back(held, insert)
    assert [problem.code for problem in found.problems] == ["row-unknown"]


def test_a_row_that_comes_back_after_its_deletion_is_named(held: opened.Opened, desk: session.Desk) -> None:
    """Its last entry is a deletion."""
    with held.acting("test.set") as act:
        act.session.add(models.Setting(key="days_off", value="2026-11-26"))
    with held.acting("test.unset") as act:
        act.session.delete(act.session.get(models.Setting, "days_off"))
    assert upkeep.verify_log(desk).holds
    found = _behind_its_back(
        held, lambda session: session.add(models.Setting(key="days_off", value="2026-11-26"))
    )
    assert [problem.code for problem in found.problems] == ["row-alive"]


def test_swapped_entries_break_the_chain_at_the_first(held: opened.Opened, ref: str) -> None:
    """Both rows are genuine; their places are not."""

    def swap(session: Session) -> None:
        one, other = _entry(session, 3), _entry(session, 4)
        for name in ("body", "hash", "signature"):
            mine, yours = getattr(one, name), getattr(other, name)
            setattr(one, name, yours)
            setattr(other, name, mine)

    assert _behind_its_back(held, swap).broken_at == 3


def test_an_edited_entry_breaks_the_chain_there(held: opened.Opened, ref: str) -> None:
    """Its hash is of another body."""

    def edit(session: Session) -> None:
        row = _entry(session, 3)
        row.body = row.body.replace(b"case.noted", b"case.moved")

    assert _behind_its_back(held, edit).broken_at == 3


def test_a_recomputed_chain_fails_at_the_signature(held: opened.Opened, ref: str) -> None:
    """Who has the store's key but not the person's cannot sign: found at that entry."""

    def forge(session: Session) -> None:
        rows = _log(session)
        rows[2].body = rows[2].body.replace(b"case.noted", b"case.moved")
        previous = rows[1].hash
        for row in rows[2:]:
            row.hash = previous = chain.link(previous, row.seq, row.body)

    found = _behind_its_back(held, forge)
    assert found.broken_at == 3
    assert "signature: 3" in [str(problem) for problem in found.problems]
    assert "chain" not in [problem.code for problem in found.problems]


def test_an_entry_under_another_members_name_fails(held: opened.Opened, ref: str) -> None:
    """The signature is held against the key of the member that the entry names."""

    def rename(session: Session) -> None:
        _entry(session, 3).member_id = "0" * 16

    assert _behind_its_back(held, rename).broken_at == 3


def test_removed_last_entries_leave_the_log_behind_the_anchor(
    held: opened.Opened, at: clock.SetClock, desk: session.Desk, ref: str, tmp_path: Path
) -> None:
    """An older copy of the whole store is whole in itself; this computer has seen more."""
    held.close()
    shutil.copytree(held.folder, tmp_path / "older")
    later = again(held.folder, at)
    cases.note(session.Desk(later, at), ref, "Bốn")
    later.close()
    shutil.rmtree(held.folder)
    shutil.copytree(tmp_path / "older", held.folder)
    older = again(held.folder, at)
    found = upkeep.verify_log(session.Desk(older, at))
    older.close()
    assert (found.whole, found.anchor, found.holds) == (True, "behind", False)


def test_entries_cut_off_the_end_leave_the_log_behind(held: opened.Opened, ref: str) -> None:
    """Rows and entries taken away together, as if never made: the anchor tells."""

    def cut(session: Session) -> None:
        for row in _log(session)[-2:]:
            session.delete(row)

    found = _behind_its_back(held, cut)
    assert found.anchor == "behind"
    assert not found.holds


def test_another_history_is_forked(
    held: opened.Opened,
    at: clock.SetClock,
    ref: str,
    tmp_path: Path,
    elsewhere: Callable[[], AbstractContextManager[None]],
) -> None:
    """As long as the one this computer saw, whole and signed, but not the same."""
    held.close()
    shutil.copytree(held.folder, tmp_path / "older")
    here = again(held.folder, at)
    cases.note(session.Desk(here, at), ref, "Ở đây")
    here.close()
    shutil.rmtree(held.folder)
    shutil.copytree(tmp_path / "older", held.folder)
    with elsewhere():
        there = again(held.folder, at)
        cases.note(session.Desk(there, at), ref, "Ở nơi khác")
        there.close()
    here = again(held.folder, at)
    found = upkeep.verify_log(session.Desk(here, at))
    here.close()
    assert (found.whole, found.anchor, found.holds) == (True, "forked", False)


def test_a_deleted_anchor_is_missed(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """The store knows this computer."""
    assert upkeep.verify_log(desk).anchor == "matches"
    shutil.rmtree(tmp_path / "state")
    found = upkeep.verify_log(desk)
    assert (found.anchor, found.holds) == ("lost", False)


def test_an_old_page_put_back_is_named(
    held: opened.Opened, at: clock.SetClock, ref: str, tmp_path: Path
) -> None:
    """Each page authenticates by itself, so an older one of the same file opens; the log tells."""
    database = held.unlocked.database
    held.close()
    old = database.read_bytes()
    later = again(held.folder, at)
    with later.acting("test.renamed") as act:
        row = act.session.get(models.Setting, "school_name")
        assert row is not None
        row.value = row.value.upper()
    later.close()
    new = database.read_bytes()
    assert len(new) == len(old)
    changed = [start for start in range(0, len(new), PAGE) if new[start:][:PAGE] != old[start:][:PAGE]]
    named = []
    for start in changed:
        database.write_bytes(new[:start] + old[start : start + PAGE] + new[start + PAGE :])
        try:
            replayed = again(held.folder, at)
            found = upkeep.verify_log(session.Desk(replayed, at))
            replayed.close()
        except errors.StoreDamaged:
            continue
        assert not found.holds or start == 0, f"page at {start}"
        named += [str(problem) for problem in found.problems]
    assert "row-changed: setting school_name" in named


def test_no_digest_confirms_a_guess(held: opened.Opened, desk: session.Desk, ref: str) -> None:
    """From the bodies alone, knowing all of a row but one value, none of 1,000 candidates is confirmed."""
    cases.note(desk, ref, "0900 000 247")
    with held.reading() as reading:
        row = reading.exec(select(models.Note).where(models.Note.text == "0900 000 247")).one()
        case = reading.get(models.Case, row.case_id)
        assert case is not None
        bodies = b"".join(entry.body for entry in _log(reading))
        everything = bodies + b"".join(entry.hash + entry.signature for entry in _log(reading))
    candidates = [row.model_copy(update={"text": f"0900 000 {number:03}"}) for number in range(1000)]
    known = (b"", bytes(32), held.unlocked.store.encode(), bytes.fromhex(held.unlocked.store))
    for guess in candidates:
        content = canon.dumps(json.loads(guess.model_dump_json(exclude_none=True)))
        plain = [hashlib.sha256(data) for data in (guess.text.encode(), content, canon.dumps(guess.text))]
        tried = [digests.of_row(salt, guess) for salt in known] + [one.hexdigest() for one in plain]
        assert not [one for one in tried if one.encode() in bodies or bytes.fromhex(one) in everything]
        assert guess.text.encode() not in everything
    confirmed = [guess.text for guess in candidates if digests.of_row(case.salt, guess).encode() in bodies]
    assert confirmed == ["0900 000 247"], "the control: with the salt the true one is confirmed"


@pytest.mark.parametrize(
    "value",
    ["mẹ em không cho báo", "a b", "Đạt", "", "x" * 65, "a\n", 'a"b', "a/b", 1.5, b"x", ["a"], {"a": 1}],
)
def test_free_text_does_not_get_into_an_entry(held: opened.Opened, value: object) -> None:
    """Not through the act's codes, and not through a note to it: nothing is written."""
    with pytest.raises(ValueError, match="reason is no code"):
        audit.coded({"reason": value})
    with pytest.raises(ValueError, match="reason is no code"), held.acting("test") as act:
        act.session.add(models.Setting(key="saturday", value="yes"))
        act.note(reason=value)
    with held.reading() as reading:
        assert reading.get(models.Setting, "saturday") is None


def test_codes_do_get_in() -> None:
    """Numbers, truth values, nothing, and short codes."""
    codes = {"count": 3, "private": True, "none": None, "item": "E-001", "ref": "2026-0042"}
    assert audit.coded(codes) == codes


def test_no_words_of_a_case_lie_in_the_log(held: opened.Opened, desk: session.Desk, ref: str) -> None:
    """Bodies hold codes, ids and times."""
    with held.reading() as reading:
        for entry in _log(reading):
            body = json.loads(entry.body)
            rows = body.pop("rows")
            assert audit.coded(body) == body
            for _table, key, value in rows:
                assert value is None or len(bytes.fromhex(value)) == 32
                assert audit.coded({str(place): part for place, part in enumerate(key)})


def test_a_clock_set_back_is_flagged(held: opened.Opened, desk: session.Desk, at: clock.SetClock) -> None:
    """The act is recorded, and that the clock went back."""
    at.at -= timedelta(hours=1)
    with held.acting("test.early"):
        pass
    at.at += timedelta(hours=2)
    with held.acting("test.late"):
        pass
    late, early = upkeep.log(desk, limit=2)
    assert early.codes.get("clock_back") is True
    assert "clock_back" not in late.codes
    assert upkeep.verify_log(desk).holds


def test_the_log_is_read_by_case_member_and_act(held: opened.Opened, desk: session.Desk, ref: str) -> None:
    """Each narrows it, together too; who or what is not there has no entry."""
    cases.new(desk, cases.NewCase())
    assert {one.case for one in upkeep.log(desk, ref=ref)} == {ref}
    assert [one.act for one in upkeep.log(desk, ref=ref, act="case.noted")] == ["case.noted"] * 3
    assert len(upkeep.log(desk, act="case.opened")) == 2
    assert len(upkeep.log(desk, member="Cô An")) == len(upkeep.log(desk))
    assert upkeep.log(desk, member="Cô Bình") == upkeep.log(desk, act="case.moved") == []
