"""What has to agree inside a packet: manifests with files, documents with schemas and each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from triage import errors, i18n, schema
from triage.packet import bag, encode, reading

Members = Mapping[str, reading.Member]

_CASE, _CUSTODY = "data/case.json", "data/custody.json"
KEPT = frozenset({"bagit.txt", "bag-info.txt", *(bag.ROOT - {"README.txt"}), _CASE, _CUSTODY})
"""The files whose bytes the checks look into."""


def digests(members: Members) -> tuple[str, ...]:
    """What is wrong between the two manifests and the files."""
    problems = []
    try:
        payload = bag.read_manifest(_data(members, bag.MANIFEST))
        tags = bag.read_manifest(_data(members, bag.TAG_MANIFEST))
    except errors.CheckFailed:
        return (i18n.say("A manifest is missing or is not one."),)
    if set(payload) != {path for path in members if path.startswith("data/")}:
        problems.append(i18n.say("Files in data/ are missing or were planted."))
    if set(tags) != set(bag.TAG_FILES):
        problems.append(i18n.say("The tag manifest does not list what a packet has."))
    if _data(members, bag.CHECKSUMS) != _data(members, bag.MANIFEST):
        problems.append(i18n.say("kiem-tra.sha256 differs from the manifest."))
    changed = [path for path, digest in (payload | tags).items() if not _is(members, path, digest)]
    changed += [path for path, member in members.items() if not member.crc_holds and path not in changed]
    if changed:
        problems.append(i18n.say("Changed or missing: {files}.", files=", ".join(sorted(changed)[:5])))
    return tuple(problems)


def contents_agree(number: str, members: Members) -> tuple[str, ...]:
    """What is wrong with the documents, with the names at the top, or between them."""
    problems = []
    schemas = {f"schemas/{name}.json" for name in bag.SCHEMAS}
    others = {path for path in members if not path.startswith("data/")} - schemas
    planted = others - bag.ROOT
    if planted:
        problems.append(i18n.say("Not allowed in a packet: {files}.", files=", ".join(sorted(planted)[:5])))
    try:
        case = _document(members, _CASE, "case-v1")
        custody = _document(members, _CUSTODY, "custody-v1")
        info = bag.read_info(_data(members, "bag-info.txt"))
    except errors.TriageError:
        return (*problems, i18n.say("A document of the packet is missing or does not fit its schema."))
    if {number} != {case["number"], custody["number"], info.get("External-Identifier")}:
        problems.append(i18n.say("The packet's number is not the same everywhere."))
    if info.get("Replaces") != case["replaces"]:
        problems.append(i18n.say("The packet's number is not the same everywhere."))
    named = {case["recipient"]["name"], custody["packed"]["recipient"]}
    if len(named) > 1 or _plain(case["recipient"]["name"]) != _plain(info.get("Recipient", "")):
        problems.append(i18n.say("The recipient is not the same everywhere."))
    if not _items_agree(case, custody, members):
        problems.append(i18n.say("The list of evidence does not agree with the files."))
    return tuple(problems)


def profile(members: Members) -> tuple[str, ...]:
    """What is wrong with the bag by schemas/packet-profile-v1.json."""
    rules = schema.load("packet-profile-v1")
    try:
        info = bag.read_info(_data(members, "bag-info.txt"))
    except errors.CheckFailed:
        return (i18n.say("bag-info.txt is missing or is not one."),)
    problems = []
    if _data(members, "bagit.txt") != bag.DECLARATION:
        problems.append(i18n.say("bagit.txt is not that of BagIt 1.0."))
    fields: dict[str, dict[str, Any]] = rules["Bag-Info"]
    missing = {name for name, rule in fields.items() if rule["required"]} - set(info)
    if missing or set(info) - set(fields) or info.get("BagIt-Profile-Identifier") != bag.PROFILE:
        problems.append(i18n.say("bag-info.txt does not have the fields of a packet."))
    if not set(rules["Tag-Files-Required"]) <= set(members):
        problems.append(i18n.say("A file that every packet has is missing."))
    payload = [member for path, member in members.items() if path.startswith("data/")]
    if info.get("Payload-Oxum") != f"{sum(member.size for member in payload)}.{len(payload)}":
        problems.append(i18n.say("The count of bytes and files in bag-info.txt is wrong."))
    return tuple(problems)


def _items_agree(case: dict[str, Any], custody: dict[str, Any], members: Members) -> bool:
    """Each file under data/evidence/ is one item with its digest and size, and the other way round."""
    listed = {f"data/{item['path']}": item for item in case["items"] if item["path"] is not None}
    found = {path for path in members if path.startswith("data/evidence/")}
    same = all(
        path in members and (members[path].sha256, members[path].size) == (item["sha256"], item["size"])
        for path, item in listed.items()
    )
    digests_of = [(item["id"], item["sha256"]) for item in case["items"]]
    kept = [(item["id"], item["sha256"]) for item in custody["items"]]
    return same and found == set(listed) and digests_of == kept and len(dict(kept)) == len(kept)


def _document(members: Members, path: str, name: str) -> dict[str, Any]:
    """A JSON document with one reading: no name twice in an object, no NaN.

    Raises:
        errors.CheckFailed: ``packet-document``.
        errors.UsageError: ``bad-document``: it does not fit its schema.
    """
    try:
        document = json.loads(_data(members, path), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise errors.CheckFailed("packet-document", file=path) from None
    schema.check(document, name)
    if not isinstance(document, dict):
        raise errors.CheckFailed("packet-document", file=path)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _data(members: Members, path: str) -> bytes:
    member = members.get(path)
    return (member.data or b"") if member is not None else b""


def _is(members: Members, path: str, digest: str) -> bool:
    member = members.get(path)
    return member is not None and member.sha256 == digest


def _plain(text: str) -> str:
    try:
        return encode.bag_value(text, "Recipient")
    except errors.Refused:
        return text
