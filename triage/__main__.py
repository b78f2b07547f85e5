"""``triage``: no words and a terminal open the screen, everything else is the command line."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

TYPE_CHECKING = False
# As ``typing`` has it, whose import would cost a tenth of the time until the prompt.
if TYPE_CHECKING:
    from triage.tui.options import Options

_GLOBAL = {"--store": "store", "--lang": "language", "--as": "label"}
"""The options that the screen takes too."""


def main() -> None:
    """Open the screen or run the command line, and leave with the exit status."""
    # Nothing made while starting is garbage: a light command ends before a collection would pay, and the
    # last one, at the end, is spared too.
    gc.set_threshold(100_000)
    try:
        status = _run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    gc.freeze()
    sys.exit(status)


def _run(words: Sequence[str]) -> int:
    asked = _for_screen(words) if sys.stdin.isatty() and sys.stdout.isatty() else None
    if asked is not None:
        from triage.tui import keeper

        return keeper.run(asked)
    from triage.cli import app

    return app.run(words, trial=_trial)


def _for_screen(words: Sequence[str]) -> Options | None:
    """What was asked for before the screen; None when a command was given, or something to explain."""
    from triage.tui.options import Options

    asked, left = Options(), list(words)
    while left:
        name, sign, value = left.pop(0).partition("=")
        if name not in _GLOBAL or (not sign and not left):
            return None
        setattr(asked, _GLOBAL[name], value if sign else left.pop(0))
    return asked if asked.language in ("", "vi", "en") else None


def _trial(store: str, language: str, words: str) -> int:
    """Open the screen on the invented school."""
    from triage.tui import keeper
    from triage.tui.options import Options

    return keeper.run(Options(store, language, hint=words))


if __name__ == "__main__":
    main()
