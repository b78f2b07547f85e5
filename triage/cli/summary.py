"""``triage summary``: exact inside, noisy and signed outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from triage import i18n
from triage.cli import case as case_cli
from triage.cli import spoken, terminal


@click.group(
    cls=spoken.Group, help="Periodic summaries for the Department.", example="triage summary close 2026-10"
)
def summary() -> None:
    """Summaries."""


@summary.command("show", help="Exact counts of a period: personal data, for inside the school only.",
                 example="triage summary show --period 2026-10")  # fmt: skip
@click.argument("period_text", required=False, metavar="[PERIOD]")
@spoken.option(
    "--period",
    "wanted",
    metavar="PERIOD",
    help="2026-10, 2026-2027-HK1 or 2026-2027; this month when left out.",
)
@spoken.json_option
@click.pass_context
def show(ctx: click.Context, period_text: str | None, wanted: str | None, as_json: bool) -> None:
    """Show exact counts."""
    from triage.desk import restricted, summaries
    from triage.summary import period

    desk = terminal.open_desk(ctx)
    named = wanted or period_text
    of = period.read(named) if named else period.of(desk.now())
    document = summaries.show(desk, of)
    if as_json:
        terminal.give(document)
        return
    terminal.tell(i18n.say("INSIDE ONLY - exact counts of {period}: never send these.", period=of.text))
    _print(document, of.shape)
    case_cli.tell_restricted(restricted.lines(desk))


@summary.command("close", help="Close a period that is over: the noise is drawn once and for all.",
                 example="triage summary close 2026-10")  # fmt: skip
@click.argument("wanted", metavar="PERIOD")
@spoken.json_option
@click.pass_context
def close(ctx: click.Context, wanted: str, as_json: bool) -> None:
    """Close a period."""
    from triage.desk import summaries
    from triage.summary import period

    made = summaries.close(terminal.open_desk(ctx), period.read(wanted))
    case_cli.done(
        as_json,
        {"period": made.period, "closed_on": made.closed_on, "seq": made.seq, "sha256": made.sha256},
        i18n.say("{period} is closed; its numbers will never change.", period=made.period),
    )


@summary.command("export", help="Write a closed period's signed file: the same bytes each time.",
                 example="triage summary export 2026-10 --out for-department")  # fmt: skip
@click.argument("wanted", metavar="PERIOD")
@spoken.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder for its files."
)
@spoken.option(
    "--format",
    "form",
    type=click.Choice(["dsse", "csv"]),
    default="dsse",
    help="dsse: the signed file; csv: for spreadsheets.",
)
@spoken.json_option
@click.pass_context
def export(ctx: click.Context, wanted: str, out: Path, form: str, as_json: bool) -> None:
    """Export a period."""
    from triage.desk import summaries
    from triage.summary import period

    files = summaries.export(terminal.open_desk(ctx), period.read(wanted), out, form)
    case_cli.done(as_json, {"files": [file.name for file in files]}, "\n".join(str(file) for file in files))


@summary.command("ledger", help="Every period that was closed.", example="triage summary ledger")
@spoken.json_option
@click.pass_context
def ledger(ctx: click.Context, as_json: bool) -> None:
    """List releases."""
    from triage.desk import summaries

    rows = summaries.ledger(terminal.open_desk(ctx))
    if as_json:
        terminal.give({"releases": [
            {"period": row.period, "seq": row.seq, "closed_on": row.closed_on, "sha256": row.sha256} for row in rows
        ]})  # fmt: skip
        return
    if not rows:
        terminal.tell(i18n.say("No period was closed yet."))
    for row in rows:
        terminal.tell(f"{row.seq:3}  {row.period:14}  {row.closed_on}  {row.sha256}")


def _print(document: dict[str, Any], shape: str) -> None:
    """Each table with its cells that are not empty."""
    from triage.summary import codebook

    vietnamese = i18n.language() == "vi"
    for table, counted in zip(codebook.tables(shape), document["tables"], strict=True):
        terminal.tell(table.vi if vietnamese else table.en)
        for cell, count in zip(table.cells, counted["values"], strict=True):
            if count:
                terminal.tell(f"  {count:5}  {cell.vi if vietnamese else cell.en}")
