"""The printed sheets, read by software that nobody here wrote: qpdf, pdftotext, pdfinfo, pdffonts."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage.desk import recovery as desk
from triage.store.keys import recovery, shares, sheets, wordlist

pytestmark = pytest.mark.interop

STORE = "ab" * 16
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
RAW = bytes(range(16))


def _run(name: str, *arguments: str | Path) -> str:
    """What an outside program says; without it the test is skipped, under CI it fails."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([found, *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _sheets(listed: str, language: str) -> list[sheets.Sheet]:
    words = recovery.spell(RAW, listed)
    whole = sheets.of_words(words, store=STORE, now=NOW, language=language, number=3)
    return [whole, *desk.share_sheets(words, store=STORE, number=3, now=NOW, language=language)]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("listed", wordlist.LANGUAGES)
def test_the_pdf_reads_back_as_the_sheet(listed: str, language: str, tmp_path: Path) -> None:
    """Whole by qpdf; one A4 page, tagged, titled; its text, as pdftotext gives it, is read as words and shares."""
    texts = []
    for at, sheet in enumerate(_sheets(listed, language)):
        file = tmp_path / f"{at}.pdf"
        file.write_bytes(desk.pdf(sheet))
        _run("qpdf", "--check", file)
        about = dict(line.split(":", 1) for line in _run("pdfinfo", file).splitlines())
        assert (
            about["Pages"].strip() == "1" and "A4" in about["Page size"] and about["Tagged"].strip() == "yes"
        )
        assert about["Title"].strip() == sheet.document and "Author" not in about
        assert "LiberationSerif" in _run("pdffonts", file)
        text = _run("pdftotext", "-layout", file, "-")
        said = " ".join(text.split())
        assert all(part in said for part in (sheet.title, sheet.warning, *sheet.facts[-3:], *sheet.below))
        assert wordlist.typed(text) == list(sheet.words)
        texts.append(text)
    assert recovery.read(texts[0]) == RAW
    assert shares.join(texts[3], texts[1], store=STORE, number=3, commit_check=RAW.__eq__) == RAW
    metadata = "".join(_run("pdfinfo", tmp_path / f"{at}.pdf") for at in range(4))
    for word in {word for sheet in _sheets(listed, language)[:1] for word in sheet.words if len(word) > 4}:
        assert word not in metadata


def test_the_widest_words_stay_beside_their_numbers(tmp_path: Path) -> None:
    """Fifteen of the widest words of the lists: no number is parted from its word."""
    listed = [*wordlist.syllables("vi"), *wordlist.syllables("en")]
    wide = sorted(listed, key=lambda word: len(word) + 0.8 * sum(map(word.count, "mw")), reverse=True)[:15]
    words = " ".join(sorted(wide, key=lambda word: word in wordlist.places("vi")))
    sheet = sheets.of_share(words, 2, store=STORE, now=NOW, language="vi", number=3)
    (tmp_path / "wide.pdf").write_bytes(desk.pdf(sheet))
    text = _run("pdftotext", "-layout", tmp_path / "wide.pdf", "-")
    assert wordlist.typed(text) == list(sheet.words)
    assert sum(1 for line in text.splitlines() if wordlist._NUMBERED.fullmatch(line)) == 5


def test_the_same_sheet_is_the_same_bytes_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made in memory: no file in the temporary folder or at home, where words would outlive the paper."""
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path / "HOME")
    sheet = _sheets("vi", "vi")[0]
    assert desk.pdf(sheet) == desk.pdf(sheet)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
