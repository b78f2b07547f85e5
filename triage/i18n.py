"""Words, dates and numbers in the counsellor's language: Vietnamese first, English complete.

Message ids are English sentences; ``triage/locale/vi/LC_MESSAGES/triage.po`` holds the Vietnamese.
The words of errors lie apart, in ``triage/locale/errors/*.toml``, under each error's code.

This module stands between a frightened person and the prompt: it imports no more than its first sentence needs.
"""

from __future__ import annotations

import errno
import functools
import gettext
import io
import os

from triage import errors

TYPE_CHECKING = False
# As ``typing`` has it, whose import would cost a tenth of the time until the prompt.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from typing import Any

LANGUAGES = ("vi", "en")
_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "locale")  # noqa: PTH100, PTH118, PTH120 - see above
_state = {"language": "vi"}


class Sentence:
    """An error in words."""

    __slots__ = ("next", "safe", "what")

    def __init__(self, what: str, safe: str, next: str) -> None:  # noqa: A002 - the field's name
        self.what = what
        """What happened."""
        self.safe = safe
        """What is safe."""
        self.next = next
        """What to do next."""

    def __iter__(self) -> Iterator[str]:
        """The three in order."""
        return iter((self.what, self.safe, self.next))


def use(language: str) -> None:
    """Speak ``vi`` or ``en`` from now on."""
    if language not in LANGUAGES:
        raise errors.UsageError("bad-language", value=language)
    _state["language"] = language


def language() -> str:
    """The language spoken now."""
    return _state["language"]


def from_environment() -> str:
    """The locale's language if it is one of ours, else Vietnamese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "vi"
    return "vi"


def say(message: str, /, **values: object) -> str:
    """``message`` in the language spoken now, its ``{placeholders}`` filled."""
    words = _catalogue().gettext(message) if _state["language"] == "vi" else message
    return words.format(**values) if values else words


def later(message: str) -> str:
    """``message`` itself, marked as one to be translated when it is shown: ``say(later("Quit"))``."""
    return message


def sentence(error: errors.TriageError, language: str | None = None, *, screen: bool = False) -> Sentence:
    """The three sentences of an error: what happened, what is safe, what to do next (on the screen: by its keys)."""
    words, language = error_words()[error.code], language or _state["language"]
    what, safe, next_ = words[language]
    said = words.get(f"screen_{language}", next_) if screen else next_
    return Sentence(*(part.format(**error.values) for part in (what, safe, said)))


def word(group: str, value: str, language: str | None = None) -> str:
    """A word of the domain, for example ``word("level", "HIGH")``: «Cao»."""
    return _words()[group][value][language or _state["language"]]


def system(error: OSError) -> str:
    """Why the system refused, in a person's words; its own where we have none."""
    code = errno.errorcode.get(error.errno or 0, "")
    return word("system", code) if has_word("system", code) else (error.strerror or "")


def has_word(group: str, value: str) -> bool:
    """Whether the domain has such a word."""
    return value in _words()[group]


@functools.cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return _toml("words.toml")


@functools.cache
def error_words() -> dict[str, dict[str, Any]]:
    """Every error code with its ``vi`` and ``en``: [what happened, what is safe, what to do next].

    ``screen_vi`` and ``screen_en`` say what to do next on the screen, where that is not a command.
    """
    words: dict[str, dict[str, Any]] = {}
    for name in sorted(os.listdir(f"{_HERE}/errors")):  # noqa: PTH208 - see above
        words |= _toml(f"errors/{name}")
    return words


def moment(at: datetime) -> str:
    """An instant as a person in Vietnam writes it: ``25/11/2026 14:05``."""
    from triage import clock

    return at.astimezone(clock.VIETNAM).strftime("%d/%m/%Y %H:%M")


def day(on: date) -> str:
    """A date as a person in Vietnam writes it: ``25/11/2026``."""
    return on.strftime("%d/%m/%Y")


def _toml(name: str) -> dict[str, Any]:
    import tomli

    with open(f"{_HERE}/{name}", "rb") as file:  # noqa: PTH123 - see above
        return tomli.load(file)


@functools.cache
def _catalogue() -> gettext.NullTranslations:
    made, source = (f"{_HERE}/vi/LC_MESSAGES/triage.{kind}" for kind in ("mo", "po"))
    if os.path.isfile(made) and not _newer(source, made):  # noqa: PTH113 - see above
        with open(made, "rb") as file:  # noqa: PTH123 - see above
            return gettext.GNUTranslations(file)
    from babel.messages import mofile, pofile

    with open(source, "rb") as words:  # noqa: PTH123 - see above
        catalog = pofile.read_po(words, locale="vi")
    buffer = io.BytesIO()
    mofile.write_mo(buffer, catalog)
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


def _newer(one: str, other: str) -> bool:
    return os.path.isfile(one) and os.stat(one).st_mtime > os.stat(other).st_mtime  # noqa: PTH113, PTH116 - see above
