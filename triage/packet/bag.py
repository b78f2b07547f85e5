"""A BagIt 1.0 bag: which file goes where, and the text of its tag files.

Source: RFC 8493. The manifests are what ``sha256sum -c`` reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from triage import errors
from triage.packet import encode

PROFILE = "urn:triage:packet-profile:v1"
"""BagIt-Profile-Identifier; the profile itself lies in the bag as schemas/packet-profile-v1.json."""
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST = "manifest-sha256.txt"
CHECKSUMS = "kiem-tra.sha256"
"""The same lines as the manifest, under a name that 7-Zip knows: right click, Test archive."""
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.p7s"
SCHEMAS = ("case-v1", "custody-v1", "packet-profile-v1")
TAG_FILES = (
    "README.txt",
    "bag-info.txt",
    "bagit.txt",
    CHECKSUMS,
    MANIFEST,
    *(f"schemas/{name}.json" for name in SCHEMAS),
)
"""What the tag manifest lists, in its order."""
ROOT = frozenset({"README.txt", "bag-info.txt", "bagit.txt", CHECKSUMS, MANIFEST, TAG_MANIFEST, SIGNATURE})
"""The only file names allowed beside the folders data/ and schemas/."""

_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._/-]{0,119})")


def manifest(digests: Mapping[str, str]) -> bytes:
    """Lines ``<64 hex>  <path>`` in the order of the paths.

    Args:
        digests: path inside the bag to SHA-256, 64 lower-case hex digits.
    """
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode("ascii")


def read_manifest(text: bytes) -> dict[str, str]:
    """Path to SHA-256 of a manifest.

    Raises:
        errors.CheckFailed: ``packet-manifest``: not exactly such lines, each path once.
    """
    try:
        lines = text.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise errors.CheckFailed("packet-manifest") from None
    if lines.pop() != "":
        raise errors.CheckFailed("packet-manifest")
    found: dict[str, str] = {}
    for line in lines:
        parts = _LINE.fullmatch(line)
        if parts is None or parts[2] in found:
            raise errors.CheckFailed("packet-manifest")
        found[parts[2]] = parts[1]
    return found


def info(fields: Sequence[tuple[str, str]]) -> bytes:
    """The text of bag-info.txt: one line a field.

    Raises:
        errors.Refused: ``packet-newline`` naming the field.
    """
    return "".join(f"{name}: {encode.bag_value(value, name)}\n" for name, value in fields).encode()


def read_info(text: bytes) -> dict[str, str]:
    """The fields of bag-info.txt.

    Raises:
        errors.CheckFailed: ``packet-bag-info``: not one line a field, or a field twice.
    """
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise errors.CheckFailed("packet-bag-info") from None
    found: dict[str, str] = {}
    for line in lines[:-1]:
        name, mark, value = line.partition(": ")
        if not mark or not re.fullmatch(r"[A-Z][A-Za-z-]+", name) or name in found:
            raise errors.CheckFailed("packet-bag-info")
        found[name] = value
    if lines[-1] != "":
        raise errors.CheckFailed("packet-bag-info")
    return found
