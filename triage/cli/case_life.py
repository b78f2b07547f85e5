"""``triage case``: people, decisions, links, the end and the new beginning."""

from __future__ import annotations

import click

from triage import errors, i18n
from triage.cli import case as case_cli
from triage.cli import level as level_cli
from triage.cli import spoken, terminal
from triage.terms import CloseReason, Part

case = case_cli.case


@case.command(help="Add a kind to an open case.", example="triage case kind 2026-0001 SEXTORT")
@click.argument("ref")
@click.argument("kinds", nargs=-1, required=True)
@spoken.json_option
@click.pass_context
def kind(ctx: click.Context, ref: str, kinds: tuple[str, ...], as_json: bool) -> None:
    """Add kinds."""
    from triage.desk import cases, view

    desk = terminal.open_desk(ctx)
    for missing in cases.add_kinds(desk, ref, level_cli.read_kinds(kinds)):
        terminal.narrate(
            i18n.say("{kind} has no playbook of its own yet: the common steps stand.", kind=missing)
        )
    line = view.case(desk, ref).line
    case_cli.done(as_json, line.as_json(), case_cli.level_word(line.level, line.provisional))


@case.command(
    help="The level with its reasons; or raise it, or lower it by one step with a second person.",
    example='triage case level 2026-0001 --raise CRITICAL --reason "Em vừa nhận thêm tin dọa."',
)
@click.argument("ref")
@spoken.option("--raise", "up", metavar="LEVEL", help="Raise it to this level.")
@spoken.option("--lower", "down", metavar="LEVEL", help="Lower it by one step, to this level.")
@spoken.option("--reason", metavar="TEXT", help="Why.")
@spoken.option("--agreed-by", metavar="WHO", help="The second person.")
@spoken.json_option
@click.pass_context
def level(
    ctx: click.Context, ref: str, up: str | None, down: str | None, reason: str | None, agreed_by: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Show or change the level."""
    from triage.desk import decisions, view
    from triage.response import level as table

    if up and down:
        raise errors.UsageError("raise-or-lower")
    if (up or down) and not reason:
        raise errors.UsageError("usage-missing", name="--reason", command="triage case level")
    desk = terminal.open_desk(ctx)
    if up:
        decisions.raise_level(desk, ref, case_cli.read_level(up), reason or "")
    if down:
        if not agreed_by:
            raise errors.Refused("second-person-needed")
        decisions.lower_level(desk, ref, case_cli.read_level(down), reason or "", agreed_by)
    seen = view.case(desk, ref)
    if as_json:
        terminal.give({"ref": seen.line.ref, "decided": seen.line.level.name} | seen.verdict.as_json())
        return
    terminal.tell(case_cli.level_word(seen.line.level, seen.line.provisional))
    for line in table.explain(seen.verdict, i18n.language(), away=seen.instead()):
        terminal.tell(line)
    for change in seen.changes:
        why = i18n.word("why", change.why) + (f": {change.reason}" if change.reason else "")
        terminal.tell(f"  {i18n.moment(change.at)}  {i18n.word('level', change.level)}  {why}")


@case.command(
    help="People of a case: list, add, write down who one is, show who one is (an entry each time).",
    example="triage case person 2026-0001 --add guardian --identity -",
)
@click.argument("ref")
@spoken.option("--add", type=case_cli.words(Part), help="Add a person in this part.")
@spoken.option("--pupil", metavar="CODE", help="The code of a student known here.")
@spoken.option("--of", "letter", metavar="LETTER", help="The person meant.")
@spoken.option(
    "--identity",
    metavar="FILE|-",
    help="JSON object: name, birth, sex, school_class, contact, guardian, guardian_contact.",
)
@spoken.option("--show", "showing", is_flag=True, help="Show who the person is.")
@spoken.json_option
@click.pass_context
def person(
    ctx: click.Context, ref: str, add: str | None, pupil: str | None, letter: str | None, identity: str | None,
    showing: bool, as_json: bool,
) -> None:  # fmt: skip
    """People of a case."""
    from triage.desk import cases, view

    who = cases.check_identity(terminal.read_answers(identity)) if identity else {}
    if (who or showing) and not (add or letter):
        raise errors.UsageError("usage-missing", name="--of", command="triage case person")
    desk = terminal.open_desk(ctx)
    if add:
        letter = cases.add_person(desk, ref, Part(add), who, pupil=pupil)
    elif who and letter:
        cases.set_identity(desk, ref, letter, who)
    if showing and letter:
        found = cases.show_identity(desk, ref, letter)
        case_cli.done(as_json, {"person": letter.upper(), "identity": found}, "\n".join(found.values()))
        return
    people = view.case(desk, ref).people
    if as_json:
        terminal.give(
            {
                "ref": ref,
                "people": [
                    {"person": one.label, "part": one.part, "pupil": one.pupil_code} for one in people
                ],
            }
        )
        return
    for one in people:
        terminal.tell(f"{one.label}  {i18n.word('part', one.part)}  {one.pupil_code or ''}".rstrip())


@case.command(
    help="Traces of the offender: list them, or record one.",
    example="triage case indicator 2026-0001 --kind phone --value '0900 000 123'",
)
@click.argument("ref")
@spoken.option("--kind", "what", help="phone, bank_account, url, account, email, wallet or other.")
@spoken.option("--value", help="As reported.")
@spoken.option("--seen-in", multiple=True, metavar="ITEM", help="An item in which it was seen.")
@spoken.option("--note", "text", metavar="TEXT", help="Bank, holder's name, name used.")
@spoken.json_option
@click.pass_context
def indicator(
    ctx: click.Context, ref: str, what: str | None, value: str | None, seen_in: tuple[str, ...], text: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Traces."""
    from triage.desk import cases, view

    if (what is None) != (value is None):
        raise errors.UsageError("usage-missing", name="--kind --value", command="triage case indicator")
    desk = terminal.open_desk(ctx)
    if what and value:
        cases.add_indicator(desk, ref, what, value, seen_in=seen_in, text=text or "")
    found = view.case(desk, ref).indicators
    if as_json:
        terminal.give({"ref": ref, "indicators": [
            {"kind": one.kind, "value": one.value, "seen_in": one.seen_in.split(), "note": one.note} for one in found
        ]})  # fmt: skip
        return
    for one in found:
        terminal.tell(f"{one.kind}  {one.value}  {one.seen_in}  {one.note or ''}".rstrip())


@case.command(help="Say whose case it is.", example='triage case assign 2026-0001 "Cô An"')
@click.argument("ref")
@click.argument("label", required=False)
@spoken.json_option
@click.pass_context
def assign(ctx: click.Context, ref: str, label: str | None, as_json: bool) -> None:
    """Assign."""
    from triage.desk import decisions

    decisions.assign(terminal.open_desk(ctx), ref, label)
    case_cli.done(
        as_json,
        {"ref": ref, "assigned_to": label},
        i18n.say("Case {ref}: {label}", ref=ref, label=label or "-"),
    )


@case.command(help="Accept or dismiss that two cases belong together.",
               example="triage case link 2026-0001 2026-0002 accept")  # fmt: skip
@click.argument("ref")
@click.argument("other")
@click.argument("decision", type=click.Choice(["accept", "dismiss"], case_sensitive=False))
@spoken.json_option
@click.pass_context
def link(ctx: click.Context, ref: str, other: str, decision: str, as_json: bool) -> None:
    """Link."""
    from triage.desk import decisions

    state = "accepted" if decision.casefold() == "accept" else "dismissed"
    decisions.link(terminal.open_desk(ctx), ref, other, state)
    case_cli.done(as_json, {"ref": ref, "other": other, "state": state},
                  i18n.say("Link {ref} - {other}: recorded.", ref=ref, other=other))  # fmt: skip


@case.command(help="Set or lift a legal hold: while it stands nothing is deleted.",
               example='triage case hold 2026-0001 on --reason "Công an yêu cầu giữ."')  # fmt: skip
@click.argument("ref")
@click.argument("switch", type=click.Choice(["on", "off"], case_sensitive=False))
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.json_option
@click.pass_context
def hold(ctx: click.Context, ref: str, switch: str, reason: str, as_json: bool) -> None:
    """Hold."""
    from triage.desk import decisions

    on = switch.casefold() == "on"
    decisions.hold(terminal.open_desk(ctx), ref, on, reason)
    stands = i18n.say("A hold stands on {ref}.", ref=ref)
    case_cli.done(
        as_json, {"ref": ref, "held": on}, stands if on else i18n.say("No hold stands on {ref}.", ref=ref)
    )


@case.command(help="Close a case; from MEDIUM on a second person agrees.",
               example='triage case close 2026-0001 --reason resolved --agreed-by "Thầy Bình"')  # fmt: skip
@click.argument("ref")
@spoken.option(
    "--reason",
    required=True,
    type=click.Choice([one.value for one in CloseReason], case_sensitive=False),
    help="Why.",
)
@spoken.option("--agreed-by", metavar="WHO", help="The second person.")
@spoken.option("--text", default="", metavar="TEXT", help="A closing sentence.")
@spoken.json_option
@click.pass_context
def close(ctx: click.Context, ref: str, reason: str, agreed_by: str | None, text: str, as_json: bool) -> None:
    """Close."""
    from triage.desk import decisions

    decisions.close(terminal.open_desk(ctx), ref, CloseReason(reason), agreed_by=agreed_by, text=text)
    case_cli.done(as_json, {"ref": ref, "status": "closed"}, i18n.say("Case {ref} is closed.", ref=ref))


@case.command(help="Open a closed case again.",
               example='triage case reopen 2026-0001 --reason "Kẻ xấu nhắn lại."')  # fmt: skip
@click.argument("ref")
@spoken.option("--reason", required=True, metavar="TEXT", help="Why.")
@spoken.json_option
@click.pass_context
def reopen(ctx: click.Context, ref: str, reason: str, as_json: bool) -> None:
    """Reopen."""
    from triage.desk import decisions

    decisions.reopen(terminal.open_desk(ctx), ref, reason)
    case_cli.done(as_json, {"ref": ref, "status": "open"}, i18n.say("Case {ref} is open again.", ref=ref))


@case.command(help="Take the newest act of a case back, if it is yours.",
               example="triage case undo 2026-0001")  # fmt: skip
@click.argument("ref")
@spoken.json_option
@click.pass_context
def undo(ctx: click.Context, ref: str, as_json: bool) -> None:
    """Undo."""
    from triage.desk import undo as undoing
    from triage.desk import view

    desk = terminal.open_desk(ctx)
    before = view.case(desk, ref).line
    taken = undoing.take_back(desk, ref)
    line = view.case(desk, ref).line
    said = i18n.say("Taken back: {act}", act=taken.said(whole=True))
    if before.level is not line.level:
        said += f"\n{i18n.word('level', before.level.name)} -> {i18n.word('level', line.level.name)}"
    case_cli.done(as_json, line.as_json() | {"undone": taken.act}, said)
