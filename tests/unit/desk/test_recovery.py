"""Sheets that are printed, and the drill that proves them without touching the store."""

from __future__ import annotations

import itertools
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.store.keys import sample
from triage import errors
from triage.desk import recovery
from triage.store.keys import header, sheets
from triage.store.keys import recovery as words_room
from triage.terms import Right

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


@pytest.fixture
def school(tmp_path: Path) -> sample.School:
    """A store whose header advanced since the words last opened it: opening would write the pin anew."""
    made = sample.school(tmp_path / "store")
    (made.folder / "evidence").mkdir()
    (made.folder / "evidence" / "one").write_bytes(b"sealed")
    return made


def _bytes(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file with its bytes, mode and time of change."""
    return {
        str(file.relative_to(folder)): (
            file.read_bytes() if file.is_file() else b"",
            file.stat().st_mode,
            file.stat().st_mtime_ns,
        )
        for file in (folder, *sorted(folder.rglob("*")))
    }


def _sheet(school: sample.School, language: str = "vi") -> sheets.Sheet:
    return sheets.of_words(school.words, store=school.lead.store, now=NOW, language=language, number=1)


def _shares(school: sample.School, language: str = "vi") -> tuple[sheets.Sheet, ...]:
    return recovery.share_sheets(school.words, store=school.lead.store, number=1, now=NOW, language=language)


def test_a_drill_with_words_changes_no_byte(school: sample.School) -> None:
    """Words or the whole sheet, right or wrong: the store's id or the place, and the folder as it was."""
    before = _bytes(school.folder)
    assert recovery.drill_words(school.folder, school.words.upper()) == school.lead.store
    assert recovery.drill_words(school.folder, _sheet(school).text()) == school.lead.store
    wrong = school.words.split()
    wrong[3] = "zzzz"
    with pytest.raises(errors.WrongPassphrase) as refused:
        recovery.drill_words(school.folder, " ".join(wrong))
    assert (refused.value.code, refused.value.values["place"]) == ("recovery-word", 4)
    assert _bytes(school.folder) == before
    header.recover(school.folder, school.words).forget()
    assert _bytes(school.folder) != before  # what a drill must not do


def test_a_drill_with_shares_changes_no_byte(school: sample.School) -> None:
    """Any two, in any order, and all three; one alone or a mistyped one proves nothing."""
    before, made = _bytes(school.folder), _shares(school)
    texts = [sheet.text() for sheet in made]
    for one, two in itertools.permutations(range(3), 2):
        proven = recovery.drill_shares(school.folder, [texts[one], " ".join(made[two].words)])
        assert proven == recovery.Proven(school.lead.store, (one + 1, two + 1))
    assert recovery.drill_shares(school.folder, texts).shares == (1, 2, 3)
    for one in range(3):
        with pytest.raises(errors.UsageError):
            recovery.drill_shares(school.folder, [texts[one]])
        with pytest.raises(errors.WrongPassphrase) as twice:
            recovery.drill_shares(school.folder, [texts[one], texts[one]])
        assert twice.value.code == "share-twice"
    wrong = " ".join([*made[1].words[:9], "zzzz", *made[1].words[10:]])
    with pytest.raises(errors.WrongPassphrase) as refused:
        recovery.drill_shares(school.folder, [texts[0], wrong])
    values = refused.value.values
    assert (refused.value.code, values["which"], values["place"]) == ("share-wrong-word", 2, 10)
    assert _bytes(school.folder) == before


def test_a_drill_sees_what_others_changed(school: sample.School) -> None:
    """A header that somebody without the keys altered is not proven, by words or by shares."""
    made = [sheet.text() for sheet in _shares(school)]
    header.add_member(
        school.folder, school.lead, label="Cô Cúc", right=Right.COUNSELLOR, passphrase="p", cost=sample.CHEAP
    )
    assert recovery.drill_shares(school.folder, made[1:]).shares == (2, 3)
    school.file.write_bytes(school.file.read_bytes().replace("Cô Cúc".encode(), "Cô Cốc".encode()))
    for drill in (lambda: recovery.drill_words(school.folder, school.words),
                  lambda: recovery.drill_shares(school.folder, made[:2])):  # fmt: skip
        with pytest.raises(errors.StoreDamaged):
            drill()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_sheets_of_shares_say_what_they_are(school: sample.School, language: str) -> None:
    """Number of the share and of the set, date, store, who keeps it, that two open and one alone does not."""
    made = _shares(school, language)
    assert len({sheet.words for sheet in made}) == 3
    for number, sheet in enumerate(made, 1):
        text = sheet.text()
        says = ("Mảnh", "giữ bởi: ___", "Hai mảnh bất kỳ", "một mảnh một mình", "Bộ số 1") if language == "vi" else (
            "Share", "kept by: ___", "Any two shares", "one share alone", "Set 1")  # fmt: skip
        for said in (f"{number}/3", "25/11/2026", school.lead.store, *says):
            assert said in " ".join(text.split()), said
        assert max(map(len, text.splitlines())) <= 90
        assert f"{number}/3" in sheet.document and not set(sheet.words) & set(sheet.document.split())


def test_sheets_are_written_as_text_or_pdf_for_their_owner(school: sample.School, tmp_path: Path) -> None:
    """By the name's ending; 0600, never over a file; what is written opens the store."""
    recovery.write(tmp_path / "words.txt", _sheet(school), school.folder)
    recovery.write(tmp_path / "words.PDF", _sheet(school), school.folder)
    text, pdf = (tmp_path / "words.txt").read_text(encoding="utf-8"), (tmp_path / "words.PDF").read_bytes()
    assert recovery.drill_words(school.folder, text) and pdf.startswith(b"%PDF-")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("words.txt", "words.PDF")} == {0o600}
    with pytest.raises(errors.Refused) as refused:
        recovery.write(tmp_path / "words.PDF", _sheet(school), school.folder)
    assert refused.value.code == "recovery-file-exists" and (tmp_path / "words.PDF").read_bytes() == pdf
    with pytest.raises(errors.Refused) as inside:
        recovery.write(school.folder / "words.pdf", _sheet(school), school.folder)
    assert inside.value.code == "recovery-in-store" and not (school.folder / "words.pdf").exists()


def test_three_shares_are_written_or_none(
    school: sample.School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file each; a file that is there, or a disk that fills at the third, leaves no share behind."""
    files = recovery.write_shares(tmp_path / "manh.txt", _shares(school), school.folder)
    assert [file.name for file in files] == ["manh-1.txt", "manh-2.txt", "manh-3.txt"]
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert recovery.drill_shares(school.folder, texts).shares == (1, 2, 3)
    (tmp_path / "b-2.pdf").write_bytes(b"mine")
    with pytest.raises(errors.Refused):
        recovery.write_shares(tmp_path / "b.pdf", _shares(school), school.folder)
    assert sorted(file.name for file in tmp_path.glob("b-*")) == ["b-2.pdf"]
    real, calls = words_room.write_sheet, []

    def full(path: Path, made: str | bytes, store_folder: Path) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise errors.TryAgain("recovery-not-written", why="full")
        real(path, made, store_folder)

    monkeypatch.setattr(words_room, "write_sheet", full)
    with pytest.raises(errors.TryAgain):
        recovery.write_shares(tmp_path / "c.txt", _shares(school), school.folder)
    assert len(calls) == 3 and not list(tmp_path.glob("c-*"))
