"""Who is not named finds nothing of a restricted case, with the root key and every byte of the folder."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.unit.restricted import forensic
from tests.unit.restricted.conftest import Sit, school, words
from triage import clock
from triage.desk import (
    cases,
    decisions,
    drafts,
    evidence,
    packets,
    restricted,
    restricted_move,
    session,
    steps,
    undo,
    upkeep,
    view,
)
from triage.store import audit, opened
from triage.store.keys import header
from triage.terms import Kind, Part, Profile

WORDS = [
    f"{one} {two}"
    for one, two in zip(
        ["Zukavo", "Trầmđạ", "Vofita", "Lukêmo", "Sapôni", "Dạmikô", "Hưrêzu", "Kopẳti", "Munâvi", "Rêđola"],
        ["Bađêki", "Fuzăno", "Gimôla", "Ytrânu", "Wôpela", "Xâhimo", "Nuđôri", "Pâkesi", "Jêvota", "Qudăme"],
        strict=True,
    )
]
"""Invented words, each planted in another place."""
PHONE, BANK, ACCOUNT = "0900 000 731", "0071 0099 8821", "zalo-zukavopi"
FILES = ("anhchup_Zekimôđa.png", "tinnhan-Dufâlano.txt")
NAMES = ("GROOM", "SEXTORT", "CRITICAL", "school_staff", "danger_now", "self_harm", "in_person", "TikTokx")
NEEDLES = [
    *(part for word in WORDS for part in word.split()),
    *(PHONE, BANK, ACCOUNT, *FILES, *NAMES, "anhchup", "tinnhan", "0900000731", "HIGH"),
    *("Pháp lý Zôkemi", "Mục đích Vôzani", "trả lại Hôkezu"),
]


def live(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """A case is worked on in every way there is, with words planted everywhere."""
    cases.note(desk, ref, WORDS[0])
    cases.note(desk, ref, WORDS[1], private=True)
    cases.add_kinds(desk, ref, [Kind.SEXTORT])
    letter = cases.add_person(desk, ref, Part.GUARDIAN, {"name": WORDS[2], "contact": PHONE})
    cases.set_identity(desk, ref, "A", {"name": WORDS[3], "school_class": "8Zk"})
    cases.show_identity(desk, ref, letter)
    cases.add_indicator(desk, ref, "phone", PHONE, text=WORDS[4])
    cases.add_indicator(desk, ref, "bank_account", BANK)
    cases.add_indicator(desk, ref, "account", ACCOUNT)
    paths = [tmp_path / name for name in FILES]
    for path in paths:
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + WORDS[5].encode() * 50)
    evidence.add(desk, ref, paths, evidence.Origin(WORDS[6], "máy"), no_sexual_image=True)
    evidence.refer(desk, ref, evidence.Reference(WORDS[7], "Zalo", "em A"))
    first, second = (line.planned.id for line in view.case(desk, ref).steps[:2])
    steps.done(desk, ref, first, result=WORDS[8])
    steps.wait(desk, ref, second, desk.now() + timedelta(days=1), WORDS[9])
    cases.note(desk, ref, "trả lại Hôkezu")
    undo.take_back(desk, ref)
    drafts.keep(desk, "s1", {f"note:{ref}": {"text": "Mục đích Vôzani"}}, {})
    wish = packets.Wish("Công an phường", "Pháp lý Zôkemi", "Mục đích Vôzani", Profile.WARD)
    packets.new(desk, ref, wish, tmp_path / "out")
    shutil.rmtree(tmp_path / "out")


REPORT = cases.NewCase(
    kinds=(Kind.GROOM,),
    words="Trầmđạ kể chuyện.",
    answers={"age_band": "13_15", "self_harm": "none", "danger_now": "no"},
)


def none_of(data: bytes, words: list[str]) -> list[str]:
    """The words of which some form is there."""
    return [word for word in words if any(form and form in data for form in forensic.forms(word))]


def test_the_search_finds_what_is_not_restricted(an: session.Desk, tmp_path: Path) -> None:
    """The positive control: of an open case every word is found by the same search, or this file proves nothing."""
    ref = cases.new(an, REPORT).ref
    live(an, ref, tmp_path)
    data = forensic.everything(an.opened.unlocked)
    found = none_of(data, NEEDLES)
    in_files, as_answers = {"Dạmikô", "Xâhimo"}, {"school_staff", "in_person", "TikTokx", "0900000731"}
    assert set(NEEDLES) - set(found) <= in_files | as_answers


def test_nothing_of_a_restricted_case_is_found(an: session.Desk, sit: Sit, tmp_path: Path) -> None:
    """Every table, log, index, draft, entry, file and backup, decrypted with the root: none of the words."""
    ref = restricted.new(an, REPORT, ["Thầy Bình"]).ref
    inside = restricted.desk_of(an, ref)
    live(inside, ref, tmp_path)
    chi = sit("Cô Chi")
    needles = [word for word in NEEDLES if word != "self_harm"]
    assert none_of(forensic.everything(chi.opened.unlocked), needles) == []
    an.close()
    made = upkeep.make_backup(chi, tmp_path / "backup")
    assert none_of(forensic.everything(chi.opened.unlocked, made.path), needles) == []
    document = b"".join(str(entry.as_json()).encode() for entry in upkeep.log(chi, limit=10_000))
    assert none_of(document, needles) == []
    assert {entry.act for entry in upkeep.log(chi, limit=10_000)} <= {
        "store.created", "keys.made", "member.added", "restricted.created", "restricted.opened", "restricted.acted",
        "backup.begun", "backup.made", "store.shared-account-set",
    }  # fmt: skip


def test_a_case_made_restricted_is_taken_out_thoroughly(an: session.Desk, sit: Sit, tmp_path: Path) -> None:
    """Rows, index, drafts, undo, free pages, write-ahead log, files: gone; inside everything is there."""
    kept = cases.new(an, cases.NewCase(kinds=(Kind.SCAM,), words="Hồ sơ khác.")).ref
    others = none_of(forensic.everything(an.opened.unlocked), NEEDLES)
    old = cases.new(an, REPORT).ref
    live(an, old, tmp_path)
    decisions.link(an, kept, old, "accepted")
    before = view.case(an, old)
    moved = restricted_move.restrict(an, old, ["Thầy Bình"])
    assert moved.settled and moved.links == 1
    chi = sit("Cô Chi")
    logged = {"GROOM", "SEXTORT"}
    needles = [word for word in NEEDLES if word not in others]
    data = forensic.everything(chi.opened.unlocked)
    assert set(none_of(data, needles)) <= logged
    entries = b"".join(str(entry.as_json()).encode() for entry in upkeep.log(chi, limit=10_000))
    assert none_of(entries, needles) == []
    assert view.case(chi, kept).notes[0].text == "Hồ sơ khác." and view.case(chi, kept).links == ()
    assert not list((chi.folder / "evidence").iterdir())
    inside = restricted.desk_of(sit("Thầy Bình"), moved.ref)
    after = view.case(inside, moved.ref)
    assert [note.text for note in after.notes] == [note.text for note in before.notes]
    assert after.answers == before.answers and after.line.level is before.line.level
    assert [one.value for one in after.indicators] == [one.value for one in before.indicators]
    assert {line.planned.id: line.state for line in after.steps} == {
        line.planned.id: line.state for line in before.steps
    }
    assert all(check.holds for check in evidence.verify(inside, moved.ref))
    assert upkeep.verify_log(an).problems == ()
    assert cases.new(chi, cases.NewCase()).ref == "2026-0003"
    assert restricted.found(an, "zukavo") == [moved.ref]


def test_a_word_of_the_moved_case_stays_where_others_wrote_it(an: session.Desk, tmp_path: Path) -> None:
    """A draft of another form that only mentions the case is not taken from its writer."""
    old = cases.new(an, REPORT).ref
    drafts.keep(an, "s1", {"report": {"words": f"như {old}"}, f"note:{old}": {"text": "x"}}, {})
    restricted_move.restrict(an, old, ["Thầy Bình"])
    assert [draft.form for draft in drafts.listed(an)] == ["report"]


def test_what_is_shared_is_the_same_for_any_two_cases(
    tmp_path: Path, at: clock.SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two schools that differ in kind, level and evidence: shared rows alike but for ids, ciphertext, due time."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    quiet = cases.NewCase(kinds=(Kind.SCAM,), answers={"age_band": "13_15"})
    shapes = []
    for name, report, files in (("one", REPORT, 2), ("two", quiet, 0)):
        folder = school(tmp_path / name, at)
        held = opened.open(header.unlock(folder, "Cô An", words("Cô An"), allow_cheap=True), clock=at)
        with session.Desk(held, at) as desk:
            ref = restricted.new(desk, report, ["Thầy Bình"]).ref
            inside = restricted.desk_of(desk, ref)
            if files:
                paths = [tmp_path / f"{number}.txt" for number in range(files)]
                for path in paths:
                    path.write_text("x" * 50)
                evidence.add(inside, ref, paths, evidence.Origin(), no_sexual_image=True)
            else:
                cases.note(inside, ref, "Một ghi chú.")
            shapes.append(_shape(desk, ref))
    assert shapes[0] == shapes[1]


def _shape(desk: session.Desk, ref: str) -> list[Any]:
    """Every shared row; of what is random its length, of what is an instant that it is one."""
    found: list[Any] = []
    with desk.opened.reading() as read:
        for table in audit.tables():
            name = str(table.__tablename__)
            rows = [row.model_dump() for row in read.exec(select(table))]
            shaped = [
                str(
                    sorted(
                        (key, _plain(value, ref, long=name.startswith("restricted")))
                        for key, value in row.items()
                    )
                )
                for row in rows
            ]
            found.append((name, sorted(shaped)))
    return [*found, [(entry.act, sorted(entry.codes)) for entry in upkeep.log(desk, limit=1000)]]


def _plain(value: Any, ref: str, *, long: bool) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes" if long else "bytes"
    if isinstance(value, str):
        text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "<at>", value.replace(ref, "<ref>"))
        return re.sub(r"[0-9a-f]{16,}", "<hex>", text)
    return "<at>" if isinstance(value, datetime) else str(value)
