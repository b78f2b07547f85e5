"""``triage packet``: make, tell the digits, check, receipt."""

from __future__ import annotations

from pathlib import Path

import click

from triage import clock, errors, i18n, paths
from triage.cli import case as case_cli
from triage.cli import spoken, terminal
from triage.terms import Profile


@click.group(cls=spoken.Group, help="Packets for police and others.", example="triage packet list")
def packet() -> None:
    """Packets."""


@packet.command(
    "make",
    help="Make a packet: encrypted, signed, with its report; the decision is entered in the log.",
    example='triage packet make 2026-0001 --to "Công an phường Bến Đò" --basis "NĐ 56/2017 Điều 25" '
    '--purpose "tin báo" --out goi --digits-out so.txt',
)
@click.argument("ref")
@spoken.option(
    "--to", "recipient", required=True, metavar="RECIPIENT", help="A label of the recipients book, or a name."
)
@spoken.option("--basis", required=True, metavar="TEXT", help="The legal ground.")
@spoken.option("--purpose", required=True, metavar="TEXT", help="What it is to be used for.")
@spoken.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder for its files."
)
@spoken.option("--items", multiple=True, metavar="ITEM", help="Only these items; all when left out.")
@spoken.option(
    "--profile",
    type=click.Choice([one.value for one in Profile], case_sensitive=False),
    help="For a plain name.",
)
@spoken.option("--cert", "certificates", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
               help="An officer's RSA certificate: the digits are enveloped for it too.")  # fmt: skip
@spoken.option(
    "--digits-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the 24 digits to a new private file.",
)
@spoken.option(
    "--report-lang", type=click.Choice(["vi", "en"]), default="vi", help="en: English beside the Vietnamese."
)
@spoken.json_option
@click.pass_context
def make(
    ctx: click.Context, ref: str, recipient: str, basis: str, purpose: str, out: Path, items: tuple[str, ...],
    profile: str | None, certificates: tuple[Path, ...], digits_out: Path | None, report_lang: str, as_json: bool,
) -> None:  # fmt: skip
    """Make a packet."""
    from triage.desk import packets

    wish = packets.Wish(
        to=recipient,
        basis=basis,
        purpose=purpose,
        profile=Profile(profile) if profile else None,
        items=tuple(part for item in items for part in item.replace(",", " ").split()) or None,
        certificates=tuple(_bytes(file) for file in certificates),
        language=report_lang,
    )
    desk = terminal.open_desk(ctx)
    made = packets.new(
        desk, ref, wish, out, digits_out=digits_out, progress=terminal.Progress(i18n.say("Packing"))
    )
    if as_json:
        terminal.give({"packet": made.number, "replaces": made.replaces,
                       "files": [file.name for file in made.files if file != digits_out],
                       "fingerprint": made.fingerprint})  # fmt: skip
    else:
        terminal.tell(i18n.say("Packet {number} is made:", number=made.number))
        for file in made.files:
            terminal.tell(f"  {file}")
        terminal.tell(
            i18n.say(
                "The school's certificate has the fingerprint {fingerprint}", fingerprint=made.fingerprint
            )
        )
    if digits_out is not None:
        terminal.narrate(
            i18n.say("The digits are in {file}. They never travel with the packet.", file=digits_out)
        )
    terminal.narrate(_how_to_tell(made.call is not None, made.number))


@packet.command(
    "digits",
    help="Show a packet's 24 digits, to tell them on a call that you make to a checked number.",
    example='triage packet digits HS-7K3M9QTX --reason "Gọi trực ban Công an phường."',
)
@click.argument("number", metavar="PACKET")
@spoken.option("--reason", required=True, metavar="TEXT", help="For whom, and on which call.")
@click.pass_context
def digits(ctx: click.Context, number: str, reason: str) -> None:
    """Show the digits."""
    from triage.desk import packets

    told, row = packets.digits(terminal.open_desk(ctx), number, reason)
    terminal.tell(i18n.say("Call {name} at {phone} (checked on {on}). Never tell them to someone who calls you.",
                           name=row.recipient, phone=row.phone, on=row.verified_on))  # fmt: skip
    terminal.tell("  " + " ".join(told[place : place + 4] for place in range(0, len(told), 4)))


@packet.command(
    "certificate",
    help="Give the school's certificate, to hand to police once.",
    example="triage packet certificate --out school.pem",
)
@spoken.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The file to write."
)
@spoken.json_option
@click.pass_context
def certificate(ctx: click.Context, out: Path, as_json: bool) -> None:
    """Write the certificate."""
    from triage.desk import packets, session

    desk = terminal.open_desk(ctx)
    session.outside(desk, out)
    key = packets.certificate(desk)
    paths.write_new(out, key.public, 0o644)
    case_cli.done(as_json, {"file": str(out), "fingerprint": key.fingerprint}, f"{out}  {key.fingerprint}")


@packet.command(
    "check",
    help="Check a packet: one reading, digests, signature, signer, contents. No store needed.",
    example="triage packet check HS-7K3M9QTX.zip --digits-file so.txt --ca school.pem --out doc",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@spoken.option(
    "--digits-file", metavar="FILE|-", help="The 24 digits; the global --passphrase-file serves too."
)
@spoken.option("--passphrase-file", "also", metavar="FILE|-", help="The same as --digits-file.")
@spoken.option(
    "--ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The school's certificate, received earlier.",
)
@spoken.option("--fingerprint", metavar="HEX", help="Its SHA-256, compared by a number you already have.")
@spoken.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write exactly what was read and checked here.",
)
@spoken.json_option
@click.pass_context
def check(
    ctx: click.Context, file: Path, digits_file: str | None, also: str | None, ca: Path | None,
    fingerprint: str | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Check a packet."""
    from triage.packet import check as checking

    source = digits_file or also or terminal.asked(ctx).passphrase_file
    if source is not None:
        told: str | None = "".join(terminal.first_line(source, private=False).split())
    elif terminal.interactive(ctx):
        told = "".join(click.prompt(i18n.say("The 24 digits")).split())
    else:
        told = None
    report = checking.packet(
        file,
        digits=told,
        ca=_bytes(ca) if ca else None,
        fingerprint=fingerprint,
        out=out,
        now=clock.SystemClock().now(),
    )
    if as_json:
        terminal.give(report.as_json())
    else:
        for one in report.checks:
            terminal.tell(
                f"{i18n.say('holds') if one.holds else i18n.say('DOES NOT HOLD'):14} {one.name:12} {one.detail}"
            )
    if not report.holds:
        ctx.exit(1)


@packet.command("list", help="Packets made.", example="triage packet list")
@click.argument("ref", required=False)
@spoken.json_option
@click.pass_context
def list_(ctx: click.Context, ref: str | None, as_json: bool) -> None:
    """List packets."""
    from triage.desk import packets, view

    found = packets.listed(terminal.open_desk(ctx), ref)
    if as_json:
        terminal.give({"packets": [
            {"packet": row.number, "ref": case_ref, "to": row.recipient, "profile": row.profile,
             "made_at": clock.text(row.made_at), "by": row.by, "basis": row.basis, "purpose": row.purpose,
             "replaces": row.replaces, "sha256": row.sha256, "received_by": row.received_by,
             "received_at": view.moment(row.received_at), "reference": row.reference}
            for case_ref, row in found
        ]})  # fmt: skip
        return
    if not found:
        terminal.tell(i18n.say("No packet was made yet."))
    for case_ref, row in found:
        received = (
            i18n.say("received by {who}", who=row.received_by)
            if row.received_by
            else i18n.say("no receipt yet")
        )
        terminal.tell(f"{row.number}  {case_ref}  {i18n.moment(row.made_at)}  {row.recipient}  {received}")


@packet.command("receipt", help="Record who received a packet; its digits are erased.",
                example='triage packet receipt HS-7K3M9QTX --received-by "Trung úy N." --reference 45/TB')  # fmt: skip
@click.argument("number", metavar="PACKET")
@spoken.option("--received-by", required=True, metavar="WHO", help="Who received it.")
@spoken.option("--reference", required=True, metavar="NO", help="The number they gave.")
@spoken.json_option
@click.pass_context
def receipt(ctx: click.Context, number: str, received_by: str, reference: str, as_json: bool) -> None:
    """Record a receipt."""
    from triage.desk import packets

    packets.receipt(terminal.open_desk(ctx), number, received_by, reference)
    case_cli.done(as_json, {"packet": number.upper(), "received_by": received_by}, i18n.say("Recorded."))


def _how_to_tell(known: bool, number: str) -> str:
    if known:
        return i18n.say(
            "To tell the digits on a call you make: triage packet digits {number} --reason TEXT",
            number=number,
        )
    return i18n.say("This recipient's number was never checked: write it into the book (triage recipient add) "
                    "before the digits can be told by phone.")  # fmt: skip


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise errors.UsageError("file-unreadable", file=str(file), why=i18n.system(error)) from None
