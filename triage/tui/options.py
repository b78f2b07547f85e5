"""What was asked for before the screen."""

from __future__ import annotations

import os


class Options:
    """What was asked for before the screen; nothing of it is secret."""

    def __init__(
        self,
        store: str = "",
        language: str = "",
        label: str = "",
        hint: str = "",
        ended: int = 0,
        name: str = "",
    ) -> None:
        self.store = store
        """The store's folder; empty: the usual one."""
        self.language = language
        """vi or en; empty: from the environment."""
        self.label = label
        """Who is at the desk; empty: the last one, or asked."""
        self.hint = hint
        """In the trial: the invented store's passphrase, shown at the prompt."""
        self.ended = ended
        """How the worker before this one ended: 0, LOCKED, EARLY or HIDDEN."""
        self.name = name or os.urandom(4).hex()
        """This screen among others on the store; a lock does not change it."""

    def arguments(self) -> list[str]:
        """For a process of its own."""
        return [self.store, self.language, self.label, self.hint, str(self.ended), self.name]
