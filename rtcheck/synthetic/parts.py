"""A dose split into the parts that planning systems export: doses of beams, and of the segments of a beam.

The parts differ from place to place, as those of real beams do, and add up to the whole in every sample.
"""

from __future__ import annotations

import numpy as np

from rtcheck.errors import UsageError
from rtcheck.geometry import FloatArray

#: How much more a part weighs on its own side of the grid: the logarithm of its share at the face.
SLOPE = 1.5


def beam_doses(dose_gy: FloatArray, beams: int = 2) -> tuple[FloatArray, ...]:
    """Split a plan's dose into doses of its beams; each prevails on another side of the grid.

    Parameters
    ----------
    dose_gy : ndarray, shape (frames, rows, columns)
    beams : int

    Returns
    -------
    tuple of ndarray, each of the shape of `dose_gy`
        Not negative; their sum is `dose_gy` to the rounding of floats. Written as pixels, each is off by at most half
        of its DoseGridScaling.

    Raises
    ------
    UsageError
        If there is no beam, or the array isn't three-dimensional.
    """
    return _split(dose_gy, beams, "beams", turn=0.0)


def segment_doses(beam_dose_gy: FloatArray, control_points: int = 5) -> tuple[FloatArray, ...]:
    """Split a beam's dose into doses of its segments, from each control point to the next.

    Parameters
    ----------
    beam_dose_gy : ndarray, shape (frames, rows, columns)
    control_points : int
        As many as the beam has; segment k runs from control point k to k + 1.

    Returns
    -------
    tuple of ndarray, each of the shape of `beam_dose_gy`
        ``control_points - 1`` doses, whose sum is `beam_dose_gy` to the rounding of floats.

    Raises
    ------
    UsageError
        If there are fewer than two control points, or the array isn't three-dimensional.
    """
    return _split(beam_dose_gy, control_points - 1, "segments", turn=1.0)


def _split(dose_gy: FloatArray, parts: int, of: str, turn: float) -> tuple[FloatArray, ...]:
    if parts < 1:
        raise UsageError(f"a dose of {parts} {of}; give at least one")
    if dose_gy.ndim != 3:
        raise UsageError(f"dose of {dose_gy.ndim} dimensions; give (frames, rows, columns)")
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in dose_gy.shape), indexing="ij", sparse=True)
    angles = turn + 2 * np.pi * np.arange(parts) / parts
    weights = [np.exp(SLOPE * (np.cos(a) * x + np.sin(a) * y + 0.3 * np.cos(2 * a) * z)) for a in angles]
    total = sum(weights)
    return tuple(np.asarray(dose_gy * (weight / total)) for weight in weights)
