"""What is declared of the samples' patients: complete for the trial NCT06261047, but for what a sample shows.

Dates fit those of the DICOM objects (`rtcheck.synthetic.headers.DATES`): imaged on a Monday, treated two weeks later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rtcheck.sheet import (
    Attestation,
    CaseSheet,
    Decision,
    DeclaredLesion,
    LesionKind,
    Reduction,
    Role,
    SignOff,
    Subject,
)

IMAGED = date(2024, 1, 15)
CONTOURED = date(2024, 1, 17)
PLANNED = date(2024, 1, 22)
MOTION = "4D CT and ITV"
ONCOLOGIST, SECOND_ONCOLOGIST, DOSIMETRIST, PHYSICIST = "A.B.", "C.D.", "E.F.", "G.H."


def complete(
    number: int,
    lesions: Sequence[DeclaredLesion],
    *,
    child_pugh: str = "A5",
    last_day: date = date(2024, 2, 2),
    oncologists: Sequence[str] = (ONCOLOGIST, SECOND_ONCOLOGIST),
    file: str = "case.yaml",
) -> CaseSheet:
    """A sheet that answers everything that the trial asks.

    Parameters
    ----------
    number : int
        Of the subject in its centre.
    lesions : sequence of DeclaredLesion
    child_pugh : str
    last_day : date
        Of radiotherapy, which starts on 29 January 2024.
    oncologists : sequence of str
        Those who approved the contours.
    file : str
    """
    dates = {
        "diagnosis": date(2022, 5, 10),
        "first_line_start": date(2022, 6, 20),
        "progression": date(2023, 12, 18),
        "planning_ct": IMAGED,
        "radiotherapy_start": date(2024, 1, 29),
        "radiotherapy_end": last_day,
    }
    return CaseSheet(
        file=file,
        subject=f"SITE01-{number:03d}",
        centre="SITE01",
        protocol="NCT06261047",
        child_pugh=child_pugh,
        ecog=0,
        age=64,
        bclc="C",
        stable_months=16.0,
        survival_months=12.0,
        afp_ng_ml=320.0,
        early_progression=False,
        prior_oligoprogression=False,
        prior_lesions=2,
        prior_organs=1,
        dates=dates,
        never=frozenset({"last_radiotherapy"}),
        lesions=tuple(lesions),
        attestations=_attestations(lesions),
        sign_offs=_sign_offs(oncologists),
    )


def lesion(
    name: str = "L1",
    suffix: str = "",
    *,
    organ: str = "liver",
    kind: LesionKind = LesionKind.PRIMARY,
    plan: str | None = None,
    reduction: Reduction | None = None,
) -> DeclaredLesion:
    """A lesion in soft tissue that moves with breathing; its ROIs are ``GTV`` and so on with `suffix`."""
    return DeclaredLesion(
        name=name,
        organ=organ,
        kind=kind,
        bone=False,
        vertebra=False,
        mobile=True,
        measurable=True,
        gtv=f"GTV{suffix}",
        ctv=f"CTV{suffix}",
        ptv=f"PTV{suffix}",
        plan=plan,
        motion=MOTION,
        reduction=reduction,
        prior_radiotherapy=False,
    )


def bone_lesion(
    name: str,
    suffix: str,
    *,
    vertebra: bool = False,
    plan: str | None = None,
    reduction: Reduction | None = None,
) -> DeclaredLesion:
    """A metastasis in bone without a part in soft tissue: it doesn't move, and RECIST can't measure it."""
    return DeclaredLesion(
        name=name,
        organ="bone",
        kind=LesionKind.METASTASIS,
        bone=True,
        vertebra=vertebra,
        mobile=False,
        measurable=False,
        gtv=f"GTV{suffix}",
        ctv=f"CTV{suffix}",
        ptv=f"PTV{suffix}",
        plan=plan,
        reduction=reduction,
        prior_radiotherapy=False,
    )


def _attestations(lesions: Sequence[DeclaredLesion]) -> tuple[Attestation, ...]:
    attested = [
        Attestation("simulation", True, PHYSICIST, Role.PHYSICIST, IMAGED, "CT and MRI in treatment position"),
        Attestation("motion-management", True, PHYSICIST, Role.PHYSICIST, IMAGED, MOTION),
    ]
    attested += [
        Attestation("vertebral-ctv", True, ONCOLOGIST, Role.RADIATION_ONCOLOGIST, CONTOURED, "vertebral body", one.name)
        for one in lesions
        if one.vertebra
    ]
    attested += [
        Attestation("independent-mu-check", True, PHYSICIST, Role.PHYSICIST, PLANNED, "second dose calculation"),
        Attestation("patient-specific-qa", True, PHYSICIST, Role.PHYSICIST, PLANNED, "measured, gamma passed"),
    ]
    return tuple(attested)


def _sign_offs(oncologists: Sequence[str]) -> tuple[SignOff, ...]:
    signed = [(Subject.CONTOURS, Role.RADIATION_ONCOLOGIST, name, CONTOURED) for name in oncologists]
    signed += [
        (Subject.PLAN, Role.DOSIMETRIST, DOSIMETRIST, PLANNED),
        (Subject.PLAN, Role.PHYSICIST, PHYSICIST, PLANNED),
        (Subject.PLAN, Role.RADIATION_ONCOLOGIST, ONCOLOGIST, PLANNED),
    ]
    return tuple(SignOff(subject, role, name, day, Decision.APPROVED) for subject, role, name, day in signed)
