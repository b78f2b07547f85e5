"""``triage level``: what would the table say, and why; no store needed."""

from __future__ import annotations

import click

from triage import errors, i18n
from triage.cli import spoken, terminal
from triage.terms import Kind


def read_kinds(values: tuple[str, ...]) -> tuple[Kind, ...]:
    """Kinds as given, in any case of letters.

    Raises:
        errors.UsageError: ``unknown-value``, naming the kinds there are.
    """
    kinds = []
    for value in values:
        kind = Kind.read(value)
        if kind is None:
            raise errors.UsageError("unknown-value", name="kind", value=value, allowed=", ".join(Kind))
        kinds.append(Kind(kind))
    return tuple(kinds)


@click.command(
    cls=spoken.Command,
    help="What would the decision table say, and why? No store needed.",
    example="""echo '{"age_band": "13_15", "extortion_active": "yes"}' | triage level --kind SEXTORT --answers -""",
)
@spoken.option("--kind", "kinds", multiple=True, required=True, help="What it is about; may be repeated.")
@spoken.option("--answers", required=True, metavar="FILE|-", help="JSON object: factor to value.")
@spoken.json_option
def level(kinds: tuple[str, ...], answers: str, as_json: bool) -> None:
    """Evaluate the table."""
    from triage.response import level as table

    verdict = table.evaluate(read_kinds(kinds), table.check_answers(terminal.read_answers(answers)))
    if as_json:
        terminal.give(verdict.as_json())
        return
    for line in table.explain(verdict, i18n.language()):
        terminal.tell(line)
