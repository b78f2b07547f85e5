"""Recovery words: spelled, typed back, told which one is wrong, printed."""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.store.keys.sample import School
from triage import errors, i18n
from triage.store.keys import header, person, recovery, wordlist

STORE = "ab" * 16
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def _raw(number: int) -> bytes:
    return hashlib.sha256(b"sheet %d" % number).digest()[:16]


def _diagnose(words: list[str] | str, raw: bytes) -> recovery.Problem | None:
    typed = words if isinstance(words, str) else " ".join(words)
    return recovery.diagnose(typed, lambda found: found == raw)


def test_a_worked_example() -> None:
    """Sixteen zero bytes: fourteen words, the last two hold the checksum."""
    words = recovery.spell(bytes(16)).split()
    check = int.from_bytes(hashlib.sha256(b"triage/v1/recovery\n" + bytes(16)).digest()[:2]) >> 4
    assert len(words) == 14 and set(words[:12]) == {"ach"}
    assert wordlist.places()[words[12]] << 10 | wordlist.places()[words[13]] == check
    assert recovery.read(" ".join(words)) == bytes(16)


def test_new_words_are_new() -> None:
    """Sixteen bytes from the system, each time others."""
    assert len({recovery.new() for _ in range(100)}) == 100
    assert len(recovery.new()) == 16


@pytest.mark.parametrize("language", wordlist.LANGUAGES)
@pytest.mark.parametrize("half", [0, 1])
def test_every_single_wrong_word_and_swap_is_named_in_two_hundred_sheets(language: str, half: int) -> None:
    """One word replaced at each place, each pair of neighbours swapped: the place is told."""
    words_of, places = wordlist.syllables(language), wordlist.places(language)
    for number in range(50 * half, 50 * half + 50):
        raw = _raw(number)
        words = recovery.spell(raw, language).split()
        for place in range(14):
            other = words_of[(places[words[place]] + 1 + (37 * number + place) % 1023) % 1024]
            wrong = [*words[:place], other, *words[place + 1 :]]
            assert _diagnose(wrong, raw) == recovery.Problem("recovery-word", place + 1)
        for left in range(13):
            swapped = [*words[:left], words[left + 1], words[left], *words[left + 2 :]]
            expected = None if swapped == words else recovery.Problem("recovery-swapped", left + 1)
            assert _diagnose(swapped, raw) == expected
        assert _diagnose(words, raw) is None


def test_the_list_is_told_by_the_words() -> None:
    """English and Vietnamese words of the same bytes are read alike; a word of the other list is a wrong word."""
    raw = _raw(5)
    vi, en = (recovery.spell(raw, language) for language in wordlist.LANGUAGES)
    assert recovery.read(vi) == recovery.read(en) == recovery.read(en.upper()) == raw
    for words, other in ((vi.split(), en.split()), (en.split(), vi.split())):
        for place in range(14):
            mixed = [*words[:place], other[place], *words[place + 1 :]]
            assert _diagnose(mixed, raw) == recovery.Problem("recovery-word", place + 1)
            assert _diagnose(mixed, _raw(6)) == recovery.Problem("recovery-unknown", place + 1)
            with pytest.raises(errors.WrongPassphrase) as refused:
                recovery.read(" ".join(mixed))
            assert (refused.value.code, refused.value.values["place"]) == ("recovery-unknown", place + 1)


def test_numbers_and_the_whole_sheet_are_read() -> None:
    """As copied with its numbers, and the sheet's own text in both languages and lists."""
    raw = _raw(8)
    for listed in wordlist.LANGUAGES:
        words = recovery.spell(raw, listed)
        numbered = " ".join(f"{place}. {word}" for place, word in enumerate(words.split(), 1))
        assert recovery.read(numbered) == recovery.read(words.replace(" ", ",\n")) == raw
        for language in i18n.LANGUAGES:
            sheet = recovery.sheet(words, store=STORE, now=NOW, language=language, number=12)
            assert recovery.read(sheet) == raw


def test_three_places_are_drawn_anew_and_typed_back() -> None:
    """Three different places, every place in time; only the words there, in order, with or without marks, are right."""
    words = recovery.spell(_raw(1))
    drawn = {recovery.ask(words) for _ in range(300)}
    assert len(drawn) > 100 and {place for places in drawn for place in places} == set(range(1, 15))
    assert all(len(set(places)) == 3 and list(places) == sorted(places) for places in drawn)
    split = words.split()
    assert recovery.retyped(words, (2, 7, 14), f"{split[1].upper()} 7. {split[6]}\n{split[13]}")
    for wrong in ((1, 6, 12), (6, 1, 13), (1, 6), (1, 6, 13, 13)):
        assert not recovery.retyped(words, (2, 7, 14), " ".join(split[at] for at in wrong))
    assert not recovery.retyped(words, (2, 7, 14), "")


def test_any_word_of_the_list_in_one_place_is_named() -> None:
    """Words from all over the list in the third place of one sheet."""
    raw = _raw(7)
    words = recovery.spell(raw).split()
    for other in wordlist.syllables()[::17]:
        if other != words[2]:
            assert _diagnose([*words[:2], other, *words[3:]], raw) == recovery.Problem("recovery-word", 3)


def test_words_that_are_not_on_the_list_and_missing_words() -> None:
    """A mistyped word is named; so is the first of two; a missing word is counted."""
    raw = _raw(3)
    words = recovery.spell(raw).split()
    assert _diagnose([*words[:4], "wwww", *words[5:]], raw) == recovery.Problem("recovery-word", 5)
    assert _diagnose([*words[:4], "wwww", "zzzz", *words[6:]], raw) == recovery.Problem("recovery-unknown", 5)
    assert _diagnose(words[:13], raw) == recovery.Problem("recovery-count", found=13)
    assert _diagnose("", raw) == recovery.Problem("recovery-count", found=0)


def test_words_of_another_sheet_are_told_as_such() -> None:
    """A whole sheet that is not this store's, with one word wrong or none: no place is invented."""
    words = recovery.spell(_raw(1)).split()
    assert _diagnose(words, _raw(2)) == recovery.Problem("recovery-other")
    words[5] = "wwww"
    assert _diagnose(words, _raw(2)) == recovery.Problem("recovery-unknown", 6)


def test_marks_and_capitals_do_not_matter(school: School) -> None:
    """Words typed through UniKey with marks and in capitals open the store."""
    words = school.words.upper().replace("A", "Á").replace("D", "Đ")
    assert header.recover(school.folder, f"  {words}\n").store == school.lead.store


def test_a_wrong_word_at_the_door_is_3_with_its_place(school: School) -> None:
    """recover(): the error names place and set number, and holds no word."""
    words = school.words.split()
    words[8] = next(word for word in wordlist.syllables() if word != words[8])
    before = school.file.read_bytes()
    with pytest.raises(errors.WrongPassphrase) as refused:
        header.recover(school.folder, " ".join(words))
    assert refused.value.code == "recovery-word" and refused.value.values["place"] == 9
    assert not set(words) & set(map(str, refused.value.values.values()))
    with pytest.raises(errors.WrongPassphrase) as other:
        header.recover(school.folder, recovery.spell(bytes(16)))
    assert other.value.code == "recovery-other" and other.value.values["number"] == 1
    assert school.file.read_bytes() == before


def test_the_lock_of_the_words_is_bound_to_the_store() -> None:
    """The same words make other keys in another store; set number and store are named, nothing secret."""
    one, two = person.words_lock(bytes(16), STORE, 1), person.words_lock(bytes(16), "cd" * 16, 1)
    assert one.key != two.key and one.commit != two.commit
    assert one.kdf == {"kind": "hkdf-sha256", "set": 1}


@pytest.mark.parametrize("words", ["", "mot hai", "wwww " * 14])
def test_reading_words_directly_refuses_what_is_not_fourteen_of_the_list(words: str) -> None:
    """read(): a count or an unknown word; a failing checksum is told too."""
    with pytest.raises(errors.WrongPassphrase):
        recovery.read(words)
    right = recovery.spell(_raw(0)).split()
    right[0] = next(word for word in wordlist.syllables() if word != right[0])
    with pytest.raises(errors.WrongPassphrase) as refused:
        recovery.read(" ".join(right))
    assert refused.value.code == "recovery-checksum"


@pytest.mark.parametrize(("language", "says"), [("vi", "TỪ KHÔI PHỤC"), ("en", "RECOVERY WORDS")])
def test_the_sheet_has_words_store_date_and_number(language: str, says: str) -> None:
    """All fourteen words with their places, the store's id, the date in Vietnam, the set's number."""
    words = recovery.spell(_raw(1))
    sheet = recovery.sheet(words, store=STORE, now=NOW, language=language, number=3)
    assert says in sheet and STORE in sheet and "25/11/2026" in sheet and "3" in sheet
    assert "tiếng Việt" in sheet or "Vietnamese words" in sheet
    for place, word in enumerate(words.split(), 1):
        assert f"{place:2}. {word}" in sheet
    english = recovery.sheet(recovery.spell(_raw(1), "en"), store=STORE, now=NOW, language=language)
    assert "Từ tiếng Anh" in english or "English words" in english
    assert max(map(len, sheet.splitlines())) <= 96


def _refusal(path: Path, store: Path) -> str:
    with pytest.raises((errors.Refused, errors.UsageError)) as refused:
        recovery.write_sheet(path, "the sheet", store)
    return refused.value.code


def test_a_sheet_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    """A new file, 0600, with the text; a file or link that is there is left as it is."""
    out = tmp_path / "words.txt"
    recovery.write_sheet(out, "bảy con cá\n", tmp_path / "store")
    recovery.write_sheet(tmp_path / "words.pdf", b"%PDF \x00\r\n\xff", tmp_path / "store")
    assert out.read_text(encoding="utf-8") == "bảy con cá\n"
    assert (tmp_path / "words.pdf").read_bytes() == b"%PDF \x00\r\n\xff"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (out, tmp_path / "words.pdf")} == {0o600}
    assert _refusal(out, tmp_path / "store") == "recovery-file-exists"
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "nowhere")
    assert _refusal(link, tmp_path / "store") == "recovery-file-exists"
    assert not (tmp_path / "nowhere").exists() and out.read_text(encoding="utf-8") == "bảy con cá\n"


def test_a_sheet_never_lies_in_the_store_or_where_others_write_or_upload(tmp_path: Path) -> None:
    """Refused: in the store, also through a link; a folder others can write to; a synced folder; no folder."""
    store = tmp_path / "store"
    (store / "evidence").mkdir(parents=True)
    (tmp_path / "alias").symlink_to(store)
    for folder in (store, store / "evidence", tmp_path / "alias"):
        assert _refusal(folder / "words.txt", store) == "recovery-in-store"
    for name in (
        "OneDrive - THPT Hoa Gao",
        "Dropbox",
        "Google Drive",
        "iCloud Drive",
        "iCloudDrive",
        "My Drive",
    ):
        (tmp_path / name / "giay").mkdir(parents=True)
        assert _refusal(tmp_path / name / "giay" / "words.txt", store) == "recovery-synced"
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    assert _refusal(shared / "words.txt", store) == "recovery-open-folder"
    assert _refusal(tmp_path / "none" / "words.txt", store) == "recovery-no-folder"
    assert not list(tmp_path.rglob("words.txt"))
    shared.chmod(0o1777)
    recovery.write_sheet(shared / "words.txt", "x", store)
    readable = tmp_path / "home"
    readable.mkdir(mode=0o755)
    recovery.write_sheet(readable / "words.txt", "x", store)


def test_a_full_disk_leaves_no_part_of_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the sheet cannot be made durable it is taken away again: exit 6."""

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.TryAgain) as refused:
        recovery.write_sheet(tmp_path / "words.txt", "x", tmp_path / "store")
    assert refused.value.code == "recovery-not-written" and not (tmp_path / "words.txt").exists()
