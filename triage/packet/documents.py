"""The machine-readable documents of a packet: case.json and custody.json, in Vietnam's time."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from triage import clock, schema
from triage.packet import contents

Document = dict[str, Any]


def case(packet: contents.PacketCase) -> Document:
    """What schemas/case-v1.json describes; ``packet`` is already fitted to its profile."""
    inside = {item.id for item in contents.files(packet)}
    return {
        "schema": "case-v1",
        "number": packet.number,
        "replaces": packet.replaces,
        "profile": packet.profile.value,
        "made_at": clock.local(packet.made_at),
        "made_by": packet.made_by,
        "school": dataclasses.asdict(packet.school),
        "recipient": dataclasses.asdict(packet.recipient),
        "basis": packet.basis,
        "purpose": packet.purpose,
        "level": str(packet.level),
        "provisional": packet.provisional,
        "reasons": [_both(each) for each in packet.reasons],
        "kinds": [{"code": code, "vi": vi, "en": en} for code, vi, en in packet.kinds],
        "told_at": clock.local(packet.told_at),
        "channel": _both(packet.channel),
        "persons": [_known(dataclasses.asdict(person)) for person in packet.persons],
        "words": [{"at": clock.local(each.at), "text": each.text} for each in packet.words],
        "timeline": [_line(each) for each in packet.timeline],
        "urgent": list(packet.urgent),
        "device": packet.device,
        "harm": [_both(each) for each in packet.harm],
        "money": [_money(each) for each in packet.money],
        "indicators": [
            dataclasses.asdict(each) | {"seen_in": list(each.seen_in)} for each in packet.indicators
        ],
        "requests": [_both(each) for each in packet.requests],
        "done": [_line(each) for each in packet.done],
        "skipped": [{"vi": vi, "en": en, "reason": reason} for vi, en, reason in packet.skipped],
        "items": [_item(each, each.id in inside) for each in packet.items],
        "agreed_claims": packet.agreed_claims,
    }


def custody(packet: contents.PacketCase) -> Document:
    """What schemas/custody-v1.json describes."""
    return {
        "schema": "custody-v1",
        "number": packet.number,
        "packed": {
            "at": clock.local(packet.made_at),
            "by": packet.made_by,
            "recipient": packet.recipient.name,
        },
        "items": [
            {
                "id": item.id,
                "sha256": item.sha256,
                "lines": [
                    {"at": clock.local(line.at), "act": line.act, "by": line.by, "note": line.note}
                    for line in item.custody
                ],
            }
            for item in packet.items
        ],
    }


def written(document: Document) -> bytes:
    r"""JSON in ASCII (``\u`` escapes), one value a line: harmless in any terminal and editor.

    Raises:
        errors.UsageError: ``bad-document``: it does not fit its schema.
    """
    schema.check(document, document["schema"])
    return json.dumps(document, ensure_ascii=True, indent=1).encode("ascii") + b"\n"


def _item(item: contents.Item, inside: bool) -> Document:
    return {
        "id": item.id,
        "path": item.path if inside else None,
        "original_name": item.original_name,
        "sha256": item.sha256,
        "size": item.size,
        "media_type": item.media_type,
        "claimed_type": item.claimed_type,
        "added_at": clock.local(item.added_at),
        "by": item.by,
        "source": item.source,
        "device": item.device,
        "taken_at": _at(item.taken_at),
        "statement": {"said": item.statement, "by": item.by, "at": clock.local(item.added_at)},
        "reference": dataclasses.asdict(item.reference) if item.reference else None,
    }


def _line(line: contents.TimelineLine) -> Document:
    return {
        "at": clock.local(line.at),
        "recorded_at": _at(line.recorded_at),
        "vi": line.vi,
        "en": line.en,
        "source": line.source,
    }


def _money(money: contents.Money) -> Document:
    return dataclasses.asdict(money) | {"at": _at(money.at)}


def _both(words: contents.Both) -> Document:
    return {"vi": words[0], "en": words[1]}


def _known(fields: Document) -> Document:
    return {name: str(value) for name, value in fields.items() if value}


def _at(at: datetime | None) -> str | None:
    return clock.local(at) if at else None
