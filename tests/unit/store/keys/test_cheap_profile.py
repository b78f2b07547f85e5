"""The cheap lock of the tests is an argument, and nothing in the program passes it."""

from __future__ import annotations

import ast
from pathlib import Path

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
            assert not ast.unparse(node.func).endswith("Cost") or file == KEYS / "person.py", (
                file,
                node.lineno,
            )
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
