"""The invented school on the screen: made in a throw-away folder, deleted when the screen is left."""

from __future__ import annotations

from collections.abc import Callable

from triage import clock, i18n
from triage.demo import build
from triage.demo.place import throw_away
from triage.store.keys import passphrase

NEWEST = 24
"""Cases on the screen: the newest of the invented school, so that nobody waits for the others."""


def show(open_screen: Callable[[str, str, str], int], progress: Callable[[int, int], None]) -> int:
    """Make the school and open the screen on it; the screen's status.

    Args:
        open_screen: given the store's folder, the language and the passphrase.
        progress: told how many acts of how many are played.
    """
    with throw_away() as place:
        words = passphrase.offer()
        build.build(place / "store", words, clock.SystemClock().now(), progress, newest=NEWEST)
        return open_screen(str(place / "store"), i18n.language(), words)
