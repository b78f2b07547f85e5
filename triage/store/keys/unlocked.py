"""An unlocked store: who opened it, and what her keys can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from triage import canon, errors
from triage.store.keys import document, grants, person
from triage.terms import Right


@dataclass(frozen=True, slots=True)
class Slot:
    """One who can open the store, as others see them."""

    id: str
    """16 hex digits."""
    label: str
    """How the person is called here."""
    right: Right
    """counsellor or lead."""
    sign_public: bytes
    """Ed25519 public key, 32 bytes."""
    recovery: bool
    """Whether this is the recovery words instead of a member."""

    @classmethod
    def of(cls, one: person.Person) -> Slot:
        """The slot of a person."""
        return cls(one.id, one.label, one.right, one.public.ed25519, one.recovery)


class Unlocked:
    """The open keys of one person; ``forget`` lets go of them."""

    __slots__ = ("_header", "_private", "_root", "first_time", "folder", "member_id")

    def __init__(
        self,
        folder: Path,
        header: document.Header,
        member_id: str,
        private: person.Private,
        root: bytearray,
        *,
        first_time: bool,
    ) -> None:
        self.folder = folder
        self._header = header
        self.member_id = member_id
        self._private = private
        self._root = root
        self.first_time = first_time
        """Whether this person opens the store for the first time: she compares six words with the lead."""

    @property
    def store(self) -> str:
        """The store's id, 32 hex digits."""
        return self._header.now.store

    @property
    def epoch(self) -> int:
        """Counts root keys, from 1."""
        return self._header.now.epoch

    @property
    def gen(self) -> int:
        """Counts changes of the header that a lead granted, from 1."""
        return self._header.now.gen

    @property
    def core(self) -> str:
        """SHA-256 of what the newest grant covers, 64 hex digits."""
        return self._header.now.core

    @property
    def compare_words(self) -> str:
        """Six words for ``core``, to compare between two screens."""
        return grants.compare_words(self.core)

    @property
    def label(self) -> str:
        """Who is there."""
        return self._header.people[self.member_id].label

    @property
    def right(self) -> Right:
        """What this person may do."""
        return self._header.people[self.member_id].right

    @property
    def database(self) -> Path:
        """Where this epoch's database lies."""
        return self.folder / f"store.{self.epoch}.db"

    @property
    def everyone(self) -> tuple[Slot, ...]:
        """All who can open the store, the recovery words too, by label."""
        slots = (Slot.of(one) for one in self._header.people.values())
        return tuple(sorted(slots, key=lambda slot: (slot.recovery, slot.label.casefold(), slot.id)))

    @property
    def members(self) -> tuple[Slot, ...]:
        """The members, by label."""
        return tuple(slot for slot in self.everyone if not slot.recovery)

    @property
    def recovery(self) -> Slot:
        """The recovery words' slot: what members must be able to open is sealed to it as well."""
        return next(slot for slot in self.everyone if slot.recovery)

    @property
    def recovery_set(self) -> int:
        """The number of the set of recovery words that opens the store."""
        return self._header.people[self.recovery.id].set_number

    @property
    def sign_public(self) -> bytes:
        """This person's Ed25519 public key, 32 bytes."""
        return self._private.public.ed25519

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for one purpose (``db``, ``evidence``, ``backup`` ...) out of this epoch's root key."""
        return person.subkey(self._root, purpose)

    def sign(self, data: bytes) -> bytes:
        """Sign as this person (Ed25519, 64 bytes).

        Raises:
            ValueError: the data would read as a grant; those are signed by ``header`` alone.
        """
        if data.startswith(grants.SIGNED_AS):
            raise ValueError("a grant is not signed here")
        return self._private.sign(data)

    def seal_to(self, member_id: str, data: bytes | bytearray, purpose: str) -> bytes:
        """Seal ``data`` to somebody of this store, for one purpose (HPKE)."""
        one = self._header.people[member_id]
        return one.public.seal(data, self._info(member_id, purpose))

    def open_sealed(self, blob: bytes, purpose: str) -> bytes:
        """Open what was sealed to this person for ``purpose``.

        Raises:
            errors.StoreDamaged: ``sealed-unreadable``: damaged, or meant for another person or purpose.
        """
        try:
            return self._private.open(blob, self._info(self.member_id, purpose))
        except (InvalidTag, ValueError):
            raise errors.StoreDamaged("sealed-unreadable") from None

    def forget(self) -> None:
        """Overwrite the keys kept here. Copies inside libraries are out of Python's reach."""
        self._root[:] = bytes(len(self._root))
        self._private.forget()

    def header(self) -> document.Header:
        """The header these keys opened; ``header.add_member`` builds on it."""
        return self._header

    def private(self) -> person.Private:
        """The person's private keys; ``header.add_member`` signs with them."""
        return self._private

    def root(self) -> bytearray:
        """The root key; ``header.add_member`` seals it to the new member."""
        return self._root

    def advance(self, header: document.Header) -> None:
        """Take a header that was granted since."""
        self._header = header

    def _info(self, member_id: str, purpose: str) -> bytes:
        return canon.dumps({"purpose": f"sealed/{purpose}", "store": self.store, "to": member_id})
