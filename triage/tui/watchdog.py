"""Ends the process when a lock was asked for and something hangs, or when the screen has stood still for too long."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable

RESTORE = (
    "\x1b[0m\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"
    "\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[?7h\x1b[?25h"
)
"""Ends what a screen may have begun: alternate screen, mouse, focus, paste and key modes, no wrapping, no cursor."""

OFTEN = 0.25
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


def orphan(parent: int, status: int) -> None:
    """End the process when its parent is gone, and take what it shows from the terminal.

    Args:
        parent: the parent's process id.
        status: with which it ends.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(OFTEN)
        with contextlib.suppress(OSError):
            os.write(1, RESTORE.encode())
        os._exit(status)

    threading.Thread(target=watch, name="orphan", daemon=True).start()


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
