"""What Vietnamese looks like: the shape of a syllable, old tone marks, words that no screen says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_ONSET = "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|b|c|d|g|h|k|l|m|n|p|r|s|t|v|x)?"
_NUCLEUS = (
    "(?:uyê|uya|uye|uyu|ieu|yeu|oai|oay|oeo|uay|uoi|uou|uao|oao|ai|ao|au|ay|eo|eu|ia|ie|iu|oa|oe|oi|ua|ue|ui|uo|"
    "uu|uy|ye|a|e|i|o|u|y)"
)
_SYLLABLE = re.compile(f"{_ONSET}{_NUCLEUS}(?:ch|ng|nh|c|m|n|p|t)?")
_OLD_TONE = re.compile(r"(?:o[áàảãạéèẻẽẹ]|(?<!q)u[ýỳỷỹỵ])\b", re.IGNORECASE)
BORROWED = {
    "zoom", "zalo", "telegram", "messenger", "facebook", "take", "it", "down", "stopncii", "email", "online", "video",
    "clip", "sim", "otp", "qr", "sms", "eml", "sha", "wi-fi", "vneid", "vn-cop", "gd", "đt", "ubnd", "thcs", "nđ",
    "antt", "ctxh", "gddn", "ai", "hcm", "tp", "pc", "game", "free", "fire", "roblox", "discord", "sugar", "daddy",
    "livestream", "donate", "idol", "acc", "app", "concert", "shopee", "hack", "v",
}  # fmt: skip
FORBIDDEN = (
    "nạn nhân", "hung thủ", "hư hỏng", "nhẹ dạ", "cả tin", "dại dột", "đối tượng", "công an quận", "công an huyện",
    "thầy/cô", "bóc phốt", "thẩm vấn", "thượng cấp", "lỗi của em",
)  # fmt: skip


def folded(word: str) -> str:
    """The word without marks, lower case."""
    bare = unicodedata.normalize("NFD", word.casefold().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def foreign(text: str) -> list[str]:
    """Words that no Vietnamese syllable is shaped like and that are not borrowed names."""
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text)
    return [
        word
        for word in words
        if word.casefold() not in BORROWED
        and not all(_SYLLABLE.fullmatch(folded(part)) for part in word.split("-"))
    ]


def old_tone(text: str) -> str | None:
    """The first syllable with its tone mark where it is no longer put, if any."""
    found = _OLD_TONE.search(text)
    return found.group() if found else None


def pairs(document: Any, where: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text with both languages in a document: where it stands, Vietnamese, English."""
    if isinstance(document, list):
        for place, item in enumerate(document):
            yield from pairs(item, f"{where}/{item.get('id', place) if isinstance(item, dict) else place}")
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        if key == "vi" or key.endswith("_vi"):
            other = document[key[:-2] + "en"]
            lines = zip(value, other, strict=True) if isinstance(value, list) else ((value, other),)
            for vi, en in lines:
                yield where, vi, en
        yield from pairs(value, f"{where}/{key}")
