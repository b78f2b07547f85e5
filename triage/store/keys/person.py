"""A person's keys: made, locked by a passphrase, opened, used.

A passphrase becomes 64 bytes by Argon2id: a key and a commitment to it. The key seals the person's
three private keys; what is meant for her is sealed to her public key by HPKE.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from triage import canon, errors
from triage.terms import Right

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_SECRETS = 64 + 32 + 32
_TAG = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase costs (Argon2id)."""

    memory_kib: int
    """Memory, KiB."""
    iterations: int
    """Passes over the memory."""
    lanes: int
    """Threads."""

    def within(self, low: Cost, high: Cost) -> bool:
        """Whether no figure lies below ``low`` or above ``high``."""
        return (
            low.memory_kib <= self.memory_kib <= high.memory_kib
            and low.iterations <= self.iterations <= high.iterations
            and low.lanes <= self.lanes <= high.lanes
        )


RECOVERY_LABEL = "recovery"
"""The label of the recovery words; no member may be called so."""

FLOOR = Cost(memory_kib=65536, iterations=3, lanes=4)
"""The cheapest lock the program makes or opens. Source: RFC 9106 section 4, second recommendation."""

_CHEAPEST = Cost(memory_kib=8, iterations=1, lanes=1)
_CEILING = Cost(memory_kib=1 << 20, iterations=16, lanes=8)
"""A header from a stranger must not be able to make the computer work for an hour."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a passphrase, or the recovery words, turn into."""

    kdf: Mapping[str, Any]
    """How: the header's ``kdf``, without the secret."""
    key: bytearray
    """AES-256 key that seals the private keys, 32 bytes."""
    commit: str
    """Hex of 32 more bytes of the same output: a sealed box opens under one passphrase only."""


def new_lock(passphrase: str, cost: Cost) -> Lock:
    """Turn a new passphrase into a lock with a fresh salt."""
    return _argon2id(
        passphrase,
        {
            "kind": "argon2id",
            "salt": secrets.token_hex(16),
            "memory_kib": cost.memory_kib,
            "iterations": cost.iterations,
            "lanes": cost.lanes,
            "marks": not passphrase.isascii(),
        },
    )


def old_lock(passphrase: str, kdf: Mapping[str, Any], *, allow_cheap: bool = False) -> Lock:
    """Turn a passphrase into a lock the way the header says.

    Raises:
        errors.WrongPassphrase: ``wrong-kdf``: no such way, or its cost lies outside the bounds.
    """
    names = {"kind", "salt", "memory_kib", "iterations", "lanes", "marks"}
    if set(kdf) != names or kdf["kind"] != "argon2id" or not isinstance(kdf["marks"], bool):
        raise errors.WrongPassphrase("wrong-kdf")
    figures = [kdf[name] for name in ("memory_kib", "iterations", "lanes")]
    if not all(isinstance(figure, int) and not isinstance(figure, bool) for figure in figures):
        raise errors.WrongPassphrase("wrong-kdf")
    cost = Cost(*figures)
    if not cost.within(_CHEAPEST if allow_cheap else FLOOR, _CEILING) or cost.memory_kib < 8 * cost.lanes:
        raise errors.WrongPassphrase("wrong-kdf")
    if not isinstance(kdf["salt"], str) or not _is_hex(kdf["salt"], 16):
        raise errors.WrongPassphrase("wrong-kdf")
    return _argon2id(passphrase, kdf)


def words_lock(raw: bytes, store: str, number: int) -> Lock:
    """Turn the 16 bytes behind the recovery words into a lock.

    HKDF is enough: the words carry 128 random bits, so guessing is hopeless at any price.

    Args:
        raw: 16 random bytes.
        store: the store's id, 32 hex digits.
        number: the set's number, 1 for the first sheet.
    """
    out = HKDF(hashes.SHA256(), 64, bytes.fromhex(store), b"triage/v1/recovery").derive(raw)
    return Lock({"kind": "hkdf-sha256", "set": number}, bytearray(out[:32]), out[32:].hex())


def subkey(root: bytes | bytearray, purpose: str) -> bytes:
    """32 bytes for one purpose out of the root key (HKDF-Expand, SHA-256)."""
    return HKDFExpand(hashes.SHA256(), 32, f"triage/v1/{purpose}".encode()).derive(root)


@dataclass(frozen=True, slots=True)
class Public:
    """A person's public keys."""

    mlkem768: bytes
    """ML-KEM-768 encapsulation key, 1,184 bytes."""
    x25519: bytes
    """X25519 public key, 32 bytes."""
    ed25519: bytes
    """Ed25519 public key, 32 bytes."""

    @classmethod
    def from_json(cls, document: Mapping[str, str]) -> Public:
        """Read the header's ``pub``."""
        return cls(
            base64.b64decode(document["mlkem768"], validate=True),
            bytes.fromhex(document["x25519"]),
            bytes.fromhex(document["ed25519"]),
        )

    def as_json(self) -> dict[str, str]:
        """The header's ``pub``."""
        return {
            "mlkem768": base64.b64encode(self.mlkem768).decode(),
            "x25519": self.x25519.hex(),
            "ed25519": self.ed25519.hex(),
        }

    def seal(self, data: bytes | bytearray, info: bytes) -> bytes:
        """Seal ``data`` so that only this person opens it, and only for ``info`` (HPKE, base mode).

        The sender is not proven: whoever can write where the box lies could have made it.
        """
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(self.mlkem768),
            x25519.X25519PublicKey.from_public_bytes(self.x25519),
        )
        return _SUITE.encrypt(data, key, info)


class Private:
    """A person's private keys, open."""

    __slots__ = ("_agree", "_raw", "_sign", "public")

    def __init__(self, raw: bytearray) -> None:
        """Take 128 bytes: ML-KEM-768 seed (64), X25519 (32), Ed25519 (32)."""
        self._raw = raw
        seed = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:64])
        curve = x25519.X25519PrivateKey.from_private_bytes(raw[64:96])
        self._agree = hpke.MLKEM768X25519PrivateKey(seed, curve)
        self._sign = ed25519.Ed25519PrivateKey.from_private_bytes(raw[96:128])
        self.public = Public(
            seed.public_key().public_bytes_raw(),
            curve.public_key().public_bytes_raw(),
            self._sign.public_key().public_bytes_raw(),
        )

    @classmethod
    def new(cls) -> Private:
        """Fresh keys."""
        return cls(bytearray(secrets.token_bytes(_SECRETS)))

    def open(self, box: bytes, info: bytes) -> bytes:
        """Open what was sealed to this person for ``info``.

        Raises:
            InvalidTag, ValueError: the box is damaged, was meant for another, or for another ``info``.
        """
        return _SUITE.decrypt(box, self._agree, info)

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        return self._sign.sign(data)

    def raw(self) -> bytearray:
        """The 128 bytes."""
        return self._raw

    def forget(self) -> None:
        """Overwrite the bytes kept here; copies inside libraries are out of reach."""
        self._raw[:] = bytes(len(self._raw))


def signed_by(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` was made by the Ed25519 key ``public``."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Person:
    """One who can open the store, as the header holds them."""

    id: str
    """16 hex digits, random."""
    label: str
    """How the person is called here; readable without a passphrase."""
    right: Right
    """counsellor or lead."""
    recovery: bool
    """Whether this is the printed recovery words instead of a member."""
    public: Public
    """Public keys."""
    kdf: Mapping[str, Any]
    """How the secret becomes a key; looked at when it is used, so that a change there reads as exit 3."""
    commit: str
    """The commitment, hex."""
    nonce: bytes
    """Of the sealed box, 12 bytes, fresh each time."""
    sealed: bytes
    """AES-256-GCM of 128 bytes of private keys, then the pin."""

    @classmethod
    def from_json(cls, id: str, document: Mapping[str, Any]) -> Person:  # noqa: A002 - the field's name
        """Read an entry of the header's ``people``."""
        return cls(
            id,
            document["label"],
            Right(document["right"]),
            document["recovery"],
            Public.from_json(document["pub"]),
            document["kdf"],
            document["commit"],
            bytes.fromhex(document["nonce"]),
            base64.b64decode(document["sealed"], validate=True),
        )

    def as_json(self) -> dict[str, Any]:
        """The entry of the header's ``people``."""
        return {
            "label": self.label,
            "right": self.right.value,
            "recovery": self.recovery,
            "pub": self.public.as_json(),
            "kdf": dict(self.kdf),
            "commit": self.commit,
            "nonce": self.nonce.hex(),
            "sealed": base64.b64encode(self.sealed).decode(),
        }

    @classmethod
    def new(cls, label: str, right: Right, *, recovery: bool = False) -> tuple[Person, Private]:
        """Somebody with fresh keys, not sealed yet."""
        private = Private.new()
        return cls(secrets.token_hex(8), label, right, recovery, private.public, {}, "", b"", b""), private

    def seal(self, lock: Lock, private: Private, pin: bytes) -> Person:
        """The same person with private keys and pin sealed under ``lock``, with a fresh nonce."""
        locked = replace(self, kdf=lock.kdf, commit=lock.commit, nonce=secrets.token_bytes(12))
        box = AESGCM(lock.key).encrypt(locked.nonce, private.raw() + pin, locked._bound())
        return replace(locked, sealed=box)

    def open(self, lock: Lock) -> tuple[Private, bytes]:
        """The private keys and the pin.

        Raises:
            errors.WrongPassphrase: the commitment, compared first and in constant time, is another.
            errors.StoreDamaged: ``header-sealed``: the commitment holds, the box does not.
        """
        if not hmac.compare_digest(lock.commit.encode(), self.commit.encode()):
            raise errors.WrongPassphrase("wrong-passphrase")
        plain = bytearray(max(len(self.sealed) - _TAG, 0))
        try:
            AESGCM(lock.key).decrypt_into(self.nonce, self.sealed, self._bound(), plain)
            private = Private(plain[:_SECRETS])
        except (InvalidTag, ValueError):
            raise errors.StoreDamaged("header-sealed") from None
        pin = bytes(plain[_SECRETS:])
        plain[:] = bytes(len(plain))
        return private, pin

    @property
    def set_number(self) -> int:
        """The number of the set, of recovery words; 1 where the header says none."""
        number = self.kdf.get("set")
        return number if isinstance(number, int) else 1

    def keys_digest(self) -> str:
        """SHA-256 of the canonical public keys, hex: how a grant names them."""
        return hashlib.sha256(canon.dumps(self.public.as_json())).hexdigest()

    def _bound(self) -> bytes:
        return canon.dumps({"id": self.id, "pub": self.public.as_json(), "kdf": dict(self.kdf)})


def _argon2id(passphrase: str, kdf: Mapping[str, Any]) -> Lock:
    # NFKC: keyboards that send ế as one letter and as three must agree.
    typed = bytearray(unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"))
    out = bytearray(64)
    try:
        Argon2id(
            salt=bytes.fromhex(kdf["salt"]),
            length=64,
            iterations=kdf["iterations"],
            lanes=kdf["lanes"],
            memory_cost=kdf["memory_kib"],
        ).derive_into(typed, out)  # type: ignore[arg-type]  # any buffer is taken; the stub says bytes
    except MemoryError:
        raise errors.TryAgain("memory-short", kib=kdf["memory_kib"]) from None
    finally:
        typed[:] = bytes(len(typed))
    lock = Lock(dict(kdf), out[:32], bytes(out[32:]).hex())
    out[:] = bytes(64)
    return lock


def check_label(label: str, taken: Iterable[str]) -> None:
    """Hold that nobody is called so yet.

    Raises:
        errors.UsageError: ``label-taken``.
    """
    if any(same_label(label, other) for other in (*taken, RECOVERY_LABEL)):
        raise errors.UsageError("label-taken", label=label)


def same_label(label: str, other: str) -> bool:
    """Whether two labels are read as the same."""
    return unicodedata.normalize("NFC", label).casefold() == unicodedata.normalize("NFC", other).casefold()


def _is_hex(value: str, size: int) -> bool:
    return len(value) == 2 * size and all(letter in "0123456789abcdef" for letter in value)
