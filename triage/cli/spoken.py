"""Commands whose help speaks the counsellor's language and ends with an example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from triage import i18n

_F = TypeVar("_F", bound=Callable[..., Any])


class Option(click.Option):
    """An option whose help is a message id."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help in the language spoken now."""
        record = super().get_help_record(ctx)
        return None if record is None else (record[0], i18n.say(self.help or "").strip() if self.help else "")


class _Spoken(click.Command):
    example: str = ""

    def get_short_help_str(self, limit: int = 150) -> str:
        """The first sentence of the help."""
        return i18n.say(self.help or "").strip().split("\n")[0]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is called."""
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=i18n.say("Usage:") + " ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(i18n.say(self.help or "").strip())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options."""
        records = [record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))]
        if records:
            with formatter.section(i18n.say("Options")):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """An example that runs."""
        if self.example:
            with formatter.section(i18n.say("Example")):
                formatter.write_paragraph()
                for line in self.example.strip().splitlines():
                    formatter.write(f"  {line.strip()}\n")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, explained in the language spoken now."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = i18n.say("Show this help and end.")
        return option


class Command(_Spoken):
    """One command."""

    def __init__(self, *args: Any, example: str = "", **values: Any) -> None:
        super().__init__(*args, **values)
        self.example = example


class Group(_Spoken, click.Group):
    """A noun with its commands."""

    command_class = Command

    def __init__(self, *args: Any, example: str = "", **values: Any) -> None:
        super().__init__(*args, **values)
        self.example = example

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were written."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options, then its commands."""
        super().format_options(ctx, formatter)
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str()) for name, command in found if command is not None]
        if rows:
            with formatter.section(i18n.say("Commands")):
                formatter.write_dl(rows)


Group.group_class = Group


def option(*names: str, **values: Any) -> Callable[[_F], _F]:
    """``click.option`` with help in the language spoken now."""
    return click.option(*names, cls=Option, **values)


json_option = option("--json", "as_json", is_flag=True, help="Print one JSON document.")
