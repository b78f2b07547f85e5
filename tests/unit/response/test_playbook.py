"""Reading playbooks, and what the linter finds in them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.unit.response.board import COMMON, DATA, GROOM
from triage import errors
from triage.response import lint, playbook
from triage.terms import Kind, Level

GOOD = (
    (DATA / "small_groom.toml").read_text(encoding="utf-8").replace('"E1"', '"X21"').replace('"D1"', '"X13"')
)
"""The invented playbook, speaking of shipped common steps."""


def _problems(tmp_path: Path, text: str, name: str = "mine.toml") -> list[lint.Problem]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return list(lint.check(file))


def _changed(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def _line(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_playbook_is_read_whole() -> None:
    telling = next(step for step in COMMON.steps if step.id == "D1")
    assert telling.mandatory is Level.HIGH
    assert telling.irreversible
    assert telling.mark == "M"
    assert telling.verified_on == date(2025, 12, 24)
    assert COMMON.steps[0].verified_on == COMMON.verified_on == date(2026, 1, 5)
    assert COMMON.steps[0].text("vi") == "Ngồi cạnh em."
    assert COMMON.steps[0].due == {"else": "+5m"}
    assert COMMON.never == ("N01",)
    assert COMMON.never_list[0].en == "Never, for a test."
    assert COMMON.evidence_items[0].how_vi == "ghi lại"
    assert COMMON.questions[0].star
    assert GROOM.heard == {"vi": ("Một câu.",), "en": ("A line.",)}
    assert GROOM.status == "draft"
    assert GROOM.steps[2].repeat["HIGH"] == ("+24h", "+2d")


def test_the_text_that_a_case_keeps_gives_the_same_playbook() -> None:
    for book in (COMMON, GROOM, *playbook.all_shipped()):
        again = playbook.parse(book.text)
        assert again.text == book.text
        assert [step.id for step in again.steps] == [step.id for step in book.steps]
        assert [step.when.text for step in again.steps] == [step.when.text for step in book.steps]


def test_files_of_one_kind_are_one_playbook() -> None:
    """common.toml, common_later.toml and common_turn.toml."""
    common = playbook.shipped("COMMON")
    assert common is not None
    assert {"X01", "X24"} <= {step.id for step in common.steps}
    assert [len(part.steps) for part in playbook.parts(common)] == [
        len(playbook.load(playbook.FOLDER / f"{name}.toml").steps)
        for name in ("common", "common_later", "common_turn")
    ]


def test_the_common_steps_stand_first_and_a_kind_without_a_playbook_is_named() -> None:
    books = playbook.for_kinds([Kind.SEXTORT, Kind.BULLY, Kind.UNSURE, Kind.SEXTORT])
    assert [book.kind for book in books] == ["COMMON", "SEXTORT"]
    assert Kind.SEXTORT not in playbook.missing([Kind.SEXTORT, Kind.UNSURE])
    assert playbook.missing([Kind.UNSURE]) == ()
    assert set(playbook.versions()) == {book.kind for book in playbook.all_shipped()}


def test_reading_playbooks_loads_no_schema_library() -> None:
    code = (
        "import sys; from triage.response import checklist, playbook; playbook.all_shipped(); playbook.circumstances();"
        "assert not {'jsonschema', 'holidays'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "line"),
    [("format = 1\nkind = ", 2), ('format = 1\nkind = "GROOM"\n', 1), (GOOD.replace('"+15m"', '"soon"'), 1)],
)
def test_what_cannot_be_read_is_refused_with_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(errors.UsageError) as refused:
        playbook.load(file)
    assert refused.value.code == "bad-playbook"
    assert (refused.value.values["file"], refused.value.values["line"]) == ("broken.toml", line)
    assert lint.check(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError) as refused:
        playbook.load(tmp_path / "none.toml")
    assert refused.value.code == "bad-playbook"
    assert [problem.code for problem in lint.check(tmp_path / "none.toml")] == ["unreadable"]


def test_a_good_playbook_has_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "near", "allowed"),
    [
        ('en = "Call the right place."\n', "", "missing", 'id = "G1"', "en"),
        ('en = "Call the right place."', 'en = " "', "shape", "en = \" \"", ""),
        ('source = ["D"]', "source = []", "shape", "source = []", ""),
        ('source = ["D"]\n', "", "missing", 'id = "G1"', "source"),
        ('due = "+15m"', 'due = "15 minutes"', "shape", "15 minutes", ""),
        ('due = "+15m"', 'due = { HIGH = "+15m", T1 = "later" }', "shape", "later", ""),
        ('due = "+15m"', 'deu = "+15m"', "unknown-key", "deu", "due"),
        ('role = ["PR"]', 'role = ["XX"]', "shape", 'role = ["XX"]', "CO"),
        ('id = "G1"', 'id = "first"', "shape", 'id = "first"', ""),
        ("phase = 3", "phase = 8", "shape", "phase = 8", ""),
        ('kind = "GROOM"', 'kind = "OTHER"', "shape", 'kind = "OTHER"', "SEXTORT"),
        ('id = "G2"', 'id = "G1"', "duplicate", 'Call another place', ""),
        ('id = "G2"', 'id = "X13"', "duplicate", 'id = "X13"', ""),
        ('when = "fear = yes', 'when = "faer = yes', "unknown-factor", "faer", "fear"),
        ('when = "fear = yes', 'when = "fear = maybe', "unknown-value", "maybe", "yes"),
        ('when = "fear = yes', 'when = "fear yes', "bad-expression", "fear yes", ""),
        ('when = "fear = yes', 'when = "rule(C99)', "unknown-argument", "C99", "C1"),
        ('when = "fear = yes', 'when = "flag(T9)', "unknown-argument", "T9", "T1"),
        ('when = "fear = yes', 'when = "police(P11)', "unknown-argument", "P11", "P1"),
        ('when = "fear = yes', 'when = "kind(OTHER)', "unknown-argument", "OTHER", "SEXTORT"),
        ('when = "fear = yes', 'when = "done(Q1)', "unknown-argument", "Q1", "X13"),
        ('when = "fear = yes', 'when = "phone_here = yes', "unknown-factor", "phone_here", "phone_available"),
        ('replaces = ["G1"]', 'replaces = ["Q9"]', "unknown-step", "Q9", ""),
        ('replaces = ["X13"]', 'replaces = ["G2"]', "circle", 'replaces = ["G2"]', ""),
        ('hourly_until = "safe"', 'hourly_until = "calm"', "unknown-circumstance", "calm", "safe"),
        ('factor = "contact_ongoing"', 'factor = "weather"', "unknown-factor", "weather", "contact_ongoing"),
        ('never = ["N01"]', 'never = ["N99"]', "unknown-entry", "N99", "N01"),
        ('evidence = ["E01"]', 'evidence = ["E99"]', "unknown-entry", "E99", "E01"),
        ('vi = ["Một câu."]', 'vi = ["Một câu.", "Hai câu."]', "languages", "Hai câu", ""),
        ('role = ["PR"]', 'role = ["GU"]', "guardian", 'when = "extortion_active = yes"', ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, code: str, near: str, allowed: str
) -> None:
    text = _changed(old, new)
    found = [problem for problem in _problems(tmp_path, text) if problem.code == code]
    assert len(found) == (2 if code == "circle" else 1)
    assert allowed in found[0].allowed.split(", ") or not allowed
    lines = text.splitlines()
    at = found[0].line
    block = [number for number, line in enumerate(lines, 1) if line.startswith("[[") and number <= at]
    here = lines[max(block, default=1) - 1 : at + 14]
    assert any(near in line for line in here), (at, lines[at - 1])
    if near in new:
        assert near in lines[at - 1] or code == "duplicate", lines[at - 1]
    assert str(at) in str(found[0])
    assert found[0].as_json()["line"] == at


def test_a_step_with_a_guardian_asks_whether_that_is_safe(tmp_path: Path) -> None:
    """Corrections 7; a branch for grown students is asked of them."""
    for when in (
        "guardian_safe = yes and extortion_active = yes",
        "extortion_active = yes and aged(18_plus)",
    ):
        text = _changed('role = ["PR"]', 'role = ["GU"]').replace('"extortion_active = yes"', f'"{when}"', 1)
        assert _problems(tmp_path, text) == []


@pytest.mark.parametrize(
    "when",
    [
        "self_harm = none and self_harm = acute",
        "level = LOW and level >= HIGH",
        "not always",
        "not kind(GROOM)",
        "safe = yes and safe = no",
        "aged(under_13) and aged(18_plus)",
        "rule(C1) and level = HIGH",
        "rule(H1) and level = LOW",
        "done(G1)",
        "not rule(C3) and self_harm = acute",
        "self_harm = acute and level = HIGH",
        "kind(SEXTORT) and level = LOW",
        "police() and not police(P1, P2, P3, P4, P5, P6, P7, P8, P9, P10)",
    ],
)
def test_a_step_that_no_branch_reaches_is_found(tmp_path: Path, when: str) -> None:
    """product.md 4."""
    text = _changed('when = "extortion_active = yes"', f'when = "{when}"')
    found = _problems(tmp_path, text)
    assert [problem.code for problem in found] == ["unreachable"]
    assert found[0].line == _line(text, when)


def test_a_step_for_a_student_who_is_gone_is_not_for_one_in_the_room(tmp_path: Path) -> None:
    gone = _changed('when = "extortion_active = yes"', 'when = "student_now = not_reached"')
    assert _problems(tmp_path, gone) == []
    assert [
        one.code for one in _problems(tmp_path, gone.replace("irreversible", "present = true\nirreversible"))
    ] == ["unreachable"]
    assert _problems(tmp_path, gone.replace("irreversible", "present = false\nirreversible")) == []


def test_a_repeated_step_is_reached_only_at_levels_with_a_list(tmp_path: Path) -> None:
    text = GOOD.replace('when = "always"', 'when = "level = MEDIUM"')
    assert [one.code for one in _problems(tmp_path, text)] == ["unreachable"]


@pytest.mark.parametrize(
    "when",
    [
        "always",
        "rule(H1) and level = MEDIUM",
        "rule(C2) and not rule(C4) or done(X13)",
        "kind(SEXTORT) and level = MEDIUM",
        "police()",
        "not police() and level = LOW",
        "rule(C2) and whereabouts = known_safe",
        "level != CRITICAL and danger_now != yes",
    ],
)
def test_what_can_happen_is_not_called_unreachable(tmp_path: Path, when: str) -> None:
    """A level may be lowered by one step; of two students one may fire the rule and the other not (2.8)."""
    assert _problems(tmp_path, _changed('when = "extortion_active = yes"', f'when = "{when}"')) == []


def test_a_changed_copy_of_a_shipped_playbook_stands_in_its_place(tmp_path: Path) -> None:
    for name in ("common.toml", "common_later.toml", "sextort.toml"):
        text = (playbook.FOLDER / name).read_text(encoding="utf-8")
        assert _problems(tmp_path, text, f"copy-{name}") == []


def test_circumstances_are_about_steps_that_exist(tmp_path: Path) -> None:
    text = (playbook.FOLDER / "circumstances.toml").read_text(encoding="utf-8")
    assert _problems(tmp_path, text, "circumstances.toml") == []
    wrong = text.replace('about = ["X07"]', 'about = ["Q7"]')
    found = _problems(tmp_path, wrong, "circumstances.toml")
    assert [(one.code, one.line) for one in found] == [("unknown-step", _line(wrong, "Q7"))]


def test_several_problems_are_told_together_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = _changed('when = "fear = yes', 'when = "faer = yes').replace(
        'factor = "contact_ongoing"', 'factor = "w"'
    )
    found = _problems(tmp_path, text)
    assert [one.code for one in found] == ["unknown-factor", "unknown-factor"]
    assert found[0].line < found[1].line
