"""The root command: global options, every noun, and the one place where errors become words."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from triage import errors, i18n
from triage.cli import spoken, terminal

COMMANDS = {
    "sos": "sos", "level": "level", "init": "start", "demo": "demo", "due": "due", "case": "restricted", "step": "step",
    "evidence": "evidence", "packet": "packet", "summary": "summary", "member": "members", "recovery": "members",
    "recipient": "people", "school": "people", "audit": "audit", "backup": "backup", "doctor": "doctor",
    "desk": "desk", "playbook": "playbook", "retention": "retention", "restricted": "restricted",
}  # fmt: skip
"""Each command and the room it lives in, in the order of the help."""


class Root(spoken.Group):
    """Loads a command's room when it is asked for: help in an emergency waits for nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name."""
        room = COMMANDS.get(cmd_name)
        if room is None:
            return None
        found: click.Command = getattr(importlib.import_module(f"triage.cli.{room}"), cmd_name)
        return found


def _speak(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    i18n.use(value or i18n.from_environment())


@click.group(
    cls=Root,
    help="Incident triage for school counsellors. What to do now, without a passphrase: triage sos",
    example="triage sos\ntriage demo",
    context_settings={"max_content_width": 100},
)
@spoken.option("--lang", type=click.Choice(i18n.LANGUAGES), is_eager=True, expose_value=False, callback=_speak,
               help="Language: vi or en.")  # fmt: skip
@spoken.option("--store", type=click.Path(path_type=Path), help="The store's folder.")
@spoken.option(
    "--passphrase-file",
    metavar="FILE",
    help="Read the passphrase from the first line of FILE; - is standard input.",
)
@spoken.option("--as", "label", metavar="LABEL", help="Who is at the desk, when there are several members.")
@spoken.option("--no-input", is_flag=True, help="Never ask; fail instead.")
@click.pass_context
def root(
    ctx: click.Context, store: Path | None, passphrase_file: str | None, label: str | None, no_input: bool
) -> None:
    """Keep the global options for the command that follows."""
    ctx.obj = terminal.Asked(store, passphrase_file, label, no_input, trial=terminal.asked(ctx).trial)


def run(
    arguments: Sequence[str] | None = None, *, trial: Callable[[str, str, str], int] | None = None
) -> int:
    """Run one command and return its exit status (semantics.md).

    Args:
        arguments: the words after the program's name; those it was started with when left out.
        trial: opens the screen on an invented store (see `terminal.Asked.trial`).
    """
    i18n.use(i18n.from_environment())
    signal.signal(signal.SIGTERM, _leave)
    try:
        words = None if arguments is None else list(arguments)
        result = root.main(args=words, standalone_mode=False, obj=terminal.Asked(trial=trial))
        return result if isinstance(result, int) else 0
    except errors.TriageError as error:
        terminal.complain(error)
        return error.status
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 2
    except click.UsageError as error:
        return _usage(error)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        terminal.narrate(i18n.say("Interrupted; nothing more was done."))
        return 130
    except BrokenPipeError:
        # The reader has seen enough; the interpreter's last flush must not complain either.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        return 0
    except FileExistsError as error:
        terminal.complain(errors.Refused("file-exists", file=error.filename))
        return errors.Refused.status
    except OSError as error:
        terminal.complain(errors.TryAgain("system", why=os.strerror(error.errno) if error.errno else ""))
        return errors.TryAgain.status
    except Exception as error:
        return _fault(error)


def _leave(_number: int, _frame: object) -> None:
    """Asked to end: like Ctrl+C, so that what is half-done is cleared away."""
    raise KeyboardInterrupt


def _usage(error: click.UsageError) -> int:
    command = error.ctx.command_path if error.ctx else "triage"
    name = getattr(error, "option_name", None) or getattr(error, "command_name", None) or ""
    param = getattr(error, "param", None)
    if param is not None:
        name = (
            (param.opts or [param.name or ""])[-1]
            if isinstance(param, click.Option)
            else (param.name or "").upper()
        )
    code = {
        click.NoSuchOption: "usage-no-such-option",
        click.MissingParameter: "usage-missing",
        click.BadOptionUsage: "usage-option",
        click.BadParameter: "usage-value",
    }.get(type(error), "usage")
    terminal.complain(errors.UsageError(code, name=name, command=command))
    return errors.UsageError.status


def _fault(error: BaseException) -> int:
    """A fault of ours: its place in our code, never a value."""
    import traceback

    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if f"{os.sep}triage{os.sep}" in frame.filename
    ]
    place = f"{Path(ours[-1].filename).stem}:{ours[-1].lineno}" if ours else "?"
    terminal.complain(errors.TriageError("fault", kind=type(error).__name__, place=place))
    return errors.TriageError.status
