"""The cheap lock of the tests is an argument, and nothing in the program passes it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4] / "triage"
KEYS = ROOT / "store" / "keys"


def _trees() -> list[tuple[Path, ast.Module]]:
    return [(file, ast.parse(file.read_text(encoding="utf-8"))) for file in sorted(ROOT.rglob("*.py"))]


def test_no_call_outside_the_keys_names_a_cost() -> None:
    """No module passes ``cost`` or ``allow_cheap``, or makes a Cost, except person.py and header.py's defaults."""
    for file, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                named = {keyword.arg for keyword in node.keywords}
                if file.parent != KEYS:
                    assert not named & {"cost", "allow_cheap"}, (file, node.lineno)
                called = ast.unparse(node.func)
                assert not called.endswith("Cost") or file == KEYS / "person.py", (file, node.lineno)
            if isinstance(node, ast.Attribute | ast.Name) and file.parent != KEYS:
                assert ast.unparse(node) not in {"person.FLOOR", "header.FLOOR", "person.Cost", "header.Cost"}


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
                if argument.arg == "cost" and file.parent == KEYS:
                    assert default is not None and ast.unparse(default) == "FLOOR", (file, node.name)
                    seen += 1
    assert seen == 4
