"""What a guess at a passphrase costs on this computer: measured, raised where it is quick, never below the floor."""

from __future__ import annotations

import time

from triage import errors
from triage.store.keys import person
from triage.store.keys.person import FLOOR, Cost

LONGEST = 0.5
"""Seconds that an unlock may take on the computer at which the passphrase was chosen.

Source: RFC 9106 section 4: take the most memory and passes that the time allows.
"""
LADDER = (FLOOR, Cost(1 << 17, 3, 4), Cost(1 << 18, 3, 4), Cost(1 << 18, 4, 4))
"""Each about twice or a third dearer than the one before; memory first, for it is what a graphics card lacks."""


def measured() -> Cost:
    """The dearest lock of the ladder that this computer opens in time; the floor is taken however long it needs."""
    best = FLOOR
    for cost in LADDER[1:]:
        if _seconds(best) * _times(best, cost) > LONGEST:
            break
        try:
            if _seconds(cost) > LONGEST:
                break
        except errors.TryAgain:
            # Not enough memory: what was measured before it is what this computer can do.
            break
        best = cost
    return best


def _seconds(cost: Cost) -> float:
    began = time.perf_counter()
    person.new_lock("", cost)
    return time.perf_counter() - began


def _times(cost: Cost, other: Cost) -> float:
    """How many times dearer another is."""
    return other.memory_kib * other.iterations / (cost.memory_kib * cost.iterations)
