"""Makes ``store-<format>/``: a store of a release, which every later release must open.

Run once for each format, with the program of that release: ``python -m tests.vectors.make_store``. A store that was
made is never made again: it stands for those on the schools' laptops.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from triage import clock
from triage.desk import cases, evidence, people, restricted, session, steps, summaries, upkeep, view
from triage.store import migrations
from triage.store.records import cases as case_rows
from triage.summary import period
from triage.terms import Kind, Part, Right

HERE = Path(__file__).parent
WORDS = "lúa chín vàng ngoài đồng quê em"
BINH, HIS = "Thầy Bình", "con mèo nằm ngủ bên thềm nhà"
CHAT = "20:15 kẻ lạ: chuyển tiền đi\n".encode()
BEGAN = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)


def main() -> None:
    """Make the store of the present format."""
    target = HERE / f"store-{migrations.FORMAT}"
    if target.exists():
        raise SystemExit(f"{target.name} stands already")
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = place
        made = Path(place) / "store"
        facts = _fill(made)
        target.mkdir()
        shutil.copytree(made, target / "store", ignore=shutil.ignore_patterns("*.lock", "desks"))
    (target / "facts.json").write_text(
        json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _fill(folder: Path) -> dict[str, Any]:
    at = clock.SetClock(BEGAN)
    desk, made = session.create(
        folder, school="Trường THCS Hoa Gạo", code="79012345", label="Cô An", words=WORDS, at=at
    )
    with desk:
        people.add_member(desk, BINH, Right.COUNSELLOR, HIS)
        first = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em Đạt kể: có người dọa em.")).ref
        chat = folder.parent / "chat.txt"
        chat.write_bytes(CHAT)
        evidence.add(desk, first, [chat], evidence.Origin(), no_sexual_image=True)
        cases.add_person(desk, first, Part.GUARDIAN, {"name": "Bà Lê Thị Thử", "contact": "0900 000 247"})
        cases.answer(desk, first, {"danger_now": "no", "extortion_active": "yes", "deadline": "within_24h"})
        steps.done(desk, first, "X01")
        at.at += timedelta(days=1)
        second = cases.new(desk, cases.NewCase(kinds=(Kind.BULLY,), words="Bạn em bị nhóm lớp nói xấu.")).ref
        cases.note(desk, second, "Đã gặp em ở phòng tư vấn.")
        at.at = datetime(2026, 10, 2, 1, 0, tzinfo=UTC)
        summaries.close(desk, period.read("2026-09"))
        sealed = restricted.new(
            desk, cases.NewCase(kinds=(Kind.GROOM,), words="Em chỉ kể với cô."), [BINH]
        ).ref
        restricted.leave(desk, sealed)
        return _facts(desk, made.words) | {"restricted": {sealed: ["Em chỉ kể với cô."]}}


def _facts(desk: session.Desk, words: str) -> dict[str, Any]:
    """What anyone must be able to read in it."""
    refs = [line.ref for line in view.listed(desk, case_rows.Wanted())[0]]
    return {
        "format": migrations.FORMAT,
        "recovery_words": words,
        "cases": {
            ref: {
                "level": (seen := view.case(desk, ref)).line.level.name,
                "notes": sorted(note.text for note in seen.notes),
                "done": sorted(line.planned.id for line in seen.steps if line.state.value == "done"),
            }
            for ref in sorted(refs)
        },
        "evidence": {"2026-0001 E-001": hashlib.sha256(CHAT).hexdigest()},
        "entries": upkeep.verify_log(desk).entries,
        "periods": ["2026-09"],
    }


if __name__ == "__main__":
    main()
