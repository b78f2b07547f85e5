"""What the invented school promises: nobody exists in it, nothing in it hurts, and its days follow today."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from triage import clock, errors
from triage.demo import school
from triage.response import level, playbook, rules
from triage.terms import Channel, CloseReason, Kind, Level

NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Vietnam."""
START = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
MOMENTS = [START + timedelta(days=9 * n, hours=(7 * n) % 24, minutes=(13 * n) % 60) for n in range(41)]
"""Over a year: every weekday, every part of the day and night, the first and last days of months."""
TEXTS = ("text", "result", "reason", "note", "what", "where", "holder")
FORBIDDEN = (
    "nạn nhân", "tình dục", "khỏa thân", "sex", "nude", "cởi", "lột", "hôn", "ngực", "cơ thể", "tự tử",
    "tự sát", "rạch", "cắt tay", "dao", "treo cổ", "uống thuốc", "thuốc ngủ", "nhảy lầu", "hung thủ", "hư hỏng",
    "dại", "ngu", "đáng đời", "tại sao em", "sao em lại",
)  # fmt: skip
OLD_SPELLING = re.compile(r"o[áàảãạ]\b|(?<!q)u[ýỳỷỹỵ]\b|o[éèẻẽẹ]\b")


def texts(case: school.DemoCase) -> Iterator[str]:
    """Everything a person wrote or said in a case."""
    yield case.words
    for act in case.acts:
        for name in TEXTS:
            if act.do == "close" and name == "reason":
                continue
            if isinstance(act.values.get(name), str):
                yield act.values[name]


def sentences(case: school.DemoCase) -> set[str]:
    """A case's sentences, folded."""
    parts = (part for text in texts(case) for part in re.split(r"[.!?…]+[»”\"]?(?:\s|$)|\n", text))
    folded = (
        " ".join(re.findall(r"[\w./:-]+", unicodedata.normalize("NFC", part).casefold())) for part in parts
    )
    return {sentence for sentence in folded if sentence}


def closed(case: school.DemoCase) -> bool:
    """Whether a case is closed at the end of what has happened."""
    ends = [act.do for act in case.acts if act.do in ("close", "reopen")]
    return bool(ends) and ends[-1] == "close"


def verdict(case: school.DemoCase) -> level.Verdict:
    """What the table says of a case at the end of what has happened (its first affected student)."""
    kinds, answers = list(case.kinds), dict(case.answers)
    for act in case.acts:
        if act.do == "kinds":
            kinds += [Kind(kind) for kind in act.values["kinds"]]
        if act.do == "answer" and act.values.get("person", "A") == "A":
            answers |= act.values.get("answers", {})
    known = playbook.circumstances()
    return level.for_case(kinds, {key: value for key, value in answers.items() if key not in known})


@pytest.fixture(scope="module")
def cases() -> tuple[school.DemoCase, ...]:
    """The cases of a Wednesday noon, when all of today has been told."""
    return school.load(NOON).cases


def test_the_school_says_that_it_is_invented() -> None:
    made = school.load(NOON)
    assert "(hư cấu)" in made.name
    assert (made.code, made.label) == ("79012345", "Cô An")


def test_no_two_cases_share_a_sentence(cases: tuple[school.DemoCase, ...]) -> None:
    seen = [(case.key, sentences(case)) for case in cases]
    for (one, first), (other, second) in itertools.combinations(seen, 2):
        assert not first & second, (one, other, first & second)


def test_no_two_cases_have_nearly_the_same_sentence(cases: tuple[school.DemoCase, ...]) -> None:
    seen = [
        (case.key, [set(one.split()) for one in sentences(case) if len(one.split()) >= 6]) for case in cases
    ]
    for (one, first), (other, second) in itertools.combinations(seen, 2):
        for left, right in itertools.product(first, second):
            assert len(left & right) < 0.7 * len(left | right), (one, other, left & right)


def test_every_kind_occurs_and_several_cases_have_two(cases: tuple[school.DemoCase, ...]) -> None:
    assert {kind for case in cases for kind in case.kinds} == set(Kind)
    assert sum(len(case.kinds) > 1 for case in cases) >= 4


def test_levels_are_few_critical_some_high_more_medium(cases: tuple[school.DemoCase, ...]) -> None:
    tally = Counter(verdict(case).level for case in cases)
    assert 1 <= tally[Level.CRITICAL] <= 5
    assert tally[Level.CRITICAL] < tally[Level.LOW]
    assert tally[Level.CRITICAL] < tally[Level.HIGH] < tally[Level.MEDIUM]
    assert any(verdict(case).provisional for case in cases)


def test_answers_are_those_of_the_table(cases: tuple[school.DemoCase, ...]) -> None:
    factors, facts = rules.load().factors, playbook.circumstances()
    for case in cases:
        given = [case.answers, *(act.values.get("answers", {}) for act in case.acts)]
        given += [act.values.get("circumstances", {}) for act in case.acts]
        for key, value in itertools.chain.from_iterable(one.items() for one in given):
            allowed = ("yes", "no", "unknown") if key in facts else (*factors[key].values, "declined")
            assert value in allowed, (case.key, key)


def test_every_way_of_reporting_that_matters_occurs(cases: tuple[school.DemoCase, ...]) -> None:
    told = {case.channel for case in cases}
    wanted = {Channel.IN_PERSON, Channel.FRIEND, Channel.PARENT, Channel.STAFF, Channel.NOTE, Channel.MESSAGE}
    assert wanted <= told
    assert any(act.values.get("part") == "affected" for case in cases for act in case.acts)


def test_addresses_and_numbers_lead_nowhere(cases: tuple[school.DemoCase, ...]) -> None:
    for case in cases:
        for text in itertools.chain(texts(case), (act.values.get("value", "") for act in case.acts)):
            for found in re.findall(r"[\w-]+(?:\.[\w-]+)+", text):
                assert re.search(r"\.example$", found), (case.key, found)
            for found in re.findall(r"\+?\d[\d .-]{6,}\d", text):
                assert re.fullmatch(r"0900 000 \d{3}", found), (case.key, found)
            assert "@" not in text


def test_no_word_in_it_shames_or_hurts(cases: tuple[school.DemoCase, ...]) -> None:
    for case in cases:
        for text in texts(case):
            for word in FORBIDDEN:
                assert not re.search(rf"\b{word}\b", text.casefold()), (case.key, word)


def test_vietnamese_is_composed_and_spelled_one_way(cases: tuple[school.DemoCase, ...]) -> None:
    for case in cases:
        for text in texts(case):
            assert text == unicodedata.normalize("NFC", text)
            assert not OLD_SPELLING.search(text.casefold()), (case.key, text)


def test_texts_fit_the_desk(cases: tuple[school.DemoCase, ...]) -> None:
    for case in cases:
        assert len(case.words) <= 2000
        assert all(len(text) <= 300 for text in list(texts(case))[1:]), case.key


@pytest.mark.parametrize("now", MOMENTS, ids=clock.text)
def test_at_any_hour_of_the_year_the_school_is_whole(now: datetime) -> None:
    """No act before its case, none in the future; and every state the demo shows is there."""
    cases = school.load(now).cases
    assert len(cases) >= 44
    for case in cases:
        times = [case.told, case.opened, *(act.at for act in case.acts), now]
        assert times == sorted(times), case.key
    today = now.astimezone(clock.VIETNAM).date()
    days = Counter(case.opened.date() for case in cases)
    assert days[today] == days[today - timedelta(days=1)] == 3
    assert min(days) >= today - timedelta(days=80)
    last_month = [
        day for day in days.elements() if _month(day) == _month(today.replace(day=1) - timedelta(1))
    ]
    assert len(last_month) >= 15
    _holds_every_state(cases)


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _holds_every_state(cases: tuple[school.DemoCase, ...]) -> None:
    acts = [act for case in cases for act in case.acts]
    done = Counter(act.do for act in acts)
    assert sum(closed(case) for case in cases) >= 8
    assert {act.values["reason"] for act in acts if act.do == "close"} == {
        reason.value for reason in CloseReason
    }
    assert done["reopen"] >= 2
    assert {act.values["state"] for act in acts if act.do == "link"} == {"accepted", "dismissed"}
    assert done["hold"] >= 1
    assert done["wait"] >= 5
    assert done["skip"] >= 5
    assert min(done["raise"], done["lower"], done["kinds"], done["evidence-reference"]) >= 1


def test_the_same_instant_gives_the_same_school() -> None:
    assert school.load(NOON) == school.load(NOON)


def test_nobody_walks_into_the_office_on_a_weekend() -> None:
    """Only what was told yesterday or today may fall on a day without school."""
    for days in range(7):
        now = NOON + timedelta(days=days)
        for case in school.load(now).cases:
            age = now.astimezone(clock.VIETNAM).date() - case.opened.date()
            if age > timedelta(days=1) and case.channel in (Channel.IN_PERSON, Channel.STAFF, Channel.NOTE):
                assert case.opened.weekday() < 5, case.key


def test_just_after_midnight_the_reports_of_today_have_been_told() -> None:
    midnight = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    for seconds in (0, 1, 59, 3600):
        now = midnight + timedelta(seconds=seconds)
        assert sum(case.opened.date() == date(2026, 11, 25) for case in school.load(now).cases) == 3


def _with(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    row = {
        "key": "c01", "opened": "-3d 09:00", "told": "-3d 08:50", "kinds": ["SCAM"], "channel": "message",
        "platform": "zalo", "delay": "same_day", "words": ["Dạ."], "answers": {},
    }  # fmt: skip
    monkeypatch.setattr(school, "_read", lambda path: [row | changed] if path.name == "money.toml" else [])


def test_an_act_before_its_case_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, act=[{"at": "-4d 09:00", "do": "rest"}])
    with pytest.raises(errors.CheckFailed, match="demo-out-of-order"):
        school.load(NOON)


def test_a_link_with_a_case_that_is_not_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, act=[{"at": "-2d 09:00", "do": "link", "other": "c99", "state": "accepted"}])
    with pytest.raises(errors.CheckFailed, match="demo-no-such-case"):
        school.load(NOON)


def test_an_act_the_desk_does_not_know_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (school._CASES / "money.toml").read_text(encoding="utf-8")
    (tmp_path / "money.toml").write_text(text.replace('do = "rest"', 'do = "forget"'), encoding="utf-8")
    monkeypatch.setattr(school, "_CASES", tmp_path)
    with pytest.raises(errors.UsageError, match="bad-document"):
        school.load(NOON)
