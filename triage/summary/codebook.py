"""Codebook v1: the lists that every school counts by, the same words in the same order.

The data is ``schemas/codebook-v1.json``; a file that leaves names it by version and digest.

Source: the categories of kinds, the severities, platforms and delays are fixed for all schools; each
list ends in ``unknown`` where a student can be without an answer, so that everybody counted stands in
exactly one cell of every table.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

from triage import canon, schema
from triage.terms import Kind, Level

VERSION = 1
_NAME = f"codebook-v{VERSION}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    key: str
    """``scam``, or ``scam.red`` where two lists cross: stable, ASCII."""
    vi: str
    """In Vietnamese."""
    en: str
    """In English."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its lists crossed, every cell always there."""

    name: str
    """``category_severity``."""
    by: tuple[str, ...]
    """The lists it crosses: none, one or two of categories, severities, platforms, delays."""
    vi: str
    """Its heading in Vietnamese."""
    en: str
    """Its heading in English."""
    cells: tuple[Cell, ...]
    """In codebook order, the last list running fastest."""

    def position(self, keys: tuple[str, ...]) -> int:
        """Where the cell with these keys, one for each list, lies."""
        wanted = ".".join(keys) or self.name
        return next(place for place, cell in enumerate(self.cells) if cell.key == wanted)


def tables(shape: str) -> tuple[Table, ...]:
    """The tables of a month, term or year, in the order of the file."""
    return _shapes()[shape]


def category(kind: Kind) -> str:
    """The category that counts a kind: UNSURE is ``unknown``."""
    return _categories()[kind]


def severity(level: Level) -> str:
    """The severity that counts a level: MEDIUM and LOW are both ``yellow``."""
    return _severities()[level]


def kind_order(kind: Kind) -> int:
    """The place of a kind in the codebook: what decides between kinds that rank alike."""
    return list(_categories()).index(kind)


@functools.cache
def digest() -> str:
    """SHA-256 of the codebook's canonical JSON, hex."""
    return canon.digest(schema.load(_NAME))


@functools.cache
def _categories() -> dict[Kind, str]:
    return {Kind(kind): row["key"] for row in schema.load(_NAME)["categories"] for kind in row["kinds"]}


@functools.cache
def _severities() -> dict[Level, str]:
    return {Level[level]: row["key"] for row in schema.load(_NAME)["severities"] for level in row["levels"]}


@functools.cache
def _shapes() -> dict[str, tuple[Table, ...]]:
    shapes = schema.load(_NAME)["shapes"]
    return {shape: tuple(_table(name) for name in names) for shape, names in shapes.items()}


def _table(name: str) -> Table:
    book = schema.load(_NAME)
    head = book["tables"][name]
    crossed = itertools.product(*(book[part] for part in head["by"]))
    cells = tuple(
        Cell(
            ".".join(row["key"] for row in rows),
            " · ".join(row["vi"] for row in rows),
            " · ".join(row["en"] for row in rows),
        )
        for rows in crossed
    )
    if not head["by"]:
        cells = (Cell(name, head["vi"], head["en"]),)
    return Table(name, tuple(head["by"]), head["vi"], head["en"], cells)
