"""Section A, images: are those that the structure set was drawn on there, with its contours on them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.image_facts import drawn_on
from rtcheck.plan_checks.rois import SUPPORT_TYPES, drawn
from rtcheck.plan_checks.wording import listed
from rtcheck.study import ROI, ImageSeries

#: Contours further than this from parallel to the slices (mm along their normal) weren't drawn on them.
_PARALLEL_MM = 1.0
#: A share of the contours beyond which it isn't some of them that are off the slices: the images have other places.
_MOST = 0.5
#: So many names stand in a message.
_MOST_NAMED = 5


def images_present(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The images that the structure set was drawn on are there, all of them, and its contours lie on their slices.

    MPPG 11.a: correct CT dataset used. DICOM PS3.3, C.8.8.5: ContourImageSequence and
    ReferencedFrameOfReferenceSequence name the images.
    """
    referenced = case.study.structure_set.referenced_image_uids
    if not referenced:
        yield Unknown("images", "the structure set names no image that it was drawn on")
        return
    present = referenced & {uid for one in case.study.images for uid in one.sop_instance_uids}
    missing = len(referenced) - len(present)
    if case.study.images and not present:
        message = f"none of the {len(referenced)} images that the structure set was drawn on is there, but others are"
        yield Alert("images", message, observed=100.0, unit="%", confidence=Confidence.HEURISTIC)
    elif missing:
        share = 100.0 * missing / len(referenced)
        message = f"{missing} of the {len(referenced)} images that the structure set was drawn on aren't there"
        yield Alert("images", f"{message} ({share:.3g} %)", observed=share, unit="%", severity=Severity.WARNING)
    else:
        series = drawn_on(case)
        assert series is not None  # some are present
        yield from _off_slices(drawn(case), series, thresholds["off_slice_mm"])


def _off_slices(rois: Iterable[ROI], series: ImageSeries, within_mm: float) -> Iterator[Answer]:
    """Contours parallel to the slices that lie on none of them.

    A few, as of another series, are a warning; most are an error. Of contours across the slices nothing tells which one
    they were drawn on, and where most are, the check hasn't looked.
    """
    asked = [roi for roi in rois if roi.interpreted_type not in SUPPORT_TYPES]
    every = [(roi, contour.points_mm) for roi in asked for contour in roi.closed_contours]
    if not every:
        return
    along = np.concatenate([points for _, points in every]) @ series.normal
    starts = np.cumsum([0] + [len(points) for _, points in every[:-1]])
    low, high = np.minimum.reduceat(along, starts), np.maximum.reduceat(along, starts)
    parallel = high - low <= _PARALLEL_MM
    across = len(every) - int(parallel.sum())
    if across > _MOST * len(every):
        yield Unknown(
            series.modality,
            f"{across} of {len(every)} contours run across the slices of the {series.modality}: on which one they were "
            "drawn isn't known; is ImageOrientationPatient right?",
        )
    middle = 0.5 * (low + high)
    after = np.clip(np.searchsorted(series.slice_positions_mm, middle), 1, max(len(series.slice_positions_mm) - 1, 1))
    near = np.stack([series.slice_positions_mm[after - 1], series.slice_positions_mm[np.minimum(after, _last(series))]])
    off = np.abs(near - middle).min(axis=0)
    beside = parallel & (off > within_mm)
    if not beside.any():
        return
    names = tuple(dict.fromkeys(every[index][0].name for index in np.flatnonzero(beside)))
    furthest = float(off[beside].max())
    message = (
        f"{int(beside.sum())} of {len(every)} contours ({listed(names, _MOST_NAMED)}) lie on no slice of the "
        f"{series.modality}, up to {furthest:.3g} mm from the nearest: were they drawn on another series?"
    )
    limit = f"<= {within_mm:g} mm"
    severity = Severity.ERROR if beside.sum() > _MOST * parallel.sum() else Severity.WARNING
    yield Alert(series.modality, message, names, furthest, limit, "mm", severity, Confidence.HEURISTIC)


def _last(series: ImageSeries) -> int:
    return len(series.slice_positions_mm) - 1


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "A5",
        "images-present",
        "the images that the structure set was drawn on are there, and its contours lie on them",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021); DICOM PS3.3 C.8.8.5",
        images_present,
        tunable(off_slice_mm=(0.5, "mm", "distance of a contour from the nearest slice")),
    ),
)
