"""Software that nobody here wrote opens, verifies and, where it was tampered with, refuses a packet.

This file imports nothing of ours: packets are made by a separate process, as the desk makes them.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NUMBER = "HS-7K3M9QTX"
MAKE = """
import pathlib, sys
from tests.unit.packet import sample
from triage import clock
from triage.packet import cms, make
now = clock.SystemClock().now()  # the outside programs compare certificates with today
out = pathlib.Path(sys.argv[1])
key = cms.new_school_key("Trường THCS Hoa Gạo", "79012345", now)
signer = cms.Signer(key.certificate_pem, key.private_der)
officers = [path.read_bytes() for path in map(pathlib.Path, sys.argv[2:])]
made = make.packet(sample.case(made_at=now), open_item=sample.opened, signer=signer, out=out, certificates=officers)
(out / "digits").write_text(made.digits)
(out / "school.pem").write_bytes(key.certificate_pem)
"""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet, its digits, the school's certificate and an officer's key, as files."""

    folder: Path

    @property
    def sealed(self) -> Path:
        return self.folder / f"{NUMBER}.zip"

    @property
    def digits(self) -> str:
        return (self.folder / "digits").read_text()


def tool(name: str) -> str:
    """The path of an outside program; without it the test is skipped, under CI it fails."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(each) for each in command], cwd=folder, capture_output=True, check=False)


@pytest.fixture(scope="module")
def packet(tmp_path_factory: pytest.TempPathFactory) -> Packet:
    folder = tmp_path_factory.mktemp("packet")
    certificate(folder, "officer")
    made = run(sys.executable, "-c", MAKE, folder, folder / "officer.pem", folder=ROOT)
    assert made.returncode == 0, made.stderr.decode()
    return Packet(folder)


@pytest.fixture(scope="module")
def bag(packet: Packet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bag's folder, opened by 7z alone."""
    return opened(packet.sealed, packet.digits, tmp_path_factory.mktemp("bag"))


def certificate(folder: Path, name: str, *, subject: str = "/CN=Officer") -> None:
    made = run(
        tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-utf8",
        "-subj", subject,
        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()


def opened(sealed: Path, digits: str, folder: Path) -> Path:
    assert run(tool("7z"), "x", "-y", f"-p{digits}", f"-o{folder}", sealed).returncode == 0
    assert run(tool("7z"), "x", "-y", f"-o{folder}/in", folder / f"{NUMBER}.zip").returncode == 0
    return folder / "in" / NUMBER


def outside(packet: Packet, sealed: Path, work: Path) -> subprocess.CompletedProcess[bytes]:
    for name in ("7z", "openssl", "sha256sum", "diff"):
        tool(name)
    os.environ["BAGIT"] = tool("bagit.py")
    return run(HERE / "outside.sh", sealed, packet.folder / "digits", packet.folder / "school.pem", work)


def test_seven_zip_openssl_sha256sum_and_bagit_hold(packet: Packet, tmp_path: Path) -> None:
    done = outside(packet, packet.sealed, tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    steps = [line.split(":")[0] for line in done.stdout.decode().splitlines()]
    assert steps == ["outer", "inner", "signature", "tagmanifest", "manifest", "set", "bag"]


def test_the_digest_file_is_what_sha256sum_reads(packet: Packet) -> None:
    done = run(tool("sha256sum"), "--strict", "-c", f"{NUMBER}.sha256", folder=packet.folder)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [f"{NUMBER}.key.cms: OK", f"{NUMBER}.zip: OK"]


def test_openssl_gives_the_officer_the_digits(packet: Packet) -> None:
    done = run(
        tool("openssl"), "cms", "-decrypt", "-inform", "PEM", "-in", packet.folder / f"{NUMBER}.key.cms",
        "-inkey", packet.folder / "officer.key", "-recip", packet.folder / "officer.pem",
    )  # fmt: skip
    assert done.stdout.decode() == packet.digits + "\r\n"


def test_wrong_digits_open_nothing(packet: Packet, tmp_path: Path) -> None:
    done = run(tool("7z"), "x", "-y", f"-p{'0' * 24}", f"-o{tmp_path}", packet.sealed)
    assert done.returncode != 0


def test_seven_zip_verifies_the_checksum_file(bag: Path) -> None:
    """The officer's right click: 7-Zip > Test archive, on kiem-tra.sha256."""
    done = run(tool("7z"), "t", "kiem-tra.sha256", folder=bag)
    if b"Cannot open the file as" in done.stdout + done.stderr:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "this 7z does not read checksum files"
        )
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["case", "custody"])
def test_the_documents_fit_the_schemas_in_the_bag(name: str, bag: Path) -> None:
    schema, document = f"schemas/{name}-v1.json", f"data/{name}.json"
    assert run(tool("check-jsonschema"), "--schemafile", schema, document, folder=bag).returncode == 0
    assert run(tool("check-jsonschema"), "--check-metaschema", schema, folder=bag).returncode == 0


def test_the_report_is_sound_and_its_vietnamese_can_be_read(bag: Path) -> None:
    assert run(tool("qpdf"), "--check", "data/report.pdf", folder=bag).returncode == 0
    text = run(tool("pdftotext"), "-layout", "data/report.pdf", "-", folder=bag).stdout.decode()
    for words in ("CẦN LÀM NGAY", "Độc lập - Tự do - Hạnh phúc", "Trần Ngọc Bích", "HIỆU TRƯỞNG"):
        assert words in text


def test_nothing_in_the_report_can_be_clicked_or_run(bag: Path) -> None:
    """Seen with every object unpacked: no annotation, no action, no file inside."""
    command = ("--qdf", "--object-streams=disable", "data/report.pdf", "-")
    unpacked = run(tool("qpdf"), *command, folder=bag).stdout
    assert b"/Type /Page" in unpacked
    for mark in (b"/Annots", b"/Link", b"/URI", b"/Launch", b"/JavaScript", b"/EmbeddedFile", b"/Author"):
        assert mark not in unpacked


def test_every_font_of_the_report_is_inside_it(bag: Path) -> None:
    listed = run(tool("pdffonts"), "data/report.pdf", folder=bag).stdout.decode().splitlines()[2:]
    assert listed
    assert all("Liberation" in line and " yes yes yes " in line for line in listed)


def rebuilt(packet: Packet, bag: Path, folder: Path) -> Path:
    """Seal a changed bag again with 7z, as a forger who heard the digits would."""
    (folder / "x").mkdir()
    assert run(tool("7z"), "a", "-tzip", "-mx0", folder / "x" / f"{NUMBER}.zip", bag).returncode == 0
    sealed = folder / f"{NUMBER}.zip"
    run(
        tool("7z"), "a", "-tzip", "-mx0", "-mem=AES256", f"-p{packet.digits}", sealed,
        folder / "x" / f"{NUMBER}.zip",
    )  # fmt: skip
    return sealed


def flip(bag: Path) -> None:
    path = bag / "data/evidence/E-001.png"
    data = path.read_bytes()
    path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])


def edit_and_digest_anew(bag: Path) -> None:
    """Change the case and write both manifests so that they agree with it."""
    path = bag / "data/case.json"
    path.write_bytes(path.read_bytes().replace(b"CRITICAL", b"LOW"))
    script = """
    find data -type f | LC_ALL=C sort | xargs sha256sum > manifest-sha256.txt
    cp manifest-sha256.txt kiem-tra.sha256
    cut -c67- tagmanifest-sha256.txt | xargs sha256sum > tag.new && mv tag.new tagmanifest-sha256.txt
    """
    assert run("sh", "-c", script, folder=bag).returncode == 0


def sign_as_a_stranger(bag: Path) -> None:
    """Sign again with another key under the school's own subject name."""
    edit_and_digest_anew(bag)
    certificate(bag.parent, "stranger", subject="/C=VN/O=Trường THCS Hoa Gạo/CN=Trường THCS Hoa Gạo")
    signed = run(
        tool("openssl"), "cms", "-sign", "-binary", "-in", "tagmanifest-sha256.txt", "-outform", "DER",
        "-signer", bag.parent / "stranger.pem", "-inkey", bag.parent / "stranger.key", "-nosmimecap",
        "-md", "sha256", "-out", "tagmanifest-sha256.txt.p7s", folder=bag,
    )  # fmt: skip
    assert signed.returncode == 0
    (bag.parent / "stranger.pem").unlink()
    (bag.parent / "stranger.key").unlink()


def plant_beside_the_evidence(bag: Path) -> None:
    (bag / "data/evidence/E-999.exe").write_bytes(b"MZ")


def plant_at_the_top(bag: Path) -> None:
    (bag / "OPEN-ME.exe").write_bytes(b"MZ")


def delete_evidence(bag: Path) -> None:
    (bag / "data/evidence/E-002.txt").unlink()


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (flip, "manifest"),
        (delete_evidence, "manifest"),
        (plant_beside_the_evidence, "set"),
        (plant_at_the_top, "set"),
        (edit_and_digest_anew, "signature"),
        (sign_as_a_stranger, "signature"),
    ],
)
def test_outside_programs_refuse_what_was_tampered_with(
    change: object, step: str, packet: Packet, tmp_path: Path
) -> None:
    assert callable(change)
    bag = opened(packet.sealed, packet.digits, tmp_path / "open")
    change(bag)
    sealed = rebuilt(packet, bag, tmp_path)
    done = outside(packet, sealed, tmp_path / "work")
    assert done.returncode == 1
    assert f"{step}: DOES NOT HOLD" in done.stderr.decode()


def plain(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{NUMBER}.zip", data)
    return file.getvalue()


@pytest.mark.parametrize("where", ["in front", "behind", "planted"])
def test_a_second_archive_in_the_sealed_file_is_noticed(where: str, packet: Packet, tmp_path: Path) -> None:
    """No digits are needed to do this, and 7-Zip may extract the forged file with exit status 0."""
    sealed = tmp_path / f"{NUMBER}.zip"
    whole = packet.sealed.read_bytes()
    sealed.write_bytes(
        {"in front": plain(b"forged") + whole, "behind": whole + plain(b"forged")}.get(where, whole)
    )
    if where == "planted":
        with zipfile.ZipFile(sealed, "a") as archive:
            archive.writestr("E-009.jpg", b"planted")
    done = outside(packet, sealed, tmp_path / "work")
    assert done.returncode == 1
    assert b"outer: DOES NOT HOLD" in done.stderr


def test_two_programs_read_two_files_from_one_archive_with_one_in_front(
    packet: Packet, tmp_path: Path
) -> None:
    """Why ``packet check`` proves one reading first: here Python and 7z see different bytes."""
    sealed = tmp_path / f"{NUMBER}.zip"
    sealed.write_bytes(plain(b"forged") + packet.sealed.read_bytes())
    with zipfile.ZipFile(sealed) as archive:
        (member,) = archive.infolist()
        assert member.flag_bits & 1
    run(tool("7z"), "x", "-y", f"-p{packet.digits}", f"-o{tmp_path}/out", sealed)
    assert (tmp_path / "out" / f"{NUMBER}.zip").read_bytes() == b"forged"


def test_openssl_refuses_the_signature_after_the_certificates_last_day(packet: Packet, bag: Path) -> None:
    """And verifies it again when the reader says that time is not what is asked."""
    command = [
        tool("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", "tagmanifest-sha256.txt.p7s",
        "-content", "tagmanifest-sha256.txt", "-CAfile", str(packet.folder / "school.pem"), "-purpose", "any",
        "-out", os.devnull,
    ]  # fmt: skip
    assert run(*command, "-attime", "2200000000", folder=bag).returncode != 0
    assert run(*command, "-no_check_time", folder=bag).returncode == 0


def test_other_zip_programs_read_the_inner_file(packet: Packet, bag: Path) -> None:
    inner = bag.parent.parent / f"{NUMBER}.zip"
    assert run(tool("unzip"), "-tqq", inner).returncode == 0
    listed = run(tool("bsdtar"), "-tf", inner)
    assert len(listed.stdout.splitlines()) == 15
