"""The dose-volume histogram of a solid in a dose: the value that answers metrics, and how it comes about.

The solid is cut into boxes, cells of a lattice one sub-layer high, with the exact area of the outlines in each cell. In
every box the dose is taken as linear around the dose at the centroid of what the outlines cover: beside a steep
gradient the cell's centre may be several gray hotter than anything in the ROI. Nothing is dropped: volume at zero dose
stays, and volume outside the dose grid is kept apart as unknown.

The parts of the solid that conventions treat differently are accumulated apart, so that the curve under each named
convention is a sum of two of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.cores import Cores
from rtcheck.curve import VOLUME_TOLERANCE, DoseVolumeCurve
from rtcheck.metrics import Distribution, Metric, MetricValue, Question, evaluate, parse_metric
from rtcheck.solid import Flag, QualityFlag, Solid
from rtcheck.trilinear import DoseField
from rtcheck.units import PHYSICAL, DoseBasis

if TYPE_CHECKING:
    from rtcheck.engine import Sampled
    from rtcheck.sampling import Accumulator

#: About this many boxes for an ROI, whatever its size, within the bounds on their side.
BOXES = 30_000
#: The interval's other conventions are sampled with so many.
ALTERNATIVE_BOXES = 4_000
#: Below 3 x 3 x 3 dose voxels none lies wholly inside an ROI.
FEW_DOSE_VOXELS = 27
#: A near-point dose over less than so many dose voxels is that of the interpolation.
NEAR_POINT_VOXELS = 8
#: Outlines that bound this share of the volume twice, or the wrong way round, cross themselves.
CROSSING_SHARE = 1e-4


@dataclass(frozen=True, eq=False)
class DVH:
    """A cumulative dose-volume histogram with what is known about it.

    Attributes
    ----------
    roi : str
        The ROI or ROI expression as asked.
    rois : tuple of str
        The ROIs it resolved to.
    curve : DoseVolumeCurve or None
        Of the part inside the dose grid; None where there is none.
    mean_gy, min_gy, max_gy : float
        Of the part inside; mean from samples, extrema over samples and contour vertices. NaN where nothing is inside.
    outside_cc : float
        Volume outside the dose grid: its dose is unknown.
    basis : DoseBasis
    flags : tuple of QualityFlag
    problem : str
        Why there is no volume at all; every metric is then not evaluable for this reason.
    reference_gy : mapping
        Named dose references that percent may mean.
    spacing_mm : float
        Side of the cells that were used.
    voxel_cc : float
        Volume of a dose voxel; 0 where the dose is a single frame.
    convention : Convention
        Under which all of this holds.
    alternatives : tuple of Distribution
        The same ROI under the other named conventions; empty where they weren't asked for.
    dose : str
        Which dose it is of, for the reader: a plan's, or a sum of several.

    Examples
    --------
    >>> dvh["CV15Gy[cc]"].value                                                             # doctest: +SKIP
    1204.3
    """

    roi: str
    rois: tuple[str, ...]
    curve: DoseVolumeCurve | None
    mean_gy: float = math.nan
    min_gy: float = math.nan
    max_gy: float = math.nan
    outside_cc: float = 0.0
    basis: DoseBasis = PHYSICAL
    flags: tuple[QualityFlag, ...] = ()
    problem: str = ""
    reference_gy: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    spacing_mm: float = math.nan
    voxel_cc: float = 0.0
    convention: Convention = DEFAULT_CONVENTION
    alternatives: tuple[Distribution, ...] = ()
    dose: str = ""

    @property
    def volume_cc(self) -> float:
        """Volume inside and outside the dose grid."""
        return (self.curve.total_cc if self.curve else 0.0) + self.outside_cc

    @property
    def outside_percent(self) -> float:
        """Share of the volume outside the dose grid; 0 for an ROI without volume."""
        return 100.0 * self.outside_cc / self.volume_cc if self.volume_cc else 0.0

    def __getitem__(self, metric: str | Metric) -> MetricValue:
        """Answer one metric; `ParseError` for text that is none.

        Conformity needs the whole body's DVH too, and isn't evaluable here; see `rtcheck.case.Case.metric`.
        """
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        if self.problem:
            return replace(MetricValue.absent(str(asked), asked.unit, self.problem), basis=self.basis)
        return evaluate(asked, self.distribution, self.alternatives)

    def flags_of(self, metric: str | Metric) -> tuple[QualityFlag, ...]:
        """The flags, and what makes this metric in particular fragile; none where the contours don't touch it.

        Conformity has those of the body too; see `rtcheck.case.Case.flags_of`.
        """
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        if asked.question is Question.PRESCRIPTION:
            return ()
        asked_cc = asked.smallest_volume_cc(self.volume_cc)
        if asked_cc is None or not self.voxel_cc or asked_cc >= NEAR_POINT_VOXELS * self.voxel_cc or self.problem:
            return self.flags
        text = f"{asked_cc:.3g} cc is less than {NEAR_POINT_VOXELS} dose voxels of {self.voxel_cc:.3g} cc"
        return (*self.flags, QualityFlag(Flag.NEAR_POINT_DOSE, text))

    def to_dicompyler(self, color: tuple[int, int, int] | None = None) -> Any:
        """This DVH as a `dicompylercore.dvh.DVH`; see `rtcheck.crosscheck.to_dicompyler`."""
        from rtcheck.crosscheck import to_dicompyler  # noqa: PLC0415  a layer above, and only for its users

        return to_dicompyler(self, color=color)

    @property
    def distribution(self) -> Distribution:
        """What metrics ask, under the chosen convention."""
        return _distribution(
            self.curve,
            (self.mean_gy, self.min_gy, self.max_gy),
            self.outside_cc,
            self.reference_gy,
            self.convention,
            self.basis,
        )


def _distribution(
    curve: DoseVolumeCurve | None,
    mean_min_max_gy: tuple[float, float, float],
    outside_cc: float,
    reference_gy: Mapping[str, float],
    convention: Convention,
    basis: DoseBasis,
) -> Distribution:
    total_cc = (curve.total_cc if curve else 0.0) + outside_cc
    reason = f"{100 * outside_cc / total_cc:.3g} % of the ROI lies outside the dose grid" if outside_cc else ""
    return Distribution(curve, *mean_min_max_gy, outside_cc, reason, reference_gy, str(convention), basis)


def compute_dvh(
    solid: Solid,
    dose: DoseField,
    *,
    roi: str,
    rois: tuple[str, ...] = (),
    reference_gy: Mapping[str, float] | None = None,
    convention: Convention = DEFAULT_CONVENTION,
    intervals: bool = True,
    boxes: int = BOXES,
    cores: Cores | None = None,
) -> DVH:
    """The DVH of a solid in a dose.

    Parameters
    ----------
    solid : Solid
    dose : DoseField
        Its basis is the DVH's.
    roi, rois : str, tuple of str
        What the solid is called, and the ROIs it came from.
    reference_gy : mapping of str to float, optional
        Named dose references.
    convention : Convention
        How the contours are read as a solid.
    intervals : bool
        Whether to compute the other named conventions too, so that metrics carry the interval over all of them.
    boxes : int
        About how many boxes to cut the solid into.
    cores : Cores, optional
        Shared with other computations; all of this machine's where not given.
    """
    # The compiled loops need numba, which is slow to import; much can be done without a DVH.
    from rtcheck.engine import sample  # noqa: PLC0415

    names = MappingProxyType(dict(reference_gy or {}))
    if not solid.layers:
        return DVH(
            roi,
            rois,
            None,
            flags=solid.flags,
            problem="the ROI has no volume",
            reference_gy=names,
            convention=convention,
            basis=dose.basis,
        )
    alternative_boxes = min(ALTERNATIVE_BOXES, boxes) if intervals else None
    if convention.between is Between.INTERPOLATED or convention.ends is Ends.ROUNDED:
        alternative_boxes = boxes  # not an alternative then, but the answer
    sampled = sample(solid, dose, boxes=boxes, alternative_boxes=alternative_boxes, cores=cores or Cores())
    chosen = _under(sampled, names, convention, dose.basis)
    alternatives = [other for other in CONVENTIONS if other != convention] if intervals else []
    others = [_under(sampled, names, other, dose.basis) for other in alternatives]
    return DVH(
        roi,
        rois,
        chosen.curve,
        chosen.mean_gy,
        chosen.min_gy,
        chosen.max_gy,
        chosen.unknown_cc,
        basis=dose.basis,
        flags=(*solid.flags, *_flags(chosen, sampled, solid, dose)),
        problem="" if chosen.total_cc else f"the ROI has no volume with {convention.ends.value} ends",
        reference_gy=names,
        spacing_mm=sampled.spacing_mm,
        voxel_cc=dose.voxel_cc,
        convention=convention,
        alternatives=tuple(others),
    )


def _under(
    sampled: Sampled, reference_gy: Mapping[str, float], convention: Convention, basis: DoseBasis
) -> Distribution:
    """The distribution under one convention: the sum of a body and its ends."""
    from rtcheck.sampling import curve_points  # noqa: PLC0415  as above

    prisms = convention.between is Between.PRISM
    ends = {Ends.HALF_SLICE: sampled.half_slices, Ends.ROUNDED: sampled.domes, Ends.NONE: None}[convention.ends]
    parts = [sampled.body] if prisms or sampled.differs else []
    parts += [part for part in (None if prisms else sampled.interpolated, ends) if part is not None]
    inside_cc, outside_cc = sum(part.inside_cc for part in parts), sum(part.outside_cc for part in parts)
    if not inside_cc > VOLUME_TOLERANCE * sampled.body.inside_cc:
        unknown = (math.nan, math.nan, math.nan)
        return _distribution(None, unknown, max(outside_cc, 0.0), reference_gy, convention, basis)
    low, high = _extrema(sampled, parts, convention)
    curve = DoseVolumeCurve(*curve_points(parts, (low, high)))
    mean = sum(part.dose_cc for part in parts) / inside_cc
    return _distribution(curve, (mean, low, high), max(outside_cc, 0.0), reference_gy, convention, basis)


def _extrema(sampled: Sampled, parts: list[Accumulator], convention: Convention) -> tuple[float, float]:
    """Lowest and highest dose over samples and contour vertices, under one convention."""
    prisms = convention.between is Between.PRISM
    pairs = [tuple(sampled.vertices_gy[0 if prisms else 2])]
    if convention.ends is Ends.HALF_SLICE:
        pairs.append(tuple(sampled.vertices_gy[1]))
    for part in parts:
        # Of prisms only the core is sure to lie inside an interpolated body.
        core = part is sampled.body and not prisms
        pairs.append(part.core_gy if core else (part.min_gy, part.max_gy))
    low, high = float(min(pair[0] for pair in pairs)), float(max(pair[1] for pair in pairs))
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = min(part.min_gy for part in parts), max(part.max_gy for part in parts)
    return low, high


def _flags(chosen: Distribution, sampled: Sampled, solid: Solid, dose: DoseField) -> list[QualityFlag]:
    """What may make the numbers fragile, of what only solid and dose together tell."""
    flags = []
    total = chosen.total_cc
    if chosen.unknown_cc:
        share = 100 * chosen.unknown_cc / total
        flags.append(QualityFlag(Flag.OUTSIDE_GRID, f"{share:.3g} % of the volume lies outside the dose grid"))
    if dose.voxel_cc and total < FEW_DOSE_VOXELS * dose.voxel_cc:
        text = f"{total:.3g} cc is less than {FEW_DOSE_VOXELS} dose voxels of {dose.voxel_cc:.3g} cc"
        flags.append(QualityFlag(Flag.FEW_DOSE_VOXELS, text))
    crossing = sampled.body.crossing_cc + sampled.half_slices.crossing_cc
    if crossing > total:
        text = f"outlines run around {crossing:.3g} cc twice, which even-odd leaves out, and bound {total:.3g} cc"
        flags.append(QualityFlag(Flag.WOUND_TWICE, text))
    elif crossing > CROSSING_SHARE * total:
        text = f"outlines cross or run over themselves, {crossing:.2g} cc; even-odd holds there"
        flags.append(QualityFlag(Flag.SELF_INTERSECTING, text))
    gaps = np.diff([layer.at_mm for layer in solid.layers])
    spacing = float(np.median(gaps)) if len(gaps) else 0.0
    along = dose.spacing_along_mm(solid.axes[2])
    if along and spacing > along * 1.01:
        text = f"contours {spacing:.3g} mm apart in a dose known every {along:.3g} mm"
        flags.append(QualityFlag(Flag.COARSE_CONTOURS, text))
    return flags
