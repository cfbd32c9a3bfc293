"""True DVHs against sampled points, against other integrators, and against closed forms of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import qmc

from rtcheck.errors import UsageError
from rtcheck.synthetic.doses import Dose, GaussianDose, LinearDose, RadialDose
from rtcheck.synthetic.revolved import Cone, Cylinder, Revolved, Sphere, Torus
from rtcheck.synthetic.solids import LEFT, Ellipsoid, Shape, Together
from rtcheck.synthetic.truth import Truth

GAUSSIAN, RADIAL = GaussianDose(60.0, 8.0), RadialDose(60.0, 2.0)
LINEAR = LinearDose(40.0, (0.5, -0.3, 0.7), (1.0, 2.0, 3.0))
TRUTHS: dict[str, Truth] = {
    "sphere in Gaussian": Truth(Sphere(10.0), GAUSSIAN),
    "sphere beside Gaussian": Truth(Sphere(6.0, centre_mm=(5.0, -3.0, 4.0)), GAUSSIAN),
    "shell in radial": Truth(Sphere(10.0, 7.0), RADIAL),
    "cylinder in Gaussian": Truth(Cylinder(8.0, 20.0), GAUSSIAN),
    "cylinder above radial": Truth(Cylinder(5.0, 6.0, centre_mm=(0.0, 0.0, 7.0)), RADIAL),
    "ring in radial": Truth(Cylinder(9.0, 4.0, 3.0, axis=LEFT, centre_mm=(1.0, 0.0, 0.0)), RADIAL),
    "cone in Gaussian": Truth(Cone(9.0, 15.0, centre_mm=(0.0, 0.0, 2.0)), GAUSSIAN),
    "torus in Gaussian": Truth(Torus(8.0, 3.0, axis=(1.0, 1.0, 0.0)), GAUSSIAN),
    "torus in linear": Truth(Torus(8.0, 3.0, axis=(1.0, 1.0, 0.0)), LINEAR),
    "ellipsoid in linear": Truth(Ellipsoid((9.0, 6.0, 3.0), (1.0, 0.0, 0.0)), LINEAR),
    "islands in linear": Truth(
        Together((Sphere(4.0, centre_mm=(-6, 0, 0)), Cone(4.0, 6.0, centre_mm=(6, 0, 0)))), LINEAR
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUTHS)
def test_curve_mean_and_range_agree_with_sampled_points(name: str) -> None:
    truth = TRUTHS[name]
    points = 14 * (2 * qmc.Sobol(3, seed=1).random(2**18) - 1)
    doses = truth.dose.at(points[truth.shape.contains(points) > 0])
    low, high = truth.range_gy
    assert low - 1e-6 <= doses.min()
    assert doses.max() <= high + 1e-6
    assert (doses.min(), doses.max()) == pytest.approx((low, high), abs=1.0)
    assert truth.mean_gy == pytest.approx(doses.mean(), abs=0.01 * (high - low))
    for gray in np.linspace(low, high, 15):
        assert truth.volume_at(float(gray)) / truth.volume_cc == pytest.approx((doses >= gray).mean(), abs=6e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUTHS)
def test_the_mean_is_the_integral_of_the_curve(name: str) -> None:
    truth = TRUTHS[name]
    low, high = truth.range_gy
    kinks = np.linspace(low, high, 12)[1:-1]
    below = integrate.quad(truth.volume_at, low, high, points=kinks, limit=200, epsrel=1e-5)[0]
    assert truth.mean_gy == pytest.approx(low + below / truth.volume_cc, rel=1e-5)


@settings(max_examples=25)
@given(st.sampled_from(sorted(TRUTHS)), st.floats(0.001, 0.999))
def test_dose_at_a_volume_and_volume_at_a_dose_are_inverse(name: str, share: float) -> None:
    truth = TRUTHS[name]
    assert truth.volume_at(truth.dose_at(share * truth.volume_cc)) == pytest.approx(
        share * truth.volume_cc, abs=1e-6 * truth.volume_cc
    )
    assert truth.dose_at_percent(100 * share) == truth.dose_at(share * truth.volume_cc)


def test_a_gaussian_on_its_sphere_has_the_closed_radius_of_every_dose() -> None:
    truth = TRUTHS["sphere in Gaussian"]
    for gray in (30.0, 40.0, 55.0):
        radius = 8 * math.sqrt(2 * math.log(60 / gray))
        assert truth.volume_at(gray) == pytest.approx(4 / 3 * math.pi * radius**3 / 1000, rel=1e-12)
    assert truth.volume_at(0.0) == truth.volume_cc
    assert truth.range_gy == pytest.approx((GAUSSIAN.at_radius(10.0), 60.0))


def test_a_sphere_and_an_isodose_beside_it_share_a_lens() -> None:
    radius, other, apart = 6.0, 5.0, math.sqrt(50.0)
    truth = TRUTHS["sphere beside Gaussian"]
    lens = math.pi * (radius + other - apart) ** 2
    lens *= (apart**2 + 2 * apart * (radius + other) - 3 * (radius - other) ** 2) / (12 * apart)
    assert truth.volume_at(GAUSSIAN.at_radius(5.0)) == pytest.approx(lens / 1000, rel=1e-9)


def test_the_gradient_index_of_a_gaussian_is_published() -> None:
    """Walker and Byrne 2025: about 3.69 where sigma = R; here (1 + 2 ln 2)^1.5 = 3.686."""
    dose = GaussianDose(10.0, 5.0)
    around = Truth(Sphere(20.0), dose)
    prescribed = dose.at_radius(5.0)
    assert around.volume_at(prescribed / 2) / around.volume_at(prescribed) == pytest.approx(
        (1 + 2 * math.log(2)) ** 1.5
    )


@pytest.mark.parametrize(
    ("shape", "dose"),
    [
        (Cylinder(5.0, 6.0, centre_mm=(1.0, 0.0, 0.0)), GAUSSIAN),
        (Ellipsoid((3.0, 2.0, 1.0)), GAUSSIAN),
        (Together((Sphere(3.0),)), RADIAL),
    ],
)
def test_shapes_without_a_closed_form_in_a_dose_are_refused(shape: Shape, dose: Dose) -> None:
    with pytest.raises(UsageError, match="solid of revolution"):
        Truth(shape, dose)


def test_more_than_the_whole_volume_has_no_dose() -> None:
    with pytest.raises(UsageError, match="5 cc of a solid"):
        TRUTHS["sphere in Gaussian"].dose_at(5.0)


def test_isodoses_that_miss_a_solid_hold_nothing_of_it() -> None:
    above = TRUTHS["cylinder above radial"]
    assert isinstance(above.shape, Revolved)
    assert above.volume_at(RADIAL.at_radius(3.9)) == 0.0
    assert above.range_gy == pytest.approx((RADIAL.at_radius(math.hypot(10, 5)), RADIAL.at_radius(4.0)))
