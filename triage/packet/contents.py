"""What goes into a packet, as plain values, and what each profile of recipient may hold."""

from __future__ import annotations

import dataclasses
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from triage import errors, terms

Both: TypeAlias = tuple[str, str]
"""The same words twice: Vietnamese, English."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so nothing is misread aloud."""
NUMBER = re.compile(r"HS-[0-9A-HJKMNP-TV-Z]{8}")
_ITEM = re.compile(r"E-[0-9]{3,6}")

_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "application/zip": ".zip",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/3gpp": ".3gp",
}


@dataclass(frozen=True, slots=True)
class Party:
    """A school or a recipient."""

    name: str
    """As printed: ``Trường THCS Hoa Gạo``, ``Công an phường Bến Đò``."""
    code: str = ""
    """The school's code or tax number."""
    address: str = ""
    """By today's administrative units: no district."""
    phone: str = ""
    """The number that is answered."""
    contact: str = ""
    """Who answers, and in what office."""
    above: str = ""
    """The body above a school, printed over its name; left out when empty."""
    place: str = ""
    """The place before the date: ``TP. Hồ Chí Minh``; dots when empty."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that is not taken in, a sexual image above all: words only."""

    what: str
    """What it is, in words, without detail."""
    where: str
    """Platform, account, time of the message."""
    holder: str
    """Who holds it."""
    count: int | None = None
    """How many there are, when known."""
    hashed: bool | None = None
    """Whether it was hashed for a removal service, when known."""


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One line of an item's custody record."""

    at: datetime
    """When."""
    act: str
    """Its code: taken, referenced, exported, packed, verified, withdrawn."""
    by: str
    """The label of the person at the desk."""
    note: str = ""
    """In her words."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of evidence: a file whose original bytes are kept, or a reference in words."""

    id: str
    """``E-001``."""
    original_name: str | None
    """The file's name as it came, verbatim; None for a reference."""
    sha256: str | None
    """SHA-256 taken at intake, 64 lower-case hex digits; None for a reference."""
    size: int | None
    """Bytes; None for a reference."""
    media_type: str | None
    """The type its first bytes show."""
    claimed_type: str | None
    """The type its name claims."""
    added_at: datetime
    """When it was taken in."""
    by: str
    """Who took it in, and stated that it shows no sexual image."""
    source: str | None = None
    """From whom it came."""
    device: str | None = None
    """On which device it was made."""
    taken_at: datetime | None = None
    """When the picture, message or call was made, as stated."""
    statement: str = "no-sexual-image"
    """What was stated at intake: ``no-sexual-image``, or ``reference``."""
    reference: Reference | None = None
    """Filled when there is no file."""
    custody: tuple[CustodyLine, ...] = ()
    """Who had it in hand, in order."""

    @property
    def path(self) -> str:
        """Its place below ``data/``: neutral ASCII, with the extension of the type that was found."""
        return f"evidence/{self.id}{_EXTENSIONS.get(self.media_type or '', '.dat')}"


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """Something that happened, or that was done."""

    at: datetime
    """When it happened."""
    vi: str
    """In Vietnamese."""
    en: str
    """In English."""
    source: str = ""
    """Who says so: student, family, friend, staff, school, screenshot, police, bank, other; or words."""
    recorded_at: datetime | None = None
    """When it was written down; printed when it differs."""
    talk: bool = False
    """Only talk with nothing recorded: the report counts it and does not list it."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person of the case: only what is known and what this recipient needs."""

    label: str
    """``A``: the letter that stands for the person elsewhere in the packet."""
    part: str
    """A value of terms.Part."""
    age_band: str = ""
    """under_13, 13_15, 16_17, 18_plus."""
    sex: str = ""
    """As recorded."""
    name: str = ""
    """Full name."""
    birth: str = ""
    """Date or year of birth as recorded."""
    school_class: str = ""
    """Class."""
    contact: str = ""
    """How to reach the person."""
    guardian: str = ""
    """The student's safe adult, as the screen asks for it: not by that a legal guardian."""
    guardian_contact: str = ""
    """How to reach this adult."""
    guardian_told: str = ""
    """Whether the family was told; if not, why."""
    whereabouts: str = ""
    """Where the person is now, or was seen last."""
    condition: str = ""
    """How the person is now."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The student's own words, verbatim."""

    at: datetime
    """When they were said."""
    text: str
    """As told."""


@dataclass(frozen=True, slots=True)
class Money:
    """One payment."""

    amount: int | None = None
    """In đồng."""
    at: datetime | None = None
    """When it was paid."""
    sent_from: str = ""
    """Account, bank, holder."""
    sent_to: str = ""
    """Account, bank, holder."""
    reference: str = ""
    """The bank's transaction number."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A trace of the offender, as reported."""

    kind: str
    """phone, bank_account, url, account, email, wallet or other."""
    value: str
    """As recorded: real in case.json, made harmless to click in the report."""
    seen_in: tuple[str, ...] = ()
    """Ids of the items it was seen in."""
    note: str = ""
    """Bank, holder's name, name used."""


@dataclass(frozen=True, slots=True)
class PacketCase:
    """Everything one packet says."""

    number: str
    """The outside number, drawn for this packet alone: see new_number."""
    profile: terms.Profile
    """For what kind of recipient: decides what may be held."""
    school: Party
    """Who sends."""
    recipient: Party
    """Who receives; stands inside what is signed."""
    made_at: datetime
    """When the packet was made."""
    made_by: str
    """The label of the person at the desk."""
    basis: str
    """The legal ground of the transfer, as decided."""
    purpose: str
    """What the recipient is asked to use it for."""
    level: terms.Level
    """How serious."""
    told_at: datetime
    """When the school learned of it."""
    channel: Both
    """How the school learned of it."""
    replaces: str | None = None
    """The number of the packet that this one replaces."""
    provisional: bool = False
    """Whether questions that decide the level are still open."""
    reasons: tuple[Both, ...] = ()
    """Why this level, one sentence each."""
    kinds: tuple[tuple[str, str, str], ...] = ()
    """What it is about: code, Vietnamese, English."""
    persons: tuple[PersonLine, ...] = ()
    """Who is in it."""
    words: tuple[Quote, ...] = ()
    """The student's own words."""
    timeline: tuple[TimelineLine, ...] = ()
    """What happened."""
    urgent: tuple[str, ...] = ()
    """Lines of the box «CẦN LÀM NGAY», in Vietnamese."""
    device: str = ""
    """Who holds the student's phone, and whether it is on."""
    harm: tuple[Both, ...] = ()
    """Harm other than money, in words."""
    money: tuple[Money, ...] = ()
    """Payments."""
    indicators: tuple[Indicator, ...] = ()
    """Traces of the offender."""
    requests: tuple[Both, ...] = ()
    """What the recipient is asked to do; empty: the profile's usual ones."""
    done: tuple[TimelineLine, ...] = ()
    """What the school did."""
    skipped: tuple[tuple[str, str, str], ...] = ()
    """Mandatory steps left out: Vietnamese, English, the reason given."""
    items: tuple[Item, ...] = ()
    """Evidence."""
    agreed_claims: int = 0
    """Agreements of a second person that are claimed, not confirmed by her own passphrase."""
    language: str = "vi"
    """vi, or en for a report with English beside the Vietnamese."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a packet of one profile may hold."""

    identity: bool
    """Names, birth dates, classes, contacts, whereabouts."""
    words: bool
    """The student's own words, the timeline, why the level is what it is."""
    indicators: bool
    """Traces of the offender, payments."""
    register: bool
    """The list of evidence with digests and custody, without original names."""
    originals: bool
    """The original files and their original names."""
    urgent: bool
    """The box of what must be done at once, and the steps left out with their reasons."""


HOLDS: dict[terms.Profile, Holding] = {
    terms.Profile.WARD: Holding(True, True, True, True, True, True),
    terms.Profile.PROVINCE: Holding(True, True, True, True, True, True),
    terms.Profile.CHILDLINE: Holding(True, True, True, True, False, True),
    terms.Profile.PRINCIPAL: Holding(False, False, False, False, False, True),
    terms.Profile.DEPARTMENT: Holding(False, False, False, False, False, False),
}
"""Source: security.md 21 (originals and original names: police alone), corrections.md 22, 23, 26."""


def new_number() -> str:
    """A fresh outside number: ``HS-`` and 8 random base-32 characters (40 bits), no counter in it."""
    return "HS-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def fitted(case: PacketCase) -> PacketCase:
    """``case`` without what its profile may not hold.

    Raises:
        errors.UsageError: ``packet-number``, ``packet-item-id``: not of the form that file names need.
        errors.Refused: ``packet-name-in-text``: a profile without identities, and yet a known name in a text.
    """
    if not all(NUMBER.fullmatch(number) for number in (case.number, case.replaces or case.number)):
        raise errors.UsageError("packet-number")
    ids = [item.id for item in case.items]
    if len(set(ids)) < len(ids) or not all(_ITEM.fullmatch(each) for each in ids):
        raise errors.UsageError("packet-item-id")
    holding = HOLDS[case.profile]
    fit = dataclasses.replace(
        case,
        persons=tuple(_person(person, holding) for person in case.persons),
        words=case.words if holding.words else (),
        timeline=case.timeline if holding.words else (),
        reasons=case.reasons if holding.words else (),
        harm=case.harm if holding.words else (),
        indicators=case.indicators if holding.indicators else (),
        money=case.money if holding.indicators else (),
        urgent=case.urgent if holding.urgent else (),
        device=case.device if holding.urgent else "",
        skipped=case.skipped if holding.urgent and holding.words else (),
        items=tuple(_item(item, holding) for item in case.items) if holding.register else (),
    )
    if not holding.identity:
        _refuse_names(case, fit)
    return fit


def files(case: PacketCase) -> tuple[Item, ...]:
    """The items whose bytes go into the packet."""
    if not HOLDS[case.profile].originals:
        return ()
    return tuple(item for item in case.items if item.reference is None)


def _person(person: PersonLine, holding: Holding) -> PersonLine:
    if holding.identity:
        return person
    return PersonLine(person.label, person.part, person.age_band)


def _item(item: Item, holding: Holding) -> Item:
    return item if holding.originals else dataclasses.replace(item, original_name=None)


def _refuse_names(case: PacketCase, fit: PacketCase) -> None:
    """Names of two words or more that the case knows: looked for in every text that is left."""
    names = {_plain(name) for person in case.persons for name in (person.name, person.guardian)}
    left = " ".join(_plain(text) for text in _texts(dataclasses.asdict(fit)))
    if any(" " in name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", left) for name in names):
        raise errors.Refused("packet-name-in-text", profile=case.profile.value)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    return []


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
