"""The words of the domain as enums and plain values."""

from __future__ import annotations

import enum
import functools


class Word(enum.StrEnum):
    """A word that other programs may rely on: upper or lower case as given, read in any case."""

    @classmethod
    def read(cls, value: str) -> Word | None:
        """The member whose value is ``value`` in any case, else None."""
        return next((member for member in cls if member.value.casefold() == value.strip().casefold()), None)


@functools.total_ordering
class Level(enum.Enum):
    """How serious, and so how fast; ordered from LOW to CRITICAL."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __lt__(self, other: Level) -> bool:
        return self.value < other.value

    def __str__(self) -> str:
        return self.name


class Kind(Word):
    """What it is about; UNSURE when nobody can say yet."""

    UNSURE = "UNSURE"
    GROOM = "GROOM"
    CONTROL = "CONTROL"
    SCAM = "SCAM"
    VKIDNAP = "VKIDNAP"
    SEXTORT = "SEXTORT"
    NCII = "NCII"
    BULLY = "BULLY"
    VIOLENCE = "VIOLENCE"
    DOXATO = "DOXATO"
    SELFHARM = "SELFHARM"
    RECRUIT = "RECRUIT"


class Channel(Word):
    """How the report reached the counsellor."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    MESSAGE = "message"
    NOTE = "note"
    FRIEND = "friend"
    PARENT = "parent"
    STAFF = "staff"
    HOTLINE = "hotline"
    OTHER = "other"


class Status(Word):
    """Where a case stands."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class StepState(Word):
    """Where a step stands."""

    TODO = "todo"
    DONE = "done"
    SKIPPED = "skipped"
    WAITING = "waiting"


class CloseReason(Word):
    """Why a case is closed."""

    RESOLVED = "resolved"
    REFERRED = "referred"
    POLICE = "police"
    MOVED = "moved"
    UNFOUNDED = "unfounded"
    MERGED = "merged"


class Part(Word):
    """A person's part in a case."""

    AFFECTED = "affected"
    REPORTER = "reporter"
    GUARDIAN = "guardian"
    ALLEGED = "alleged"
    WITNESS = "witness"
    PEER = "peer"


class Right(Word):
    """What a member of the store is."""

    COUNSELLOR = "counsellor"
    LEAD = "lead"


class Profile(Word):
    """For whom a packet is made."""

    WARD = "ward"
    PROVINCE = "province"
    CHILDLINE = "111"
    PRINCIPAL = "principal"
    DEPARTMENT = "department"


class Platform(Word):
    """Where the first contact was (codebook v1)."""

    ZALO = "zalo"
    FACEBOOK = "facebook"
    TIKTOK = "tiktok"
    TELEGRAM = "telegram"
    INSTAGRAM = "instagram"
    GAME = "game"
    PHONE = "phone"
    OTHER = "other"
    UNKNOWN = "unknown"


class Delay(Word):
    """How long until the student told someone (codebook v1)."""

    SAME_DAY = "same_day"
    DAYS_2_7 = "days_2_7"
    DAYS_8_30 = "days_8_30"
    OVER_30 = "over_30"
    UNKNOWN = "unknown"
