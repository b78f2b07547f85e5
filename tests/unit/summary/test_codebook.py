from __future__ import annotations

import itertools
import json
import unicodedata

from triage import schema
from triage.summary import codebook
from triage.terms import Delay, Kind, Level, Platform

SHAPES = ("month", "term", "year")


def test_codebook_v1_never_changes() -> None:
    """Files that left name it by this digest; a change is a codebook-v2."""
    assert codebook.digest() == "9831abf817b140f3073e9ea160169f45ca3cf1f4790c2bb2fd42075383a45619"


def test_every_kind_has_one_category_by_the_fixed_mapping() -> None:
    assert {kind.value: codebook.category(kind) for kind in Kind} == {
        "SCAM": "scam",
        "VKIDNAP": "vkidnap",
        "GROOM": "groom_control",
        "CONTROL": "groom_control",
        "SEXTORT": "sextort_ncii",
        "NCII": "sextort_ncii",
        "BULLY": "bully_violence",
        "VIOLENCE": "bully_violence",
        "DOXATO": "doxato",
        "SELFHARM": "selfharm",
        "RECRUIT": "recruit",
        "UNSURE": "unknown",
    }
    assert sorted(codebook.kind_order(kind) for kind in Kind) == list(range(len(Kind)))
    assert codebook.kind_order(Kind.UNSURE) == len(Kind) - 1


def test_every_level_has_one_severity() -> None:
    assert [codebook.severity(level) for level in sorted(Level)] == ["yellow", "yellow", "orange", "red"]


def test_platforms_and_delays_are_the_programs_own_lists_in_order() -> None:
    book = schema.load("codebook-v1")
    assert [row["key"] for row in book["platforms"]] == [value.value for value in Platform]
    assert [row["key"] for row in book["delays"]] == [value.value for value in Delay]


def test_the_tables_of_each_shape_are_the_agreed_ones() -> None:
    sizes = {shape: {t.name: len(t.cells) for t in codebook.tables(shape)} for shape in SHAPES}
    assert sizes == {
        "month": {"total": 1, "severity": 3},
        "term": {"category": 9, "category_severity": 27, "platform": 9, "delay": 5},
        "year": {"total": 1, "category": 9},
    }


def test_a_crossed_table_runs_its_last_list_fastest_and_finds_every_cell() -> None:
    cross = next(t for t in codebook.tables("term") if t.name == "category_severity")
    categories = [codebook.category(kind) for kind in sorted(Kind, key=codebook.kind_order)]
    keys = itertools.product(dict.fromkeys(categories), ("red", "orange", "yellow"))
    assert [cross.position(key) for key in keys] == list(range(27))
    assert codebook.tables("month")[0].position(()) == 0


def test_every_word_is_there_in_both_languages_in_composed_letters() -> None:
    for shape in SHAPES:
        for table in codebook.tables(shape):
            for word in [table.vi, table.en, *(c.vi for c in table.cells), *(c.en for c in table.cells)]:
                assert word.strip()
                assert unicodedata.is_normalized("NFC", word)
    assert "vụ" not in json.dumps(schema.load("codebook-v1")["tables"], ensure_ascii=False)


def test_the_schema_of_the_file_fixes_exactly_these_tables() -> None:
    fixed = schema.load("summary-v1")["$defs"]
    for shape in SHAPES:
        for table in codebook.tables(shape):
            entry = fixed[table.name]["properties"]
            assert entry["cells"]["const"] == [cell.key for cell in table.cells]
            assert entry["values"]["minItems"] == entry["values"]["maxItems"] == len(table.cells)
