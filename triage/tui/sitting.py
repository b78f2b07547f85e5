"""One sitting at the desk: what every screen is handed, and what keeps the drafts while she types."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from triage import errors, i18n
from triage.desk import drafts, restricted
from triage.desk.session import Desk

SOON = 0.3
"""Seconds between a key and the writing of what it changed: with the writing itself well under one."""
AGAIN = 1.0
"""Seconds until a draft that could not be written is tried again."""
PATIENCE = 60.0
"""Seconds for which the end of a sitting waits for another desk's writing, so that the last words are not lost."""


def refusal(error: OSError) -> errors.TriageError:
    """What the system refused, as an error of ours."""
    if isinstance(error, FileExistsError):
        return errors.Refused("file-exists", file=str(error.filename))
    return errors.TryAgain("system", why=i18n.system(error))


class Kept:
    """Writes drafts from a thread of its own, so that no key waits for the disk."""

    def __init__(self, desk: Desk, screen: str = "") -> None:
        self.desk = desk
        self.within: dict[str, Desk] = {}
        """Desks inside restricted cases that are open now, by the case's id: what is typed there is kept there."""
        self.screen = screen
        """This screen among others on the store; a lock does not change it."""
        self.fault: errors.TriageError | None = None
        """Why the last writing failed; None when all that was typed is kept."""
        self.closing = False
        """The rest is being written: the process is not ended under it."""
        self._dirty: dict[str, dict[str, str]] = {}
        self._drafts: dict[str, str] = {}
        """In which draft a form's text lies, where it is not the form's usual one."""
        self._known: dict[str, dict[str, str]] = {}
        """What this screen last wrote or read of each draft: another screen may have written since."""
        self._used: dict[str, dict[str, str]] = {}
        """What an act has used up and still stands in its form: no draft any more until something is changed."""
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="drafts", daemon=True)
        self._thread.start()

    def put(self, form: str, fields: Mapping[str, str]) -> None:
        """Remember what stands in a form now; no fields: its draft is not wanted any more."""
        if fields and self._used.get(form) == dict(fields):
            return
        self._used.pop(form, None)
        with self._wake:
            self._dirty[form] = dict(fields)
            self._wake.notify()

    def put_back(self, form: str, fields: Mapping[str, str]) -> None:
        """Words that an act had used up and that are nobody's any more: they are a draft again, though unchanged."""
        self._used.pop(form, None)
        self.put(form, fields)

    def fields(self, form: str) -> dict[str, str]:
        """What was last typed into a form; what cannot be read now is not written over, and the fault says why."""
        with self._writing:
            with self._wake:
                if form in self._dirty:
                    return dict(self._dirty[form])
            try:
                desk = self._desk(form)
                name = self._drafts.get(form, "")
                found = None if desk is None else drafts.find(desk, form, self.screen, name)
            except errors.TriageError as error:
                self.fault, found = error, None
            if found is None:
                self._drafts.pop(form, None)
                self._known.pop(form, None)
                return {}
            return self._take(found)

    def flush(self) -> None:
        """Write what is not written yet, now."""
        with self._writing:
            with self._wake:
                todo, self._dirty = self._dirty, {}
            if not todo:
                return
            self.fault = None
            for desk in (self.desk, *self.within.values()):
                mine = {form: fields for form, fields in todo.items() if self._desk(form) is desk}
                if mine:
                    self._write(desk, mine)
            with self._wake:
                self._dirty = {form: todo[form] for form in todo if self._desk(form) is None} | self._dirty

    def _write(self, desk: Desk, todo: dict[str, dict[str, str]]) -> None:
        try:
            named = {self._drafts.get(form, form): fields for form, fields in todo.items()}
            lies = drafts.keep(desk, self.screen, named, self._known)
            for form, fields in todo.items():
                self._drafts[form] = lies[self._drafts.get(form, form)]
                self._known[self._drafts[form]] = fields
        except (errors.TriageError, OSError) as error:
            self.fault = error if isinstance(error, errors.TriageError) else refusal(error)
            with self._wake:
                self._dirty = todo | self._dirty

    def _desk(self, form: str) -> Desk | None:
        """Where what is typed into a form is kept: what belongs to a restricted case lies inside it, or nowhere."""
        ref = next((part for part in form.split(":") if restricted.is_ref(part)), "")
        return self.within.get(ref) if ref else self.desk

    def leave(self, ref: str) -> bool:
        """Write what was typed in a restricted case and have nothing to do with it any more; whether all is written."""
        self.flush()
        with self._writing, self._wake:
            left = any(ref in form.split(":") for form in self._dirty)
            if not left:
                self.within.pop(ref, None)
        return not left

    def go_on(self, draft: drafts.Draft) -> None:
        """Its form, opened next, is to hold this draft."""
        with self._writing:
            self._take(draft)

    def lies(self, form: str) -> tuple[str, dict[str, str]]:
        """The draft in which a form's text lies, and what this screen last wrote or read of it."""
        name = self._drafts.get(form, form)
        return name, self._known.get(name, {})

    def use(self, form: str) -> None:
        """An act has used up what stands in a form, written as a draft or still to be."""
        with self._wake:
            self._used[form] = self._dirty.pop(form, self.lies(form)[1])

    def _take(self, draft: drafts.Draft) -> dict[str, str]:
        self._drafts[draft.form] = draft.name
        self._known[draft.name] = dict(draft.fields)
        return dict(draft.fields)

    def close(self) -> None:
        """Write the rest and stop; another desk's writing is waited for."""
        self.closing = True
        with self._wake:
            until = time.monotonic() + (0 if self._over else PATIENCE)
            self._over = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self.flush()
        while self.busy() and time.monotonic() < until:
            time.sleep(AGAIN / 2)
            self.flush()
        self.closing = False

    def busy(self) -> bool:
        """Whether what was typed last could not be written only because another desk is writing."""
        return bool(self._dirty) and self.fault is not None and self.fault.code == "busy"

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._over or self._dirty)
                if self._over:
                    return
                self._wake.wait_for(lambda: self._over, AGAIN if self.fault else SOON)
            self.flush()


@dataclass(slots=True)
class Sitting:
    """What every screen is handed."""

    desk: Desk
    """The desk, unlocked."""
    kept: Kept
    """Keeps what is typed."""
    demo: bool = False
    """The store is the invented school's: it is deleted at the end."""
    carried: dict[str, int] = field(default_factory=dict)
    """In the trial: cases that were carried into a real store, with how many acts there had been on each."""
    invented: set[str] = field(default_factory=set)
    """In the trial: cases of which she said that they are invented."""
    shown: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Who people are, as she was shown it or wrote it herself: by case and letter."""
    seen: int = 0
    """The case that was on the screen last."""
    locks_in: float = 3600.0
    """Seconds until the screen locks by itself."""
    jobs: int = 0
    """Long work that runs now; while it does, the program is not ended under it."""
    sealed: bool = False
    """It is within a restricted case: after a lock its pages are not opened again by themselves."""

    @contextmanager
    def using(self, form: str | None) -> Iterator[None]:
        """The act within uses up what was typed into a form; refused, by the system too, all of it is still there.

        Raises:
            errors.TriageError: what the system refused: a full stick, one that can only be read, no such folder.
        """
        try:
            if form is None:
                yield
                return
            self.kept.flush()
            with drafts.using(self.desk, *self.kept.lies(form)):
                yield
            self.kept.use(form)
        except OSError as error:
            raise refusal(error) from None


class Within(Sitting):
    """The same sitting inside a restricted case: another desk, all else as outside."""

    def __init__(self, outer: Sitting, desk: Desk) -> None:
        super().__init__(desk, outer.kept, outer.demo, outer.carried, outer.invented, sealed=True)
        self.outer = outer

    @property
    def jobs(self) -> int:
        """Long work, counted where the program looks."""
        return self.outer.jobs if hasattr(self, "outer") else 0

    @jobs.setter
    def jobs(self, value: int) -> None:
        if hasattr(self, "outer"):
            self.outer.jobs = value

    @property
    def locks_in(self) -> float:
        """When the screen locks."""
        return self.outer.locks_in

    @locks_in.setter
    def locks_in(self, value: float) -> None:
        """Only the program itself sets it, outside."""
