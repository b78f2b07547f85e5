"""Make a packet: the one act that turns the contents into files for a recipient."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triage import clock, errors, schema
from triage.packet import bag, cms, contents, documents, encode, readme, report, seal

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A packet that was made."""

    number: str
    """Its outside number."""
    files: tuple[str, ...]
    """Names of the files written to the folder."""
    digits: str
    """The 24 digits: for the recipient's ear, never for a log."""
    fingerprint: str
    """SHA-256 of the certificate it was signed with, hex."""
    sha256: str
    """SHA-256 of ``<number>.zip``, hex."""


def packet(
    case: contents.PacketCase,
    *,
    open_item: Callable[[contents.Item], BinaryIO],
    signer: cms.Signer,
    out: Path,
    certificates: Sequence[bytes] = (),
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Made:
    """Write ``<number>.zip``, ``<number>.sha256`` and, with certificates, ``<number>.key.cms`` to ``out``.

    Each item is read twice, as a stream: once for its digest and CRC, once into the sealed file.
    Nothing plain touches the disk; when anything fails, nothing is left.

    Args:
        case: what the packet says; cut down to what its profile may hold.
        open_item: opens the original bytes of an item; the stream is closed here.
        signer: the school.
        out: an existing folder.
        certificates: recipients' RSA certificates, PEM or DER, for the enveloped digits.
        progress: told bytes done and bytes in all.
        cancelled: asked between chunks.

    Raises:
        errors.Refused: the content or a certificate is refused, or a file of that name exists.
        errors.StoreDamaged: ``packet-item-changed``: an item no longer has the digest of its intake.
        errors.TryAgain: ``packet-cancelled``, ``packet-not-written``: nothing is left.
        errors.UsageError: ``packet-out-missing`` and what contents.fitted raises.
    """
    fit = contents.fitted(case)
    officers = seal.officers(certificates, case.made_at)
    targets = _targets(out, case.number, bool(officers))
    items = contents.files(fit)
    step = _counter(2 * sum(item.size or 0 for item in items), progress, cancelled)
    parts = _parts(fit, [_measured(item, open_item, step) for item in items], signer)
    digits = seal.new_digits()
    try:
        sha256 = _sealed(targets[0], fit, parts, digits, step)
        lines = {targets[0].name: sha256}
        if officers:
            key = seal.enveloped(digits, officers)
            _write(targets[2], key)
            lines[targets[2].name] = hashlib.sha256(key).hexdigest()
        _write(targets[1], bag.manifest(lines))
        for target in targets:
            _part(target).rename(target)
    except OSError:
        _clear(targets)
        raise errors.TryAgain("packet-not-written") from None
    except BaseException:
        _clear(targets)
        raise
    return Made(case.number, tuple(target.name for target in targets), digits, signer.fingerprint, sha256)


def _parts(case: contents.PacketCase, items: list[seal.Part], signer: cms.Signer) -> list[seal.Part]:
    """Every file of the bag, payload first among what is digested, the signature last."""
    tag = {"README.txt": readme.text(case, signer.fingerprint), "bagit.txt": bag.DECLARATION}
    tag |= {f"schemas/{name}.json": schema.path(name).read_bytes() for name in bag.SCHEMAS}
    payload = [
        seal.in_memory("data/report.pdf", report.pdf(case)),
        seal.in_memory("data/case.json", documents.written(documents.case(case))),
        seal.in_memory("data/custody.json", documents.written(documents.custody(case))),
        *items,
    ]
    tag[bag.MANIFEST] = tag[bag.CHECKSUMS] = bag.manifest({part.path: part.sha256 for part in payload})
    tag["bag-info.txt"] = _info(case, payload)
    tags = [seal.in_memory(path, data) for path, data in sorted(tag.items())]
    signed = bag.manifest({part.path: part.sha256 for part in tags})
    last = [
        seal.in_memory(bag.TAG_MANIFEST, signed),
        seal.in_memory(bag.SIGNATURE, signer.sign(signed)),
    ]
    return [*tags, *payload, *last]


def _info(case: contents.PacketCase, payload: list[seal.Part]) -> bytes:
    fields = [
        ("Source-Organization", case.school.name),
        ("External-Identifier", case.number),
        ("Bagging-Date", case.made_at.astimezone(clock.VIETNAM).date().isoformat()),
        ("Payload-Oxum", f"{sum(part.size for part in payload)}.{len(payload)}"),
        ("BagIt-Profile-Identifier", bag.PROFILE),
        ("Bag-Software-Agent", "triage, packet format 1"),
        ("Recipient", case.recipient.name),
    ]
    if case.replaces:
        fields.append(("Replaces", case.replaces))
    return bag.info(fields)


def _measured(
    item: contents.Item, open_item: Callable[[contents.Item], BinaryIO], step: Callable[[int], None]
) -> seal.Part:
    part = seal.measured(f"data/{item.path}", functools.partial(open_item, item), step)
    if part.sha256 != item.sha256 or part.size != item.size:
        raise errors.StoreDamaged("packet-item-changed", item=item.id)
    return part


def _sealed(
    target: Path, case: contents.PacketCase, parts: list[seal.Part], digits: str, step: Callable[[int], None]
) -> str:
    with _create(target) as file:
        seal.write(file, case.number, parts, digits, case.made_at, step)
        file.flush()
        os.fsync(file.fileno())
    with _part(target).open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _write(target: Path, data: bytes) -> None:
    with _create(target) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _create(target: Path) -> BinaryIO:
    """A new ``.part`` file for its owner only."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(_part(target), flags, 0o600), "w+b")


def _targets(out: Path, number: str, enveloped: bool) -> list[Path]:
    if not out.is_dir():
        raise errors.UsageError("packet-out-missing")
    endings = [".zip", ".sha256", *([".key.cms"] if enveloped else [])]
    targets = [out / encode.file_name(number + ending) for ending in endings]
    for target in targets:
        if target.exists() or _part(target).exists():
            raise errors.Refused("packet-file-exists", file=target.name)
    return targets


def _clear(targets: list[Path]) -> None:
    for target in targets:
        target.unlink(missing_ok=True)
        _part(target).unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _counter(
    total: int, progress: Progress | None, cancelled: Callable[[], bool] | None
) -> Callable[[int], None]:
    done = 0

    def step(size: int) -> None:
        nonlocal done
        if cancelled is not None and cancelled():
            raise errors.TryAgain("packet-cancelled")
        done += size
        if progress is not None:
            progress(min(done, total), total)

    return step
