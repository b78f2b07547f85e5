"""Shares: any two of three give the words back; a share that is mistyped or misplaced is told as such."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.store.keys.sample import School
from triage import errors, i18n
from triage.store.keys import recovery, shares, sheets, wordlist

STORE, OTHER = "ab" * 16, "cd" * 16
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[4]
VECTORS: dict[str, Any] = json.loads((ROOT / "tests/vectors/shares-v1.json").read_bytes())
LANGUAGES = wordlist.LANGUAGES


def _raw(number: int) -> bytes:
    return hashlib.sha256(b"shared %d" % number).digest()[:16]


def _split(number: int, language: str = "vi", set_: int = 3, store: str = STORE) -> list[str]:
    return [one.words for one in shares.split(_raw(number), store=store, number=set_, language=language)]


def _joined(first: str, second: str, number: int, set_: int = 3) -> bytes:
    return shares.join(
        first, second, store=STORE, number=set_, commit_check=lambda found: found == _raw(number)
    )


def _refusal(first: str, second: str, number: int, set_: int = 3) -> tuple[str, dict[str, object]]:
    with pytest.raises(errors.WrongPassphrase) as refused:
        _joined(first, second, number, set_)
    for language in i18n.LANGUAGES:
        assert "{" not in "".join(i18n.sentence(refused.value, language))
    return refused.value.code, refused.value.values


def _alone(text: str, set_: int = 3) -> tuple[str, dict[str, object]]:
    with pytest.raises(errors.WrongPassphrase) as refused:
        shares.read(text, store=STORE, number=set_)
    for language in i18n.LANGUAGES:
        assert "{" not in "".join(i18n.sentence(refused.value, language))
    return refused.value.code, refused.value.values


def _with(words: str, place: int, word: str) -> str:
    split = words.split()
    return " ".join([*split[: place - 1], word, *split[place:]])


def _value(words: str, language: str = "vi") -> int:
    """The number that words spell."""
    value = 0
    for word in words.split():
        value = value << 10 | wordlist.places(language)[word]
    return value


def _another(words: str, place: int, step: int) -> str:
    """The share with another word of its list at a place."""
    split = words.split()
    listed = wordlist.syllables(wordlist.language_of(split))
    word = listed[(listed.index(split[place - 1]) + 1 + step % 1022) % 1024]
    return _with(words, place, word)


def _times(a: int, b: int) -> int:
    """In GF(2^128), by shifts: nothing of the program's or the library's is used."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = a << 1 ^ ((1 << 128 | 0x87) if a >> 127 else 0), b >> 1
    return product


def _inverse(a: int) -> int:
    """The power 2^128 - 2 of a."""
    result = 1
    for _ in range(127):
        result = _times(_times(result, result), a)
    return _times(result, result)


def _interpolated(one: tuple[int, int], two: tuple[int, int]) -> int:
    """The line through two points, at 0."""
    (x, y), (u, v) = one, two
    return _times(_times(y, u) ^ _times(v, x), _inverse(x ^ u))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["store"][:4])
def test_the_vectors_hold_by_other_arithmetic_and_by_ours(case: dict[str, Any], language: str) -> None:
    """Bits, check and secret of each share of the file, worked out by the test alone; then any two are joined."""
    listed = [
        line for line in (ROOT / f"triage/store/keys/words_{language}.txt").read_text().splitlines() if line
    ]
    points = []
    for share in case["shares"]:
        value = 0
        for word in share[language].split():
            value = value * 1024 + listed.index(word)
        bits = f"{value:0150b}"
        number, set_, data = int(bits[:2], 2), int(bits[2:6], 2), int(bits[6:134], 2)
        about = b"triage/v1/share\n" + bytes.fromhex(case["store"]) + bytes([case["set"] % 256, number])
        assert (number, set_) == (share["number"], case["set"] % 16)
        assert bits[134:] == f"{int.from_bytes(hashlib.sha256(about + data.to_bytes(16)).digest()[:2]):016b}"
        points.append((number, data))
    raw = bytes.fromhex(case["raw"])
    for (one, first), (two, second) in itertools.permutations(zip(points, case["shares"], strict=True), 2):
        assert _interpolated(one, two).to_bytes(16) == raw
        joined = shares.join(
            first[language], second[language], store=case["store"], number=case["set"],
            commit_check=lambda found: found == raw,
        )  # fmt: skip
        assert recovery.spell(joined, language) == case["words"][language]


def test_the_vectors_are_what_their_script_makes() -> None:
    """The file beside the script, byte for byte."""
    done = subprocess.run(
        [sys.executable, "tests/vectors/make_shares.py"], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.replace(b"\r\n", b"\n") == (ROOT / "tests/vectors/shares-v1.json").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_fresh_shares_agree_with_other_arithmetic(language: str) -> None:
    """What the library deals is on a line through the secret; two dealings share no word's worth."""
    dealt = _split(1, language)
    points = []
    for words in dealt:
        value = _value(words, language)
        points.append((value >> 148, value >> 16 & (1 << 128) - 1))
    assert [number for number, _ in points] == [1, 2, 3]
    for one, two in itertools.permutations(points, 2):
        assert _interpolated(one, two).to_bytes(16) == _raw(1)
    assert not set(dealt) & set(_split(1, language))


def test_one_share_alone_opens_nothing() -> None:
    """Of one share, once or twice, in either form, nothing comes but its number."""
    for words in _split(2):
        assert _refusal(words, words, 2)[0] == "share-twice"
        assert _refusal(words, words.upper(), 2)[0] == "share-twice"
    assert [shares.read(words, store=STORE, number=3) for words in _split(2)] == [1, 2, 3]


def test_for_one_share_every_secret_is_possible() -> None:
    """Whatever the secret, there is a second share that fits a given one: five hundred tried."""
    of = shares._Set(STORE, 3)
    words = _split(3)[1]
    known = of.reading(_value(words))
    assert known is not None
    seen = set()
    slope = _times(3, _inverse(2))
    for at in range(500):
        secret = _raw(10_000 + at)
        # The line through the secret at 0 and the known share at 2, read at 3.
        rise = int.from_bytes(known[1]) ^ int.from_bytes(secret)
        second = (int.from_bytes(secret) ^ _times(rise, slope)).to_bytes(16)
        other = of.spell(3, second, "vi")
        assert shares.join(words, other, store=STORE, number=3, commit_check=secret.__eq__) == secret
        seen.add(second)
    assert len(seen) == 500


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_wrong_word_or_swap_is_named_by_the_pair(language: str) -> None:
    """In either share, at each place: which share, which word; the right one is never blamed."""
    for number in range(2):
        dealt = _split(number, language)
        for place in range(1, 16):
            wrong = _another(dealt[0], place, 37 * number + 101 * place)
            for first, second, which in ((wrong, dealt[1], 1), (dealt[2], wrong, 2)):
                code, values = _refusal(first, second, number)
                assert (code, values["which"], values["place"]) == ("share-wrong-word", which, place)
        for left in range(14):
            split = dealt[1].split()
            if split[left] != split[left + 1]:
                split[left], split[left + 1] = split[left + 1], split[left]
                code, values = _refusal(dealt[0], " ".join(split), number)
                assert (code, values["which"], values["place"]) == ("share-swapped", 2, left + 1)


def test_a_slip_in_each_of_two_shares_is_named() -> None:
    """One wrong word in both: the first is named, then, when it is right, the second."""
    dealt = _split(4)
    wrong = _another(dealt[0], 6, 5), _another(dealt[2], 11, 9)
    code, values = _refusal(*wrong, 4)
    assert (code, values["which"], values["place"]) == ("share-wrong-word", 1, 6)
    code, values = _refusal(dealt[0], wrong[1], 4)
    assert (code, values["which"], values["place"]) == ("share-wrong-word", 2, 11)


def test_alone_a_share_names_the_place_or_the_few_it_can_be() -> None:
    """The place stands alone where one slip explains it; else it is among those listed: never a wrong one."""
    told = {"share-wrong-word": 0, "share-wrong-places": 0}
    for number in range(8):
        words = _split(number, LANGUAGES[number % 2])[number % 3]
        for place in (2, 7, 12, 15):
            code, values = _alone(_another(words, place, 61 * number + place))
            told[code] += 1
            places = (
                {values["place"]} if "place" in values else set(map(int, str(values["places"]).split(", ")))
            )
            assert place in places
    assert told["share-wrong-word"] > told["share-wrong-places"]


def test_several_places_stay_open_alone_and_the_pair_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a check of six bits almost every place can be it: alone it says so, the pair names the one."""
    real = shares._Set.check
    monkeypatch.setattr(shares._Set, "check", lambda self, number, data: real(self, number, data) & 0x3F)
    for _ in range(10):
        dealt = _split(5)
        wrong = _another(dealt[0], 15, 1)
        code, values = _alone(wrong)
        # One in 64 has a slip behind which no other word could be: it says its one place, and another is drawn.
        if code == "share-wrong-places":
            break
    assert code == "share-wrong-places" and "15" in str(values["places"]).split(", ")
    code, values = _refusal(wrong, dealt[1], 5)
    assert (code, values["which"], values["place"]) == ("share-wrong-word", 1, 15)


def test_a_wrong_word_that_the_check_lets_through_is_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in 65,536: as typed it looks whole; the commitment says no, and the slip is found behind it."""
    real = shares._Set.check
    monkeypatch.setattr(shares._Set, "check", lambda self, number, data: real(self, number, data) & 0x1FF)
    dealt = _split(6)
    changed = ((place, _another(dealt[0], place, step)) for place in range(2, 15) for step in range(1000))
    place, wrong = next(
        (place, words) for place, words in changed if shares._Set(STORE, 3).reading(_value(words))
    )
    assert shares.read(wrong, store=STORE, number=3) == 1
    code, values = _refusal(wrong, dealt[1], 6)
    assert (code, values["which"], values["place"]) == ("share-wrong-word", 1, place)


def test_words_of_no_list_of_the_other_list_and_missing_ones() -> None:
    """Named where the rest fits; two of them: the first; a missing or further word is counted."""
    dealt = _split(7)
    for word in ("wwww", wordlist.syllables("en")[500]):
        code, values = _refusal(_with(dealt[0], 9, word), dealt[1], 7)
        assert (code, values["place"]) == ("share-wrong-word", 9)
    two = _with(_with(dealt[0], 9, "wwww"), 4, "zzzz")
    assert _refusal(dealt[1], two, 7)[1]["place"] == 4
    assert _alone(two) == ("share-unknown", {"which": 1, "place": 4, "after": 5})
    lost = _with(_another(dealt[0], 3, 3), 9, "wwww")
    assert _refusal(lost, dealt[1], 7)[0] == "share-unknown"
    for words in (dealt[0].rsplit(" ", 1)[0], f"{dealt[0]} ach", recovery.spell(_raw(7)), ""):
        assert _alone(words)[0] == "share-count"


def test_shares_of_another_set_are_told_with_both_numbers() -> None:
    """Older or newer, also one whole turn of sixteen apart."""
    for found, number in ((1, 3), (3, 4), (2, 18), (18, 3), (4, 3)):
        old, new = _split(8, set_=found), _split(8, set_=number)
        code, values = _refusal(new[0], old[1], 8, number)
        assert (code, values["which"], values["found"], values["number"]) == (
            "share-other-set", 2, found, number,
        )  # fmt: skip
        assert _alone(old[2], number)[0] == "share-other-set"


def test_shares_of_another_store_are_told_from_the_sheet() -> None:
    """By the sheet's store id; bare words are only said not to be readable here. The right sheet is read."""
    for share in shares.split(_raw(9), store=OTHER, number=3):
        assert _alone(_sheet(share, OTHER))[0] == "share-other-store"
        assert _alone(share.words)[0] in ("share-not-read", "share-wrong-word", "share-wrong-places")
        assert _refusal(share.words, _split(9)[share.number % 3], 9)[0] == "share-not-read"
    for share in shares.split(_raw(9), store=STORE, number=3):
        assert shares.read(_sheet(share, STORE), store=STORE, number=3) == share.number


def _sheet(share: shares.Share, store: str) -> str:
    return sheets.of_share(share.words, share.number, store=store, now=NOW, language="vi", number=3).text()


def test_shares_of_two_dealings_do_not_fit() -> None:
    """Each whole, of one set: together they open nothing, and neither is called mistyped."""
    one, two = _split(10), _split(10)
    code, values = _refusal(one[0], two[1], 10)
    assert (code, values) == ("share-apart", {"first": 1, "second": 2})
    assert _refusal(one[0], two[0], 10)[0] == "share-twice"
    assert _joined(one[0], one[1], 10) == _joined(two[2], two[0], 10) == _raw(10)


def test_two_wrong_words_in_one_share_invent_no_place() -> None:
    """More than one slip: said to be unreadable, with no place that could mislead."""
    dealt = _split(11)
    wrong = _another(_another(dealt[0], 3, 7), 12, 5)
    code, values = _refusal(wrong, dealt[1], 11)
    assert (code, values["place"]) == ("share-not-read", 0)


def test_shares_in_both_lists_fit_each_other() -> None:
    """The list is only spelling."""
    dealt = _split(12)
    assert _joined(dealt[0], " ".join(wordlist.of_number(_value(dealt[1]), 15, "en")), 12) == _raw(12)


def test_a_store_opens_with_any_two_and_with_all_three(school: School) -> None:
    """The store's own words, in any order, from words or sheets; one alone or four are refused."""
    store = school.lead.store
    made = shares.split(recovery.read(school.words), store=store, number=1)
    for pair in itertools.permutations(made, 2):
        found = shares.at(school.folder, [one.words for one in pair])
        assert found == shares.Found(school.words, tuple(one.number for one in pair))
    assert shares.at(school.folder, [_sheet(one, store) for one in made]).numbers == (1, 2, 3)
    for texts in ([], [made[0].words], [one.words for one in (*made, made[0])]):
        with pytest.raises(errors.UsageError) as refused:
            shares.at(school.folder, texts)
        assert refused.value.code == "share-needed"
    with pytest.raises(errors.WrongPassphrase) as third:
        shares.at(school.folder, [made[0].words, made[1].words, _another(made[2].words, 8, 3)])
    values = third.value.values
    assert (third.value.code, values["which"], values["place"]) == ("share-wrong-word", 3, 8)
