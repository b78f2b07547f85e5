from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from triage import errors
from triage.summary import envelope

PAYLOAD = '{"tệp":"mẫu"}'.encode()
PRIVATE, PUBLIC = envelope.new_key()
SEALED = envelope.seal(PAYLOAD, PRIVATE)
SIG: bytes = json.loads(SEALED)["signatures"][0]["sig"].encode()
OTHER_SPELLING = SIG[:-3] + bytes([SIG[-3] + 1]) + SIG[-2:]
"""The same 64 bytes: the last letter's low bits are not used."""


def refused(data: bytes, public: bytes = PUBLIC) -> str:
    """The code with which a file is refused."""
    with pytest.raises(errors.CheckFailed) as raised:
        envelope.open(data, public)
    return raised.value.code


def changed(**parts: Any) -> bytes:
    """The sealed file with some parts replaced."""
    return json.dumps(json.loads(SEALED) | parts).encode()


def test_what_was_sealed_comes_out_again() -> None:
    assert envelope.open(SEALED, PUBLIC) == PAYLOAD


def test_sealing_again_gives_the_same_bytes() -> None:
    assert envelope.seal(PAYLOAD, PRIVATE) == SEALED


def test_what_is_signed_is_type_and_payload_each_with_its_length() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    public = ed25519.Ed25519PublicKey.from_public_bytes(PUBLIC)
    signed = b"DSSEv1 35 application/vnd.school-summary+json 17 " + PAYLOAD
    public.verify(base64.b64decode(SIG), signed)


def test_the_other_spelling_is_really_the_same_bytes() -> None:
    assert base64.b64decode(SIG) == base64.b64decode(OTHER_SPELLING)
    assert SIG != OTHER_SPELLING


def test_the_key_id_is_the_plain_hash_of_the_public_bytes() -> None:
    assert envelope.key_id(PUBLIC) == hashlib.sha256(PUBLIC).hexdigest()
    assert json.loads(SEALED)["signatures"][0]["keyid"] == envelope.key_id(PUBLIC)


def test_every_changed_bit_of_the_payload_is_seen() -> None:
    for bit in range(8 * len(PAYLOAD)):
        other = bytearray(PAYLOAD)
        other[bit // 8] ^= 1 << bit % 8
        assert refused(changed(payload=base64.b64encode(other).decode())) == "summary-signature"


def test_a_changed_signature_is_seen() -> None:
    entry = json.loads(SEALED)["signatures"][0]
    for bit in range(512):
        signature = bytearray(base64.b64decode(entry["sig"]))
        signature[bit // 8] ^= 1 << bit % 8
        data = changed(signatures=[entry | {"sig": base64.b64encode(signature).decode()}])
        assert refused(data) == "summary-signature"


def test_a_strangers_file_is_refused_though_its_own_signature_holds() -> None:
    private, public = envelope.new_key()
    assert refused(envelope.seal(PAYLOAD, private)) == "summary-stranger"
    assert envelope.open(envelope.seal(PAYLOAD, private), public) == PAYLOAD


def test_a_stranger_who_writes_our_key_id_is_refused() -> None:
    private, _ = envelope.new_key()
    forged = json.loads(envelope.seal(PAYLOAD, private))
    forged["signatures"][0]["keyid"] = envelope.key_id(PUBLIC)
    assert refused(json.dumps(forged).encode()) == "summary-signature"


def test_the_signature_covers_the_type() -> None:
    """A signature made for another kind of document says nothing here."""
    from cryptography.hazmat.primitives.asymmetric import ed25519

    other = b"DSSEv1 %d %b %d %b" % (16, b"application/json", len(PAYLOAD), PAYLOAD)
    signature = ed25519.Ed25519PrivateKey.from_private_bytes(PRIVATE).sign(other)
    entry = {"keyid": envelope.key_id(PUBLIC), "sig": base64.b64encode(signature).decode()}
    assert refused(changed(signatures=[entry])) == "summary-signature"
    assert refused(changed(payloadType="application/json")) == "summary-unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 60_000,
        SEALED + b" " * 70_000,
        changed(signatures=[]),
        changed(signatures=json.loads(SEALED)["signatures"] * 2),
        changed(signatures=[{"keyid": 7, "sig": "AA=="}]),
        changed(signatures=["x"]),
        changed(payload=7),
        changed(payload=json.loads(SEALED)["payload"] + "\n"),
        changed(payload=json.loads(SEALED)["payload"].replace("=", "")),
        changed(note="x"),
        SEALED.replace(SIG, OTHER_SPELLING),
        SEALED.replace(b'{"payload"', b'{"payload":"AA==","payload"', 1),
    ],
)
def test_what_is_not_exactly_such_a_file_is_refused(data: bytes) -> None:
    assert refused(data) == "summary-unreadable"


def test_a_file_is_named_for_school_and_period_and_nothing_else() -> None:
    assert envelope.file_name("79012345", "2026-11") == "79012345-2026-11.dsse.json"
    assert envelope.file_name("79012345", "2026-2027-hk1") == "79012345-2026-2027-HK1.dsse.json"
    for code, text in (("../x", "2026-11"), ("79012345", "../../x")):
        with pytest.raises(errors.UsageError):
            envelope.file_name(code, text)
