"""Section B, second half: what the dose is, and whether it is where and what the plan says.

References
----------
.. [1] Xia P, Sintay BJ, Colussi VC, et al. MPPG 11.a: plan and chart review in external beam radiotherapy and
   brachytherapy. J Appl Clin Med Phys 2021;22(9):4-19, table 8.
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [3] DICOM PS3.3, C.8.8.3 (RT Dose), C.8.8.4 (RT DVH), C.8.8.13 (RT Fraction Scheme).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

import numpy as np

from rtcheck.case import Case
from rtcheck.checks.lesions import volumes
from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.check import READING, Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.plan_checks.dose_grid import TARGET_TYPES, is_body, plans_alone
from rtcheck.solid import Solid
from rtcheck.study import ROI, Plan, PlanDose, StoredDVH
from rtcheck.trilinear import known_range_gy
from rtcheck.units import PHYSICAL

#: RadiationTypes whose dose is physical unless somebody weighted it.
_UNWEIGHTED = frozenset(("PHOTON", "ELECTRON"))
_WEIGHTED_WORDS = re.compile(r"\b(?:EQD\d*|BED\d*|RBE|biolog\w*|effective dose)\b", re.IGNORECASE)
#: Points of beams closer than this (mm) are one.
_SAME_POINT_MM = 1.0
#: Curves are compared in dose at these percentages of the volume: extrema are sampled in many ways.
_VOLUMES_PERCENT = np.arange(1.0, 100.0)
#: Systems count in bins of one centigray and more: smaller differences of doses are none.
_RESOLUTION_GY = 0.01


def units_and_type(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The dose is physical, in gray.

    Relative doses, differences of doses (ERROR) and negative ones are refused. A dose of photons that is EFFECTIVE, or
    whose comment speaks of EQD2 or BED, was converted by somebody: limits on physical dose say nothing about it.
    DICOM PS3.3, C.8.8.3: DoseUnits, DoseType.
    """
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
        dose = one.dose
        if dose.normalisation:
            message = f"a relative dose, read with {dose.normalisation} as the user said: every number rests on that"
            yield Alert(label, message, severity=Severity.WARNING)
        if dose.dose_type is None:
            message = "DoseType isn't stated; the dose is taken for physical"
            yield Alert(label, message, severity=Severity.WARNING)
        elif dose.dose_type == "EFFECTIVE" and _radiation(one) - _UNWEIGHTED:
            yield Shown(label, f"weighted for biological effect (EFFECTIVE), of {', '.join(sorted(_radiation(one)))}")
        elif dose.dose_type == "EFFECTIVE":
            message = "DoseType is EFFECTIVE, and no beam of particles tells why: was it converted to EQD2 or BED?"
            yield Alert(label, message, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)
        if dose.dose_type != "EFFECTIVE" and (word := _WEIGHTED_WORDS.search(dose.comment or "")):
            message = f"DoseComment {dose.comment!r} speaks of {word.group()}, and DoseType is {dose.dose_type}"
            yield Alert(label, message, severity=Severity.WARNING, confidence=Confidence.HEURISTIC)


def _radiation(one: PlanDose) -> set[str]:
    return (
        {beam.radiation_type for beam in one.plan.beams if beam.radiation_type and beam.treats} if one.plan else set()
    )


def summation(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The dose is that of the whole plan, or of fraction groups that are told.

    A dose holds all fractions of what it belongs to, whatever its DoseSummationType: one of type FRACTION is that of a
    fraction group and is never multiplied; whether its level is that of one fraction, D6 asks. Doses of beams are only
    read where they make up a plan. DICOM PS3.3, C.8.8.3: DoseSummationType.
    """
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
        kind, named = one.dose.summation_type, one.dose.referenced_plan_uids
        if one.sums_plans and (kind != "MULTI_PLAN" or len(named) < 2):
            message = f"DoseSummationType is {kind or 'not stated'}, and the dose names {len(named)} plans"
            yield Alert(label, f"{message}: what it sums isn't told", confidence=Confidence.HEURISTIC)
        elif one.sums_plans:
            message = f"a sum of {len(named)} plans ({', '.join(named)}): in how many fractions a voxel gets its dose"
            yield Alert(label, f"{message} isn't known", severity=Severity.WARNING)
        elif kind is None:
            message = "DoseSummationType isn't stated; the dose is taken for that of the whole plan"
            yield Alert(label, message, severity=Severity.WARNING)
        elif kind == "FRACTION":
            groups = " and ".join(str(group.number) for group in one.fraction_groups)
            which = f"fraction group {groups}" if groups else "a fraction group that isn't told"
            yield Shown(label, f"the dose of {which}, with all its fractions; it isn't multiplied")


def heterogeneity(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The dose was calculated in the patient's tissues, not in water.

    A calculation in water misses the dose behind lung, air and bone by many percent. DICOM PS3.3, C.8.8.3:
    TissueHeterogeneityCorrection; density overrides are check C14.
    """
    for label, one in zip(case.dose.labels, case.study.plan_doses, strict=True):
        stated = one.dose.tissue_heterogeneity
        terms = set((stated or "").upper().split("/")) - {""}
        if not terms:
            yield Shown(label, "TissueHeterogeneityCorrection isn't stated")
        elif not terms <= {"IMAGE", "ROI_OVERRIDE"}:
            why = "calculated as if the patient were of water" if "WATER" in terms else "not by the images"
            yield Alert(label, f"TissueHeterogeneityCorrection is {stated}: {why}")
        elif "IMAGE" not in terms:
            yield Shown(label, "TissueHeterogeneityCorrection is ROI_OVERRIDE alone: of the rest nothing is said")


def hot_spot(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The highest dose of every plan lies in the patient, and in a target or near one.

    A maximum in the couch, in air or far from the target is a normalisation or a beam gone wrong. Where beams enter, a
    dose little above the target's own is usual; only a higher one is told. TG-275 and published programs look at where
    the maximum is, not only at how high.
    """
    for alone in plans_alone(case):
        for label, one in zip(alone.dose.labels, alone.study.plan_doses, strict=True):
            highest = known_range_gy(one.dose.dose_gy)[1]
            if not highest > 0:
                yield Unknown(label, "every dose is zero")
                continue
            at_mm = _where(one, highest)
            place = f"the maximum, {highest:.4g} Gy at {_point(at_mm)},"
            body, problem = alone.body, alone.body_problem
            if problem or body is None or not body.closed_contours:
                yield Shown(
                    label, f"whether {place} lies in the patient isn't known: {problem or 'no outline is drawn'}"
                )
            elif not _holds(alone.contoured.solid_of(body), at_mm):
                yield Alert(label, f"{place} lies outside {body.name}", (body.name,))
                continue
            yield from _by_targets(alone, label, at_mm, place, highest, thresholds)


def _point(at_mm: Iterable[float]) -> str:
    """Patient coordinates for the reader, to the millimetre."""
    return f"({', '.join(f'{round(value):d}' for value in at_mm)}) mm"


def _where(one: PlanDose, highest_gy: float) -> FloatArray:
    """Where a dose is highest."""
    gray = one.dose.dose_gy
    flat = int(gray.argmax())
    if math.isnan(gray.flat[flat]):  # numpy takes NaN for the largest
        flat = int(np.flatnonzero(gray.reshape(-1) == np.float32(highest_gy))[0])
    frame, row, column = np.unravel_index(flat, gray.shape)
    return one.dose.grid.position_mm(int(frame), int(row), int(column))


def _by_targets(
    alone: Case, label: str, at_mm: FloatArray, place: str, highest_gy: float, thresholds: Thresholds
) -> Iterator[Answer]:
    """Whether a point lies in a target, or near one."""
    drawn = [target.roi for target in alone.targets if target.roi is not None]
    drawn = drawn or [roi for kind in TARGET_TYPES for roi in volumes(alone, kind)]
    if not drawn:
        yield Unknown(label, f"no target is drawn: {place} may be anywhere")
        return
    distances = {roi.name: _distance_mm(alone, roi, at_mm) for roi in drawn}
    nearest = min(distances, key=distances.__getitem__)
    if distances[nearest] <= thresholds["near_mm"]:
        return
    message = f"{place} lies {distances[nearest]:.0f} mm from the nearest target, {nearest}"
    known = [gray for gray in (alone.dvh_of(roi).max_gy for roi in drawn) if gray > 0]
    above = 100.0 * (highest_gy / max(known) - 1.0) if known else math.inf
    if above <= thresholds["hotter_percent"]:
        yield Shown(label, f"{message}, {above:.2g} % above the highest dose in a target", (nearest,))
    else:
        yield Alert(label, message, (nearest,), distances[nearest], f"<= {thresholds['near_mm']:g} mm", "mm")


def _distance_mm(alone: Case, roi: ROI, at_mm: FloatArray) -> float:
    """0 inside an ROI, else the distance to its nearest outline."""
    try:
        if _holds(alone.contoured.solid_of(roi), at_mm):
            return 0.0
    except NoVolumeError:
        pass
    outlines = [contour.points_mm for contour in roi.closed_contours]
    start = np.concatenate(outlines)
    along = np.concatenate([np.roll(points, -1, axis=0) for points in outlines]) - start
    length = np.maximum((along * along).sum(axis=1), 1e-12)
    share = np.clip(((at_mm - start) * along).sum(axis=1) / length, 0.0, 1.0)
    return float(np.linalg.norm(start + share[:, None] * along - at_mm, axis=1).min())


def _holds(solid: Solid, at_mm: FloatArray) -> bool:
    """Whether a solid holds a point: even-odd in the layers at its height."""
    u, v, w = solid.axes @ at_mm
    for layer in solid.layers:
        if layer.bottom_mm <= w <= layer.top_mm and sum(_crossings(outline, u, v) for outline in layer.outlines) % 2:
            return True
    return False


def _crossings(outline: FloatArray, u: float, v: float) -> int:
    """How often a ray from a point crosses an outline."""
    x, y = outline[:, 0], outline[:, 1]
    x_next, y_next = np.roll(x, -1), np.roll(y, -1)
    cuts = (y > v) != (y_next > v)
    rise = np.where(cuts, y_next - y, 1.0)
    return int((cuts & (u < x + (v - y) / rise * (x_next - x))).sum())


def reference_points(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """At the beams' points the dose is what the plan says that its beams give there, in all fractions.

    Where all beams have one point, neither less nor more; where they have several, not less than their own beams give.
    A plan without such points is asked at its isocentres. DICOM PS3.3, C.8.8.13: BeamDose, BeamDoseSpecificationPoint.
    """
    if not case.study.plans:
        yield Unknown("plan", "no RT Plan is among the files")
    for alone in case.by_plan:
        plan = alone.study.plans[0]
        label = alone.study.plan_names[plan.sop_instance_uid]
        if problem := _not_comparable(alone):
            yield Unknown(label, problem)
            continue
        told = _told_points(plan)
        if told:
            yield from _at_points(alone, label, told, thresholds["tolerance_percent"])
        else:
            yield from _at_isocentres(alone, label, plan)


def _not_comparable(alone: Case) -> str:
    """Why a plan's dose can't be held against its beams' doses; empty where it can."""
    if not alone.dose_is_physical:
        return f"the dose is of type {' and '.join(alone.dose.types)}"
    if any(one.sums_plans for one in alone.study.plan_doses):
        return "the dose is a sum over several plans"
    if any(one.group_numbers for one in alone.study.plan_doses) and len(alone.study.plan_doses) == 1:
        return "the dose is that of some of the plan's fraction groups"
    return alone.dose.problem(PHYSICAL)


def _told_points(plan: Plan) -> list[tuple[FloatArray, float]]:
    """Points of the plan's beams, each with the dose that these give there in all fractions."""
    found: list[tuple[FloatArray, float]] = []
    for group in plan.fraction_groups:
        for beam in group.beams:
            if not beam.beam_dose_gy or beam.point_mm is None or not group.fractions_planned:
                continue
            point, gray = np.array(beam.point_mm), beam.beam_dose_gy * group.fractions_planned
            near = next((i for i, (other, _) in enumerate(found) if math.dist(point, other) <= _SAME_POINT_MM), None)
            if near is None:
                found.append((point, gray))
            else:
                found[near] = (found[near][0], found[near][1] + gray)
    return found


def _at_points(
    alone: Case, label: str, told: Sequence[tuple[FloatArray, float]], tolerance_percent: float
) -> Iterator[Answer]:
    doses = alone.dose.field(PHYSICAL).at(np.array([point for point, _ in told]))
    for (point, expected), gray in zip(told, doses, strict=True):
        where = f"at the beams' point {_point(point)}"
        if math.isnan(gray):
            yield Unknown(label, f"{where}: outside the dose grid")
            continue
        percent = 100.0 * float(gray) / expected
        message = f"{gray:.4g} Gy {where}, where its beams give {expected:.4g} Gy in all fractions"
        low, high = 100.0 - tolerance_percent, 100.0 + tolerance_percent
        if percent < low or (percent > high and len(told) == 1):
            limit = f"{low:g} to {high:g} %" if len(told) == 1 else f">= {low:g} %"
            yield Alert(
                label, f"{message}: the dose of one fraction, other units, or another plan's?", (), percent, limit, "%"
            )
        else:
            yield Shown(label, message, observed=percent, unit="%")


def _at_isocentres(alone: Case, label: str, plan: Plan) -> Iterator[Answer]:
    """The dose at each isocentre, for a reviewer: it may lie between targets."""
    places = {p.isocentre_mm for beam in plan.beams if beam.treats for p in beam.sequence if p.isocentre_mm is not None}
    if not places:
        yield Unknown(label, "neither a point of its beams nor an isocentre is stated")
        return
    points = sorted(places)
    doses = alone.dose.field(PHYSICAL).at(np.array(points))
    asked = max((one.total_dose_gy for one in alone.prescriptions), default=None)
    for point, gray in zip(points, doses, strict=True):
        share = f", {100.0 * float(gray) / asked:.3g} % of {asked:g} Gy" if asked else ""
        text = "the dose isn't known" if math.isnan(gray) else f"{gray:.4g} Gy{share}"
        yield Shown(label, f"at the isocentre {_point(point)}: {text}")


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
        elif is_body(alone, roi):
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
        "B1",
        "units-and-type",
        "the dose is physical dose in gray",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3 (DoseUnits, DoseType)",
        units_and_type,
        carried_by=READING,
    ),
    PlanCheck(
        "B2",
        "summation",
        "the dose is that of the whole plan, or of what it names",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3 (DoseSummationType)",
        summation,
        carried_by=READING,
    ),
    PlanCheck(
        "B8",
        "heterogeneity",
        "the dose was calculated in the patient's tissues",
        Severity.WARNING,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.3 (TissueHeterogeneityCorrection); TG-275 (2020)",
        heterogeneity,
    ),
    PlanCheck(
        "B9",
        "hot-spot",
        "the highest dose lies in the patient, in a target or near one",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "TG-275 (2020); AAPM MPPG 11.a (2021), table 8",
        hot_spot,
        MappingProxyType(
            {
                "near_mm": Threshold(10.0, "mm", "distance of the maximum from the nearest target"),
                "hotter_percent": Threshold(5.0, "%", "by how much it is above the highest dose in a target"),
            }
        ),
    ),
    PlanCheck(
        "B10",
        "reference-points",
        "at the beams' points the dose is what the plan says",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "DICOM PS3.3 C.8.8.13 (BeamDose); AAPM MPPG 11.a (2021), table 8",
        reference_points,
        MappingProxyType({"tolerance_percent": Threshold(10.0, "%", "difference from the beams' doses")}),
    ),
    PlanCheck(
        "B11",
        "stored-dvhs",
        "the DVHs that the planning system stored are ours",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "DICOM PS3.3 C.8.8.4 (RT DVH)",
        stored_dvhs,
        MappingProxyType(
            {
                "volume_percent": Threshold(5.0, "%", "difference of the volumes"),
                "mean_percent": Threshold(3.0, "%", "difference of the means, of the maximum"),
                "curve_percent": Threshold(3.0, "%", "distance of the curves, in volume or in dose"),
                "least_cc": Threshold(2.0, "cc", "volume below which systems differ anyway"),
            }
        ),
    ),
)
