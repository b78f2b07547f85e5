"""The school's key, its certificate and its CMS signature: made, and verified by a strict profile.

Source: RFC 5652 (CMS). RSA PKCS#1 v1.5 with SHA-256, detached and binary, because OpenSSL, NSS,
gpgsm, Bouncy Castle and .NET all read it; PSS and elliptic curves fail in some of them.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from triage import errors, i18n
from triage.packet import encode

VALID = timedelta(days=3653)
"""Ten years: how long a school's own certificate is valid. Source: security.md 14."""
_SCHOOL_BITS = 3072
LEAST_BITS = 2048
"""Shorter RSA keys are neither accepted nor used."""


@dataclass(frozen=True, slots=True)
class SchoolKey:
    """A fresh signing key of a school."""

    private_der: bytes
    """PKCS#8, DER, not encrypted: its keeper seals it."""
    certificate_pem: bytes
    """Self-signed certificate, PEM: what police and Department are given."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Someone who signs as the school."""

    certificate_pem: bytes
    """The school's certificate."""
    private_der: bytes
    """Its private key, PKCS#8 DER."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER, 64 lower-case hex digits."""
        return fingerprint(self.certificate_pem)

    def sign(self, data: bytes) -> bytes:
        """A detached CMS signature over ``data``, DER."""
        certificate = x509.load_pem_x509_certificate(self.certificate_pem)
        key = serialization.load_der_private_key(self.private_der, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the school signs with RSA")
        signing = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(certificate, key, hashes.SHA256())
        options = [
            pkcs7.PKCS7Options.DetachedSignature,
            pkcs7.PKCS7Options.Binary,
            pkcs7.PKCS7Options.NoCapabilities,
        ]
        return signing.sign(serialization.Encoding.DER, options)


def new_school_key(name: str, code: str, now: datetime) -> SchoolKey:
    """Make an RSA-3072 key and a self-signed certificate for ten years.

    Args:
        name: the school's name; one line, cut to 64 bytes in the certificate.
        code: the school's code; becomes the subject's serialNumber.
        now: the certificate is valid from a day before, so that a clock behind ours accepts it.
    """
    key = rsa.generate_private_key(65537, _SCHOOL_BITS)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, encode.certificate_name(name, "school")),
            x509.NameAttribute(NameOID.COMMON_NAME, encode.certificate_name(name, "school")),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, encode.certificate_name(code, "code")),
        ]
    )
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SchoolKey(private, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def fingerprint(certificate_pem: bytes) -> str:
    """SHA-256 of a PEM certificate's DER, 64 lower-case hex digits."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """What a CMS signature shows by itself; who the signer is needs trust from outside: see established."""

    problems: tuple[str, ...]
    """What is wrong, in words; empty when it holds."""
    certificate: bytes | None = None
    """The signer's certificate, DER."""
    fingerprint: str | None = None
    """SHA-256 of it, 64 hex digits."""
    not_before: datetime | None = None
    """The certificate is valid from."""
    not_after: datetime | None = None
    """The certificate is valid until."""
    subject: str | None = None
    """The certificate's subject, RFC 4514; a stranger can write anything there."""

    @property
    def holds(self) -> bool:
        """Whether the data is what the certificate's key signed."""
        return not self.problems


@asn1.sequence
class _Algorithm:
    name: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Encapsulated:
    kind: x509.ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _Issuer:
    name: asn1.TLV
    serial: int


@asn1.sequence
class _Attribute:
    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _SignerInfo:
    version: int
    issuer: _Issuer
    digest: _Algorithm
    signed: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[_Algorithm]
    content: _Encapsulated
    certificates: Annotated[asn1.SetOf[x509.Certificate], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    kind: x509.ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _Attributes:
    """RFC 5652, 5.4: what is signed is the attributes under the tag SET OF, not under [0]."""

    attributes: asn1.SetOf[_Attribute]


_DATA = "1.2.840.113549.1.7.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_SHA_256 = "2.16.840.1.101.3.4.2.1"
_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11")
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"


def verify(signature_der: bytes, data: bytes) -> Signature:
    """Hold a detached signature against ``data`` by a strict profile; never raises on any bytes.

    Exactly one signer, version 1, SHA-256, RSA PKCS#1 v1.5 of 2048 bits or more, contentType and
    messageDigest once each among the signed attributes, no unsigned attributes, strict DER.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what the parser only tolerates is not accepted here
        return _verify(signature_der, data)


def _verify(signature_der: bytes, data: bytes) -> Signature:
    try:
        info = asn1.decode_der(_ContentInfo, signature_der)
    except Exception:  # a stranger's bytes: whatever the parser dislikes, the answer is the same
        return Signature((i18n.say("The signature is not of the form this program accepts."),))
    try:
        certificate, problems = _read(info, data)
        if certificate is None:
            return Signature(tuple(problems))
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Signature(
            tuple(problems),
            der,
            hashlib.sha256(der).hexdigest(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            certificate.subject.rfc4514_string(),
        )
    except Exception:  # as above: certificates are parsed only when their fields are read
        return Signature((i18n.say("The signer's certificate cannot be read."),))


def established(
    signature: Signature, ca: bytes | None, fingerprint: str | None, now: datetime
) -> tuple[str, ...]:
    """What keeps us from saying who signed; empty when trust from outside the packet settles it.

    Args:
        signature: what verify returned.
        ca: certificates in PEM that the reader already trusts: the school's own, or its authority's.
        fingerprint: SHA-256 of the school's certificate, hex, that the reader got another way.
        now: the instant at which the certificate has to be valid.

    Raises:
        errors.UsageError: ``packet-fingerprint-form``, ``packet-ca-unreadable``.
    """
    trusted = _trusted(ca) if ca is not None else []
    expected = _hex(fingerprint) if fingerprint is not None else None
    if signature.certificate is None or signature.not_before is None or signature.not_after is None:
        return (i18n.say("There is no signer's certificate to compare."),)
    if not trusted and expected is None:
        return (
            i18n.say(
                "Not established: compare the certificate's SHA-256 {fingerprint} with the school by a "
                "number you already have, then check again with --fingerprint or --ca.",
                fingerprint=signature.fingerprint,
            ),
        )
    problems = []
    if expected is not None and signature.fingerprint != expected:
        problems.append(
            i18n.say(
                "Signed with another certificate: its SHA-256 is {fingerprint}.",
                fingerprint=signature.fingerprint,
            )
        )
    if trusted and not _issued(x509.load_der_x509_certificate(signature.certificate), trusted, now):
        problems.append(i18n.say("The signer's certificate was not issued by the authority you named."))
    if not signature.not_before <= now <= signature.not_after:
        problems.append(
            i18n.say(
                "The certificate was valid from {start} to {end}: ask the school for its list of keys.",
                start=signature.not_before.date().isoformat(),
                end=signature.not_after.date().isoformat(),
            )
        )
    return tuple(problems)


def _read(info: _ContentInfo, data: bytes) -> tuple[x509.Certificate | None, list[str]]:
    signed = info.content
    signers, digests = signed.signers.as_list(), signed.digests.as_list()
    if len(signers) != 1:
        return None, [i18n.say("The packet has to have exactly one signer.")]
    signer = signers[0]
    found = [each for each in signed.certificates.as_list() if _is_named(each, signer.issuer)]
    if len(found) != 1:
        return None, [i18n.say("There is no signer's certificate to compare.")]
    shape = (
        info.kind.dotted_string == _SIGNED_DATA
        and (signed.version, signer.version) == (1, 1)
        and signed.content.kind.dotted_string == _DATA
        and signed.content.content is None
        and [each.name.dotted_string for each in digests] == [_SHA_256]
        and signer.digest.name.dotted_string == _SHA_256
        and signer.algorithm.name.dotted_string in _RSA
    )
    problems = [] if shape else [i18n.say("The signature is not of the form this program accepts.")]
    if not _digest_is(signer.signed.as_list(), data):
        problems.append(i18n.say("The signature belongs to other data."))
    if not _signed_by(found[0], signer):
        problems.append(i18n.say("The signature was not made with the certificate's key."))
    return found[0], problems


def _is_named(certificate: x509.Certificate, issuer: _Issuer) -> bool:
    tag = issuer.name.tag_bytes
    body = bytes(issuer.name.data)
    named = certificate.issuer.public_bytes()
    return certificate.serial_number == issuer.serial and named[:1] == tag and named.endswith(body)


def _digest_is(attributes: list[_Attribute], data: bytes) -> bool:
    """Each attribute at most once with one value; contentType is data, messageDigest is ours."""
    values = {each.kind.dotted_string: each.values.as_list() for each in attributes}
    if len(values) != len(attributes) or any(len(each) != 1 for each in values.values()):
        return False
    if _CONTENT_TYPE not in values or _MESSAGE_DIGEST not in values:
        return False
    kind = values[_CONTENT_TYPE][0].parse(x509.ObjectIdentifier)
    digest = values[_MESSAGE_DIGEST][0].parse(bytes)
    return bool(kind.dotted_string == _DATA and digest == hashlib.sha256(data).digest())


def _signed_by(certificate: x509.Certificate, signer: _SignerInfo) -> bool:
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < LEAST_BITS:
        return False
    if certificate.issuer == certificate.subject and not _issued_by(certificate, certificate):
        return False
    wrapped = asn1.encode_der(_Attributes(attributes=signer.signed))
    start = 2 if wrapped[1] < 0x80 else 2 + (wrapped[1] & 0x7F)
    try:
        public.verify(signer.signature, wrapped[start:], padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _issued(certificate: x509.Certificate, trusted: list[x509.Certificate], now: datetime) -> bool:
    """Whether it is one of the trusted, or one of them issued it; none from the packet is ever asked."""
    if certificate in trusted:
        return True
    return any(_is_authority(each, now) and _issued_by(certificate, each) for each in trusted)


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate, now: datetime) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    usage = key_usage(certificate)
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return valid and basic.ca and (usage is None or usage.key_cert_sign)


def _trusted(ca: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(ca)
    except ValueError:
        raise errors.UsageError("packet-ca-unreadable") from None


def _hex(fingerprint: str) -> str:
    plain = "".join(fingerprint.replace(":", " ").split()).lower()
    if len(plain) != 64 or set(plain) - set("0123456789abcdef"):
        raise errors.UsageError("packet-fingerprint-form")
    return plain


def key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """What it may be used for; None when it does not say (RFC 5280, 4.2.1.3: anything)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
