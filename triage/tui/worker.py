"""The worker: prompt first, everything else is imported while the passphrase is typed.

Source: research/terminal.md 2.2; security.md 17.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable

from triage import errors, i18n
from triage.tui import environment, statuses, watchdog
from triage.tui.console import Console
from triage.tui.options import Options
from triage.tui.prompt import Left, Prompt

TYPE_CHECKING = False
# As ``typing`` has it, whose import would cost a tenth of the time until the prompt.
if TYPE_CHECKING:
    from pathlib import Path

    from triage.desk.session import Desk

_DUMPABLE = 4
"""prctl(2)."""


def main(options: Options, parent: int) -> int:
    """Ask, open, run the screen; the status with which this process is to end."""
    environment.clear()
    i18n.use(options.language or i18n.from_environment())
    given = i18n.language()
    folder = options.store or _usual()
    if not os.path.exists(f"{folder}/header.json"):  # noqa: PTH110 - pathlib comes after the prompt
        return _nothing_there(folder)
    try:
        desk, typed = _open(options, folder, parent)
    except Left:
        return 130
    except errors.TriageError as error:
        return _told(error)
    from triage.tui import app

    try:
        with desk:
            spoken = i18n.language() != given or (bool(options.language) and not options.ended)
            return app.run(desk, name=options.name, demo=bool(options.hint), spoken=spoken, typed=typed)
    except errors.TriageError as error:
        return _unkept(error)


def _open(options: Options, folder: str, parent: int) -> tuple[Desk, list[str]]:
    """The desk, once the passphrase is right, and the keys that came after it.

    Raises:
        Left: she left the prompt.
        errors.TriageError: what another passphrase would not mend.
    """
    with Console() as console:
        prompt = Prompt(
            console,
            store=os.path.basename(os.path.normpath(folder)),  # noqa: PTH119
            hint=options.hint,
            ended=options.ended,
        )
        if options.ended == statuses.HIDDEN:
            # Somebody may stand behind her: the screen stays empty until she is there again.
            console.paint([])
            loading = _Loading(options, folder, parent)
            console.key()
        else:
            # The first letters may have gone with the screen before this one: half a passphrase helps nobody.
            early = options.ended == statuses.EARLY
            early |= options.ended == statuses.LOCKED and console.letters()
            prompt.paint()
            loading = _Loading(options, folder, parent)
            if early:
                console.drop()
                prompt.start_again()
        while True:
            words = prompt.ask()
            prompt.wait(loading.over)
            label = loading.label()
            if label is None:
                label = prompt.choose(loading.labels)
                prompt.label = loading.chosen = label
            try:
                return loading.open(words, label), console.rest()
            except errors.WrongPassphrase as error:
                prompt.refuse(error, words)


class _Loading:
    """What is imported and read while she types."""

    def __init__(self, options: Options, folder: str, parent: int) -> None:
        self.options = options
        self._folder = folder
        self.labels: list[str] = []
        self.chosen: str | None = options.label or None
        self._fault: BaseException | None = None
        _harden(parent)
        self._thread = threading.Thread(target=self._load, name="loading", daemon=True)
        self._thread.start()

    @property
    def folder(self) -> Path:
        """The store's folder."""
        from pathlib import Path

        return Path(self._folder)

    def over(self) -> bool:
        """Whether everything is there."""
        return not self._thread.is_alive()

    def label(self) -> str | None:
        """Who is at the desk; None when it has to be asked.

        Raises:
            errors.TriageError: what the header says against being opened.
        """
        if self._fault is not None:
            raise self._fault
        return self.chosen

    def open(self, words: str, label: str) -> Desk:
        """Unlock the store."""
        from triage.desk import last, session

        desk = session.open_store(self.folder, words, label=label)
        last.keep(self.folder, desk.label)
        return desk

    def _load(self) -> None:
        try:
            from triage.desk import last
            from triage.store.keys import header

            self.labels = [slot.label for slot in header.labels(self.folder)]
            known = last.read(self.folder)
            if self.chosen is None:
                if len(self.labels) == 1:
                    self.chosen = self.labels[0]
                elif known in self.labels:
                    self.chosen = known
            from triage.tui import app

            app.warm()
        except BaseException as fault:
            self._fault = fault


def _usual() -> str:
    from triage import paths

    return str(paths.store_folder())


def _nothing_there(folder: str) -> int:
    from pathlib import Path

    from triage.store.keys import header

    try:
        header.labels(Path(folder))
    except errors.TriageError as error:
        _told(error)
    sys.stdout.write(
        i18n.say(
            "Try it with an invented school:  triage demo\nMake a store of your own:  triage init --help\n"
            "What to do now, in an emergency:  triage sos"
        )
        + "\n"
    )
    return errors.UsageError.status


def _told(error: errors.TriageError) -> int:
    """Say an error in its three sentences, as the command line does."""
    from triage import clean

    sentence = i18n.sentence(error)
    lines = [f"triage: {sentence.what}", f"        {sentence.safe}", f"        {sentence.next}"]
    sys.stderr.write(clean.text("\n".join(lines)) + "\n")
    return error.status


def _unkept(error: errors.TriageError) -> int:
    """Say that the last words are gone, and why; the error's own second sentence speaks of a screen that was there."""
    from triage import clean

    sentence = i18n.sentence(error)
    lines = [
        "triage: " + i18n.say("What was typed last could not be kept."),
        f"        {sentence.what}",
        f"        {sentence.next}",
    ]
    sys.stderr.write(clean.text("\n".join(lines)) + "\n")
    return error.status


def _harden(parent: int) -> None:
    """No core file, no look from another process of the same account, and no life without the keeper."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_DUMPABLE, 0, 0, 0, 0)
    if sys.platform != "win32":
        watchdog.orphan(parent, statuses.FAULT)


if __name__ == "__main__":
    _store, _language, _label, _hint, _ended, _name = sys.argv[1:7]
    sys.exit(main(Options(_store, _language, _label, _hint, int(_ended), _name), os.getppid()))
