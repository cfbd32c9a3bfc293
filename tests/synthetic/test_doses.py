"""Doses as functions, and on grids of any placing."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pytest

from rtcheck.errors import UsageError
from rtcheck.synthetic.doses import GaussianDose, LinearDose, RadialDose, dose_grid, sample_points, sampled
from tests.shapes import rotation

LINEAR = LinearDose(40.0, (0.5, -0.3, 0.7), (1.0, 2.0, 3.0))
SOMEWHERE = np.array([[1.0, 2.0, 3.0], [-4.3, 2.2, 5.1], [3.3, -6.0, 0.4]])
PLACINGS = [
    *(np.diag(signs) for signs in product((1.0, -1.0), repeat=3)),
    *(np.eye(3)[list(order)] for order in permutations(range(3))),
    rotation(20.0, -35.0, 60.0),
]


def test_a_dose_and_its_inverse_belong_together() -> None:
    gaussian, radial = GaussianDose(60.0, 8.0, (1.0, 0.0, 0.0)), RadialDose(50.0, 2.0)
    assert gaussian.radius_mm(30.0) == pytest.approx(8 * math.sqrt(2 * math.log(2)))
    assert gaussian.at(np.array([1.0, 0.0, gaussian.radius_mm(17.0)])) == pytest.approx(17.0)
    assert gaussian.at_radius(5.0) == pytest.approx(60 * math.exp(-25 / 128))
    assert (gaussian.radius_mm(0.0), gaussian.radius_mm(70.0)) == (math.inf, 0.0)
    assert radial.at(np.array([0.0, 3.0, 4.0])) == radial.at_radius(5.0) == 40.0
    assert (radial.radius_mm(40.0), radial.radius_mm(51.0)) == (5.0, 0.0)
    assert LINEAR.at(SOMEWHERE[0]) == 40.0
    for gray in (35.0, 43.0):
        assert LINEAR.at(LINEAR.direction * LINEAR.offset_mm(gray)) == pytest.approx(gray)


@pytest.mark.parametrize("directions", PLACINGS)
@pytest.mark.parametrize("phase", [(0.0, 0.0, 0.0), (0.5, 0.2, 0.9)])
def test_a_linear_dose_is_exact_on_every_grid(directions: np.ndarray, phase: tuple[float, ...]) -> None:
    grid = dose_grid((0.0, 1.0, 0.0), 12.0, (2.0, 2.5, 3.0), phase=phase, directions=directions)
    assert sampled(LINEAR, grid).at(SOMEWHERE) == pytest.approx(LINEAR.at(SOMEWHERE), abs=1e-5)
    corners = np.array([0, -1])
    points = sample_points(grid)[np.ix_(corners, corners, corners)].reshape(-1, 3) @ np.asarray(directions).T
    centre = np.asarray(directions) @ (0.0, 1.0, 0.0)
    assert (points.min(axis=0) <= centre - 12.0).all()
    assert (points.max(axis=0) >= centre + 12.0).all()


def test_the_phase_moves_the_samples_by_parts_of_a_voxel() -> None:
    on, half = (dose_grid((1.0, 2.0, 3.0), 6.0, 2.0, phase=(p, p, p)) for p in (0.0, 0.5))
    distance = np.linalg.norm(sample_points(on) - (1.0, 2.0, 3.0), axis=-1)
    assert distance.min() == 0.0
    assert half.origin_mm - on.origin_mm == pytest.approx([1.0, 1.0, 1.0])
    assert on.position_mm(1, 2, 3) == pytest.approx(sample_points(on)[1, 2, 3])


def test_a_dose_is_never_negative() -> None:
    assert sampled(LinearDose(1.0, (1.0, 0.0, 0.0)), dose_grid((0, 0, 0), 5.0, 1.0)).range_gy[0] == 0.0


def test_skewed_directions_are_refused() -> None:
    with pytest.raises(UsageError, match="orthonormal"):
        dose_grid((0, 0, 0), 5.0, 1.0, directions=((1, 0, 0), (0.1, 1, 0), (0, 0, 1)))
