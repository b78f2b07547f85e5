"""The demo's packet checked by programs that are not ours, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from triage import i18n


@dataclass(frozen=True, slots=True)
class Checked:
    """What outside programs said of a packet."""

    lines: tuple[str, ...]
    """One line a program: what it found, or that it is not installed."""
    holds: bool
    """No installed program found a fault."""


def check(packet: Path, digits: str, place: Path) -> Checked:
    """Open and verify a packet with 7-Zip, openssl, sha256sum and bagit.py.

    Args:
        packet: the outer ZIP.
        digits: its 24 digits.
        place: a folder that holds ``school.pem``.
    """
    zipper = shutil.which("7z") or shutil.which("7za") or shutil.which("7zz")
    if zipper is None:
        return Checked((i18n.say("7-Zip is not installed: nothing outside could open the packet."),), True)
    with tempfile.TemporaryDirectory(dir=place) as opened:
        outer, inner = Path(opened, "outer"), Path(opened, "inner")
        first = _run([zipper, "x", "-y", f"-p{digits}", f"-o{outer}", str(packet)], Path(opened))
        second = first and _run([zipper, "x", "-y", f"-o{inner}", str(outer / packet.name)], Path(opened))
        bag = inner / packet.stem
        results: list[Result] = [("7-Zip", i18n.say("opens both layers"), second)]
        results += [_digests(bag), _signature(bag, place / "school.pem"), _bag(bag)] if second else []
    lines = tuple(f"{program}: {_verdict(what, held)}" for program, what, held in results)
    return Checked(lines, all(held is not False for _program, _what, held in results))


Result = tuple[str, str, bool | None]


def _verdict(what: str, held: bool | None) -> str:
    if held is None:
        return i18n.say("not installed")
    return what if held else f"{i18n.say('FAULT')} - {what}"


def _digests(bag: Path) -> Result:
    tool = shutil.which("sha256sum")
    held = None
    if tool is not None:
        lists = ("tagmanifest-sha256.txt", "manifest-sha256.txt")
        held = all(_run([tool, "--strict", "-c", name], bag) for name in lists)
    return "sha256sum", i18n.say("every digest agrees"), held


def _signature(bag: Path, certificate: Path) -> Result:
    tool = shutil.which("openssl")
    held = None
    if tool is not None:
        held = _run(
            [tool, "cms", "-verify", "-binary", "-inform", "DER", "-in", "tagmanifest-sha256.txt.p7s", "-content",
             "tagmanifest-sha256.txt", "-CAfile", str(certificate), "-purpose", "any", "-out", "verified.out"],
            bag,
        )  # fmt: skip
        (bag / "verified.out").unlink(missing_ok=True)
    return "openssl", i18n.say("the school's signature holds"), held


def _bag(bag: Path) -> Result:
    beside = Path(sys.executable).with_name("bagit.py")
    tool = [sys.executable, str(beside)] if beside.is_file() else None
    if tool is None and (found := shutil.which("bagit.py")):
        tool = [found]
    return (
        "bagit.py",
        i18n.say("the bag is valid"),
        None if tool is None else _run([*tool, "--validate", "."], bag),
    )


def _run(command: list[str], folder: Path) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
