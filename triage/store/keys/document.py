"""The file header.json: read, checked against its MAC, written in one step, one writer at a time."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from triage import canon, errors, i18n, paths, schema
from triage.store.keys import grants, person

VERSION = 1
_NAME = "header.json"
_MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """header.json, version 1."""

    people: Mapping[str, person.Person]
    """Everybody who can open the store, by id."""
    slots: Mapping[str, bytes]
    """The root key sealed to each of them (HPKE), by id."""
    chain: tuple[grants.Grant, ...]
    """How the people came to be these, oldest first; the last one is what holds."""
    mac: str = ""
    """HMAC-SHA256 under the root key over everything else, hex."""

    @property
    def now(self) -> grants.Statement:
        """The statement that holds."""
        return self.chain[-1].statement

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Header:
        """Read a document that fits the schema."""
        return cls(
            {id_: person.Person.from_json(id_, one) for id_, one in document["people"].items()},
            {id_: base64.b64decode(box, validate=True) for id_, box in document["slots"].items()},
            tuple(grants.Grant.from_json(one) for one in document["grants"]),
            document["mac"],
        )

    def as_json(self) -> dict[str, Any]:
        """The document as it is written."""
        return self._without_mac() | {"mac": self.mac}

    def slot_info(self, id_: str) -> bytes:
        """What the slot of a person is bound to: it opens in this store, epoch and place only."""
        now = self.now
        return canon.dumps(
            {
                "purpose": "slot",
                "store": now.store,
                "epoch": now.epoch,
                "id": id_,
                "pub": self.people[id_].public.as_json(),
            }
        )

    def with_mac(self, root: bytes | bytearray) -> Header:
        """The same header under its MAC."""
        return replace(self, mac=self._mac(root))

    def check(self, root: bytes | bytearray) -> None:
        """Hold the header against the root key that it delivered, and its parts against each other.

        Raises:
            errors.StoreDamaged: ``header-changed``: the MAC is wrong; ``header-unconfirmed``: the MAC
                holds, but people, slots or root key are not those of the newest grant.
        """
        if not hmac.compare_digest(self.mac, self._mac(root)):
            raise errors.StoreDamaged("header-changed")
        now = self.now
        named = grants.named(self.people)
        granted = named == dict(now.people) and set(self.slots) == set(named)
        if not granted or not hmac.compare_digest(now.root, grants.root_commitment(root)):
            raise errors.StoreDamaged("header-unconfirmed")

    def _without_mac(self) -> dict[str, Any]:
        return {
            "format": "triage-header",
            "v": VERSION,
            "store": self.now.store,
            "epoch": self.now.epoch,
            "gen": self.now.gen,
            "people": {id_: one.as_json() for id_, one in self.people.items()},
            "slots": {id_: base64.b64encode(box).decode() for id_, box in self.slots.items()},
            "grants": [one.as_json() for one in self.chain],
        }

    def _mac(self, root: bytes | bytearray) -> str:
        return hmac.new(person.subkey(root, "header"), canon.dumps(self._without_mac()), "sha256").hexdigest()


def read(folder: Path) -> Header:
    """Read header.json; nothing in it is proven yet.

    Raises:
        errors.UsageError: ``store-missing``, ``not-a-store``, ``store-newer``.
        errors.StoreDamaged: ``header-unreadable``.
    """
    return parse(_bytes(folder))


def epoch_of(folder: Path) -> int | None:
    """The number of the root key in the header that lies there; None while a store that is restored has none yet."""
    return read(folder).now.epoch if (folder / _NAME).exists() else None


def parse(data: bytes) -> Header:
    """Read the bytes of a header.json.

    Raises:
        errors.UsageError: ``store-newer``.
        errors.StoreDamaged: ``header-unreadable``.
    """
    try:
        document = json.loads(data, object_pairs_hook=_once)
        canon.dumps(document)
    except (ValueError, TypeError, RecursionError):
        raise errors.StoreDamaged("header-unreadable") from None
    _refuse_newer(document)
    try:
        schema.check(document, "header-v1")
        header = Header.from_json(document)
        same = header.as_json() == document
    except (errors.UsageError, ValueError, LookupError):
        raise errors.StoreDamaged("header-unreadable") from None
    if not same:
        raise errors.StoreDamaged("header-unreadable")
    return header


def write(folder: Path, header: Header) -> None:
    """Replace header.json in one step, read it back, and leave no older copy behind.

    Raises:
        errors.TryAgain: ``header-not-written``: the disk is full or may not be written.
        errors.StoreDamaged: ``header-unreadable``: what was written is not what is read.
    """
    data = canon.dumps(header.as_json()) + b"\n"
    try:
        paths.write_private(folder / _NAME, data)
        # An older copy would still open with an older passphrase.
        (folder / f"{_NAME}.1").unlink(missing_ok=True)
    except OSError as error:
        raise errors.TryAgain("header-not-written", why=i18n.system(error)) from None
    if _bytes(folder) != data:
        raise errors.StoreDamaged("header-unreadable")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Read, change and write header.json with no other process in between."""
    if os.name == "nt":
        with _alone_on_windows(folder):
            yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _alone_on_windows(folder: Path) -> Iterator[None]:
    import msvcrt

    handle = os.open(folder / "header.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            raise errors.TryAgain("header-busy") from None
        yield
    finally:
        os.close(handle)


def _bytes(folder: Path) -> bytes:
    if not folder.is_dir():
        raise errors.UsageError("store-missing", folder=str(folder))
    try:
        with (folder / _NAME).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise errors.UsageError("not-a-store", folder=str(folder)) from None
    except PermissionError:
        raise errors.UsageError("store-closed-to-you", folder=str(folder)) from None
    except OSError:
        raise errors.StoreDamaged("header-unreadable") from None
    if len(data) > _MAX_BYTES:
        raise errors.StoreDamaged("header-unreadable")
    return data


def _refuse_newer(document: object) -> None:
    if isinstance(document, dict) and document.get("format") == "triage-header":
        version = document.get("v")
        if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
            raise errors.UsageError("store-newer", version=version)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
