"""Section D: is it clear what is prescribed, is it plausible, and does the dose look like it?

What a protocol rules about prescriptions is judged by its own checks (``bed``, ``bed-achieved``,
``prescription-sources``); these ask what is wrong whatever the protocol.

References
----------
.. [1] Xia P, Sintay BJ, Colussi VC, et al. MPPG 11.a: plan and chart review in external beam radiotherapy and
   brachytherapy. J Appl Clin Med Phys 2021;22(9):4-19, table 8: Rx dose in plan matched with Rx.
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [3] Wang H, Zhang X, Zhu K, et al. Ther Adv Med Oncol 2025;17:1-12 (NCT06261047).
.. [4] DICOM PS3.3, C.8.8.10 (RT Prescription), C.8.8.13 (RT Fraction Scheme).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.checks.achieved import gtvs, target_of
from rtcheck.checks.lesions import lesions
from rtcheck.errors import RtcheckError
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.prescription import Place, Target
from rtcheck.radiobiology import bed, lq_remark
from rtcheck.study import Plan, Prescription
from rtcheck.treatment import unequal
from rtcheck.units import Comparator, meets, number_text

#: alpha/beta of tumours that the dose rule of the trial is written in [3]_.
TUMOUR_ALPHA_BETA_GY = 10.0
#: A dose in a label is the prescribed one within this share: labels are rounded.
_SAME_DOSE = 0.02
_DOSE_IN_LABEL = re.compile(r"(?<![\d.,])(\d{1,5}(?:[.,]\d{1,3})?)\s*(c?Gy)(?![a-z])", re.IGNORECASE)
_COUNT_IN_LABEL = re.compile(r"(?<![\d.,])(\d{1,2})\s*(?:fxs?|frac|fractions?|fr|#)(?![a-z])", re.IGNORECASE)
#: How far a target's doses may be from those of a usual mistake, to be recognised as it: of D95% and of D50%.
_LIKE_D95, _LIKE_D50 = (0.7, 1.15), (0.9, 1.6)


def prescription_found(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every target has one prescription, and the doses of the beams at their point bear it out.

    Where label, dose reference or the number of fractions contradict each other, ``prescription-sources`` says so.
    Beam doses are those of a point, which may be hotter than a target's margin, but not by half. MPPG 11.a, table 8.
    """
    if not case.targets:
        yield Unknown("prescription", f"{case.prescription_problem}, and no target is drawn")
    problems: defaultdict[str, list[str]] = defaultdict(list)
    for target in case.targets:
        if target.prescription is None:
            problems[target.problem].append(target.name)
    for problem, names in problems.items():
        yield Unknown(", ".join(names), problem)
    for target in case.targets:
        beams = [one.text for one in target.contradicting if one.place is Place.BEAM_DOSES]
        if target.prescription is not None and beams:
            message = f"{target.prescription.source} says {target.prescription.schedule}, but {'; '.join(beams)}"
            yield Alert(target.name, message, _rois(target), severity=Severity.WARNING, confidence=Confidence.HEURISTIC)


def _rois(target: Target) -> tuple[str, ...]:
    return (target.roi.name,) if target.roi else ()


def phases_and_boosts(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """A plan of several phases has a dose for each; phases and simultaneous boosts are shown.

    Of one dose for several phases nothing tells how many fractions a voxel gets it in, so that its BED isn't known.
    TG-275: boosts and phases are where totals get mixed up.
    """
    for one in case.study.plan_doses:
        if not one.sums_plans and len(one.fraction_groups) > 1:
            yield Alert(one.label, unequal(one) or "several phases in one dose")
    by_plans: defaultdict[tuple[str, ...], list[Prescription]] = defaultdict(list)
    for prescription in case.prescriptions:
        by_plans[prescription.plan_uids].append(prescription)
        if len(prescription.schedule.phases) > 1:
            yield Shown(prescription.target, f"in {len(prescription.schedule.phases)} phases: {prescription.schedule}")
    for together in by_plans.values():
        if len({one.total_dose_gy for one in together}) > 1:
            listed = ", ".join(f"{one.target} {one.schedule}" for one in together)
            yield Shown(" and ".join(one.target for one in together), f"different doses in one plan: {listed}")


def prescribed_bed10(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """BED10 of every prescription; whether it is enough, the protocol's rule says (NCT06261047: 60 Gy at least).

    Above the dose per fraction at which the linear-quadratic model is doubtful, the number says little.
    """
    for target in case.targets:
        if target.prescription is None:
            continue
        schedule = target.prescription.schedule
        value = bed(schedule, alpha_beta_gy=TUMOUR_ALPHA_BETA_GY)
        message = f"{schedule}: BED10 {number_text(value, thresholds['bed_gy'])} Gy"
        if remark := lq_remark(schedule):
            yield Alert(target.name, f"{message}; {remark}", _rois(target), value, unit="Gy", severity=Severity.NOTE)
        else:
            yield Shown(target.name, message, _rois(target), value, "Gy", "BED10[Gy]")


def achieved_in_gtv(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No lesion itself is colder than prescribed: D98% of every GTV reaches the prescription of its target.

    BED of D98%, D95% and D50% of targets is shown by ``bed-achieved``. A GTV lies well inside its PTV; where its
    D98% falls short, the cold spot isn't at the PTV's edge.
    """
    undecided = [target.name for target in case.targets if target.roi is not None and target.prescription is None]
    if undecided:
        yield Unknown(", ".join(undecided), "without a prescription no dose is achieved or missed")
    for gtv in gtvs(case):
        target = target_of(case, gtv)
        if target is None or target.prescription is None:
            continue
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


def plausible_dose(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Dose per fraction and total are such as are given, and doses in the plan's label are those prescribed.

    A schedule that stands whole in a label (``50Gy25F``) is held against the plan by ``prescription-sources``; here a
    dose or a number of fractions alone is. TG-275: prescription and plan differ.
    """
    if not case.prescriptions:
        yield Unknown("prescription", case.prescription_problem)
    low, high, total = (thresholds[name] for name in ("least_gy", "most_gy", "most_total_gy"))
    for one in case.prescriptions:
        each = [float(phase.dose_per_fraction_gy) for phase in one.schedule.phases]
        odd = min(each) if min(each) < low else max(each)
        if not low <= odd <= high:
            message = f"{one.schedule}: {odd:.4g} Gy in a fraction; is the total one fraction's, or the unit another?"
            yield Alert(one.target, message, (), odd, f"{low:g} to {high:g} Gy", "Gy")
        elif one.total_dose_gy > total:
            message = f"{one.schedule}: {one.total_dose_gy:.4g} Gy in all"
            yield Alert(one.target, message, (), one.total_dose_gy, f"<= {total:g} Gy", "Gy")
    for plan in case.study.plans:
        yield from _label(case, plan)


def _label(case: Case, plan: Plan) -> Iterator[Answer]:
    """Doses and numbers of fractions in a plan's label and name against what it prescribes."""
    subject = case.study.plan_names[plan.sop_instance_uid]
    own = [one for one in case.prescriptions if plan.sop_instance_uid in one.plan_uids]
    told = [said for target in case.targets for said in target.statements if said.plan_uid == plan.sop_instance_uid]
    labels = [said for said in told if said.place is Place.LABEL]
    if labels:  # a whole schedule
        if any(said in target.contradicting for target in case.targets for said in labels):
            yield Shown(subject, "its label says another schedule: judged by prescription-sources")
        return
    if not own:
        return
    text = " ".join(dict.fromkeys(part for part in (plan.label, plan.name) if part))
    doses = {float(one.total_dose_gy) for one in own} | {
        float(p.total_dose_gy) for one in own for p in one.schedule.phases
    }
    doses |= {float(phase.dose_per_fraction_gy) for one in own for phase in one.schedule.phases}
    for match in _DOSE_IN_LABEL.finditer(text):
        said = float(match[1].replace(",", ".")) / (100.0 if match[2].lower() == "cgy" else 1.0)
        if not any(abs(said - gray) <= _SAME_DOSE * gray for gray in doses):
            schedules = ", ".join(str(one.schedule) for one in own)
            yield Alert(subject, f"{match[0]!r} stands in {text!r}, and prescribed is {schedules}", (), said, "", "Gy")
    counts = {one.fractions for one in own} | {phase.fractions for one in own for phase in one.schedule.phases}
    for match in _COUNT_IN_LABEL.finditer(text):
        if int(match[1]) not in counts:
            listed = ", ".join(map(str, sorted(counts)))
            message = f"{match[0]!r} stands in {text!r}, and prescribed are {listed} fractions"
            yield Alert(subject, message, (), float(match[1]), "", "1")


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
            yield Unknown(target.name, "the dose isn't physical", _rois(target))
        elif median.value is None or near_minimum.value is None:
            reason = median.reason if median.value is None else near_minimum.reason
            yield Unknown(target.name, f"the target's dose isn't known: {reason}", _rois(target))
        else:
            yield from _level(own, target, target.prescription, median.value, near_minimum.value, thresholds)
    if not case.targets:
        yield Unknown("targets", "no target is drawn or named")
    for problem, some in problems.items():
        yield Unknown(", ".join(one.name for one in some), problem, tuple(name for one in some for name in _rois(one)))


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
    low, high, least = (thresholds[name] for name in ("median_percent", "hot_percent", "covered_percent"))
    if low <= median <= high and near_minimum >= least:
        return
    seen = (
        f"D50% is {median_gy:.4g} Gy, D95% {near_minimum_gy:.4g} Gy, prescribed {asked:g} Gy ({prescription.schedule})"
    )
    if mistake := _mistake(own, prescription, median / 100.0, near_minimum / 100.0):
        yield Alert(
            target.name, f"{seen}: it looks like {mistake}", _rois(target), near_minimum, f">= {least:g} %", "%"
        )
    elif median < low or median > high:
        limit = f"{low:g} to {high:g} %"
        yield Alert(target.name, f"{seen}: is it this plan's prescription?", _rois(target), median, limit, "%")
    else:
        message = f"{seen}: a part of the target is cold"
        limit = f">= {least:g} %"
        yield Alert(target.name, message, _rois(target), near_minimum, limit, "%", severity=Severity.WARNING)


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


def fitting_tables(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The number of fractions is plausible, and doses of different fractions aren't summed as if they were alike.

    Limits belong to the fraction numbers that they were derived for; which rows of which tables were chosen is told
    under ``tables``, and a limit of 3 fractions is used for no others without a conversion.
    """
    counts = {}
    for alone in case.by_plan:
        name = alone.study.plan_names[alone.study.plans[0].sop_instance_uid]
        counts[name] = alone.fractions
        if alone.fractions is None:
            yield Unknown(name, "its number of fractions isn't known: no table can be chosen")
        elif alone.fractions > thresholds["most_fractions"]:
            limit = f"<= {thresholds['most_fractions']:g}"
            message = f"{alone.fractions} fractions: is it their number?"
            yield Alert(name, message, (), float(alone.fractions), limit, "1", confidence=Confidence.HEURISTIC)
        else:
            yield Shown(name, f"limits for {alone.fractions} fractions fit ({alone.schedule_text or 'dose not told'})")
    if not counts:
        yield Unknown("plan", "no RT Plan is among the files: the number of fractions isn't known")
    yield from _unlike(case, thresholds["unlike_percent"])


def _unlike(case: Case, unlike_percent: float) -> Iterator[Answer]:
    """Plans of a sum whose fractions are of different size."""
    if len(case.study.plans) < 2:
        return
    each = _fraction_doses_gy(case)
    if unknown := [name for name in case.study.plan_names.values() if name not in each]:
        yield Unknown("sum of plans", f"the dose per fraction of {', '.join(unknown)} isn't known")
        return
    apart = 100.0 * (max(each.values()) / min(each.values()) - 1.0)
    if apart > unlike_percent:
        listed = ", ".join(f"{name} {gray:g} Gy" for name, gray in each.items())
        message = (
            f"plans of different dose per fraction are summed ({listed}): limits on physical dose hold for neither"
        )
        yield Alert("sum of plans", f"{message}; read the sum in EQD2", (), apart, f"<= {unlike_percent:g} %", "%")


def _fraction_doses_gy(case: Case) -> dict[str, float]:
    """The largest dose per fraction of each plan, as far as it is told; by the plan's name."""
    found: defaultdict[str, float] = defaultdict(float)
    for one in case.prescriptions:
        phases = [float(phase.dose_per_fraction_gy) for phase in one.schedule.phases]
        if len(one.plan_uids) == 1:
            phases = [max(phases)]
        if len(phases) == len(one.plan_uids):  # of several plans each gives a phase
            for uid, gray in zip(one.plan_uids, phases, strict=True):
                found[case.study.plan_names[uid]] = max(found[case.study.plan_names[uid]], gray)
    return found


def reduced_with_reason(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """A lesion that is prescribed less than the protocol asks has a recorded reason, and its organ at risk is drawn.

    Whether the BED is enough is judged by ``bed``. NCT06261047: the dose may be reduced to keep limits of organs.
    """
    for lesion in lesions(case):
        reduction = lesion.declared.reduction if lesion.declared else None
        prescription = lesion.target.prescription if lesion.target else None
        if reduction is None:
            continue
        if prescription is None:
            yield Unknown(lesion.name, "a reduced dose is declared, and what is prescribed isn't known")
            continue
        value = bed(prescription.schedule, alpha_beta_gy=TUMOUR_ALPHA_BETA_GY)
        text = f"{prescription.schedule}, BED10 {number_text(value, thresholds['bed_gy'])} Gy"
        reason = f"reduced because of {reduction.organ} ({reduction.reason})"
        if meets(value, Comparator.GE, thresholds["bed_gy"]):
            message = f"{text}, and a reduction is declared: {reason}"
            yield Alert(lesion.name, message, (), value, f"< {thresholds['bed_gy']:g} Gy", "Gy", Severity.NOTE)
        elif not _is_drawn(case, reduction.organ):
            yield Alert(lesion.name, f"{text}, {reason}, which isn't contoured: nothing bears the reason out")
        else:
            yield Shown(lesion.name, f"{text}, {reason}", observed=value, unit="Gy")


def _is_drawn(case: Case, organ: str) -> bool:
    try:
        return case.is_contoured(organ)
    except RtcheckError:
        return False


_NCT = "NCT06261047 (Wang 2025)"
_BED = MappingProxyType({"bed_gy": Threshold(60.0, "Gy", "BED10 of a prescription")})


def _limits(**named: tuple[float, str, str]) -> MappingProxyType[str, Threshold]:
    return MappingProxyType({name: Threshold(*parts) for name, parts in named.items()})


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "D1",
        "prescription-found",
        "every target has one prescription, and all places in the plan agree on it",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021), table 8; TG-275 (2020); DICOM PS3.3 C.8.8.10",
        prescription_found,
        carried_by="prescription-sources",
    ),
    PlanCheck(
        "D2",
        "phases-and-boosts",
        "phases have a dose each, and boosts are known as such",
        Severity.NOTE,
        Confidence.CERTAIN,
        "TG-275 (2020); DICOM PS3.3 C.8.8.13",
        phases_and_boosts,
    ),
    PlanCheck(
        "D3",
        "prescribed-bed10",
        "BED10 of every prescription is that of the protocol's rule, and in the range of the model",
        Severity.ERROR,
        Confidence.CERTAIN,
        _NCT,
        prescribed_bed10,
        _BED,
        carried_by="bed",
    ),
    PlanCheck(
        "D4",
        "achieved-in-gtv",
        "no GTV is colder than prescribed",
        Severity.WARNING,
        Confidence.CERTAIN,
        f"{_NCT}; TG-275 (2020)",
        achieved_in_gtv,
        _limits(gtv_percent=(95.0, "%", "D98% of a GTV, of the prescription")),
        carried_by="bed-achieved",
    ),
    PlanCheck(
        "D5",
        "plausible-dose",
        "dose per fraction and total are such as are given, and those that the label says",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "TG-275 (2020); AAPM MPPG 11.a (2021), table 8",
        plausible_dose,
        _limits(
            least_gy=(1.0, "Gy", "least dose in a fraction"),
            most_gy=(34.0, "Gy", "largest dose in a fraction"),
            most_total_gy=(100.0, "Gy", "largest total dose"),
        ),
    ),
    PlanCheck(
        "D6",
        "near-prescription",
        "the doses of every target are near the one prescribed",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "TG-275 (2020); AAPM MPPG 11.a (2021), table 8",
        near_prescription,
        _limits(
            median_percent=(95.0, "%", "least D50% of a target, of the prescription"),
            hot_percent=(160.0, "%", "largest D50% of a target, of the prescription"),
            covered_percent=(90.0, "%", "least D95% of a target, of the prescription"),
        ),
    ),
    PlanCheck(
        "D7",
        "fitting-tables",
        "limits are those of the plan's number of fractions",
        Severity.WARNING,
        Confidence.CERTAIN,
        "AAPM TG-101 (2010); QUANTEC (2010)",
        fitting_tables,
        _limits(
            most_fractions=(45.0, "", "largest number of fractions"),
            unlike_percent=(10.0, "%", "difference of the doses per fraction in a sum"),
        ),
        carried_by="tables",
    ),
    PlanCheck(
        "D8",
        "reduced-with-reason",
        "a dose below the protocol's rule has a recorded reason",
        Severity.WARNING,
        Confidence.CERTAIN,
        _NCT,
        reduced_with_reason,
        _BED,
        carried_by="bed",
    ),
)
