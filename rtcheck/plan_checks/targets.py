"""Section C, targets: GTV inside CTV inside PTV, and the margins between them.

Distances are those of `rtcheck.surface`: of surfaces through the drawn contours, with half-slice ends.

References
----------
.. [1] ICRU Report 83: prescribing, recording, and reporting photon-beam intensity-modulated radiation therapy.
   J ICRU 2010;10(1).
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

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
    ptvs = drawn_volumes(case, "PTV")
    if not ptvs:
        yield Unknown("PTV", "no PTV is drawn")
        return
    gtvs = drawn_volumes(case, "GTV")
    if not gtvs and not drawn_volumes(case, "CTV"):
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
        message = outside_text(found, reaches_mm)
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


def outside_text(found: Containment, reaches_mm: float) -> str:
    """``3.1 % (0.8 cc) lies outside Body, up to 4.0 mm``."""
    how_far = f"{REACH_MM:g} mm or more" if reaches_mm >= REACH_MM else f"up to {reaches_mm:.1f} mm"
    share = f"{100.0 * found.share_outside:.1f} % ({found.outside_cc:.2g} cc)"
    return f"{share} lies outside {found.outer}, {how_far}"


def drawn_volumes(case: Case, kind: str) -> tuple[ROI, ...]:
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
        "ICRU Report 83 (2010); AAPM TG-275 (2020)",
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
)
