"""Opening a backup and holding it against its manifest and its log; nothing in it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from triage import canon, chain, errors, schema
from triage.store import anchor, engine
from triage.store.backup import files, layout
from triage.store.keys import document, header, person
from triage.store.keys.header import Unlocked

SHELF_LIFE = timedelta(days=365)
"""A backup older than this should be made anew and destroyed. Source: security.md 10 (12 months)."""
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that was opened and compared."""

    entries: int
    """Entries of the log in it."""
    made_at: datetime
    """When it was made."""
    epoch: int
    """The number of its root key."""
    people: tuple[str, ...]
    """Who can open it with the passphrase of that time; the recovery words of that time open it too."""
    earlier_keys: bool
    """This computer has seen the store under a later root key: somebody was taken out since."""
    stray: int
    """Parts of an interrupted making that lie beside it; the next making clears them."""

    def is_old(self, now: datetime) -> bool:
        """Whether it is past its shelf life."""
        return now - self.made_at > SHELF_LIFE


@dataclass(frozen=True, slots=True)
class Whole:
    """The newest copy of a backup that is whole."""

    copy: layout.Copy
    """Where it lies."""
    unlocked: Unlocked
    """The keys that open it."""
    manifest: Mapping[str, Any]
    """What it holds."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(int(kept["size"]) for kept in self.manifest["files"].values())


def verify(
    source: Path,
    *,
    label: str | None,
    passphrase: str,
    allow_cheap: bool = False,
    progress: files.Progress | None = None,
) -> Checked:
    """Open a backup and compare it with its manifest and its log; nothing in it is written.

    Args:
        source: the backup's folder.
        label: who opens it; may be left out when there is one member.
        passphrase: as typed.
        allow_cheap: for tests only.
        progress: told bytes done and in all.

    Raises:
        errors.UsageError: ``not-a-backup``.
        errors.StoreDamaged: ``backup-damaged``, naming the file.
    """
    refuse_other(source)
    with layout.alone(source, shared=True):
        found = newest(source, label, passphrase, allow_cheap, progress)
        stray = len(layout.strays(found.copy, set(found.manifest["files"])))
    return told(found, stray)


def told(found: Whole, stray: int = 0) -> Checked:
    """What is said of a copy that is whole."""
    return Checked(
        int(found.manifest["entries"]),
        datetime.fromisoformat(found.manifest["made_at"]),
        found.unlocked.epoch,
        tuple(slot.label for slot in found.unlocked.members),
        found.unlocked.epoch < epoch_seen(found.unlocked.store),
        stray,
    )


def refuse_other(source: Path) -> None:
    """Refuse what is no backup.

    Raises:
        errors.UsageError: ``not-a-backup``.
    """
    if not layout.is_one(source) or layout.is_part(source):
        raise errors.UsageError("not-a-backup", folder=str(source))


def newest(
    source: Path, label: str | None, passphrase: str, allow_cheap: bool, progress: files.Progress | None
) -> Whole:
    """The newest copy that is whole; an older one is there only after a making that was interrupted.

    Raises:
        errors.StoreDamaged: ``backup-damaged``: none is; of the newest, naming the file.
    """
    for name in layout.foreign(source):
        raise errors.StoreDamaged("backup-damaged", file=name)
    first: errors.StoreDamaged | None = None
    for copy in layout.copies(source):
        try:
            # A damaged header would be called a wrong passphrase.
            unproven(copy)
            unlocked = header.unlock(copy.inner, label, passphrase, allow_cheap=allow_cheap, keep_pin=False)
            return Whole(copy, unlocked, check(unlocked, copy, progress))
        except errors.StoreDamaged as error:
            first = first or error
    raise first or errors.StoreDamaged("backup-damaged", file=layout.MANIFEST)


def check(unlocked: Unlocked, copy: layout.Copy, progress: files.Progress | None = None) -> Mapping[str, Any]:
    """Signature, shape, every file's size and digest, nothing else there, the log in the copy.

    Raises:
        errors.StoreDamaged: ``backup-damaged``, naming the file.
    """
    manifest = signed(copy, {slot.id: slot.sign_public for slot in unlocked.everyone})
    taken = copy.format == 2 and layout.has_name(copy.inner)
    renamed = taken and copy.inner != layout.place(copy.outer, manifest["entries"])
    if renamed or (manifest["store"], manifest["epoch"]) != (unlocked.store, unlocked.epoch):
        raise errors.StoreDamaged("backup-damaged", file=layout.MANIFEST)
    named: dict[str, Any] = manifest["files"]
    wanted = {name for name in named if not layout.pooled(name)} | {layout.MANIFEST, layout.SIGNATURE}
    wanted |= {f"{above}/" for name in wanted for above in _above(name)}
    for name in sorted(layout.inside(copy) ^ wanted):
        raise errors.StoreDamaged("backup-damaged", file=name)
    meter = files.Meter(sum(kept["size"] for kept in named.values()), progress)
    for name, kept in named.items():
        path = copy.path(name)
        plain = path.is_file() and not path.is_symlink()
        if not plain or path.stat().st_size != kept["size"] or files.digest(path, meter) != kept["sha256"]:
            raise errors.StoreDamaged("backup-damaged", file=name)
    _check_log(unlocked, copy, manifest)
    return manifest


def signed(copy: layout.Copy, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The manifest, when one of these people has signed it; each of both documents has one spelling.

    Raises:
        errors.StoreDamaged: ``backup-damaged``.
    """
    try:
        data = (copy.inner / layout.MANIFEST).read_bytes()
        seal = (copy.inner / layout.SIGNATURE).read_bytes()
        signature = json.loads(seal)
        spelled = _SIGNATURE.fullmatch(signature["signature"]) is not None
        spelled = spelled and set(signature) == {"member", "signature"} and canon.dumps(signature) == seal
        holds = spelled and person.signed_by(
            keys[signature["member"]], bytes.fromhex(signature["signature"]), label(copy.format) + data
        )
        manifest: dict[str, Any] = json.loads(data)
        schema.check(manifest, f"backup-manifest-v{copy.format}")
        holds = holds and canon.dumps(manifest) == data
    except (OSError, ValueError, KeyError, TypeError, RecursionError, errors.UsageError):
        holds = False
    if not holds:
        raise errors.StoreDamaged("backup-damaged", file=layout.MANIFEST)
    return manifest


def label(version: int) -> bytes:
    """What a signature over a manifest of this format begins with."""
    return f"triage/backup/v{version}\0".encode()


def unproven(copy: layout.Copy) -> tuple[str, dict[str, Any]]:
    """The store's id and the manifest of a copy that was not unlocked, signed by somebody its own header names.

    Raises:
        errors.StoreDamaged: ``backup-damaged``.
        errors.UsageError: ``store-newer``.
    """
    path = copy.inner / "header.json"
    try:
        found = document.read(copy.inner) if path.is_file() else None
    except errors.StoreDamaged:
        found = None
    if found is None:
        raise errors.StoreDamaged("backup-damaged", file="header.json")
    manifest = signed(copy, {one.id: one.public.ed25519 for one in found.people.values()})
    if files.digest(path) != manifest["files"]["header.json"]["sha256"]:
        raise errors.StoreDamaged("backup-damaged", file="header.json")
    return found.now.store, manifest


def epoch_seen(store: str) -> int:
    """The newest root key's number under which this computer has seen a store; 0 when it has not."""
    seen = 0
    for path in sorted(anchor.room(store).glob("*.json")):
        try:
            seen = max(seen, int(json.loads(path.read_bytes())["epoch"]))
        except (OSError, ValueError, KeyError, TypeError):
            # An anchor that cannot be read is spoken of when the store is opened.
            continue
    return seen


def _above(name: str) -> list[str]:
    """The folders in which a file lies."""
    return [above.as_posix() for above in PurePosixPath(name).parents if above.name]


def _check_log(unlocked: Unlocked, copy: layout.Copy, manifest: Mapping[str, Any]) -> None:
    """The copy opens under the key, and its log is whole up to the head that the manifest names."""
    name = f"store.{unlocked.epoch}.db"
    try:
        with engine.connected(copy.path(name), unlocked.subkey("db"), immutable=True) as opened:
            rows = opened.execute("SELECT seq, body, hash FROM auditentry ORDER BY seq").fetchall()
    except (errors.StoreDamaged, errors.TryAgain):
        raise errors.StoreDamaged("backup-damaged", file=name) from None
    head = (rows[-1][0], rows[-1][2].hex()) if rows else (0, "")
    if chain.first_break(unlocked.store, rows) is not None or head != (manifest["entries"], manifest["head"]):
        raise errors.StoreDamaged("backup-damaged", file=name)
