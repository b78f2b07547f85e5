"""Ends the process when a lock was asked for and something hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

SOON = 2.0
LONGEST = 600.0


def ask(status: int, *, held: Callable[[], bool] = lambda: False) -> None:
    """End the process soon, whatever hangs; while a job holds it, when the job is over, ten minutes at most."""

    def watch() -> None:
        began = time.monotonic()
        while held() and time.monotonic() - began < LONGEST:
            time.sleep(0.2)
        time.sleep(SOON)
        os._exit(status)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
