from __future__ import annotations

import ast
import inspect
import itertools
import math
import random  # noqa: TID251 - for the faulty samplers only
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

from triage.summary import noise, release

DRAWS = 20_000
FALSE_ALARM = 1e-6
SIX_SIGMA = 6.0
EDGE = 12
"""Bins are -12 to 12 and the two tails: 27 in all, 26 degrees of freedom, every expectation over 10."""

Sampler = Callable[[int], int]


def chances(sigma2: int = release.SIGMA2, reach: int = 120) -> dict[int, float]:
    """The exact probabilities of the discrete Gaussian, beyond any reach that matters."""
    weights = {y: math.exp(-y * y / (2 * sigma2)) for y in range(-reach, reach + 1)}
    whole = math.fsum(weights.values())
    return {y: weight / whole for y, weight in weights.items()}


def p_value(draws: list[int]) -> float:
    """Pearson's test of the draws against the exact probabilities."""
    seen = Counter(max(-EDGE - 1, min(EDGE + 1, y)) for y in draws)
    due: defaultdict[int, float] = defaultdict(float)
    for y, chance in chances().items():
        due[max(-EDGE - 1, min(EDGE + 1, y))] += chance * len(draws)
    assert min(due.values()) > 10
    statistic = math.fsum((seen[y] - due[y]) ** 2 / due[y] for y in due)
    half, terms = statistic / 2, (len(due) - 1) // 2
    # with an even number of degrees of freedom the tail is a sum of Poisson probabilities
    return math.fsum(math.exp(-half + k * math.log(half) - math.lgamma(k + 1)) for k in range(terms))


def problems(start: Callable[[], Sampler]) -> set[str]:
    """What is wrong with a sampler; ``start`` gives it as a program that has just begun would have it."""
    again = [[sample(release.SIGMA2) for _ in range(40)] for sample in (start(), start())]
    sample = start()
    draws = [sample(release.SIGMA2) for _ in range(DRAWS)]
    moments = {k: math.fsum(y**k * chance for y, chance in chances().items()) for k in (2, 4)}
    squares = math.fsum(y * y for y in draws) / DRAWS
    spread = math.sqrt((moments[4] - moments[2] ** 2) / DRAWS)
    signs = Counter((y > 0) - (y < 0) for y in draws)
    lag = math.fsum(a * b for a, b in itertools.pairwise(draws)) / DRAWS / moments[2]
    found = {
        "repeats": again[0] == again[1],
        "distribution": p_value(draws) < FALSE_ALARM,
        "variance": abs(squares - moments[2]) > SIX_SIGMA * spread,
        "symmetry": abs(signs[1] - signs[-1]) > SIX_SIGMA * math.sqrt(DRAWS - signs[0]),
        "neighbours": abs(lag) * math.sqrt(DRAWS) > SIX_SIGMA,
    }
    return {name for name, wrong in found.items() if wrong}


def test_the_noise_has_the_exact_distribution_variance_symmetry_and_no_memory() -> None:
    """False alarm under 1e-5 a run."""
    assert problems(lambda: noise.discrete_gaussian) == set()


def _seeded() -> Sampler:
    source = random.Random(2026)
    return lambda sigma2: noise.discrete_gaussian(sigma2, source.randrange)


def _too_small() -> Sampler:
    source = random.Random(1)
    return lambda sigma2: noise.discrete_gaussian(sigma2 - 2, source.randrange)


def _clipped() -> Sampler:
    source = random.Random(2)
    return lambda sigma2: max(-8, min(8, noise.discrete_gaussian(sigma2, source.randrange)))


def _never_negative() -> Sampler:
    source = random.Random(3)
    return lambda sigma2: max(0, noise.discrete_gaussian(sigma2, source.randrange))


def _shifted() -> Sampler:
    source = random.Random(4)
    return lambda sigma2: noise.discrete_gaussian(sigma2, source.randrange) + (source.randrange(4) == 0)


def _laplace() -> Sampler:
    source = random.Random(5)
    return lambda _: noise._discrete_laplace(3, source.randrange)


def _sticky() -> Sampler:
    source, last = random.Random(6), [0]

    def sample(sigma2: int) -> int:
        if source.randrange(5):
            last[0] = noise.discrete_gaussian(sigma2, source.randrange)
        return last[0]

    return sample


@pytest.mark.parametrize(
    ("fault", "caught"),
    [
        (_seeded, {"repeats"}),
        (_too_small, {"variance"}),
        (_clipped, {"distribution", "variance"}),
        (_never_negative, {"distribution", "symmetry"}),
        (_shifted, {"distribution", "symmetry"}),
        (_laplace, {"distribution"}),
        (_sticky, {"neighbours"}),
    ],
)
def test_a_faulty_sampler_is_caught(fault: Callable[[], Sampler], caught: set[str]) -> None:
    assert caught <= problems(fault)


def test_uniform_integers_come_from_the_operating_system() -> None:
    assert inspect.signature(noise.discrete_gaussian).parameters["below"].default is secrets.randbelow
    assert inspect.signature(release.draw).parameters["draw"].default is noise.discrete_gaussian


def test_there_is_no_float_no_division_and_no_other_source_in_the_sampler() -> None:
    tree = ast.parse(inspect.getsource(noise))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"math", "secrets"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Div)]
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert used == {"isqrt", "randbelow"}


@pytest.mark.parametrize("sigma2", [0, -1])
def test_noise_of_no_variance_is_refused(sigma2: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        noise.discrete_gaussian(sigma2)


def test_nothing_bounds_a_draw() -> None:
    """Fifteen standard deviations are possible, so no printed number excludes any count."""
    twos = itertools.chain([0] * 12, [1, 1], itertools.repeat(0))
    fixed = {1: 0, 3: 2, 5: 0}

    def below(limit: int) -> int:
        return next(twos) if limit == 2 else fixed.get(limit, limit - 1)

    assert noise.discrete_gaussian(release.SIGMA2, below) == -60
