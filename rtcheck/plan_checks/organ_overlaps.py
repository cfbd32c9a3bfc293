"""Section C, overlaps: do organs share a place that can't, or a PTV and the cord?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import shapely

from rtcheck.case import Case
from rtcheck.checks.lesions import volumes
from rtcheck.finding import Confidence, Severity
from rtcheck.outlines import region_of
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import no_organ, organs, solid_of
from rtcheck.roi_algebra.booleans import MIN_THICKNESS_MM
from rtcheck.solid import Solid
from rtcheck.study import ROI

#: Organs that can't share their place, by TG-263 name.
_APART = frozenset(
    (
        *("Liver", "Lung_L", "Lung_R", "Heart", "Kidney_L", "Kidney_R", "SpinalCord", "Stomach", "Spleen", "Esophagus"),
        *("Bladder", "Rectum", "Femur_Head_L", "Femur_Head_R", "Eye_L", "Eye_R", "Parotid_L", "Parotid_R", "Brain"),
    )
)
#: Axes closer than this are the same.
_PARALLEL = 1e-3


def apart_from_each_other(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Organs don't overlap that can't, and no PTV holds a part of the spinal cord.

    Contours that touch overlap a little, and a dome that moves by more: counted is what exceeds both a volume and a
    share of the smaller organ. A PTV may come near the cord on purpose; then this is a hint to look whether the dose
    there is. "Adjacent structures overlap" of Stuhr et al. 2022; the numbers are a rule of thumb.
    """
    yield from no_organ(case)
    known = [(roi, solid_of(case, roi)) for roi, standard in organs(case) if standard in _APART]
    yield from (solid for _, solid in known if isinstance(solid, Unknown))
    apart = [_Sections(roi, solid) for roi, solid in known if isinstance(solid, Solid)]
    for one, other in combinations(apart, 2):
        smaller_cc = min(one.solid.outline_volume_cc(), other.solid.outline_volume_cc())
        limit_cc = max(thresholds["overlap_cc"], thresholds["percent"] / 100.0 * smaller_cc)
        yield from _overlapping(one, other, limit_cc, "they can't: look at both contours")
    cords = [one for one in apart if case.names.standard(one.roi.name) == "SpinalCord"]
    ptvs = [(roi, solid_of(case, roi)) for roi in volumes(case, "PTV")] if cords else []
    yield from (solid for _, solid in ptvs if isinstance(solid, Unknown))
    targets = [_Sections(roi, solid) for roi, solid in ptvs if isinstance(solid, Solid)]
    for cord, target in product(cords, targets):
        yield from _overlapping(cord, target, thresholds["cord_cc"], "is it meant, and the dose there low?")


def _overlapping(one: _Sections, other: _Sections, limit_cc: float, remark: str) -> Iterator[Answer]:
    """What is said of two ROIs that share more than a volume."""
    names = (one.roi.name, other.roi.name)
    subject = " and ".join(names)
    if not np.allclose(one.solid.axes, other.solid.axes, atol=_PARALLEL):
        yield Unknown(subject, "they are drawn on planes of different orientation", names)
        return
    overlap_cc = one.overlap_cc(other)
    if overlap_cc > limit_cc:
        message = f"they share {overlap_cc:.3g} cc; {remark}"
        yield Alert(subject, message, names, overlap_cc, f"<= {limit_cc:.3g} cc", "cc")


class _Sections:
    """A solid whose cross-sections are polygons."""

    def __init__(self, roi: ROI, solid: Solid) -> None:
        self.roi, self.solid = roi, solid
        self.bottom_mm = np.array([layer.bottom_mm for layer in solid.layers])
        self.top_mm = np.array([layer.top_mm for layer in solid.layers])
        self._regions: dict[int, shapely.Geometry] = {}

    def region(self, index: int) -> shapely.Geometry:
        """The cross-section of a layer, made once."""
        if index not in self._regions:
            self._regions[index] = region_of(self.solid.layers[index].outlines)
        return self._regions[index]

    def overlap_cc(self, other: _Sections) -> float:
        """The volume that two solids on parallel planes share."""
        low_mm = np.maximum(self.bottom_mm[:, None], other.bottom_mm)
        height_mm = np.minimum(self.top_mm[:, None], other.top_mm) - low_mm
        pairs = np.argwhere(height_mm > MIN_THICKNESS_MM).tolist() if self._may_meet(other) else []
        if not pairs:
            return 0.0
        own = np.array([self.region(i) for i, _ in pairs], dtype=object)
        others = np.array([other.region(j) for _, j in pairs], dtype=object)
        meet = np.flatnonzero(shapely.intersects(own, others))
        area_mm2 = shapely.area(shapely.intersection(own[meet], others[meet]))
        return float(area_mm2 @ height_mm[height_mm > MIN_THICKNESS_MM][meet]) / 1000.0

    def _may_meet(self, other: _Sections) -> bool:
        """Whether the boxes around both meet."""
        a, b = self.solid.bounds_mm(), other.solid.bounds_mm()
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C8",
        "organs-apart",
        "organs don't overlap that can't, and no PTV holds a part of the cord",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (adjacent structures overlap); rule of thumb",
        apart_from_each_other,
        tunable(
            overlap_cc=(5.0, "cc", "volume that two organs share"),
            percent=(2.0, "%", "share of the smaller organ that both have"),
            cord_cc=(0.1, "cc", "volume of the cord in a PTV"),
        ),
    ),
)
