"""Small studies made as values, without files: boxes for ROIs, a dose by a function, a plan by a few numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rtcheck.geometry import Grid
from rtcheck.study import (
    ROI,
    Contour,
    DoseReference,
    FractionGroup,
    GeometricType,
    Patient,
    Plan,
    PlanDose,
    ReferencedBeam,
    RTDose,
    SourceFile,
    StructureSet,
    Study,
)

FRAME = "1.2.3"
Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


def box_roi(number: int, name: str, box: Box, kind: str | None = "ORGAN", spacing_mm: float = 2.0) -> ROI:
    """A box ``((x0, x1), (y0, y1), (z0, z1))`` in mm, exactly, by the half-slice convention."""
    (x0, x1), (y0, y1), (z0, z1) = box
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)
    heights = np.arange(z0 + spacing_mm / 2, z1, spacing_mm)
    contours = [np.column_stack([corners, np.full(4, z)]) for z in heights]
    return ROI(number, name, kind, tuple(Contour(GeometricType.CLOSED_PLANAR, points) for points in contours))


def empty_roi(number: int, name: str, kind: str | None = "ORGAN") -> ROI:
    return ROI(number, name, kind, ())


def dose(
    gray: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | float,
    low_mm: Sequence[float] = (-60, -60, -60),
    high_mm: Sequence[float] = (60, 60, 60),
    spacing_mm: float = 4.0,
) -> RTDose:
    axes = [np.arange(low, high + spacing_mm / 2, spacing_mm) for low, high in zip(low_mm, high_mm, strict=True)]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    values = np.full(x.shape, gray) if isinstance(gray, int | float) else np.broadcast_to(gray(x, y, z), x.shape)
    grid = Grid(
        origin_mm=np.array([axes[0][0], axes[1][0], axes[2][0]], float),
        row_direction=np.array([1.0, 0.0, 0.0]),
        column_direction=np.array([0.0, 1.0, 0.0]),
        column_spacing_mm=spacing_mm,
        row_spacing_mm=spacing_mm,
        frame_offsets_mm=np.asarray(axes[2] - axes[2][0], float),
        shape=x.shape,  # type: ignore[arg-type]
        frame_of_reference_uid=FRAME,
    )
    array = np.ascontiguousarray(values, np.float32)
    return RTDose("1.2.3.9", grid, array, "PHYSICAL", "PLAN", ("1.2.3.7",), "1.2.3.8", source("RTDOSE"))


def source(modality: str) -> SourceFile:
    return SourceFile(f"{modality.lower()}.dcm", "0" * 64, f"1.2.{len(modality)}", modality)


def target_reference(
    number: int, gray: float | None, roi_number: int | None = None, kind: str = "VOLUME", name: str | None = None
) -> DoseReference:
    return DoseReference(number, kind, name, "TARGET", gray, roi_number)


def plan(
    references: Sequence[DoseReference] = (), fractions: Sequence[int | None] = (5,), beam_dose_gy: float | None = None
) -> Plan:
    beams = () if beam_dose_gy is None else (ReferencedBeam(1, beam_dose_gy, 100.0),)
    groups = tuple(FractionGroup(index + 1, count, beams) for index, count in enumerate(fractions))
    return Plan("1.2.3.7", "Plan", None, tuple(references), groups, (), "1.2.3.8", (), source("RTPLAN"))


def study(rois: Sequence[ROI], rt_dose: RTDose, rt_plan: Plan | None = None, **changes: object) -> Study:
    structures = StructureSet("1.2.3.8", "Set", FRAME, tuple(rois), source("RTSTRUCT"))
    parts: dict[str, object] = {"images": (), "sources": (), "notes": ()} | changes
    parts = {"plan_doses": (PlanDose(rt_plan, rt_dose),)} | parts
    return Study(Patient("P1", "Phantom"), structures, **parts)  # type: ignore[arg-type]


def with_dose(study_: Study, rt_dose: RTDose) -> Study:
    """The same study with another dose."""
    return replace(study_, plan_doses=(replace(study_.plan_doses[0], dose=rt_dose),))


def verdicts(findings: Sequence[object]) -> Mapping[str, object]:
    return {finding.subject: finding.verdict for finding in findings}  # type: ignore[attr-defined]
