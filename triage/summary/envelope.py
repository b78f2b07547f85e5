"""The signed envelope of a summary: DSSE with one Ed25519 signature over the exact bytes.

The signature covers the bytes themselves, so a reader needs no rule for writing JSON to check it.

Source: DSSE v1.0 (github.com/secure-systems-lab/dsse), RFC 8032.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from triage import canon, errors
from triage.summary import period, release

PAYLOAD_TYPE = "application/vnd.school-summary+json"
_MOST_BYTES = 64 * 1024
"""A term's file is about 5 kB; whatever is larger is not ours and is not parsed."""


def new_key() -> tuple[bytes, bytes]:
    """A new signing key: 32 bytes private, 32 bytes public."""
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def key_id(public_raw: bytes) -> str:
    """SHA-256 of the 32 public bytes, hex: what the Department writes down once for a school."""
    return hashlib.sha256(public_raw).hexdigest()


def seal(payload: bytes, private_raw: bytes) -> bytes:
    """The signed file around a payload; the same payload and key always give the same bytes."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(private_raw)
    return canon.dumps(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [
                {
                    "keyid": key_id(key.public_key().public_bytes_raw()),
                    "sig": base64.b64encode(key.sign(_signed_bytes(payload))).decode(),
                }
            ],
        }
    )


def open(data: bytes, public_raw: bytes) -> bytes:  # noqa: A001 - called as envelope.open
    """The payload of a signed file, once its signature holds under the school's key.

    Args:
        data: the whole file.
        public_raw: the 32 public bytes enrolled for the school; a key named by the file is never trusted.

    Raises:
        errors.CheckFailed: ``summary-unreadable`` when it is not such a file, ``summary-stranger`` when it
            names another key, ``summary-signature`` when the signature does not hold.
    """
    payload, named, signature = _parts(data)
    if named != key_id(public_raw):
        raise errors.CheckFailed("summary-stranger", keyid=key_id(public_raw))
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public_raw)
        key.verify(signature, _signed_bytes(payload))
    except InvalidSignature:
        raise errors.CheckFailed("summary-signature") from None
    return payload


def file_name(school_code: str, period_text: str) -> str:
    """The name of a period's file: ``79012345-2026-11.dsse.json``.

    Raises:
        errors.UsageError: ``bad-school-code``, ``bad-period``.
    """
    release.check_school_code(school_code)
    return f"{school_code}-{period.read(period_text).text}.dsse.json"


def _signed_bytes(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the type and the payload, each with its length before it."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _parts(data: bytes) -> tuple[bytes, str, bytes]:
    if len(data) > _MOST_BYTES:
        raise errors.CheckFailed("summary-unreadable")
    try:
        document = json.loads(data, object_pairs_hook=_no_name_twice)
        (entry,) = document["signatures"]
        strict = (
            set(document) == {"payloadType", "payload", "signatures"}
            and set(entry) == {"keyid", "sig"}
            and document["payloadType"] == PAYLOAD_TYPE
        )
        payload, signature = _from_base64(document["payload"]), _from_base64(entry["sig"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise errors.CheckFailed("summary-unreadable") from None
    if not strict or not isinstance(entry["keyid"], str):
        raise errors.CheckFailed("summary-unreadable")
    return payload, entry["keyid"], signature


def _from_base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise binascii.Error("another spelling of the same bytes")
    return data


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
