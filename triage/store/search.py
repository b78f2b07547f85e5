"""Search without marks: ``dat`` finds Đạt. Folded words in, case ids out."""

from __future__ import annotations

import unicodedata

from sqlalchemy import text
from sqlmodel import Session


def fold(value: str) -> str:
    """``value`` without marks and in lower case, one character for each of its NFC form."""
    folded = []
    for letter in unicodedata.normalize("NFC", value):
        if letter in "đĐ":
            folded.append("d")
        elif unicodedata.combining(letter):
            folded.append("\u200b")
        else:
            folded.append((unicodedata.normalize("NFD", letter)[0].lower() or letter)[0])
    return "".join(folded)


def index(session: Session, case_id: int, words: str) -> None:
    """Put a case's words into the index in place of what was there."""
    session.connection().execute(text("DELETE FROM case_search WHERE rowid = :id"), {"id": case_id})
    session.connection().execute(
        text("INSERT INTO case_search(rowid, folded) VALUES (:id, :words)"),
        {"id": case_id, "words": fold(words)},
    )


def find(session: Session, words: str, limit: int) -> list[int]:
    """The cases in which every word begins some word, newest first."""
    terms = [word.replace('"', "") for word in fold(words).split()]
    query = " ".join(f'"{word}"*' for word in terms if word)
    if not query:
        return []
    rows = session.connection().execute(
        text("SELECT rowid FROM case_search WHERE case_search MATCH :query ORDER BY rowid DESC LIMIT :limit"),
        {"query": query, "limit": limit},
    )
    return [row[0] for row in rows]
