"""The analytic benchmark's truth against the published values, and the other scenes against themselves.

References
----------
.. [1] Nelms B, et al. Methods, software and datasets to verify DVH calculations against analytical values.
   Med Phys 2015;42:4435-4448.
"""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from rtcheck.solid import solid_of
from rtcheck.synthetic import scenes
from rtcheck.synthetic.benchmark import CASES, PUBLISHED_CASES, SHAPES, BenchmarkCase
from rtcheck.synthetic.truth import Truth

NAMES = {"Sphere": "sphere", "Cylinder": "axial cylinder"}
COLUMNS = {
    "Mean[Gy]": "dmean_gy",
    "D99%[Gy]": "d99_gy",
    "D95%[Gy]": "d95_gy",
    "D5%[Gy]": "d5_gy",
    "D1%[Gy]": "d1_gy",
    "D0.03cc[Gy]": "d0.03cc_gy",
}


def published(shared_data: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((shared_data / "nelms" / name).read_text(encoding="utf-8").splitlines()))


def test_the_truth_has_the_digits_of_the_published_numbers(shared_data: Path) -> None:
    rows = published(shared_data, "reference.csv")
    assert len(rows) == 16
    for row in rows:
        shape, spacing = NAMES[row["structure"].split("_")[0]], float(row["contour_spacing_mm"])
        case = BenchmarkCase(shape, spacing, float(row["dose_grid_mm"]), row["gradient"], False)
        expected = case.expected()
        assert expected["Volume[cc]"] == pytest.approx(float(row["volume_cc"]), abs=6e-7)
        for metric, column in COLUMNS.items():
            # They are middles of bins of 10 mGy.
            assert expected[metric] == pytest.approx(float(row[column]), abs=0.0051), f"{case} {metric}"
        assert case.truth().range_gy == pytest.approx((float(row["dmin_gy"]), float(row["dmax_gy"])), abs=1e-9)


def test_the_truth_has_the_digits_of_the_published_curves(shared_data: Path) -> None:
    truths: dict[tuple[str, ...], Truth] = {}
    rows = published(shared_data, "curves.csv")
    assert len(rows) > 3500
    for row in rows:
        key = row["shape"], row["gradient"], row["contour_spacing_mm"]
        if key not in truths:
            truths[key] = BenchmarkCase(NAMES[key[0]], float(key[2]), 1.0, key[1], False).truth()
        # The squares at the poles, 0.05 mm2 times half a spacing, are taken as discs.
        allowed = 6e-7 if row["shape"] == "Cylinder" or row["gradient"] == "SI" else 2.1e-6
        assert truths[key].volume_at(float(row["dose_gy"])) == pytest.approx(float(row["volume_cc"]), abs=allowed)


def test_the_benchmark_has_all_combinations() -> None:
    assert len(CASES) == len(set(CASES)) == 5 * 4 * 3 * 2 * 2
    assert len(PUBLISHED_CASES) == 90
    assert sum(len(case.expected()) for case in PUBLISHED_CASES) == 630
    shifted, plain = (BenchmarkCase("sphere", 1.0, 2.0, "SI", shift).field().grid for shift in (True, False))
    assert shifted.origin_mm - plain.origin_mm == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("shape", "spacing", "volume_cc", "means_gy"),
    [
        ("sphere", 3.0, 4 / 3 * math.pi * 1.728, (16.0, 16.0)),
        ("axial cylinder", 3.0, math.pi * 0.144 * 27, (16.0, 16.0)),
        ("rotated cylinder", 3.0, math.pi * 0.144 * 24, (16.0, 16.0)),
        # The base's cap of 1.5 mm lies 12.75 mm above the middle.
        ("axial cone", 3.0, math.pi * 0.144 * 9.5, (16.0, 16 + (8 * 6 + 1.5 * 12.75) / 9.5)),
        ("rotated cone", 3.0, math.pi * 0.144 * 8, (16.0, 16.0)),
    ],
)
def test_flat_ends_in_a_contour_plane_have_half_a_slice_more(
    shape: str, spacing: float, volume_cc: float, means_gy: tuple[float, float]
) -> None:
    for gradient, mean in zip(("AP", "SI"), means_gy, strict=True):
        truth = BenchmarkCase(shape, spacing, 1.0, gradient, False).truth()
        assert truth.volume_cc == pytest.approx(volume_cc, rel=3e-5)
        assert truth.mean_gy == pytest.approx(mean)


@pytest.mark.parametrize("shape", SHAPES)
def test_doses_are_known_and_positive_around_every_solid(shape: str) -> None:
    case = BenchmarkCase(shape, 3.0, 3.0, "AP", True)
    roi, field = case.roi(), case.field()
    doses = field.at(np.concatenate([contour.points_mm for contour in roi.contours]))
    assert doses == pytest.approx(
        case.dose.at(np.concatenate([contour.points_mm for contour in roi.contours])), abs=1e-4
    )
    assert doses.min() > 2.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "count"),
    [(scenes.discs_and_rings, 288), (scenes.spheres_in_all_phases, 168), (scenes.other_solids, 32)],
)
def test_scenes_are_the_same_every_time_and_lie_inside_their_grids(made, count: int) -> None:
    once = list(made())
    again = list(itertools.islice(made(), 20))
    assert len(once) == count
    for one, other in zip(once, again, strict=False):
        assert (one.name, one.solid, one.dose) == (other.name, other.solid, other.dose)
        assert all(np.array_equal(a, b) for a, b in zip(one.contours, other.contours, strict=True))
    for scene in {scene.name: scene for scene in once}.values():
        field = scene.field()
        assert not np.isnan(field.at(np.concatenate(scene.contours))).any()
        # Right prisms hold about the true volume.
        assert solid_of(scene.roi()).outline_volume_cc() == pytest.approx(scene.truth().volume_cc, rel=0.11)
