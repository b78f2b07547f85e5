"""The nine sections of the report, as blocks that the template only lays out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from triage import i18n, terms
from triage.packet import contents, encode, wording

Block = dict[str, Any]
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def all_of(case: contents.PacketCase, words: wording.Wording) -> list[dict[str, Any]]:
    """Title and blocks of each section that the profile holds, numbered."""
    holding = contents.HOLDS[case.profile]
    makers: list[tuple[str, bool, Callable[[contents.PacketCase, wording.Wording], list[Block]]]] = [
        ("reporter", True, _reporter),
        ("persons", True, _persons),
        ("summary", True, _summary),
        ("timeline", holding.words, _timeline),
        ("indicators", holding.indicators, _indicators),
        ("harm", holding.words, _harm),
        ("done", True, _done),
        ("items", holding.register, _items),
        ("requests", True, _requests),
    ]
    held = [(key, make) for key, holds, make in makers if holds]
    nothing = [{"kind": "text", "text": words.label("nothing")}]
    return [
        {"title": f"{_ROMAN[place]}. {words.of('section', key)}", "blocks": make(case, words) or nothing}
        for place, (key, make) in enumerate(held)
    ]


def _reporter(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    school = case.school
    return _rows(
        words,
        [
            ("school", school.name),
            ("code", school.code),
            ("address", school.address),
            ("contact", school.contact),
            ("phone", school.phone),
            ("told_at", i18n.moment(case.told_at)),
            ("channel", words.both(case.channel)),
            ("made", f"{case.made_by}, {i18n.moment(case.made_at)}"),
            ("basis", case.basis),
            ("purpose", case.purpose),
            ("replaces", case.replaces or ""),
        ],
    )


def _persons(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    blocks: list[Block] = []
    for person in case.persons:
        role = words.of("part", person.part)
        blocks.append(
            {"kind": "label", "text": f"{words.label('person')} {encode.report_line(person.label)}: {role}"}
        )
        blocks += _rows(
            words,
            [
                ("name", person.name),
                ("birth", person.birth),
                ("age", words.of("age", person.age_band) if person.age_band else ""),
                ("sex", person.sex),
                ("school_class", person.school_class),
                ("reach" if person.part == terms.Part.AFFECTED else "reach_other", person.contact),
                ("whereabouts", person.whereabouts),
                ("condition", person.condition),
                ("guardian", person.guardian),
                ("guardian_contact", person.guardian_contact),
                ("guardian_told", person.guardian_told),
            ],
        )
    return blocks


def _summary(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    level = words.of("level", str(case.level))
    if case.provisional:
        level += f" ({words.label('provisional')})"
    kinds = "; ".join(words.both((vi, en)) for _, vi, en in case.kinds)
    blocks = _rows(words, [("kinds", kinds), ("level", level)])
    if case.reasons:
        blocks.append({"kind": "label", "text": words.label("reasons")})
        blocks += _list(words.both(reason) for reason in case.reasons)
    if case.words:
        blocks.append({"kind": "label", "text": words.label("words")})
        blocks += [
            {"kind": "quote", "text": encode.report_text(quote.text), "at": i18n.moment(quote.at)}
            for quote in case.words
        ]
    return blocks


def _timeline(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    return _lines(case.timeline, words)


def _done(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    listed = tuple(line for line in case.done if not line.talk)
    blocks = _lines(listed, words)
    if len(listed) < len(case.done):
        said = words.of("sentence", "talk").replace("{count}", str(len(case.done) - len(listed)))
        blocks.append({"kind": "text", "text": said})
    if case.skipped:
        blocks.append({"kind": "label", "text": words.label("skipped")})
        blocks += _list(
            f"{words.both((vi, en))}: {encode.report_text(reason)}" for vi, en, reason in case.skipped
        )
    return blocks


def _indicators(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    blocks = []
    for each in case.indicators:
        value = encode.defanged(each.value) if each.kind == "url" else each.value
        parts = [encode.report_line(value), encode.report_line(each.note)]
        if each.seen_in:
            parts.append(f"{words.label('seen_in')} {', '.join(each.seen_in)}")
        blocks.append([words.of("indicator", each.kind), "; ".join(part for part in parts if part)])
    return [{"kind": "rows", "rows": blocks}] if blocks else []


def _harm(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    blocks = _list(words.both(each) for each in case.harm)
    for paid in case.money:
        parts = [f"{wording.number(paid.amount)} đồng" if paid.amount is not None else "", ""]
        parts[1] = i18n.moment(paid.at) if paid.at else ""
        for key, value in (
            ("sent_from", paid.sent_from),
            ("sent_to", paid.sent_to),
            ("transaction", paid.reference),
        ):
            parts.append(f"{words.label(key)} {encode.report_line(value)}" if value else "")
        blocks += _rows(words, [("money", "; ".join(part for part in parts if part))])
    return blocks


def _requests(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    usual = [(each["vi"], each["en"]) for each in wording.table()["requests"][case.profile.value]]
    return _list(words.both(each) for each in case.requests or usual)


def _items(case: contents.PacketCase, words: wording.Wording) -> list[Block]:
    if not case.items:
        return []
    rows = [[item.id, "\n".join(_item(item, words))] for item in case.items]
    head = [words.label("id"), words.label("item")]
    return [{"kind": "table", "widths": [17, 0], "head": head, "rows": rows}]


def _item(item: contents.Item, words: wording.Wording) -> Iterable[str]:
    if item.reference is not None:
        yield from _reference(item.reference, words)
    else:
        yield _file(item, words)
    origin = [
        f"{words.label('source')}: {encode.report_line(item.source)}" if item.source else "",
        f"{words.label('item_device')}: {encode.report_line(item.device)}" if item.device else "",
        f"{words.label('taken_at')} {i18n.moment(item.taken_at)}" if item.taken_at else "",
    ]
    if any(origin):
        yield "; ".join(part for part in origin if part)
    stated = f"; {words.label('stated')}" if item.statement == "no-sexual-image" else ""
    yield f"{words.label('added')}: {encode.report_line(item.by)}, {i18n.moment(item.added_at)}{stated}"
    if item.sha256:
        yield f"SHA-256: {wording.grouped(item.sha256)}"
    if item.custody:
        lines = (_custody(line, words) for line in item.custody)
        yield f"{words.label('custody')}: {'; '.join(lines)}"


def _file(item: contents.Item, words: wording.Wording) -> str:
    kind = encode.report_line(item.media_type or "?")
    if item.claimed_type and item.claimed_type != item.media_type:
        kind += f" ({words.label('claimed')} {encode.report_line(item.claimed_type)})"
    size = f"{wording.number(item.size or 0)} {words.label('bytes')}"
    named = f"{encode.report_line(item.original_name)}; " if item.original_name else ""
    return f"{words.label('file')}: {named}{kind}; {size}"


def _reference(reference: contents.Reference, words: wording.Wording) -> Iterable[str]:
    yield f"{words.label('reference')}: {encode.report_line(reference.what)}"
    parts = [
        f"{words.label('where')}: {encode.report_line(reference.where)}",
        f"{words.label('holder')}: {encode.report_line(reference.holder)}",
    ]
    if reference.count is not None:
        parts.append(f"{words.label('count')}: {reference.count}")
    if reference.hashed is not None:
        parts.append(words.label("hashed" if reference.hashed else "not_hashed"))
    yield "; ".join(parts)


def _custody(line: contents.CustodyLine, words: wording.Wording) -> str:
    note = f" ({encode.report_line(line.note)})" if line.note else ""
    return f"{i18n.moment(line.at)} {words.of('act', line.act)}, {encode.report_line(line.by)}{note}"


def _lines(lines: tuple[contents.TimelineLine, ...], words: wording.Wording) -> list[Block]:
    if not lines:
        return []
    rows = [
        [
            words.moments(line.at, line.recorded_at),
            words.both((line.vi, line.en)),
            words.of("source", line.source) if line.source else "",
        ]
        for line in sorted(lines, key=lambda line: line.at)
    ]
    head = [words.label("at"), words.label("what"), words.label("source")]
    return [{"kind": "table", "widths": [36, 0, 30], "head": head, "rows": rows}]


def _rows(words: wording.Wording, fields: list[tuple[str, str]]) -> list[Block]:
    rows = [[words.label(key), encode.report_text(value)] for key, value in fields if value]
    return [{"kind": "rows", "rows": rows}] if rows else []


def _list(lines: Iterable[str]) -> list[Block]:
    kept = list(lines)
    return [{"kind": "list", "lines": kept}] if kept else []
