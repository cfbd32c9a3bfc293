"""Section D, level: does the dose in the targets look like the one prescribed?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checks.achieved import gtvs, target_of
from rtcheck.checks.prescription import MEDIAN_SHARE, NEAR_MINIMUM_MOST, NEAR_MINIMUM_SHARE
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import roi_names
from rtcheck.prescription import Target
from rtcheck.study import Prescription

#: How far a target's doses may be from those of a usual mistake, to be recognised as it: of D95% and of D50%.
_LIKE_D95, _LIKE_D50 = (0.7, 1.15), (0.9, 1.6)


def achieved_in_gtv(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No lesion itself is colder than prescribed: D98% of every GTV reaches the prescription of its target.

    BED of D98%, D95% and D50% of targets is shown by ``bed-achieved``. A GTV lies well inside its PTV; where its
    D98% falls short, the cold spot isn't at the PTV's edge. TG-275: is the target covered?
    """
    undecided = [target.name for target in case.targets if target.roi is not None and target.prescription is None]
    if undecided:
        yield Unknown(", ".join(undecided), "without a prescription no dose is achieved or missed")
    drawn_gtvs = gtvs(case)
    if not drawn_gtvs:
        yield Unknown("GTV", "no GTV is drawn")
    for gtv in drawn_gtvs:
        target = target_of(case, gtv)
        if target is None:
            yield Unknown(gtv.name, "nothing tells which target's prescription it gets", (gtv.name,))
            continue
        if target.prescription is None:
            continue  # told above
        own = case.of(target.prescription)
        answer = own.dvh_of(gtv)["D98%[Gy]"]
        if answer.value is None or not own.dose_is_physical or target.doubt:
            reason = answer.reason if answer.value is None else target.doubt
            yield Unknown(gtv.name, f"D98% isn't known: {reason or 'the dose is not physical'}", (gtv.name,))
            continue
        percent = 100.0 * answer.value / target.prescription.total_dose_gy
        if percent < thresholds["gtv_percent"]:
            message = f"D98% is {answer.value:.4g} Gy, {percent:.3g} % of the {target.prescription.total_dose_gy:g} Gy"
            limit = f">= {thresholds['gtv_percent']:g} %"
            yield Alert(gtv.name, f"{message} prescribed to {target.name}", (gtv.name,), percent, limit, "%")


def near_prescription(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The doses of every target are near the one prescribed, not a hundredth, one fraction or half of it.

    Asked are D95% and D50% of the target. Where they fit a usual mistake of exports (centigray, the dose of one
    fraction, a total multiplied once more, some of the beams) it is named. TG-275; IROC's reviews of trial data.
    """
    problems: defaultdict[str, list[Target]] = defaultdict(list)
    for target in case.targets:
        if target.roi is None or target.prescription is None or target.doubt:
            problem = target.doubt or target.problem or "no target is drawn to look at the dose in"
            problems[problem].append(target)
            continue
        own = case.of(target.prescription)
        dvh = own.dvh_of(target.roi)
        median, near_minimum = dvh["D50%[Gy]"], dvh["D95%[Gy]"]
        if not own.dose_is_physical:
            yield Unknown(target.name, "the dose isn't physical", roi_names(target))
        elif median.value is None or near_minimum.value is None:
            reason = median.reason if median.value is None else near_minimum.reason
            yield Unknown(target.name, f"the target's dose isn't known: {reason}", roi_names(target))
        else:
            yield from _level(own, target, target.prescription, median.value, near_minimum.value, thresholds)
    if not case.targets:
        yield Unknown("targets", "no target is drawn or named")
    for problem, some in problems.items():
        yield Unknown(
            ", ".join(one.name for one in some), problem, tuple(name for one in some for name in roi_names(one))
        )


def _level(
    own: Case,
    target: Target,
    prescription: Prescription,
    median_gy: float,
    near_minimum_gy: float,
    thresholds: Thresholds,
) -> Iterator[Answer]:
    asked = prescription.total_dose_gy
    median, near_minimum = 100.0 * median_gy / asked, 100.0 * near_minimum_gy / asked
    low, high = thresholds["median_percent"], thresholds["hot_percent"]
    least, most = thresholds["covered_percent"], thresholds["overdosed_percent"]
    if low <= median <= high and least <= near_minimum <= most:
        return
    rois = roi_names(target)
    seen = (
        f"D50% is {median_gy:.4g} Gy, D95% {near_minimum_gy:.4g} Gy, prescribed {asked:g} Gy ({prescription.schedule})"
    )
    doubt = f"{seen}: is it this plan's prescription?"
    if mistake := _mistake(own, prescription, median / 100.0, near_minimum / 100.0):
        limit = f"{least:g} to {most:g} %"
        yield Alert(target.name, f"{seen}: it looks like {mistake}", rois, near_minimum, limit, "%")
    elif not low <= median <= high:
        yield Alert(target.name, doubt, rois, median, f"{low:g} to {high:g} %", "%")
    elif near_minimum > most:
        yield Alert(target.name, doubt, rois, near_minimum, f"<= {most:g} %", "%")
    else:
        message = f"{seen}: a part of the target is cold"
        yield Alert(target.name, message, rois, near_minimum, f">= {least:g} %", "%", severity=Severity.WARNING)


def _mistake(own: Case, prescription: Prescription, median: float, near_minimum: float) -> str:
    """Which usual mistake doses of these shares of the prescription look like; empty for none."""
    count = prescription.fractions
    usual = [
        (100.0, "centigray read as gray"),
        (0.01, "gray divided by 100"),
        (1.0 / count, "the dose of one fraction"),
        (float(count), f"a total multiplied by {count} once more"),
        *_of_beams(own),
        (0.5, "half of the plan"),
        (2.0, "the plan twice"),
    ]
    fitting = [
        (abs(math.log(near_minimum / share)), text)
        for share, text in usual
        if share != 1.0
        and near_minimum > 0
        and _LIKE_D95[0] <= near_minimum / share <= _LIKE_D95[1]
        and _LIKE_D50[0] <= median / share <= _LIKE_D50[1]
    ]
    return min(fitting, default=(0.0, ""), key=lambda one: one[0])[1]


def _of_beams(own: Case) -> list[tuple[float, str]]:
    """Shares of each beam of the only plan, and of all beams but it, by their doses at one point."""
    plans = own.study.plans
    if len(plans) != 1 or len(plans[0].fraction_groups) != 1:
        return []
    names = {beam.number: beam.name or str(beam.number) for beam in plans[0].beams}
    dosed = [beam for beam in plans[0].fraction_groups[0].beams if beam.beam_dose_gy]
    total = sum(beam.beam_dose_gy or 0.0 for beam in dosed)
    if len(dosed) < 2:
        return []
    by_share: defaultdict[float, list[str]] = defaultdict(list)
    for beam in dosed:
        by_share[round((beam.beam_dose_gy or 0.0) / total, 3)].append(names.get(beam.number, str(beam.number)))
    said = [(share, " or ".join(map(repr, some))) for share, some in by_share.items()]
    alone = [(share, f"beam {some} alone") for share, some in said]
    return alone + [(1.0 - share, f"the plan without beam {some}") for share, some in said if len(dosed) > 2]


_NCT = "NCT06261047 (Wang 2025)"
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "D4",
        "achieved-in-gtv",
        "no GTV is colder than prescribed",
        Severity.WARNING,
        Confidence.CERTAIN,
        f"{_NCT}; AAPM TG-275 (2020)",
        achieved_in_gtv,
        tunable(gtv_percent=(95.0, "%", "D98% of a GTV, of the prescription")),
        carried_by="bed-achieved",
    ),
    PlanCheck(
        "D6",
        "near-prescription",
        "the doses of every target are near the one prescribed",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "AAPM TG-275 (2020); AAPM MPPG 11.a (2021)",
        near_prescription,
        tunable(
            median_percent=(95.0, "%", "least D50% of a target, of the prescription"),
            hot_percent=(100.0 * MEDIAN_SHARE, "%", "largest D50% of a target, of the prescription"),
            covered_percent=(100.0 * NEAR_MINIMUM_SHARE, "%", "least D95% of a target, of the prescription"),
            overdosed_percent=(100.0 * NEAR_MINIMUM_MOST, "%", "largest D95% of a target, of the prescription"),
        ),
    ),
)
