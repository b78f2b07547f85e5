"""Ends the process when a lock was asked for and something hangs, or when the screen has stood still for too long."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

SOON = 2.0
LONGEST = 600.0


def ask(status: int, *, held: Callable[[], bool] = lambda: False) -> None:
    """End the process soon, whatever hangs; while something holds it, when that is over, ten minutes at most."""

    def watch() -> None:
        began = time.monotonic()
        while True:
            while held() and time.monotonic() - began < LONGEST:
                time.sleep(0.2)
            time.sleep(SOON)
            # Something may have begun meanwhile that it must not be ended under.
            if not held() or time.monotonic() - began >= LONGEST:
                os._exit(status)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def guard(beat: Callable[[], float], longest: float, status: int) -> None:
    """End the process when its screen has stood still: nobody would lock it then (a terminal that takes nothing).

    Args:
        beat: when the screen was last alive, on the monotonic clock.
        longest: seconds without a beat after which it ends; seen twice, for the whole process may have been stopped.
        status: with which it ends.
    """

    def watch() -> None:
        still = 0
        while still < 2:
            time.sleep(SOON)
            still = still + 1 if time.monotonic() - beat() > longest else 0
        os._exit(status)

    threading.Thread(target=watch, name="guard", daemon=True).start()
