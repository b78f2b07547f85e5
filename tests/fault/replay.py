"""The states in which a power cut can leave a folder, built from what the recorder wrote down.

The model (research/store.md 4.2): a file's bytes are durable once the file was synced; until then each 512-byte
sector of each write may be there or not. A name that was made, moved or removed is durable once its folder was
synced; until then a folder's changes may be there up to any point, in their order. Folders are told apart from
their names, so what lies in a folder goes with it when it is renamed.
"""

from __future__ import annotations

import hashlib
import random  # noqa: TID251 - the seed comes from outside and is printed
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct("<cQQII")
SECTOR = 512
MODES = ("kept", "dropped", "names only", "bytes only", "torn", "torn", "zeros")
"""What becomes of what was not synced. ``names only``: renamed before the bytes were written, as file systems with
delayed allocation do; ``zeros``: the file has its new length, the bytes do not come."""


_TRIES = 12
_HASTE = 1.03
"""So that the last cuts, after which everything is durable, need not give what is missing."""


class Unreplayable(Exception):
    """The program did something that the replay does not know."""


@dataclass(frozen=True, slots=True)
class Op:
    """One thing asked of the disk."""

    kind: str
    """A letter of recorder.c."""
    ino: int
    """Of the file or folder."""
    offset: int
    """Of a write, or the size after a truncation."""
    data: bytes
    """Bytes written, or the path."""
    more: bytes
    """The path of the other end."""


def read(log: Path) -> list[Op]:
    """What the recorder wrote down, in order."""
    data, at, found = log.read_bytes(), 0, []
    while at < len(data):
        kind, ino, offset, first, second = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        found.append(
            Op(kind.decode(), ino, offset, data[at : at + first], data[at + first : at + first + second])
        )
        at += first + second
    return found


@dataclass(eq=False)
class File:
    """A file: the bytes that are durable, and what was asked of it since."""

    kept: bytes = b""
    pending: list[Op] = field(default_factory=list)

    def bytes_after(self, mode: str, drawn: random.Random) -> bytes:
        """What lies there after a power cut."""
        if not self.pending or mode in ("dropped", "names only"):
            return self.kept
        data = bytearray(self.kept)
        whole = mode in ("kept", "bytes only")
        for op in self.pending:
            if op.kind == "T":
                if whole or drawn.random() < 0.5:
                    _cut(data, op.offset)
                continue
            for start, part in _sectors(op):
                if whole or (mode == "torn" and drawn.random() < 0.5):
                    _put(data, start, part)
                elif mode == "zeros" and start + len(part) > len(data):
                    # What lay there stays: a sector is not written at all, or it is written.
                    data.extend(bytes(start + len(part) - len(data)))
        return bytes(data)

    def sync(self) -> None:
        self.kept = self.bytes_after("kept", random.Random(0))
        self.pending.clear()


@dataclass(eq=False)
class Folder:
    """A folder: the names the program sees, and those that are durable."""

    seen: dict[str, Node] = field(default_factory=dict)
    kept: dict[str, Node] = field(default_factory=dict)


Node = File | Folder


class Change(NamedTuple):
    """A name that points to something else from now on; nothing when it is gone."""

    folder: Folder
    name: str
    node: Node | None


@dataclass(frozen=True, slots=True)
class State:
    """One state after a power cut."""

    files: dict[str, bytes | None]
    """Paths below the folder; None for a folder."""
    acks: tuple[bytes, ...]
    """What had been acknowledged before the cut."""
    name: str
    """Where the cut was, and what became of what was not synced."""

    def digest(self) -> bytes:
        found = hashlib.blake2b(repr(self.acks).encode(), digest_size=16)
        for path, data in sorted(self.files.items()):
            found.update(f"{path}\0{-1 if data is None else len(data)}\0".encode() + (data or b""))
        return found.digest()

    def lay(self, place: Path) -> None:
        """Write the state into an empty folder."""
        for path, data in sorted(self.files.items()):
            target = place / path
            if data is None:
                target.mkdir(mode=0o700)
            else:
                target.write_bytes(data)
                target.chmod(0o600)


class Disk:
    """A folder as it was when the recording began, then one thing asked after the other."""

    def __init__(self, place: Path) -> None:
        self.place = str(place)
        self.top = Folder()
        self.nodes: dict[int, Node] = {place.stat().st_ino: self.top}
        self.changes: list[tuple[Change, ...]] = []
        self.acks: list[bytes] = []
        self._load(place, self.top)

    def _load(self, place: Path, folder: Folder) -> None:
        for path in place.iterdir():
            if path.name.endswith("-shm"):
                continue
            node: Node = Folder() if path.is_dir() else File(path.read_bytes())
            folder.seen[path.name] = folder.kept[path.name] = self.nodes[path.stat().st_ino] = node
            if isinstance(node, Folder):
                self._load(path, node)

    def do(self, op: Op) -> None:
        """One more thing."""
        if op.kind == "A":
            self.acks.append(op.data)
        elif op.kind in "WT":
            node = self.nodes[op.ino]
            assert isinstance(node, File)
            node.pending.append(op)
        elif op.kind == "S":
            self._sync(self.nodes[op.ino])
        elif op.kind in "CM":
            node = self.nodes[op.ino] = File() if op.kind == "C" else Folder()
            self._change(Change(*self._where(op.data), node))
        elif op.kind in "UD":
            self._change(Change(*self._where(op.data), None))
        elif op.kind == "R":
            (old, old_name), (new, new_name) = self._where(op.data), self._where(op.more)
            self._change(Change(old, old_name, None), Change(new, new_name, old.seen[old_name]))
        else:
            raise Unreplayable(f"{op.kind} {op.data!r} {op.more!r}")

    def _where(self, path: bytes) -> tuple[Folder, str]:
        inside = Path(path.decode()).relative_to(self.place)
        folder = self.top
        for part in inside.parts[:-1]:
            found = folder.seen[part]
            assert isinstance(found, Folder)
            folder = found
        return folder, inside.name

    def _change(self, *changes: Change) -> None:
        self.changes.append(changes)
        for change in changes:
            _point(change.folder.seen, change)

    def _sync(self, node: Node) -> None:
        if isinstance(node, File):
            node.sync()
            return
        folders, later = {node}, []
        # What is durable in one folder takes with it what came before it in the other folder of a move.
        for changes in reversed(self.changes):
            touched = {change.folder for change in changes}
            if touched & folders:
                folders |= touched
            else:
                later.append(changes)
        done = [changes for changes in self.changes if {change.folder for change in changes} & folders]
        for change in (one for changes in done for one in changes):
            _point(change.folder.kept, change)
        self.changes = later[::-1]

    def state(self, mode: str, drawn: random.Random, name: str) -> State:
        """What a power cut now leaves."""
        names = self._names(mode, drawn)
        files: dict[str, bytes | None] = {}
        self._walk(self.top, "", names, files, mode, drawn)
        return State(files, tuple(self.acks), name)

    def _names(self, mode: str, drawn: random.Random) -> dict[Folder, dict[str, Node]]:
        """The names in each folder that has changes which are not durable."""
        folders = {change.folder for changes in self.changes for change in changes}
        names = {folder: dict(folder.kept) for folder in folders}
        if mode in ("dropped", "bytes only"):
            return names
        stopped: set[Folder] = set()
        for changes in self.changes:
            touched = {change.folder for change in changes}
            stop = mode in ("torn", "zeros") and drawn.random() < 0.3
            if touched & stopped or stop:
                stopped |= touched
                continue
            for change in changes:
                _point(names[change.folder], change)
        return names

    def _walk(
        self, folder: Folder, path: str, names: dict[Folder, dict[str, Node]], files: dict[str, bytes | None],
        mode: str, drawn: random.Random,
    ) -> None:  # fmt: skip
        for name, node in names.get(folder, folder.kept).items():
            if isinstance(node, File):
                files[path + name] = node.bytes_after(mode, drawn)
            else:
                files[path + name] = None
                self._walk(node, f"{path}{name}/", names, files, mode, drawn)


def states(disk: Disk, ops: Sequence[Op], *, wanted: int, seed: int) -> Iterator[State]:
    """Different states after cuts spread over the whole recording; fewer than wanted when there are no more."""
    drawn = random.Random(seed)
    seen: set[bytes] = set()
    for number, op in enumerate(ops, 1):
        disk.do(op)
        for _ in range(_TRIES):
            # Where one cut gives nothing new, the next ones give more.
            if len(seen) == wanted or len(seen) * len(ops) >= wanted * number * _HASTE:
                break
            mode = drawn.choice(MODES)
            state = disk.state(mode, drawn, f"after {number} of {len(ops)} ({op.kind}), {mode}")
            digest = state.digest()
            if digest not in seen:
                seen.add(digest)
                yield state


def _point(names: dict[str, Node], change: Change) -> None:
    if change.node is None:
        names.pop(change.name, None)
    else:
        names[change.name] = change.node


def _sectors(op: Op) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(op.data):
        end = min(len(op.data), start + SECTOR - (op.offset + start) % SECTOR)
        yield op.offset + start, op.data[start:end]
        start = end


def _put(data: bytearray, start: int, part: bytes) -> None:
    if len(data) < start:
        data.extend(bytes(start - len(data)))
    data[start : start + len(part)] = part


def _cut(data: bytearray, size: int) -> None:
    del data[size:]
    data.extend(bytes(size - len(data)))
