"""The pool of evidence in a backup: files with random names that never change, copied once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage import canon, errors, paths
from triage.store import engine, evidence
from triage.store.backup import files, layout

if TYPE_CHECKING:
    from triage.store.opened import Opened


@dataclass(frozen=True, slots=True)
class Item:
    """An evidence file that a copy of the store needs."""

    name: str
    """Its path in the store."""
    key: bytes | None
    """Its key; None in a restricted case, which a backup is made of without opening it."""
    sha256: str
    """Of its plain bytes, hex; empty where it cannot be known."""


def items(database: Path, key: bytes) -> list[Item]:
    """The evidence files that the copy of a database names."""
    # Not a connection that may write: it would give the copy a write-ahead log again.
    with engine.connected(database, key, immutable=True) as copy:
        rows = copy.execute(
            "SELECT file, key, sha256 FROM evidence WHERE file IS NOT NULL ORDER BY id"
        ).fetchall()
    return [Item(f"{layout.POOL}/{file}", key, sha256) for file, key, sha256 in rows]


class Pool:
    """The pool while a backup is made."""

    def __init__(self, out: Path) -> None:
        self.room = out / layout.POOL
        self.out = out
        self.files: dict[str, canon.Json] = {}
        """Size and SHA-256 of each file that the copy needs, by its name in the store."""
        self.copied = 0
        """How many were not there yet, or not as they should be."""
        self.kept = 0
        """How many were there."""
        self._added: list[Path] = []

    def fill(
        self, held: Opened, items: list[Item], former: dict[str, str], progress: files.Progress | None
    ) -> None:
        """Every evidence file lies here, byte by byte as it lies in the store, and opens with its key.

        Args:
            held: the open store.
            items: what the copy needs.
            former: SHA-256 by name of what the backup held before.
            progress: told bytes done and in all.

        Raises:
            errors.StoreDamaged: ``evidence-damaged``: a file in the store is gone or not what was taken in.
        """
        sizes = [path.stat().st_size for one in items if (path := held.folder / one.name).is_file()]
        meter = files.Meter(sum(sizes), progress)
        for one in items:
            source = held.folder / one.name
            try:
                live = files.digest(source, meter)
                if former.get(one.name, live) != live:
                    # A last good one is not replaced by a damaged one.
                    raise errors.StoreDamaged("evidence-damaged")
                if not self._has(source.name, live):
                    self._copy(source)
                    if one.key is not None and not evidence.verify(
                        self.out, source.name, one.key, one.sha256, store=held.unlocked.store
                    ):
                        raise errors.StoreDamaged("evidence-damaged")
            except FileNotFoundError:
                # Damaged before, or withdrawn since the database was copied: a backup without it would not restore.
                raise errors.StoreDamaged("evidence-damaged") from None
            self.files[one.name] = {"size": (self.room / source.name).stat().st_size, "sha256": live}
        paths.sync_folder(self.room)

    def take_back(self) -> None:
        """After a failure: what was not there before goes again."""
        for path in self._added:
            path.unlink(missing_ok=True)

    def _has(self, name: str, live: str) -> bool:
        path = self.room / name
        there = path.is_file() and files.digest(path) == live
        self.kept += there
        return there

    def _copy(self, source: Path) -> None:
        target = self.room / source.name
        if not target.exists():
            self._added.append(target)
        part = target.with_name(f"{target.name}.part")
        try:
            files.copy(source, part)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self.copied += 1
