"""Making a packet: what it holds, what it refuses, and that nothing is left when it fails."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
from pathlib import Path
from typing import BinaryIO

import pytest
import pyzipper

from tests.unit.packet import forge, sample
from tests.unit.packet.conftest import Packet
from triage import errors, schema, terms
from triage.packet import bag, check, cms, contents, documents, make, readme, stored

REF = re.compile(rb"\b\d{4}-\d{4}\b")


def made(out: Path, signer: cms.Signer, case: contents.PacketCase, **changes: object) -> dict[str, bytes]:
    arguments: dict[str, object] = {"open_item": sample.opened, "signer": signer, "out": out}
    result = make.packet(case, **{**arguments, **changes})  # type: ignore[arg-type]
    return forge.files(forge.inner(out / result.files[0], result.digits))


def test_the_files_and_their_names(packet: Packet) -> None:
    assert packet.made.files == ("HS-7K3M9QTX.zip", "HS-7K3M9QTX.sha256")
    assert sorted(path.name for path in packet.path.parent.iterdir()) == sorted(packet.made.files)
    line = (packet.path.parent / "HS-7K3M9QTX.sha256").read_text()
    assert line == f"{packet.made.sha256}  HS-7K3M9QTX.zip\n"
    assert (packet.path.stat().st_mode & 0o777) == 0o600


def test_the_sealed_file_has_one_member_and_the_bag_one_folder(packet: Packet) -> None:
    with pyzipper.AESZipFile(packet.path) as outer:
        (member,) = outer.infolist()
        assert (member.filename, member.wz_aes_version, member.wz_aes_strength) == ("HS-7K3M9QTX.zip", 2, 3)
    with pyzipper.ZipFile(io.BytesIO(packet.inner)) as inner:
        assert all(name.startswith("HS-7K3M9QTX/") for name in inner.namelist())
    assert {path for path in packet.files if "/" not in path} == bag.ROOT


def test_originals_are_there_byte_for_byte_under_neutral_names(packet: Packet) -> None:
    assert packet.files["data/evidence/E-001.png"] == sample.FILES["E-001"]
    assert packet.files["data/evidence/E-002.txt"] == sample.FILES["E-002"]
    assert not [path for path in packet.files if "E-003" in path]


def test_the_documents_fit_their_schemas_and_are_ascii(packet: Packet) -> None:
    for name in ("case", "custody"):
        data = packet.files[f"data/{name}.json"]
        assert data.isascii()
        schema.check(json.loads(data), f"{name}-v1")
    case = json.loads(packet.files["data/case.json"])
    assert case["items"][0]["original_name"] == "Ảnh màn hình của Trần Ngọc Bích.jpg"
    assert case["items"][2]["reference"]["holder"] == "em Bích, còn trên máy em"
    assert case["made_at"] == "2026-11-25T10:40:00+07:00"
    assert case["agreed_claims"] == 1


def test_no_running_number_leaves(packet: Packet) -> None:
    """An outside number is random; the inside one (2026-0042) would tell how many cases there are."""
    for path, data in packet.files.items():
        if not path.endswith((".pdf", ".p7s", ".png")):
            assert not REF.search(data), path


def test_digits_stand_nowhere_in_the_packet(packet: Packet) -> None:
    assert packet.made.digits.encode() not in packet.inner
    assert packet.made.digits.encode() not in packet.path.read_bytes()


def test_the_recipient_stands_inside_what_is_signed(packet: Packet) -> None:
    assert "Recipient: Công an phường Bến Đò\n" in packet.files["bag-info.txt"].decode()


def test_numbers_are_random(packet: Packet) -> None:
    drawn = {contents.new_number() for _ in range(500)}
    assert len(drawn) == 500
    assert all(contents.NUMBER.fullmatch(each) for each in drawn)


def test_an_item_that_changed_since_intake_stops_the_packet(tmp_path: Path, signer: cms.Signer) -> None:
    def flipped(item: contents.Item) -> BinaryIO:
        return io.BytesIO(b"x" + sample.FILES[item.id][1:])

    with pytest.raises(errors.StoreDamaged):
        made(tmp_path, signer, sample.case(), open_item=flipped)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("second", [b"short", b"y" * 9208, b"y" * 9999])
def test_an_item_that_changes_between_the_two_readings_stops_the_packet(
    second: bytes, tmp_path: Path, signer: cms.Signer
) -> None:
    opened: set[str] = set()

    def changing(item: contents.Item) -> BinaryIO:
        again = item.id in opened
        opened.add(item.id)
        return io.BytesIO(second if again else sample.FILES[item.id])

    with pytest.raises(errors.StoreDamaged):
        made(tmp_path, signer, sample.case(), open_item=changing)
    assert not list(tmp_path.iterdir())


def test_a_cancelled_packet_leaves_nothing(tmp_path: Path, signer: cms.Signer) -> None:
    """At every chunk at which it can be cancelled."""
    total = 0
    for stop in range(1, 60):
        asked = 0

        def cancelled(stop: int = stop) -> bool:
            nonlocal asked
            asked += 1
            return asked == stop

        try:
            made(tmp_path, signer, sample.case(), cancelled=cancelled)
        except errors.TryAgain:
            total += 1
            assert not list(tmp_path.iterdir())
            continue
        break
    assert total >= 15


def test_progress_ends_at_the_whole(tmp_path: Path, signer: cms.Signer) -> None:
    seen: list[tuple[int, int]] = []
    made(tmp_path, signer, sample.case(), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0
    assert seen == sorted(seen)


def test_an_unreadable_item_or_a_full_disk_leaves_nothing(
    tmp_path: Path, signer: cms.Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = 0

    def full(_: int) -> None:
        nonlocal synced
        synced += 1
        if synced == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.TryAgain):
        made(tmp_path, signer, sample.case())
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, signer: cms.Signer) -> None:
    for name in ("HS-7K3M9QTX.zip", "HS-7K3M9QTX.sha256", "HS-7K3M9QTX.zip.part"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(errors.Refused):
            made(tmp_path, signer, sample.case())
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_a_missing_folder_is_a_usage_error(tmp_path: Path, signer: cms.Signer) -> None:
    with pytest.raises(errors.UsageError):
        made(tmp_path / "none", signer, sample.case())


def test_a_refused_certificate_leaves_nothing(tmp_path: Path, signer: cms.Signer) -> None:
    with pytest.raises(errors.Refused):
        made(tmp_path, signer, sample.case(), certificates=[signer.certificate_pem])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("profile", list(terms.Profile))
def test_every_profile_makes_a_packet_that_holds(
    profile: terms.Profile, tmp_path: Path, signer: cms.Signer
) -> None:
    case = sample.case(profile=profile)
    result = make.packet(case, open_item=sample.opened, signer=signer, out=tmp_path)
    report = check.packet(
        tmp_path / result.files[0], digits=result.digits, ca=signer.certificate_pem, now=sample.NOW
    )
    assert report.holds, report


@pytest.mark.parametrize(
    "profile", [terms.Profile.CHILDLINE, terms.Profile.PRINCIPAL, terms.Profile.DEPARTMENT]
)
def test_other_profiles_hold_no_originals_and_no_original_names(
    profile: terms.Profile, tmp_path: Path, signer: cms.Signer
) -> None:
    files = made(tmp_path, signer, sample.case(profile=profile))
    assert not [path for path in files if path.startswith("data/evidence/")]
    assert b"\\u1ea2nh m\\u00e0n h\\u00ecnh" not in files["data/case.json"]


@pytest.mark.parametrize("profile", [terms.Profile.PRINCIPAL, terms.Profile.DEPARTMENT])
def test_profiles_without_identities_hold_no_name_no_words_no_traces(
    profile: terms.Profile, tmp_path: Path, signer: cms.Signer
) -> None:
    case = json.loads(made(tmp_path, signer, sample.case(profile=profile))["data/case.json"])
    assert case["persons"] == [{"label": "A", "part": "affected", "age_band": "13_15"}]
    for empty in ("words", "timeline", "indicators", "money", "reasons", "items", "harm", "skipped"):
        assert case[empty] == []
    assert "Bích" not in json.dumps(case, ensure_ascii=False)


def test_a_name_left_in_a_text_stops_a_packet_without_identities() -> None:
    """Spelled with other capitals and blanks it is still the same name; a shorter word is not."""
    for purpose in ("giúp em TRẦN  Ngọc Bích", "Trần Văn Cường (bố) đã biết"):
        with pytest.raises(errors.Refused):
            contents.fitted(sample.case(profile=terms.Profile.DEPARTMENT, purpose=purpose))
    contents.fitted(sample.case(profile=terms.Profile.WARD, purpose="giúp em Trần Ngọc Bích"))
    contents.fitted(sample.case(profile=terms.Profile.DEPARTMENT, purpose="báo cáo"))


@pytest.mark.parametrize("number", ["2026-0042", "HS-1", "HS-7K3M9QTI", "../HS-7K3M9", ""])
def test_a_number_of_another_form_is_refused(number: str) -> None:
    with pytest.raises(errors.UsageError):
        contents.fitted(sample.case(number=number))


def test_items_need_ids_of_their_own() -> None:
    first = sample.items()[0]
    for wrong in ((first, first), (dataclasses.replace(first, id="../E-001"),)):
        with pytest.raises(errors.UsageError):
            contents.fitted(sample.case(items=wrong))


def test_an_executable_gets_a_neutral_extension() -> None:
    item = dataclasses.replace(sample.items()[0], media_type="application/x-msdownload")
    assert item.path == "evidence/E-001.dat"


def hostile() -> list[str]:
    """500 values: controls, bidi, line breaks, paths, device names, formulas, markup."""
    seeds = [chr(code) for code in [*range(0, 32), *range(0x7F, 0xA0)]]
    seeds += [chr(code) for code in (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069)]
    seeds += [
        "\r\nExternal-Identifier: x",
        "\nX-Recipient: y",
        "../",
        "..\\",
        "CON",
        "NUL",
        "=cmd",
        "</script>",
    ]
    seeds += [
        '#read("/etc/passwd")',
        "$x$",
        "*x*",
        "{number}",
        "%s",
        "\ud800",
        "\U0001f1fb\U0001f1f3",
        "\ufeff",
    ]
    seeds += [
        "\u2028",
        "\u0085",
        "\u200b",
        "e\u0301",
        "漢字",
        "x" * 300,
        "Trường " * 50,
        "a" * 64 + "\n",
        "",
        " ",
    ]
    shapes = ["{}", "a{}b", "{}x", "x{}", "Trường {} Hoa"]
    made_of = [shape.replace("{}", seed) for shape in shapes for seed in seeds]
    assert len(made_of) >= 500
    return made_of[:: len(made_of) // 500][:500]


def test_hostile_names_never_reach_a_line_of_their_own() -> None:
    """As school and recipient: refused when they have a line break, else one clean line."""
    refused = 0
    for value in hostile():
        case = sample.case(school=contents.Party(value or "x"), recipient=contents.Party(value or "x"))
        try:
            info = make._info(case, [])
            lines = readme.text(case, "0" * 64)
        except errors.Refused as fault:
            assert fault.code == "packet-newline"
            refused += 1
            continue
        fields = bag.read_info(info)
        assert list(fields) == [
            "Source-Organization",
            "External-Identifier",
            "Bagging-Date",
            "Payload-Oxum",
            "BagIt-Profile-Identifier",
            "Bag-Software-Agent",
            "Recipient",
        ]
        for data in (info, lines):
            assert not [letter for letter in data.decode() if _acts(letter)], value
        assert documents.written(documents.case(case)).isascii()
        assert fields["External-Identifier"] == "HS-7K3M9QTX"
    assert 30 < refused < 200


def test_hostile_file_names_stay_in_the_documents(tmp_path: Path, signer: cms.Signer) -> None:
    """The bag's paths are neutral; the original name is in case.json exactly as it came."""
    names = hostile()[::50]
    for place, name in enumerate(names):
        out = tmp_path / str(place)
        out.mkdir()
        item = dataclasses.replace(sample.items()[1], original_name=name, source=name, device=name)
        files = made(out, signer, sample.case(items=(item,), purpose=name, made_by=name))
        assert [path for path in files if path.startswith("data/evidence")] == ["data/evidence/E-002.txt"]
        assert json.loads(files["data/case.json"])["items"][0]["original_name"] == name


def test_sizes_over_two_gigabytes_are_written_as_the_layout_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signer: cms.Signer
) -> None:
    """The zip64 form of the outer file, with the limit lowered for both writer and reader."""
    from pyzipper import zipfile as theirs

    monkeypatch.setattr(theirs, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(stored, "ZIP64", 1000)
    result = make.packet(sample.case(), open_item=sample.opened, signer=signer, out=tmp_path)
    report = check.packet(
        tmp_path / result.files[0], digits=result.digits, ca=signer.certificate_pem, now=sample.NOW
    )
    assert report.holds, report


def test_an_offset_over_four_gigabytes_is_read_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zip64 form of the inner directory, with the limit lowered, read by Python's zipfile."""
    import zipfile

    monkeypatch.setattr(stored, "LIMIT", 0xFFFF)
    data = forge.layered(
        [("HS-7K3M9QTX/a", b"a" * 65000), ("HS-7K3M9QTX/b", b"b" * 2000), ("HS-7K3M9QTX/c", b"c")]
    )
    assert b"PK\x06\x06" in data
    monkeypatch.undo()
    shown = data.replace(b"\xff\xff\x00\x00HS-7K3M9QTX/c", b"\xff\xff\xff\xffHS-7K3M9QTX/c")
    end = shown.rindex(b"PK\x05\x06")
    shown = shown[: end + 16] + b"\xff\xff\xff\xff" + shown[end + 20 :]
    with zipfile.ZipFile(io.BytesIO(shown)) as archive:
        assert archive.read("HS-7K3M9QTX/c") == b"c"


@pytest.mark.slow
def test_a_large_item_streams_in_bounded_memory(tmp_path: Path) -> None:
    """300 MiB go through in chunks: the process never holds more than a few of them."""
    import subprocess
    import sys

    program = """
import hashlib, io, pathlib, resource, sys
from tests.unit.packet import sample
from triage.packet import cms, make
path = pathlib.Path(sys.argv[1]) / "large"
with path.open("wb") as file:
    file.truncate(300 << 20)
with path.open("rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
import dataclasses
item = dataclasses.replace(sample.items()[1], sha256=digest, size=300 << 20, media_type="video/mp4")
key = cms.new_school_key("x", "1", sample.NOW)
signer = cms.Signer(key.certificate_pem, key.private_der)
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
make.packet(sample.case(items=(item,)), open_item=lambda _: path.open("rb"), signer=signer, out=path.parent)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) // 1024)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert int(run.stdout) < 120


def _acts(letter: str) -> bool:
    import unicodedata

    return letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf")
