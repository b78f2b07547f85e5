"""Everything that is read from and written to the terminal."""

from __future__ import annotations

import getpass
import itertools
import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triage import clean, errors, i18n, paths

if TYPE_CHECKING:
    from triage.desk.session import Desk


@dataclass(slots=True)
class Asked:
    """What was asked for before the command: the global options."""

    store: Path | None = None
    """--store."""
    passphrase_file: str | None = None
    """--passphrase-file."""
    label: str | None = None
    """--as."""
    no_input: bool = False
    """--no-input."""
    desk: Desk | None = None
    """The desk, once it is open."""
    trial: Callable[[str, str, str], int] | None = None
    """Opens the screen on an invented store: its folder, the language, its passphrase."""

    @property
    def folder(self) -> Path:
        """The store's folder."""
        return self.store or paths.store_folder()


def asked(ctx: click.Context) -> Asked:
    """The global options of this call."""
    found = ctx.find_object(Asked)
    return found if found is not None else Asked()


def tell(text: str = "") -> None:
    """A line for a person, on standard output; on a terminal no word is broken at its edge."""
    text = clean.text(text)
    click.echo(_wrapped(text) if sys.stdout.isatty() else text)


def _wrapped(text: str) -> str:
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return "\n".join(lines)


def narrate(text: str) -> None:
    """A line beside the result, on standard error."""
    click.echo(clean.text(text), err=True)


def give(document: object) -> None:
    """The result as one JSON document, ASCII always, on standard output."""
    click.echo(json.dumps(document, ensure_ascii=True))


def complain(error: errors.TriageError) -> None:
    """An error in three sentences, on standard error."""
    sentence = i18n.sentence(error)
    click.echo(
        clean.text(f"triage: {sentence.what}\n        {sentence.safe}\n        {sentence.next}"), err=True
    )


def late(overdue: bool, fresh: bool) -> str:
    """How to say that a time has passed: for the first hour it may only not be written down yet."""
    if not overdue:
        return ""
    return i18n.say("not recorded yet") if fresh else i18n.say("OVERDUE")


def interactive(ctx: click.Context) -> bool:
    """Whether a person is there to be asked."""
    return sys.stdin.isatty() and not asked(ctx).no_input


def confirmed(ctx: click.Context, typed: str | None, desk: Desk) -> None:
    """Hold that an act that cannot be undone is meant: the school's code was typed.

    Raises:
        errors.Refused: ``not-confirmed``.
    """
    from triage.desk import people

    code = people.school(desk)["code"]
    if typed is None and interactive(ctx):
        typed = click.prompt(i18n.say("This cannot be undone. Type the school's code to go on"), err=True)
    if (typed or "").strip() != code:
        raise errors.Refused("not-confirmed")


def passphrase(ctx: click.Context) -> str:
    """The passphrase: from ``--passphrase-file``, else asked for."""
    source = asked(ctx).passphrase_file
    if source is not None:
        return first_line(source)
    if not interactive(ctx):
        raise errors.UsageError("passphrase-needed")
    return getpass.getpass(i18n.say("Passphrase: "))


def new_passphrase(ctx: click.Context, file: str | None) -> str:
    """A passphrase that someone has just chosen: from a file, or typed twice."""
    if file is not None:
        return first_line(file)
    if not interactive(ctx):
        raise errors.UsageError("passphrase-needed")
    words = getpass.getpass(i18n.say("New passphrase: "))
    if getpass.getpass(i18n.say("The same again: ")) != words:
        raise errors.UsageError("passphrases-differ")
    return words


def read_text(source: str) -> str:
    """UTF-8 text from a file, or from standard input for ``-``: call it after the store is unlocked."""
    if source == "-" and sys.stdin.isatty():
        narrate(i18n.say("Type the words; when done, Enter and Ctrl+D:"))
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise errors.UsageError("file-unreadable", file=source, why=i18n.system(error)) from None
    except UnicodeDecodeError:
        raise errors.UsageError("file-not-utf8", file=source) from None


def read_answers(source: str) -> dict[str, str]:
    """Answers from a JSON object in a file or standard input."""
    try:
        found = json.loads(read_text(source), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise errors.UsageError("answers-not-json", file=source, line=error.lineno) from None
    except (RecursionError, ValueError):
        raise errors.UsageError("answers-not-json", file=source, line=1) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise errors.UsageError("answers-not-pairs", file=source)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no name stands twice: of two answers neither is taken silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise errors.UsageError("answer-twice")
    return found


def open_desk(ctx: click.Context) -> Desk:
    """Unlock the store that was asked for; it is closed when the command ends.

    A command on a restricted case (its REF or PACKET) gets the desk inside that case, or is refused.
    """
    from triage.desk import last, presence, restricted, session
    from triage.store.keys import header

    wanted = asked(ctx)
    session.refuse_backup(wanted.folder)
    labels = [slot.label for slot in header.labels(wanted.folder)]
    label = _label(ctx, labels)
    words = passphrase(ctx)
    desk = session.open_store(wanted.folder, words, label=label)
    wanted.desk = desk
    ctx.call_on_close(desk.close)
    last.keep(wanted.folder, desk.label)
    if desk.opened.unlocked.first_time:
        narrate(i18n.say("First unlock on this store. Compare these six words with the lead: {words}",
                         words=desk.opened.unlocked.compare_words))  # fmt: skip
    _greet(ctx, desk)
    if shared := presence.said(desk):
        narrate(shared)
    ref, packet = ctx.params.get("ref"), ctx.params.get("number")
    if isinstance(ref, str):
        wanted.desk = restricted.desk_of(desk, ref)
    elif isinstance(packet, str):
        wanted.desk = restricted.desk_of_packet(desk, packet)
    return wanted.desk


def _greet(ctx: click.Context, desk: Desk) -> None:
    """Say how the log stands: to a person always, to a script only what speaks against it."""
    if desk.opened.anchored and not interactive(ctx):
        return
    from triage.desk import log

    if interactive(ctx):
        one = log.marked(desk)
        narrate(i18n.say("Last entry {number}, {time} by {who}, mark: {words}",
                         number=one.seq, time=i18n.moment(one.at), who=one.by, words=one.words))  # fmt: skip
    if not desk.opened.anchored:
        narrate(i18n.say("{anchor}. It can be read; nothing is recorded until a lead has looked: triage audit anchor",
                         anchor=i18n.word("anchor", log.anchored(desk))))  # fmt: skip


def desk_of(ctx: click.Context) -> Desk:
    """The desk that this command has opened."""
    return asked(ctx).desk or open_desk(ctx)


def _label(ctx: click.Context, labels: list[str]) -> str | None:
    from triage.desk import last

    wanted = asked(ctx)
    if wanted.label:
        return wanted.label
    if len(labels) == 1:
        return labels[0]
    known = last.read(wanted.folder)
    if known in labels:
        return known
    if not interactive(ctx):
        raise errors.UsageError("who-is-there", allowed=", ".join(labels))
    for number, label in enumerate(labels, 1):
        narrate(f" {number}  {label}")
    number = click.prompt(i18n.say("Who is at the desk?"), type=click.IntRange(1, len(labels)), err=True)
    return labels[number - 1]


def first_line(source: str, *, private: bool = True) -> str:
    """The first line of a file or of standard input (``-``): a secret.

    Raises:
        errors.Refused: ``passphrase-file-open``: others on this computer may read the file.
    """
    words = _secret(source, private=private, lines=1).rstrip("\r\n")
    if not words:
        raise errors.UsageError("passphrase-empty")
    return words


def secret_text(source: str) -> str:
    """A whole file that only its owner may read, or standard input (``-``)."""
    return _secret(source, private=True, lines=1000)


def _secret(source: str, *, private: bool, lines: int) -> str:
    try:
        if source == "-":
            data = b"".join(itertools.islice(sys.stdin.buffer, lines))
        else:
            with Path(source).open("rb") as file:
                if private and os.name != "nt" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise errors.Refused("passphrase-file-open", file=source)
                data = b"".join(itertools.islice(file, lines))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise errors.UsageError("file-unreadable", file=source, why=i18n.system(error)) from None
    except UnicodeDecodeError:
        raise errors.UsageError("file-not-utf8", file=source) from None


class Progress:
    """A line on standard error that says how far long work is; silent where nobody watches."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shown = -1

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is: bytes or files done, and in all."""
        percent = 100 * done // total if total else 100
        if percent == self.shown or not sys.stderr.isatty():
            return
        self.shown = percent
        click.echo(f"\r{self.what} {percent:3} %", nl=percent == 100, err=True)


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Rows in columns, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean.line(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else 110, highlight=False).print(made)
