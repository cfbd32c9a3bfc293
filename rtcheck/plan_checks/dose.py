"""Section B, kind of dose: is it physical, of the whole plan, and calculated in the patient?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import READING, Alert, Answer, PlanCheck, Shown, Thresholds, Unknown
from rtcheck.plan_checks.dose_facts import labelled
from rtcheck.study import PlanDose

#: RadiationTypes whose dose is physical unless somebody weighted it.
_UNWEIGHTED = frozenset(("PHOTON", "ELECTRON"))
_WEIGHTED_WORDS = re.compile(r"\b(?:EQD\d*|BED\d*|RBE|biolog\w*|effective dose)\b", re.IGNORECASE)


def units_and_type(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The dose is physical, in gray.

    Relative doses, differences of doses (ERROR) and negative ones are refused. A dose of photons that is EFFECTIVE, or
    whose comment speaks of EQD2 or BED, was converted by somebody: limits on physical dose say nothing about it.
    DICOM PS3.3, C.8.8.3: DoseUnits, DoseType.
    """
    for label, one in labelled(case):
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
    for label, one in labelled(case):
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
    for label, one in labelled(case):
        stated = one.dose.tissue_heterogeneity
        terms = set((stated or "").upper().split("/")) - {""}
        if not terms:
            yield Unknown(label, "TissueHeterogeneityCorrection isn't stated")
        elif not terms <= {"IMAGE", "ROI_OVERRIDE"}:
            why = "calculated as if the patient were of water" if "WATER" in terms else "not by the images"
            yield Alert(label, f"TissueHeterogeneityCorrection is {stated}: {why}")
        elif "IMAGE" not in terms:
            yield Unknown(label, "TissueHeterogeneityCorrection is ROI_OVERRIDE alone: of the rest nothing is said")


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
        "DICOM PS3.3 C.8.8.3 (TissueHeterogeneityCorrection); AAPM TG-275 (2020)",
        heterogeneity,
    ),
)
