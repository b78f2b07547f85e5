"""The house holds: imports run downhill, rooms are small, words are complete."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted((ROOT / "triage").rglob("*.py"))


def test_import_contracts() -> None:
    """import-linter keeps every contract of pyproject."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_and_format() -> None:
    """Ruff finds nothing, in code and tests."""
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "triage", "tests"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_types() -> None:
    """Types: mypy --strict finds nothing, in code and tests."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(ROOT / ".mypy_cache")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_rooms_are_small_and_captioned(file: Path) -> None:
    """No file over 400 lines, no function over 60; the first line says what the room is for."""
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert source.count("\n") <= 400
    assert ast.get_docstring(tree)
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []


def test_no_drawer_names() -> None:
    """No room is called utils, helpers, common, manager or base."""
    drawers = re.compile(r"(utils?|helpers?|common|manager|base)\.py")
    assert [str(file) for file in CODE if drawers.fullmatch(file.name)] == []


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["sos"], ["sos", "1"], ["level", "--kind", "SCAM", "--answers", "-"]],
    ids=" ".join,
)
def test_help_and_level_load_no_heavy_library(arguments: list[str]) -> None:
    """``--help``, ``sos`` and ``level`` load neither textual, sqlmodel nor typst, nor what those bring."""
    code = (
        "import sys\n"
        "from triage.cli import app\n"
        "status = app.run(sys.argv[1:])\n"
        "heavy = {'textual', 'sqlmodel', 'sqlalchemy', 'typst', 'pydantic', 'cryptography', 'jsonschema'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)), status, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input="{}",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "HEAVY [] 0" in done.stderr, done.stderr


def test_the_wheel_carries_what_it_needs(tmp_path: Path) -> None:
    """Schemas (the same bytes), playbooks, catalogues, fonts and templates are in the wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    names = set(wheel.namelist())
    for schema in (ROOT / "schemas").glob("*.json"):
        assert wheel.read(f"triage/schemas/{schema.name}") == schema.read_bytes()
    assert "triage/locale/vi/LC_MESSAGES/triage.mo" in names
    for pattern in (
        "response/playbooks/*.toml",
        "locale/*.toml",
        "packet/fonts/*.ttf",
        "packet/templates/*",
        "response/*.toml",
    ):
        for file in (ROOT / "triage").glob(pattern):
            assert str(file.relative_to(ROOT)) in names, file


def test_schemas_are_schemas() -> None:
    """Each file in schemas/ that calls itself a schema is a valid JSON Schema 2020-12."""
    import jsonschema

    for file in sorted((ROOT / "schemas").glob("*.json")):
        document = json.loads(file.read_bytes())
        if "$schema" in document:
            assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema", file
            jsonschema.Draft202012Validator.check_schema(document)


def test_no_secret_reaches_argv_or_environment() -> None:
    """No option takes a passphrase or digits as its value, and no environment variable is read for one."""
    for file in sorted((ROOT / "triage" / "cli").glob("*.py")):
        source = file.read_text(encoding="utf-8")
        assert not re.search(r'"--(passphrase|digits|words)"', source) or "FILE" in source, file
        assert not re.search(r"environ[^\n]*(PASS|SECRET|KDF|CHEAP)", source), file
