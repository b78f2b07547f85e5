"""Canonical JSON bytes and their digest: what is hashed or signed passes through here.

Source: RFC 8785 (JSON Canonicalization Scheme), restricted to what this program writes:
ASCII keys, strings, integers, booleans, null, lists and objects. There are no fractions, so no
rule for writing them is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_SAFE_INTEGER = 2**53 - 1


def dumps(value: Json) -> bytes:
    """The one UTF-8 spelling of a JSON value.

    Raises:
        TypeError: the value holds a fraction, an unsafe integer, a non-ASCII key or another type.
    """
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes, 64 lower-case hex digits."""
    return hashlib.sha256(dumps(value)).hexdigest()


def _check(value: Json) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise TypeError("integer too large for JSON readers")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError("keys are ASCII text")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")
