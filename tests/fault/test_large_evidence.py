"""An item of one gibibyte is taken in, checked and given out byte for byte, in little memory."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.fault import harness, programs
from triage.desk import evidence

SIZE = 1 << 30
_CHUNK = 1 << 20


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[harness.Scene]:
    """A place with one closed store, on the disk: what is in memory is measured."""
    with harness.on_a_scene(tmp_path, in_memory=False) as scene:
        programs.create(scene.place, lambda *_what: None)
        yield scene


@pytest.mark.slow
def test_a_gibibyte_comes_back_byte_for_byte(scene: harness.Scene, tmp_path: Path, figures: Figures) -> None:
    """1 GiB; the process grows by less than a tenth of it."""
    large, digest = tmp_path / "large.bin", hashlib.sha256()
    with large.open("wb") as file:
        for number in range(SIZE // _CHUNK):
            chunk = hashlib.shake_256(number.to_bytes(4, "big")).digest(_CHUNK)
            digest.update(chunk)
            file.write(chunk)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with programs.sit_down(scene.place) as desk:
        evidence.add(desk, programs.REF, [large], evidence.Origin(), no_sexual_image=True)
        assert [check.holds for check in evidence.verify(desk)] == [True]
        given = evidence.get(desk, programs.REF, "E-001", tmp_path / "given", "Công an phường hỏi")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    figures(bytes=SIZE, grown=f"{grown} MiB")
    with next(path for path in (given, *given.rglob("*")) if path.is_file()).open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()
    assert grown < SIZE // _CHUNK // 10
