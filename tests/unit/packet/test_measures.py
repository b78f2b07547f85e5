"""What steps are called in the report, and the labels of the people in it."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.packet import sample
from triage import i18n, terms
from triage.packet import contents, measures, report, wording
from triage.response import playbook

STEPS = {step.id: step for book in playbook.all_shipped() for step in book.steps}
SCRIPT = re.compile(r"[:.?«»…]|\bcô\b|\bthầy\b")


@pytest.mark.parametrize("step", list(STEPS))
def test_every_step_has_a_short_name_that_is_no_script(step: str) -> None:
    """One line for the report; never the playbook's sentence to the counsellor."""
    kept = STEPS[step]
    vi, en = measures.name(step, ("", ""))
    assert 0 < len(vi) <= 80, vi
    assert 0 < len(en) <= 95, en
    assert not SCRIPT.search(vi), vi
    assert vi != kept.vi


def test_a_repeated_step_has_one_name_and_an_unknown_one_its_first_sentence() -> None:
    """A store may know steps that this program does not."""
    assert measures.name("X21.3", ("", "")) == measures.name("X21", ("", ""))
    assert measures.name("Q9", ("Gọi bà. Nói chậm.", "Call her. Speak slowly.")) == ("Gọi bà", "Call her")
    assert not measures.is_talk("Q9")


def test_no_name_and_no_talk_is_idle() -> None:
    """Talk is of phase 1 and tells nobody outside: a call is always listed."""
    table = measures._table()
    assert set(table["name"]) == set(STEPS)
    for step in table["talk"]:
        assert (STEPS[step].phase, STEPS[step].irreversible) == (1, False), step
    assert not measures.is_talk("Z5")


def test_only_talk_is_counted_in_the_report() -> None:
    """Without any, the report says nothing of it."""
    line = contents.TimelineLine(sample.NOW, "Trấn an em", "Reassure the student", "school", talk=True)
    said = json.dumps(report.described(contents.fitted(sample.case(done=(line, line)))), ensure_ascii=False)
    assert "Không nêu ở đây 2 việc" in said
    assert "Trấn an em" not in said
    assert "Không nêu ở đây" not in json.dumps(
        report.described(contents.fitted(sample.case())), ensure_ascii=False
    )


def test_the_safe_adult_has_the_words_of_the_screen() -> None:
    """The report calls the adult what the form that asked for them does; both languages."""
    label = wording.table()["label"]["guardian"]
    i18n.use("vi")
    assert label == {"vi": i18n.say("A safe adult"), "en": "A safe adult"}


def test_how_to_reach_a_person_is_no_contact_person() -> None:
    """For the student in the student's words, for anybody else in neutral ones; the school keeps its contact."""
    people = (
        contents.PersonLine("A", "affected", contact="qua cô An"),
        contents.PersonLine("B", terms.Part.WITNESS.value, contact="0900 000 044"),
    )
    words = wording.Wording(True)
    data = report.described(contents.fitted(sample.case(persons=people, language="en")))
    reporter, persons = (section["blocks"] for section in data["sections"][:2])
    rows = [row for block in persons for row in block.get("rows", ())]
    assert ["Cách liên lạc với em / How to reach the student", "qua cô An"] in rows
    assert ["Cách liên lạc / How to reach this person", "0900 000 044"] in rows
    assert words.label("contact") in [row[0] for block in reporter for row in block["rows"]]
