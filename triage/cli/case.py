"""``triage case``: open, look at, answer, note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import clock, errors, i18n
from triage.cli import ask, sealed_words, spoken, terminal
from triage.cli import level as level_cli
from triage.terms import Channel, Delay, Level, Part, Platform, Status

if TYPE_CHECKING:
    from triage.desk import cases, restricted, view
    from triage.desk.session import Desk


def words(
    kind: type[Channel] | type[Delay] | type[Platform] | type[Part] | type[Status],
) -> click.Choice[str]:
    """The values of an enum, read in any case of letters."""
    return click.Choice([member.value for member in kind], case_sensitive=False)


@click.group(
    cls=spoken.Group, help="Cases: open, look at, answer, decide, close.", example="triage case list"
)
def case() -> None:
    """Cases."""


@case.command(
    "new",
    help="Open a case: the level is found and the checklist begins. Kind and channel may follow later.",
    example="triage case new --kind SEXTORT --channel in_person --answers answers.json --words -",
)
@spoken.option(
    "--kind", "kinds", multiple=True, help="What it is about; may be repeated. UNSURE when left out."
)
@spoken.option("--channel", type=words(Channel), default="other", help="How the report came.")
@spoken.option("--told-at", metavar="TIME", help="When it was told: RFC 3339 or 'YYYY-MM-DD HH:MM'.")
@spoken.option(
    "--words",
    "told",
    metavar="FILE|-",
    help="The student's own words; - reads standard input and leaves no file.",
)
@spoken.option("--answers", metavar="FILE|-", help="JSON object: factor to value.")
@spoken.option(
    "--pupil",
    "pupils",
    multiple=True,
    metavar="CODE",
    help="Code of a student known here; new when left out.",
)
@spoken.option("--platform", type=words(Platform), default="unknown", help="Where the first contact was.")
@spoken.option(
    "--delay", type=words(Delay), default="unknown", help="How long until the student told someone."
)
@spoken.option(
    "--restricted", is_flag=True, help="Only the people named can open it, from the first word on."
)
@spoken.option(
    "--named", multiple=True, metavar="LABEL", help="With --restricted: who can open it besides you."
)
@spoken.option("--subject", "subjects", multiple=True, metavar="LABEL",
               help="With --restricted: a member whom it is about, who can never be named.")  # fmt: skip
@spoken.option(
    "--recovery-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --restricted: write recovery words of this case alone; one person is then enough.",
)
@spoken.json_option
@click.pass_context
def new(
    ctx: click.Context, kinds: tuple[str, ...], channel: str, told_at: str | None, told: str | None,
    answers: str | None, pupils: tuple[str, ...], platform: str, delay: str, restricted: bool,
    named: tuple[str, ...], subjects: tuple[str, ...], recovery_out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Open a case."""
    from triage.desk import cases
    from triage.desk import restricted as sealed

    if [told, answers, terminal.asked(ctx).passphrase_file].count("-") > 1:
        raise errors.UsageError("stdin-twice")
    if (named or subjects or recovery_out) and not restricted:
        raise errors.UsageError("usage-missing", name="--restricted", command="triage case new")
    keep = sealed_words.keeper(recovery_out, terminal.asked(ctx).folder)
    given = terminal.read_answers(answers) if answers else {}
    when = clock.parse(told_at) if told_at else None
    about = level_cli.read_kinds(kinds or ("UNSURE",))
    desk = terminal.open_desk(ctx)
    report = cases.NewCase(
        kinds=about,
        channel=Channel(channel),
        told_at=when,
        words=terminal.read_text(told) if told else "",
        answers=given,
        pupils=pupils,
        platform=Platform(platform),
        delay=Delay(delay),
    )
    if restricted:
        opened = sealed.new(desk, report, named, subjects=subjects, keep=keep)
        desk = desk.inside[opened.ref]
    else:
        opened = cases.new(desk, report)
    sealed_words.told(recovery_out)
    _give_opened(desk, opened, told, as_json=as_json)


def _give_opened(desk: Desk, opened: cases.Opened, told: str | None, *, as_json: bool) -> None:
    """Say what has been opened and what comes first."""
    from triage.desk import view

    seen = view.case(desk, opened.ref)
    if told and told != "-":
        terminal.narrate(
            i18n.say("{file} still holds the student's words in plain text: delete it.", file=told)
        )
    for kind in opened.without_playbook:
        terminal.narrate(
            i18n.say("{kind} has no playbook of its own yet: the common steps stand.", kind=kind)
        )
        if i18n.has_word("sos", kind.value):
            terminal.narrate(i18n.say("What to do now: {command}", command=i18n.word("sos", kind.value)))
    if as_json:
        document = seen.line.as_json() | {
            "pupils": list(opened.pupils),
            "without_playbook": [str(kind) for kind in opened.without_playbook],
        }
        terminal.give(document)
        return
    terminal.tell(i18n.say("Case {ref} is open.", ref=opened.ref))
    _explain(seen)
    _next_steps(seen)


@case.command("list", help="Cases, newest first.", example="triage case list --status open --level HIGH")
@spoken.option("--status", type=words(Status), help="Only these.")
@spoken.option("--level", "wanted", metavar="LEVEL", help="Only this level.")
@spoken.option("--kind", metavar="KIND", help="Only this kind.")
@spoken.option("--overdue", is_flag=True, help="Only those with an overdue step, earliest first.")
@spoken.option(
    "--search",
    "search_for",
    metavar="TEXT",
    help="Words in names and texts; marks may be left out: dat finds Đạt.",
)
@spoken.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many."
)
@spoken.json_option
@click.pass_context
def list_(
    ctx: click.Context, status: str | None, wanted: str | None, kind: str | None, overdue: bool,
    search_for: str | None, limit: int, as_json: bool,
) -> None:  # fmt: skip
    """List cases."""
    from triage.desk import restricted, view
    from triage.store.records import cases as rows

    want = rows.Wanted(
        status=status,
        level=read_level(wanted).name if wanted else None,
        kind=level_cli.read_kinds((kind,))[0].value if kind else None,
        limit=limit,
    )
    desk = terminal.open_desk(ctx)
    lines, total = view.listed(desk, want, search_for=search_for or "", overdue=overdue)
    found = restricted.found(desk, search_for or "")
    sealed = restricted.lines(desk)
    if as_json:
        terminal.give({"cases": [line.as_json() for line in lines], "total": total, "found_restricted": found,
                       "restricted": [line.as_json() for line in sealed]})  # fmt: skip
        return
    if lines:
        _table(lines)
        terminal.tell(i18n.say("{shown} of {total}", shown=len(lines), total=total))
    elif not found:
        terminal.tell(i18n.say("No such case."))
    for ref in found:
        terminal.tell(i18n.say("Found in a restricted case: {ref}", ref=ref))
    tell_restricted(sealed)


def tell_restricted(lines: list[restricted.Line]) -> None:
    """One line for each restricted case, to everybody the same."""
    for line in lines:
        terminal.tell(f"{line.ref}  {line.text()}")


def _table(lines: list[view.CaseLine]) -> None:
    terminal.table(
        (i18n.say("Case"), i18n.say("Level"), i18n.say("Status"), i18n.say("Next"), i18n.say("Due"), ""),
        [
            (
                line.ref,
                level_word(line.level, line.provisional),
                i18n.word("status", line.status),
                line.next_step or "",
                i18n.moment(line.next_due_at) if line.next_due_at else "",
                terminal.late(line.overdue, line.fresh),
            )
            for line in lines
        ],
    )


@case.command("show", help="One case in full; identities stay hidden.", example="triage case show 2026-0001")
@click.argument("ref")
@spoken.json_option
@click.pass_context
def show(ctx: click.Context, ref: str, as_json: bool) -> None:
    """Show a case."""
    from triage.desk import view

    seen = view.case(terminal.open_desk(ctx), ref)
    if as_json:
        terminal.give(seen.as_json())
        return
    kinds = ", ".join(i18n.word("kind", kind) for kind in seen.line.kinds)
    terminal.tell(f"{seen.line.ref}  {kinds}  ({i18n.word('status', seen.line.status)})")
    terminal.tell(i18n.say("Told {told}, recorded {recorded}, {channel}", told=i18n.moment(seen.case.told_at),
                           recorded=i18n.moment(seen.case.opened_at),
                           channel=i18n.word("channel", seen.case.channel)))  # fmt: skip
    _explain(seen)
    for note in seen.notes:
        text = f"«{note.text}»" if note.kind == "words" else note.text
        terminal.tell(f"  {i18n.moment(note.at)}  {text}")
    _next_steps(seen, limit=len(seen.steps))


@case.command(
    "answer",
    help="Record answers; the level and the steps follow. Without answers it asks each open question.",
    example="triage case answer 2026-0001 self_harm=none whereabouts=known_safe",
)
@click.argument("ref")
@click.argument("answers", nargs=-1, metavar="[FACTOR=VALUE...]")
@spoken.option("--person", metavar="LETTER", help="Whose answers, when several students are affected.")
@spoken.json_option
@click.pass_context
def answer(ctx: click.Context, ref: str, answers: tuple[str, ...], person: str | None, as_json: bool) -> None:
    """Answer questions."""
    from triage.desk import cases, view

    pairs = [_pair(text) for text in answers]
    if len(dict(pairs)) < len(pairs):
        raise errors.UsageError("answer-twice")
    desk = terminal.open_desk(ctx)
    before = view.case(desk, ref)
    given = dict(pairs) if pairs else ask.questions(ctx, before)
    if not given:
        return
    cases.answer(desk, ref, given, person=person)
    seen = view.case(desk, ref)
    if as_json:
        terminal.give(seen.line.as_json() | {"assessment": seen.verdict.as_json()})
        return
    if before.line.level is not seen.line.level:
        terminal.tell(
            f"{i18n.word('level', before.line.level.name)} -> {i18n.word('level', seen.line.level.name)}"
        )
    _explain(seen)
    _next_steps(seen)


@case.command("note", help="Add a note (300 characters), or the student's own words (2,000).",
              example='triage case note 2026-0001 --text "Mẹ em đã đến trường."')  # fmt: skip
@click.argument("ref")
@spoken.option("--text", metavar="TEXT", help="The note.")
@spoken.option("--file", "source", metavar="FILE|-", help="Read it from a file or standard input.")
@spoken.option("--words", "verbatim", is_flag=True, help="These are the student's own words, as told.")
@spoken.option("--at", metavar="TIME", help="When it was said or seen; now when left out.")
@spoken.option("--private", is_flag=True, help="Never leaves in a packet.")
@spoken.json_option
@click.pass_context
def note(
    ctx: click.Context, ref: str, text: str | None, source: str | None, verbatim: bool, at: str | None,
    private: bool, as_json: bool,
) -> None:  # fmt: skip
    """Add a note."""
    from triage.desk import cases

    if (text is None) == (source is None):
        raise errors.UsageError("text-or-file")
    desk = terminal.open_desk(ctx)
    said = text if text is not None else terminal.read_text(source or "-")
    cases.note(
        desk,
        ref,
        said,
        kind="words" if verbatim else "note",
        at=clock.parse(at) if at else None,
        private=private,
    )
    done(as_json, {"ref": ref}, i18n.say("Noted in {ref}.", ref=ref))


def done(as_json: bool, document: dict[str, object], sentence: str) -> None:
    """Say that an act is done, as a document or a sentence."""
    if as_json:
        terminal.give(document)
    else:
        terminal.tell(sentence)


def read_level(value: str) -> Level:
    """A level by its name, in any case of letters."""
    found = Level.__members__.get(value.strip().upper())
    if found is None:
        raise errors.UsageError(
            "unknown-value", name="level", value=value, allowed=", ".join(Level.__members__)
        )
    return found


def level_word(level: Level, provisional: bool) -> str:
    """A level as a person reads it."""
    word = i18n.word("level", level.name)
    return i18n.say("{level} (for now)", level=word) if provisional else word


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key or not value:
        raise errors.UsageError("not-a-pair")
    return key.strip().casefold(), ask.value(value)


def _explain(seen: view.CaseView) -> None:
    from triage.response import level as table

    if seen.line.level is not seen.verdict.level:
        terminal.tell(i18n.say("Level {level}, set by a person; the table says:",
                               level=i18n.word("level", seen.line.level.name)))  # fmt: skip
    for line in table.explain(seen.verdict, i18n.language(), away=seen.instead()):
        terminal.tell(line)


def _next_steps(seen: view.CaseView, limit: int = 5) -> None:
    from triage.cli import step as step_cli

    terminal.tell(i18n.say("First:") if limit == 5 else i18n.say("Steps:"))
    wanted = [step for step in seen.steps if limit != 5 or step.state.value == "todo"]
    if limit == 5:
        from triage.response import checklist

        first = {
            step.id
            for step in checklist.first_hour([one.planned for one in wanted], now=clock.SystemClock().now())
        }
        wanted = [step for step in wanted if step.planned.id in first]
    for line in wanted:
        step_cli.print_step(line)
    later = sum(step.state.value == "todo" for step in seen.steps) - len(wanted)
    if limit == 5 and later > 0:
        terminal.tell(
            i18n.say("Later: {count} more (triage step list {ref})", count=later, ref=seen.line.ref)
        )
