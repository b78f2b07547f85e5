"""Where restricted cases lie in a store: a folder each, with a database and evidence of its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from triage import paths
from triage.store.keys import document

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_REF = re.compile(rf"R-[{_LETTERS}]{{8}}")
_DATABASE = re.compile(r"case\.([1-9][0-9]*)\.db")


def new_ref() -> str:
    """A new id: random, so that it tells neither how many there are nor since when."""
    return "R-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def make(store: Path, ref: str) -> Path:
    """Make the folder of a new one, which only its owner may enter."""
    for place in (room(store), folder(store, ref)):
        paths.make_private(place)
    return paths.make_private(folder(store, ref) / "evidence").parent


def is_ref(text: str) -> bool:
    """Whether this is how the id of a restricted case is written, in any case of letters."""
    return _REF.fullmatch(text.strip().upper()) is not None


def room(store: Path) -> Path:
    """The folder that holds them all."""
    return store / "restricted"


def folder(store: Path, ref: str) -> Path:
    """The folder of one."""
    return room(store) / ref


def folders(store: Path) -> list[Path]:
    """The folder of each restricted case of a store, whoever can open it."""
    if not room(store).is_dir():
        return []
    return sorted(path for path in room(store).iterdir() if path.is_dir() and is_ref(path.name))


def database(place: Path, number: int) -> Path:
    """The database of one, under its key of this number."""
    return place / f"case.{number}.db"


def quiet(place: Path) -> AbstractContextManager[None]:
    """Nobody writes into this restricted case meanwhile, nor moves its log into its database.

    Within it, ``case.<n>.db`` and ``case.<n>.db-wal`` copied byte by byte are one consistent whole: whoever makes a
    backup need not be able to open them.
    """
    return document.alone(place)


def files(place: Path) -> Iterator[Path]:
    """The files that a copy of one needs: its databases with their logs, then its evidence."""
    for path in sorted(place.iterdir()):
        name = path.name.removesuffix("-wal")
        if path.is_file() and _DATABASE.fullmatch(name):
            yield path
    evidence = place / "evidence"
    if evidence.is_dir():
        yield from sorted(path for path in evidence.iterdir() if path.is_file() and path.suffix != ".tmp")


def sweep(store: Path, known: Collection[str]) -> None:
    """Set folders aside that are no case of this store: a crash came before one became a case.

    Only for who holds the store alone. Not deleted: to a database that was put back a newer case is unknown too.
    """
    for path in folders(store):
        if path.name not in known:
            aside = paths.make_private(room(store) / "aside")
            path.replace(aside / f"{path.name}.{secrets.token_hex(4)}")


def clear(place: Path, number: int) -> None:
    """Clear the databases under other keys than the one of this number, and what a crash left of files."""
    for path in place.iterdir():
        found = _DATABASE.fullmatch(path.name.removesuffix("-wal").removesuffix("-shm"))
        if found and int(found[1]) != number:
            path.unlink()
    for path in (place / "evidence").glob("*.tmp"):
        path.unlink()
