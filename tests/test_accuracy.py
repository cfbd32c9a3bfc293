"""The engine against closed forms: how many numbers of the analytic benchmark are off, and orders of convergence.

References
----------
.. [1] Nelms B, et al. Methods, software and datasets to verify DVH calculations against analytical values.
   Med Phys 2015;42:4435-4448.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.accuracy_engines import Answer, answers_of, dicompyler_engine, errors_percent, rtcheck_engine
from bench.accuracy_measures import (
    INTERPOLATED,
    PRISM,
    BoxError,
    Conformity,
    SceneError,
    box_errors,
    conformities,
    fitted_order,
    orders,
    orientation_spread,
    scene_errors,
    spacing_errors,
    voxel_errors,
)
from bench.accuracy_page import Measured, Reading, page
from rtcheck.convention import Convention
from rtcheck.synthetic import scenes
from rtcheck.synthetic.benchmark import CASES, PUBLISHED_CASES

BOTH = pytest.mark.parametrize("convention", [PRISM, INTERPOLATED], ids=["prism", "interpolated"])
#: Of what takes long the convention that isn't the default is left to `.ci/run`.
HEAVY = pytest.mark.parametrize(
    "convention", [PRISM, pytest.param(INTERPOLATED, marks=pytest.mark.slow)], ids=["prism", "interpolated"]
)


@pytest.fixture(scope="module")
def answers() -> dict[Convention, list[Answer]]:
    return {one: answers_of(rtcheck_engine(one), PUBLISHED_CASES) for one in (PRISM, INTERPOLATED)}


# The analytic benchmark.


@pytest.mark.parametrize(("convention", "allowed"), [(PRISM, 20), (INTERPOLATED, 8)], ids=["prism", "interpolated"])
def test_few_numbers_of_the_benchmark_are_off_by_more_than_three_percent(answers, convention, allowed) -> None:
    found = answers[convention]
    assert len(found) == 630
    off = [(answer.case, answer.metric, round(100 * answer.error, 2)) for answer in found if answer.off]
    assert len(off) <= allowed, off
    assert np.median(errors_percent(found)) <= 0.1


@BOTH
def test_all_of_the_benchmark_is_exact_on_thin_slices(answers, convention) -> None:
    thin = [answer for answer in answers[convention] if answer.case.spacing_mm == 0.2]
    assert len(thin) == 210
    assert errors_percent(thin).max() <= 1.2


def test_prisms_are_off_only_where_they_cannot_follow_the_surface(answers) -> None:
    """Spheres and lying cylinders on thick slices: closed forms of the prisms themselves, no fault of the engine."""
    off = {(answer.case.shape, answer.case.spacing_mm) for answer in answers[PRISM] if answer.off}
    assert off <= {("sphere", 3.0), ("rotated cylinder", 1.0), ("rotated cylinder", 2.0), ("rotated cylinder", 3.0)}
    axial = [answer for answer in answers[PRISM] if answer.case.shape == "axial cylinder"]
    assert errors_percent(axial).max() <= 0.4


def test_a_coarser_or_shifted_dose_grid_changes_next_to_nothing_in_a_linear_dose() -> None:
    alike = [c for c in CASES if (c.shape, c.spacing_mm, c.gradient) == ("rotated cone", 3.0, "AP")]
    assert len(alike) == 6
    found = answers_of(rtcheck_engine(PRISM), alike)
    for metric in {answer.metric for answer in found}:
        assert np.ptp([answer.error for answer in found if answer.metric == metric]) < 5e-4, metric


def test_an_engine_without_an_answer_is_off() -> None:
    found = answers_of(lambda case: dict.fromkeys(case.expected(), float("nan")), CASES[:1])
    assert all(answer.off for answer in found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_second_engine_is_off_more_often_on_the_same_cases(answers) -> None:
    engine = dicompyler_engine()
    assert engine is not None
    cases = [case for case in PUBLISHED_CASES if case.spacing_mm == case.grid_mm == 3.0]
    theirs = sum(answer.off for answer in answers_of(engine, cases))
    ours = sum(answer.off for answer in answers[PRISM] if answer.case in cases)
    assert len(cases) == 20
    assert theirs > 2 * ours


# Solids that show what these don't.


@HEAVY
def test_discs_and_rings_have_their_volume_however_small(convention) -> None:
    found = scene_errors(scenes.discs_and_rings(placements=1), convention)
    assert len(found) == 72
    assert {error.name: error.volume_percent for error in found if abs(error.volume_percent) > 0.1} == {}
    assert max(error.curve_percent for error in found) <= 0.25


def test_small_spheres_have_their_volume_on_average_over_phases() -> None:
    for diameter in (3.0, 5.0, 10.0, 20.0):
        found = scene_errors(scenes.spheres_in_all_phases((diameter,), phases=6), PRISM)
        assert abs(np.mean([error.volume_percent for error in found])) <= 1.0, diameter


def test_spheres_of_a_centimetre_have_their_volume_between_slices_too() -> None:
    found = scene_errors(scenes.spheres_in_all_phases((10.0, 20.0), phases=6), INTERPOLATED)
    assert abs(np.mean([error.volume_percent for error in found])) <= 1.0


@HEAVY
def test_tori_shells_islands_and_ellipsoids_keep_their_curves(convention) -> None:
    found = scene_errors((scene for number, scene in enumerate(scenes.other_solids()) if number < 8), convention)
    assert len({error.name for error in found}) == 8
    assert max(error.curve_percent for error in found) <= 2.5
    assert np.median([error.curve_percent for error in found]) <= 1.0


@HEAVY
def test_the_conformity_index_of_a_sphere_on_its_isodose_is_one(convention) -> None:
    found = conformities(convention, spacing_mm=0.2)
    assert [index.paddick for index in found] == pytest.approx([1.0] * 5, abs=0.03)
    assert [index.gradient for index in found] == pytest.approx([3.686] * 5, rel=0.02)


@BOTH
def test_the_placing_of_the_dose_array_does_not_matter(convention) -> None:
    spread = orientation_spread(convention)
    assert len(spread) == 4
    assert max(spread.values()) <= 0.05, spread  # percent of the volume
    assert max(spread["flips"], spread["permutations of the axes"]) <= 1e-6, spread


# Convergence: errors for steps that are halved from one to the next.


def test_the_volume_of_prisms_converges_with_the_square_of_the_slice_spacing() -> None:
    errors = spacing_errors(PRISM)
    assert orders(errors) == pytest.approx([2.0] * 3, abs=0.05)
    # The midpoint rule's own error: (s / 2R)^2 / 2.
    assert errors == pytest.approx([0.5 * (spacing / 24) ** 2 for spacing in (4.0, 2.0, 1.0, 0.5)], rel=0.01)


def test_the_interpolated_volume_converges_at_nearly_second_order() -> None:
    errors = spacing_errors(INTERPOLATED)
    assert min(orders(errors)) > 1.6
    assert abs(errors[-1]) < 2e-3


@BOTH
def test_the_curve_converges_with_the_square_of_the_voxel_side(convention) -> None:
    assert orders(voxel_errors(convention)) == pytest.approx([2.0] * 2, abs=0.3)


@BOTH
def test_the_curve_converges_with_the_square_of_the_box_side(convention) -> None:
    found = box_errors(convention)
    # From 2 to 1 mm nearly the square; below 1e-4 of the volume steep cells, cut at the samples anyway, gain less.
    assert found[1].side_mm == found[0].side_mm / 2
    assert found[0].error / found[1].error > 2**1.4, found
    assert 1.3 < fitted_order(found) < 3.0, found
    assert found[-1].error < 3e-5


# The page.


def test_the_page_shows_what_was_measured() -> None:
    exact = answers_of(lambda case: case.expected(), CASES)
    reading = Reading(
        answers=exact,
        discs=[SceneError("disc, R 5 mm", 0.0, 0.0, 0.05), SceneError("disc, R 10 mm", -0.5, 0.0, 0.25)],
        spheres=[SceneError("sphere, 3 mm", -9.75, 0.1, 10.27)],
        others=[SceneError("torus, axial", 1.5, 0.0, 1.52)],
        conformity={1.0: [Conformity("R 5", 0.921, 3.7), Conformity("R 6", 0.956, 3.69)]},
        spread={"flips": 0.0, "oblique dose grids": 0.0123},
        spacing_errors=[0.04, 0.01, 0.0025],
        box_errors=[BoxError(2.0, 4e-3), BoxError(1.0, 1e-3)],
        voxel_errors=[0.02, 0.005],
    )
    missing = [Answer(answer.case, answer.metric, float("inf")) for answer in exact if answer.case.published]
    text = page(Measured({"prism": reading}, missing))
    for line in (
        "| rtcheck, prism | **0** of 630 | 0.000 % | 0.0 % | 0 of 195 |",
        "| dicompyler-core 0.5.6, default | **630** of 630 | inf % | inf % | 195 of 195 |",
        "| rtcheck, prism | **0** of 1680 (0.0 per 630) | 0.000 % | 0.0 % |",
        "| sphere, 0.2 mm | 0.000 / 0.00 | 0.000 / 0.00 | 0.000 / 0.00 | 0 of 84 |",
        "Of the published pairs none is off.",
        "| disc | -0.25 / 0.50 | 0.25 |",
        "| prism, contours every 1 mm | 0.921 to 0.956 | 3.690 to 3.700 |",
        "| oblique dose grids | 1e-02 |",
        "| contours every 4, 2, 1, 0.5 mm: volume of a sphere | 4, 1, 0.25 | 2.0, 2.0 |",
        "| cells of 2, 1 mm: the same | 0.4, 0.1 | 2.0 |",
    ):
        assert line in text.splitlines(), line
