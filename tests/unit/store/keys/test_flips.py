"""One bit of header.json wrong, anywhere: refused by name, never opened, never an accident."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.store.keys.sample import AN, BINH, School
from triage import errors

FLIPS = 300


def _places(size: int) -> list[tuple[int, int]]:
    """(byte, bit) pairs spread over ``size`` bytes, the same each time."""
    drawn = (int.from_bytes(hashlib.sha256(b"flip %d" % count).digest()[:8]) for count in range(FLIPS))
    return [(value // 8 % size, value % 8) for value in drawn]


@pytest.mark.parametrize("label", [AN, BINH])
def test_no_flipped_bit_opens_the_store(school: School, label: str) -> None:
    """300 places: status 2, 3 or 4, whoever unlocks, and header.json stays as the flip left it."""
    whole = school.file.read_bytes()
    statuses = set()
    for byte, bit in _places(len(whole)):
        flipped = bytearray(whole)
        flipped[byte] ^= 1 << bit
        school.file.write_bytes(flipped)
        with pytest.raises(errors.TriageError) as refused:
            school.unlock(label)
        assert refused.value.status in (2, 3, 4), (byte, bit, refused.value.code)
        statuses.add(refused.value.status)
        assert school.file.read_bytes() == flipped
    assert 4 in statuses
    school.file.write_bytes(whole)
    assert school.unlock(label).label == label


@pytest.mark.parametrize(("name", "status"), [("commit", 3), ("salt", 3), ("nonce", 4), ("mac", 4)])
def test_a_flip_in_a_field_has_the_fields_status(school: School, name: str, status: int) -> None:
    """A wrong bit in her salt or commitment reads as 3; in her nonce or in the MAC as 4."""
    whole = school.file.read_bytes()
    hers = 0 if name == "mac" else whole.index(b'"%s":{"commit":"' % school.lead.member_id.encode())
    start = whole.index(b'"%s":"' % name.encode(), hers) + len(name) + 4
    for byte in range(start, start + 24):
        for bit in (0, 1, 2, 3, 5, 6):
            flipped = bytearray(whole)
            flipped[byte] ^= 1 << bit
            school.file.write_bytes(flipped)
            with pytest.raises(errors.TriageError) as refused:
                school.unlock(AN)
            no_text = flipped[byte] < 32 or chr(flipped[byte]) in '"\\'
            assert refused.value.status == (4 if no_text else status), (byte, bit)


def test_cut_anywhere_it_is_4(school: School) -> None:
    """A header cut short is unreadable."""
    whole = school.file.read_bytes()
    for size in range(0, len(whole) - 1, len(whole) // 40):
        school.file.write_bytes(whole[:size])
        with pytest.raises(errors.StoreDamaged) as refused:
            school.unlock(AN)
        assert refused.value.code == "header-unreadable"
