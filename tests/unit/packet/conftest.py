"""One school, one packet, made once for all tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.packet import forge, sample
from triage.packet import cms, make


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet on the disk and what is needed to check it."""

    path: Path
    made: make.Made
    inner: bytes
    files: dict[str, bytes]
    school: cms.SchoolKey


@pytest.fixture(scope="session")
def school() -> cms.SchoolKey:
    return cms.new_school_key("Trường THCS Hoa Gạo", "79012345", sample.NOW)


@pytest.fixture(scope="session")
def stranger() -> cms.SchoolKey:
    """Somebody with another key and the same name."""
    return cms.new_school_key("Trường THCS Hoa Gạo", "79012345", sample.NOW)


@pytest.fixture(scope="session")
def signer(school: cms.SchoolKey) -> cms.Signer:
    return cms.Signer(school.certificate_pem, school.private_der)


@pytest.fixture(scope="session")
def packet(tmp_path_factory: pytest.TempPathFactory, school: cms.SchoolKey, signer: cms.Signer) -> Packet:
    out = tmp_path_factory.mktemp("packet")
    made = make.packet(sample.case(), open_item=sample.opened, signer=signer, out=out)
    path = out / "HS-7K3M9QTX.zip"
    inner = forge.inner(path, made.digits)
    return Packet(path, made, inner, forge.files(inner), school)
