"""What the room for evidence promises: plain files only, kept as they were, and refused when one bit is not."""

from __future__ import annotations

import hashlib
import os
import random  # noqa: TID251 - a seed that is printed
import secrets
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from triage import errors, paths
from triage.store import evidence

STORE = "0123456789abcdef0123456789abcdef"
CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store's folder."""
    return paths.make_private(tmp_path / "store")


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A chat saved as text."""
    file = tmp_path / "đoạn chat.txt"
    file.write_bytes(CHAT)
    return file


def _take(folder: Path, path: Path, limit: int = 1 << 30) -> evidence.Taken:
    return evidence.take_path(folder, path, store=STORE, max_bytes=limit)


def _read(folder: Path, taken: evidence.Taken, **other: str) -> bytes:
    with evidence.open(
        folder, other.get("file", taken.file), taken.key, store=other.get("store", STORE)
    ) as plain:
        return plain.read()


def _verify(folder: Path, taken: evidence.Taken) -> bool:
    return evidence.verify(folder, taken.file, taken.key, taken.sha256, store=STORE)


def _left(folder: Path) -> list[Path]:
    return list((folder / "evidence").glob("*")) if (folder / "evidence").exists() else []


@pytest.mark.parametrize("size", [0, 1, 65_536, (1 << 20) - 1, 1 << 20, (5 << 19) + 7])
def test_what_is_taken_comes_out_the_same(folder: Path, tmp_path: Path, size: int) -> None:
    """Every byte; size and digest are those of the file; the file itself stays as it was."""
    data = secrets.token_bytes(size)
    (tmp_path / "a.bin").write_bytes(data)
    taken = _take(folder, tmp_path / "a.bin")
    assert (taken.size, taken.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert _read(folder, taken) == data
    assert _verify(folder, taken)
    assert (tmp_path / "a.bin").read_bytes() == data


def test_an_empty_file_is_taken_and_said(folder: Path, tmp_path: Path) -> None:
    """0 bytes: kept, with a warning."""
    (tmp_path / "a.jpg").touch()
    assert _take(folder, tmp_path / "a.jpg").warnings == ("empty",)


def test_the_kept_file_tells_nothing(folder: Path, chat: Path) -> None:
    """Random name, mode 0600, no word of it in plain, and no two copies look the same."""
    first, second = _take(folder, chat), _take(folder, chat)
    one, two = (folder / "evidence" / taken.file for taken in (first, second))
    assert first.key != second.key
    assert first.file != second.file
    assert one.read_bytes() != two.read_bytes()
    assert b"20:15" not in one.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert sorted(_left(folder)) == sorted([one, two])


def _link(place: Path) -> Path:
    (place / "real.txt").write_bytes(CHAT)
    (place / "link.txt").symlink_to(place / "real.txt")
    return place / "link.txt"


def _pipe(place: Path) -> Path:
    os.mkfifo(place / "pipe.txt")
    return place / "pipe.txt"


def _room(place: Path) -> Path:
    (place / "room.txt").mkdir()
    return place / "room.txt"


def _socket(place: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "s"))
    return place / "s"


STRANGE: dict[str, Callable[[Path], Path]] = {
    "link": _link,
    "pipe": _pipe,
    "folder": _room,
    "device": lambda _place: Path("/dev/zero"),
    "socket": _socket,
    "missing": lambda place: place / "nothing.txt",
}


@pytest.mark.skipif(os.name == "nt", reason="these do not exist there")
@pytest.mark.parametrize("kind", STRANGE)
def test_only_plain_files_are_taken(folder: Path, tmp_path: Path, kind: str) -> None:
    """A link, pipe, folder, device or socket is refused at once, without waiting for it; nothing is left."""
    with pytest.raises((errors.Refused, errors.UsageError)) as refused:
        _take(folder, STRANGE[kind](tmp_path))
    codes = {"missing": {"file-unreadable"}, "socket": {"file-unreadable", "not-a-plain-file"}}
    assert refused.value.code in codes.get(kind, {"not-a-plain-file"})
    assert _left(folder) == []


@pytest.mark.parametrize("changed", [CHAT + b"x", CHAT[:-1], b"", CHAT.upper()])
def test_a_file_that_changes_meanwhile_is_refused(
    folder: Path, chat: Path, monkeypatch: pytest.MonkeyPatch, changed: bytes
) -> None:
    """It grows, shrinks or becomes another between the look at it and its reading."""
    token_hex = secrets.token_hex
    # File systems count time in steps: the former time must lie well before.
    os.utime(chat, (0, 0))

    def meanwhile(length: int) -> str:
        chat.write_bytes(changed)
        return token_hex(length)

    monkeypatch.setattr(secrets, "token_hex", meanwhile)
    with pytest.raises(errors.Refused) as refused:
        _take(folder, chat)
    assert refused.value.code == "file-changes"
    assert _left(folder) == []


def test_a_file_of_the_store_itself_is_refused(folder: Path, chat: Path) -> None:
    """Also by way of another name of its folder."""
    taken = _take(folder, chat)
    folder.parent.joinpath("link").symlink_to(folder)
    for place in (folder, folder.parent / "link"):
        with pytest.raises(errors.Refused, match="file-in-store"):
            _take(folder, place / "evidence" / taken.file)
    assert len(_left(folder)) == 1


def test_the_size_has_a_limit(folder: Path, chat: Path) -> None:
    """The limit itself is allowed; one byte more is refused before anything is written."""
    assert _take(folder, chat, limit=len(CHAT)).size == len(CHAT)
    there = _left(folder)
    with pytest.raises(errors.Refused) as refused:
        _take(folder, chat, limit=len(CHAT) - 1)
    assert refused.value.code == "file-too-large"
    assert _left(folder) == there


def test_no_flipped_bit_is_taken_for_the_file(folder: Path, tmp_path: Path) -> None:
    """200 positions over the whole of it: each is refused, by the check and by the reading."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - the seed is needed to see a failure again
    (tmp_path / "a.bin").write_bytes(secrets.token_bytes((1 << 18) + 5))
    taken = _take(folder, tmp_path / "a.bin")
    kept = folder / "evidence" / taken.file
    whole, drawn = kept.read_bytes(), random.Random(seed)
    places = [0, 1, len(whole) - 1, *(drawn.randrange(len(whole)) for _ in range(197))]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << drawn.randrange(8)
        kept.write_bytes(flipped)
        assert not _verify(folder, taken), f"byte {place}, seed {seed}"
        with pytest.raises(errors.StoreDamaged):
            _read(folder, taken)
    kept.write_bytes(whole)
    assert _verify(folder, taken)


@pytest.mark.parametrize("cut", [0, 1, 16, 100, 4096, 65_536, 1 << 20])
def test_a_cut_or_longer_file_is_refused(folder: Path, tmp_path: Path, cut: int) -> None:
    """At any length, a chunk's end too; and with something behind it."""
    (tmp_path / "a.bin").write_bytes(secrets.token_bytes((1 << 20) + 999))
    taken = _take(folder, tmp_path / "a.bin")
    kept = folder / "evidence" / taken.file
    whole = kept.read_bytes()
    for other in (whole[:cut], whole[: len(whole) - cut - 1], whole + b"\0" * (cut + 1)):
        kept.write_bytes(other)
        assert not _verify(folder, taken)
        with pytest.raises(errors.StoreDamaged):
            _read(folder, taken)


def test_a_file_is_bound_to_its_name_and_its_store(folder: Path, chat: Path) -> None:
    """Under another name, in another store, or not there at all: damage."""
    taken = _take(folder, chat)
    room = folder / "evidence"
    (room / ("0" * 32)).write_bytes((room / taken.file).read_bytes())
    for other in ({"file": "0" * 32}, {"store": "f" * 32}, {"file": "1" * 32}):
        with pytest.raises(errors.StoreDamaged):
            _read(folder, taken, **other)
    evidence.remove(folder, taken.file)
    assert not _verify(folder, taken)
    evidence.remove(folder, taken.file)


@pytest.mark.parametrize(
    ("name", "data", "warnings"),
    [
        ("ảnh.jpg", EXE, ("type-mismatch", "executable")),
        ("bài.pdf", b"PK\x03\x04" + bytes(50), ("type-mismatch", "archive")),
        ("a.exe", EXE, ("executable",)),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(20), ()),
        ("chat.txt", CHAT, ()),
    ],
)
def test_what_a_file_is_stands_beside_what_its_name_says(
    folder: Path, tmp_path: Path, name: str, data: bytes, warnings: tuple[str, ...]
) -> None:
    """An exe named .jpg is taken, as evidence of just that, with both warnings."""
    (tmp_path / name).write_bytes(data)
    assert _take(folder, tmp_path / name).warnings == warnings


def test_a_store_that_is_gone_is_not_begun_anew(tmp_path: Path, chat: Path) -> None:
    """Its folder was moved while it was open: nothing is made in the old place."""
    with pytest.raises(FileNotFoundError):
        _take(tmp_path / "gone", chat)
    assert not (tmp_path / "gone").exists()
