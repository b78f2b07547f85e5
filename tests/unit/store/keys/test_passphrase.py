"""The floor under a passphrase."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from triage import errors, i18n
from triage.store.keys import passphrase, wordlist

SCHOOL = {"school": "THPT Hoa Gạo", "code": "79012345", "label": "Cô An"}


def _why(words: str, **known: str) -> str | None:
    try:
        passphrase.check(words, **(SCHOOL | known))
    except errors.Refused as refused:
        assert refused.code == "weak-passphrase" and refused.status == 5
        return str(refused.values["why"])
    return None


def _full_names() -> Iterator[str]:
    for surname, middle, given in itertools.product(
        ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng"), ("Thị", "Văn", "Minh", "Thanh"), ("Hương", "Tuấn", "Linh")
    ):
        yield f"{surname} {middle} {given}"


def _weak() -> list[str]:
    """What teachers in Vietnam take when nobody stops them: names, years, love, school, rows of keys."""
    weak = [
        f"{wordlist.fold(name).replace(' ', '')}{year}" for name in _full_names() for year in (1985, 2024)
    ]
    weak += [name + tail for name in itertools.islice(_full_names(), 30) for tail in (" 1990!", "@123456")]
    words = ("matkhau", "anhyeuem", "emyeuanh", "iloveyou", "password", "truonghoc", "hocsinh", "giaovien", "vietnam",
             "hochiminh", "gia đình", "mẹ yêu con", "Hạnh Phúc", "yêu nghề")  # fmt: skip
    tails = ("123456789012", "1234567890abc", "20242024202", "!!!!!!!!!!!!", "@2024@2025@", "aaaaaaaaaaaaa")
    weak += [word + tail for word, tail in itertools.product(words, tails)]
    weak += [(word * 4)[:20] for word in ("matkhau", "abc123", "anhem", "yeuem", "12ab34")]
    weak += [
        f"{day:02}{month:02}{year} sinh nhat toi"
        for day, month, year in ((20, 11, 1982), (1, 6, 2010), (8, 3, 1975))
    ]
    weak += [f"ngày {day} tháng {month} em sinh ra đời" for day, month in ((8, 3), (20, 11), (1, 6), (30, 4))]
    weak += [
        "123456789012345",
        "0912345678 0912345678",
        "1" * 20,
        "2024 2024 2024 2024",
        "09 12 34 56 78 90 11",
    ]
    weak += ["qwertyuiopasdfgh", "asdfghjklzxcvbnm", "1qaz2wsx3edc4rfv", "qazwsxedcrfvtgb", "abcdefghijklmnop",
             "zxcvbnmasdfghjkl", "qwerty123456789", "abc123abc123abc1", "aaaaaaaaaaaaaaa",
             "abababababababab"]  # fmt: skip
    weak += ["anh yêu em nhiều lắm", "Em yêu anh mãi mãi", "tiên học lễ hậu học văn", "có công mài sắt có ngày nên kim",
             "uống nước nhớ nguồn", "học học nữa học mãi", "một con vịt xòe ra hai cái cánh", "chúc mừng năm mới 2025",
             "gần mực thì đen gần đèn thì sáng", "độc lập tự do hạnh phúc", "Hoàng Sa Trường Sa",
             "bố mẹ yêu con nhiều lắm",
             "toiyeuvietnam2024", "manchesterunited1", "ronaldomessi2022", "liverpoolchelsea", "m4tkh4u1234567890",
             "P@ssw0rd123456789", "matkhaucuatoi2024", "khongcomatkhau123", "dangnhap123456789", "congtacxahoi2024",
             "tuvantamly123456", "phongtuvantamly1", "truonghocthanthien"]  # fmt: skip
    weak += ["hoa gạo trường em đẹp nhất", "THPT Hoa Gạo 2024 abc", "thpthoagao2024!!", "mật mã 79012345 nhé bạn",
             "cô An dạy văn lớp tám xyz", "CoAn-rat-thich-hoa", "co an 79012345 vui ve",
             "hoagao-hoagao-2026!"]  # fmt: skip
    return weak


def test_three_hundred_weak_ones_are_refused() -> None:
    """At least 300 different weak passphrases, each refused with a reason."""
    weak = _weak()
    assert len(set(weak)) == len(weak) >= 300
    assert [words for words in weak if _why(words) is None] == []


def test_a_thousand_offered_ones_pass() -> None:
    """Six syllables of the list, different each time, whoever's school it is."""
    offered = {passphrase.offer() for _ in range(1000)}
    assert len(offered) == 1000
    for words in offered:
        assert len(words.split()) == 6 and set(words.split()) <= set(wordlist.syllables())
        assert _why(words) is None, words
        assert _why(words, school="Tiểu học Lan Anh", label="Lan") is None, words


def test_a_thousand_offered_in_english_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six English words where the program speaks English, whoever's school it is; Vietnamese where it does not."""
    monkeypatch.setitem(i18n._state, "language", "en")
    offered = {passphrase.offer() for _ in range(1000)}
    assert len(offered) == 1000
    for words in offered:
        assert len(words.split()) == 6 and set(words.split()) <= set(wordlist.syllables("en"))
        assert _why(words) is None and _why(words.upper()) is None, words
    assert set(passphrase.offer("vi").split()) <= set(wordlist.syllables("vi"))
    monkeypatch.setitem(i18n._state, "language", "vi")
    assert set(passphrase.offer().split()) <= set(wordlist.syllables("vi"))


@pytest.mark.parametrize(
    "words",
    ["mèo vàng nhảy qua sông", "bảy con cá lội ngược dòng suối", "trâu xanh gặm cỏ trên mái nhà tranh",
     "quyển vở ướt nằm trong ngăn tủ", "correct horse battery staple x", "kBx9#vTq2!LmZp7w",
     "Кошка сидит на окне сегодня", "one sparrow quietly borrowed the ladder", "đom đóm bay qua cánh đồng khuya",
     "mot cum mat khau that la dai"],
)  # fmt: skip
def test_own_sentences_pass(words: str) -> None:
    """A sentence of one's own passes, with or without marks, in any language."""
    assert _why(words) is None
    assert _why(wordlist.fold(words)) is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("ngắn quá thôi!", "short"),
        ("14 characters.", "short"),
        ("583920174658203", "digits"),
        ("58-39-20-17-46-58-20-39", "digits"),
        ("xyzkxyzkxyzkxyzkxyzk", "repeated"),
        ("quyển vở 20/11/2024 trong ngăn", "date"),
        ("ngăn tủ gỗ 2024-11-20 ẩm ướt", "date"),
        ("gỗ lim 20112024 ẩm ướt xanh", "date"),
        ("quyển vở của Cô An rách", "known"),
        ("chiếc bánh hoa-gạo của trường", "known"),
        ("quyển vở số 79012345 rách", "known"),
        ("matkhau của tôi là matkhau", "common"),
    ],
)
def test_each_reason_is_named(words: str, why: str) -> None:
    """The reason stands in the error as a code, and in the sentence in words."""
    assert _why(words) == why


def test_fourteen_and_fifteen_characters() -> None:
    """The boundary: 15 characters of no pattern pass, 14 do not."""
    assert _why("kbxvtqjlmzpwgr") == "short"
    assert _why("kbxvtqjlmzpwgrd") is None


def test_the_sentence_tells_the_way_out() -> None:
    """In both languages: the reason, what is safe, six words offered; never the passphrase itself."""
    with pytest.raises(errors.Refused) as refused:
        passphrase.check("matkhau123456789", **SCHOOL)
    for language in i18n.LANGUAGES:
        words = i18n.sentence(refused.value, language)
        assert "matkhau" not in words.what + words.next and "{" not in words.what + words.next
    assert "sáu từ" in i18n.sentence(refused.value, "vi").next
    assert "matkhau" not in repr(refused.value.values)


def test_a_title_or_one_short_word_of_a_label_is_no_reason() -> None:
    """«Cô An» does not forbid «an toàn»; «Trường THPT Hoa Gạo» does not forbid «trường»."""
    assert _why("an toàn là trên hết trong sân trường") is None
    assert _why("chiếc ô đỏ thông thường của trung tâm") is None


def test_a_listed_phrase_with_the_school_in_it_needs_four_other_syllables() -> None:
    """An offered phrase may name the school by chance; what is left must still be worth 40 bits."""
    assert _why("hoa gao xoai nghiem khuya met") == "known"
    assert _why("hoa gao xoai nghiem khuya thuyen") is None
    assert _why("hoa gao xoai hoa gao khuya nghiem") == "known"


def test_a_very_long_one_is_answered() -> None:
    """A megabyte of one pattern is refused, a megabyte of text passes; only the beginning is looked at."""
    assert _why("xyz" * 400_000) == "repeated"
    assert _why("quyển vở ướt nằm trong ngăn tủ và con mèo đen ngủ trưa; " * 20_000) is None
