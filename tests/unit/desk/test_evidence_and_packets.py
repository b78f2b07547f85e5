"""What the desk promises about evidence and what leaves."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pyzipper

from tests.unit.desk.conftest import WORDS
from triage import clock, errors, i18n
from triage.desk import cases, deletion, evidence, packets, people, session, undo, upkeep, view
from triage.packet import check, make
from triage.store import evidence as files
from triage.terms import Kind, Profile

CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A chat saved as text."""
    file = tmp_path / "đoạn chat.txt"
    file.write_bytes(CHAT)
    return file


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """A case."""
    return cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref


def _add(desk: session.Desk, ref: str, *files: Path) -> list[str]:
    rows = evidence.add(desk, ref, files, evidence.Origin("em A"), no_sexual_image=True)
    return [row.item for row in rows]


def _wish(to: str = "Công an phường Bến Đò", **values: object) -> packets.Wish:
    return packets.Wish(to=to, basis="NĐ 56/2017 Điều 25", purpose="tin báo", **values)  # type: ignore[arg-type]


def test_no_file_is_taken_without_the_statement(desk: session.Desk, ref: str, chat: Path) -> None:
    """Refused, and nothing lies in evidence/."""
    with pytest.raises(errors.Refused) as refused:
        evidence.add(desk, ref, [chat], evidence.Origin(), no_sexual_image=False)
    assert refused.value.code == "evidence-needs-statement"
    assert evidence.of_case(desk, ref) == []
    assert list((desk.folder / "evidence").glob("*")) == []


def test_what_is_taken_in_comes_out_the_same(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    """The bytes are those of the file, its digest and size are kept, the giving out is in the custody record."""
    assert _add(desk, ref, chat) == ["E-001"]
    row, _lines = evidence.of_case(desk, ref)[0]
    assert (row.sha256, row.size) == (hashlib.sha256(CHAT).hexdigest(), len(CHAT))
    copy = evidence.get(desk, ref, "e-001", tmp_path / "out", "Công an đến nhận.")
    assert copy.read_bytes() == CHAT
    assert copy.stat().st_mode & 0o077 == 0
    assert [line.act for line in evidence.of_case(desk, ref)[0][1]] == ["taken", "exported"]


def test_one_bad_file_takes_none_of_the_batch(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    """A link among the files: all refused, no row, no file."""
    link = tmp_path / "link.txt"
    link.symlink_to(chat)
    with pytest.raises(errors.TriageError):
        _add(desk, ref, chat, link)
    assert evidence.of_case(desk, ref) == []
    assert list((desk.folder / "evidence").glob("*")) == []


def test_a_name_that_is_no_text_is_taken_in_readably(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 become signs of that; why a file cannot be read is said in words."""
    path = os.fsencode(tmp_path) + b"/tin\xff\x9b31m.txt"
    with open(path, "wb") as file:  # noqa: PTH123 - a name that pathlib cannot print
        file.write(b"x")
    rows = evidence.add(desk, ref, [Path(os.fsdecode(path))], evidence.Origin(), no_sexual_image=True)
    assert rows[0].original_name == "tin\ufffd\ufffd31m.txt"
    with pytest.raises(errors.UsageError) as caught:
        evidence.add(desk, ref, [tmp_path / "none.txt"], evidence.Origin(), no_sexual_image=True)
    assert "không có tệp hay thư mục đó" in i18n.sentence(caught.value, "vi").what


def test_a_damaged_file_is_named(desk: session.Desk, ref: str, chat: Path, tmp_path: Path) -> None:
    """One flipped bit: the check names the item, reading it fails, nothing is written out."""
    _add(desk, ref, chat)
    file = next((desk.folder / "evidence").iterdir())
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    assert [(one.item, one.holds) for one in evidence.verify(desk)] == [("E-001", False)]
    with pytest.raises(errors.StoreDamaged):
        evidence.get(desk, ref, "E-001", tmp_path / "out", "Thử.")
    assert list((tmp_path / "out").glob("*")) == []
    with pytest.raises(errors.StoreDamaged):
        packets.new(desk, ref, _wish(), tmp_path / "packet")
    assert list((tmp_path / "packet").glob("*")) == []
    assert packets.listed(desk) == []


def test_an_unlawful_item_goes_and_the_register_stays(desk: session.Desk, ref: str, chat: Path) -> None:
    """Its bytes are gone, the line stays, the log is whole."""
    _add(desk, ref, chat)
    evidence.withdraw(desk, ref, "E-001", "Không được giữ.", "Thầy Bình")
    assert list((desk.folder / "evidence").glob("*")) == []
    row, lines = evidence.of_case(desk, ref)[0]
    assert row.withdrawn_at is not None
    assert [line.act for line in lines] == ["taken", "withdrawn"]
    assert upkeep.verify_log(desk).whole


def test_where_an_unlawful_item_still_lies_is_said(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    """The packets it went into by number and recipient, and the backups since it was taken in; no others."""
    _add(desk, ref, chat)
    assert deletion.still_holding(desk, ref, "E-001") == []
    made = packets.new(desk, ref, _wish(), tmp_path / "packet")
    upkeep.make_backup(desk, tmp_path / "backup")
    _add(desk, ref, chat)
    evidence.withdraw(desk, ref, "E-001", "Không được giữ.", "Thầy Bình")
    packet, backup = deletion.still_holding(desk, ref, "E-001")
    assert made.number in packet and i18n.moment(desk.now()) in backup
    assert [made.number in line for line in deletion.still_holding(desk, ref, "E-002")] == [False]


def test_a_reference_needs_no_file(desk: session.Desk, ref: str) -> None:
    """Words only, and the packet says so."""
    row = evidence.refer(desk, ref, evidence.Reference("ảnh riêng tư", "Zalo, 20:15", "kẻ đe dọa", 1, False))
    assert (row.item, row.file, row.statement) == ("E-001", None, "reference")


def test_a_packet_holds_and_names_no_case(desk: session.Desk, ref: str, chat: Path, tmp_path: Path) -> None:
    """It checks, its custody is recorded, and the inside reference is nowhere in it."""
    _add(desk, ref, chat)
    made = packets.new(desk, ref, _wish(), tmp_path / "packet")
    file = next(path for path in made.files if path.suffix == ".zip")
    certificate = packets.certificate(desk)
    report = check.packet(
        file,
        digits=made.digits,
        ca=certificate.public,
        fingerprint=None,
        out=tmp_path / "read",
        now=clock.SystemClock().now(),
    )
    assert report.holds, report.as_json()
    written = b"".join(path.read_bytes() for path in (tmp_path / "read").rglob("*") if path.is_file())
    assert ref.encode() not in written
    assert not re.search(rb"\b20\d\d-\d{4}\b(?!-)", written.replace(b"2020", b""))
    assert [line.act for line in evidence.of_case(desk, ref)[0][1]] == ["taken", "packed"]


def test_private_notes_stay(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """What is private is in no packet."""
    cases.note(desk, ref, "Chỉ để cô nhớ: bánh mì.", private=True)
    cases.note(desk, ref, "Mẹ em đã đến trường.")
    made = packets.new(desk, ref, _wish(), tmp_path / "packet")
    outer = pyzipper.AESZipFile(next(path for path in made.files if path.suffix == ".zip"))
    outer.setpassword(made.digits.encode())
    inner = pyzipper.ZipFile(io.BytesIO(outer.read(outer.namelist()[0])))
    case = inner.read(next(name for name in inner.namelist() if name.endswith("case.json"))).decode()
    said = json.dumps(json.loads(case), ensure_ascii=False)
    assert "bánh mì" not in said
    assert "Mẹ em đã đến trường." in said


def test_digits_are_told_only_to_a_checked_number(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """A plain name, or a number nobody checked, gets none; a checked one does, by an entry, until the receipt."""
    plain = packets.new(desk, ref, _wish(), tmp_path / "a")
    people.add_recipient(desk, "moi", "Công an xã Mới", Profile.WARD, phone="0900 000 114")
    unchecked = packets.new(desk, ref, _wish("moi"), tmp_path / "b")
    for made in (plain, unchecked):
        with pytest.raises(errors.Refused) as refused:
            packets.digits(desk, made.number, "Gọi trực ban.")
        assert refused.value.code == "recipient-not-checked"
    people.add_recipient(
        desk,
        "ben-do",
        "Công an phường Bến Đò",
        Profile.WARD,
        phone="0900 000 113",
        verified_on="2026-11-20",
        how="visit",
    )
    made = packets.new(desk, ref, _wish("ben-do"), tmp_path / "c")
    people.remove_recipient(desk, "ben-do")
    people.add_recipient(
        desk,
        "ben-do",
        "Kẻ giả danh",
        Profile.WARD,
        phone="0900 000 999",
        verified_on="2026-11-20",
        how="visit",
    )
    told, row = packets.digits(desk, made.number, "Gọi trực ban.")
    assert (told, row.recipient, row.phone) == (made.digits, "Công an phường Bến Đò", "0900 000 113")
    packets.receipt(desk, made.number, "Trung úy N.", "45/TB")
    with pytest.raises(errors.Refused) as refused:
        packets.digits(desk, made.number, "Gọi lại.")
    assert refused.value.code == "digits-gone"


def test_digits_are_gone_after_thirty_days(
    desk: session.Desk, ref: str, tmp_path: Path, at: clock.SetClock
) -> None:
    """No receipt in 30 days: the digits are erased, and stay erased."""
    people.add_recipient(
        desk,
        "ben-do",
        "Công an phường Bến Đò",
        Profile.WARD,
        phone="0900 000 113",
        verified_on="2026-11-20",
        how="visit",
    )
    made = packets.new(desk, ref, _wish("ben-do"), tmp_path / "c")
    at.at += timedelta(days=31)
    for _twice in range(2):
        with pytest.raises(errors.Refused) as refused:
            packets.digits(desk, made.number, "Gọi trực ban.")
        assert refused.value.code == "digits-gone"
    session.forget_digits(desk)
    assert packets.listed(desk)[0][1].digits is None


def test_a_second_packet_replaces_the_first(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """For the same recipient it names the one it replaces."""
    first = packets.new(desk, ref, _wish(), tmp_path / "a")
    assert first.replaces is None
    assert packets.new(desk, ref, _wish(), tmp_path / "b").replaces == first.number
    assert packets.new(desk, ref, _wish("Công an xã Khác"), tmp_path / "c").replaces is None


def test_a_principal_gets_no_words_and_no_files(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    """The profile decides what may be held."""
    _add(desk, ref, chat)
    made = packets.new(desk, ref, _wish("Cô hiệu trưởng", profile=Profile.PRINCIPAL), tmp_path / "p")
    outer = pyzipper.AESZipFile(next(path for path in made.files if path.suffix == ".zip"))
    outer.setpassword(made.digits.encode())
    inner = pyzipper.ZipFile(io.BytesIO(outer.read(outer.namelist()[0])))
    assert not [name for name in inner.namelist() if "evidence/" in name]
    case = inner.read(next(name for name in inner.namelist() if name.endswith("case.json"))).decode()
    assert "Em sợ lắm" not in case


def test_done_steps_carry_both_times(desk: session.Desk, ref: str, at: clock.SetClock) -> None:
    """The view that a packet is written from holds when a step was done and when that was recorded."""
    from triage.desk import steps

    at.at += timedelta(hours=1)
    steps.done(desk, ref, "X01", at=at.at - timedelta(minutes=50))
    line = next(step for step in view.case(desk, ref).steps if step.planned.id == "X01")
    assert line.recorded_at is not None
    assert line.at is not None
    assert line.recorded_at - line.at == timedelta(minutes=50)


def test_nothing_is_written_into_the_store(desk: session.Desk, ref: str, chat: Path) -> None:
    """A copy, a packet or its digits with a place inside the store are refused, and nothing lies there."""
    _add(desk, ref, chat)
    before = sorted(path.name for path in desk.folder.rglob("*"))
    for act in (
        lambda: evidence.get(desk, ref, "E-001", desk.folder / "evidence", "Thử."),
        lambda: packets.new(desk, ref, _wish(), desk.folder),
        lambda: packets.new(desk, ref, _wish(), desk.folder.parent / "p", digits_out=desk.folder / "d.txt"),
    ):
        with pytest.raises(errors.Refused) as refused:
            act()
        assert refused.value.code == "inside-the-store"
    assert sorted(path.name for path in desk.folder.rglob("*")) == before


def test_undo_does_not_reach_behind_a_packet(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """What a packet was made from stays as it was told to police."""
    cases.note(desk, ref, "Mẹ em đã đến trường.")
    packets.new(desk, ref, _wish(), tmp_path / "packet")
    with pytest.raises(errors.Refused) as refused:
        undo.take_back(desk, ref)
    assert refused.value.code == "act-is-final"


def test_a_packet_that_is_not_entered_leaves_no_file(
    desk: session.Desk, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files get their names after the entry is durable: when it cannot be, there are none."""

    def fail(*_arguments: object, **_named: object) -> None:
        raise errors.TryAgain("disk-full")

    monkeypatch.setattr(packets, "_enter", fail)
    with pytest.raises(errors.TryAgain):
        packets.new(desk, ref, _wish(), tmp_path / "packet", digits_out=tmp_path / "digits")
    assert list((tmp_path / "packet").iterdir()) == []
    assert not (tmp_path / "digits").exists()
    assert packets.listed(desk) == []


def test_digits_that_cannot_be_written_leave_no_packet(desk: session.Desk, ref: str, tmp_path: Path) -> None:
    """A packet without its digits would be closed for good: nothing is entered and nothing lies there."""
    wish = packets.Wish(to="Công an phường", basis="Yêu cầu", purpose="Báo tin", profile=Profile.WARD)
    with pytest.raises(OSError, match="No such file"):
        packets.new(desk, ref, wish, tmp_path / "out", digits_out=tmp_path / "nowhere" / "digits.txt")
    assert packets.listed(desk) == []
    assert list((tmp_path / "out").iterdir()) == []


def test_other_desks_write_while_a_packet_is_made(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    """Large files take a while: the packet says how the case stood when it began."""
    _add(desk, ref, chat)
    written: list[str] = []
    with session.open_store(desk.folder, WORDS) as other:

        def progress(_done: int, _all: int) -> None:
            if not written:
                cases.note(other, ref, "Em đã về nhà.")
                written.append("yes")

        packets.new(desk, ref, _wish(), tmp_path / "out", progress=progress)
    assert written
    assert [note.text for note in view.case(desk, ref).notes][-1] == "Em đã về nhà."


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (lambda other, ref, out: packets.new(other, ref, _wish(), out), "packet-overtaken"),
        (
            lambda other, ref, out: evidence.withdraw(other, ref, "E-001", "lý do", "Thầy Bình"),
            "item-withdrawn",
        ),
    ],
)
def test_a_packet_that_was_overtaken_is_not_entered(
    desk: session.Desk,
    ref: str,
    chat: Path,
    tmp_path: Path,
    meanwhile: Callable[[session.Desk, str, Path], object],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another packet for the same recipient, or an item withdrawn: nothing is left of this one."""
    _add(desk, ref, chat)
    packed = make.packet
    with session.open_store(desk.folder, WORDS) as other:

        def then(*args: Any, **values: Any) -> make.Made:
            made = packed(*args, **values)
            monkeypatch.setattr(make, "packet", packed)
            meanwhile(other, ref, tmp_path / "other")
            return made

        monkeypatch.setattr(make, "packet", then)
        with pytest.raises(errors.TriageError) as refused:
            packets.new(desk, ref, _wish(), tmp_path / "out")
    assert refused.value.code == code
    assert list((tmp_path / "out").iterdir()) == []


def test_other_desks_write_while_a_file_is_taken_in(
    desk: session.Desk, ref: str, chat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = files.take_path
    with session.open_store(desk.folder, WORDS) as other:

        def slowly(*args: Any, **values: Any) -> files.Taken:
            cases.note(other, ref, "Em đã về nhà.")
            return take(*args, **values)

        monkeypatch.setattr(files, "take_path", slowly)
        assert _add(desk, ref, chat) == ["E-001"]


def test_a_store_that_is_gone_is_not_begun_anew_by_a_file(
    desk: session.Desk, ref: str, chat: Path, tmp_path: Path
) -> None:
    desk.folder.rename(tmp_path / "moved")
    with pytest.raises((errors.TriageError, FileNotFoundError)):
        _add(desk, ref, chat)
    assert not desk.folder.exists()
    (tmp_path / "moved").rename(desk.folder)
