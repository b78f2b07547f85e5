"""What a store still holds of the acts that were acknowledged, found out by another process than the one that wrote."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from tests.fault import programs
from triage import errors, models
from triage.desk import cases, session
from triage.store import anchor, backup, doctor, epochs, evidence, opened

_OURS = re.compile(r"header\.json|store\.lock|store\.\d+\.db(-wal|-shm)?|evidence(/aside(/[0-9a-f]{32})?)?")
Fact = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one store after something had gone wrong."""

    lost: tuple[str, ...]
    """Acknowledged acts that are not there."""
    broken: tuple[str, ...]
    """Everything else that is not as it should be."""
    anchor: str
    """How the anchor outside the store speaks; empty when the store did not open."""
    refused: str
    """The error's code with which the store was refused; empty when it opened."""
    cpu: float
    """Seconds of computing that opening took."""

    @property
    def well(self) -> bool:
        """Nothing is lost, nothing broken, and the store opens."""
        return not (self.lost or self.broken or self.refused)


def said(acks: Iterable[bytes]) -> list[Fact]:
    """The facts in whole lines; half a line was not said."""
    lines = b"".join(acks).split(b"\n")[:-1]
    return [tuple(json.loads(line)) for line in lines]


def look(place: Path, facts: Iterable[Fact], *, write: bool = True) -> Verdict:
    """Open the store in ``place``, examine it in full, look for each fact, clear up, act once more.

    Args:
        place: the folder with ``store`` and ``state`` in it; ``XDG_STATE_HOME`` must be the latter.
        facts: what was acknowledged.
        write: whether the store must take one more act.
    """
    facts = list(facts)
    folder = place / "store"
    if not folder.exists() and not facts:
        return Verdict((), (), "", "", 0.0)
    began = time.process_time()
    try:
        desk = programs.sit_down(place)
    except (errors.TriageError, OSError) as error:
        return Verdict((), (), "", getattr(error, "code", repr(error)), 0.0)
    cpu = time.process_time() - began
    try:
        broken, where = _examined(desk), _anchor(desk)
        with desk.opened.reading() as read:
            lost = [repr(fact) for fact in facts if not KEPT[fact[0]](place, desk, read, *fact[1:])]
            broken += _strays(place, desk, read) + _between(read)
            for sought, whole in (("backup-*[0-9]", _backup), ("restored-*[0-9]", _restored)):
                names = [path.name for path in place.glob(sought)]
                broken += [name for name in names if not whole(place, desk, read, name)]
        if write:
            _act(desk)
    except (errors.TriageError, OSError) as error:
        return Verdict((), (f"after opening: {error!r}",), "", "", cpu)
    finally:
        desk.close()
    return Verdict(tuple(lost), tuple(broken), where, "", cpu)


def _examined(desk: session.Desk) -> list[str]:
    """What ``doctor --full`` has against the store, but for a backup that nobody made and the small disk."""
    every = doctor.examine(desk.folder, desk.opened, full=True)
    found = [one for one in every if not one.ok and one.area not in ("backup", "storage")]
    return [f"{one.area}: {one.code} {one.values}" for one in found]


def _act(desk: session.Desk) -> None:
    with desk.opened.reading() as read:
        begun = _case(desk.folder, desk, read, programs.REF)
    if begun:
        cases.note(desk, programs.REF, "Còn ghi được.")
    else:
        cases.new(desk, cases.NewCase(words="Còn ghi được."))


def _anchor(desk: session.Desk) -> str:
    with desk.opened.reading() as read:
        return anchor.state(read, desk.opened.unlocked)


def _strays(place: Path, desk: session.Desk, read: Session) -> list[str]:
    """Files in the store that nobody knows, and temporary files anywhere; of seats in ``desks/`` only the judge's."""
    store = place / "store"
    known = {f"evidence/{name}" for name in read.exec(select(models.Evidence.file)) if name}
    if desk.opened.seat is not None:
        known |= {"desks", f"desks/{desk.opened.seat.path.name}"}
    there = {path.relative_to(store).as_posix() for path in store.rglob("*")}
    found = [name for name in there - known if not _OURS.fullmatch(name)]
    found += [path.name for path in epochs.older(store, desk.opened.unlocked.epoch)]
    found += [path.name for path in store.glob(f"store.{desk.opened.unlocked.epoch + 1}.db*")]
    found += [str(path.relative_to(place)) for path in (place / "state").rglob("*.tmp")]
    return [f"stray: {name}" for name in sorted(set(found))]


def _between(read: Session) -> list[str]:
    """Notes that a step to the next format has changed twice, or only some of them."""
    ends = {len(found) - len(found.rstrip("+")) for found in read.exec(select(models.Note.text))}
    return [f"between two formats: {ends}"] if ends not in ({0}, {1}, set()) else []


def _case(_place: Path, _desk: session.Desk, read: Session, ref: str) -> bool:
    return read.exec(select(models.Case).where(models.Case.ref == ref)).first() is not None


def _note(_place: Path, _desk: session.Desk, read: Session, number: int) -> bool:
    wanted = col(models.Note.text).startswith(f"Ghi {number}:")
    return read.exec(select(models.Note).where(wanted)).first() is not None


def _step(_place: Path, _desk: session.Desk, read: Session, ref: str, step: str) -> bool:
    query = select(models.Step).join(models.Case).where(models.Case.ref == ref, models.Step.step == step)
    return any(row.state == "done" for row in read.exec(query))


def _evidence(_place: Path, desk: session.Desk, read: Session, ref: str, item: str) -> bool:
    query = select(models.Evidence).join(models.Case)
    row = read.exec(query.where(models.Case.ref == ref, models.Evidence.item == item)).first()
    return row is not None and evidence.verify(
        desk.folder, row.file, row.key, row.sha256, store=desk.opened.unlocked.store
    )


def _member(_place: Path, desk: session.Desk, read: Session, label: str) -> bool:
    in_header = {slot.label for slot in desk.opened.unlocked.members}
    return label in in_header and label in read.exec(select(models.Member.label)).all()


def _backup(place: Path, _desk: session.Desk, _read: Session, name: str) -> bool:
    try:
        backup.verify(place / name, label="Cô An", passphrase=programs.WORDS, allow_cheap=True)
    except errors.TriageError:
        return False
    return True


def _restored(place: Path, _desk: session.Desk, _read: Session, name: str) -> bool:
    try:
        with session.open_store(place / name, programs.WORDS, label="Cô An", at=_desk.clock) as again:
            return not _examined(again)
    except errors.TriageError:
        return False


def _format(_place: Path, _desk: session.Desk, read: Session, number: int) -> bool:
    meta = read.get(models.Meta, 1)
    return meta is not None and meta.format == number


def _there(_place: Path, desk: session.Desk, _read: Session) -> bool:
    return isinstance(desk.opened, opened.Opened)


def _nothing(_place: Path, _desk: session.Desk, _read: Session, *_why: object) -> bool:
    return True


def _epoch(_place: Path, desk: session.Desk, _read: Session, number: int) -> bool:
    return desk.opened.unlocked.epoch >= number


KEPT: Mapping[str, Callable[..., bool]] = {
    "store": _there, "case": _case, "note": _note, "step": _step, "evidence": _evidence, "member": _member,
    "backup": _backup, "restored": _restored, "format": _format, "epoch": _epoch, "refused": _nothing,
}  # fmt: skip
"""How to see that what was said is so."""
