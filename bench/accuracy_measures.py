"""What `bench.accuracy` measures: errors of the engine against closed forms, invariances, orders of convergence."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations, product

import numpy as np

from rtcheck.convention import DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.dvh import DVH, compute_dvh
from rtcheck.geometry import FloatArray
from rtcheck.solid import solid_of
from rtcheck.study import ROI
from rtcheck.synthetic import scenes
from rtcheck.synthetic.doses import GaussianDose, LinearDose, dose_grid, sampled
from rtcheck.synthetic.drawing import contours_of
from rtcheck.synthetic.revolved import Cylinder, Sphere
from rtcheck.synthetic.scenes import Scene
from rtcheck.synthetic.truth import Truth
from rtcheck.trilinear import DoseField

PRISM = DEFAULT_CONVENTION
INTERPOLATED = Convention(Between.INTERPOLATED, Ends.HALF_SLICE)


def dvh_of(roi: ROI, dose: DoseField, convention: Convention, **options: int) -> DVH:
    """The DVH under one convention alone."""
    return compute_dvh(solid_of(roi), dose, roi=roi.name, convention=convention, intervals=False, **options)


# Solids of many kinds.


def curve_error_percent(dvh: DVH, truth: Truth, doses: int = 61) -> float:
    """Largest difference of the cumulative curves, in percent of the true volume."""
    assert dvh.curve is not None
    low, high = truth.range_gy
    asked = np.linspace(low - 0.5, high + 0.5, doses)
    return 100 * max(abs(dvh.curve.volume_at(float(d)) - truth.volume_at(float(d))) for d in asked) / truth.volume_cc


@dataclass(frozen=True)
class SceneError:
    """Errors of one scene: volume in percent, mean dose in Gy, curve in percent of the volume."""

    name: str
    volume_percent: float
    mean_gy: float
    curve_percent: float


def scene_errors(drawn: Iterable[Scene], convention: Convention) -> list[SceneError]:
    found = []
    for scene in drawn:
        dvh, truth = dvh_of(scene.roi(), scene.field(), convention), scene.truth()
        volume = 100 * (dvh.volume_cc / truth.volume_cc - 1)
        found.append(SceneError(scene.name, volume, dvh.mean_gy - truth.mean_gy, curve_error_percent(dvh, truth)))
    return found


def by_name(errors: Iterable[SceneError], name: Callable[[str], str] = str) -> dict[str, list[SceneError]]:
    groups: dict[str, list[SceneError]] = defaultdict(list)
    for error in errors:
        groups[name(error.name)].append(error)
    return groups


@dataclass(frozen=True)
class Conformity:
    """Conformity and gradient index of a sphere in its Gaussian dose; true are 1 and (1 + 2 ln 2)^1.5."""

    name: str
    paddick: float
    gradient: float


def conformities(convention: Convention, spacing_mm: float, voxel_mm: float = 1.0) -> list[Conformity]:
    found = []
    for target, around in scenes.gaussian_spheres(spacing_mm, voxel_mm):
        inside, outside = (dvh_of(scene.roi(), scene.field(), convention).curve for scene in (target, around))
        assert inside is not None
        assert outside is not None
        assert isinstance(target.dose, GaussianDose)
        prescribed = target.dose.at_radius(target.dose.sigma_mm)
        isodose_cc = outside.volume_at(prescribed)
        paddick = inside.volume_at(prescribed) ** 2 / (inside.total_cc * isodose_cc)
        found.append(Conformity(target.name, paddick, outside.volume_at(prescribed / 2) / isodose_cc))
    return found


# Invariances: the largest difference that the placing of the dose array makes, in percent of the volume.

SPHERE = Sphere(12.0, centre_mm=(0.3, -0.7, 1.1))
TILTED = LinearDose(40.0, (0.5, -0.3, 0.7))
CURVED = GaussianDose(60.0, 15.0, (2.0, 1.0, -3.0))


def _curves(fields: Iterable[DoseField], convention: Convention) -> FloatArray:
    drawn = Scene("sphere", contours_of(SPHERE, 2.0, 0.5), SPHERE, TILTED, dose_grid((0, 0, 0), 16, 2)).roi()
    asked = np.linspace(20.0, 60.0, 161)
    rows = []
    for one in fields:
        dvh = dvh_of(drawn, one, convention)
        assert dvh.curve is not None
        rows.append([100 * dvh.curve.volume_at(float(dose)) / dvh.volume_cc for dose in asked])
    return np.array(rows)


def _spread(curves: FloatArray) -> float:
    return float(np.abs(curves - curves[0]).max())


def orientation_spread(convention: Convention) -> dict[str, float]:
    """By kind of placing: flips and permutations of a curved dose, oblique grids and phases of a linear one."""
    eye = np.eye(3)
    flips = [np.diag(signs) for signs in product((1.0, -1.0), repeat=3)]
    orders = [eye[list(order)] for order in permutations(range(3))]
    oblique = [eye, *(_rotation(angles) for angles in ((0, 0, 12), (25, -10, 40), (90, 33, 5)))]
    phases = [(0.0, 0.0, 0.0), *np.random.default_rng(5).uniform(0, 1, (12, 3)).tolist()]
    turned = {"flips": flips, "permutations of the axes": orders}
    found = {
        kind: _spread(_curves((sampled(CURVED, dose_grid((0, 0, 0), 18, 2.0, directions=d)) for d in some), convention))
        for kind, some in turned.items()
    }
    slanted = (sampled(TILTED, dose_grid((0, 0, 0), 24, 2.0, directions=d)) for d in oblique)
    found["oblique dose grids"] = _spread(_curves(slanted, convention))
    moved = (sampled(TILTED, dose_grid((0, 0, 0), 18, 2.0, phase=phase)) for phase in phases)
    found["sub-voxel phases of the dose grid"] = _spread(_curves(moved, convention))
    return found


def _rotation(degrees: Sequence[float]) -> FloatArray:
    """About x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        turn, (i, j) = np.eye(3), ((axis + 1) % 3, (axis + 2) % 3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


# Convergence: errors for steps that are halved from one to the next.


def spacing_errors(convention: Convention, spacings_mm: Sequence[float] = (4.0, 2.0, 1.0, 0.5)) -> list[float]:
    """Relative error of a sphere's volume for each contour spacing."""
    dose = sampled(TILTED, dose_grid((0, 0, 0), 16, 4))
    errors = []
    for spacing in spacings_mm:
        contours = contours_of(SPHERE, spacing, 0.5)
        roi = Scene("sphere", contours, SPHERE, TILTED, dose.grid).roi()
        errors.append(dvh_of(roi, dose, convention).volume_cc * 1000 / SPHERE.volume_mm3 - 1)
    return errors


#: So many boxes count as exact.
MANY_BOXES = 2_000_000


@dataclass(frozen=True)
class BoxError:
    """Change of V(D) to that of `MANY_BOXES`, RMS in parts of the volume, for cells of a side."""

    side_mm: float
    error: float


def box_errors(convention: Convention, boxes: Sequence[int] = (500, 4_000, 32_000, 256_000)) -> list[BoxError]:
    """A cylinder in a curved dose, in five places; cells are smaller than slices and voxels, as orders ask."""
    rows, sides = [], []
    for place in np.random.default_rng(6).uniform(-1.0, 1.0, (5, 3)).tolist():
        solid = Cylinder(10.0, 20.0, centre_mm=tuple(place))
        scene = Scene("cylinder", contours_of(solid, 2.0), solid, CURVED, dose_grid((0, 0, 0), 16, 2.0))
        dose = scene.field()
        asked = np.linspace(*dose.range_gy, 61)
        row = []
        for count in (*boxes, MANY_BOXES):
            dvh = dvh_of(scene.roi(), dose, convention, boxes=count)
            assert dvh.curve is not None
            row.append([dvh.curve.volume_at(float(gray)) / dvh.volume_cc for gray in asked])
            sides.append(dvh.spacing_mm)
        rows.append(np.array(row[:-1]) - row[-1])
    errors = np.sqrt(np.mean(np.square(rows), axis=(0, 2)))
    return [BoxError(side, float(error)) for side, error in zip(sides[: len(boxes)], errors, strict=True)]


def fitted_order(found: Sequence[BoxError]) -> float:
    """Slope of the error against the side, both logarithmic."""
    return float(np.polyfit(np.log([one.side_mm for one in found]), np.log([one.error for one in found]), 1)[0])


def voxel_errors(convention: Convention, voxels_mm: Sequence[float] = (4.0, 2.0, 1.0)) -> list[float]:
    """RMS error of V(D), in parts of the volume, of an upright cylinder in a Gaussian dose on its axis."""
    solid, dose = Cylinder(10.0, 22.0), GaussianDose(50.0, 12.0)
    contours, truth = contours_of(Cylinder(10.0, 20.0), 2.0), Truth(solid, dose)
    asked = np.linspace(*truth.range_gy, 41)
    errors = []
    for voxel in voxels_mm:
        found = []
        for phase in ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.3, 0.1, 0.7)):
            scene = Scene("cylinder", contours, solid, dose, dose_grid((0, 0, 0), 16, voxel, phase=phase))
            curve = dvh_of(scene.roi(), scene.field(), convention).curve
            assert curve is not None
            found += [(curve.volume_at(float(d)) - truth.volume_at(float(d))) / truth.volume_cc for d in asked]
        errors.append(float(np.sqrt(np.mean(np.square(found)))))
    return errors


def orders(errors: Sequence[float]) -> list[float]:
    """log2 of the ratio of each error to the next."""
    return [math.log2(abs(a) / abs(b)) for a, b in pairwise(errors)]
