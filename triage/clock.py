"""The one source of "now", and the one way to read and write an instant."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

from triage import errors

VIETNAM = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh has had one offset and no summer time since 1975."""

_ALONE = re.compile(r"(\d{1,2})(?:[:h](\d\d)|h)", re.ASCII)
_VIETNAMESE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})")
_PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?")


def running() -> float:
    """Seconds that have gone by since some moment; those during which the computer slept are counted.

    ``time.monotonic`` stands still in a sleep on Linux and on macOS: a laptop that was opened again would look awake.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class Clock(Protocol):
    """Something that knows what time it is; the desk's session holds one and passes instants down."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC, to the second."""
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - this is the one place


class SetClock:
    """A clock that stands where it is put: for the demo's invented days and for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant the clock was put at, in UTC."""
        return self.at.astimezone(UTC)


def text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, whole seconds, ``Z``."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def local(at: datetime) -> str:
    """Write an instant as RFC 3339 with Vietnam's offset: what documents for people carry."""
    return at.astimezone(VIETNAM).replace(microsecond=0).isoformat()


def parse(value: str, *, near: datetime | None = None) -> datetime:
    """Read an instant: RFC 3339, or ``YYYY-MM-DD HH:MM`` or ``25/11/2026 09:41`` in Vietnam's time.

    Args:
        value: as typed.
        near: an instant on whose day in Vietnam a time alone (``9:41``, ``9h41``, ``9h``) is taken to be.

    Raises:
        errors.UsageError: ``bad-time`` when it is neither.
    """
    value = value.strip()
    alone = _ALONE.fullmatch(value) if near is not None else None
    if alone and near is not None:
        value = f"{near.astimezone(VIETNAM):%Y-%m-%d} {alone[1]:0>2}:{alone[2] or '00'}"
    local_form = _VIETNAMESE.fullmatch(value)
    if local_form:
        on, month, year, hour, minute = local_form.groups()
        value = f"{year}-{month:0>2}-{on:0>2} {hour:0>2}:{minute}"
    try:
        at = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise errors.UsageError("bad-time", value=value) from None
    if at.tzinfo is None:
        if not _PLAIN.fullmatch(value):
            raise errors.UsageError("bad-time", value=value)
        at = at.replace(tzinfo=VIETNAM)
    if not 2 <= at.year <= 9998:
        raise errors.UsageError("bad-time", value=value)
    return at.astimezone(UTC)
