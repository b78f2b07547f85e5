"""What tests have counted, shown at the end of a run: seeds, kills, states, flips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from triage import i18n

Figures = Callable[..., None]


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Hand in figures to be shown at the end, whichever process ran the test."""

    def show(**values: object) -> None:
        record_property("figures", ", ".join(f"{name} {value}" for name, value in values.items()))

    return show


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each test that handed in figures."""
    lines = [
        f"{report.nodeid.split('::')[-1]}: {value}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in report.user_properties
        if name == "figures"
    ]
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _spoken() -> None:
    """Each test begins in Vietnamese, whatever language another one has left."""
    i18n.use("vi")
