"""The numbers printed in the guarantee, computed from the exact probabilities of the noise."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from triage.summary import release


def right_guesses(changed: int) -> float:
    """How often the best reader guesses right whether a student is in the files.

    The student moves ``changed`` numbers by one each; all that the files tell about it lies in the sum of
    these numbers, so the chance follows exactly from the distribution of a sum of ``changed`` draws.
    """
    weights = [math.exp(-y * y / (2 * release.SIGMA2)) for y in range(-40, 41)]
    one = [weight / math.fsum(weights) for weight in weights]
    total = [1.0]
    for _ in range(changed):
        longer = [0.0] * (len(total) + len(one) - 1)
        for i, a in enumerate(total):
            if a > 1e-18:
                for j, b in enumerate(one):
                    longer[i + j] += a * b
        total = longer
    moved = [0.0] * changed + total
    apart = math.fsum(abs(a - b) for a, b in zip(total + [0.0] * changed, moved, strict=True)) / 2
    return 0.5 + apart / 2


@pytest.mark.parametrize(("months", "terms", "percent"), [(1, 1, 64), (3, 2, 70), (6, 2, 73), (12, 2, 77)])
def test_the_best_reader_is_right_no_more_often_than_printed(months: int, terms: int, percent: int) -> None:
    changed = int(release.rho(months, terms) * 2 * release.SIGMA2)
    assert changed == 2 * months + 4 * terms + 2
    assert percent - 1 < 100 * right_guesses(changed) <= percent


def test_the_words_carry_these_numbers() -> None:
    for words in (release.guarantee("month")["vi"], release.guarantee("month")["en"]):
        assert "64" in words
        assert "77" in words


def test_the_parts_of_a_year_add_up_to_the_year() -> None:
    part = {shape: Fraction(release.guarantee(shape)["rho"]) for shape in ("month", "term", "year")}
    for months, terms in ((1, 1), (5, 2), (12, 2)):
        assert release.rho(months, terms) == months * part["month"] + terms * part["term"] + part["year"]
    assert release.rho(1, 1) == Fraction(1, 4)
    assert release.guarantee("term")["rho_year"] == "(2*months+4*terms+2)/32"
