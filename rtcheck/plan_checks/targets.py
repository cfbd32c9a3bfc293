"""Section C, targets: GTV inside CTV inside PTV, the margins between them, and where they lie in the body.

Distances are those of `rtcheck.surface`: of surfaces through the drawn contours, with half-slice ends.

References
----------
.. [1] ICRU Report 83: prescribing, recording, and reporting photon-beam intensity-modulated radiation therapy.
   J ICRU 2010;10(1).
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [3] DICOM PS3.3, C.8.8.8 (RT ROI Observations module).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from rtcheck.body import BODY_TYPE
from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions, volumes
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.study import ROI
from rtcheck.surface import (
    REACH_MM,
    Agreement,
    Containment,
    Margin,
    Surroundings,
    containment,
    judged,
    least_depth_mm,
    margin,
)

_KINDS = ("GTV", "CTV", "PTV")
#: Which volume of a lesion lies inside which.
_INSIDE = (("GTV", "CTV"), ("GTV", "PTV"), ("CTV", "PTV"))
#: A GTV of which less than this share lies in PTVs has none.
_HAS_A_PTV = 0.5


def targets_nested(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Every GTV lies inside its CTV, both lie inside their PTV, and no GTV is without a PTV.

    That is how the volumes are defined (ICRU 83). Which belong together is told by the case sheet, else by names or by
    the place, and what that says is a guess then. A little that reaches out is a warning, and of a CTV all that reaches
    out of its PTV by no more than `ctv_mm`, for a PTV may be cropped.
    """
    every = lesions(case)
    yield from (answer for lesion in every for answer in _nested(lesion, thresholds))
    ptvs = _drawn(case, "PTV")
    if not ptvs:
        yield Unknown("PTV", "no PTV is drawn")
        return
    gtvs = _drawn(case, "GTV")
    if not gtvs and not _drawn(case, "CTV"):
        yield Unknown("GTV", "neither a GTV nor a CTV is drawn")
    for gtv in gtvs:
        yield from _without_ptv(gtv, ptvs)


def _nested(lesion: Lesion, thresholds: Thresholds) -> Iterator[Answer]:
    for kind, around in _INSIDE:
        inner, outer = lesion.volume(kind), lesion.volume(around)
        if inner is None or outer is None or inner is outer:
            continue
        names = (inner.name, outer.name)
        try:
            found = containment(inner, outer)
        except NoVolumeError as error:
            yield Unknown(inner.name, f"not compared with {outer.name}: {error}", names)
            continue
        if found.holds or (reaches_mm := -least_depth_mm(inner, outer)) <= thresholds["protrusion_mm"]:
            continue
        share = 100.0 * found.share_outside
        least_mm = thresholds["ctv_mm"] if kind == "CTV" else 0.0
        message = _outside(found, reaches_mm)
        yield Alert(
            inner.name,
            f"{message}; correct the contours, or say in the case sheet which volumes are of one lesion",
            names,
            share,
            f"<= {thresholds['percent']:g} %",
            "%",
            Severity.WARNING if share <= thresholds["percent"] or reaches_mm <= least_mm else Severity.ERROR,
            _confidence(lesion, kind, around),
        )


def _confidence(lesion: Lesion, *kinds: str) -> Confidence:
    """Certain where the case sheet says which volumes are a lesion's."""
    declared = lesion.declared
    if declared is None:
        return Confidence.HEURISTIC
    named = {"GTV": declared.gtv, "CTV": declared.ctv, "PTV": declared.ptv}
    return Confidence.CERTAIN if all(named[kind] for kind in kinds) else Confidence.HEURISTIC


def _without_ptv(gtv: ROI, ptvs: Sequence[ROI]) -> Iterator[Answer]:
    held = 0.0
    for ptv in ptvs:
        try:
            held += 1.0 - containment(gtv, ptv).share_outside
        except NoVolumeError as error:
            yield Unknown(gtv.name, f"not compared with {ptv.name}: {error}", (gtv.name, ptv.name))
            return
        if held >= _HAS_A_PTV:
            return
    lying = "lies in no PTV" if held == 0.0 else f"only {100.0 * held:.0f} % of it lies in a PTV"
    # A PTV that isn't among the files may be drawn all the same: a person has to look.
    yield Alert(
        gtv.name,
        f"{lying}: draw its PTV, or say to which plan it belongs",
        (gtv.name,),
        100.0 * held,
        unit="%",
        confidence=Confidence.HEURISTIC,
    )


def margin_used(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The margin from CTV to PTV lies within the range that is usual; all margins of a lesion are shown.

    A margin is a distribution: median and percentiles in the plane of the slices, and along their normal. Parts that
    are cropped at the skin or at an organ, or are larger between the axes as of an expansion as a box, raise no alert.
    Whether a protocol's range is kept is judged by its own rule.
    """
    around = Surroundings.of(case.study.structure_set.rois, case.body, case.names)
    measured = False
    for lesion in lesions(case):
        ctv = lesion.ctv is not None
        for kind, outer in (("GTV", "CTV"), ("CTV", "PTV")) if ctv else (("GTV", "PTV"),):
            volumes_of = lesion.volume(kind), lesion.volume(outer)
            if volumes_of[0] is None or volumes_of[1] is None:
                continue
            measured = True
            names = (volumes_of[0].name, volumes_of[1].name)
            try:
                found = margin(volumes_of[0], volumes_of[1])
            except NoVolumeError as error:
                yield Unknown(f"{names[0]} to {names[1]}", str(error), names)
                continue
            yield _margin(found, thresholds, around if (kind, outer) == ("CTV", "PTV") else None)
    if not measured:
        yield Unknown("margins", "of no lesion two volumes are drawn")


def _margin(found: Margin, thresholds: Thresholds, around: Surroundings | None) -> Answer:
    """A margin as a value, or as an alert where it is judged (`around` is given) and out of range."""
    subject, names = f"{found.inner} to {found.outer}", (found.inner, found.outer)
    median_mm = (found.in_plane or found.overall).median_mm
    shown = Shown(subject, found.text, names, median_mm, "mm")
    if around is None:
        return shown
    low_mm, high_mm = thresholds["low_mm"], thresholds["high_mm"]
    judgement = judged(found, low_mm, high_mm, around)
    if judgement.agreement is Agreement.UNMEASURABLE:
        cropped = f"{100.0 * judgement.cropped:.0f} % of the surface runs along the skin or organs: {found.text}"
        return Unknown(subject, cropped, names)
    if judgement.agreement not in (Agreement.TOO_SMALL, Agreement.TOO_LARGE):
        return shown
    size = "small" if judgement.agreement is Agreement.TOO_SMALL else "large"
    return Alert(
        subject,
        f"too {size} for {low_mm:g} to {high_mm:g} mm: {found.text}",
        names,
        median_mm,
        f"{low_mm:g} to {high_mm:g} mm",
        "mm",
    )


def targets_in_body(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Exactly one ROI is the body (RTROIInterpretedType EXTERNAL), and the targets lie inside it.

    Planning systems compute the dose in the volume of that type. Of a PTV or CTV a part in the air is a warning, for a
    margin may reach out; of a GTV it is an error.
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
    for kind, roi in _outermost(case):
        yield from _out_of_body(kind, roi, body, thresholds)


def _outermost(case: Case) -> Iterator[tuple[str, ROI]]:
    """PTVs, and the other targets that aren't inside one."""
    ptvs = _drawn(case, "PTV")
    yield from (("PTV", ptv) for ptv in ptvs)
    for kind in ("CTV", "GTV"):
        for roi in _drawn(case, kind):
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
    message = f"{_outside(found, -depth_mm)}; correct the contours of one of them"
    severity = Severity.ERROR if kind == "GTV" else Severity.WARNING
    limit = f"<= {thresholds['beyond_mm']:g} mm"
    yield Alert(roi.name, message, names, -depth_mm, limit, "mm", severity)


def _outside(found: Containment, reaches_mm: float) -> str:
    """``3.1 % (0.8 cc) lies outside Body, up to 4.0 mm``."""
    how_far = f"{REACH_MM:g} mm or more" if reaches_mm >= REACH_MM else f"up to {reaches_mm:.1f} mm"
    share = f"{100.0 * found.share_outside:.1f} % ({found.outside_cc:.2g} cc)"
    return f"{share} lies outside {found.outer}, {how_far}"


def skin_spared(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No PTV comes near the skin.

    In the first millimetres photon dose builds up, and is computed least well; optimisers make up for it with fluence.
    A PTV near the skin is a note, one that reaches the skin a warning (ICRU 83; crop it, or plan with bolus).
    """
    body, ptvs = case.body, _drawn(case, "PTV")
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


def _drawn(case: Case, kind: str) -> tuple[ROI, ...]:
    """The drawn volumes of a kind: those of lesions, and all others."""
    of_lesions = (lesion.volume(kind) for lesion in lesions(case))
    every = (*(roi for roi in of_lesions if roi is not None), *volumes(case, kind))
    return tuple({id(roi): roi for roi in every}.values())


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C6",
        "targets-nested",
        "GTV lies inside CTV inside PTV, and no GTV is without a PTV",
        Severity.ERROR,
        Confidence.CERTAIN,
        "ICRU Report 83 (2010); TG-275 (2020)",
        targets_nested,
        MappingProxyType(
            {
                "protrusion_mm": Threshold(1.0, "mm", "how far a volume may reach out of the one around it"),
                "ctv_mm": Threshold(2.0, "mm", "how far a CTV may reach out of its PTV with a warning only"),
                "percent": Threshold(1.0, "%", "share outside that is a warning only"),
            }
        ),
    ),
    PlanCheck(
        "C7",
        "margin-used",
        "the margin from CTV to PTV lies in the usual range",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "ICRU Report 83 (2010); range of NCT06261047",
        margin_used,
        MappingProxyType(
            {
                "low_mm": Threshold(2.0, "mm", "least margin from CTV to PTV"),
                "high_mm": Threshold(5.0, "mm", "largest margin from CTV to PTV"),
            }
        ),
    ),
    PlanCheck(
        "C9",
        "targets-in-body",
        "exactly one ROI is the body, and the targets lie inside it",
        Severity.ERROR,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.8; TG-275 (2020)",
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
