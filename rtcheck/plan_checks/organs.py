"""Section C, organs: are they there, on their side, of the patient's density, and named as they should be?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature import normalised
from rtcheck.nomenclature.helpers import words_of
from rtcheck.outlines import signed_area
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.dose_facts import labelled
from rtcheck.plan_checks.rois import SUPPORT_TYPES, drawn, is_organ, is_target, no_organ, pairs
from rtcheck.study import ROI

#: Types and words of what a density override is meant for: what isn't the patient, and what disturbs an image.
_OVERRIDDEN_TYPES = SUPPORT_TYPES | {"MARKER", "CONTRAST_AGENT"}
_OVERRIDDEN_WORDS = frozenset(
    (
        *("artefact", "artefacts", "artifact", "artifacts", "artefakt", "metal", "implant", "prosthesis"),
        *("dental", "filling", "fillings", "contrast", "barium", "gas", "air", "override", "density", "couch", "table"),
        *("bolus", "mask", "board", "marker", "clip", "clips", "wire", "wires", "port", "expander", "stent", "gold"),
    )
)
#: TG-263: a target begins with its type and has neither blanks nor other signs than these; 16 characters at most.
_TARGET_NAME = re.compile(r"(?:I?GTV|I?CTV|ITV|PTV)[A-Za-z0-9_!^~+.-]*")
#: TG-263: names of what isn't for evaluation begin so.
_NOT_EVALUATED = ("z", "_")
_MOST_CHARACTERS = 16
#: Points of such a type need no name of an organ.
_NO_VOLUME_TYPES = frozenset(("MARKER", "ISOCENTER", "REGISTRATION", "DOSE_MEASUREMENT"))


def rois_drawn(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """No ROI is empty, and no two have one name.

    A required ROI that is missing is the finding of ``required-roi``. Of two with one name nothing tells which a limit
    is about. Templates leave empty ROIs behind; an empty target may be one that was forgotten. "Empty structures" of
    Stuhr et al. 2022.
    """
    rois = case.study.structure_set.rois
    by_name: defaultdict[str, list[ROI]] = defaultdict(list)
    for roi in rois:
        by_name[roi.name].append(roi)
    for name, same in by_name.items():
        if len(same) > 1:
            count = sum(bool(roi.closed_contours) for roi in same)
            message = f"{len(same)} ROIs have this name, {count} of them drawn; rename or delete all but one"
            yield Alert(name, message, (name,), severity=None if count > 1 else Severity.WARNING)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(roi.name for roi in drawn(case)):
        alike[normalised(name)].append(name)
    for names in alike.values():
        if len(names) > 1:
            message = "names differ in case, blanks or separators alone; rename one"
            yield Alert(", ".join(names), message, tuple(names), severity=Severity.NOTE)
    empty = [roi for roi in rois if not roi.contours]
    for roi in empty:
        if is_target(roi):
            message = "a target that was named and never drawn; draw or delete it"
            yield Alert(roi.name, message, (roi.name,), severity=Severity.WARNING)
    if others := tuple(roi.name for roi in empty if not is_target(roi)):
        message = f"named and never drawn: {', '.join(others)}"
        yield Alert("empty ROIs", message, others, severity=Severity.NOTE)


def sides_not_swapped(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Of a pair of organs the left one lies to the left of the right one.

    Each by itself is held against the midline by the findings of ``laterality``. A pair needs no midline: it is judged
    also where neither cord nor body is drawn. "Laterality" of Stuhr et al. 2022.
    """
    yield from no_organ(case)
    for left, right in pairs(case):
        beyond_mm = _middle_x_mm(right) - _middle_x_mm(left)
        if beyond_mm > thresholds["beyond_mm"]:
            message = (
                f"{left.name!r} lies {beyond_mm:.0f} mm to the patient's right of {right.name!r}: names are swapped"
            )
            yield Alert(f"{left.name}, {right.name}", message, (left.name, right.name), beyond_mm, unit="mm")


def _middle_x_mm(roi: ROI) -> float:
    """x of an ROI's middle in the patient: contours' mean points, weighted by area. +x is the patient's left."""
    points = [contour.points_mm for contour in roi.closed_contours]
    areas = [max(abs(signed_area(contour[:, :2])), 1e-6) for contour in points]
    return float(np.average([contour[:, 0].mean() for contour in points], weights=areas))


def no_density_overrides(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The densities that the dose was calculated with are those of the CT, but for supports and artefacts.

    Overrides are listed. One of an organ, a target or the body changes the dose in the patient: somebody has to know
    why. A dose that says that it was calculated with overrides, where no ROI has one, hides which. TG-275: density
    overrides applied and documented. DICOM PS3.3, C.8.8.8: ROIPhysicalPropertiesSequence.
    """
    overridden = [roi for roi in case.study.structure_set.rois if roi.physical_properties]
    for label, one in labelled(case):
        if not overridden and "ROI_OVERRIDE" in (one.dose.tissue_heterogeneity or "").upper().split("/"):
            message = "TissueHeterogeneityCorrection is ROI_OVERRIDE, and no ROI states the density that it was given"
            yield Unknown(label, message)
    for roi in overridden:
        values = [one.name + ("" if one.value is None else f" {one.value:g}") for one in roi.physical_properties]
        message = f"density overridden: {', '.join(values)}"
        words = {word.lower() for word in words_of(roi.name)}
        beside = roi.interpreted_type in _OVERRIDDEN_TYPES or bool(words & _OVERRIDDEN_WORDS)
        in_patient = is_target(roi) or is_organ(case, roi) or roi is case.body
        if in_patient and not beside:
            yield Alert(roi.name, f"{message}; look whether that is meant", (roi.name,))
        else:
            yield Shown(roi.name, message, (roi.name,))


def standard_names(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """ROIs have names of AAPM TG-263.

    Names that rtcheck understands are listed with the TG-263 name, the others alone: some may be of TG-263 too, for the
    list (``constraints/names.yaml``) has what limits are known for. Targets are only asked for how they begin, for
    blanks and for at most 16 characters. Mayo et al. 2018.
    """
    renamed, unknown = [], []
    for roi in case.study.structure_set.rois:
        volumeless = roi.interpreted_type in _NO_VOLUME_TYPES or (roi.contours and not roi.closed_contours)
        if volumeless or roi.name.startswith(_NOT_EVALUATED):
            continue
        standard = case.names.standard(roi.name)
        if standard is not None and standard != roi.name:
            renamed.append(f"{roi.name!r} ({standard})")
        elif standard is None and not (_TARGET_NAME.fullmatch(roi.name) and len(roi.name) <= _MOST_CHARACTERS):
            unknown.append(repr(roi.name))
    if renamed:
        names = ", ".join(renamed)
        yield Alert("other names", f"{len(renamed)} ROIs have another name in TG-263: {names}")
    if unknown:
        message = f"{len(unknown)} names aren't on the list of TG-263 names: {', '.join(unknown)}"
        yield Alert("unlisted names", message)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C1",
        "rois-drawn",
        "required ROIs are drawn, none is empty, and no two have one name",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (empty structures); AAPM TG-275 (2020)",
        rois_drawn,
        carried_by="required-roi",
    ),
    PlanCheck(
        "C5",
        "sides",
        "left and right organs lie on their sides",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (laterality); AAPM TG-275 (2020)",
        sides_not_swapped,
        tunable(beyond_mm=(10.0, "mm", "distance of a left organ to the right of its partner")),
        carried_by="laterality",
    ),
    PlanCheck(
        "C14",
        "density-overrides",
        "no density is overridden in an organ or a target",
        Severity.WARNING,
        Confidence.CERTAIN,
        "AAPM TG-275 (2020); DICOM PS3.3 C.8.8.8",
        no_density_overrides,
    ),
    PlanCheck(
        "C16",
        "standard-names",
        "ROIs have names of AAPM TG-263",
        Severity.NOTE,
        Confidence.HEURISTIC,
        "Mayo et al., AAPM TG-263, IJROBP 2018;100:1057",
        standard_names,
    ),
)
