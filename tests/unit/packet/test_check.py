"""Each way to tamper with a packet fails at the step that names it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.packet import forge, sample
from tests.unit.packet.conftest import Packet
from triage import errors
from triage.packet import bag, check, cms, stored


def checked(path: Path, packet: Packet, **changes: object) -> check.Report:
    arguments: dict[str, object] = {
        "digits": packet.made.digits,
        "ca": packet.school.certificate_pem,
        "now": sample.NOW,
    }
    return check.packet(path, **{**arguments, **changes})  # type: ignore[arg-type]


def failing(report: check.Report) -> set[str]:
    return {each.name for each in report.checks if not each.holds}


def of_inner(tmp_path: Path, packet: Packet, data: bytes) -> set[str]:
    """The failing checks of changed inner bytes, the same sealed and bare."""
    bare, outer = tmp_path / "inner.zip", tmp_path / "outer.zip"
    bare.write_bytes(data)
    outer.write_bytes(forge.sealed(data, packet.made.digits))
    found = failing(checked(bare, packet, digits=None))
    assert failing(checked(outer, packet)) == found
    return found


def test_a_packet_holds_by_certificate_and_by_fingerprint(packet: Packet) -> None:
    assert checked(packet.path, packet).holds
    colons = ":".join(packet.made.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))
    report = checked(packet.path, packet, ca=None, fingerprint=colons)
    assert report.holds
    assert [each.name for each in report.checks] == list(check.NAMES)
    assert report.as_json()["holds"] is True
    assert json.loads(json.dumps(report.as_json()))["packet"] == "HS-7K3M9QTX"


def test_the_inner_file_alone_can_be_checked(tmp_path: Path, packet: Packet) -> None:
    assert of_inner(tmp_path, packet, packet.inner) == set()


def test_the_forger_tools_write_the_same_bytes_as_the_program(packet: Packet) -> None:
    """Otherwise the tampering tests below would fail for another reason than they say."""
    assert forge.packed(packet.files) == packet.inner


def test_without_trust_from_outside_the_signer_is_not_established(packet: Packet) -> None:
    report = checked(packet.path, packet, ca=None)
    assert failing(report) == {"signer"}
    assert packet.made.fingerprint in report.checks[3].detail


def edited(path: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {**files, path: change(files[path])}


def without(path: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {name: data for name, data in files.items() if name != path}


EVIDENCE = "data/evidence/E-001.png"
TAMPERING = {
    "a byte of evidence": (edited(EVIDENCE, lambda data: b"X" + data[1:]), {"digests", "contents"}),
    "evidence deleted": (without(EVIDENCE), {"digests", "contents", "profile"}),
    "a file planted beside the evidence": (
        lambda files: {**files, "data/evidence/E-999.exe": b"MZ"},
        {"digests", "contents", "profile"},
    ),
    "a file planted at the top": (lambda files: {**files, "OPEN-ME.exe": b"MZ"}, {"contents"}),
    "the case edited": (
        edited("data/case.json", lambda data: data.replace(b"CRITICAL", b"LOW")),
        {"digests", "profile"},
    ),
    "the case edited, manifests written anew": (
        lambda files: forge.consistent(
            edited("data/case.json", lambda data: data.replace(b"CRITICAL", b"LOW"))(files)
        ),
        {"signature", "profile"},
    ),
    "the recipient exchanged": (
        edited("bag-info.txt", lambda data: data.replace("Bến Đò".encode(), "Bến Khác".encode())),
        {"digests", "contents"},
    ),
    "another number inside": (
        edited("data/case.json", lambda data: data.replace(b"HS-7K3M9QTX", b"HS-7K3M9QTY")),
        {"digests", "contents"},
    ),
    "the report exchanged": (edited("data/report.pdf", lambda data: data[:-1]), {"digests", "profile"}),
    "the README exchanged": (edited("README.txt", lambda data: data + b"call 0900\n"), {"digests"}),
    "the profile's identifier": (
        edited("bag-info.txt", lambda data: data.replace(b"profile:v1", b"profile:v2")),
        {"digests", "profile"},
    ),
    "no signature": (without(bag.SIGNATURE), {"signature", "signer", "profile"}),
    "an empty signature": (edited(bag.SIGNATURE, lambda _: b""), {"signature", "signer"}),
    "no manifest": (without(bag.MANIFEST), {"digests"}),
    "a name twice in the case": (
        edited("data/case.json", lambda data: data.replace(b'"device"', b'"level": "LOW",\n "device"', 1)),
        {"digests", "contents", "profile"},
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_with_files_fails_at_the_named_step(name: str, tmp_path: Path, packet: Packet) -> None:
    change, expected = TAMPERING[name]
    assert of_inner(tmp_path, packet, forge.packed(change(packet.files))) == expected


def test_a_stranger_who_signs_anew_is_not_the_signer(
    tmp_path: Path, packet: Packet, stranger: cms.SchoolKey
) -> None:
    """The same subject name helps the stranger nothing."""
    files = forge.consistent(edited("README.txt", lambda data: data + b"\n")(packet.files))
    signer = cms.Signer(stranger.certificate_pem, stranger.private_der)
    files[bag.SIGNATURE] = signer.sign(files[bag.TAG_MANIFEST])
    path = tmp_path / "inner.zip"
    path.write_bytes(forge.packed(files))
    assert failing(checked(path, packet)) == {"signer"}
    assert failing(checked(path, packet, ca=None, fingerprint=packet.made.fingerprint)) == {"signer"}
    assert failing(checked(path, packet, ca=None)) == {"signer"}


def test_after_its_last_day_a_certificate_no_longer_settles_who_signed(packet: Packet) -> None:
    for now in (sample.NOW + timedelta(days=3660), sample.NOW - timedelta(days=2)):
        assert failing(checked(packet.path, packet, now=now)) == {"signer"}


def doubled(packet: Packet) -> bytes:
    pairs = [(f"HS-7K3M9QTX/{path}", data) for path, data in packet.files.items()]
    return forge.layered([*pairs, ("HS-7K3M9QTX/data/case.json", b"{}")])


def case_folded(packet: Packet) -> bytes:
    return forge.packed({**packet.files, "DATA/case.json": b"{}"})


def renamed_in_the_directory(packet: Packet) -> bytes:
    """The local header says one name, the directory at the end another."""
    place = packet.inner.rindex(b"data/evidence/E-001.png")
    return packet.inner[:place] + b"data/evidence/E-007.png" + packet.inner[place + 23 :]


def with_comment(packet: Packet) -> bytes:
    return packet.inner[:-2] + b"\x05\x00hello"


def unlisted(packet: Packet) -> bytes:
    """A file between the last entry and the directory, which does not list it."""
    start = packet.inner.index(stored.DIRECTORY)
    extra = stored.Entry("HS-7K3M9QTX/data/x.txt", 3, 0, stored.stamp(sample.NOW), start)
    return packet.inner[:start] + stored.local(extra) + b"abc" + packet.inner[start:]


TWO_READINGS: dict[str, Callable[[Packet], bytes]] = {
    "an archive in front": lambda packet: forge.plain_zip("HS-7K3M9QTX/data/case.json", b"{}") + packet.inner,
    "an archive behind": lambda packet: packet.inner + forge.plain_zip("HS-7K3M9QTX/data/case.json", b"{}"),
    "bytes in front": lambda packet: b"MZ" + packet.inner,
    "one byte behind": lambda packet: packet.inner + b"\0",
    "a name twice": doubled,
    "a name twice but for its case": case_folded,
    "another name in the directory": renamed_in_the_directory,
    "a comment": with_comment,
    "a second end record": lambda packet: packet.inner + packet.inner[-22:],
    "an entry that the directory does not list": unlisted,
    "cut off": lambda packet: packet.inner[:-30],
    "cut in an entry": lambda packet: packet.inner[:20000],
    "empty": lambda _: b"",
    "only an end record": lambda packet: packet.inner[-22:],
    "another program's ZIP": lambda _: forge.plain_zip("HS-7K3M9QTX/bagit.txt", bag.DECLARATION),
}


@pytest.mark.parametrize("name", TWO_READINGS)
def test_a_bag_with_two_readings_fails_at_one_reading(name: str, tmp_path: Path, packet: Packet) -> None:
    data = TWO_READINGS[name](packet)
    assert "one-reading" in of_inner(tmp_path, packet, data)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "HS-7K3M9QTX/../evil.txt",
        "HS-7K3M9QTX/data/../../evil.txt",
        "/etc/passwd",
        "HS-7K3M9QTX/C:\\evil.txt",
        "HS-7K3M9QTX/data/CON",
        "HS-7K3M9QTX/data/nul.txt",
        "HS-7K3M9QTX/data/x.",
        "HS-7K3M9QTX/data//x",
        "HS-7K3M9QTX/data/x\x00.txt",
        "HS-7K3M9QTX/data/x\n.txt",
        "HS-7K3M9QTX/data/",
        "HS-AAAAAAAA/data/x.txt",
        "HS-7K3M9QTX",
    ],
)
def test_a_name_that_leaves_the_folder_fails_at_one_reading(
    name: str, tmp_path: Path, packet: Packet
) -> None:
    pairs = [(f"HS-7K3M9QTX/{path}", data) for path, data in packet.files.items()]
    assert "one-reading" in of_inner(tmp_path, packet, forge.layered([*pairs, (name, b"x")]))


def outer_with(packet: Packet, place: int, old: bytes, new: bytes) -> bytes:
    data = packet.path.read_bytes()
    at = data.index(old, place)
    return data[:at] + new + data[at + len(old) :]


OUTER: dict[str, Callable[[Packet], bytes]] = {
    "an archive in front": lambda packet: (
        forge.plain_zip("HS-7K3M9QTX.zip", b"forged") + packet.path.read_bytes()
    ),
    "an archive behind": lambda packet: (
        packet.path.read_bytes() + forge.plain_zip("HS-7K3M9QTX.zip", b"forged")
    ),
    "a comment": lambda packet: packet.path.read_bytes()[:-2] + b"\x02\x00hi",
    "a second end record": lambda packet: packet.path.read_bytes() + packet.path.read_bytes()[-22:],
    "another name in the directory": lambda packet: outer_with(packet, 60, b"HS-7K3M9QTX", b"HS-AAAAAAAA"),
    "another name in front": lambda packet: outer_with(packet, 0, b"HS-7K3M9QTX", b"HS-AAAAAAAA"),
    "AE-1 instead of AE-2": lambda packet: outer_with(packet, 0, b"\x02\x00AE", b"\x01\x00AE"),
    "cut off": lambda packet: packet.path.read_bytes()[:-1],
    "cut in the middle": lambda packet: packet.path.read_bytes()[:40000],
    "another packet inside": lambda packet: forge.sealed(packet.inner, packet.made.digits, "HS-AAAAAAAA"),
}


@pytest.mark.parametrize("name", OUTER)
def test_a_sealed_file_with_two_readings_fails_at_one_reading(
    name: str, tmp_path: Path, packet: Packet
) -> None:
    path = tmp_path / "outer.zip"
    path.write_bytes(OUTER[name](packet))
    assert failing(checked(path, packet)) == set(check.NAMES)


def test_a_second_file_planted_in_the_sealed_one_fails_at_one_reading(tmp_path: Path, packet: Packet) -> None:
    """Anybody can append a plain member without the digits; 7-Zip extracts it without a word."""
    import pyzipper

    path = tmp_path / "outer.zip"
    path.write_bytes(packet.path.read_bytes())
    with pyzipper.ZipFile(path, "a") as archive:
        archive.writestr("HS-7K3M9QTX/data/evidence/E-009.jpg", b"planted")
    assert "one-reading" in failing(checked(path, packet))


def test_no_flipped_bit_of_the_inner_file_passes(tmp_path: Path, packet: Packet) -> None:
    """Every header byte, and a sample of all others."""
    path = tmp_path / "inner.zip"
    places = {*range(0, len(packet.inner), 997)}
    for mark in (stored.LOCAL, stored.DIRECTORY, b"PK\x05\x06"):
        at = packet.inner.find(mark)
        places |= set(range(at, at + 60))
    places |= set(range(len(packet.inner) - 200, len(packet.inner)))
    for place in sorted(place for place in places if place < len(packet.inner)):
        data = bytearray(packet.inner)
        data[place] ^= 0x10
        path.write_bytes(data)
        assert not checked(path, packet, digits=None).holds, place


def test_no_flipped_bit_of_the_sealed_file_passes(tmp_path: Path, packet: Packet) -> None:
    path, whole = tmp_path / "outer.zip", packet.path.read_bytes()
    for place in [*range(80), *range(80, len(whole), 4001), *range(len(whole) - 120, len(whole))]:
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        assert "one-reading" in failing(checked(path, packet)), place


def test_wrong_digits_open_nothing(packet: Packet) -> None:
    report = checked(packet.path, packet, digits="0" * 24)
    assert failing(report) == set(check.NAMES)
    assert packet.made.digits not in str(report)


def test_digits_may_be_typed_in_groups(packet: Packet) -> None:
    digits = packet.made.digits
    grouped = " ".join(digits[at : at + 4] for at in range(0, 24, 4))
    assert checked(packet.path, packet, digits=grouped).holds
    assert checked(packet.path, packet, digits=grouped.replace(" ", "-") + "\n").holds


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"digits": None}, "packet-digits-needed"),
        ({"digits": "123"}, "packet-digits-form"),
        ({"digits": "٣" * 24}, "packet-digits-form"),
        ({"ca": b"no certificate"}, "packet-ca-unreadable"),
        ({"fingerprint": "abc"}, "packet-fingerprint-form"),
    ],
)
def test_the_callers_own_mistakes_are_usage_errors(
    packet: Packet, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(errors.UsageError) as caught:
        checked(packet.path, packet, **changes)
    assert caught.value.code == code


def test_a_missing_packet_is_a_usage_error(tmp_path: Path, packet: Packet) -> None:
    for path in (tmp_path, tmp_path / "nothing.zip"):
        with pytest.raises(errors.UsageError):
            checked(path, packet)


def test_what_is_written_is_what_was_read(tmp_path: Path, packet: Packet) -> None:
    report = checked(packet.path, packet, out=tmp_path / "new")
    top = tmp_path / "new" / "HS-7K3M9QTX"
    found = {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}
    assert found == packet.files
    assert set(report.written) == {f"HS-7K3M9QTX/{path}" for path in packet.files}


def test_writing_never_overwrites(tmp_path: Path, packet: Packet) -> None:
    kept = tmp_path / "HS-7K3M9QTX" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(errors.Refused):
        checked(packet.path, packet, out=tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["HS-7K3M9QTX", "mine.txt"]


def test_a_packet_that_fails_is_not_written(tmp_path: Path, packet: Packet, stranger: cms.SchoolKey) -> None:
    report = checked(packet.path, packet, ca=stranger.certificate_pem, out=tmp_path / "new")
    assert failing(report) == {"signer"}
    assert not (tmp_path / "new").exists()


def test_a_packet_is_written_while_nobody_was_named_to_trust(tmp_path: Path, packet: Packet) -> None:
    """The officer may need the files before the school can be called; the report still says so."""
    report = checked(packet.path, packet, ca=None, out=tmp_path / "new")
    assert report.written
    assert not report.holds


def test_checking_needs_no_store() -> None:
    """An officer without our database libraries can run it."""
    import subprocess
    import sys

    program = (
        "import sys; import triage.packet.check; "
        "sys.exit(any(name.split('.')[0] in ('sqlmodel', 'sqlalchemy', 'sqlcipher3', 'typst', 'textual') "
        "or name.startswith(('triage.models', 'triage.store', 'triage.desk')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_report_is_frozen(packet: Packet) -> None:
    report = checked(packet.path, packet)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.number = "x"  # type: ignore[misc]
