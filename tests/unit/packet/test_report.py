"""The report: what it says, what it never says, and that hostile text is only text."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.unit.packet import sample, test_make
from triage import terms
from triage.packet import contents, encode, glyphs, report

FORBIDDEN = re.compile(
    r"(?i)\b(critical|high|medium|low)\b|\b[CHM][0-9]{1,2}\b|\b[XYZ][0-9]{1,2}\b|\b\d{4}-\d{4}\b|"
    r"bộ luật hình sự|blhs|điều 1[0-9]{2}|nạn nhân|%"
)


def said(case: contents.PacketCase) -> str:
    """Every string that the template is given."""
    return json.dumps(report.described(contents.fitted(case)), ensure_ascii=False)


def read(pdf: bytes) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("pdftotext is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(pdf)
        run = subprocess.run([tool, "-layout", str(path), "-"], check=True, capture_output=True)
    return run.stdout.decode()


def test_the_same_case_gives_the_same_bytes() -> None:
    case = contents.fitted(sample.case())
    assert report.pdf(case) == report.pdf(case)


def test_it_has_the_nine_sections_and_the_box_first() -> None:
    data = report.described(contents.fitted(sample.case()))
    titles = [section["title"] for section in data["sections"]]
    assert [title.split(".")[0] for title in titles] == [
        "I",
        "II",
        "III",
        "IV",
        "V",
        "VI",
        "VII",
        "VIII",
        "IX",
    ]
    assert data["urgent"]["title"] == "CẦN LÀM NGAY"
    assert len(data["urgent"]["lines"]) == 3
    text = read(report.pdf(contents.fitted(sample.case())))
    assert text.index("CẦN LÀM NGAY") < text.index("I. THÔNG TIN CƠ QUAN BÁO TIN")


def test_it_never_says_rule_ids_english_levels_offences_or_running_numbers() -> None:
    for level in terms.Level:
        assert not FORBIDDEN.search(said(sample.case(level=level))), level


def test_it_says_the_level_in_words_with_reasons() -> None:
    text = said(sample.case())
    assert "Khẩn cấp" in text
    assert "Người dọa đang đòi tiền, hẹn hạn trong 24 giờ." in text
    assert "Thấp – theo những điều đã hỏi" in said(sample.case(level=terms.Level.LOW))
    assert "tạm thời" in said(sample.case(provisional=True))


def test_it_says_what_the_signature_is_for_and_that_no_image_is_enclosed() -> None:
    text = said(sample.case())
    assert "không thay cho chữ ký, con dấu của trường" in text
    assert "không kèm hình ảnh nhạy cảm" in text
    assert "hiệu trưởng ký, văn thư cấp số" in text
    assert "bảng phân loại dự thảo" in text


def test_a_time_written_down_later_is_said_so() -> None:
    text = said(sample.case())
    assert "thực hiện lúc 25/11/2026 09:00 (ghi nhận lúc 25/11/2026 10:10)" in text
    assert "25/11/2026 09:10" in text


def test_digests_stand_in_groups_of_four() -> None:
    digest = sample.items()[0].sha256 or ""
    grouped = " ".join(digest[at : at + 4] for at in range(0, 64, 4))
    assert grouped in said(sample.case())


def test_addresses_are_defanged_and_nothing_can_be_clicked() -> None:
    pdf = report.pdf(contents.fitted(sample.case()))
    assert "hxxps://lua-dao[.]example/nhan-qua" in said(sample.case())
    assert "https://" not in read(pdf)
    for mark in (b"/Link", b"/URI", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/OpenAction"):
        assert mark not in pdf


def test_title_is_type_and_number_and_nobody_is_the_author() -> None:
    pdf = report.pdf(contents.fitted(sample.case()))
    xmp = pdf[pdf.index(b"<x:xmpmeta") : pdf.index(b"</x:xmpmeta>")].decode()
    assert "BÁO CÁO HS-7K3M9QTX" in xmp
    assert "dc:creator" not in xmp
    assert "2026-11-25T03:40:00Z" in xmp
    assert "pdfaid:part>2<" in xmp
    assert "pdfuaid:part>1<" in xmp
    allowed = set(
        [
            "Alt",
            "Bag",
            "CreateDate",
            "CreatorTool",
            "Description",
            "DocumentID",
            "History",
            "InstanceID",
            "ModifyDate",
            "NPages",
            "PDFVersion",
            "RDF",
            "RenditionClass",
            "Seq",
            "action",
            "category",
            "conformance",
            "description",
            "format",
            "instanceID",
            "language",
            "li",
            "name",
            "namespaceURI",
            "part",
            "prefix",
            "property",
            "schema",
            "schemas",
            "softwareAgent",
            "title",
            "valueType",
            "when",
            "xmpmeta",
        ]
    )
    assert {name.split(":")[-1] for name in re.findall(r"</?([A-Za-z:]+)", xmp)} <= allowed


@pytest.mark.parametrize("profile", list(terms.Profile))
def test_every_profile_has_its_report(profile: terms.Profile) -> None:
    case = contents.fitted(sample.case(profile=profile))
    text = read(report.pdf(case))
    assert "HS-7K3M9QTX" in text
    named = profile in (terms.Profile.WARD, terms.Profile.PROVINCE, terms.Profile.CHILDLINE)
    assert ("Trần Ngọc Bích" in text) is named
    police = profile in (terms.Profile.WARD, terms.Profile.PROVINCE)
    assert ("Ảnh màn hình của" in text) is police


def test_the_principal_does_not_sign_a_note_to_the_principal() -> None:
    data = report.described(contents.fitted(sample.case(profile=terms.Profile.PRINCIPAL)))
    assert data["signs"][0] == "NGƯỜI LẬP"
    assert data["draft"] == ""
    assert data["handover"] is None
    assert report.described(contents.fitted(sample.case()))["handover"]["lines"]


def test_long_addresses_break_and_are_still_copied_whole() -> None:
    trace = contents.Indicator("account", "x" * 400)
    text = read(report.pdf(contents.fitted(sample.case(indicators=(trace,)))))
    assert "\u200b" not in text
    assert text.count("x" * 40) >= 6
    assert text.count("x") >= 400


def test_english_stands_beside_the_vietnamese_on_request() -> None:
    text = read(report.pdf(contents.fitted(sample.case(language="en"))))
    assert "SUMMARY" in text
    assert "TÓM TẮT SỰ VIỆC" in text
    assert "Called 113." in text


def test_every_vietnamese_letter_is_drawn_and_nfd_becomes_nfc() -> None:
    import unicodedata

    letters = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    letters += letters.upper()
    assert encode.report_text(unicodedata.normalize("NFD", letters)) == letters
    assert set(map(ord, letters)) <= glyphs.covered()
    quote = contents.Quote(sample.NOW, unicodedata.normalize("NFD", "Em sợ lắm, chưa dám nói với ai."))
    assert "Em sợ lắm, chưa dám nói với ai." in read(report.pdf(contents.fitted(sample.case(words=(quote,)))))


def test_hostile_text_is_printed_as_text_and_always_sets() -> None:
    """Markup, code, controls and letters without a shape: 500 values in every kind of place."""
    values = test_make.hostile()
    quotes = tuple(contents.Quote(sample.NOW, value) for value in values)
    lines = tuple(contents.TimelineLine(sample.NOW, value, value, value) for value in values[::10])
    traces = tuple(
        contents.Indicator(kind, value, (), value)
        for value in values[::25]
        for kind in ("url", "phone", "strange")
    )
    item = dataclasses.replace(
        sample.items()[1], original_name=values[7] * 20, source=values[9], device="x" * 3000
    )
    case = sample.case(
        words=quotes, timeline=lines, done=lines, indicators=traces, items=(item,), urgent=tuple(values[::20])
    )
    pdf = report.pdf(contents.fitted(case))
    text = read(pdf)
    assert '#read("/etc/passwd")' in text
    assert "[U+1F1FB]" in text
    assert "root:" not in text
    assert b"/URI" not in pdf


def test_an_empty_case_has_a_report() -> None:
    case = sample.case(
        persons=(), words=(), timeline=(), urgent=(), harm=(), money=(), indicators=(), done=(), skipped=(),
        items=(), reasons=(), kinds=(), device="", agreed_claims=0,
    )  # fmt: skip
    assert "Chưa ghi nhận." in read(report.pdf(contents.fitted(case)))


def test_typst_is_loaded_only_when_a_report_is_set() -> None:
    import sys

    program = "import sys, triage.packet.make; sys.exit('typst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
