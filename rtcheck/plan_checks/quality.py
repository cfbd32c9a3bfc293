"""Section G, plan quality: conformity and homogeneity of targets, hot spots outside them, fragile numbers.

References
----------
.. [1] Shaw E, Kline R, Gillin M, et al. Radiation Therapy Oncology Group: radiosurgery quality assurance guidelines.
   Int J Radiat Oncol Biol Phys 1993;27:1231-1239.
.. [2] Paddick I. A simple scoring ratio to index the conformity of radiosurgical treatment plans. J Neurosurg
   2000;93(Suppl 3):219-222.
.. [3] Videtic GM, Hu C, Singh AK, et al. RTOG 0915 (NCCTG N0927): a randomized phase 2 study comparing 2 stereotactic
   body radiation therapy schedules. Int J Radiat Oncol Biol Phys 2015;93(4):757-764.
.. [4] ICRU Report 83. Prescribing, recording, and reporting photon-beam intensity-modulated radiation therapy (IMRT).
   J ICRU 2010;10(1).
.. [5] Stuhr D, Zhou Y, Pham H, et al. Automated plan checking software demonstrates continuous and sustained
   improvements in safety and quality: a 3-year longitudinal analysis. Pract Radiat Oncol 2022;12(2):163-169.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from rtcheck.case import Case
from rtcheck.dvh import DVH, FEW_DOSE_VOXELS, NEAR_POINT_VOXELS
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.metrics import Metric, MetricValue, Question
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.plan_checks.contours import drawn, matters, solid_of
from rtcheck.prescription import Target
from rtcheck.roi_algebra import quoted, region_of
from rtcheck.solid import Solid
from rtcheck.trilinear import DoseField
from rtcheck.units import PHYSICAL, Unit

#: From this dose per fraction (Gy) on a plan is taken for a stereotactic one: steep, and hot inside on purpose.
STEREOTACTIC_GY = 5.0
#: Plans that are normalised to the middle of the target enclose it by the 95 % isodose (ICRU 50 and 62).
_ENCLOSING_SHARE = 0.95


def limits_judged(_case: Case, _thresholds: Thresholds) -> tuple[Answer, ...]:
    """Every dose limit that is asked has its verdict among the findings of ``dose-constraint``.

    Nothing is added to them here. MPPG 11.a: plan quality, dose to targets and organs at risk.
    """
    return ()


def target_indices(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """CI, PCI, GI, R50 and HI of the targets are shown; numbers far from those of plans are an alert.

    They are of the dose of the plans that treat the target, at its prescription. An isodose volume is that of all
    targets in one dose: of several, CI, PCI and GI are those of their union, at the lowest prescription. Below 1 cc
    nothing is judged. RTOG 1993 calls CI above 2.5 a major deviation. For PCI the better of the prescription's isodose
    and 95 % of it counts. R50 is judged of stereotactic plans alone, as RTOG 0915 does (2.9 to 7.5, by size).
    """
    if not any(target.roi is not None for target in case.targets):
        yield Unknown("targets", case.prescription_problem or "no target is drawn")
        return
    judged = all(target.prescription is not None for target in case.targets)  # else its dose is in any of them
    doses = [(case.of(one.prescription) if one.prescription else case, one) for one in case.targets]
    for of in {id(of): of for of, _ in doses}.values():
        own = [target for one, target in doses if one is of]
        if len(own) == 1:
            yield from _alone(of, own[0], thresholds, judged=judged)
        else:
            yield from _together(of, own, thresholds)


def _alone(case: Case, target: Target, thresholds: Thresholds, *, judged: bool) -> Iterator[Answer]:
    """What is said of the only target of a dose."""
    if target.roi is None:
        yield Unknown(target.name, "it isn't drawn")
        return
    dvh, prescription = case.dvh_of(target.roi), target.prescription
    if prescription is None:
        yield Unknown(target.name, f"CI, PCI, GI and R50: {target.problem}", (target.roi.name,))
        yield from _shown(case, target.name, dvh, [_HI])[0]
        return
    dose_gy = prescription.total_dose_gy
    metrics = [*_at(dose_gy), Metric(Question.R50, Unit.ONE, reference=prescription.target), _HI]
    answers, values = _shown(case, target.name, dvh, metrics)
    yield from answers
    stereotactic = dose_gy / prescription.fractions >= STEREOTACTIC_GY
    limits = {
        Question.CONFORMITY: thresholds["ci"],
        Question.HOMOGENEITY: thresholds["hi_stereotactic" if stereotactic else "hi"],
    }
    if stereotactic:
        limits[Question.R50] = thresholds["r50"]
    if judged:
        yield from _far_off(case, target.name, dvh, values, dose_gy, limits, thresholds)


def _together(case: Case, targets: Sequence[Target], thresholds: Thresholds) -> Iterator[Answer]:
    """What is said of the targets of one dose."""
    drawn_ones = [(target.name, target.roi) for target in targets if target.roi is not None]
    for name, roi in drawn_ones:
        yield from _shown(case, name, case.dvh_of(roi), [_HI])[0]
    rois = tuple(roi.name for _, roi in drawn_ones)
    subject = ", ".join(rois)
    if why := _no_union(case, targets):
        yield Unknown(subject, f"CI, PCI and GI: an isodose is that of all targets, and {why}", rois)
        return
    dose_gy = min(target.prescription.total_dose_gy for target in targets if target.prescription)
    union = case.dvh(" + ".join(quoted(name) for name in dict.fromkeys(rois)))
    answers, values = _shown(case, subject, union, _at(dose_gy))
    yield from answers
    limits = {Question.CONFORMITY: thresholds["ci"]}
    yield from _far_off(case, subject, union, values, dose_gy, limits, thresholds)


def _no_union(case: Case, targets: Sequence[Target]) -> str:
    """Why the union of the targets of a dose, or its prescription, isn't known; empty where both are."""
    undrawn = [target.name for target in targets if target.roi is None]
    unprescribed = [target.name for target in targets if target.prescription is None]
    if undrawn:
        return f"{', '.join(undrawn)}: not drawn"
    if unprescribed:
        return case.prescription_problem or f"{', '.join(unprescribed)}: without a prescription"
    return ""


_HI = Metric(Question.HOMOGENEITY, Unit.ONE)


def _at(dose_gy: float) -> list[Metric]:
    """CI, PCI and GI at a dose."""
    questions = (Question.CONFORMITY, Question.PADDICK, Question.GRADIENT)
    return [Metric(question, Unit.ONE, dose_gy, Unit.GY) for question in questions]


_Values = dict[Question, MetricValue]


def _shown(case: Case, subject: str, dvh: DVH, metrics: Sequence[Metric]) -> tuple[list[Answer], _Values]:
    """What a DVH answers, as values to show, and why it doesn't answer."""
    absent: defaultdict[str, list[str]] = defaultdict(list)
    answers: list[Answer] = []
    values = {}
    for metric in metrics:
        value = case.answer(dvh, metric)
        if not value.ends:
            absent[value.reason].append(metric.question.value)
            continue
        values[metric.question] = value
        answers.append(Shown(subject, f"{metric} = {value}", dvh.rois, value.value, metric=str(metric)))
    unknown = [Unknown(subject, f"{', '.join(names)}: {reason}", dvh.rois) for reason, names in absent.items()]
    return [*answers, *unknown], values


def _far_off(
    case: Case,
    subject: str,
    dvh: DVH,
    values: _Values,
    dose_gy: float,
    limits: Mapping[Question, float],
    thresholds: Thresholds,
) -> Iterator[Answer]:
    """The indices that are beyond what plans have; those that are intervals aren't judged."""
    if dvh.volume_cc < thresholds["small_cc"]:
        return
    for question, limit in limits.items():
        value = values[question].value if question in values else None
        if value is not None and value > limit:
            message = f"{question.value} is {value:.3g}, more than plans have: look at prescription, target and dose"
            yield Alert(subject, message, dvh.rois, value, f"<= {limit:g}")
    enclosing = Metric(Question.PADDICK, Unit.ONE, _ENCLOSING_SHARE * dose_gy, Unit.GY)
    both = [values.get(Question.PADDICK), case.answer(dvh, enclosing)]
    known = [one.value for one in both if one is not None and one.value is not None]
    if known and max(known) < thresholds["pci"]:
        message = f"PCI is {max(known):.3g}, less than plans have: the isodose isn't where the target is, or too large"
        yield Alert(subject, message, dvh.rois, max(known), f">= {thresholds['pci']:g}")


def no_hot_spot_outside(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No dose above the prescription lies away from the targets.

    Asked of the dose that each prescription is of, and of the sum of all: the highest dose of a near-point volume
    further than a dose voxel from all targets, in percent of the highest prescription, and how much there gets more
    than 105 % of it, in percent of the targets' volume (RTOG 0915: high dose spillage, at most 15 %). By whole voxels,
    inside the body where its outline is known: exact to a voxel. "Global maximum" of Stuhr et al. 2022.
    """
    prescribed = [target for target in case.targets if target.prescription is not None]
    rois = [target.roi for target in case.targets if target.roi is not None]
    if not prescribed or not rois:
        yield Unknown("targets", case.prescription_problem or "no target is drawn")
        return
    solids = [solid_of(case, roi) for roi in rois]
    yield from (solid for solid in solids if isinstance(solid, Unknown))
    targets = [solid for solid in solids if isinstance(solid, Solid)]
    if not targets:
        return
    known = len(targets) == len(rois)
    parts = {id(of): of for of in (case.of(prescription) for prescription in case.prescriptions)}
    for of in parts.values():
        own = [target for target in prescribed if target.prescription and case.of(target.prescription) is of]
        unknown = [target for target in case.targets if target.prescription is None]
        undrawn = ", ".join(target.name for target in (*own, *unknown) if target.roi is None)
        if undrawn:
            yield Unknown(of.dose.text, f"{undrawn}: not drawn, so that its dose may lie away from the others")
        yield from _hot_spots(of, targets, _highest_gy(own), thresholds, judged=known and not undrawn)
    if id(case) not in parts:
        known = known and len(rois) == len(case.targets)
        yield from _hot_spots(case, targets, _highest_gy(prescribed), thresholds, judged=known)


def _highest_gy(targets: Sequence[Target]) -> float:
    """The highest prescription of targets, of which one has one."""
    return max(target.prescription.total_dose_gy for target in targets if target.prescription)


def _hot_spots(
    case: Case, targets: list[Solid], highest_gy: float, thresholds: Thresholds, *, judged: bool
) -> Iterator[Answer]:
    """What is said of one dose, or of the sum of several."""
    if problem := case.dose.problem(PHYSICAL):
        yield Unknown(case.dose.text, problem)
        return
    outside = _outside(case, targets, highest_gy)
    if isinstance(outside, Unknown):
        yield outside
        return
    point_cc = thresholds["point_cc"]
    hottest_gy = outside.hottest_gy(point_cc)
    where = f"further than {outside.margin_mm:.3g} mm (a dose voxel) from all targets"
    if hottest_gy is None:
        message = f"less than {point_cc:g} cc {where} gets the {highest_gy:g} Gy prescribed"
        yield Shown(case.dose.text, message)
        return
    percent = 100.0 * hottest_gy / highest_gy
    message = f"the hottest {point_cc:g} cc {where} gets {hottest_gy:.4g} Gy, {percent:.3g} % of {highest_gy:g} Gy"
    if judged and percent > thresholds["hot_percent"]:
        limit = f"<= {thresholds['hot_percent']:g} %"
        yield Alert(case.dose.text, f"{message}: look where", observed=percent, limit=limit, unit="%")
    else:
        yield Shown(case.dose.text, message, observed=percent, unit="%")
    above = thresholds["spill_dose_percent"]
    spilt_cc, target_cc = outside.above_cc(above / 100.0 * highest_gy), sum(one.outline_volume_cc() for one in targets)
    spilt = 100.0 * spilt_cc / target_cc if target_cc else 0.0
    if judged and spilt > thresholds["spill_percent"]:
        message = (
            f"{spilt_cc:.3g} cc {where} gets more than {above:g} % of {highest_gy:g} Gy: {spilt:.3g} % of their volume"
        )
        limit = f"<= {thresholds['spill_percent']:g} %"
        yield Alert(case.dose.text, message, observed=spilt, limit=limit, unit="%")


@dataclass(frozen=True, eq=False)
class _Outside:
    """Samples of a dose away from targets.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,)
        The hottest first.
    sample_cc : float
        Volume that each stands for.
    margin_mm : float
        How far from the targets they lie at least.
    """

    dose_gy: FloatArray
    sample_cc: float
    margin_mm: float

    def hottest_gy(self, volume_cc: float) -> float | None:
        """The lowest dose of the hottest samples that make up a volume; None where there aren't so many."""
        index = max(int(np.ceil(volume_cc / self.sample_cc - 1e-9)), 1) - 1
        return float(self.dose_gy[index]) if index < len(self.dose_gy) else None

    def above_cc(self, dose_gy: float) -> float:
        """The volume above a dose."""
        return float(np.count_nonzero(self.dose_gy > dose_gy)) * self.sample_cc


def _outside(case: Case, targets: list[Solid], at_least_gy: float) -> _Outside | Unknown:
    """The samples of at least a dose that lie further than a dose voxel from all targets, and in the body."""
    field = case.dose.field(PHYSICAL)
    grid = field.grid
    if len(grid.frame_offsets_mm) < 2:
        return Unknown(case.dose.text, "the dose is a single plane")
    frame_mm = float(np.abs(np.diff(grid.frame_offsets_mm)).mean())
    sample_cc = frame_mm * grid.row_spacing_mm * grid.column_spacing_mm / 1000.0
    margin_mm = max(field.spacing_along_mm(direction) for direction in grid.axes)
    points_mm, dose_gy = _samples(field, at_least_gy)
    for target in targets:
        away = ~_near(points_mm, target, margin_mm)
        points_mm, dose_gy = points_mm[away], dose_gy[away]
    body = solid_of(case, case.body) if case.body is not None and not case.body_problem else None
    if isinstance(body, Solid):
        dose_gy = dose_gy[_near(points_mm, body, 0.0)]
    return _Outside(np.sort(dose_gy)[::-1], sample_cc, margin_mm)


def _samples(field: DoseField, at_least_gy: float) -> tuple[FloatArray, FloatArray]:
    """Where in the patient samples of at least a dose lie, shape ``(n, 3)``, and their dose, shape ``(n,)``."""
    grid = field.grid
    frame, row, column = np.nonzero(field.dose_gy >= at_least_gy)
    along = (grid.column_mm()[column], grid.row_mm()[row], grid.frame_offsets_mm[frame])
    return np.stack(along, axis=1) @ grid.axes + grid.origin_mm, field.dose_gy[frame, row, column].astype(np.float64)


def _near(points_mm: FloatArray, solid: Solid, margin_mm: float) -> NDArray[np.bool_]:
    """Which points lie in a solid, or no further off than a margin: in plane, and above or below; shape ``(n,)``."""
    u, v, w = (points_mm @ solid.axes.T).T
    near = np.zeros(len(points_mm), np.bool_)
    low_u, low_v, high_u, high_v = solid.bounds_mm()
    beside = (u >= low_u - margin_mm) & (u <= high_u + margin_mm) & (v >= low_v - margin_mm) & (v <= high_v + margin_mm)
    for layer in solid.layers:
        level = (w >= layer.bottom_mm - margin_mm) & (w <= layer.top_mm + margin_mm)
        index = np.flatnonzero(level & beside & ~near)
        if not len(index):
            continue
        region = region_of(layer.outlines)
        shapely.prepare(region)
        near[index] = shapely.contains_xy(region, u[index], v[index])
        index = index[~near[index]] if margin_mm else index[:0]
        near[index] = shapely.dwithin(region, shapely.points(u[index], v[index]), margin_mm)
    return near


def fragile_numbers(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Targets and organs are large enough for the dose grid, and so are the volumes of near-point doses.

    Below 1 cc, or below 3 x 3 x 3 dose voxels, systems differ from each other by more than limits leave room for. A
    near-point dose over fewer than 8 voxels is that of the interpolation. Rule of thumb; compare Nelms et al., Med Phys
    2015;42:4435.
    """
    problem = case.dose.problem(PHYSICAL)
    voxel_cc = 0.0 if problem else case.dose.field(PHYSICAL).voxel_cc
    if problem or not voxel_cc:
        yield Unknown("dose grid", problem or "the dose is a single plane: its voxels have no volume")
    limit_cc = max(thresholds["small_cc"], FEW_DOSE_VOXELS * voxel_cc)
    for roi in drawn(case):
        solid = solid_of(case, roi) if matters(case, roi) else None
        if not isinstance(solid, Solid):
            continue  # what has no volume is said by C12
        volume_cc = solid.outline_volume_cc()
        if volume_cc < limit_cc:
            voxels = f", {volume_cc / voxel_cc:.0f} dose voxels of {voxel_cc:.2g} cc" if voxel_cc else ""
            message = f"{volume_cc:.2g} cc{voxels}: its numbers are fragile"
            yield Alert(roi.name, message, (roi.name,), volume_cc, f">= {limit_cc:.2g} cc", "cc")
    if NEAR_POINT_VOXELS * voxel_cc > thresholds["point_cc"]:
        point_cc = NEAR_POINT_VOXELS * voxel_cc
        message = f"doses of volumes below {point_cc:.2g} cc rest on fewer than {NEAR_POINT_VOXELS} voxels"
        yield Shown("dose grid", f"{message}; so does D{thresholds['point_cc']:g}cc", observed=point_cc, unit="cc")


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "G1",
        "limits",
        "every dose limit that is asked has its verdict",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021)",
        limits_judged,
        carried_by="dose-constraint",
    ),
    PlanCheck(
        "G2",
        "target-indices",
        "conformity, gradient and homogeneity of the targets are what plans have",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Shaw et al. (RTOG), IJROBP 1993;27:1231; Paddick, J Neurosurg 2000;93:219; RTOG 0915; ICRU 83; rule of thumb",
        target_indices,
        MappingProxyType(
            {
                "ci": Threshold(2.5, "", "CI"),
                "pci": Threshold(0.4, "", "PCI"),
                "r50": Threshold(12.0, "", "R50 of a stereotactic target that is alone"),
                "hi": Threshold(0.3, "", "HI of a target that is alone"),
                "hi_stereotactic": Threshold(0.8, "", "HI of a stereotactic target that is alone"),
                "small_cc": Threshold(1.0, "cc", "volume below which indices aren't judged"),
            }
        ),
    ),
    PlanCheck(
        "G3",
        "hot-spot-outside",
        "no dose above the prescription lies away from the targets",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "RTOG 0915 (high dose spillage); Stuhr et al., Pract Radiat Oncol 2022;12:163 (global maximum)",
        no_hot_spot_outside,
        MappingProxyType(
            {
                "hot_percent": Threshold(110.0, "%", "near-point dose away from targets, of the prescription"),
                "point_cc": Threshold(0.03, "cc", "near-point volume"),
                "spill_dose_percent": Threshold(105.0, "%", "dose that counts as spilt, of the prescription"),
                "spill_percent": Threshold(15.0, "%", "volume of spilt dose, of the targets' volume"),
            }
        ),
    ),
    PlanCheck(
        "G4",
        "fragile-numbers",
        "targets, organs and near-point volumes are large enough for the dose grid",
        Severity.NOTE,
        Confidence.CERTAIN,
        "Nelms et al., Med Phys 2015;42:4435; rule of thumb",
        fragile_numbers,
        MappingProxyType(
            {
                "small_cc": Threshold(1.0, "cc", "volume of an ROI whose numbers are fragile"),
                "point_cc": Threshold(0.03, "cc", "near-point volume"),
            }
        ),
    ),
)
