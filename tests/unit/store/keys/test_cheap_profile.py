"""The cheap lock of the tests is an argument, and nothing in the program passes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from triage import errors
from triage.store.keys import cost as costs
from triage.store.keys import header, person

ROOT = Path(__file__).resolve().parents[4] / "triage"
STORE = ROOT / "store"
KEYS = STORE / "keys"


def _trees() -> list[tuple[Path, ast.Module]]:
    return [(file, ast.parse(file.read_text(encoding="utf-8"))) for file in sorted(ROOT.rglob("*.py"))]


def test_no_caller_asks_for_a_cheap_lock() -> None:
    """``cost`` and ``allow_cheap`` are handed on inside the store and named by nothing above it."""
    for file, tree in _trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            named = ast.unparse(node.func).endswith("Cost")
            assert not named or file in (KEYS / "person.py", KEYS / "cost.py"), (file, node.lineno)
            for keyword in node.keywords:
                if keyword.arg in {"cost", "allow_cheap"}:
                    assert STORE in file.parents, (file, node.lineno)
                    assert ast.unparse(keyword.value) == keyword.arg, (file, node.lineno)


def test_no_code_above_the_store_knows_the_floor() -> None:
    """FLOOR and Cost are words of the keys alone; ``**`` hides no argument from this test."""
    for file, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and file.parent != KEYS:
                assert node.attr not in {"FLOOR", "Cost"}, (file, node.lineno)
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {
                "unlock",
                "add_member",
            }:
                assert all(keyword.arg for keyword in node.keywords), (file, node.lineno)


def test_what_is_measured_is_never_below_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow computer the floor, on a fast one more, never more than a header may ask for."""
    for cost in costs.LADDER:
        assert cost.within(header.FLOOR, person._CEILING)
    assert costs.LADDER[0] == header.FLOOR
    for each, wanted in ((60.0, costs.LADDER[0]), (0.0, costs.LADDER[-1])):
        monkeypatch.setattr(costs, "_seconds", lambda _cost, each=each: each)
        assert costs.measured() == wanted
    monkeypatch.setattr(costs, "_seconds", lambda cost: 0.1 * cost.memory_kib / 65536)
    assert costs.measured() == header.Cost(1 << 18, 3, 4)


def test_too_little_memory_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is then the dearest that could be made."""

    def seconds(cost: header.Cost) -> float:
        if cost.memory_kib > 1 << 17:
            raise errors.TryAgain("memory-short", kib=cost.memory_kib)
        return 0.01

    monkeypatch.setattr(costs, "_seconds", seconds)
    assert costs.measured() == header.Cost(1 << 17, 3, 4)


def test_the_keys_read_no_environment() -> None:
    """No environment variable, platform or argument vector is looked at where keys are made."""
    for file, tree in _trees():
        if file.parent != KEYS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"environ", "getenv", "argv"}, (file, node.lineno)


def test_allow_cheap_is_false_unless_said() -> None:
    """Every function that has the argument has it off, and every ``cost`` is the floor."""
    seen = 0
    for file, tree in _trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            for argument, default in pairs:
                if argument.arg == "allow_cheap":
                    assert default is not None and ast.unparse(default) == "False", (file, node.name)
                    seen += 1
                if argument.arg == "cost" and STORE in file.parents:
                    assert default is not None and ast.unparse(default) == "FLOOR", (file, node.name)
                    seen += 1
    assert seen >= 4
