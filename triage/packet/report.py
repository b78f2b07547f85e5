"""The report: PDF/A-2a and PDF/UA-1 in the look of Nghị định 30/2020, set by typst in memory.

Nothing is written to the disk and no address is asked: the template imports no package, and text
of the case goes in as data that is never read as markup.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from triage import terms
from triage.packet import contents, encode, glyphs, sections, wording


def pdf(case: contents.PacketCase) -> bytes:
    """The report of a packet, already fitted to its profile: the same case gives the same bytes."""
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(glyphs.FONTS)]
    )
    made = typst.compile(
        (wording.TEMPLATES / "report.typ").read_bytes(),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"d": json.dumps(described(case), ensure_ascii=True)},
        pdf_standards=["a-2a", "ua-1"],
    )
    # A signature appended later by another program needs the last line to be ended (PDF/A 6.1.9).
    return made if made.endswith(b"\n") else made + b"\n"


def described(case: contents.PacketCase) -> dict[str, Any]:
    """Everything the template prints, every text cleaned for it."""
    words = wording.Wording(case.language == "en")
    fixed = wording.table()["fixed"]
    inside = case.profile is terms.Profile.PRINCIPAL
    title = wording.table()["title"][case.profile.value]
    place = encode.report_line(case.school.place) or "……………"
    return {
        "document": f"{title['vi']} {case.number}",
        "date": _date(case.made_at),
        "title": words.both((title["vi"], title["en"])),
        "about": words.both((title["about"]["vi"], title["about"]["en"])),
        "above": encode.report_line(case.school.above).upper(),
        "school": encode.report_line(case.school.name).upper(),
        "letter": fixed["number"],
        "nation": fixed["nation"],
        "motto": fixed["motto"],
        "place": fixed["date"].replace("{place}", place),
        "to": [words.label("to"), encode.report_line(case.recipient.name)],
        "outside": [words.label("outside"), case.number],
        "draft": "" if inside else words.of("sentence", "draft"),
        "footer": f"{case.number} · {words.of('sentence', 'table')}",
        "urgent": _urgent(case, words),
        "sections": sections.all_of(case, words),
        "closing": _closing(case, words),
        "copies": fixed["copies"],
        "signs": fixed["preparer" if inside else "principal"],
        "handover": _handover(case, words) if contents.HOLDS[case.profile].originals else None,
    }


def _handover(case: contents.PacketCase, words: wording.Wording) -> dict[str, Any]:
    sentence = wording.table()["sentence"]
    return {
        "title": words.of("sentence", "handover"),
        "lines": [line.replace("{number}", case.number) for line in sentence["handover_lines"]],
        "giver": sentence["giver"],
        "taker": sentence["taker"],
    }


def _urgent(case: contents.PacketCase, words: wording.Wording) -> dict[str, Any]:
    notes = [f"{words.label('device')}: {encode.report_text(case.device)}"] if case.device else []
    if contents.HOLDS[case.profile].identity:
        notes.append(words.of("sentence", "ask"))
    return {
        "title": words.of("sentence", "urgent"),
        "lines": [encode.report_text(line) for line in case.urgent],
        "notes": notes,
    }


def _closing(case: contents.PacketCase, words: wording.Wording) -> list[str]:
    holding = contents.HOLDS[case.profile]
    keys = ["no_images", "gathered"] if holding.register and case.items else []
    keys += ["police_decide"] if holding.originals else []
    lines = [words.of("sentence", key) for key in [*keys, "signature", "honest"]]
    if case.agreed_claims:
        lines.insert(0, words.of("sentence", "claims").replace("{count}", str(case.agreed_claims)))
    return lines


def _date(at: datetime) -> list[int]:
    """In UTC, because the PDF's metadata says so of whatever it is given."""
    there = at.astimezone(UTC)
    return [there.year, there.month, there.day, there.hour, there.minute, there.second]
