"""An exported log: verified with public keys alone, and nothing in it that an auditor must not have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlmodel import select

from tests.unit.store.conftest import CHEAP, give_keys
from triage import canon, chain, errors, models, schema
from triage.desk import cases, log, session, summaries, upkeep
from triage.store import digests, export_check, opened
from triage.store.records import leaving
from triage.terms import Kind

SECRETS = ("Đạt", "0900 000 247", "Em sợ lắm", "mẹ em", "Cô An", "Hoa Gạo")


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """A case with words, in a store with the school's keys."""
    give_keys(desk)
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,), words="Em sợ lắm cô ơi.")).ref
    cases.note(desk, ref, "Đạt: 0900 000 247, mẹ em không biết")
    return ref


@pytest.fixture
def file(desk: session.Desk, ref: str, tmp_path: Path) -> Path:
    """Its log, exported."""
    out = tmp_path / "log.jsonl"
    log.export_to(desk, out)
    return out


def _print(desk: session.Desk) -> str:
    with desk.opened.reading() as read:
        return leaving.school_key(read, "summary").fingerprint


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def _write(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_bytes(b"".join(canon.dumps(line) + b"\n" for line in lines))


def _wrong(report: export_check.Report) -> list[str]:
    return [one.name for one in report.checks if not one.holds]


def test_with_the_fingerprint_all_of_it_holds(desk: session.Desk, file: Path) -> None:
    """And the mark is that of the store's own log."""
    told = ":".join(_print(desk)[place : place + 2] for place in range(0, 64, 2)).upper()
    report = export_check.file(file, fingerprint=told)
    assert report.holds
    assert [one.name for one in report.checks] == list(export_check.NAMES)
    assert report.mark == log.marked(desk, report.marked).words
    assert export_check.file(file, entry=2).mark == log.marked(desk, 2).words
    assert export_check.file(file, entry=999).mark is None


def test_without_a_fingerprint_nobody_is_established(file: Path) -> None:
    """Everything else holds, and the file as a whole does not; with another one neither."""
    assert _wrong(export_check.file(file, cost=CHEAP)) == ["signer"]
    assert _wrong(export_check.file(file, fingerprint="0" * 64, cost=CHEAP)) == ["signer"]
    with pytest.raises(errors.UsageError, match="fingerprint-form"):
        export_check.file(file, fingerprint="5F:3A")
    with pytest.raises(errors.UsageError, match="export-missing"):
        export_check.file(file.with_name("other"))


def test_the_export_is_an_entry_and_ends_before_it(desk: session.Desk, file: Path) -> None:
    """The entry names the file's number and the last entry in it."""
    first = _lines(file)[0]
    newest = upkeep.log(desk, limit=1)[0]
    assert newest.act == "audit.exported"
    assert newest.codes == {"export": first["number"], "entries": first["entries"], "names": False}
    assert newest.seq == first["entries"] + 1
    assert upkeep.verify_log(desk).holds


def test_every_line_fits_the_schema(file: Path) -> None:
    """As published, and each body that of an entry."""
    for line in _lines(file):
        jsonschema.Draft202012Validator(schema.load("audit-export-v1")).validate(line)
        if "body" in line:
            schema.check(json.loads(line["body"]), "audit-entry-v1")


def test_nothing_a_person_has_typed_is_in_it(
    desk: session.Desk, ref: str, file: Path, tmp_path: Path
) -> None:
    """No words, no names, no reference; with names, the members' labels and nothing else."""
    text = file.read_text(encoding="utf-8")
    for secret in (*SECRETS, ref):
        assert secret not in text
    log.export_to(desk, tmp_path / "named.jsonl", names=True)
    named = (tmp_path / "named.jsonl").read_text(encoding="utf-8")
    assert "Cô An" in named
    for secret in (*SECRETS[:4], SECRETS[5], ref):
        assert secret not in named


def test_no_digest_in_it_confirms_a_guess(desk: session.Desk, held: opened.Opened, file: Path) -> None:
    """Knowing all of a row but four digits, none of 1,000 candidates is confirmed; with the salt one is."""
    text = file.read_text(encoding="utf-8")
    with held.reading() as read:
        row = next(one for one in read.exec(select(models.Note)) if "0900" in one.text)
        case = read.get(models.Case, row.case_id)
    assert case is not None
    guesses = [
        row.model_copy(update={"text": f"Đạt: 0900 000 {number:03}, mẹ em không biết"})
        for number in range(1000)
    ]
    known = (b"", bytes(32), bytes.fromhex(held.unlocked.store), held.unlocked.store.encode())
    assert not [one for one in guesses for salt in known if digests.of_row(salt, one) in text]
    assert not [one for one in guesses if canon.digest(one.text) in text]
    assert [one.text for one in guesses if digests.of_row(case.salt, one) in text] == [row.text]


def _another_body(lines: list[dict[str, Any]]) -> None:
    lines[2]["body"] = lines[2]["body"].replace('"act":"', '"act":"x')


def _rechained(lines: list[dict[str, Any]]) -> None:
    """By who has no private key: every hash is right again, the head too."""
    _another_body(lines)
    previous = bytes.fromhex(lines[1]["hash"])
    for line in lines[2:-1]:
        previous = chain.link(previous, line["seq"], line["body"].encode())
        line["hash"] = previous.hex()
    lines[0]["head"] = previous.hex()


def _entry_left_out(lines: list[dict[str, Any]]) -> None:
    del lines[2]


def _end_cut_off(lines: list[dict[str, Any]]) -> None:
    del lines[-2]


def _end_cut_off_and_said_so(lines: list[dict[str, Any]]) -> None:
    del lines[-2]
    lines[0] |= {"entries": lines[-2]["seq"], "head": lines[-2]["hash"]}


def _another_key(lines: list[dict[str, Any]]) -> None:
    lines[0]["people"][0]["ed25519"] = "0" * 64


def _another_signer(lines: list[dict[str, Any]]) -> None:
    lines[-1]["key"] = lines[0]["people"][0]["ed25519"]


def _another_name(lines: list[dict[str, Any]]) -> None:
    lines[2]["member"] = next(
        one["id"] for one in lines[0]["people"] if one["id"] != lines[2]["member"]
    )  # fmt: skip


def _no_seal(lines: list[dict[str, Any]]) -> None:
    del lines[-1]


def _two_seals(lines: list[dict[str, Any]]) -> None:
    lines.append(lines[-1])


def _more_in_a_line(lines: list[dict[str, Any]]) -> None:
    lines[2]["note"] = "x"


def _a_number_for_text(lines: list[dict[str, Any]]) -> None:
    lines[2]["seq"] = True


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (_another_body, {"chain"}),
        (_rechained, {"signatures", "seal", "signer"}),
        (_entry_left_out, {"chain", "head"}),
        (_end_cut_off, {"head"}),
        (_end_cut_off_and_said_so, {"seal", "signer"}),
        (_another_key, {"seal", "signer"}),
        (_another_signer, {"seal", "signer"}),
        (_another_name, {"signatures"}),
        (_no_seal, set(export_check.NAMES)),
        (_two_seals, set(export_check.NAMES)),
        (_more_in_a_line, set(export_check.NAMES)),
        (_a_number_for_text, set(export_check.NAMES)),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_was_changed_is_named(
    desk: session.Desk, file: Path, change: Callable[[list[dict[str, Any]]], None], wrong: set[str]
) -> None:
    """By the check that it breaks."""
    lines = _lines(file)
    change(lines)
    _write(file, lines)
    found = set(_wrong(export_check.file(file, fingerprint=_print(desk), cost=CHEAP)))
    assert wrong <= found
    assert found <= wrong | {"signatures"}


def test_an_entry_in_a_colleagues_name_is_named(desk: session.Desk, file: Path) -> None:
    """All of it linked, signed and sealed anew by who sits at the desk: the entry says that it is somebody else's."""
    lines = _lines(file)
    unlocked = desk.opened.unlocked
    last = lines[-2]
    last["body"] = last["body"].replace(unlocked.member_id, unlocked.recovery.id)
    linked = chain.link(bytes.fromhex(lines[-3]["hash"]), last["seq"], last["body"].encode())
    last |= {"hash": linked.hex(), "signature": unlocked.sign(chain.SIGNED + linked).hex()}
    lines[0]["head"] = linked.hex()
    with desk.opened.reading() as read:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(summaries.summary_key(desk, read))
    lines[-1]["signature"] = key.sign(export_check.SEALED + canon.dumps(lines[0])).hex()
    _write(file, lines)
    report = export_check.file(file, fingerprint=_print(desk), cost=CHEAP)
    assert _wrong(report) == ["signatures"]
    assert str(last["seq"]) in next(one.detail for one in report.checks if not one.holds)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}\n", b"[]\n", b"1.5\n", b"\xff\n", b'{"a":1,"a":1}\n', b"[" * 100_000 + b"\n"]
)
def test_what_is_no_export_does_not_hold(tmp_path: Path, data: bytes) -> None:
    """A finding, never a fault."""
    (tmp_path / "x").write_bytes(data)
    report = export_check.file(tmp_path / "x")
    assert (report.holds, report.number) == (False, None)


def test_no_byte_can_be_another(desk: session.Desk, file: Path) -> None:
    """Every third byte of the first and the last line, and every fortieth of the others, flipped: it does not hold."""
    good = file.read_bytes()
    told = _print(desk)
    assert export_check.file(file, fingerprint=told, cost=CHEAP).holds
    lines = good.splitlines(keepends=True)
    middle = range(len(lines[0]), len(good) - len(lines[-1]), 40)
    places = [*range(0, len(lines[0]), 3), *middle, *range(len(good) - len(lines[-1]), len(good), 3)]
    for place in places:
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert not export_check.file(file, fingerprint=told, cost=CHEAP).holds, place


def test_an_auditor_needs_no_store(file: Path, tmp_path: Path) -> None:
    """No database is loaded, no passphrase asked for; 1 without a fingerprint, and it says why."""
    call = (
        "import sys; from triage.cli import app; code = app.run(sys.argv[1:]);"
        "print(sorted({'sqlmodel', 'sqlalchemy', 'sqlcipher3'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", call, "--lang", "en", "--store", str(tmp_path / "none"), "audit", "check", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Not established" in done.stdout
    assert "Mark of entry" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_nothing_is_left_when_it_cannot_be_entered(
    desk: session.Desk, held: opened.Opened, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the file nor a part of it; what stands there already is not written over."""

    def refuse(*_args: object, **_more: object) -> None:
        raise errors.TryAgain("disk-full")

    (tmp_path / "out").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(held, "acting", refuse)
        with pytest.raises(errors.TryAgain, match="disk-full"):
            log.export_to(desk, tmp_path / "out" / "log.jsonl")
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "out" / "log.jsonl").write_bytes(b"hers")
    with pytest.raises(errors.Refused, match="file-exists"):
        log.export_to(desk, tmp_path / "out" / "log.jsonl")
    with pytest.raises(errors.Refused, match="inside-the-store"):
        log.export_to(desk, desk.folder / "log.jsonl")
    assert upkeep.log(desk, limit=1)[0].act == "case.noted"
