"""Section C, contours and scan: are ROIs drawn on its slices, and organs within its ends?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.image_facts import planning_cts, without_ct
from rtcheck.plan_checks.rois import drawn, each_solid, is_organ, matters, solid_of
from rtcheck.solid import Solid
from rtcheck.study import ROI, ImageSeries

#: Organs, as limits name them, that percent of the volume or a spared volume is asked of, and that fit into a scan.
#: Of the liver a lost part makes the spared volume look too small, and the mean dose too large.
_WHOLE_ORGANS = MappingProxyType(
    {
        "Liver": Severity.ERROR,
        **dict.fromkeys(
            ("Lungs", "Kidneys", "Heart", "Spleen", "Stomach", "Bladder", "Rectum", "Parotids"), Severity.WARNING
        ),
    }
)

_NO_SPACING = Unknown("images", "no series of two slices or more is there: their spacing isn't known")


def spacing_fits_images(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Targets and organs are drawn on every slice of the image, and on enough of them.

    With contours on every second slice half of the solid is a guess, and a volume on one to three slices depends on the
    convention for its ends more than on what was drawn: numbers of it are fragile. Rule of thumb; compare DVHs between
    systems in Nelms et al., Med Phys 2015;42:4435.
    """
    spacing_mm = _image_spacing_mm(case)
    if spacing_mm is None:
        yield _NO_SPACING if case.study.images else without_ct(case)
    yield from each_solid(case, partial(_coarse, case, thresholds, spacing_mm))


def _coarse(case: Case, thresholds: Thresholds, spacing_mm: float | None, roi: ROI, solid: Solid) -> Iterator[Answer]:
    if not matters(case, roi):
        return
    planes = len(solid.layers)
    if planes <= thresholds["few_slices"]:
        severity = Severity.WARNING if planes == 1 else Severity.NOTE
        message = f"drawn on {planes} {'slice' if planes == 1 else 'slices'}: its numbers are fragile"
        limit = f"> {thresholds['few_slices']:g} slices"
        yield Alert(roi.name, message, (roi.name,), float(planes), limit, severity=severity)
    if planes < 2 or spacing_mm is None:
        return
    own_mm = float(np.median(np.diff([layer.at_mm for layer in solid.layers])))
    if own_mm > thresholds["spacing_factor"] * spacing_mm:
        message = f"contours {own_mm:g} mm apart on slices {spacing_mm:g} mm apart: what lies between is a guess"
        limit = f"<= {thresholds['spacing_factor'] * spacing_mm:g} mm"
        yield Alert(roi.name, message, (roi.name,), own_mm, limit, "mm")


def _image_spacing_mm(case: Case) -> float | None:
    """The smallest usual distance of slices of the planning CT, or of another series where there is no CT."""
    chosen = planning_cts(case) or case.study.images
    gaps = [float(np.median(np.diff(one.slice_positions_mm))) for one in chosen if len(one.slice_positions_mm) > 1]
    return min(gaps, default=None)


@dataclass(frozen=True, eq=False)
class Scan:
    """How far the patient is known along one direction.

    Attributes
    ----------
    what : str
        Whose ends these are, for the reader.
    normal : ndarray, shape (3,)
    low_mm, high_mm : float
        First and last slice along `normal`.
    spacing_mm : float
    """

    what: str
    normal: FloatArray
    low_mm: float
    high_mm: float
    spacing_mm: float

    def ends_met(self, roi: ROI) -> tuple[float, ...]:
        """The ends of the scan (mm) that an ROI reaches: it lies on the slice there, or beyond."""
        heights = np.concatenate([contour.points_mm @ self.normal for contour in roi.closed_contours])
        near = 0.5 * self.spacing_mm
        low, high = float(heights.min()), float(heights.max())
        return tuple(
            end
            for end, met in ((self.low_mm, low < self.low_mm + near), (self.high_mm, high > self.high_mm - near))
            if met
        )

    def is_left_by(self, roi: ROI) -> bool:
        """Whether an ROI goes on beyond an end: then that isn't the scan's."""
        heights = np.concatenate([contour.points_mm @ self.normal for contour in roi.closed_contours])
        return bool(heights.min() < self.low_mm - self.spacing_mm or heights.max() > self.high_mm + self.spacing_mm)


def scan_of(case: Case) -> Scan | None:
    """The image series that was drawn on, if it holds all organs; else the body's outline; None without either."""
    organs = [roi for roi in drawn(case) if is_organ(case, roi)]
    series = [one for one in case.study.images if len(one.slice_positions_mm) > 1]
    referenced = case.study.structure_set.referenced_image_uids

    def order(one: ImageSeries) -> tuple[bool, bool, int]:
        return referenced.isdisjoint(one.sop_instance_uids), one.modality != "CT", -len(one.slice_positions_mm)

    for one in sorted(series, key=order):
        positions = one.slice_positions_mm
        spacing_mm = float(np.median(np.diff(positions)))
        scan = Scan(f"the {one.modality}", one.normal, float(positions[0]), float(positions[-1]), spacing_mm)
        if not any(scan.is_left_by(roi) for roi in organs):
            return scan
    body = case.body
    solid = solid_of(case, body) if body is not None and body.closed_contours else None
    if body is None or not isinstance(solid, Solid) or len(solid.layers) < 2:
        return None
    heights = np.array([layer.at_mm for layer in solid.layers])
    spacing_mm = float(np.median(np.diff(heights)))
    what = f"what is drawn of {body.name!r} (no image series tells how far the scan goes)"
    return Scan(what, solid.axes[2], float(heights[0]), float(heights[-1]), spacing_mm)


def no_truncated_organ(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Organs of which percent or a spared volume is asked lie in the scan with both ends.

    Of an organ that reaches the first or the last slice a part may be missing: then percentages, mean dose and spared
    volume are those of the part that was scanned. Cord, esophagus, bowel and body always leave the scan, and aren't
    asked for. A fault that trial centres report; rule of thumb.
    """
    organs = [(roi, case.organ(roi.name)) for roi in drawn(case) if is_organ(case, roi)]
    asked = [(roi, organ) for roi, organ in organs if organ in _WHOLE_ORGANS]
    if not asked:
        message = "no organ that percentages are asked of is drawn under a name of the list"
        yield Unknown("organs", message, severity=Severity.WARNING)
        return
    scan = scan_of(case)
    if scan is None:
        yield _without_ends(case, tuple(roi.name for roi, _ in asked))
        return
    for roi, organ in asked:
        if scan.is_left_by(roi):
            yield Unknown(roi.name, f"it goes on beyond {scan.what}: the scan's ends aren't known", (roi.name,))
        elif ends := scan.ends_met(roi):
            where = " and ".join(f"{end:g} mm" for end in ends)
            message = f"reaches the end of {scan.what} at {where}: what lies beyond isn't in its volume"
            yield Alert(roi.name, message, (roi.name,), ends[0], unit="mm", severity=_WHOLE_ORGANS[organ])


def _without_ends(case: Case, names: tuple[str, ...]) -> Unknown:
    """What is said where nothing tells how far the scan goes; milder where there is no image at all."""
    if not case.study.images:
        absent = without_ct(case)
        return replace(absent, message=f"{absent.message}, nor an outline of the body with its ends", rois=names)
    return Unknown(", ".join(names), "neither images nor the body's outline tell how far the scan goes", names)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C13",
        "contour-spacing",
        "targets and organs are drawn on every slice, and on enough of them",
        Severity.WARNING,
        Confidence.CERTAIN,
        "Nelms et al., Med Phys 2015;42:4435; rule of thumb",
        spacing_fits_images,
        tunable(
            spacing_factor=(1.5, "", "spacing of contours in slices of the image"),
            few_slices=(3.0, "slices", "slices at which numbers are fragile"),
        ),
    ),
    PlanCheck(
        "C15",
        "whole-organs",
        "organs that percentages are asked of lie in the scan with both ends",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "QUANTEC: limits are on whole organs (Marks et al., IJROBP 2010;76(3 Suppl):S10); rule of thumb",
        no_truncated_organ,
    ),
)
