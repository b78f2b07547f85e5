"""Whether the condition of a step can ever hold: a step that no branch reaches is a mistake in a playbook.

What is found unreachable is so in every case. Not everything unreachable is found: rules, flags and
criteria are taken as free where their own questions are not among the condition's.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping

from triage.response import checklist, expression, playbook, rules
from triage.terms import Kind, Level

_MANY = 4_000
"""Combinations of answers up to which the questions of the rules are looked at too."""
_POLICE = "police"
_PLACE = frozenset({"student_now", "whereabouts"})


def is_reachable(step: playbook.Step) -> bool:
    """Whether there is a case in which the step is on the list.

    Args:
        step: a step whose condition names only what exists.
    """
    table = rules.load()
    names, closed = _names(step, table)
    values = _values(names, [step.when, *(row.when for row in closed)], table)
    sets = list(_sets(step, table))
    for chosen in itertools.product(*values.values()):
        answers = dict(zip(values, chosen, strict=True))
        if step.present is not None and step.present != checklist.in_the_room(
            answers["student_now"], answers["whereabouts"]
        ):
            continue
        if any(_holds(step, answers, facts, closed, table) for facts in sets):
            return True
    return False


def _holds(
    step: playbook.Step,
    answers: Mapping[str, str],
    facts: expression.Facts,
    closed: list[rules.Rule],
    table: rules.Rules,
) -> bool:
    seen = dataclasses.replace(facts, values=answers)
    fired = frozenset(row.id for row in closed if _fires(row, seen))
    called = {
        argument for function, arguments in step.when.calls() if function == "rule" for argument in arguments
    }
    if not fired & called <= seen.rules:
        return False
    lowest = _lowest(seen.rules | fired, seen.kinds, table)
    levels = [level for level in Level if level >= lowest and (not step.repeat or level.name in step.repeat)]
    return any(step.when.holds(dataclasses.replace(seen, level=level)) for level in levels)


def _fires(row: rules.Rule, facts: expression.Facts) -> bool:
    """The table is evaluated once per kind. Source: playbooks 2.8."""
    if not row.by_kind:
        return row.when.holds(facts)
    return any(row.when.holds(dataclasses.replace(facts, kinds=frozenset({kind}))) for kind in facts.kinds)


def _lowest(fired: frozenset[str], kinds: frozenset[str], table: rules.Rules) -> Level:
    """The lowest level a case with these rules can have: a person lowers by one step, never with a C-rule.

    Source: playbooks 2.8.
    """
    levels = [row.level for row in table.rules if row.id in fired and row.level is not None]
    if Level.CRITICAL in levels:
        return Level.CRITICAL
    levels += [table.floors[kind] for kind in kinds if kind in table.floors]
    found = max(levels, default=Level.LOW)
    return Level(max(found.value - 1, Level.LOW.value))


def _names(step: playbook.Step, table: rules.Rules) -> tuple[frozenset[str], list[rules.Rule]]:
    """The questions to go through, and the rules that these decide."""
    names = step.when.names() - {"level"}
    if step.present is not None:
        names |= _PLACE
    called = {
        argument for function, arguments in step.when.calls() if function == "rule" for argument in arguments
    }
    plain = [
        row
        for row in table.rules
        if not row.as_recorded and {function for function, _ in row.when.calls()} <= {"aged", "kind"}
    ]
    near = [row for row in plain if row.id in called]
    near += [row for row in plain if row.id not in called and row.when.names() & step.when.names()]
    for row in near:
        wider = names | row.when.names()
        whens = [step.when, *(one.when for one in plain if one.when.names() <= wider)]
        if math.prod(len(found) for found in _values(wider, whens, table).values()) <= _MANY:
            names = wider
    return names, [row for row in plain if row.when.names() <= names]


def _values(
    names: frozenset[str], whens: list[expression.Expression], table: rules.Rules
) -> dict[str, tuple[str, ...]]:
    """The values that make a difference: those a condition names, and one other."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        domain = table.factors[name].values if name in table.factors else ("yes", "no")
        if name in _PLACE:
            found[name] = domain
            continue
        named = {value for when in whens for key, value in when.pairs() if key == name}
        other = next((value for value in domain if value not in named), None)
        found[name] = tuple(value for value in domain if value in named or value == other)
    return found


def _sets(step: playbook.Step, table: rules.Rules) -> Iterator[expression.Facts]:
    """What may have fired, hold or be done, as far as the condition can tell it apart."""
    calls = step.when.calls()
    own = frozenset() if step.kind == playbook.COMMON else frozenset({step.kind})
    choices = {
        name: list(_choices(name, calls, table))
        for name in ("kind", "rule", "flag", _POLICE, "done", "declined")
    }
    for kinds, fired, flags, police, done, declined in itertools.product(*choices.values()):
        yield expression.Facts(
            values={},
            kinds=kinds | own,
            rules=fired,
            flags=flags,
            police=police,
            done=done - {step.id},
            declined=declined,
        )


def _choices(
    name: str, calls: frozenset[tuple[str, tuple[str, ...]]], table: rules.Rules
) -> Iterator[frozenset[str]]:
    everything = tuple(row.id for row in table.police)
    groups = sorted({arguments or everything for function, arguments in calls if function == name})
    for true in itertools.product((False, True), repeat=len(groups)):
        yes = {one for group, wanted in zip(groups, true, strict=True) if wanted for one in group}
        no = {one for group, wanted in zip(groups, true, strict=True) if not wanted for one in group}
        yield frozenset(yes - no)


def known_calls(steps: frozenset[str]) -> dict[str, frozenset[str]]:
    """The arguments that each function of a condition may have.

    Args:
        steps: ids of the steps there are.
    """
    table = rules.load()
    return {
        "kind": frozenset(kind.value for kind in Kind),
        "rule": frozenset(row.id for row in table.rules),
        "flag": frozenset(row.id for row in table.flags) | {checklist.FOUND},
        "police": frozenset(row.id for row in table.police),
        "done": steps,
        "declined": frozenset(table.factors),
        "aged": frozenset(table.factors["age_band"].values),
    }
