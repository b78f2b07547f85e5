"""Check a document against its JSON Schema in schemas/."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from triage import errors

_HERE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Where ``<name>.json`` lies: beside the package in a checkout, inside it in a wheel."""
    for folder in (_HERE.parent / "schemas", _HERE / "schemas"):
        found = folder / f"{name}.json"
        if found.is_file():
            return found
    raise FileNotFoundError(name)


@functools.cache
def load(name: str) -> dict[str, Any]:
    """The schema ``name``, for example ``playbook-v1``."""
    document: dict[str, Any] = json.loads(path(name).read_bytes())
    return document


def check(document: object, name: str) -> None:
    """Hold ``document`` against schema ``name`` (JSON Schema 2020-12, formats included).

    Raises:
        errors.UsageError: ``bad-document`` with the place of the first fault and the schema's word for it.
    """
    import jsonschema

    validator = jsonschema.Draft202012Validator(
        load(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    fault = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if fault is not None:
        where = "/".join(str(part) for part in fault.absolute_path) or "/"
        raise errors.UsageError("bad-document", schema=name, where=where, rule=str(fault.validator))
