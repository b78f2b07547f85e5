"""Every key of the screen has its place in the reference."""

from __future__ import annotations

import re
from pathlib import Path

from textual.binding import Binding

from triage.tui import app
from triage.tui.screens.case import CasePage
from triage.tui.screens.cases import CasesPage
from triage.tui.screens.dashboard import Dashboard
from triage.tui.screens.packet import PacketPage
from triage.tui.screens.questions import QuestionsPage
from triage.tui.screens.report import ReportPage
from triage.tui.widgets.page import Page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "keys.md"
WRITTEN = {"slash": "/", "space": "Space", "enter": "Enter", "escape": "Esc", "up": "↑", "down": "↓"}


def test_every_key_is_in_the_reference() -> None:
    """Each key with a name for what it does, of the app and of every page, is in a table of the reference."""
    cells = re.findall(r"^\| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    written = {key for cell in cells for key in re.split(r"[, ]+", cell)}
    missing = []
    for owner in (app.TriageApp, Page, Dashboard, ReportPage, QuestionsPage, CasePage, CasesPage, PacketPage):
        for binding in owner.BINDINGS:
            if isinstance(binding, Binding) and binding.description:
                key = binding.key.split(",")[0]
                shown = WRITTEN.get(key, f"Ctrl+{key[5:].upper()}" if key.startswith("ctrl+") else key)
                if shown not in written and shown.upper() not in written:
                    missing.append((owner.__name__, shown))
    assert missing == []
