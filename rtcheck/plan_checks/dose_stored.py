"""Section B, stored DVHs: are those of the planning system ours?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rtcheck.case import Case
from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import is_outline
from rtcheck.study import PlanDose, StoredDVH

#: Curves are compared in dose at these percentages of the volume: extrema are sampled in many ways.
_VOLUMES_PERCENT = np.arange(1.0, 100.0)
#: Systems count in bins of one centigray and more: smaller differences of doses are none.
_RESOLUTION_GY = 0.01


def stored_dvhs(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The DVHs that the planning system stored with the dose are ours, within the conventions of both.

    Compared are the volumes, the means, and the curves: in volume or in dose, whichever is nearer, for beside a steep
    fall one of them is large and means nothing. DICOM PS3.3, C.8.8.4 (RT DVH).
    """
    for one in case.study.plan_doses:
        alone = case if not case.study.is_sum else _with_dose(case, one)
        label = one.label
        if not one.dose.stored_dvhs:
            yield Unknown(label, "the dose file stores no DVHs")
            continue
        if alone is None:
            yield Unknown(label, "its DVHs are of one dose of a plan that has several")
            continue
        yield from _against_stored(alone, label, one.dose.stored_dvhs, thresholds)


def _with_dose(case: Case, one: PlanDose) -> Case | None:
    """The case of one dose alone; None where its plan has others."""
    found = case.of_plans([one.plan.sop_instance_uid], one.group_numbers) if one.plan else case
    return None if found.study.is_sum else found


def _against_stored(alone: Case, label: str, stored: Sequence[StoredDVH], thresholds: Thresholds) -> Iterator[Answer]:
    rois = {roi.number: roi for roi in alone.study.structure_set.rois}
    other = alone.study.plan_doses[0].dose.referenced_structure_set_uid
    if other not in (None, alone.study.structure_set.sop_instance_uid):
        yield Unknown(label, f"its DVHs are of structure set {other}: ROIs of one number may not be the same")
        return
    compared: list[str] = []
    for one in stored:
        roi = rois.get(one.roi_numbers[0]) if len(one.roi_numbers) == 1 else None
        if roi is None:
            numbers = ", ".join(map(str, one.roi_numbers)) or "none"
            yield Shown(label, f"a DVH is stored of ROI {numbers}: {one.problem or 'not one ROI of the structure set'}")
        elif one.problem:
            yield Shown(roi.name, f"its stored DVH can't be used: {one.problem}", (roi.name,))
        elif is_outline(alone, roi):
            yield Shown(
                roi.name, "its stored DVH isn't compared: systems cut outlines of the patient differently", (roi.name,)
            )
        elif (dvh := alone.dvh_of(roi)).curve is None:
            reason = dvh.problem or "it lies outside the dose grid"
            yield Shown(roi.name, f"its stored DVH isn't compared: {reason}", (roi.name,))
        elif dvh.volume_cc < thresholds["least_cc"]:
            text = f"its stored DVH isn't compared: of {dvh.volume_cc:.2g} cc systems have different volumes anyway"
            yield Shown(roi.name, text, (roi.name,))
        else:
            compared.append(roi.name)
            yield from _differing(dvh, dvh.curve, one, thresholds)
    if compared:
        yield Shown(label, f"{len(compared)} stored DVHs compared: {', '.join(compared)}", tuple(compared))
    else:
        yield Unknown(label, f"none of the {len(stored)} DVHs that it stores could be compared")


def _differing(dvh: DVH, curve: DoseVolumeCurve, stored: StoredDVH, thresholds: Thresholds) -> Iterator[Answer]:
    """What differs of one ROI's stored DVH from ours; at most one alert."""
    theirs = DoseVolumeCurve(stored.dose_gy.copy(), stored.volume_percent.copy())
    highest = max(dvh.max_gy, _RESOLUTION_GY)
    mean = stored.mean_gy if stored.mean_gy is not None else theirs.mean_gy
    found = {
        "curve_percent": _apart_percent(curve, theirs, highest),
        "mean_percent": 100.0 * max(abs(mean - dvh.mean_gy) - _RESOLUTION_GY, 0.0) / highest,
    }
    said = {
        "curve_percent": "the curves lie {:.3g} % apart",
        "mean_percent": f"the mean is {mean:.4g} Gy there and {dvh.mean_gy:.4g} Gy here, {{:.3g}} % of the maximum",
    }
    if stored.volume_cc is not None:
        found["volume_percent"] = 100.0 * abs(stored.volume_cc / dvh.volume_cc - 1.0)
        said["volume_percent"] = f"{stored.volume_cc:.4g} cc there and {dvh.volume_cc:.4g} cc here, {{:.3g}} %"
    beyond = [name for name, percent in found.items() if percent > thresholds[name]]
    if not beyond:
        return
    worst = max(beyond, key=lambda name: found[name] / thresholds[name])
    message = "; ".join(said[name].format(found[name]) for name in beyond)
    text = f"the stored DVH differs: {message}. Another dose, other contours, or another way to read them"
    yield Alert(dvh.roi, text, (dvh.roi,), found[worst], f"<= {thresholds[worst]:g} %", "%")


def _apart_percent(ours: DoseVolumeCurve, theirs: DoseVolumeCurve, highest_gy: float) -> float:
    """Largest distance of two curves: in percent of the volume, or of our highest dose, whichever is smaller."""
    whole = ours.total_cc / 100.0
    in_volume = float(np.abs(theirs.volumes_at(theirs.dose_gy) - ours.volumes_at(theirs.dose_gy) / whole).max())
    doses = [[theirs.dose_at(percent), ours.dose_at(percent * whole)] for percent in _VOLUMES_PERCENT]
    in_dose = float(np.abs(np.diff(np.array(doses), axis=1)).max())
    return min(in_volume, 100.0 * max(in_dose - _RESOLUTION_GY, 0.0) / highest_gy)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "B11",
        "stored-dvhs",
        "the DVHs that the planning system stored are ours",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "DICOM PS3.3 C.8.8.4 (RT DVH)",
        stored_dvhs,
        tunable(
            volume_percent=(5.0, "%", "difference of the volumes"),
            mean_percent=(3.0, "%", "difference of the means, of the maximum"),
            curve_percent=(3.0, "%", "distance of the curves, in volume or in dose"),
            least_cc=(2.0, "cc", "volume below which systems differ anyway"),
        ),
    ),
)
