"""The questions of a case in asking order, each with its words, its values and what was answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from triage import i18n
from triage.desk import assess, view
from triage.desk.session import Desk
from triage.response import level, playbook, rules
from triage.store.records import cases as case_rows


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one affected student, or about the case."""

    key: str
    """The factor or the circumstance that its answer fills."""
    words: Mapping[str, str]
    """As asked, by language."""
    help: Mapping[str, str]
    """What the person asking should know, by language; empty when nothing."""
    values: tuple[str, ...]
    """What may be answered, the safest first; ``declined`` last where that is possible."""
    labels: Mapping[str, Mapping[str, str]]
    """Value to its words by language."""
    answer: str | None
    """What was answered; None when nobody has."""
    must: bool
    """Whether it must be asked."""
    safety: bool
    """Whether it is asked before anyone says what it is about."""
    raises: bool = False
    """Whether nobody has answered it and an answer could raise the level."""

    def label(self, value: str) -> str:
        """A value in the language spoken now."""
        return self.labels[value][i18n.language()]


def of_case(desk: Desk, ref: str, person: str | None = None) -> list[Question]:
    """What to ask, first what everyone is asked, then what the case's kinds ask, then what decides steps.

    Args:
        desk: the desk.
        ref: the case.
        person: the affected student's letter; the first one's when left out.
    """
    with desk.opened.reading() as session:
        case = case_rows.find(session, ref)
        affected = [one for one in case_rows.people(session, case.id) if one.part == "affected"]
        one = next((one for one in affected if one.label == person), affected[0])
        answers = assess.recorded(session, one)
        facts = {key: row.value for key, row in case_rows.circumstances(session, case.id).items()}
        kinds = assess.kinds_of(session, case)
        books = assess.playbooks_of(session, case)
        wanted = assess.wanted_circumstances(session, case, desk.now())
    table = rules.load()
    circumstances = [row for key, row in playbook.circumstances().items() if key in wanted or key in facts]
    own = {question.factor: question for book in books for question in book.questions}
    everyone = table.must_ask((), {})
    must = {*table.must_ask(kinds, answers), *table.document["must_ask"]["when_declined"]}
    order = [*everyone, *table.document["must_ask"]["when_declined"]]
    order += [key for book in books for key in (question.factor for question in book.questions)]
    order += [key for key in table.factors if key in must]
    # What must be asked is never behind what may be left out.
    order = sorted(dict.fromkeys(order), key=lambda key: key not in must)
    raising = level.may_raise(
        kinds, answers, [key for key in order if answers.get(key, "unknown") == "unknown"]
    )
    asked = []
    for key in order:
        factor, answer = table.factors[key], answers.get(key)
        question = _factor(factor, table, own.get(key), answer, must=key in must, safety=key in everyone)
        asked.append(dataclasses.replace(question, raises=key in raising))
        asked += [_fact(row, facts.get(row.key), question) for row in circumstances if row.after == key]
    return asked + [_fact(row, facts.get(row.key)) for row in circumstances if not row.after]


def could_raise(asked: Iterable[Question], seen: view.CaseView) -> tuple[str, ...]:
    """What nobody has asked, need not be asked, and could raise the level of a case that is open."""
    if seen.line.status == "closed":
        return ()
    named = seen.verdict.unknown_must_ask
    return tuple(one.key for one in asked if one.raises and one.answer is None and one.key not in named)


def _factor(
    factor: rules.Factor,
    table: rules.Rules,
    own: playbook.Question | None,
    answer: str | None,
    *,
    must: bool,
    safety: bool,
) -> Question:
    declined = ["declined"] if table.declinable(factor.key) else []
    return Question(
        key=factor.key,
        words={"vi": own.vi if own else factor.question_vi, "en": own.en if own else factor.question_en},
        help={"vi": factor.help_vi, "en": factor.help_en},
        values=(*factor.values, *declined),
        labels={
            value: {"vi": factor.values_vi[value], "en": factor.values_en[value]}
            for value in (*factor.values, *declined)
        },
        answer=answer,
        must=must,
        safety=safety,
    )


def _fact(row: playbook.Circumstance, answer: str | None, behind: Question | None = None) -> Question:
    """A circumstance; it counts as what it stands behind."""
    return Question(
        key=row.key,
        words={"vi": row.vi, "en": row.en},
        help={"vi": "", "en": ""},
        values=("no", "unknown", "yes"),
        labels={
            value: {language: i18n.word("answer", value, language) for language in i18n.LANGUAGES}
            for value in ("no", "unknown", "yes")
        },
        answer=answer,
        must=behind is not None and behind.must,
        safety=behind is not None and behind.safety,
    )
