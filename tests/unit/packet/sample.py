"""An invented case to make packets from; nobody in it exists and no number in it rings."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from triage import terms
from triage.packet import contents

NOW = datetime(2026, 11, 25, 3, 40, tzinfo=UTC)
FILES = {
    "E-001": b"\x89PNG\r\n\x1a\n" + b"an invented screenshot " * 400,
    "E-002": "Tối nay không chuyển tiền thì tao gửi cho cả lớp mày.\n".encode(),
}


def opened(item: contents.Item) -> BinaryIO:
    """The bytes of an item, as the desk opens them from the store."""
    return io.BytesIO(FILES[item.id])


def item(
    number: str, name: str, media_type: str, *, claimed: str | None = None, data: bytes | None = None
) -> contents.Item:
    """An item whose digest is that of its bytes."""
    data = FILES[number] if data is None else data
    taken = contents.CustodyLine(NOW - timedelta(hours=1), "taken", "cô An", "")
    return contents.Item(
        id=number,
        original_name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        media_type=media_type,
        claimed_type=claimed or media_type,
        added_at=NOW - timedelta(hours=1),
        by="cô An",
        source="em Bích",
        device="điện thoại của em",
        taken_at=NOW - timedelta(hours=14),
        custody=(taken, contents.CustodyLine(NOW - timedelta(minutes=5), "verified", "cô An")),
    )


def items() -> tuple[contents.Item, ...]:
    """A picture, a text and a reference in words."""
    return (
        item("E-001", "Ảnh màn hình của Trần Ngọc Bích.jpg", "image/png", claimed="image/jpeg"),
        item("E-002", "tin nhắn.txt", "text/plain"),
        contents.Item(
            id="E-003",
            original_name=None,
            sha256=None,
            size=None,
            media_type=None,
            claimed_type=None,
            added_at=NOW - timedelta(minutes=50),
            by="cô An",
            statement="reference",
            reference=contents.Reference(
                "một ảnh nhạy cảm, em tự chụp, chỉ ghi bằng lời",
                "Messenger, tài khoản @vi.du, 24/11/2026 20:10",
                "em Bích, còn trên máy em",
                1,
                False,
            ),
            custody=(contents.CustodyLine(NOW - timedelta(minutes=50), "referenced", "cô An"),),
        ),
    )


def case(**changes: object) -> contents.PacketCase:
    """A packet for the ward police, with everything in it; ``changes`` replace fields."""
    fields: dict[str, object] = {
        "number": "HS-7K3M9QTX",
        "profile": terms.Profile.WARD,
        "school": contents.Party(
            "Trường THCS Hoa Gạo",
            code="79012345",
            address="12 đường Ví Dụ, phường Bến Đò",
            phone="0900 000 001",
            contact="Cô Lê Thị An, giáo viên tư vấn",
            above="Ủy ban nhân dân phường Bến Đò",
            place="Bến Đò",
        ),
        "recipient": contents.Party("Công an phường Bến Đò", phone="0900 000 113"),
        "made_at": NOW,
        "made_by": "cô An",
        "basis": "Nghị định 56/2017/NĐ-CP Điều 25",
        "purpose": "báo tin để bảo vệ học sinh",
        "level": terms.Level.CRITICAL,
        "told_at": NOW - timedelta(hours=2),
        "channel": ("em kể trực tiếp", "told in person"),
        "reasons": (
            ("Người dọa đang đòi tiền, hẹn hạn trong 24 giờ.", "Money is demanded within 24 hours."),
            ("Em nói có lúc nghĩ đến cái chết.", "The student has thought of death."),
        ),
        "kinds": (("SEXTORT", "Tống tiền bằng hình ảnh nhạy cảm", "Sextortion"),),
        "persons": (
            contents.PersonLine(
                "A",
                "affected",
                age_band="13_15",
                sex="nữ",
                name="Trần Ngọc Bích",
                birth="12/03/2012",
                school_class="9A2",
                guardian="Trần Văn Cường (bố)",
                guardian_contact="0900 000 022",
                guardian_told="đã báo lúc 10:05, có cô An ngồi cùng",
                whereabouts="ở phòng tư vấn cùng cô An",
                condition="bình tĩnh, đã uống nước",
            ),
        ),
        "words": (
            contents.Quote(
                NOW - timedelta(hours=2),
                "Nó bảo tối nay không chuyển năm triệu thì gửi cho cả lớp.\nEm sợ lắm, chưa dám nói với bố.",
            ),
        ),
        "timeline": (
            contents.TimelineLine(
                NOW - timedelta(hours=15), "Tài khoản lạ nhắn tin làm quen.", "A stranger wrote.", "student"
            ),
            contents.TimelineLine(
                NOW - timedelta(hours=13),
                "Người đó dọa gửi ảnh nếu không có tiền.",
                "A threat.",
                "screenshot",
            ),
        ),
        "urgent": (
            "Chặn, gỡ: tài khoản @vi.du trên Messenger",
            "Giữ tiền: chưa chuyển; số tài khoản nhận 0000 111 222, Ngân hàng Ví Dụ",
            "Bảo vệ em tối nay tại nhà bà ngoại, phường Bến Đò",
        ),
        "device": "em đang giữ, máy đang bật, đã cắm sạc",
        "harm": (("Em mất ngủ, nghỉ học một buổi.", "Could not sleep, missed a morning."),),
        "money": (
            contents.Money(
                500000,
                NOW - timedelta(hours=12),
                "tài khoản của em",
                "0000 111 222, Ngân hàng Ví Dụ",
                "GD0001",
            ),
        ),
        "indicators": (
            contents.Indicator("phone", "0900 000 333", ("E-001",)),
            contents.Indicator("url", "https://lua-dao.example/nhan-qua?x=1", ("E-002",)),
            contents.Indicator(
                "bank_account", "0000 111 222", (), "Ngân hàng Ví Dụ, chủ tài khoản NGUYEN VAN X"
            ),
        ),
        "done": (
            contents.TimelineLine(
                NOW - timedelta(minutes=100),
                "Gọi 113, gặp trực ban.",
                "Called 113.",
                "school",
                NOW - timedelta(minutes=30),
            ),
            contents.TimelineLine(
                NOW - timedelta(minutes=90), "Giữ nguyên máy, cắm sạc.", "Kept the phone on.", "school"
            ),
        ),
        "skipped": (("Gọi 111", "Call 111", "Công an phường đã nhận tin lúc 9:10"),),
        "items": items(),
        "agreed_claims": 1,
    }
    return contents.PacketCase(**{**fields, **changes})  # type: ignore[arg-type]
