"""Exact discrete Gaussian noise: integers only, from the operating system's generator.

No floating point and no seed: both have been used to undo noise (Mironov 2012). Every probability below
is a fraction of integers, and every random choice is one uniform integer.

Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy", 2020, algorithms 1-3.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import TypeAlias

Below: TypeAlias = Callable[[int], int]
"""A uniform integer from 0 up to, not including, the argument."""


def discrete_gaussian(sigma2: int, below: Below = secrets.randbelow) -> int:
    """One draw y with probability proportional to exp(-y^2 / (2 sigma2)), any integer possible.

    Args:
        sigma2: the variance parameter, a positive integer.
        below: where uniform integers come from; tests alone put something else here.
    """
    if sigma2 < 1:
        raise ValueError("sigma2 is a positive integer")
    scale = math.isqrt(sigma2) + 1
    while True:
        y = _discrete_laplace(scale, below)
        # exp(-(|y| - sigma2/scale)^2 / (2 sigma2)), both sides of the fraction times scale^2
        if _chance_exp((abs(y) * scale - sigma2) ** 2, 2 * sigma2 * scale * scale, below):
            return y


def _discrete_laplace(scale: int, below: Below) -> int:
    """One draw y with probability proportional to exp(-|y| / scale)."""
    while True:
        rest = below(scale)
        if not _chance_exp(rest, scale, below):
            continue
        wholes = 0
        while _chance_exp(1, 1, below):
            wholes += 1
        size, negative = rest + scale * wholes, below(2) == 1
        if size or not negative:  # zero would come twice, once with each sign
            return -size if negative else size


def _chance_exp(top: int, bottom: int, below: Below) -> bool:
    """True with probability exp(-top/bottom), for any fraction from 0 up."""
    while top > bottom:
        if not _chance_exp(1, 1, below):
            return False
        top -= bottom
    turn = 1
    while below(bottom * turn) < top:  # true with probability (top/bottom) / turn
        turn += 1
    return turn % 2 == 1
