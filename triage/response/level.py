"""How serious, and why: the table evaluated once per kind, the highest level taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage import errors
from triage.response import expression, rules, sheet
from triage.terms import Kind, Level


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired."""

    id: str
    """Its name in the table."""
    level: Level
    """The level it gives."""
    because: Mapping[str, str]
    """The answers that made it fire."""
    assumed: frozenset[str] = frozenset()
    """Those among them that nobody has given: what the table counts instead."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the table says."""

    level: Level
    """The level, after floor and aggravators."""
    rules: tuple[Fired, ...]
    """Every rule that fired for any of the kinds, each once, in table order."""
    time_flags: tuple[str, ...]
    """What pulls steps forward: T0-T5."""
    floor: Level | None
    """The highest floor of the kinds, whether or not it decided."""
    aggravators: tuple[str, ...]
    """Every aggravator that holds, also without effect."""
    police: tuple[str, ...]
    """The police criteria that hold."""
    unknown_must_ask: tuple[str, ...]
    """Must-ask questions that are unknown or declined, in table order."""
    would_lower: sheet.Lower | None
    """The smallest change of answers that would lower the level."""
    left_out: tuple[str, ...] = ()
    """Must-ask questions that nobody answered and that were counted as safest (`evaluate` only)."""

    @property
    def provisional(self) -> bool:
        """Whether a must-ask question is open."""
        return bool(self.unknown_must_ask)

    def as_json(self) -> dict[str, Any]:
        """The document that ``triage level --json`` prints."""
        lower = self.would_lower
        return {
            "level": self.level.name,
            "provisional": self.provisional,
            "rules": [
                {"id": fired.id, "level": fired.level.name, "because": dict(fired.because)}
                for fired in self.rules
            ],
            "time_flags": list(self.time_flags),
            "floor": None if self.floor is None else self.floor.name,
            "aggravators": list(self.aggravators),
            "police": list(self.police),
            "unknown_must_ask": list(self.unknown_must_ask),
            "would_lower": lower and {"level": lower.level.name, "change": dict(lower.change)},
        }


def evaluate(kinds: Iterable[Kind], answers: Mapping[str, str], *, counterfactual: bool = True) -> Verdict:
    """What the table says when left-out factors count as safest.

    Args:
        kinds: the kinds; none stands for ``UNSURE``.
        answers: factor to value.
        counterfactual: False leaves ``would_lower`` empty, which is several times faster.

    Raises:
        errors.UsageError: ``unknown-factor``, ``unknown-value``.

    Source: playbooks 2.3-2.8, 2.11; semantics.md, Level.
    """
    kinds = tuple(kinds)
    table, given = rules.load(), check_answers(answers)
    verdict = _verdict(sheet.Sheet(table, kinds, given), given, counterfactual)
    left_out = tuple(key for key in table.must_ask(kinds, given) if key not in given)
    return dataclasses.replace(verdict, left_out=left_out)


def for_case(kinds: Iterable[Kind], answers: Mapping[str, str], *, counterfactual: bool = True) -> Verdict:
    """What the table says in a case, where a must-ask question that nobody has answered is unknown.

    Args:
        kinds: the kinds; none stands for ``UNSURE``.
        answers: factor to value, as recorded.
        counterfactual: False leaves ``would_lower`` empty, which is several times faster.

    Raises:
        errors.UsageError: ``unknown-factor``, ``unknown-value``.
    """
    kinds = tuple(kinds)
    given = check_answers(answers)
    unasked = dict.fromkeys(rules.load().must_ask(kinds, given), "unknown")
    return _verdict(sheet.Sheet(rules.load(), kinds, {**unasked, **given}), given, counterfactual)


def check_answers(answers: Mapping[str, object]) -> dict[str, str]:
    """Answers with known factors and values, in the table's spelling.

    Raises:
        errors.UsageError: ``unknown-factor``, ``unknown-value``, naming what is allowed.
    """
    table = rules.load()
    checked: dict[str, str] = {}
    for name, value in answers.items():
        factor = table.factors.get(name)
        if factor is None:
            raise errors.UsageError("unknown-factor", name=name, allowed=", ".join(table.factors))
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word not in factor.values and not (word == "declined" and table.declinable(name)):
            declined = ("declined",) if table.declinable(name) else ()
            allowed = ", ".join((*factor.values, *declined))
            raise errors.UsageError("unknown-value", name=name, value=value, allowed=allowed)
        checked[name] = word
    return checked


def highest(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of a case from those of its affected students.

    The highest level, and everything that any of them has; a rule that fires for several shows the
    answers of the one with the highest level. It would be lowered by a change of one student's answers
    only while the others' levels are lower.

    Args:
        verdicts: one per student, at least one.
    """
    ordered = sorted(verdicts, key=lambda verdict: verdict.level, reverse=True)
    table = rules.load()
    fired = {one.id: one for verdict in reversed(ordered) for one in verdict.rules}

    def together(field: str, order: Iterable[str]) -> tuple[str, ...]:
        found = {name for verdict in verdicts for name in getattr(verdict, field)}
        return tuple(name for name in order if name in found)

    return Verdict(
        level=ordered[0].level,
        rules=tuple(fired[rule.id] for rule in table.rules if rule.id in fired),
        time_flags=together("time_flags", (row.id for row in table.flags)),
        floor=max((verdict.floor for verdict in verdicts if verdict.floor), default=None),
        aggravators=together("aggravators", (row.id for row in table.aggravators)),
        police=together("police", (row.id for row in table.police)),
        unknown_must_ask=together("unknown_must_ask", table.factors),
        would_lower=_lower_together(ordered),
        left_out=together("left_out", table.factors),
    )


def at(verdict: Verdict, decided: Level) -> Verdict:
    """The verdict with the level that a person has decided on; what fired stays."""
    return dataclasses.replace(verdict, level=decided)


def explain(verdict: Verdict, language: str, *, away: str = "") -> list[str]:
    """The verdict in sentences: level and clock, its reasons, other reasons, open questions, what would lower it.

    Never a number or a percentage of risk.

    Args:
        verdict: what the table says.
        language: ``vi`` or ``en``.
        away: as in ``brief``.

    Source: playbooks 2.9.
    """
    spoken = _Words(language, away)
    lines = [spoken.level(verdict), *spoken.deciding(verdict)]
    lines += [spoken.rule("also", fired) for fired in verdict.rules if fired.level < verdict.level]
    if verdict.unknown_must_ask and verdict.level is not Level.LOW:
        lines.append(spoken.say("open", open=spoken.questions(verdict.unknown_must_ask)))
    if verdict.would_lower is not None:
        lower = verdict.would_lower
        lines.append(
            spoken.say("lower", level=spoken.say(lower.level.name), answers=spoken.answers(lower.change))
        )
    return lines


def brief(verdict: Verdict, language: str, *, away: str = "", unsure: bool = False) -> list[str]:
    """The verdict in short lines for a screen: its clock, each reason without the answers, open questions.

    Args:
        verdict: what the table says.
        language: ``vi`` or ``en``.
        away: the student is not here and cannot be stayed with: what to do instead at CRITICAL, ``away_clock``
            (search and call), ``far_clock`` (the place is known), ``ask_clock`` (nothing is known yet).
        unsure: nobody has said yet what it is about.
    """
    spoken = _Words(language, away)
    by_id = {row.id: row for row in spoken.table.rules}
    provisional = {key for key, row in by_id.items() if row.as_recorded}
    fired = sorted(
        (one for one in verdict.rules if one.id not in provisional), key=lambda one: -one.level.value
    )
    clock = spoken.clock(verdict.level)
    # A low level is never said without what it rests on. Source: corrections 3.
    low = verdict.level is Level.LOW
    lines = [spoken.level(verdict) if low else spoken.say("brief_clock", clock=clock)]
    lines += [
        # Through a question without an answer it fires for safety's sake; that is not said as if it had been told.
        spoken.say(
            "unanswered" if _OPEN & {*one.because.values()} else "plain", why=spoken.why(by_id[one.id])
        )
        for one in fired
    ]
    if not fired:
        lines += spoken.deciding(verdict)
    open_ = [spoken.say("kind")] if unsure else []
    open_ += [spoken.first(verdict.unknown_must_ask)] if verdict.unknown_must_ask and not low else []
    if open_:
        # Before the reasons: where there is little room, what is still to be asked is not what goes.
        lines.insert(1, spoken.say("open", open="; ".join(open_)))
    return lines


def may_raise(kinds: Iterable[Kind], answers: Mapping[str, str], factors: Iterable[str]) -> tuple[str, ...]:
    """Which of some questions have an answer that would raise the level of a case.

    Args:
        kinds: the kinds.
        answers: factor to value, as recorded.
        factors: the questions to look at, none of them answered.
    """
    kinds, table = tuple(kinds), rules.load()
    now = for_case(kinds, answers, counterfactual=False).level

    def raises(key: str) -> bool:
        # The most serious value stands last: most questions are decided by the first look.
        values = reversed(table.factors[key].values)
        return any(
            for_case(kinds, {**answers, key: value}, counterfactual=False).level > now for value in values
        )

    return tuple(key for key in factors if now is not Level.CRITICAL and raises(key))


def names(factors: Iterable[str], language: str) -> str:
    """Questions by their names: «Tuổi; Ảnh, clip riêng tư»."""
    return _Words(language).questions(factors)


def clashes(answers: Mapping[str, str], language: str) -> list[str]:
    """Which recorded answers cannot both be right, in words; what nobody has answered clashes with nothing."""
    facts = expression.Facts(values=answers)
    return [
        row.why_vi if language == "vi" else row.why_en
        for row in rules.load().clashes
        if row.when.names() <= answers.keys() and row.when.holds(facts)
    ]


def reasons(verdict: Verdict, former: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """Why the level is what it is, and what else was told that counts, each in Vietnamese and in English.

    Of what gives no level of its own only what somebody has said is there, not what nobody has answered.

    Args:
        verdict: what the table says.
        former: questions whose answer dates from before the student was found: it is said with the reason.
    """
    vi, en = (_Words(language, former=former) for language in ("vi", "en"))
    recorded = {row.id for row in vi.table.rules if row.as_recorded}
    told = [
        one
        for one in verdict.rules
        if one.level < verdict.level and one.id not in recorded and not _OPEN & {*one.because.values()}
    ]
    also = ((vi.rule("also", one), en.rule("also", one)) for one in told)
    return (*zip(vi.deciding(verdict), en.deciding(verdict), strict=True), *also)


_OPEN = frozenset({"unknown", "declined"})
_NAMED = 4
"""Open questions named beside a level where there is little room."""


class _Words:
    """Sentences of the explanation in one language."""

    def __init__(self, language: str, away: str = "", former: Collection[str] = ()) -> None:
        self.table, self.away, self.former = rules.load(), away, former
        self.place = ("vi", "en").index(language)

    def say(self, name: str, /, **values: str) -> str:
        said = self.table.words[name][self.place].format(**values)
        return said[:1].upper() + said[1:]

    def clock(self, level: Level) -> str:
        name = self.away if self.away and level is Level.CRITICAL else f"{level}.clock"
        return self.table.words[name][self.place]

    def level(self, verdict: Verdict) -> str:
        name, clock = self.say(verdict.level.name), self.clock(verdict.level)
        if verdict.level is Level.LOW:
            unasked = self.questions((*verdict.unknown_must_ask, *verdict.left_out))
            return self.say("low_open" if unasked else "low", level=name, open=unasked, clock=clock)
        return self.say("provisional" if verdict.provisional else "level", level=name, clock=clock)

    def deciding(self, verdict: Verdict) -> list[str]:
        """The rules of the level; where none gives it, the floor, or what raised it by a step."""
        found = [self.rule("reason", fired) for fired in verdict.rules if fired.level >= verdict.level]
        floor = verdict.floor or Level.LOW
        if not found and floor >= verdict.level > Level.LOW:
            found.append(self.say("plain", why=self.say("floor", level=self.say(floor.name))))
        elif not found and verdict.level <= Level.HIGH:
            raising = [row for row in self.table.aggravators if row.id in verdict.aggravators]
            found += [self.say("plain", why=self.say("raised", why=self.why(row))) for row in raising]
        return found

    def rule(self, name: str, fired: Fired) -> str:
        (row,) = (row for row in self.table.rules if row.id == fired.id)
        line = self.say(name, why=self.why(row), answers=self.answers(fired.because, fired.assumed))
        stale = any(key in fired.because for key in self.former)
        return self.say("before_found", line=line) if stale else line

    def why(self, row: rules.Rule) -> str:
        return (row.why_vi, row.why_en)[self.place]

    def answers(self, answers: Mapping[str, str], assumed: Collection[str] = ()) -> str:
        said = []
        for key, value in answers.items():
            factor = self.table.factors[key]
            label = (factor.values_vi, factor.values_en)[self.place][value]
            # In a packet it would be read as told by the student.
            label = self.table.words["unasked"][self.place] if key in assumed else label
            said.append(f"{(factor.name_vi, factor.name_en)[self.place]}: {label}")
        return "; ".join(said)

    def first(self, factors: Sequence[str]) -> str:
        """The first questions by name, and how many more: the reasons of the level need room too."""
        named, more = self.questions(factors[:_NAMED]), len(factors) - _NAMED
        return self.say("and_more", names=named, n=str(more)) if more > 0 else named

    def questions(self, keys: Iterable[str]) -> str:
        factors = [self.table.factors[key] for key in keys]
        return "; ".join((factor.name_vi, factor.name_en)[self.place] for factor in factors)


def _fired(rule: rules.Rule, because: Mapping[str, str], given: Mapping[str, str]) -> Fired:
    return Fired(rule.id, rule.level or Level.LOW, because, frozenset(because.keys() - given.keys()))


def _lower_together(ordered: Sequence[Verdict]) -> sheet.Lower | None:
    top = ordered[0].would_lower
    if top is None or len(ordered) == 1:
        return top
    if ordered[1].level == ordered[0].level:
        return None
    return sheet.Lower(max(top.level, ordered[1].level), top.change)


def _verdict(answered: sheet.Sheet, given: Mapping[str, str], counterfactual: bool) -> Verdict:
    table, fired, aggravators = answered.table, answered.fired(), answered.aggravators()
    everything = expression.Facts(
        values=answered.counted,
        kinds=frozenset(kind.value for kind in answered.kinds),
        rules=frozenset(rule.id for rule in fired),
    )
    flags = tuple(row.id for row in table.flags if row.when.holds(everything))
    everything = dataclasses.replace(everything, flags=frozenset(flags))
    return Verdict(
        level=answered.level_of(fired, aggravators),
        rules=tuple(_fired(rule, answered.because(rule), given) for rule in fired),
        time_flags=flags,
        floor=answered.floor(),
        aggravators=tuple(row.id for row in aggravators),
        police=tuple(row.id for row in table.police if row.when.holds(everything)),
        unknown_must_ask=answered.open(),
        would_lower=answered.would_lower() if counterfactual else None,
    )
