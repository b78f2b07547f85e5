from __future__ import annotations

import csv
import io
import unicodedata

import pytest

from tests.unit.summary.test_release import MONTH, TERM, YEAR, drawn
from triage import errors
from triage.summary import csv_out, release


def table(payload: bytes) -> list[list[str]]:
    """The rows of a release's CSV."""
    data = next(data for name, data in csv_out.files(payload).items() if name.endswith(".csv"))
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_files_have_the_agreed_names() -> None:
    assert set(csv_out.files(drawn())) == {"so-do-co-nhieu-79012345-2026-11.csv", "doc-truoc.txt"}


def test_the_header_speaks_of_noisy_measurements_and_of_no_number_of_cases() -> None:
    header, *rows = table(drawn())
    assert header == ["truong", "ky", "bang", "o", "nhan", "gia_tri_do_co_nhieu", "sai_so_chuan"]
    assert not [name for name in header if name.startswith("so_")]
    assert table(drawn(TERM))[10][2:5] == ["category_severity", "scam.red", "Lừa đảo · Khẩn cấp"]
    assert rows[1] == ["79012345", "2026-11", "severity", "red", "Khẩn cấp", "-1", "4"]


def test_every_number_of_the_release_is_there_in_its_order_negative_ones_too() -> None:
    for wanted in (MONTH, TERM, YEAR):
        payload = drawn(wanted)
        values = [value for part in release.read(payload)["tables"] for value in part["values"]]
        assert [int(row[5]) for row in table(payload)[1:]] == values
        assert min(values) < 0


def test_no_word_can_begin_a_formula() -> None:
    for row in table(drawn(TERM))[1:]:
        assert not [word for word in row[:5] if word[:1] in "=+-@\t\r"]
    assert [csv_out._plain(word) for word in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "Zalo")] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "Zalo",
    ]  # fmt: skip


def test_a_spreadsheet_recognises_the_letters() -> None:
    for data in csv_out.files(drawn()).values():
        assert data.startswith(b"\xef\xbb\xbf")
        assert unicodedata.is_normalized("NFC", data.decode("utf-8-sig"))


def test_the_page_beside_it_explains_negative_numbers_and_forbids_ranking_in_both_languages() -> None:
    words = csv_out.files(drawn())["doc-truoc.txt"].decode("utf-8-sig")
    for sentence in (
        "Số −3 nghĩa là “ít hoặc không có”, không phải lỗi nhập liệu.",
        "Xin không sửa số âm thành 0 và không làm tròn trước khi cộng",
        "Số của một trường không dùng để xếp hạng, xét thi đua",
        "do not change negative numbers to 0",
        "no ground for ranking",
    ):
        assert sentence in words


def test_the_page_is_the_same_for_every_release_so_that_one_folder_can_hold_many() -> None:
    assert len({csv_out.files(drawn(wanted))["doc-truoc.txt"] for wanted in (MONTH, TERM, YEAR)}) == 1


def test_a_payload_that_was_not_drawn_here_makes_no_table() -> None:
    with pytest.raises(errors.CheckFailed):
        csv_out.files(drawn() + b" ")
