"""The school's signature: what holds, what does not, and that hostile bytes never raise."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packet import sample
from triage import errors
from triage.packet import cms, seal

DATA = b"0123  data/report.pdf\n"


def certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    *,
    days: int = 100,
    starts: datetime = sample.NOW - timedelta(days=10),
    usage: str | None = None,
    issuer: tuple[str, rsa.RSAPrivateKey] | None = None,
    ca: bool = False,
    name: str = "Officer",
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer[0])]) if issuer else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if usage is not None:
        flags = dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(x509.KeyUsage(**{**flags, usage: True}), critical=True)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


def pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)


def short_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - to see it refused


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_a_school_key_is_rsa_3072_for_ten_years_and_for_signing_only(school: cms.SchoolKey) -> None:
    made = x509.load_pem_x509_certificate(school.certificate_pem)
    public = made.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 3072
    assert made.not_valid_after_utc - sample.NOW >= timedelta(days=3652)
    assert made.not_valid_before_utc < sample.NOW
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign, usage.key_encipherment) == (True, False, False)
    assert "Trường THCS Hoa Gạo" in made.subject.rfc4514_string()


def test_a_school_name_with_a_newline_is_refused_and_a_long_one_is_cut() -> None:
    with pytest.raises(errors.Refused):
        cms.new_school_key("Trường\nkhác", "1", sample.NOW)
    long = cms.new_school_key("Trường " * 40, "1", datetime(2028, 2, 29, tzinfo=UTC))
    assert len(cms.fingerprint(long.certificate_pem)) == 64


def test_a_signature_holds_for_its_data_only(signer: cms.Signer) -> None:
    made = signer.sign(DATA)
    found = cms.verify(made, DATA)
    assert found.holds
    assert found.fingerprint == signer.fingerprint
    assert found.certificate is not None
    assert hashlib.sha256(found.certificate).hexdigest() == signer.fingerprint
    assert not cms.verify(made, DATA + b" ").holds
    assert not cms.verify(made, b"").holds


def test_every_flipped_bit_of_a_signature_is_noticed(signer: cms.Signer) -> None:
    """By itself, or by the fingerprint when the bit lies in a field of the certificate alone."""
    made = signer.sign(DATA)
    for place in range(len(made)):
        changed = bytearray(made)
        changed[place] ^= 1 << place % 8
        found = cms.verify(bytes(changed), DATA)
        assert not (found.holds and found.fingerprint == signer.fingerprint), place


def test_every_cut_signature_fails(signer: cms.Signer) -> None:
    made = signer.sign(DATA)
    assert not any(cms.verify(made[:end], DATA).holds for end in range(0, len(made), 7))
    assert not cms.verify(made + b"\0", DATA).holds


@pytest.fixture(scope="module")
def signature(signer: cms.Signer) -> bytes:
    return signer.sign(DATA)


@given(st.binary(max_size=400))
def test_hostile_bytes_never_raise(data: bytes) -> None:
    assert not cms.verify(data, DATA).holds


@given(st.data())
def test_hostile_changes_of_a_signature_never_raise(signature: bytes, data: st.DataObject) -> None:
    made = bytearray(signature)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(made) - 1))
        made[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    found = cms.verify(bytes(made), DATA)
    assert not found.holds or found.certificate is not None


def other_form(key: rsa.RSAPrivateKey, *options: pkcs7.PKCS7Options, **changes: object) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DATA)
    for each in changes.get("keys", (key,)):  # type: ignore[attr-defined]
        digest = changes.get("digest", hashes.SHA256())
        builder = builder.add_signer(certificate(each), each, digest)  # type: ignore[arg-type]
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def test_other_forms_of_a_signature_do_not_hold(key: rsa.RSAPrivateKey) -> None:
    """Content inside, another digest, two signers, no attributes, an elliptic curve, a short key."""
    detached = pkcs7.PKCS7Options.DetachedSignature
    curve, short = ec.generate_private_key(ec.SECP256R1()), short_key()
    assert cms.verify(other_form(key, detached), DATA).holds
    assert not cms.verify(other_form(key), DATA).holds
    assert not cms.verify(other_form(key, detached, digest=hashes.SHA512()), DATA).holds
    assert not cms.verify(other_form(key, detached, keys=(key, key)), DATA).holds
    assert not cms.verify(other_form(key, detached, pkcs7.PKCS7Options.NoAttributes), DATA).holds
    assert not cms.verify(other_form(key, detached, pkcs7.PKCS7Options.NoCerts), DATA).holds
    assert not cms.verify(other_form(curve, detached, keys=(curve,)), DATA).holds  # type: ignore[arg-type]
    assert not cms.verify(other_form(short, detached, keys=(short,)), DATA).holds


def test_trust_comes_from_outside_the_packet_alone(key: rsa.RSAPrivateKey) -> None:
    """A certificate issued by the named authority is accepted; one issued by its namesake is not."""
    root, other = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    authority = certificate(root, ca=True, name="Authority")
    namesake = certificate(other, ca=True, name="Authority")
    no_authority = certificate(root, name="Authority")
    expired = certificate(root, ca=True, name="Authority", days=5)
    school = certificate(key, issuer=("Authority", root), name="School")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DATA).add_signer(school, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    found = cms.verify(builder.add_certificate(authority).sign(serialization.Encoding.DER, options), DATA)
    assert found.holds
    assert cms.established(found, pem(authority), None, sample.NOW) == ()
    assert cms.established(found, pem(school), None, sample.NOW) == ()
    for trusted in (namesake, no_authority, expired):
        assert cms.established(found, pem(trusted), None, sample.NOW)
    assert cms.established(found, None, None, sample.NOW)
    assert cms.established(found, None, "0" * 64, sample.NOW)
    assert cms.established(found, pem(authority), "0" * 64, sample.NOW)


def test_officers_certificates_are_refused_with_the_reason(key: rsa.RSAPrivateKey) -> None:
    cases = [
        (b"nothing", "certificate-unreadable"),
        (pem(certificate(ec.generate_private_key(ec.SECP256R1()))), "certificate-not-rsa"),
        (pem(certificate(short_key())), "certificate-short"),
        (pem(certificate(key, usage="digital_signature")), "certificate-not-for-keys"),
        (pem(certificate(key, days=9)), "certificate-expired"),
        (pem(certificate(key, starts=sample.NOW + timedelta(days=1))), "certificate-not-yet"),
    ]
    for data, code in cases:
        with pytest.raises(errors.Refused) as caught:
            seal.officers([data], sample.NOW)
        assert caught.value.code == code
    der = certificate(key, usage="key_encipherment").public_bytes(serialization.Encoding.DER)
    assert len(seal.officers([der, pem(certificate(key))], sample.NOW)) == 2


def test_the_envelope_gives_the_officer_the_digits(key: rsa.RSAPrivateKey) -> None:
    made = certificate(key, usage="key_encipherment")
    data = seal.enveloped("123456789012345678901234", [made])
    assert data.startswith(b"-----BEGIN CMS-----")
    back = pkcs7.pkcs7_decrypt_pem(data.replace(b"CMS", b"PKCS7"), made, key, [])
    assert back == b"123456789012345678901234\r\n"


def test_digits_are_24_and_never_the_same() -> None:
    drawn = {seal.new_digits() for _ in range(200)}
    assert len(drawn) == 200
    assert all(len(each) == 24 and each.isascii() and each.isdecimal() for each in drawn)
