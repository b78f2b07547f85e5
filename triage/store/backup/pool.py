"""The pool of evidence in a backup: files with random names that never change, copied once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from triage import canon, errors, paths
from triage.store import engine, evidence
from triage.store.backup import files, layout

if TYPE_CHECKING:
    from triage.store.opened import Opened


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
        self, held: Opened, database: Path, former: dict[str, str], progress: files.Progress | None
    ) -> None:
        """Every evidence file that a database names lies here, byte by byte as it lies in the store.

        Args:
            held: the open store.
            database: the copy of its database.
            former: SHA-256 by name of what the backup held before.
            progress: told bytes done and in all.

        Raises:
            errors.StoreDamaged: ``evidence-damaged``: a file in the store is gone or not what was taken in.
        """
        # Not a connection that may write: it would give the copy a write-ahead log again.
        with engine.connected(database, held.unlocked.subkey("db"), immutable=True) as copy:
            rows = copy.execute(
                "SELECT file, key, sha256 FROM evidence WHERE file IS NOT NULL ORDER BY id"
            ).fetchall()
        room = held.folder / layout.POOL
        sizes = [path.stat().st_size for name, _, _ in rows if (path := room / name).is_file()]
        meter = files.Meter(sum(sizes), progress)
        for name, key, sha256 in rows:
            named = f"{layout.POOL}/{name}"
            try:
                live = files.digest(room / name, meter)
                if former.get(named, live) != live:
                    # A last good one is not replaced by a damaged one.
                    raise errors.StoreDamaged("evidence-damaged")
                if not self._has(name, live):
                    self._copy(room / name)
                    if not evidence.verify(self.out, name, key, sha256, store=held.unlocked.store):
                        raise errors.StoreDamaged("evidence-damaged")
            except FileNotFoundError:
                # Damaged before, or withdrawn since the database was copied: a backup without it would not restore.
                raise errors.StoreDamaged("evidence-damaged") from None
            self.files[named] = {"size": (self.room / name).stat().st_size, "sha256": live}
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
