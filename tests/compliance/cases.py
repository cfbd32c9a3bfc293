"""Small cases with a case sheet, made as values: two lesions, their volumes, and a plan that treats both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from rtcheck.case import Case
from rtcheck.compliance import findings_of
from rtcheck.finding import Finding, Source
from rtcheck.rules import Level, Rule
from rtcheck.sheet import (
    Attestation,
    CaseSheet,
    Decision,
    DeclaredLesion,
    LesionKind,
    Role,
    SignOff,
    Subject,
)
from rtcheck.study import ImageSeries, Patient, Study
from tests import studies

DAY = date(2025, 3, 20)
SOURCE = Source("NCT06261047", "p.rule")
BOX, OTHER = ((-10, 10), (-10, 10), (-10, 10)), ((20, 40), (-10, 10), (-10, 10))
INSIDE, OTHER_INSIDE = ((-4, 4), (-4, 4), (-4, 4)), ((26, 34), (-4, 4), (-4, 4))


def rule(kind: type[Rule], level: Level = Level.PROTOCOL, **parts: object) -> Rule:
    return kind("p.rule", "A rule", level, SOURCE, **parts)  # type: ignore[arg-type]


@cache
def study(fractions: int = 5, gray: float = 40.0) -> Study:
    """Two PTVs with a GTV each and an organ, all of one dose."""
    rois = [
        studies.box_roi(1, "PTV_1", BOX, "PTV"),
        studies.box_roi(2, "PTV_2", OTHER, "PTV"),
        studies.box_roi(3, "GTV_1", INSIDE, "GTV"),
        studies.box_roi(4, "GTV_2", OTHER_INSIDE, "GTV"),
        studies.box_roi(5, "Stomach", ((-10, 10), (20, 30), (-10, 10))),
    ]
    plan = studies.plan([studies.target_reference(n, gray, n) for n in (1, 2)], [fractions])
    return studies.study(rois, studies.dose(gray), plan)


def case(of: Study | None = None, /, **sheet: object) -> Case:
    """A case with a case sheet that declares what is given."""
    return Case(of or study(), sheet=CaseSheet(**sheet))  # type: ignore[arg-type]


def lesion(name: str = "1", kind: LesionKind = LesionKind.METASTASIS, **parts: object) -> DeclaredLesion:
    organ = "lymph nodes" if kind is LesionKind.LYMPH_NODE else "liver"
    return DeclaredLesion(name, str(parts.pop("organ", organ)), kind, **parts)  # type: ignore[arg-type]


def two(**parts: object) -> tuple[DeclaredLesion, ...]:
    return lesion("L1", ptv="PTV_1", **parts), lesion("L2", ptv="PTV_2", **parts)


def sign(
    name: str,
    decision: Decision = Decision.APPROVED,
    role: Role = Role.RADIATION_ONCOLOGIST,
    day: date = DAY,
    subject: Subject = Subject.CONTOURS,
    **parts: object,
) -> SignOff:
    return SignOff(subject, role, name, day, decision, **parts)  # type: ignore[arg-type]


def attest(key: str, answer: bool | None = True, name: str = "A.B.", day: date = DAY, **parts: object) -> Attestation:
    return Attestation(key, answer, name, Role.PHYSICIST, day, **parts)  # type: ignore[arg-type]


def ct(
    thickness_mm: float | None = 3.0,
    spacing_mm: float = 3.0,
    pixel_mm: tuple[float, float] = (0.977, 0.977),
    *,
    slices: int = 5,
    uid: str = "1.2.5",
    dates: tuple[str, ...] = ("20250310",),
    modality: str = "CT",
    positions_mm: Sequence[float] | None = None,
) -> ImageSeries:
    positions = np.arange(slices) * spacing_mm if positions_mm is None else np.asarray(positions_mm, float)
    uids = tuple(f"{uid}.{index}" for index in range(len(positions)))
    return ImageSeries(
        modality=modality,
        series_instance_uid=uid,
        frame_of_reference_uid=studies.FRAME,
        rows=512,
        columns=512,
        pixel_spacing_mm=pixel_mm,
        slice_thickness_mm=thickness_mm,
        slice_positions_mm=positions,
        normal=np.array([0.0, 0.0, 1.0]),
        sop_instance_uids=uids,
        sources=(),
        slice_thicknesses_mm=() if thickness_mm is None else (thickness_mm,),
        dates=dates,
    )


def with_images(*series: ImageSeries, of: Study | None = None, **structures: object) -> Study:
    base = of or study()
    return replace(base, images=series, structure_set=replace(base.structure_set, **structures))  # type: ignore[arg-type]


def born(day: str | None, of: Study | None = None) -> Study:
    return replace(of or study(), patient=Patient("P1", "Phantom", birth_date=day))


def ask(of: Case, *rules: Rule) -> list[Finding]:
    found = list(findings_of(of, rules))
    assert len(found) >= len(rules)
    assert all(one.check == "protocol-rule" and one.standing == "protocol" and one.message for one in found)
    return found


def ask_one(of: Case, asked: Rule) -> Finding:
    (found,) = ask(of, asked)
    return found
