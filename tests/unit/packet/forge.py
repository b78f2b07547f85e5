"""Take a packet apart and put it together again, well or badly."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pyzipper

from tests.unit.packet import sample
from triage.packet import bag, seal, stored


def inner(path: Path, digits: str) -> bytes:
    """The bytes of the inner ZIP."""
    with pyzipper.AESZipFile(path) as archive:
        archive.setpassword(digits.encode())
        data: bytes = archive.read(archive.namelist()[0])
        return data


def files(data: bytes) -> dict[str, bytes]:
    """Path inside the bag to bytes, in the order of the ZIP."""
    with pyzipper.ZipFile(io.BytesIO(data)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes], number: str = "HS-7K3M9QTX") -> bytes:
    """An inner ZIP of these files, written as a packet's is."""
    return layered([(f"{number}/{path}", data) for path, data in content.items()])


def layered(pairs: list[tuple[str, bytes]]) -> bytes:
    """An inner ZIP of these names, doubled ones too."""
    entries, body = [], b""
    for name, data in pairs:
        entry = stored.Entry(name, len(data), zlib.crc32(data), stored.stamp(sample.NOW), len(body))
        entries.append(entry)
        body += stored.local(entry) + data
    return body + stored.directory(entries, len(body))


def consistent(content: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with both manifests written anew; the signature is left as it was."""
    changed = dict(content)
    payload = {path: _sha(data) for path, data in content.items() if path.startswith("data/")}
    changed[bag.MANIFEST] = changed[bag.CHECKSUMS] = bag.manifest(payload)
    changed[bag.TAG_MANIFEST] = bag.manifest({path: _sha(changed[path]) for path in bag.TAG_FILES})
    return changed


def sealed(data: bytes, digits: str, number: str = "HS-7K3M9QTX") -> bytes:
    """An outer ZIP around any inner bytes."""
    file = io.BytesIO()
    with pyzipper.AESZipFile(file, "w", compression=pyzipper.ZIP_STORED) as archive:
        archive.setpassword(digits.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=2)
        member = pyzipper.zipfile_aes.AESZipInfo(f"{number}.zip", (2026, 11, 25, 10, 40, 0))
        member.compress_type = pyzipper.ZIP_STORED
        member.external_attr = stored.PLAIN_FILE
        archive.writestr(member, data)
    return file.getvalue()


def plain_zip(name: str, data: bytes) -> bytes:
    """An ordinary ZIP with one file, as anybody makes it."""
    file = io.BytesIO()
    with pyzipper.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def _sha(data: bytes) -> str:
    return seal.in_memory("x", data).sha256
