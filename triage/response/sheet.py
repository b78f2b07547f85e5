"""One student's answers held against the table: what fires, and what would have to change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from triage.response import expression, rules
from triage.terms import Kind, Level

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lower:
    """The smallest change of answers that would lower the level."""

    level: Level
    """The level it would give."""
    change: Mapping[str, str]
    """Factor to the value that would do it, in table order."""


class Sheet:
    """Answers, with what is left out filled in, under some kinds."""

    __slots__ = ("_counted", "_recorded", "kinds", "recorded", "table")

    def __init__(self, table: rules.Rules, kinds: Iterable[Kind], answers: Mapping[str, str]) -> None:
        """Fill in and count.

        Args:
            table: the decision table.
            kinds: the kinds; none stands for ``UNSURE``.
            answers: factor to value, checked; ``declined`` counts as ``unknown``, or as left out where
                the question does not know ``unknown``.
        """
        self.table = table
        given = set(kinds) or {Kind.UNSURE}
        self.kinds = tuple(kind for kind in Kind if kind in given)
        self.recorded = {**table.defaults, **answers}
        counted = self.recorded
        declined = [key for key, value in answers.items() if value == "declined"]
        if declined:
            counted = dict(self.recorded)
            for key in declined:
                known = "unknown" in table.factors[key].values
                counted[key] = "unknown" if known else table.defaults[key]
        alone = [frozenset({kind.value}) for kind in self.kinds]
        self._counted = tuple(expression.Facts(counted, kinds) for kinds in alone)
        self._recorded = tuple(expression.Facts(self.recorded, kinds) for kinds in alone)

    @property
    def counted(self) -> Mapping[str, str]:
        """Every factor with the value that counts."""
        return self._counted[0].values

    def open(self) -> tuple[str, ...]:
        """The must-ask questions that are unknown or declined, in table order."""
        asked = {*self.table.must_ask(self.kinds, self.recorded)}
        asked.update(self.table.document["must_ask"]["when_declined"])
        return tuple(key for key in self.recorded if key in asked and self.recorded[key] in _OPEN)

    def fired(self) -> tuple[rules.Rule, ...]:
        """The rules that fire under any of the kinds, in table order."""
        return tuple([rule for rule in self.table.rules if self._holds(rule)])

    def because(self, rule: rules.Rule) -> dict[str, str]:
        """The answers that make a rule fire."""
        found: dict[str, str] = {}
        for facts in self._holding(rule):
            found |= rule.when.support(facts)
        return found

    def aggravators(self) -> tuple[rules.Rule, ...]:
        """The aggravators that hold."""
        return tuple(row for row in self.table.aggravators if row.when.holds(self._counted[0]))

    def floor(self) -> Level | None:
        """The highest floor of the kinds."""
        floors = self.table.floors
        return max((floors[kind] for kind in self.kinds if kind in floors), default=None)

    def level(self) -> Level:
        """The level: rules, then floor, then at most one step for aggravators, never to CRITICAL."""
        return self.level_of(self.fired(), self.aggravators())

    def level_of(self, fired: Collection[rules.Rule], aggravators: Collection[rules.Rule]) -> Level:
        """The level from what is known to fire and hold."""
        found = max((rule.level or Level.LOW for rule in fired), default=Level.LOW)
        found = max(found, self.floor() or Level.LOW)
        return Level(found.value + 1) if aggravators and found < Level.HIGH else found

    def would_lower(self) -> Lower | None:
        """The fewest factors set to their first value that give a lower level, first in table order.

        Every set of changes that lowers must move one of the answers that together hold the level up
        (the witness), so only sets grown from witnesses are tried, smallest first.

        Source: semantics.md, Level.
        """
        now = self.level()
        if now is Level.LOW or (self.floor() or Level.LOW) >= now:
            return None
        first, fixed = self.table.first, self.table.fixed
        movable = [key for key in first if key not in fixed and self.recorded.get(key) != first[key]]
        order = {key: place for place, key in enumerate(movable)}
        sets: set[frozenset[str]] = {_NONE}
        while sets:
            grown: set[frozenset[str]] = set()
            lowering: list[list[int]] = []
            for chosen in sets:
                other = self._with({key: first[key] for key in chosen})
                witness = other._witness(now, order.keys() - chosen)
                if witness is None:
                    lowering.append(sorted(order[key] for key in chosen))
                else:
                    grown.update(chosen | {key} for key in witness)
            if lowering:
                change = {movable[place]: first[movable[place]] for place in min(lowering)}
                return Lower(self._with(change).level(), change)
            sets = grown
        return None

    def _with(self, change: Mapping[str, str]) -> Sheet:
        return Sheet(self.table, self.kinds, {**self.recorded, **change})

    def _witness(self, level: Level, movable: Collection[str]) -> frozenset[str] | None:
        """Movable factors of which one must change before the level falls below ``level``.

        None when it is below already; empty when nothing movable can bring it there.
        """
        reasons = [self._rule_witness(rule, movable) for rule in self._at_least(level)]
        one_less = Level(level.value - 1)
        helping = self.aggravators() if level <= Level.HIGH else ()
        if helping:
            added = min((row.when.witness(self._counted[0], movable) for row in helping), key=len)
            if one_less is Level.LOW or (self.floor() or Level.LOW) >= one_less:
                reasons.append(added)
            reasons.extend(self._rule_witness(rule, movable) | added for rule in self._at_least(one_less))
        return min(reasons, key=len, default=None)

    def _at_least(self, level: Level) -> list[rules.Rule]:
        return [rule for rule in self.fired() if (rule.level or Level.LOW) >= level]

    def _rule_witness(self, rule: rules.Rule, movable: Collection[str]) -> frozenset[str]:
        return min((rule.when.witness(facts, movable) for facts in self._holding(rule)), key=len)

    def _holds(self, rule: rules.Rule) -> bool:
        facts = self._recorded if rule.as_recorded else self._counted
        holds = rule.when.holds
        if not rule.by_kind:
            return holds(facts[0])
        for each in facts:  # noqa: SIM110 - run some million times by the tests; a generator doubles its cost
            if holds(each):
                return True
        return False

    def _holding(self, rule: rules.Rule) -> list[expression.Facts]:
        """The facts, kind by kind, under which a rule holds; one of them when it asks for no kind."""
        facts = self._recorded if rule.as_recorded else self._counted
        if not rule.by_kind:
            facts = facts[:1]
        return [each for each in facts if rule.when.holds(each)]


_OPEN = frozenset({"unknown", "declined"})
