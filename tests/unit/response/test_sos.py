"""Help before anything is unlocked: what is on the page, what is said on the phone, how sure a number is."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from tests.unit.response import words
from triage import errors, schema
from triage.response import sos

HERE = Path(sos.__file__).parent
READ = date(2026, 11, 23)
FILES = {
    name: tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    for name in ("sos", "scripts", "contacts")
}
TITLES = [
    "Em đang bị gọi điện / gọi video điều khiển",
    "Không liên lạc được với em, em đã bỏ đi",
    "Em nói muốn chết, đã tự làm đau mình hoặc đã uống thuốc",
    "Em bị dọa tung ảnh, clip",
    "Vừa chuyển tiền, hoặc đang sắp chuyển tiền",
    "Em sắp đi gặp người lạ, sắp đi xa, «việc nhẹ lương cao»",
    "Người gây hại ở trong nhà hoặc trong trường",
    "Chưa rõ",
]


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_data_has_its_shape(name: str) -> None:
    schema.check(FILES[name], f"{name}-v1")


def test_there_are_the_eight_situations_and_zero_is_not_clear_yet() -> None:
    """Corrections 1."""
    assert [one.number for one in sos.situations()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one.title["vi"] for one in sos.situations()] == TITLES
    assert sos.situation(0) is sos.situation(8)
    assert sos.situation(4).key == "image_threat"


def test_each_situation_has_at_most_five_lines_a_call_and_numbers() -> None:
    for one in sos.situations():
        assert 1 <= len(one.lines["vi"]) == len(one.lines["en"]) <= 5
        assert one.script is not None
        assert sos.script(one.script).text["vi"]
        assert sos.contacts(one.contacts)
        assert any(contact.emergency for contact in sos.contacts(one.contacts)), one.key


@pytest.mark.parametrize(
    ("number", "line", "said"),
    [
        (1, 0, "Công an thật không làm việc qua điện thoại. Em tắt máy, cô chịu trách nhiệm."),
        (1, 1, "Tắt cuộc gọi, bật chế độ máy bay, úp máy."),
        (2, 0, "gọi 113 ngay"),
        (2, 1, "bạn, phòng trọ, bảo vệ"),
        (3, 0, "không rời em, kể cả để gọi điện"),
        (3, 1, "không gây nôn"),
        (3, 2, "Em có định làm thật không"),
        (4, 1, "Có lúc nào em nghĩ đến cái chết"),
        (4, 2, "Không trả tiền, không gửi thêm"),
        (4, 3, "Không xem, không chụp"),
        (5, 0, "Dừng mọi lần chuyển tiền"),
        (5, 1, "Em sợ điều gì xảy ra ở nhà?"),
        (6, 0, "Giữ em ở lại"),
        (7, 1, "Không gọi về nhà"),
        (8, 2, "Chuyện của em được giữ kín. Chỉ khi"),
    ],
)
def test_what_matters_most_stands_in_its_line(number: int, line: int, said: str) -> None:
    """Corrections 2, 4, 5, 7, 9, 13, 14, 31, 33."""
    assert said in sos.situation(number).lines["vi"][line]


def test_home_is_called_only_after_asking() -> None:
    """Corrections 7: a line that speaks of telling the family asks first, or says not to."""
    for one in sos.situations():
        for line in one.lines["vi"]:
            if "gia đình" in line or "về nhà" in line:
                assert any(
                    asks in line for asks in ("Có lý do gì", "Hỏi em trước", "ông gọi về nhà", "chưa gọi")
                ), (one.number, line)
    assert "Có lý do gì để chưa gọi cho cha mẹ em lúc này không?" in sos.script("guardian").before["vi"]


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("113", "nghi bị “bắt cóc online”. Em … tuổi, nam/nữ, tên …; mặc …; lần cuối thấy em lúc … tại …;"),
        ("111", "có nên báo gia đình lúc này không, ai đến hỗ trợ em hôm nay?"),
        ("bank", "Đề nghị tra soát khẩn cấp và tạm giữ tiền ở tài khoản nhận; tôi đang trình báo công an."),
        ("guardian", "xin đừng chuyển tiền, đừng tự thương lượng"),
    ],
)
def test_scripts_are_read_as_they_stand(key: str, part: str) -> None:
    """Corrections 2: word for word, with blanks, the same number of them in both languages."""
    text = sos.script(key).text
    assert part in text["vi"]
    assert text["vi"].count("…") == text["en"].count("…") > 0
    assert "ghi âm" in sos.script("111").before["vi"]


def test_emergency_numbers_are_few_and_each_says_how_sure_it_is() -> None:
    assert [one.number for one in sos.emergency()] == ["113", "115", "111"]
    assert {one.key: one.mark for one in sos.emergency()} == {"113": "S", "115": "M", "111": "S"}
    assert not next(one for one in sos.all_contacts() if one.key == "ngay_mai").emergency


def test_numbers_are_the_pages_and_nothing_is_invented() -> None:
    """vietnam.md section 2 and playbooks 4.11 (consular line)."""
    assert sorted(one.number for one in sos.all_contacts() if one.number) == sorted(
        ["113", "115", "111", "112", "156", "069.3187.200", "028.3821.7080", "069.3187.344", "069.234.8560",
         "069.219.4053", "1900 54 55 59", "1800 90 69", "096.306.1414", "+84 981 84 84 84"]
    )  # fmt: skip
    assert {one.key for one in sos.all_contacts() if one.mark == "M"} == {"115", "stopncii", "consular"}
    assert {one.key for one in sos.all_contacts() if one.mark == "S~"} == {
        "111_online", "duty_hcm", "c02", "a05", "vncop", "child_hcm", "child_rights_hcm", "hung_vuong_hcm", "ngay_mai",
    }  # fmt: skip


def test_what_is_from_memory_or_an_old_source_is_flagged_on_the_first_day() -> None:
    flagged = {one.key for one in sos.stale(READ)}
    assert flagged == {one.key for one in sos.all_contacts() if one.mark != "S"}


def test_every_number_is_flagged_once_it_was_read_too_long_ago() -> None:
    limit = FILES["contacts"]["stale_after_days"]
    last, after = date.fromordinal(READ.toordinal() + limit), date.fromordinal(READ.toordinal() + limit + 1)
    assert "113" not in {one.key for one in sos.stale(last)}
    assert len(sos.stale(after)) == len(sos.all_contacts())


def test_a_line_says_who_when_it_was_read_and_what_to_check() -> None:
    (police, ambulance) = sos.contacts(("113", "115"))
    assert police.line("vi").startswith("113  Công an (khẩn cấp) (24/7; miễn phí;")
    assert police.line("vi").endswith("đọc ngày 23/11/2026)")
    assert "cần kiểm trước" in ambulance.line("vi")
    assert "check it beforehand" in ambulance.line("en")
    assert "đã quá 180 ngày, cần kiểm lại" in police.line("vi", date(2027, 11, 23))


def test_a_contact_without_a_number_begins_with_its_name() -> None:
    (ward,) = sos.contacts(("ward",))
    assert ward.line("vi").startswith("Công an phường/xã/đặc khu")


@pytest.mark.parametrize("name", sorted(FILES))
def test_both_languages_one_spelling_no_blame(name: str) -> None:
    for where, vi, en in words.pairs(FILES[name]):
        assert unicodedata.is_normalized("NFC", vi), where
        assert words.old_tone(vi) is None, (where, vi)
        assert not [word for word in words.FORBIDDEN if word in vi.casefold()], (where, vi)
        if vi != "24/7":
            assert vi != en, where
            assert words.foreign(vi) == [] or name == "contacts", (where, words.foreign(vi))


def test_no_line_promises() -> None:
    """N04; corrections 13."""
    for one in sos.situations():
        for line in one.lines["vi"]:
            for promise in ("hứa", "chắc chắn", "đảm bảo", "bảo đảm", "sẽ không sao", "tuyệt đối"):
                assert promise not in line, (one.number, line)


def test_a_situation_as_json_is_complete_and_plain() -> None:
    for one in sos.situations():
        document = json.loads(json.dumps(sos.as_json(one)))
        assert document["number"] == one.number
        assert document["lines"]["vi"] == list(one.lines["vi"])
        assert document["script"]["text"]["en"]
        assert all(contact["read_on"] == "2026-11-23" for contact in document["contacts"])


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: sos.situation(9), "no-situation"),
        (lambda: sos.script("114"), "no-script"),
        (lambda: sos.contacts(["114"]), "no-contact"),
    ],
)
def test_what_does_not_exist_is_named(call: object, code: str) -> None:
    with pytest.raises(errors.UsageError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code


def test_what_was_loaded_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        sos.situation(1).key = "x"  # type: ignore[misc]
