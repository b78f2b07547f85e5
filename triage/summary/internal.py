"""The exact tables, for inside the school: personal data, never to leave it.

A cell with one student in it points at that student; these numbers are not anonymous and are never
called so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from triage import i18n
from triage.summary import codebook, tabulate
from triage.summary.period import Period


def exact(rows: Iterable[tabulate.CodedRow], wanted: Period) -> dict[str, Any]:
    """The exact tables of a period, marked as internal.

    Students without a pupil code are counted here, each by itself; what leaves the school counts codes only.
    """
    named = [
        row if row.pupil else dataclasses.replace(row, pupil=f"-{place}") for place, row in enumerate(rows)
    ]
    counts = tabulate.tables(named, wanted)
    return {
        "internal": True,
        "mark": mark(),
        "period": wanted.text,
        "shape": wanted.shape,
        "tables": [
            {
                "table": table.name,
                "cells": [cell.key for cell in table.cells],
                "values": counts[table.name],
            }
            for table in codebook.tables(wanted.shape)
        ],
    }


def mark() -> str:
    """The words that stand over exact numbers wherever they are shown."""
    return i18n.say("INTERNAL. Exact numbers are personal data: they do not leave the school.")
