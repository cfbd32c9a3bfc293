"""Section D: is it clear what is prescribed, and does a reduced dose have its reason?

What a protocol rules about prescriptions is judged by its own checks (``bed``, ``bed-achieved``,
``prescription-sources``); these ask what is wrong whatever the protocol.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checks.lesions import lesions
from rtcheck.errors import RtcheckError
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.rois import roi_names
from rtcheck.prescription import Place
from rtcheck.radiobiology import bed, lq_remark
from rtcheck.study import Prescription
from rtcheck.treatment import unequal
from rtcheck.units import Comparator, meets, number_text

#: alpha/beta of tumours that the dose rule of the trial is written in (NCT06261047).
TUMOUR_ALPHA_BETA_GY = 10.0


def prescription_found(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Every target has one prescription, and the doses of the beams at their point bear it out.

    Where label, dose reference or the number of fractions contradict each other, ``prescription-sources`` says so.
    Beam doses are those of a point, which may be hotter than a target's margin, but not by half. MPPG 11.a.
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
            yield Alert(
                target.name, message, roi_names(target), severity=Severity.WARNING, confidence=Confidence.HEURISTIC
            )


def phases_and_boosts(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """A plan of several phases has a dose for each; phases and simultaneous boosts are shown.

    Of one dose for several phases nothing tells how many fractions a voxel gets it in, so that its BED isn't known.
    TG-275: boosts and phases are where totals get mixed up.
    """
    for one in case.study.plan_doses:
        if not one.sums_plans and len(one.fraction_groups) > 1:
            yield Alert(one.label, unequal(one) or "several phases in one dose")
    if not case.prescriptions:
        yield Unknown("prescription", case.prescription_problem)
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
            yield Alert(
                target.name, f"{message}; {remark}", roi_names(target), value, unit="Gy", severity=Severity.NOTE
            )
        else:
            yield Shown(target.name, message, roi_names(target), value, "Gy", "BED10[Gy]")


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
_BED = tunable(bed_gy=(60.0, "Gy", "BED10 of a prescription"))
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "D1",
        "prescription-found",
        "every target has one prescription, and all places in the plan agree on it",
        Severity.ERROR,
        Confidence.CERTAIN,
        "AAPM MPPG 11.a (2021); AAPM TG-275 (2020); DICOM PS3.3 C.8.8.10",
        prescription_found,
        carried_by="prescription-sources",
    ),
    PlanCheck(
        "D2",
        "phases-and-boosts",
        "phases have a dose each, and boosts are known as such",
        Severity.NOTE,
        Confidence.CERTAIN,
        "AAPM TG-275 (2020); DICOM PS3.3 C.8.8.13",
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
