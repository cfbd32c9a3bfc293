"""One-dimensional integrals of functions that are smooth between known kinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from rtcheck.geometry import FloatArray

Function = Callable[[FloatArray], FloatArray]
#: Nodes of Gauss and Legendre's rule on each smooth piece.
NODES = 80
#: Samples between which a function is expected to change sign at most once.
SAMPLES = 801


def integral(function: Function, kinks: Sequence[float]) -> float:
    """Integral from the first to the last kink, with the Gauss-Legendre rule on each piece.

    The substitution ``x = middle + half sin(phi)`` makes roots at the ends of a piece smooth: ``sqrt(1 - sin phi)``.

    Parameters
    ----------
    function : callable
        Takes and returns arrays of shape ``(n,)``.
    kinks : sequence of float
        Increasing; the function is smooth between them, and may rise like a square root at them.
    """
    phi, weight = _nodes()
    total = 0.0
    for low, high in pairwise(kinks):
        half = (high - low) / 2
        values = function((low + high) / 2 + half * np.sin(phi))
        total += half * float(np.sum(weight * np.cos(phi) * values))
    return total


def sign_changes(function: Function, low: float, high: float) -> list[float]:
    """Places between low and high where a function crosses zero, to the last digits, by bisection."""
    x = np.linspace(low, high, SAMPLES)
    above = function(x) > 0
    first = np.flatnonzero(above[1:] != above[:-1])
    if not len(first):
        return []
    left, right, sign = x[first], x[first + 1], above[first]
    for _ in range(45):
        middle = (left + right) / 2
        same = (function(middle) > 0) == sign
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return [float(place) for place in (left + right) / 2]


@cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    x, weight = np.polynomial.legendre.leggauss(NODES)
    return np.asarray(np.pi / 2 * x), np.asarray(np.pi / 2 * weight)
