"""A restricted case is opened by those who are named; everybody else has one line of it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.unit.restricted.conftest import STAFF, Sit, forget
from triage import clock, errors, models
from triage.desk import (
    board,
    cases,
    decisions,
    evidence,
    keys,
    restricted,
    restricted_people,
    session,
    steps,
    summaries,
    upkeep,
    view,
)
from triage.store import audit, engine, restricted_folders, restricted_keys
from triage.store import restricted as store
from triage.store.records import cases as case_rows
from triage.store.records import restricted as rows
from triage.summary import period, release, tabulate
from triage.terms import Kind, Part

NOVEMBER = period.read("2026-11")
REPORT = cases.NewCase(
    kinds=(Kind.GROOM,),
    words="Thầy nhắn cho em lúc nửa đêm.",
    answers={"age_band": "13_15", "self_harm": "acute"},
)


@pytest.fixture
def ref(an: session.Desk) -> str:
    """A restricted case of An and Bình."""
    return restricted.new(an, REPORT, ["Thầy Bình"], subjects=["Thầy Dũng"]).ref


def acts(desk: session.Desk) -> list[str]:
    """The shared log's acts, oldest first."""
    return [entry.act for entry in reversed(upkeep.log(desk, limit=1000))]


def test_named_people_work_in_it_as_in_any_case(an: session.Desk, sit: Sit, ref: str, tmp_path: Path) -> None:
    """Steps, notes, evidence, people, undo and closing: the same desk; what one writes the other reads."""
    inside = restricted.desk_of(an, ref)
    cases.note(inside, ref, "Em đã kể cho mẹ.")
    letter = cases.add_person(inside, ref, Part.GUARDIAN, {"name": "Trần Thị Lan"})
    file = tmp_path / "chup.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    evidence.add(inside, ref, [file], evidence.Origin("em A"), no_sexual_image=True)
    bình = restricted.desk_of(sit("Thầy Bình"), ref)
    seen = view.case(bình, ref)
    assert [note.text for note in seen.notes] == [REPORT.words, "Em đã kể cho mẹ."]
    assert cases.show_identity(bình, ref, letter) == {"name": "Trần Thị Lan"}
    assert all(check.holds for check in evidence.verify(bình, ref))
    step = next(line.planned.id for line in seen.steps)
    steps.done(bình, ref, step)
    assert view.case(inside, ref).newest == view.case(bình, ref).newest


def test_the_rest_of_the_desk_does_not_know_it(an: session.Desk, ref: str) -> None:
    """Lists, counts, the board and search of everybody's part hold nothing of it."""
    assert view.listed(an, case_rows.Wanted())[1] == 0
    assert view.listed(an, case_rows.Wanted(), search_for="thay")[1] == 0
    assert view.due(an, 20) == []
    assert not board.ids(an) and not board.due(an, 20)
    counts = board.counts(an)
    assert (dict(counts.by_level), counts.overdue, counts.due_today) == ({}, 0, 0)
    with pytest.raises(errors.UsageError):
        view.case(an, ref)


def test_one_line_for_everybody(an: session.Desk, sit: Sit, ref: str, at: clock.SetClock) -> None:
    """Whom to ask, when it is due, whether that has passed; no level, the same for who is named and who is not."""
    (line,) = restricted.lines(sit("Cô Chi"))
    assert (line.ref, line.named, line.overdue) == (ref, ("Cô An", "Thầy Bình"), False)
    assert line.next_due_at == view.case(restricted.desk_of(an, ref), ref).line.next_due_at
    assert set(line.as_json()) == {"restricted", "named", "next_due_at", "overdue", "rekey"}
    at.at = datetime(2026, 12, 25, tzinfo=UTC)
    late = restricted.lines(sit("Thầy Dũng"))
    assert late == restricted.lines(an) and late[0].overdue


@pytest.mark.parametrize("who", STAFF[2:])
def test_who_is_not_named_is_refused(sit: Sit, ref: str, who: str) -> None:
    """By the refusal she knows whom to ask; nothing is entered and nothing opens."""
    desk = sit(who)
    before = acts(desk)
    with pytest.raises(errors.Refused) as refused:
        restricted.desk_of(desk, ref)
    assert refused.value.code == "restricted-not-named"
    assert refused.value.values["named"] == "Cô An, Thầy Bình"
    assert acts(desk) == before and not desk.inside


def test_each_opening_is_an_entry(an: session.Desk, sit: Sit, ref: str) -> None:
    """Each opening again, by each named person; what is done inside has no name outside."""
    bình = sit("Thầy Bình")
    restricted.desk_of(bình, ref)
    inside = restricted.desk_of(bình, ref)
    cases.note(inside, ref, "Đã gọi cho mẹ.")
    assert acts(an)[-3:] == ["restricted.opened", "restricted.opened", "restricted.acted"]
    entries = upkeep.log(an, limit=2)
    assert {entry.member for entry in entries} == {"Thầy Bình"}
    assert set(entries[0].codes) == {"restricted", "head", "head_hash"}


@pytest.mark.parametrize("code", ["read-only", "disk-full", "disk-error"])
def test_an_opening_that_cannot_be_entered_shows_nothing(
    sit: Sit, ref: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25: refused (5) before the case's database is touched."""
    bình = sit("Thầy Bình")

    @contextmanager
    def fails(*_: object, **__: object) -> Iterator[None]:
        raise errors.TryAgain(code)
        yield

    monkeypatch.setattr(bình.opened, "acting", fails)
    with pytest.raises(errors.Refused) as refused:
        restricted.desk_of(bình, ref)
    assert (refused.value.code, refused.value.status) == ("restricted-unlogged", 5)
    assert not bình.inside


def test_search_finds_it_for_who_is_named(an: session.Desk, sit: Sit, ref: str) -> None:
    """Its own index, without marks, ids only; the first search of a sitting is an entry."""
    assert restricted.found(an, "nua dem") == [ref]
    assert restricted.found(an, "nua dem khac") == []
    assert acts(an).count("restricted.searched") == 1
    chi = sit("Cô Chi")
    assert restricted.found(chi, "nua dem") == []
    assert acts(chi).count("restricted.searched") == 1


def test_two_are_named_at_least(an: session.Desk) -> None:
    """Alone, or oneself twice, or the subject, or nobody known: refused, and no folder stays."""
    for named, subjects, code in (
        ([], [], "restricted-needs-two"),
        (["cô an"], [], "restricted-needs-two"),
        (["Thầy Bình"], ["Thầy Bình"], "restricted-subject"),
        (["Thầy Bình"], ["Cô An"], "restricted-subject"),
        (["Thầy Vô"], [], "no-such-member"),
    ):
        with pytest.raises(errors.TriageError) as refused:
            restricted.new(an, REPORT, named, subjects=subjects)
        assert refused.value.code == code
    room = restricted_folders.room(an.folder)
    assert restricted.lines(an) == [] and not (room.is_dir() and any(room.iterdir()))


def test_a_named_person_lets_in_but_never_the_subject(an: session.Desk, sit: Sit, ref: str) -> None:
    """Chi is let in and reads; Dũng, whom it is about, is refused; Chi cannot let herself in."""
    chi = sit("Cô Chi")
    with pytest.raises(errors.Refused, match="restricted-not-named"):
        restricted_people.name(chi, ref, "Cô Chi")
    with pytest.raises(errors.Refused, match="restricted-subject"):
        restricted_people.name(an, ref, "Thầy Dũng")
    restricted_people.name(an, ref, "Cô Chi")
    assert view.case(restricted.desk_of(chi, ref), ref).notes[0].text == REPORT.words
    with pytest.raises(errors.Refused, match="restricted-named-already"):
        restricted_people.name(an, ref, "Cô Chi")


def test_who_is_taken_out_opens_nothing_newer(
    an: session.Desk, sit: Sit, ref: str, at: clock.SetClock
) -> None:
    """Another key: her former one does not open the new database, the former database is gone, others go on."""
    restricted_people.name(an, ref, "Cô Chi")
    chi = sit("Cô Chi")
    inside = restricted.desk_of(chi, ref)
    old = inside.opened.unlocked.subkey("db")
    with pytest.raises(errors.TryAgain, match="restricted-in-use"):
        restricted_people.unname(an, ref, "Cô Chi")
    restricted.leave(chi, ref)
    restricted_people.unname(an, ref, "Cô Chi")
    place = restricted_folders.folder(an.folder, ref)
    assert [path.name for path in place.glob("case.*.db")] == ["case.2.db"]
    with pytest.raises(errors.StoreDamaged), engine.raw(place / "case.2.db", old) as connection:
        connection.execute("SELECT count(*) FROM note").fetchone()
    with pytest.raises(errors.Refused, match="restricted-not-named"):
        restricted.desk_of(chi, ref)
    bình = restricted.desk_of(sit("Thầy Bình"), ref)
    cases.note(bình, ref, "Sau khi đổi chìa.")
    assert len(view.case(restricted.desk_of(an, ref), ref).notes) == 2
    with pytest.raises(errors.Refused, match="restricted-needs-two"):
        restricted_people.unname(an, ref, "Thầy Bình")
    assert upkeep.verify_log(an).whole


def test_both_logs_hold(an: session.Desk, sit: Sit, ref: str) -> None:
    """The shared log is whole for everybody; who is named checks the inner one too."""
    inside = restricted.desk_of(an, ref)
    cases.note(inside, ref, "Một ghi chú.")
    assert upkeep.verify_log(sit("Cô Chi")).problems == ()
    assert upkeep.verify_log(an).problems == ()
    with engine.unit(inside.opened.engine, write=True) as rewriting:
        case_rows.notes(rewriting, case_rows.find(rewriting, ref).id)[0].text = "Khác."
    assert [str(one) for one in upkeep.verify_log(an).problems] == [f"row-changed: {ref} note 1"]
    assert upkeep.verify_log(sit("Cô Chi")).problems == ()


def test_a_crash_before_the_shared_log_heard_is_healed(
    an: session.Desk, sit: Sit, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done inside is there; the shared part hears of it from whoever opens next."""
    inside = restricted.desk_of(an, ref)
    with monkeypatch.context() as patch:
        patch.setattr(type(inside.opened), "tell", _crash)
        with pytest.raises(RuntimeError):
            cases.note(inside, ref, "Trước khi máy tắt.")
    with an.opened.reading() as shared:
        before = rows.find(shared, ref)
    bình = restricted.desk_of(sit("Thầy Bình"), ref)
    assert view.case(bình, ref).notes[-1].text == "Trước khi máy tắt."
    with an.opened.reading() as shared, bình.opened.reading() as read:
        after = rows.find(shared, ref)
        assert before and after and after.head == before.head + 1
        assert (after.head, after.head_hash) == audit.head(read)


def test_what_is_done_inside_stands_while_the_shared_part_is_busy(
    an: session.Desk, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note is recorded and said to be; the shared part hears of it with the next act."""
    inside = restricted.desk_of(an, ref)

    @contextmanager
    def busy(*_: object, **__: object) -> Iterator[None]:
        raise errors.TryAgain("busy")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(an.opened, "acting", busy)
        cases.note(inside, ref, "Trong lúc máy khác đang ghi.")
    assert view.case(inside, ref).notes[-1].text == "Trong lúc máy khác đang ghi."
    cases.note(inside, ref, "Sau đó.")
    with an.opened.reading() as shared, inside.opened.reading() as read:
        row = rows.find(shared, ref)
        assert row is not None and (row.head, row.head_hash) == audit.head(read)


def test_a_store_of_the_second_format_gets_its_tables(sit: Sit) -> None:
    """Brought forward on opening; no row of before is rewritten."""
    an = sit("Cô An")
    with engine.unit(an.opened.engine, write=True) as older:
        for part in ("coded", "key", "recovery", "case"):
            older.connection().execute(text(f"DROP TABLE restricted{part}"))
        older.connection().execute(text("UPDATE meta SET format = 2"))
    an.close()
    an = sit("Cô An")
    assert restricted.new(an, REPORT, ["Thầy Bình"]).ref and upkeep.verify_log(an).problems == ()


def test_an_older_copy_put_back_is_found(an: session.Desk, sit: Sit, ref: str, tmp_path: Path) -> None:
    """Behind what the shared log heard, or another log at that place: damaged, nothing is shown."""
    place = restricted_folders.folder(an.folder, ref)
    restricted.leave(an, ref)
    shutil.copytree(place, tmp_path / "older")
    cases.note(restricted.desk_of(an, ref), ref, "Sau bản chép.")
    restricted.leave(an, ref)
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "older", place)
    with pytest.raises(errors.StoreDamaged, match="restricted-behind"):
        restricted.desk_of(sit("Thầy Bình"), ref)
    assert [one.code for one in upkeep.verify_log(an).problems] == ["restricted"]


def test_a_case_that_is_gone_is_named_to_everybody(an: session.Desk, sit: Sit, ref: str) -> None:
    """Whoever cannot open it still sees that its folder is not there."""
    restricted.leave(an, ref)
    shutil.rmtree(restricted_folders.folder(an.folder, ref))
    for who in ("Cô Chi", "Thầy Bình"):
        assert [str(one) for one in upkeep.verify_log(sit(who)).problems] == [f"restricted: {ref}"]


def test_a_key_put_there_by_a_stranger_is_not_taken(an: session.Desk, sit: Sit, ref: str) -> None:
    """Chi can write the database and sign entries of her own: Bình is not handed a key that Chi knows."""
    chi, bình = sit("Cô Chi"), sit("Thầy Bình")
    with chi.opened.acting("restricted.named", restricted=ref) as act:
        row = rows.keys(act.session, ref)[bình.opened.unlocked.member_id]
        row.sealed = chi.opened.unlocked.seal_to(row.member_id, bytes(32), "restricted-key/x")
    with pytest.raises(errors.StoreDamaged, match="restricted-keys"):
        restricted.desk_of(bình, ref)
    with engine.unit(an.opened.engine, write=True) as raw:
        raw.add(models.RestrictedKey(restricted_id=ref, member_id=chi.opened.unlocked.member_id, sealed=b"x"))
    with pytest.raises(errors.StoreDamaged, match="restricted-keys"):
        restricted.desk_of(chi, ref)


def test_a_folder_that_never_became_a_case_is_set_aside(sit: Sit, folder: Path) -> None:
    """By the next start that is alone; not deleted, for the database may be the one that is wrong."""
    place = restricted_folders.make(folder, restricted_folders.new_ref())
    (place / "case.1.db").write_bytes(b"x")
    sit("Cô An").close()
    assert not place.exists() and len(list((folder / "restricted" / "aside").glob(f"{place.name}.*"))) == 1


def test_only_its_owner_enters(an: session.Desk, ref: str) -> None:
    """Folders 0700, files 0600."""
    if os.name == "nt":
        pytest.skip("Windows has other rights")
    for path in restricted_folders.room(an.folder).rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_an_unnamed_person_counts_it_when_a_period_is_closed(
    an: session.Desk, sit: Sit, ref: str, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chi closes the month: the student is counted once; the exact tables for inside the school leave it out."""
    tables: list[Any] = []
    draw = release.draw

    def seen(exact: Any, *rest: Any, **more: Any) -> Any:
        tables.append(exact)
        return draw(exact, *rest, **more)

    monkeypatch.setattr(release, "draw", seen)
    at.at = datetime(2026, 12, 3, 3, 0, tzinfo=UTC)
    chi = sit("Cô Chi")
    exact = summaries.show(chi, NOVEMBER)
    assert all(not any(table["values"]) for table in exact["tables"])
    summaries.close(chi, NOVEMBER)
    with restricted.desk_of(an, ref).opened.reading() as read:
        case = case_rows.find(read, ref)
        one = case_rows.people(read, case.id)[0]
        alone = tabulate.tables([summaries.code(read, one, case)], NOVEMBER)
    assert tables == [alone] and any(map(any, alone.values()))


def test_a_member_added_later_is_told_before_anything_is_miscounted(
    an: session.Desk, sit: Sit, ref: str, at: clock.SetClock
) -> None:
    """Without a row sealed to her she closes nothing; the next act inside brings it."""
    at.at = datetime(2026, 12, 3, 3, 0, tzinfo=UTC)
    chi = sit("Cô Chi")
    with an.opened.acting("test.done") as act:
        act.session.delete(act.session.get_one(models.RestrictedCoded, (ref, chi.opened.unlocked.member_id)))
    with pytest.raises(errors.Refused, match="restricted-uncounted"):
        summaries.close(chi, NOVEMBER)
    cases.note(restricted.desk_of(an, ref), ref, "Một ghi chú.")
    assert summaries.close(chi, NOVEMBER).seq == 1


def test_it_is_linked_with_nothing(an: session.Desk, ref: str) -> None:
    """A link would lie in everybody's part: refused from both sides, with the way out said."""
    other = cases.new(an, cases.NewCase()).ref
    for desk, one, two in ((restricted.desk_of(an, ref), ref, other), (an, other, ref)):
        with pytest.raises(errors.Refused, match="restricted-link"):
            decisions.link(desk, one, two, "accepted")


def test_a_member_who_left_is_forgotten(an: session.Desk, sit: Sit, ref: str) -> None:
    """By a named person at once; by another it is queued, shown as overdue, and done at the next opening."""
    restricted.leave(an, ref)
    chi, bình = sit("Cô Chi"), sit("Thầy Bình")
    gone = an.opened.unlocked.member_id
    (left,) = forget(chi.opened, gone)
    assert (left.ref, left.renewed) == (ref, False)
    assert restricted.lines(chi)[0].rekey and restricted.named(chi, ref) == ("Thầy Bình",)
    with pytest.raises(errors.Refused, match="restricted-not-named"):
        restricted.desk_of(an, ref)
    assert view.case(restricted.desk_of(bình, ref), ref).notes
    assert not restricted.lines(chi)[0].rekey
    restricted_people.name(bình, ref, "Cô Chi")
    restricted.leave(bình, ref)
    (left,) = forget(bình.opened, chi.opened.unlocked.member_id)
    assert left.renewed and not restricted.lines(bình)[0].rekey
    assert upkeep.verify_log(bình).problems == ()


def test_nobody_leaves_who_alone_can_open_one(an: session.Desk, sit: Sit, ref: str) -> None:
    """Bình has left already: An must let somebody else in before she goes."""
    restricted.leave(an, ref)
    bình, chi = (sit(who).opened for who in ("Thầy Bình", "Cô Chi"))
    forget(an.opened, bình.unlocked.member_id)
    with pytest.raises(errors.Refused, match="restricted-last-named"):
        restricted_keys.refuse_last(chi, an.opened.unlocked.member_id)
    assert forget(chi, an.opened.unlocked.member_id) == [], "what only she can open is left as it is"
    assert restricted.named(an, ref) == ("Cô An",)


def test_doctor_says_how_they_are(an: session.Desk, sit: Sit, ref: str) -> None:
    """Nothing of what they are about: whole, not there, or waiting for a new key."""

    def said(desk: session.Desk) -> list[tuple[bool, str]]:
        found = upkeep.examine(desk.folder, desk, full=False)
        return [(one.ok, one.code) for one in found if one.area == "restricted"]

    restricted.leave(an, ref)
    chi = sit("Cô Chi")
    assert said(an) == said(chi) == [(True, "doctor-restricted")]
    assert [one.code for one in upkeep.examine(an.folder, an, full=False) if one.area == "leftovers"] == [
        "doctor-tidy"
    ]
    forget(chi.opened, an.opened.unlocked.member_id)
    assert said(chi)[1:] == [(False, "doctor-restricted-rekey")]
    shutil.rmtree(restricted_folders.folder(an.folder, ref))
    assert said(chi)[0] == (False, "doctor-restricted-broken")


def test_new_keys_of_ones_own_open_what_the_former_opened(an: session.Desk, ref: str, sit: Sit) -> None:
    """She gave herself fresh keys under another id: she is still named; the former key opens neither box."""
    restricted.leave(an, ref)
    before = an.opened.unlocked
    keys.renew_member(an, "Cô An", "đàn cò trắng bay về núi xa")
    assert an.opened.unlocked.member_id != before.member_id
    assert sorted(restricted.named(an, ref)) == ["Cô An", "Thầy Bình"]
    assert view.case(restricted.desk_of(an, ref), ref).notes
    cases.note(restricted.desk_of(an, ref), ref, "Ghi bằng khóa mới.")
    restricted.leave(an, ref)
    assert upkeep.verify_log(an).problems == ()
    with an.opened.reading() as shared:
        row, boxes = rows.find(shared, ref), rows.keys(shared, ref)
        counted = rows.coded(shared, an.opened.unlocked.member_id)[ref]
    assert row is not None and counted is not None and before.member_id not in boxes
    for box, purpose in (
        (boxes[an.opened.unlocked.member_id].sealed, store.key_purpose(ref, row.store, row.key_number)),
        (counted, store.coded_purpose(ref)),
    ):
        with pytest.raises(errors.StoreDamaged):
            before.open_sealed(box, purpose)


def test_fresh_keys_from_a_lead_open_no_restricted_case(an: session.Desk, ref: str, sit: Sit) -> None:
    """Bình had lost his passphrase; the lead at the desk could hold his new keys: An names him again."""
    restricted.leave(an, ref)
    keys.renew_member(an, "Thầy Bình", "đàn cò trắng bay về núi xa")
    assert restricted.named(an, ref) == ("Cô An",)
    assert view.case(restricted.desk_of(an, ref), ref).notes
    restricted_people.name(an, ref, "Thầy Bình")
    restricted.leave(an, ref)
    assert upkeep.verify_log(an).problems == ()


def test_a_removal_takes_the_key_of_every_restricted_case(an: session.Desk, ref: str) -> None:
    """The case has another key at once, for the lead is named; the others still open it."""
    restricted.leave(an, ref)
    with an.opened.reading() as shared:
        before = rows.find(shared, ref)
    keys.remove_member(an, "Thầy Bình", lambda _words, _number: None)
    with an.opened.reading() as shared:
        after = rows.find(shared, ref)
    assert before is not None and after is not None
    assert (after.key_number, after.rekey_due_at) == (before.key_number + 1, None)
    assert restricted.named(an, ref) == ("Cô An",)
    assert view.case(restricted.desk_of(an, ref), ref).notes
    restricted.leave(an, ref)
    assert upkeep.verify_log(an).problems == ()


def test_the_words_of_the_store_are_never_named(an: session.Desk, ref: str) -> None:
    """Whoever opens the store by its recovery words opens no restricted case."""
    with an.opened.reading() as shared:
        assert set(rows.keys(shared, ref)) <= {slot.id for slot in an.opened.unlocked.members}
        assert an.opened.unlocked.recovery.id not in rows.keys(shared, ref)


def test_two_named_at_once_lose_nothing(an: session.Desk, sit: Sit, ref: str) -> None:
    """Both desks write in turn: every note is there, and the shared part knows the last entry."""
    desks = [restricted.desk_of(an, ref), restricted.desk_of(sit("Thầy Bình"), ref)]
    for number in range(6):
        cases.note(desks[number % 2], ref, f"Ghi chú {number}.")
    assert len(view.case(desks[0], ref).notes) == 7
    with an.opened.reading() as shared, desks[1].opened.reading() as read:
        row = rows.find(shared, ref)
        assert row and (row.head, row.head_hash) == audit.head(read)
    assert upkeep.verify_log(an).problems == ()


def _crash(_self: object) -> None:
    raise RuntimeError("the power went")
