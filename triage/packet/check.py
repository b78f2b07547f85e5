"""Check a packet without a store: one reading, digests, signature, signer, contents, profile.

An officer runs this; it needs the packet, the 24 digits, and the school's certificate or its
fingerprint from somewhere else. No certificate inside the packet is ever trusted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from triage import errors, i18n
from triage.packet import bag, cms, inside, reading, seal, unpack

NAMES = ("one-reading", "digests", "signature", "signer", "contents", "profile")
"""The checks, in order."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    """One of NAMES."""
    holds: bool
    """Whether it holds."""
    detail: str
    """What was found, in words."""


@dataclass(frozen=True, slots=True)
class Report:
    """What checking a packet found."""

    number: str | None
    """The packet's number; None when it could not be read."""
    checks: tuple[Check, ...]
    """Every check of NAMES, in that order."""
    written: tuple[str, ...] = ()
    """Paths of the files written, below the folder that was given."""

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """What ``packet check --json`` prints."""
        return {
            "holds": self.holds,
            "packet": self.number,
            "checks": [
                {"name": check.name, "holds": check.holds, "detail": check.detail} for check in self.checks
            ],
            "written": list(self.written),
        }


def packet(
    path: Path,
    *,
    digits: str | None,
    ca: bytes | None = None,
    fingerprint: str | None = None,
    out: Path | None = None,
    now: datetime,
) -> Report:
    """Check the sealed file with its digits, or the inner ZIP without.

    Args:
        path: ``HS-....zip``, outer or inner.
        digits: the 24 digits, blanks and dashes allowed; needed for the outer file.
        ca: PEM certificates that the reader trusts: the school's own, or its authority's.
        fingerprint: SHA-256 of the school's certificate, hex, colons and blanks allowed.
        out: where to write exactly the bytes that were checked, into a new folder named as the
            packet; nothing is written unless every check but an unasked ``signer`` holds.
        now: the instant at which the certificate has to be valid.

    Raises:
        errors.UsageError: ``packet-missing``, ``packet-digits-needed``, ``packet-digits-form``,
            ``packet-ca-unreadable``, ``packet-fingerprint-form``.
        errors.Refused: ``packet-out-exists``.
        errors.TryAgain: ``packet-not-written``.
    """
    digits = _plain(digits)
    cms.established(cms.Signature(()), ca, fingerprint, now)  # the caller's own mistakes come first
    trust = ca is not None or fingerprint is not None
    with _opened(path) as file:
        try:
            sealed = reading.is_sealed(file)
            with _bag(file, sealed, digits) as stream:
                number, members = reading.inner(stream, inside.KEPT)
            if sealed and reading.outer(file).number != number:
                raise errors.CheckFailed(
                    "packet-two-readings",
                    why=i18n.say("The sealed file and the bag in it have different numbers."),
                )
        except errors.CheckFailed as fault:
            return _unread(str(fault.values.get("why", "")))
        layer = i18n.say("outer and inner file") if sealed else i18n.say("inner file only")
        read = i18n.say("{count} files, each with one reading ({layer}).", count=len(members), layer=layer)
        checks = (
            Check("one-reading", True, read),
            *_checks(number, {member.path: member for member in members}, ca, fingerprint, now),
        )
        report = Report(number, checks)
        if out is None or not all(check.holds or (check.name == "signer" and not trust) for check in checks):
            return report
        with _bag(file, sealed, digits) as stream:
            return Report(number, checks, unpack.to_folder(stream, number, members, out))


def _checks(
    number: str,
    members: dict[str, reading.Member],
    ca: bytes | None,
    fingerprint: str | None,
    now: datetime,
) -> Iterator[Check]:
    yield _check("digests", inside.digests(members), i18n.say("Every file is what the manifests say."))
    signed, data = members.get(bag.SIGNATURE), members.get(bag.TAG_MANIFEST)
    if signed is None or data is None or signed.data is None or data.data is None:
        missing = i18n.say("The packet has no signature.")
        signature = cms.Signature((missing,))
    else:
        signature = cms.verify(signed.data, data.data)
    yield _check("signature", signature.problems, i18n.say("Nothing was changed since it was signed."))
    yield _check(
        "signer",
        cms.established(signature, ca, fingerprint, now),
        i18n.say(
            "Signed with the certificate you named: SHA-256 {fingerprint}.", fingerprint=signature.fingerprint
        ),
    )
    yield _check(
        "contents",
        inside.contents_agree(number, members),
        i18n.say("The documents fit their schemas and agree with each other and with the files."),
    )
    yield _check("profile", inside.profile(members), i18n.say("The bag has the form of a packet."))


def _check(name: str, problems: tuple[str, ...], well: str) -> Check:
    return Check(name, not problems, " ".join(problems) or well)


def _unread(why: str) -> Report:
    later = i18n.say("Not checked: the packet has no single reading.")
    first = Check(NAMES[0], False, why)
    return Report(None, (first, *(Check(name, False, later) for name in NAMES[1:])))


@contextlib.contextmanager
def _bag(file: BinaryIO, sealed: bool, digits: str | None) -> Iterator[BinaryIO]:
    """The stream of the inner ZIP."""
    if not sealed:
        file.seek(0)
        yield file
        return
    if digits is None:
        raise errors.UsageError("packet-digits-needed")
    with seal.unsealed(file, reading.outer(file).number, digits) as stream:
        yield stream


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError:
        raise errors.UsageError("packet-missing", file=path.name) from None


def _plain(digits: str | None) -> str | None:
    if digits is None:
        return None
    plain = "".join(digits.replace("-", " ").split())
    if len(plain) != seal.DIGITS or not (plain.isascii() and plain.isdecimal()):
        raise errors.UsageError("packet-digits-form")
    return plain
