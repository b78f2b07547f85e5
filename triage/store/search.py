"""Search without marks: ``dat`` finds Đạt. Folded words in, case ids out."""

from __future__ import annotations

import unicodedata

from sqlalchemy import text
from sqlmodel import Session

MOST_WORDS = 32
"""Words of one search that count."""


def fold(value: str) -> str:
    """``value`` without marks and in lower case, one character for each of its NFC form."""
    return "".join(_fold(letter) for letter in unicodedata.normalize("NFC", value))


def index(session: Session, case_id: int, words: str) -> None:
    """Put a case's words into the index in place of what was there."""
    session.connection().execute(text("DELETE FROM case_search WHERE rowid = :id"), {"id": case_id})
    session.connection().execute(
        text("INSERT INTO case_search(rowid, folded) VALUES (:id, :words)"),
        {"id": case_id, "words": fold(words)},
    )


def forget(session: Session, case_id: int) -> None:
    """Take a case's words out for good: a deleted row stays in the index until its parts are merged into one."""
    drop(session, case_id)
    optimize(session)


def drop(session: Session, case_id: int) -> None:
    """Take a case's words out of the index; until ``optimize`` they still lie in it, marked as deleted."""
    session.connection().execute(text("DELETE FROM case_search WHERE rowid = :id"), {"id": case_id})


def optimize(session: Session) -> None:
    """Write the whole index anew, without the words of rows that are gone. Source: security.md 10, measured."""
    session.connection().execute(text("INSERT INTO case_search(case_search) VALUES ('optimize')"))


def find(session: Session, words: str, limit: int) -> list[int]:
    """The cases in which every word begins some word, newest first."""
    query = " ".join(f'"{word}"*' for word in _words(words))
    if not query:
        return []
    rows = session.connection().execute(
        text("SELECT rowid FROM case_search WHERE case_search MATCH :query ORDER BY rowid DESC LIMIT :limit"),
        {"query": query, "limit": limit},
    )
    return [row[0] for row in rows]


def _words(typed: str) -> list[str]:
    """The words of a search: letters and digits only, so nothing of them is a command of the index."""
    spelled = "".join(letter if _counts(letter) else " " for letter in fold(typed))
    return spelled.split()[:MOST_WORDS]


def _counts(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def _fold(letter: str) -> str:
    if letter in "đĐ":
        return "d"
    if "\ud800" <= letter <= "\udfff":
        # Half of a pair, as a broken export may hold it; the database takes whole characters only.
        return "\ufffd"
    apart = unicodedata.normalize("NFD", letter)
    # A Korean syllable comes apart into letters, not marks: it stays whole. A mark alone is the index's to drop.
    return (apart[0] if all(map(unicodedata.combining, apart[1:])) else letter).lower()[0]
