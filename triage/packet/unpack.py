"""Write a checked packet into a new folder: exactly the bytes that were checked, and no others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from triage import errors
from triage.packet import reading


def to_folder(
    stream: BinaryIO, number: str, members: tuple[reading.Member, ...], out: Path
) -> tuple[str, ...]:
    """Read the inner ZIP a second time and write ``out/<number>/...``; compare with the first reading.

    Returns:
        The paths written, below ``out``.

    Raises:
        errors.Refused: ``packet-out-exists``: the folder is there already.
        errors.CheckFailed: ``packet-two-readings``, ``packet-changed-meanwhile``: nothing is left.
        errors.TryAgain: ``packet-not-written``: nothing is left.
    """
    top = out / number
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        top.mkdir(mode=0o700)
    except FileExistsError:
        raise errors.Refused("packet-out-exists", folder=number) from None
    except OSError:
        raise errors.TryAgain("packet-not-written") from None
    writer = _Writer(top)
    try:
        again = reading.inner(stream, receive=writer.receive)
        writer.close()
        if again[0] != number or [_identity(each) for each in again[1]] != [
            _identity(each) for each in members
        ]:
            raise errors.CheckFailed("packet-changed-meanwhile")
    except OSError:
        writer.close()
        shutil.rmtree(top)
        raise errors.TryAgain("packet-not-written") from None
    except BaseException:
        writer.close()
        shutil.rmtree(top)
        raise
    return tuple(f"{number}/{member.path}" for member in members)


class _Writer:
    """One open file at a time, each made anew."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._file: BinaryIO | None = None

    def receive(self, path: str, data: bytes) -> None:
        if self._file is None:
            target = self._top / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(target, flags, 0o600), "wb")
        if data:
            self._file.write(data)
        else:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _identity(member: reading.Member) -> tuple[str, int, str]:
    return member.path, member.size, member.sha256
