"""Every error the program raises.

    TriageError             70  a fault of ours
    +- CheckFailed           1  a check does not hold
    +- UsageError            2  wrong use, or the store is missing, not a store, newer, on a network drive
    +- WrongPassphrase       3  wrong passphrase, or salt, KDF or commitment of the header changed
    +- StoreDamaged          4  something in the store is not what was written
    +- Refused               5  the program's rules do not allow it
    +- TryAgain              6  busy, disk full, read-only, edited elsewhere: nothing changed

The words (what happened, what is safe, what to do next; Vietnamese and English) lie in
``triage/locale/errors/*.toml`` under the error's ``code``. Values fill the placeholders there and
never hold a passphrase, a name or the text of a case.
"""

from __future__ import annotations


class TriageError(Exception):
    """An error with a stable code, an exit status and values for its sentence."""

    status = 70

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class CheckFailed(TriageError):
    """A check does not hold: a packet, a signature, a summary, an audit log."""

    status = 1


class UsageError(TriageError):
    """Wrong use, or the store is missing, not a store, newer than the program, on a network drive."""

    status = 2


class WrongPassphrase(TriageError):
    """The passphrase is wrong, or the header's salt, KDF or commitment was changed."""

    status = 3


class StoreDamaged(TriageError):
    """Something in the store is not what was written."""

    status = 4


class Refused(TriageError):
    """The program's rules do not allow it; nothing changed."""

    status = 5


class TryAgain(TriageError):
    """Busy, disk full, read-only, edited elsewhere meanwhile: nothing changed, try again."""

    status = 6
