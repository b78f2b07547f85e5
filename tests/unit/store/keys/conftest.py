"""A school's store, fresh for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.store.keys import sample


@pytest.fixture
def school(tmp_path: Path) -> sample.School:
    """A lead and a counsellor; both have opened the store."""
    return sample.school(tmp_path / "store")
