"""The document of one period: what a school lets out about its students, and all of it.

Fixed shape, every cell always there, negative numbers as they were drawn; nothing typed by a person, no
instant finer than a date. Whoever calls ``draw`` keeps the bytes and never calls it twice for one period:
a second draw for the same counts would let a reader average the noise away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from triage import canon, errors, schema
from triage.summary import codebook, noise, period

SCHEMA = "summary-v1"
SIGMA2 = 16
"""Variance of the noise on every number; its standard deviation is 4."""
_TABLES_CHANGED = {"month": 2, "term": 4, "year": 2}
"""Tables in which a student counted in a period of this shape stands, one cell in each."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TEXT = {
    "vi": (
        "Mỗi số đã được cộng một lượng ngẫu nhiên, rút một lần duy nhất; số âm là đúng. Bảo đảm cho "
        "việc hồ sơ của một em có mặt hay không, khi mọi điều đã ghi về các em khác giữ nguyên: người"
        " biết hết mọi điều khác, đọc mọi bản của cả năm học, đoán đúng nhiều nhất 64 trong 100 lần "
        "(đoán mò là 50) nếu em được ghi nhận trong một tháng, 77 nếu trong cả mười hai tháng. Tính "
        "theo mã học sinh: một em có k mã thì bảo đảm yếu đi k lần. Không che điều đúng với cả nhóm, "
        "không che một sự việc có nhiều em."
    ),
    "en": (
        "Every number carries random noise, drawn once; negative numbers are right. The guarantee is "
        "for the presence of one student's record, with everything recorded about the other students "
        "unchanged: someone who knows all else and reads all files of a school year guesses right at "
        "most 64 times in 100 (blind guessing: 50) if the student was recorded in one month, 77 if in"
        " all twelve. It is per student code: k codes for one student weaken it k times. It hides "
        "neither what is true of the group nor an event with many students."
    ),
}


def draw(
    exact: Mapping[str, Sequence[int]],
    wanted: period.Period,
    *,
    school_code: str,
    seq: int,
    prev: str | None,
    draw: Callable[[int], int] = noise.discrete_gaussian,
) -> bytes:
    """Add noise to a period's exact tables and write the document: once for each period, ever.

    Args:
        exact: the tables of ``tabulate.tables``.
        wanted: their period.
        school_code: the school's code as the Department knows it.
        seq: the release's place among this school's, from 1.
        prev: SHA-256 of the release before it, hex; None for the first.
        draw: gives one integer of noise for a variance; tests alone put something else here.

    Returns:
        canonical JSON that fits ``summary-v1``.

    Raises:
        errors.UsageError: ``bad-school-code``.
        ValueError: the tables are not exactly those of the period's shape, or ``seq`` and ``prev`` disagree.
    """
    check_school_code(school_code)
    if (seq == 1) != (prev is None):
        raise ValueError("the first release has no previous one, every later one has")
    shape = codebook.tables(wanted.shape)
    if {name: len(values) for name, values in exact.items()} != {t.name: len(t.cells) for t in shape}:
        raise ValueError("the tables are not those of the period")
    document: dict[str, canon.Json] = {
        "schema": SCHEMA,
        "school": school_code,
        "period": wanted.text,
        "shape": wanted.shape,
        "closed": closed_on(wanted).isoformat(),
        "seq": seq,
        "prev": prev,
        "codebook": {"version": codebook.VERSION, "sha256": codebook.digest()},
        "method": "discrete-gaussian",
        "sigma2": SIGMA2,
        "tables": [
            {
                "table": table.name,
                "cells": [cell.key for cell in table.cells],
                "values": [count + draw(SIGMA2) for count in exact[table.name]],
            }
            for table in shape
        ],
        "guarantee": guarantee(wanted.shape),
    }
    schema.check(document, SCHEMA)
    return canon.dumps(document)


def read(payload: bytes) -> dict[str, Any]:
    """The document in a payload, held against the schema, the codebook and the calendar.

    Raises:
        errors.CheckFailed: ``summary-shape`` when it is not a document that ``draw`` could have written.
    """
    try:
        document = json.loads(payload)
        schema.check(document, SCHEMA)
        wanted = period.read(document["period"])
        whole = canon.dumps(document) == payload
    except (ValueError, TypeError, RecursionError, errors.UsageError):
        raise errors.CheckFailed("summary-shape") from None
    tables = [[table.name, [cell.key for cell in table.cells]] for table in codebook.tables(wanted.shape)]
    same = (
        document["closed"] == closed_on(wanted).isoformat()
        and (document["seq"] == 1) == (document["prev"] is None)
        and document["codebook"]["sha256"] == codebook.digest()
        and [[part["table"], part["cells"]] for part in document["tables"]] == tables
        and document["guarantee"] == guarantee(wanted.shape)
    )
    if not (whole and same):
        raise errors.CheckFailed("summary-shape")
    found: dict[str, Any] = document
    return found


def guarantee(shape: str) -> dict[str, str]:
    """What the noise promises, in numbers and in words, for a file of this shape."""
    return {
        "unit": "pupil_code",
        "rho": str(Fraction(_TABLES_CHANGED[shape], 2 * SIGMA2)),
        "rho_year": f"(2*months+4*terms+2)/{2 * SIGMA2}",
        **_TEXT,
    }


def rho(months: int, terms: int) -> Fraction:
    """What a school year of releases can tell about one student, in zero-concentrated differential privacy.

    Args:
        months: months of the year in which the student was recorded.
        terms: terms in which the student was recorded, 1 or 2.

    Source: Canonne, Kamath, Steinke 2020: the squared change of the tables over twice the variance.
    """
    changed = months * _TABLES_CHANGED["month"] + terms * _TABLES_CHANGED["term"] + _TABLES_CHANGED["year"]
    return Fraction(changed, 2 * SIGMA2)


def closed_on(wanted: period.Period) -> date:
    """The date a release carries: the day after the period, so that a late closing tells nothing."""
    return wanted.closes_on


def check_school_code(code: str) -> None:
    """Hold a school's code against what can stand in a file name and a table.

    Raises:
        errors.UsageError: ``bad-school-code`` unless it is 1 to 32 letters, digits, ``.``, ``_``, ``-``.
    """
    if not _CODE.fullmatch(code):
        raise errors.UsageError("bad-school-code", value=code)
