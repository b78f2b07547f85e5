"""The keeper: starts the worker that holds console, key and screen, and another one after each lock.

It imports little, holds no key, no passphrase and no text of a case, so nothing is left in it after a lock.
On POSIX the worker is a fork of this still small process: a second interpreter would cost a third of the time
until the prompt. On Windows it is a process of its own on the same console.

Source: security.md 17.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from triage.tui import statuses, watchdog
from triage.tui.options import Options

PASSED_ON = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


AGAIN = 3
"""How often a trial whose screen failed by itself is opened again: with its end what was typed into it is deleted."""


def run(options: Options) -> int:
    """Keep a worker running until one ends for good; its status."""
    again = AGAIN
    with _terminal() as put_back:
        while True:
            status = _fork(options) if hasattr(os, "fork") else _spawn(options)
            killed = status < 0 and -status not in PASSED_ON
            failed = status == statuses.FAULT and again > 0
            if options.hint and (killed or failed):
                again -= 1 if failed else 0
                put_back()
                options.ended = statuses.FAULT
                continue
            if status < 0:
                put_back()
                if not options.hint:
                    _say_killed()
                return 128 - status
            if status not in (statuses.LOCKED, statuses.EARLY, statuses.HIDDEN):
                return status
            put_back()
            options.ended = status


def _say_killed() -> None:
    """The screen was ended by force: say what is kept, in both languages, for the worker knew which one is spoken."""
    from triage import i18n

    for language in i18n.LANGUAGES:
        i18n.use(language)
        said = i18n.say(
            "The screen was ended from outside. What was typed is kept, but for the last second. Start again: triage"
        )
        sys.stderr.write(f"{said}\n")


def _fork(options: Options) -> int:
    """The worker as a fork; its status, negative for the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        for number in (signal.SIGINT, signal.SIGTSTP, *PASSED_ON):
            signal.signal(number, signal.SIG_DFL)
        _worker(options, parent)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    while True:
        try:
            _pid, status = os.waitpid(child, 0)
        except InterruptedError:
            continue
        return os.waitstatus_to_exitcode(status)


def _worker(options: Options, parent: int) -> None:
    """Be the worker; never return into the keeper's code."""
    status = statuses.FAULT
    try:
        from triage.tui import worker

        status = worker.main(options, parent)
    except KeyboardInterrupt:
        status = 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads that still import something must not hold the process back: what matters is written by now.
        os._exit(status)


def _spawn(options: Options) -> int:
    import subprocess

    command = [sys.executable, "-m", "triage.tui.worker", *options.arguments()]
    return subprocess.run(command, check=False).returncode


@contextmanager
def _terminal() -> Iterator[Callable[[], None]]:
    """Remember how the terminal was; what is given puts it back after a worker that could not."""
    before = silent = None
    try:
        import termios

        before, silent = (termios.tcgetattr(sys.stdin.fileno()) for _ in range(2))
        # Between two workers nothing is echoed: somebody may go on typing the passphrase.
        silent[3] &= ~termios.ECHO
    except (ImportError, OSError):
        # Windows, or no terminal: there is nothing to remember.
        pass

    def set_echo(*, on: bool) -> None:
        wanted = before if on else silent
        if wanted is not None:
            import termios

            # A terminal that has hung up cannot be set any more.
            with suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, wanted)

    def put_back() -> None:
        sys.stdout.write(watchdog.RESTORE)
        sys.stdout.flush()
        set_echo(on=False)

    quiet = [number for number in (signal.SIGINT, getattr(signal, "SIGTSTP", None)) if number is not None]
    former = {number: signal.signal(number, signal.SIG_IGN) for number in quiet}
    set_echo(on=False)
    try:
        yield put_back
    finally:
        set_echo(on=True)
        for number, handler in former.items():
            signal.signal(number, handler)
