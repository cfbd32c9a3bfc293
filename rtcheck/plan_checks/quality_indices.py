"""Section G, indices: conformity, gradient and homogeneity of the targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.finding import Confidence, Severity
from rtcheck.metrics import Metric, MetricValue, Question
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.prescription import Target
from rtcheck.roi_algebra import quoted
from rtcheck.units import Unit

#: Plans that are normalised to the middle of the target enclose it by the 95 % isodose (ICRU 50 and 62).
_ENCLOSING_SHARE = 0.95


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
    stereotactic = dose_gy / prescription.fractions >= thresholds["stereotactic_gy"]
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
    """The indices that are beyond what plans have; those that are intervals, or of tiny volumes, aren't judged."""
    if dvh.volume_cc < thresholds["small_cc"]:
        if values:
            yield Unknown(subject, f"of {dvh.volume_cc:.2g} cc indices are shown, and not judged", dvh.rois)
        return
    if unsure := [one.value for one in (*limits, Question.PADDICK) if one in values and values[one].value is None]:
        yield Unknown(subject, f"{', '.join(unsure)} are known as intervals alone, and not judged", dvh.rois)
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


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "G2",
        "target-indices",
        "conformity, gradient and homogeneity of the targets are what plans have",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Shaw et al. (RTOG), IJROBP 1993;27:1231; Paddick, J Neurosurg 2000;93:219; RTOG 0915; ICRU 83; rule of thumb",
        target_indices,
        tunable(
            ci=(2.5, "", "CI"),
            pci=(0.4, "", "PCI"),
            r50=(12.0, "", "R50 of a stereotactic target that is alone"),
            hi=(0.3, "", "HI of a target that is alone"),
            hi_stereotactic=(0.8, "", "HI of a stereotactic target that is alone"),
            stereotactic_gy=(5.0, "Gy", "dose in a fraction from which a plan is steep, and hot inside on purpose"),
            small_cc=(1.0, "cc", "volume below which indices aren't judged"),
        ),
    ),
)
