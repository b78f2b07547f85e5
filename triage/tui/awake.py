"""Whether the computer slept, the program was stopped, or the clock was put forward or back since the last look."""

from __future__ import annotations

import time

from triage import clock


class Awake:
    """The last moment at which this program is known to have run."""

    def __init__(self) -> None:
        self.look()

    def slept(self, longest: float) -> bool:
        """Whether more than ``longest`` seconds have gone by unseen, by either clock.

        The second clock helps where the first stands still: a virtual machine that was stopped and goes on.
        """
        gap = clock.running() - self._last
        wall = (clock.SystemClock().now() - self._wall).total_seconds()
        return gap > longest or abs(wall - gap) > longest

    def look(self) -> None:
        """It runs now: count anew."""
        self._last, self._wall = clock.running(), clock.SystemClock().now()
        self.beat = time.monotonic()
