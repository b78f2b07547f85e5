"""The words and rows of the playbooks, held against the pages they were taken from."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.unit.response import words
from triage import schema
from triage.response import expression, lint, rules

PLAYBOOKS = Path(rules.__file__).parent / "playbooks"
FILES = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(PLAYBOOKS.glob("*.toml"))
}
KINDS = ("vkidnap", "sextort", "groom", "control", "scam")
OWN = ("common", "common_later", "common_turn", *KINDS)
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for name in OWN for step in FILES[name]["step"]}
NEVER = {row["id"] for row in FILES["common"]["never"]}
ITEMS = {row["id"] for row in FILES["common_later"]["evidence_item"]}
CIRCUMSTANCES = {row["key"]: row for row in FILES["circumstances"]["circumstance"]}
TABLE = rules.load()

# id: due, mandatory, roles; from playbooks 3.1, 4.1 to 4.5 as written there (a split row stands under each part).
ROWS: dict[str, tuple[Any, Any, str]] = {
    "X01": ("+5m", True, "CO"), "X02": ("+15m", True, "CO"), "X03": ("+15m", True, "CO"),
    "X04a": ("+15m", True, "CO PR"), "X04b": ("+15m", True, "CO PR"), "X04c": ("+15m", True, "CO PR"),
    "X05": ("+30m", True, "CO"), "X06": ("+30m", True, "CO"), "X07": ("+30m", True, "CO ST"),
    "X08": ({"T2": "+60m", "else": "+4h"}, True, "CO ST"), "X09": ("+4h", True, "CO"),
    "X10": ({"CRITICAL": "now", "HIGH": "+4h"}, True, "CO"),
    "X11": ({"CRITICAL": "+60m", "HIGH": "SD", "MEDIUM": "+48h"}, "HIGH", "CO"),
    "X12": ({"CRITICAL": "+60m", "HIGH": "+4h"}, True, "CO"),
    "X13": ({"CRITICAL": "+15m", "HIGH": "+4h"}, True, "PR CO"), "X14": ("+24h", True, "PR"),
    "X15": ("+24h", False, "ST CO"), "X15b": ("+60m", True, "ST CO"), "X16": ("+24h", False, "ST"),
    "X17": ("+60m", True, "CO"), "X18": ("SD", True, "CO GU"), "X19": ("SD", True, "CO NU"),
    "X19b": ("+72h", True, "CO NU"), "X20": ("+24h", False, "HT PR"), "X22": (None, True, "CO"),
    "X23": ("+7d", False, "CO"), "X24": (None, True, "CO PR"), "X25": ("+30d", True, "CO"),
    "Y1": ("now", True, "CO"), "Y2": ("+15m", True, "CO HT"), "Y3": ("+15m", True, "PR"), "Y4": ("+15m", True, "CO"),
    "Y5": ("+15m", False, "CO GU"), "Y6": ("+15m", True, "GU"), "Y7": ("+60m", True, "CO GU"),
    "Y8": ("+60m", True, "CO NU"), "Y9": ("+24h", True, "CO GU"), "Y10": ("+48h", False, "PR"),
    "Z1": ("+5m", True, "CO"), "Z2": ("+15m", True, "CO"), "Z3": ("+15m", True, "ST"), "Z4": ("+60m", True, "CO ST"),
    "Z5": ({"CRITICAL": "+15m", "HIGH": "+4h"}, True, "PR"), "Z6": ("+24h", False, "ST"), "Z7": ("+24h", True, "ST"),
    "Z8": ({"CRITICAL": "+60m", "else": "SD"}, True, "CO"), "Z9": ("+24h", True, "CO HT"), "Z10": ("+24h", True, "CO"),
    "G1": ("+15m", True, "CO PR"), "G2": ("+60m", True, "CO NU"), "G3": ("+4h", True, "CO ST"),
    "G4": ("+4h", True, "PR"), "G5": ("+4h", True, "CO PR"), "G6": ("+4h", True, "ST"), "G7": ("+72h", False, "CO"),
    "G8": ("+72h", False, "CO"), "K1": ("+15m", True, "CO"), "K2": ("+24h", True, "CO ST"), "K3": ("SD", True, "CO PR"),
    "K4": ("+72h", False, "CO"), "K5": ("+72h", False, "PR"), "K6": ("+7d", False, "CO"), "K7": ("SD", True, "CO"),
    "K8": ("+24h", True, "CO HT"), "L1": ("+15m", True, "ST CO"), "L2": ("+15m", True, "GU CO"),
    "L3": ({"T1": "+60m", "else": "+4h"}, True, "GU PR"), "L4": ("+4h", True, "ST"), "L5": ("+24h", False, "ST"),
    "L6": ("+4h", True, "ST GU"), "L7": ("SD", True, "CO"), "L8": ("+24h", True, "CO"),
}  # fmt: skip
# What a correction (or a time flag, 2.7) changed in a row: the step must name it among its sources.
CHANGED = {
    ("X02", "due"): "K7", ("X03", "due"): "K14", ("X04a", "due"): "K5", ("X04b", "due"): "K4", ("X06", "due"): "K7",
    ("X10", "due"): "K21", ("X12", "due"): "K10", ("X13", "due"): "2.7", ("X18", "role"): "K7", ("Y2", "due"): "K33",
    ("Y3", "due"): "K33", ("Y3", "role"): "K6", ("Y4", "due"): "K30", ("Y5", "role"): "K7", ("Y6", "role"): "K7",
    ("Y7", "role"): "K7", ("Y9", "role"): "K7", ("Z2", "due"): "K7", ("Z3", "due"): "2.7",
    ("Z5", "due"): "K10", ("Z5", "role"): "K6", ("Z7", "due"): "2.7", ("Z10", "due"): "D",
    ("G3", "due"): "2.7", ("G5", "due"): "K10", ("K2", "mandatory"): "D", ("K3", "due"): "K9", ("L1", "due"): "K30",
    ("L2", "role"): "K7", ("L3", "due"): "2.7", ("L3", "role"): "K6", ("L4", "due"): "2.7", ("L6", "due"): "2.7",
    ("L6", "role"): "K7", ("L7", "due"): "K7",
}  # fmt: skip
ADDED = {"XA1": "K4", "XA5": "K33", "Y1b": "K33", "X30": "K31", "X31": "K14", "K9": "K36", "X04d": "K4",
         "XA2": "K4", "XA3": "K4", "XA4": "K4",
          "X10b": "K6", "X11b": "K7", "X12b": "K10", "X12c": "K10",
         "X13b": "2.11", "X14b": "K6", "X26": "K23", "X27": "K40", "X28": "K7", "X29": "2.7", "X21": "D",
         "Y0": "K35", "Y6b": "K7", "Y10b": "K35", "G9": "K4", "L0": "K3", "L2b": "K7", "L2c": "K7", "L9": "2.7",
         "L10": "K34"}  # fmt: skip
TELLS = {
    "X04a", "X04d", "X04b", "X04c", "XA2", "XA5", "X10", "X10b", "X11", "X11b", "X12", "X12b", "X12c", "X13", "X13b",
    "X14", "X14b", "X26", "X28", "Y3", "Y4", "Y6", "Y6b", "Z5", "Z8", "G1", "G2", "G4", "G5", "G9", "K3", "K5", "L2b",
    "L2c", "L3", "L9",
}  # fmt: skip
# L2 is not among them: the student's own call to the student's own bank tells nobody (playbook-sources.md).
REPLACES = {
    "L2": "L0",
    "X04b": "X13 L3", "XA2": "X13 L3", "XA5": "XA2 Y3", "X04c": "X12 X12b X12c X13 G5 L3", "X12c": "X12b",
    "Y3": "X04b XA2 X13 X13b G1 L3", "Y4": "X11 X11b Z8", "Y7": "X08", "Z2": "X02", "Z4": "X08",
    "Z5": "X12 X12b X12c X13 X13b G5 L3", "Z7": "X15 X15b X16",
    "Z8": "X11", "Z10": "X21", "G1": "X04b X13 L3", "G3": "X08", "G4": "X26", "G5": "X12 X12b X12c X13 X13b L3",
    "G9": "X11 X11b Z8", "K3": "X12 X12b X12c X13 X13b G5 L3 Z5", "L1": "X29", "L2b": "X11 X11b Z8", "L3": "X13",
    "L4": "X08", "L5": "X15",
}  # fmt: skip


def _due(step: dict[str, Any]) -> Any:
    return step.get("due")


@pytest.mark.parametrize("key", sorted(STEPS))
def test_due_duty_and_role_are_the_pages_unless_a_correction_is_named(key: str) -> None:
    step = STEPS[key]
    if key in ADDED:
        assert ADDED[key] in step["source"]
        assert key not in ROWS
        return
    due, mandatory, roles = ROWS[key]
    said = {"due": (_due(step), due), "mandatory": (step["mandatory"], mandatory),
            "role": (set(step["role"]), set(roles.split()))}  # fmt: skip
    for what, (ours, theirs) in said.items():
        if (key, what) in CHANGED:
            assert ours != theirs, f"{key} {what}: nothing was changed"
            assert CHANGED[key, what] in step["source"]
        else:
            assert ours == theirs, (key, what)


def test_every_row_of_the_page_is_there() -> None:
    assert set(ROWS) | set(ADDED) == set(STEPS)


def test_check_ins_follow_the_clock_of_the_level_and_are_hourly_until_safe() -> None:
    """semantics.md, X21; SEXTORT keeps them and adds daily x3 at HIGH (Z10)."""
    repeat = STEPS["X21"]["repeat"]
    assert repeat["CRITICAL"] == ["+1d", "+2d", "+3d", "+7d", "+14d", "+30d"]
    assert (repeat["HIGH"], repeat["MEDIUM"], repeat["LOW"]) == (
        ["+24h", "+72h", "+7d", "+30d"],
        ["+7d", "+30d"],
        ["+14d"],
    )
    assert STEPS["X21"]["mandatory"] == "MEDIUM"
    assert STEPS["Z10"]["repeat"]["CRITICAL"] == repeat["CRITICAL"]
    assert STEPS["Z10"]["repeat"]["HIGH"][:3] == ["+24h", "+2d", "+3d"]
    assert STEPS["X21"]["hourly_until"] == STEPS["Z10"]["hourly_until"] == "safe"


def test_a_step_that_tells_somebody_outside_the_room_is_irreversible_and_no_other_is() -> None:
    """Corrections 5."""
    assert {key for key, step in STEPS.items() if step.get("irreversible")} == TELLS


def test_one_act_one_tick() -> None:
    """Corrections 11, with X04, X12 and X15 under the names of their parts."""
    assert {key: " ".join(step["replaces"]) for key, step in STEPS.items() if "replaces" in step} == REPLACES


def test_steps_for_a_student_in_the_room_and_for_one_who_is_not() -> None:
    """Corrections 4."""
    here = {key for key, step in STEPS.items() if step.get("present") is True}
    away = {key for key, step in STEPS.items() if step.get("present") is False}
    assert {"X01", "X02", "X03", "X07", "X08", "X17"} <= here
    assert here == {"X01", "X02", "X03", "X04a", "X04b", "X07", "X08", "X17", "Y1", "Z1", "Z2", "Z4", "G1", "G3",
                    "G7", "K1", "K2", "K4", "L7"}  # fmt: skip
    assert away == {"X04d", "XA1", "XA2", "XA3", "XA4", "Y1b", "Y2", "Y5", "G9"}


def test_a_call_within_the_hour_never_waits_for_the_principal_alone() -> None:
    """Corrections 6; what the principal alone does is due after hours."""
    for key in TELLS - {"X14", "X26", "G4", "K5"}:
        assert STEPS[key]["role"] != ["PR"], key
    for key in ("X10", "X14", "X26", "G4"):
        assert "staff_involved != yes_leader" in STEPS[key]["when"], key
    for key in ("X10b", "X14b"):
        assert "staff_involved = yes_leader" in STEPS[key]["when"], key
        assert "PR" not in STEPS[key]["role"]


def test_a_guardian_is_told_only_when_it_is_safe() -> None:
    """Corrections 7; of 18 and over only with consent."""
    for key in ("X11", "X11b", "Z8"):
        assert STEPS[key]["when"].startswith("done(X06) and guardian_safe = yes"), key
    assert "done(X06) and guardian_safe = yes" in STEPS["L2b"]["when"]
    assert "guardian_safe = yes and done(X11, Z8, L2b)" in STEPS["K5"]["when"]
    for key in ("Y0", "Y4", "Y6", "G9"):
        assert "guardian_safe != no" in STEPS[key]["when"], key
    for key, step in STEPS.items():
        assert "GU" not in step["role"] or "guardian_safe" in step["when"], key
    assert "đồng ý" in STEPS["X11b"]["vi"]
    for key in ("Y4", "G9", "L2b"):
        assert "đồng ý" in STEPS[key]["vi"], key
    for key in ("X11", "Z8"):
        assert "not aged(18_plus)" in STEPS[key]["when"], key


def test_calls_and_telling_stand_before_evidence() -> None:
    """Corrections 21: 113, stay, tell, capture."""
    place = {key: (step["phase"], step["order"]) for key, step in STEPS.items()}
    for call in ("X04a", "X04b", "XA2", "X04c", "Y3", "Y2", "G1", "G2", "K3"):
        assert place[call] < place["X01"], call
    assert place["X01"] < place["X03"] < place["X02"] < place["X06"]
    assert place["X01"] < place["Z1"] < place["X03"] < place["Z2"] < place["X06"]
    for told in ("X10", "X10b", "X12", "X13", "Y4", "Z5", "G5", "G9", "L2", "L2b", "L2c", "L3"):
        assert place["X06"] < place[told] < place["X07"], told


def test_conditions_name_only_what_there_is() -> None:
    known = {"rule": {rule.id for rule in TABLE.rules}, "flag": {rule.id for rule in TABLE.flags} | {"FOUND"},
             "police": {rule.id for rule in TABLE.police}, "done": set(STEPS),
             "kind": set(TABLE.document["must_ask"]["kind"]),
             "aged": set(TABLE.factors["age_band"].values), "declined": set(TABLE.factors)}  # fmt: skip
    used = set()
    for key, step in STEPS.items():
        when = expression.parse(step["when"])
        for name, value in when.pairs():
            values = (
                ("yes",) if name in CIRCUMSTANCES else TABLE.factors[name].values if name != "level" else ()
            )
            assert name == "level" or value in values, (key, name, value)
            if name in CIRCUMSTANCES:
                used.add((name, key))
        for function, arguments in when.calls():
            assert set(arguments) <= known[function], (key, function, arguments)
        if "hourly_until" in step:
            used.add((step["hourly_until"], key))
    assert used == {(key, step) for key, row in CIRCUMSTANCES.items() for step in row["about"]}


def test_a_circumstance_shows_a_mandatory_step_when_it_is_yes() -> None:
    """Unknown counts as yes for a mandatory step: the question must be asked that way round."""
    for key, row in CIRCUMSTANCES.items():
        assert row["vi"].endswith("không?"), key
        assert STEPS[row["about"][0]]["mandatory"], key


def test_must_ask_questions_have_a_star_and_no_other() -> None:
    """semantics.md, Level: the common ones, and those of the kind."""
    for name in ("common", *KINDS):
        kind = FILES[name]["kind"]
        starred = {row["factor"] for row in FILES[name]["question"] if row["star"]}
        asked = {row["factor"] for row in FILES[name]["question"]}
        must = set(TABLE.must_ask([] if kind == "COMMON" else [kind], {}))
        assert starred == must & asked, name
        if kind != "COMMON":
            assert must <= asked | {row["factor"] for row in FILES["common"]["question"]}, name


def test_every_step_names_its_sources_what_to_write_down_and_what_never_to_do() -> None:
    for key, step in STEPS.items():
        assert step["source"] and all(
            re.fullmatch(r"[SKV]\d+(\.\d+)?|2\.7|2\.11|D|M", mark) for mark in step["source"]
        ), key
        assert step["record"], key
        assert set(step["never"]) <= NEVER, key
        assert set(re.findall(r"E\d\d", step["record"]["en"])) <= ITEMS, key
        for line in (step["vi"], step["en"]):
            assert len(line) <= 320 or key == "Z6", (key, len(line))
    assert len(NEVER) == 22
    assert len(ITEMS) == 14
    for name in KINDS:
        assert set(FILES[name]["never"]) <= NEVER
        assert set(FILES[name]["evidence"]) <= ITEMS


@pytest.mark.parametrize("name", sorted(FILES))
def test_both_languages_are_there_and_each_is_itself(name: str) -> None:
    found = list(words.pairs(FILES[name]))
    assert found
    for where, vi, en in found:
        assert vi and en and vi != en, where
        assert words.foreign(vi) == [], where
        assert any(ord(letter) > 127 for letter in vi), where
        assert all(ord(letter) < 128 or letter in "«»–★·…→" for letter in en.replace("Ngày Mai", "")), (
            where,
            en,
        )


@pytest.mark.parametrize("name", sorted(FILES))
def test_one_spelling_and_no_word_that_labels_or_blames(name: str) -> None:
    """Corrections 36; playbooks part 5."""
    for where, vi, _en in words.pairs(FILES[name]):
        assert unicodedata.is_normalized("NFC", vi), where
        assert words.old_tone(vi) is None, (where, words.old_tone(vi))
        for word in words.FORBIDDEN:
            assert word not in vi.casefold(), (where, word)


def test_nothing_said_to_the_student_promises() -> None:
    """N04; corrections 13."""
    for key, step in STEPS.items():
        said = step.get("say", {}).get("vi", "")
        for promise in ("hứa", "chắc chắn", "bảo đảm", "đảm bảo", "sẽ không sao", "gỡ được", "giữ bí mật"):
            assert promise not in said, (key, promise)


def test_the_words_of_the_corrections_are_used() -> None:
    """Corrections 13, 14, 33, 35, 36: texts given word for word, «cô» for «cô/thầy»."""
    assert STEPS["X01"]["say"]["vi"] == "Em nói với cô là đúng rồi. Em không có lỗi."
    assert STEPS["X03"]["say"]["vi"].startswith("Trước khi em kể, cô nói rõ: chuyện của em được giữ kín.")
    assert STEPS["Y0"]["say"]["vi"] == "Con đang ở trường, an toàn. Đừng chuyển tiền."
    assert (
        "Công an thật không làm việc qua điện thoại. Em tắt máy, cô chịu trách nhiệm."
        in STEPS["Y1"]["say"]["vi"]
    )
    assert "Em sẽ nói chuyện tiếp ở công an phường gần nhất." in STEPS["Y5"]["say"]["vi"]
    assert STEPS["Z1"]["say"]["vi"].startswith("Em không có lỗi. Người dọa em mới là người làm sai.")
    assert "câu hỏi bí mật của gia đình" in STEPS["Y9"]["vi"]
    assert "Zalo, Telegram: báo cáo trong ứng dụng và nhờ công an yêu cầu gỡ" in STEPS["Z6"]["vi"]
    assert STEPS["K1"]["vi"].startswith(
        "Coi như điện thoại của em đang bị theo dõi: để máy ở phòng khác khi nói chuyện"
    )
    assert "30 ngày đầu: đề phòng người đó quấy rối, đe dọa nặng hơn" in STEPS["K8"]["vi"]
    assert "bật chế độ máy bay nếu đã cài ứng dụng lạ" in STEPS["L1"]["vi"]
    assert "một máy khác, không cài ứng dụng lạ" in STEPS["L6"]["vi"]
    assert "không vay chỗ khác để trả" in STEPS["L10"]["vi"]
    asked = {(name, row["factor"]): row["vi"] for name in KINDS for row in FILES[name]["question"]}
    assert (
        asked["groom", "sexual_element"]
        == "Người đó có nói chuyện tình dục với em, hay xin em gửi ảnh cơ thể không?"
    )
    assert asked["control", "fear"] == "Nếu em không làm theo, em sợ điều gì xảy ra?"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_files_have_their_shape_and_the_lint_finds_nothing(name: str) -> None:
    shape = "circumstances-v1" if name == "circumstances" else "playbook-v1"
    schema.check(json.loads(json.dumps(FILES[name], default=str)), shape)
    if name in OWN:
        assert lint.check(PLAYBOOKS / f"{name}.toml") == ()


def test_the_playbooks_say_that_they_are_drafts_with_a_date() -> None:
    for name in OWN:
        assert FILES[name]["status"] == "draft"
        written = "2026-11-27" if name == "common_turn" else "2026-11-23"
        assert FILES[name]["verified_on"].isoformat() == written
        assert (PLAYBOOKS / f"{name}.toml").read_text(encoding="utf-8").count("\n") < 400
