"""README.txt of a packet: how to read and check it with other people's programs, vi then en."""

from __future__ import annotations

from triage import i18n
from triage.packet import bag, contents, encode, wording


def text(case: contents.PacketCase, fingerprint: str) -> bytes:
    """The file for one packet.

    Args:
        case: fitted to its profile.
        fingerprint: SHA-256 of the signing certificate, 64 hex digits.

    Raises:
        errors.Refused: ``packet-newline`` naming the field.
    """
    template = (wording.TEMPLATES / "README.txt.in").read_text(encoding="utf-8")
    values = {
        "number": case.number,
        "school": encode.readme_line(case.school.name, "school"),
        "recipient": encode.readme_line(case.recipient.name, "recipient"),
        "made_at": i18n.moment(case.made_at),
        "root": ", ".join(sorted(bag.ROOT)),
        "fingerprint": wording.grouped(fingerprint),
    }
    return template.format(**values).encode("utf-8")
