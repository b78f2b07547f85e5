"""The sheets with the recovery words of a restricted case: written to a new private file, read back from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from triage import errors, i18n
from triage.cli import terminal

if TYPE_CHECKING:
    from triage.desk.restricted import Keep
    from triage.store.restricted_recovery import Words


def keeper(out: Path | None, folder: Path) -> Keep | None:
    """What writes the sheets to ``out``; None without one.

    Raises:
        errors.Refused, errors.UsageError: no sheet may be written there.
    """
    from triage.store.keys import recovery

    if out is None:
        return None
    target = out
    recovery.check_place(target, folder)
    return lambda words: recovery.write_sheet(target, sheets(words), folder)


def sheets(words: Words) -> str:
    """Three sheets to cut apart: one for outside the school, the same one twice for inside."""
    outside = i18n.say(
        "For a person OUTSIDE the school (not the principal, not a colleague). "
        "Without this sheet nobody opens the case."
    )
    inside = [
        i18n.say("For the counsellor. It opens the case together with the sheet from outside."),
        i18n.say("For the principal. It opens the case together with the sheet from outside."),
    ]
    head = i18n.say("RESTRICTED CASE {ref}: recovery words, set {number}", ref=words.ref, number=words.number)
    keep = i18n.say("Keep it sealed and locked away; take no picture, send it nowhere.")
    parts = [(outside, words.outside), *((who, words.inside) for who in inside)]
    return "\n".join(f"{head}\n\n{who}\n\n  {text}\n\n{keep}\n\n{'- ' * 36}\n" for who, text in parts)


def told(out: Path | None) -> None:
    """Say who can open the case, and what to do with the file."""
    if out is None:
        return
    terminal.narrate(
        i18n.say(
            "The case can be opened by those who are named, and by a member with the sheet from outside the school "
            "together with one of the two from inside. The store's own recovery words do not open it."
        )
    )
    terminal.narrate(
        i18n.say(
            "The sheets are in {file}: print them, cut them apart, hand them out today, then delete the file.",
            file=out,
        )
    )


def read(source: str) -> tuple[str, str]:
    """Both halves: 14 words from outside on the first line, 14 from inside on the second.

    Raises:
        errors.UsageError: ``restricted-two-lines``.
    """
    found = [line.strip() for line in terminal.secret_text(source).splitlines() if line.strip()]
    if len(found) != 2:
        raise errors.UsageError("restricted-two-lines", found=len(found))
    return found[0], found[1]
