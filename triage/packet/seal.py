"""Seal a bag for its recipient: one pass from the parts to an AES-256 ZIP, nothing plain on the disk.

Source: the digits carry 79.7 bits; the format's own key derivation (PBKDF2-SHA1, 1000 rounds) adds
little, so they are drawn and never chosen (security.md 18).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import secrets
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import pyzipper
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7
from pyzipper import zipfile_aes

from triage import errors, i18n
from triage.packet import cms, stored

DIGITS = 24
"""Never fewer. Source: security.md 18."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the bag, measured: what is written has to be these bytes again."""

    path: str
    """Inside the bag's folder, ASCII."""
    size: int
    """Bytes."""
    sha256: str
    """64 hex digits."""
    crc: int
    """CRC-32."""
    open: Callable[[], BinaryIO]
    """Opens the bytes; called once when it is written."""


def new_digits() -> str:
    """24 random decimal digits: survive a bad telephone line and every code page."""
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


def in_memory(path: str, data: bytes) -> Part:
    """A part whose bytes are at hand."""
    return Part(path, len(data), hashlib.sha256(data).hexdigest(), zlib.crc32(data), lambda: io.BytesIO(data))


def measured(path: str, opened: Callable[[], BinaryIO], step: Callable[[int], None]) -> Part:
    """Read a stream through once for its size, SHA-256 and CRC-32.

    Args:
        path: inside the bag's folder.
        opened: opens the stream; called now and again when the part is written.
        step: told the number of bytes of each chunk; may raise to stop.
    """
    digest, crc, size = hashlib.sha256(), 0, 0
    with opened() as stream:
        for chunk in _chunks(stream):
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            step(len(chunk))
    return Part(path, size, digest.hexdigest(), crc, opened)


def write(
    file: BinaryIO,
    number: str,
    parts: Sequence[Part],
    digits: str,
    at: datetime,
    step: Callable[[int], None],
) -> None:
    """Write the outer ZIP to ``file``: AE-2, one member ``<number>.zip``, the stored ZIP of the bag.

    Args:
        file: an empty file, readable and seekable.
        number: the packet's number: name of the member, and of the bag's folder.
        parts: the bag's files, in order.
        digits: the passphrase.
        at: written as the time of every entry.
        step: told the number of bytes of each chunk; may raise to stop.

    Raises:
        errors.StoreDamaged: ``packet-item-changed``: a part is not what was measured.
    """
    entries, start = _entries(number, parts, at)
    tail = stored.directory(entries, start)
    member = zipfile_aes.AESZipInfo(f"{number}.zip", _date_time(at))
    member.compress_type = pyzipper.ZIP_STORED
    member.external_attr = stored.PLAIN_FILE
    member.create_system = stored.UNIX
    with pyzipper.AESZipFile(file, "w", compression=pyzipper.ZIP_STORED, allowZip64=True) as outer:
        outer.setpassword(digits.encode("ascii"))
        outer.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=zipfile_aes.WZ_AES_V2)
        with outer.open(member, "w", force_zip64=stored.is_wide(start + len(tail))) as inner:
            for entry, part in zip(entries, parts, strict=True):
                inner.write(stored.local(entry))
                _copy(part, inner, step)
            inner.write(tail)


@contextlib.contextmanager
def unsealed(file: BinaryIO, number: str, digits: str) -> Iterator[BinaryIO]:
    """The inner ZIP as a stream; its authentication code is checked when it has been read to the end.

    Args:
        file: an outer ZIP that triage.packet.reading has proved.
        number: the packet's number.
        digits: the passphrase.

    Raises:
        errors.CheckFailed: ``packet-two-readings``: the digits do not open it, or bytes were changed.
    """
    archive = pyzipper.AESZipFile(file)
    try:
        stream = archive.open(f"{number}.zip", pwd=digits.encode("ascii"))
    except RuntimeError:
        why = i18n.say("These 24 digits do not open the packet.")
        raise errors.CheckFailed("packet-two-readings", why=why) from None
    try:
        yield stream
    except pyzipper.BadZipFile:
        why = i18n.say("Bytes of the sealed file were changed.")
        raise errors.CheckFailed("packet-two-readings", why=why) from None


def officers(certificates: Sequence[bytes], now: datetime) -> tuple[x509.Certificate, ...]:
    """Read recipients' certificates (PEM or DER) and refuse what cannot carry the digits.

    Raises:
        errors.Refused: ``certificate-unreadable``, ``certificate-not-rsa``, ``certificate-short``,
            ``certificate-not-for-keys``, ``certificate-expired``, ``certificate-not-yet``.
    """
    return tuple(_officer(data, now) for data in certificates)


def enveloped(digits: str, certificates: Sequence[x509.Certificate]) -> bytes:
    """The digits and a line end, as CMS EnvelopedData for ``certificates``, PEM.

    AES-256-CBC and RSA PKCS#1 v1.5, because nothing newer opens everywhere; what counts is the
    signature inside the packet. The label is ``CMS``: PowerShell looks for that one.
    """
    envelope = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(digits.encode("ascii") + b"\r\n")
        .set_content_encryption_algorithm(algorithms.AES256)
    )
    for certificate in certificates:
        envelope = envelope.add_recipient(certificate)
    pem = envelope.encrypt(serialization.Encoding.PEM, [pkcs7.PKCS7Options.Binary])
    return pem.replace(b"PKCS7", b"CMS")


def _entries(number: str, parts: Sequence[Part], at: datetime) -> tuple[list[stored.Entry], int]:
    entries, offset = [], 0
    for part in parts:
        if part.size >= stored.LIMIT:
            raise errors.Refused("packet-item-too-large")
        entry = stored.Entry(f"{number}/{part.path}", part.size, part.crc, stored.stamp(at), offset)
        entries.append(entry)
        offset += len(stored.local(entry)) + part.size
    return entries, offset


def _copy(part: Part, target: BinaryIO, step: Callable[[int], None]) -> None:
    digest, size = hashlib.sha256(), 0
    with part.open() as stream:
        for chunk in _chunks(stream):
            size += len(chunk)
            if size > part.size:
                break
            digest.update(chunk)
            target.write(chunk)
            step(len(chunk))
    if size != part.size or digest.hexdigest() != part.sha256:
        raise errors.StoreDamaged("packet-item-changed", item=part.path)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _date_time(at: datetime) -> tuple[int, int, int, int, int, int]:
    time, date = stored.stamp(at)
    return (
        (date >> 9) + 1980,
        date >> 5 & 15,
        date & 31,
        time >> 11,
        time >> 5 & 63,
        (time & 31) * 2,
    )


def _officer(data: bytes, now: datetime) -> x509.Certificate:
    try:
        pem = b"-----BEGIN" in data
        certificate = x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
        public = certificate.public_key()
        usage = cms.key_usage(certificate)
        starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except Exception:  # a stranger's bytes: whatever is wrong with them, the answer is the same
        raise errors.Refused("certificate-unreadable") from None
    if not isinstance(public, rsa.RSAPublicKey):
        raise errors.Refused("certificate-not-rsa")
    if public.key_size < cms.LEAST_BITS:
        raise errors.Refused("certificate-short", bits=public.key_size)
    if usage is not None and not usage.key_encipherment:
        raise errors.Refused("certificate-not-for-keys")
    if ends < now:
        raise errors.Refused("certificate-expired", day=ends.date().isoformat())
    if starts > now:
        raise errors.Refused("certificate-not-yet", day=starts.date().isoformat())
    return certificate
