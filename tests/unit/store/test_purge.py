"""Deletion for good: nothing of the case is left, a tombstone without a name is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random  # noqa: TID251 - with a seed
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select

from tests.fault import needles
from tests.unit.store import pages
from tests.unit.store.conftest import CHEAP, PASSPHRASE, again, make
from triage import clock, errors, models, schema
from triage.desk import cases, decisions, deletion, evidence, session
from triage.desk import drafts as desk_drafts
from triage.store import audit, backup, digests, engine, lock, opened, purge, remains, search, tombstones
from triage.store import evidence as files
from triage.store.keys import header
from triage.store.records import cases as case_rows
from triage.store.records import deletion as rows
from triage.terms import Kind, Right

TOKEN = "kimlongbachhac"
"""A word that stands in the search index alone in its family: its tail is never shortened by a neighbour's."""
TAIL = b"longbachhac"


def fill(desk: session.Desk, folder: Path) -> str:
    """A closed case with the planted words in every place that takes words, among others; its reference."""
    for number in range(3):
        other = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), words="Em bị lừa tiền nạp thẻ. " * 20)).ref
        cases.note(desk, other, f"một ghi chú khác {number}")
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words=needles.SENTENCE)).ref
    cases.set_identity(desk, ref, "A", {"name": needles.NAME, "contact": needles.PHONE})
    cases.note(desk, ref, f"{needles.SENTENCE} {TOKEN}")
    cases.add_indicator(desk, ref, "phone", needles.PHONE, text=needles.NAME)
    evidence.refer(desk, ref, evidence.Reference(needles.SENTENCE, needles.PHONE, needles.NAME))
    chat = folder / "chat.txt"
    chat.write_text("\n".join(needles.WORDS), encoding="utf-8")
    evidence.add(desk, ref, [chat], evidence.Origin(source=needles.NAME), no_sexual_image=True)
    chat.unlink()
    decisions.link(desk, "2026-0001", ref, "accepted")
    decisions.link(desk, ref, "2026-0002", "accepted")
    desk_drafts.keep(
        desk, "s", {f"note:{ref}": {"text": needles.SENTENCE}, "note:2026-0001": {"text": "khác"}}, {}
    )
    cases.note(desk, "2026-0003", "ghi chú sau cùng của một hồ sơ khác")
    shut(desk.opened, ref)
    return ref


def shut(held: opened.Opened, ref: str, **columns: Any) -> None:
    """Close a case, whatever is open in it, and set other columns."""
    with held.acting("case.closed") as act:
        case = case_rows.find(act.session, ref)
        act.case = case
        case.status, case.closed_at = "closed", held.clock.now()
        for name, value in columns.items():
            setattr(case, name, value)


def decrypted(held: opened.Opened) -> bytes:
    """Every page of the store's database and of its log."""
    return pages.plain(held.unlocked.database, held.unlocked.subkey("db"))


def found_in(data: bytes) -> list[str]:
    """The planted words in these bytes, in any spelling, and the index's own word."""
    spelled = [f"{word[:8]} {name}" for word in needles.WORDS for name, sought in needles.spellings(word).items()
               if sought in data]  # fmt: skip
    return spelled + (["index"] if TAIL in data else [])


def whole(held: opened.Opened) -> bool:
    """The log, every row and every file agree."""
    with held.reading() as read:
        return audit.verify(read, held.unlocked).whole


@pytest.fixture
def ref(desk: session.Desk, tmp_path: Path) -> str:
    """The closed case with the planted words."""
    return fill(desk, tmp_path)


def test_nothing_of_the_case_is_left_anywhere(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path
) -> None:
    """Decrypted pages, log, search index, evidence folder, the computer's state, a backup made later: no word."""
    assert {one.split()[-1] for one in found_in(decrypted(held))} >= {"NFC", "index"}
    with held.reading() as read:
        salt = case_rows.find(read, ref).salt
    done = deletion.purge(desk, ref, ref)
    assert done.cleared and done.outside
    assert found_in(decrypted(held)) == []
    assert salt not in decrypted(held)
    assert list((held.folder / "evidence").iterdir()) == []
    backup.make(held, tmp_path / "backup")
    (database,) = (tmp_path / "backup").glob(f"copy-*/{held.unlocked.database.name}")
    copy = pages.plain(database, held.unlocked.subkey("db"))
    assert found_in(copy) == []
    assert [path for path in (tmp_path / "backup" / "evidence").iterdir()] == []
    assert list(needles.search_in([tmp_path])) == []
    assert whole(held)
    with held.reading() as read:
        assert search.find(read, TOKEN, 10) == []
        assert not [
            row for row in audit.tables() for one in read.exec(select(row)) if "2026-0004" in str(one)
        ]


def test_without_optimize_the_index_keeps_words(
    desk: session.Desk, held: opened.Opened, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: the deleted row's words stay in a page of the index, and the scan finds them."""
    monkeypatch.setattr(search, "optimize", lambda _session: None)
    deletion.purge(desk, ref, ref)
    assert "index" in found_in(decrypted(held))


def test_without_clearing_the_log_and_the_files_stay(
    desk: session.Desk, held: opened.Opened, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: deleting rows alone leaves the words in the write-ahead log, and the file."""
    monkeypatch.setattr(remains, "clear", lambda *_, **__: True)
    deletion.purge(desk, ref, ref)
    assert {one.split()[-1] for one in found_in(decrypted(held))} >= {"NFC", "index"}
    assert len(list((held.folder / "evidence").iterdir())) == 1


@pytest.mark.parametrize("anew", [True, False])
def test_a_database_that_is_not_written_anew_keeps_traces(
    desk: session.Desk, held: opened.Opened, monkeypatch: pytest.MonkeyPatch, anew: bool
) -> None:
    """Planted fault: ``secure_delete`` leaves copies in a page whose rows moved to another; measured on pupil codes."""
    if not anew:
        monkeypatch.setattr(remains, "_rewrite", lambda unlocked: remains._write_back(unlocked))
    # Whether a page keeps such a copy depends on where rows fall: one of many stores of this kind is enough.
    chance = Random(0)
    traces = [_filled_and_purged(desk, held, chance) for _ in range(2 if anew else 10)]
    assert any(traces) is not anew


def _filled_and_purged(desk: session.Desk, held: opened.Opened, chance: Random) -> bool:
    """Whether a word of a deleted case is left in the pages."""
    refs = [cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,))).ref for _ in range(2)]
    shut(held, refs[1])
    with held.acting("test.done") as act:
        found = [case_rows.find(act.session, ref).id for ref in refs]
        for _ in range(800):
            mine = chance.random() < 0.2
            code = (
                f"HS{chance.randrange(10**6):06}{'MEOVAN' if mine else 'KHAC' + 'Q' * chance.randrange(40)}"
            )
            row = models.Person(
                case_id=found[mine], label="A", part="witness", pupil_code=code, added_at=held.clock.now()
            )
            act.session.add(row)
            act.session.flush()
    assert deletion.purge(desk, refs[1], refs[1]).cleared
    return b"MEOVAN" in decrypted(held)


def test_what_is_left_confirms_no_guess(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path
) -> None:
    """1,000 candidates, the true one among them: with the case's salt one is confirmed, without it none."""
    with held.reading() as read:
        case = case_rows.find(read, ref)
        row = case_rows.indicators(read, case.id)[0]
        own = digests.Salts(read).own
    candidates = [f"0900 000 {number:03}" for number in range(1000)]
    assert needles.PHONE in candidates

    def confirmed(salts: list[bytes]) -> list[str]:
        data = decrypted(held) + b"".join(
            path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()
        )
        hits = []
        for value in candidates:
            row.value = value
            tries = [digests.of_row(salt, row) for salt in salts]
            tries += [
                hashlib.sha256(value.encode()).hexdigest(),
                hashlib.sha256(own + value.encode()).hexdigest(),
            ]
            hits += [value] * any(one.encode() in data or bytes.fromhex(one) in data for one in tries)
        return hits

    assert confirmed([case.salt, own]) == [needles.PHONE]
    deletion.purge(desk, ref, ref)
    assert confirmed([own, b"", bytes(32)]) == []


def test_the_tombstone_says_who_and_when_and_nothing_else(
    desk: session.Desk, held: opened.Opened, ref: str
) -> None:
    """Signed, beside the anchor too, of the published shape; reference, kind and level are not in it."""
    done = deletion.purge(desk, ref, ref)
    with held.reading() as read:
        (stone,) = tombstones.of_store(read)
        assert tombstones.holds(read, held.unlocked, stone)
        entry = audit.entries(read, limit=1)[0]
    assert (entry.act, entry.case, dict(entry.codes)) == (
        "case.purged", None, {"why": "command", "tombstone": done.tombstone}
    )  # fmt: skip
    path = tombstones.beside_anchor(held.unlocked.store) / tombstones.FILE
    document = json.loads(path.read_bytes())
    schema.check(document, "tombstones-v1")
    (kept,) = document["tombstones"]
    assert kept == stone.as_json()
    assert (kept["by"], kept["purged_at"]) == (held.unlocked.member_id, clock.text(held.clock.now()))
    assert ref not in path.read_text() and "SEXTORT" not in path.read_text()


def test_tombstones_only_grow_and_a_damaged_file_stays(held: opened.Opened, tmp_path: Path) -> None:
    """An older store does not wipe out what a newer one wrote; what cannot be read is not overwritten."""
    store, at = held.unlocked.store, held.clock.now()
    one, two = (tombstones.carve(held.unlocked, bytes([n]) * 32, at) for n in (1, 2))
    tombstones.write_to(tmp_path / "t", store, [one])
    path = tombstones.write_to(tmp_path / "t", store, [two])
    assert {found.id for found in tombstones.read_from(tmp_path / "t", store)} == {one.id, two.id}
    with pytest.raises(errors.StoreDamaged, match="tombstones-damaged"):
        tombstones.read_from(tmp_path / "t", "0" * 32)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(errors.StoreDamaged, match="tombstones-damaged"):
        tombstones.write_to(tmp_path / "t", store, [])
    assert tombstones.read_from(tmp_path / "none", store) == []


def _restored(held: opened.Opened, tmp_path: Path) -> Iterator[opened.Opened]:
    """Restored on a computer that knows of no deletion."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
        backup.restore(
            tmp_path / "backup", tmp_path / "restored", label="Cô An", passphrase=PASSPHRASE, clock=held.clock,
            allow_cheap=True,
        )  # fmt: skip
        restored = again(tmp_path / "restored", held.clock)
        yield restored
        restored.close()


def test_an_older_backup_does_not_bring_the_case_back(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path
) -> None:
    """The tombstone finds it in the restored store, and the same gate deletes it there with all its traces."""
    backup.make(held, tmp_path / "backup")
    deletion.purge(desk, ref, ref)
    stones = tombstones.read_from(tombstones.beside_anchor(held.unlocked.store), held.unlocked.store)
    for restored in _restored(held, tmp_path):
        assert found_in(decrypted(restored))
        assert purge.apply(restored, stones) == purge.Applied((ref,), (), 0)
        assert found_in(decrypted(restored)) == []
        assert list((restored.folder / "evidence").iterdir()) == []
        assert whole(restored)
        with restored.reading() as read:
            assert tombstones.of_store(read) == stones
        assert purge.apply(restored, stones) == purge.Applied((), (), 0)


def test_a_held_case_in_an_older_backup_is_listed_and_left(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path
) -> None:
    """A hold at either place stops: a person decides."""
    decisions.hold(desk, ref, True, "Công an yêu cầu giữ.")
    backup.make(held, tmp_path / "backup")
    decisions.hold(desk, ref, False, "Công an báo xong.")
    deletion.purge(desk, ref, ref)
    with held.reading() as read:
        stones = tombstones.of_store(read)
    for restored in _restored(held, tmp_path):
        assert purge.apply(restored, stones) == purge.Applied((), (ref,), 0)
        with restored.reading() as read:
            assert case_rows.find(read, ref).held
            assert tombstones.of_store(read) == []


def test_a_tombstone_of_nobody_we_know_deletes_nothing(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path, at: clock.SetClock
) -> None:
    """Another store's lead, a counsellor of ours, a changed word: counted, not followed."""
    header.add_member(
        held.folder, held.unlocked, label="Cô Bình", right=Right.COUNSELLOR, passphrase="b", cost=CHEAP
    )
    foreign = make(tmp_path / "foreign", at)
    other = opened.open(header.unlock(held.folder, "Cô Bình", "b", allow_cheap=True), clock=at)
    with held.reading() as read:
        salt = case_rows.find(read, ref).salt
    ours = tombstones.carve(held.unlocked, salt, at.now())
    changed = tombstones.Tombstone(ours.id, ours.case, "2026-01-01T00:00:00Z", ours.by, ours.signature)
    stones = [
        tombstones.carve(foreign.unlocked, salt, at.now()),
        tombstones.carve(other.unlocked, salt, at.now()),
        changed,
    ]
    assert purge.apply(held, stones) == purge.Applied((), (), 3)
    with held.reading() as read:
        assert case_rows.find(read, ref)
    with pytest.raises(errors.Refused, match="only-a-lead"):
        purge.apply(other, [ours])
    foreign.close()
    other.close()
    assert purge.apply(held, [ours]).removed == (ref,)


def test_a_crash_after_the_transaction_is_finished_on_the_next_opening(
    desk: session.Desk, held: opened.Opened, ref: str, monkeypatch: pytest.MonkeyPatch, at: clock.SetClock
) -> None:
    """Killed before the files went: they are removed then, not set aside, and the pages are written anew."""
    with monkeypatch.context() as patch:
        patch.setattr(purge, "clear", lambda _held: False)
        deletion.purge(desk, ref, ref)
    assert len(list((held.folder / "evidence").iterdir())) == 1
    folder = held.folder
    held.close()
    later = again(folder, at)
    assert list((folder / "evidence").iterdir()) == []
    assert found_in(decrypted(later)) == []
    with later.reading() as read:
        assert remains.left(read) == []
    assert whole(later)
    later.close()


@pytest.mark.parametrize("at_which", ["the first file", "the pages", "the list", "the log"])
def test_a_crash_while_clearing_is_finished_too(
    desk: session.Desk,
    held: opened.Opened,
    ref: str,
    monkeypatch: pytest.MonkeyPatch,
    at: clock.SetClock,
    at_which: str,
) -> None:
    """Wherever it stops: the next opening leaves no word and no file."""

    def stop(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if at_which == "the first file":
            patch.setattr(files, "remove", stop)
        elif at_which == "the pages":
            patch.setattr(remains, "_rewrite", stop)
        elif at_which == "the log":
            patch.setattr(remains, "_write_back", stop)
        else:
            rewrite = remains._rewrite
            patch.setattr(remains, "_rewrite", lambda unlocked: rewrite(unlocked) and stop())
        with pytest.raises(KeyboardInterrupt):
            deletion.purge(desk, ref, ref)
    folder = held.folder
    held.close()
    later = again(folder, at)
    assert found_in(decrypted(later)) == []
    assert list((folder / "evidence").iterdir()) == []
    assert whole(later)
    later.close()


def test_on_a_full_disk_the_deletion_stands_and_the_rest_waits(
    desk: session.Desk, held: opened.Opened, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not reported as if nothing had changed."""

    def full(_unlocked: object) -> bool:
        raise errors.TryAgain("disk-full")

    with monkeypatch.context() as patch:
        patch.setattr(remains, "_rewrite", full)
        assert not deletion.purge(desk, ref, ref).cleared
    assert purge.clear(held)
    assert found_in(decrypted(held)) == []


def test_a_computer_that_cannot_keep_the_tombstone_says_so(
    desk: session.Desk, held: opened.Opened, ref: str
) -> None:
    """A damaged list beside the anchor is not overwritten, and the deletion is not reported as refused."""
    folder = tombstones.beside_anchor(held.unlocked.store)
    folder.mkdir(parents=True)
    (folder / tombstones.FILE).write_bytes(b"{")
    done = deletion.purge(desk, ref, ref)
    assert (done.cleared, done.outside) == (True, False)
    assert (folder / tombstones.FILE).read_bytes() == b"{"


def test_a_store_of_the_second_format_can_delete(
    desk: session.Desk, held: opened.Opened, ref: str, at: clock.SetClock
) -> None:
    """2 to 3: three new tables; no row of before is rewritten."""
    with engine.unit(held.engine, write=True) as writing:
        for name in ("tombstone", "purgenotice", "remains"):
            writing.connection().execute(text(f"DROP TABLE {name}"))
        writing.connection().execute(text("UPDATE meta SET format = 2"))
    folder = held.folder
    held.close()
    later = again(folder, at)
    assert whole(later)
    assert deletion.purge(session.Desk(later, at), ref, ref).cleared
    assert whole(later)
    later.close()


def test_with_somebody_else_at_a_desk_the_pages_wait(
    desk: session.Desk, held: opened.Opened, ref: str, at: clock.SetClock
) -> None:
    """The case is gone for both at once and its files too; who opens the store alone clears the rest."""
    other = again(held.folder, at)
    done = deletion.purge(desk, ref, ref)
    assert not done.cleared
    assert list((held.folder / "evidence").iterdir()) == []
    with other.reading() as read:
        assert remains.left(read) == [remains.PAGES]
        with pytest.raises(errors.UsageError, match="no-such-case"):
            case_rows.find(read, ref)
    other.close()
    folder = held.folder
    held.close()
    later = again(folder, at)
    with later.reading() as read:
        assert remains.left(read) == []
    later.close()


def test_a_file_that_an_item_names_is_never_cleared(
    desk: session.Desk, held: opened.Opened, ref: str
) -> None:
    """Whatever is entered as remains: a live item keeps its file."""
    with held.reading() as read:
        (item,) = [row for row in read.exec(select(models.Evidence)) if row.file]
    with held.drafting() as writing:
        remains.leave(writing, [item.file])
    with lock.alone(held.lock) as mine:
        assert remains.clear(held.unlocked, held.engine, alone=mine)
    assert files.verify(held.folder, item.file, item.key, item.sha256, store=held.unlocked.store)


def test_a_withdrawn_item_leaves_no_key_and_no_file(
    desk: session.Desk, held: opened.Opened, ref: str, monkeypatch: pytest.MonkeyPatch, at: clock.SetClock
) -> None:
    """Also when the program dies before the file went, and while a legal hold stands: the register is whole."""
    decisions.hold(desk, ref, True, "Công an yêu cầu giữ.")
    with held.reading() as read:
        (item,) = [row for row in read.exec(select(models.Evidence)) if row.file]
    assert item.key and item.key in decrypted(held)
    with monkeypatch.context() as patch:
        patch.setattr(purge, "clear", lambda _held: False)
        evidence.withdraw(desk, ref, item.item, "Có ảnh riêng tư.", "Thầy Bình")
    folder = held.folder
    held.close()
    later = again(folder, at)
    assert [path for path in (folder / "evidence").rglob("*") if path.is_file()] == []
    assert item.key not in decrypted(later)
    with later.reading() as read:
        row = read.get_one(models.Evidence, item.id)
        assert (row.withdrawn_at is not None, row.withdraw_reason) == (True, "Có ảnh riêng tư.")
    assert whole(later)
    later.close()


def test_no_later_case_stands_under_its_numbers(desk: session.Desk, held: opened.Opened, ref: str) -> None:
    """Neither the reference nor the row number is given again: the log's old entries stay nobody's."""
    shut(held, "2026-0003")
    with held.reading() as read:
        before = case_rows.find(read, ref).id
    deletion.purge(desk, ref, ref)
    deletion.purge(desk, "2026-0003", "2026-0003")
    new = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,))).ref
    assert new == "2026-0005"
    with held.reading() as read:
        assert case_rows.find(read, new).id > before
        assert [one.act for one in audit.entries(read, ref=new)] == ["case.opened"]
    assert whole(held)


def test_other_cases_lose_nothing_but_the_link(desk: session.Desk, held: opened.Opened, ref: str) -> None:
    """Their rows stay, their drafts stay, their newest act can still be taken back."""
    from triage.desk import undo

    with held.reading() as read:
        mine = case_rows.find(read, ref).id
        before = {table: len(read.exec(select(table)).all()) for table in audit.tables()}
        gone = {type(one): len(each) for each in rows.owned(read, mine) for one in each[:1]}
    deletion.purge(desk, ref, ref)
    with held.reading() as read:
        for table, count in before.items():
            new = {models.Tombstone: 1, models.Setting: 2}.get(table, 0)
            assert len(read.exec(select(table)).all()) == count - gone.get(table, 0) + new, table
        assert gone[models.Link] == 2
        assert [one.form for one in read.exec(select(models.Draft))] == ["note:2026-0001"]
    undo.take_back(desk, "2026-0001")
    undo.take_back(desk, "2026-0003")
    assert whole(held)


def test_every_table_is_of_a_case_or_named_as_of_none() -> None:
    """A table that is added later cannot be forgotten by the deletion."""
    for name, table in SQLModel.metadata.tables.items():
        of_a_case = name == "case" or bool(set(table.columns.keys()) & set(rows.OWNERS))
        assert of_a_case != (name in rows.OF_NO_CASE), name
