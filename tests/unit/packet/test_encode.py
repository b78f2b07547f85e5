"""Each encoder lets through what its place can bear and nothing that acts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import errors
from triage.packet import bag, encode, glyphs, wording


@given(st.text())
def test_a_value_of_bag_info_is_one_clean_line_or_refused(text: str) -> None:
    try:
        value = encode.bag_value(text, "Recipient")
    except errors.Refused:
        return
    assert len(value.splitlines()) <= 1
    assert not {unicodedata.category(letter) for letter in value} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", value) or not text.isascii()
    assert bag.read_info(bag.info([("Recipient", text)])) == {"Recipient": value}


@given(st.text())
def test_text_of_the_report_has_only_letters_that_the_font_draws(text: str) -> None:
    assert {ord(letter) for letter in encode.report_text(text)} <= glyphs.covered() | {10}
    assert "\n" not in encode.report_line(text)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nX-Recipient: b", "a\x85b", "a\u2028b", "a\x0bb", "a\x1cb"])
def test_a_line_break_is_refused_and_the_field_named(text: str) -> None:
    for encoder in (encode.bag_value, encode.readme_line, encode.certificate_name):
        with pytest.raises(errors.Refused) as caught:
            encoder(text, "school")
        assert caught.value.values == {"field": "school"}


def test_controls_and_bidi_marks_are_removed() -> None:
    assert encode.bag_value("Tr\u202eường\x9b31m\x00 \u2066Hoa\u2069", "x") == "Trường31m Hoa"


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "CON", "con.txt", "NUL", "LPT1", "x.", "", ".x", "a\nb", "é", "a b"]
)
def test_names_that_some_system_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(errors.UsageError):
        encode.file_name(name)


def test_addresses_are_defanged() -> None:
    assert encode.defanged("https://a.example/b.c?d=e.f") == "hxxps://a[.]example/b.c?d=e.f"
    assert encode.defanged("a.example") == "a[.]example"


def test_a_manifest_is_read_back_or_refused() -> None:
    digests = {"data/a": "0" * 64, "data/b": "1" * 64}
    assert bag.read_manifest(bag.manifest(digests)) == digests
    line = b"a" * 64 + b"  data/a\n"
    for wrong in (
        line[:-1],
        line + line,
        line.upper(),
        line.replace(b"  ", b" "),
        line.replace(b"\n", b"\r\n"),
        b"\xff",
    ):
        with pytest.raises(errors.CheckFailed):
            bag.read_manifest(wrong)


def test_numbers_are_written_as_in_vietnam() -> None:
    assert wording.number(450000000) == "450.000.000"
