"""Conditions written in the data files: parsed once, held against the facts of a case.

    expression = all ("or" all)*
    all        = term ("and" term)*
    term       = "not" term | "(" expression ")" | atom
    atom       = NAME "=" VALUE | NAME "!=" VALUE | NAME "in" "(" VALUE ("," VALUE)* ")"
               | "level" ">=" LEVEL | FUNCTION "(" [ARGUMENT ("," ARGUMENT)*] ")" | "always"

A name is a factor, a circumstance or ``level``. Functions: ``kind``, ``rule``, ``flag``, ``police``,
``done``, ``declined`` (any of the arguments; ``police()`` is any criterion) and ``aged`` (the age band is
one of the arguments).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from triage import errors, terms

_NONE: frozenset[str] = frozenset()
_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z0-9_+.]+)|(?P<sign>>=|!=|[=(),]))")
_RESERVED = frozenset({"and", "or", "not", "in", "always"})
_FUNCTIONS = {
    "kind": "kinds", "rule": "rules", "flag": "flags", "police": "police", "done": "done", "declined": "declined",
}  # fmt: skip
_LEVELS = frozenset(level.name for level in terms.Level)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Facts:
    """What a condition is held against."""

    values: Mapping[str, str]
    """Every factor and circumstance with its value; left-out ones already filled in."""
    kinds: frozenset[str] = _NONE
    """The kinds of the case."""
    level: terms.Level | None = None
    """The level found, once there is one."""
    rules: frozenset[str] = _NONE
    """Ids of the rules that fired."""
    flags: frozenset[str] = _NONE
    """Ids of the time flags that hold."""
    police: frozenset[str] = _NONE
    """Ids of the police criteria that hold."""
    done: frozenset[str] = _NONE
    """Ids of the steps that are done."""
    declined: frozenset[str] = _NONE
    """The questions that the student would rather not answer; their value is ``unknown``."""


Test: TypeAlias = Callable[[Facts], bool]


class Node(Protocol):
    """A part of a condition. ``want`` is the truth value it has been found to have."""

    def test(self) -> Test:
        """A function that says whether the part holds."""
        ...

    def reasons(self, facts: Facts, want: bool) -> dict[str, str]:
        """Every factor of the branches that gave the part its truth value."""
        ...

    def witness(self, facts: Facts, want: bool, movable: Collection[str]) -> frozenset[str]:
        """The movable names of one smallest branch that alone gives the part its truth value."""
        ...

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Every name with each value it is compared to."""
        ...

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """Every function called, with its arguments."""
        ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OneOf:
    """A name has one of some values."""

    name: str
    """The factor, circumstance or ``level``."""
    values: frozenset[str]
    """The values that make it true."""
    asked_as: tuple[str, tuple[str, ...]] | None = None
    """The function it was written as: ``aged`` with its arguments."""

    def test(self) -> Test:
        """See `Node`."""
        name, values = self.name, self.values
        if name == "level":
            return lambda facts: facts.level is not None and facts.level.name in values
        if len(values) == 1:
            (value,) = values
            return lambda facts: facts.values[name] == value
        return lambda facts: facts.values[name] in values

    def reasons(self, facts: Facts, want: bool) -> dict[str, str]:
        """See `Node`."""
        return {} if self.name == "level" else {self.name: facts.values[self.name]}

    def witness(self, facts: Facts, want: bool, movable: Collection[str]) -> frozenset[str]:
        """See `Node`."""
        return frozenset({self.name}) if self.name in movable else _NONE

    def pairs(self) -> frozenset[tuple[str, str]]:
        """See `Node`."""
        return frozenset((self.name, value) for value in self.values)

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """See `Node`."""
        return frozenset() if self.asked_as is None else frozenset({self.asked_as})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Among:
    """A function: any of its arguments is among the case's kinds, rules, flags, criteria, steps or questions."""

    function: str
    """``kind``, ``rule``, ``flag``, ``police``, ``done`` or ``declined``."""
    arguments: tuple[str, ...]
    """What is looked for; empty only for ``police``: any criterion."""

    def test(self) -> Test:
        """See `Node`."""
        if not self.arguments:
            return lambda facts: bool(facts.police)
        wanted, field = frozenset(self.arguments), _FUNCTIONS[self.function]
        return lambda facts: not wanted.isdisjoint(getattr(facts, field))

    def reasons(self, facts: Facts, want: bool) -> dict[str, str]:
        """See `Node`."""
        return {}

    def witness(self, facts: Facts, want: bool, movable: Collection[str]) -> frozenset[str]:
        """See `Node`."""
        return _NONE

    def pairs(self) -> frozenset[tuple[str, str]]:
        """See `Node`."""
        return frozenset()

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """See `Node`."""
        return frozenset({(self.function, self.arguments)})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not:
    """A part that must not hold."""

    part: Node
    """What must not hold."""

    def test(self) -> Test:
        """See `Node`."""
        inner = self.part.test()
        return lambda facts: not inner(facts)

    def reasons(self, facts: Facts, want: bool) -> dict[str, str]:
        """See `Node`."""
        return self.part.reasons(facts, not want)

    def witness(self, facts: Facts, want: bool, movable: Collection[str]) -> frozenset[str]:
        """See `Node`."""
        return self.part.witness(facts, not want, movable)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """See `Node`."""
        return self.part.pairs()

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """See `Node`."""
        return self.part.calls()


class Joined:
    """Parts joined by ``and`` (every) or ``or``; ``always`` is a join by ``and`` of nothing."""

    __slots__ = ("every", "parts", "tests")

    def __init__(self, parts: tuple[Node, ...], *, every: bool) -> None:
        self.parts = parts
        self.every = every
        self.tests = tuple(part.test() for part in parts)

    def test(self) -> Test:
        """See `Node`."""
        tests, stop = self.tests, not self.every

        def joined(facts: Facts) -> bool:
            for test in tests:
                if test(facts) is stop:
                    return stop
            return not stop

        return joined

    def reasons(self, facts: Facts, want: bool) -> dict[str, str]:
        """See `Node`."""
        found: dict[str, str] = {}
        for part in self._deciding(facts, want):
            found |= part.reasons(facts, want)
        return found

    def witness(self, facts: Facts, want: bool, movable: Collection[str]) -> frozenset[str]:
        """See `Node`."""
        found = [part.witness(facts, want, movable) for part in self._deciding(facts, want)]
        return frozenset().union(*found) if want is self.every else min(found, key=len)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """See `Node`."""
        return frozenset().union(*(part.pairs() for part in self.parts))

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """See `Node`."""
        return frozenset().union(*(part.calls() for part in self.parts))

    def _deciding(self, facts: Facts, want: bool) -> tuple[Node, ...]:
        """The parts whose truth value decided: all of them, or each that was enough alone."""
        if want is self.every:
            return self.parts
        return tuple(part for part, test in zip(self.parts, self.tests, strict=True) if test(facts) is want)


class Expression:
    """A condition, ready to be held against facts."""

    __slots__ = ("_tree", "holds", "text")

    def __init__(self, text: str, tree: Node) -> None:
        self.text = text
        self._tree = tree
        self.holds = tree.test()

    def support(self, facts: Facts) -> dict[str, str]:
        """For a condition that holds: every factor, with its value, of the branches that made it true."""
        return self._tree.reasons(facts, want=True)

    def witness(self, facts: Facts, movable: Collection[str]) -> frozenset[str]:
        """For a condition that holds: movable names of which one must change before it can be false.

        Empty when no change of movable names can make it false.
        """
        return self._tree.witness(facts, want=True, movable=movable)

    def names(self) -> frozenset[str]:
        """Every factor and circumstance that is read, and ``level``."""
        return frozenset(name for name, _ in self._tree.pairs())

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Every name with each value it is compared to."""
        return self._tree.pairs()

    def calls(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """Every function called, with its arguments."""
        return self._tree.calls()

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@functools.cache
def parse(text: str) -> Expression:
    """Read a condition.

    Raises:
        errors.UsageError: ``bad-expression`` with the text and the place (character, from 1).
    """
    return Expression(text, _Reader(text).whole())


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, int]] = []
        self.next = 0
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.fault(at + len(text[at:]) - len(text[at:].lstrip()))
            self.tokens.append(
                (match.group("word") or match.group("sign"), match.start(match.lastgroup or 0))
            )
            at = match.end()

    def fault(self, at: int) -> errors.UsageError:
        return errors.UsageError("bad-expression", text=self.text, at=at + 1)

    def whole(self) -> Node:
        node = self.either()
        if self.next < len(self.tokens):
            raise self.fault(self.tokens[self.next][1])
        return node

    def either(self) -> Node:
        return self.joined("or", self.all)

    def all(self) -> Node:
        return self.joined("and", self.term)

    def joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.skip(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), every=word == "and")

    def term(self) -> Node:
        if self.skip("not"):
            return Not(self.term())
        if self.skip("("):
            node = self.either()
            self.expect(")")
            return node
        if self.skip("always"):
            return Joined((), every=True)
        return self.atom()

    def atom(self) -> Node:
        at = self.place()
        name = self.word()
        if self.skip("("):
            return self.call(name, at)
        if self.skip("="):
            return OneOf(name, frozenset({self.value(name)}))
        if self.skip("!="):
            return Not(OneOf(name, frozenset({self.value(name)})))
        if self.skip("in"):
            self.expect("(")
            return OneOf(name, frozenset(self.list_of(lambda: self.value(name))))
        if name == "level" and self.skip(">="):
            floor = terms.Level[self.value(name)]
            return OneOf(name, frozenset(level.name for level in terms.Level if level >= floor))
        raise self.fault(self.place())

    def call(self, name: str, at: int) -> Node:
        if name == "police" and self.skip(")"):
            return Among(name, ())
        arguments = self.list_of(self.word)
        if name == "aged":
            return OneOf("age_band", frozenset(arguments), asked_as=(name, arguments))
        if name not in _FUNCTIONS:
            raise self.fault(at)
        return Among(name, arguments)

    def list_of(self, item: Callable[[], str]) -> tuple[str, ...]:
        items = [item()]
        while self.skip(","):
            items.append(item())
        self.expect(")")
        return tuple(items)

    def value(self, name: str) -> str:
        at = self.place()
        word = self.word()
        if "." in word or (name == "level" and word not in _LEVELS):
            raise self.fault(at)
        return word

    def word(self) -> str:
        at = self.place()
        if self.next == len(self.tokens):
            raise self.fault(at)
        word = self.tokens[self.next][0]
        if word in _RESERVED or _TOKEN.match(word).group("word") is None:  # type: ignore[union-attr]
            raise self.fault(at)
        self.next += 1
        return word

    def skip(self, token: str) -> bool:
        if self.next < len(self.tokens) and self.tokens[self.next][0] == token:
            self.next += 1
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.skip(token):
            raise self.fault(self.place())

    def place(self) -> int:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else len(self.text.rstrip())
