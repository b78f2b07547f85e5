"""The invented school: its cases read from TOML, their times counted back from today."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import tomli

from triage import clock, errors, schema
from triage.terms import Channel, Delay, Kind, Platform

NAME = "Trường THPT Hòa Bình Xanh (hư cấu)"
CODE = "79012345"
LABEL = "Cô An"
_CASES = Path(__file__).resolve().parent / "cases"
_BETWEEN_STEPS = timedelta(minutes=2)
"""Steps that are listed together were done one after another."""
_IN_SCHOOL = frozenset({Channel.IN_PERSON, Channel.STAFF, Channel.NOTE})
"""Reports that need an open school: one that would fall on a weekend is told on the Friday before."""
_MARGIN = timedelta(minutes=5)
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class DemoAct:
    """One act of the counsellor on one case."""

    at: datetime
    """When it is recorded."""
    do: str
    """What: step, skip, wait, due, rest, caught-up, note, words, answer, kinds, person, indicator, raise,
    lower, hold, close, reopen, link or evidence-reference."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the act needs, by the names of ``schemas/demo-v1.json``; instants are aware datetimes."""


@dataclass(frozen=True, slots=True)
class DemoCase:
    """One invented case."""

    key: str
    """Its name in the TOML, ``c01``."""
    opened: datetime
    """When it was recorded."""
    told: datetime
    """When it was told; not later than ``opened``."""
    kinds: tuple[Kind, ...]
    """What it is about."""
    channel: Channel
    """How it reached the counsellor."""
    platform: Platform
    """Where the first contact was."""
    delay: Delay
    """How long until somebody told."""
    words: str
    """What was told, verbatim."""
    answers: Mapping[str, str]
    """Answers and circumstances at the report."""
    acts: tuple[DemoAct, ...]
    """What followed, in the order of time."""


@dataclass(frozen=True, slots=True)
class School:
    """The invented school."""

    name: str
    """Its name; it says that it is invented."""
    code: str
    """Its code."""
    label: str
    """The counsellor at the desk."""
    cases: tuple[DemoCase, ...]
    """Its cases, oldest first."""


def load(now: datetime) -> School:
    """The school as it stands at ``now``: the same for the same instant.

    What would lie after ``now`` has not happened yet and is left out. When the day is younger than the
    reports of today, they move closer together behind midnight, so that they are still of today.

    Args:
        now: aware.

    Raises:
        errors.CheckFailed: ``demo-out-of-order``, ``demo-no-such-case``.
    """
    now = now.astimezone(clock.VIETNAM)
    rows = [row for path in sorted(_CASES.glob("*.toml")) for row in _read(path)]
    pace = _pace(rows, now)
    cases = sorted((_case(row, now, pace) for row in rows), key=lambda case: (case.opened, case.key))
    opened = {case.key: case.opened for case in cases}
    for case in cases:
        _check_links(case, opened)
    return School(NAME, CODE, LABEL, tuple(cases))


@functools.cache
def _read(path: Path) -> list[dict[str, Any]]:
    document = tomli.loads(path.read_text(encoding="utf-8"))
    schema.check(document, "demo-v1")
    rows: list[dict[str, Any]] = document["case"]
    return rows


def _case(row: Mapping[str, Any], now: datetime, pace: float) -> DemoCase:
    channel = Channel(row["channel"])
    first = _instant(row["opened"], now)
    back = _to_friday(first, now, channel)

    def when(text: str, later: timedelta = timedelta()) -> datetime:
        at = _instant(text, now) + later
        return _sooner(at, pace) if first.date() == now.date() else at - back

    opened, told = when(row["opened"]), when(row["told"])
    acts = tuple(_acts(row, when, now))
    times = [told, opened, *(act.at for act in acts)]
    for before, after in itertools.pairwise(times):
        if after < before:
            raise errors.CheckFailed("demo-out-of-order", case=row["key"], at=clock.local(after))
    return DemoCase(
        key=row["key"],
        opened=opened,
        told=told,
        kinds=tuple(Kind(kind) for kind in row["kinds"]),
        channel=channel,
        platform=Platform(row["platform"]),
        delay=Delay(row["delay"]),
        words="\n".join(row["words"]),
        answers=row["answers"] | row.get("circumstances", {}),
        acts=tuple(act for act in acts if act.at <= now),
    )


def _acts(row: Mapping[str, Any], when: Callable[..., datetime], now: datetime) -> Iterator[DemoAct]:
    for raw in row.get("act", ()):
        values = {key: value for key, value in raw.items() if key not in ("at", "do", "steps")}
        for key in ("until", "due"):
            if key in values:
                values[key] = _instant(values[key], now)
        if "done_at" in values:
            values["done_at"] = when(values["done_at"])
        for place, step in enumerate(raw.get("steps", ())):
            yield DemoAct(when(raw["at"], place * _BETWEEN_STEPS), "step", {"step": step})
        if "steps" not in raw:
            yield DemoAct(when(raw["at"]), raw["do"], values)


def _instant(text: str, now: datetime) -> datetime:
    """``-3d 09:40``, ``today 07:50`` or ``+2d 09:00`` as an instant; days are those of Vietnam."""
    day, at = text.split()
    days = 0 if day == "today" else int(day.removesuffix("d"))
    return datetime.combine(now.date() + timedelta(days=days), time.fromisoformat(at), tzinfo=clock.VIETNAM)


def _to_friday(opened: datetime, now: datetime, channel: Channel) -> timedelta:
    """How much earlier a case is told that would fall on a weekend; today and yesterday stay."""
    if channel not in _IN_SCHOOL or opened.date() >= now.date() - timedelta(days=1):
        return timedelta()
    return timedelta(days=max(0, opened.weekday() - _FRIDAY))


def _pace(rows: list[dict[str, Any]], now: datetime) -> float:
    """By how much the reports of today move together, so that all of them lie before ``now``."""
    midnight = _instant("today 00:00", now)
    last = max(
        (_instant(row["opened"], now) for row in rows if row["opened"].startswith("today")), default=now
    )
    return min(1.0, (now - midnight) / (last + _MARGIN - midnight))


def _sooner(at: datetime, pace: float) -> datetime:
    midnight = at.replace(hour=0, minute=0)
    return midnight + timedelta(seconds=int((at - midnight).total_seconds() * pace))


def _check_links(case: DemoCase, opened: Mapping[str, datetime]) -> None:
    for act in case.acts:
        other = act.values.get("other") if act.do == "link" else None
        if other is not None and not (other in opened and opened[other] < act.at):
            raise errors.CheckFailed("demo-no-such-case", case=case.key, other=other)
