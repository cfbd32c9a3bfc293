"""Section C, targets in the patient: they lie in the body, and PTVs away from the skin.

Distances are those of `rtcheck.surface`: of surfaces through the drawn contours, with half-slice ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from rtcheck.body import BODY_TYPE
from rtcheck.case import Case
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Threshold, Thresholds, Unknown
from rtcheck.plan_checks.targets import drawn_volumes, outside_text
from rtcheck.study import ROI
from rtcheck.surface import REACH_MM, containment, least_depth_mm


def targets_in_body(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Exactly one ROI is the body (RTROIInterpretedType EXTERNAL), and the targets lie inside it.

    Planning systems compute the dose in the volume of that type. Of a PTV or CTV a part in the air is a warning, for a
    margin may reach out; of a GTV it is an error. DICOM PS3.3 C.8.8.8; AAPM TG-275.
    """
    bodies = [roi for roi in case.study.structure_set.rois if roi.interpreted_type == BODY_TYPE and roi.closed_contours]
    names = tuple(roi.name for roi in bodies)
    if len(bodies) > 1:
        message = f"{len(bodies)} ROIs have the type {BODY_TYPE}: {', '.join(names)}; only one can be the body"
        yield Alert(BODY_TYPE, message, names, float(len(bodies)), "1", confidence=Confidence.HEURISTIC)
    body = case.body
    if body is None or not body.closed_contours:
        why = case.body_problem or f"{body.name if body else 'the body'} isn't drawn"
        if not bodies:
            message = f"no ROI of the type {BODY_TYPE} is drawn"
            yield Alert(BODY_TYPE, message, (), 0.0, "1", severity=Severity.WARNING)
        yield Unknown("targets in the body", why)
        return
    if not bodies:
        message = f"{body.name!r} is taken as the body, and hasn't the type {BODY_TYPE}"
        yield Alert(body.name, message, (body.name,), 0.0, "1", severity=Severity.WARNING)
    outermost = tuple(_outermost(case))
    if not outermost:
        yield Unknown("targets in the body", "no target is drawn")
    for kind, roi in outermost:
        yield from _out_of_body(kind, roi, body, thresholds)


def _outermost(case: Case) -> Iterator[tuple[str, ROI]]:
    """PTVs, and the other targets that aren't inside one."""
    ptvs = drawn_volumes(case, "PTV")
    yield from (("PTV", ptv) for ptv in ptvs)
    for kind in ("CTV", "GTV"):
        for roi in drawn_volumes(case, kind):
            if not any(_inside(roi, ptv) for ptv in ptvs):
                yield kind, roi


def _inside(roi: ROI, ptv: ROI) -> bool:
    try:
        return containment(roi, ptv).holds
    except NoVolumeError:
        return False


def _out_of_body(kind: str, roi: ROI, body: ROI, thresholds: Thresholds) -> Iterator[Answer]:
    names = (roi.name, body.name)
    try:
        depth_mm = least_depth_mm(roi, body)
        if depth_mm >= -thresholds["beyond_mm"]:
            return
        found = containment(roi, body)
    except NoVolumeError as error:
        yield Unknown(roi.name, f"not compared with {body.name}: {error}", names)
        return
    message = f"{outside_text(found, -depth_mm)}; correct the contours of one of them"
    severity = Severity.ERROR if kind == "GTV" else Severity.WARNING
    limit = f"<= {thresholds['beyond_mm']:g} mm"
    yield Alert(roi.name, message, names, -depth_mm, limit, "mm", severity)


def skin_spared(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No PTV comes near the skin.

    In the first millimetres photon dose builds up, and is computed least well; optimisers make up for it with fluence.
    A PTV near the skin is a note, one that reaches the skin a warning (ICRU 83; crop it, or plan with bolus).
    """
    body, ptvs = case.body, drawn_volumes(case, "PTV")
    if not ptvs:
        yield Unknown("PTV", "no PTV is drawn")
        return
    if body is None or not body.closed_contours:
        yield Unknown("PTV", case.body_problem or "the body isn't drawn")
        return
    limit_mm = min(thresholds["depth_mm"], REACH_MM)
    for ptv in ptvs:
        names = (ptv.name, body.name)
        try:
            depth_mm = least_depth_mm(ptv, body)
        except NoVolumeError as error:
            yield Unknown(ptv.name, f"not compared with {body.name}: {error}", names)
            continue
        if depth_mm >= limit_mm:
            continue
        reaches = depth_mm <= 0.0
        where = "reaches the skin" if reaches else f"comes within {depth_mm:.1f} mm of the skin"
        message = f"{where}, where dose builds up: crop it or use bolus, and read its minimum dose with care"
        severity = Severity.WARNING if reaches else Severity.NOTE
        yield Alert(ptv.name, message, names, depth_mm, f">= {limit_mm:g} mm", "mm", severity)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C9",
        "targets-in-body",
        "exactly one ROI is the body, and the targets lie inside it",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.8; AAPM TG-275 (2020)",
        targets_in_body,
        MappingProxyType({"beyond_mm": Threshold(1.0, "mm", "how far a target may reach out of the body")}),
    ),
    PlanCheck(
        "C10",
        "ptv-near-skin",
        "no PTV comes near the skin",
        Severity.WARNING,
        Confidence.CERTAIN,
        "ICRU Report 83 (2010); rule of thumb",
        skin_spared,
        MappingProxyType({"depth_mm": Threshold(5.0, "mm", "least depth of a PTV under the skin, up to 10")}),
    ),
)
