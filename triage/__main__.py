"""``triage``: the command line."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    # Nothing made while starting is garbage: a light command ends before a collection would pay, and the
    # last one, at the end, is spared too.
    gc.set_threshold(100_000)
    try:
        from triage.cli import app

        status = app.run()
    except KeyboardInterrupt:
        status = 130
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    main()
