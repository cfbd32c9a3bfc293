"""Section C, organs: are they there, where they belong, as large as organs are, apart, and named as they should be?

References
----------
.. [1] Stuhr D, Zhou Y, Pham H, et al. Automated plan checking software demonstrates continuous and sustained
   improvements in safety and quality: a 3-year longitudinal analysis. Pract Radiat Oncol 2022;12(2):163-169.
.. [2] Hui CB, Nourzadeh H, Watkins WT, et al. Quality assurance tool for organ at risk delineation in radiation therapy
   using a parametric statistical approach. Med Phys 2018;45(5):2089-2096.
.. [3] ICRP Publication 89: Basic anatomical and physiological data for use in radiological protection: reference
   values. Ann ICRP 2002;32(3-4).
.. [4] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from types import MappingProxyType

import numpy as np
import shapely

from rtcheck.case import Case
from rtcheck.checks.lesions import volumes
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature import normalised
from rtcheck.nomenclature.helpers import words_of
from rtcheck.outlines import signed_area
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Threshold, Thresholds, Unknown
from rtcheck.plan_checks.contours import drawn, is_organ, is_target, scan_of, solid_of
from rtcheck.roi_algebra import region_of
from rtcheck.roi_algebra.booleans import MIN_THICKNESS_MM
from rtcheck.solid import Solid
from rtcheck.study import ROI

#: Volumes (cc) that organs of adults have, by TG-263 name: from a half or less of the reference adult's (ICRP 89, by
#: mass at about 1 g/cc, lungs and hollow organs with what fills them) to several times of it. Rules of thumb: they tell
#: another organ, another unit and a lost or doubled part, not a disease.
VOLUMES_CC: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "Bladder": (15, 1500),
        "Brain": (700, 2200),
        "Brainstem": (8, 60),
        "Cochlea_L": (0.02, 2),
        "Cochlea_R": (0.02, 2),
        "Duodenum": (10, 300),
        "Esophagus": (3, 150),
        "Eye_L": (3, 20),
        "Eye_R": (3, 20),
        "Femur_Head_L": (15, 300),
        "Femur_Head_R": (15, 300),
        "Gallbladder": (1, 400),
        "Heart": (200, 2000),
        "Kidney_L": (30, 700),
        "Kidney_R": (30, 700),
        "Kidneys": (60, 1400),
        "Lens_L": (0.02, 1.5),
        "Lens_R": (0.02, 1.5),
        "Liver": (450, 6000),
        "Lung_L": (300, 5500),
        "Lung_R": (300, 6000),
        "Lungs": (600, 11000),
        "OpticChiasm": (0.05, 4),
        "OpticNrv_L": (0.1, 4),
        "OpticNrv_R": (0.1, 4),
        "Pancreas": (10, 350),
        "Parotid_L": (3, 120),
        "Parotid_R": (3, 120),
        "Prostate": (4, 350),
        "Rectum": (8, 400),
        "SpinalCanal": (3, 300),
        "SpinalCord": (1, 150),
        "Spleen": (20, 3000),
        "Stomach": (30, 2500),
    }
)
#: Organs that can't share their place, by TG-263 name.
_APART = frozenset(
    (
        *("Liver", "Lung_L", "Lung_R", "Heart", "Kidney_L", "Kidney_R", "SpinalCord", "Stomach", "Spleen", "Esophagus"),
        *("Bladder", "Rectum", "Femur_Head_L", "Femur_Head_R", "Eye_L", "Eye_R", "Parotid_L", "Parotid_R", "Brain"),
    )
)
#: Axes closer than this are the same.
_PARALLEL = 1e-3
#: Types and words of what a density override is meant for: what isn't the patient, and what disturbs an image.
_OVERRIDDEN_TYPES = frozenset(("SUPPORT", "FIXATION", "BOLUS", "MARKER", "CONTRAST_AGENT"))
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


def plausible_volumes(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Organs are as large as organs of adults are.

    The ranges (`VOLUMES_CC`) are broad. Of an organ that reaches the end of the scan a part may be missing, so that it
    may be smaller. Volume as in Hui et al. 2018; ICRP Publication 89 for the reference adult.
    """
    scan = scan_of(case)
    for roi, standard in _organs(case):
        if standard not in VOLUMES_CC:
            continue
        solid = solid_of(case, roi)
        if isinstance(solid, Unknown):
            yield solid
            continue
        volume_cc = solid.outline_volume_cc()
        low_cc, high_cc = VOLUMES_CC[standard]
        low_cc, high_cc = low_cc / thresholds["factor"], high_cc * thresholds["factor"]
        small = volume_cc < low_cc
        if not small and volume_cc <= high_cc:
            continue
        if small and scan is not None and (scan.ends_met(roi) or scan.is_left_by(roi)):
            yield Shown(roi.name, f"{volume_cc:.3g} cc, of a part of {standard}", (roi.name,), volume_cc, "cc")
            continue
        message = f"{volume_cc:.3g} cc is too {'small' if small else 'large'} for {standard}: look at name and contours"
        yield Alert(roi.name, message, (roi.name,), volume_cc, f"{low_cc:g} to {high_cc:g} cc", "cc")


def sides_not_swapped(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Of a pair of organs the left one lies to the left of the right one.

    Each by itself is held against the midline by the findings of ``laterality``. A pair needs no midline: it is judged
    also where neither cord nor body is drawn. "Laterality" of Stuhr et al. 2022.
    """
    for left, right in _pairs(case):
        beyond_mm = _middle_x_mm(right) - _middle_x_mm(left)
        if beyond_mm > thresholds["beyond_mm"]:
            message = (
                f"{left.name!r} lies {beyond_mm:.0f} mm to the patient's right of {right.name!r}: names are swapped"
            )
            yield Alert(f"{left.name}, {right.name}", message, (left.name, right.name), beyond_mm, unit="mm")


def apart_from_each_other(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Organs don't overlap that can't, and no PTV holds a part of the spinal cord.

    Contours that touch overlap a little, and a dome that moves by more: counted is what exceeds both a volume and a
    share of the smaller organ. A PTV may come near the cord on purpose; then this is a hint to look whether the dose
    there is. "Adjacent structures overlap" of Stuhr et al. 2022; the numbers are a rule of thumb.
    """
    known = [(roi, solid_of(case, roi)) for roi, standard in _organs(case) if standard in _APART]
    yield from (solid for _, solid in known if isinstance(solid, Unknown))
    apart = [_Sections(roi, solid) for roi, solid in known if isinstance(solid, Solid)]
    for one, other in combinations(apart, 2):
        smaller_cc = min(one.solid.outline_volume_cc(), other.solid.outline_volume_cc())
        limit_cc = max(thresholds["overlap_cc"], thresholds["percent"] / 100.0 * smaller_cc)
        yield from _overlapping(one, other, limit_cc, "they can't: look at both contours")
    cords = [one for one in apart if case.names.standard(one.roi.name) == "SpinalCord"]
    ptvs = [(roi, solid_of(case, roi)) for roi in volumes(case, "PTV")] if cords else []
    yield from (solid for _, solid in ptvs if isinstance(solid, Unknown))
    targets = [_Sections(roi, solid) for roi, solid in ptvs if isinstance(solid, Solid)]
    for cord, target in product(cords, targets):
        yield from _overlapping(cord, target, thresholds["cord_cc"], "is it meant, and the dose there low?")


def _overlapping(one: _Sections, other: _Sections, limit_cc: float, remark: str) -> Iterator[Answer]:
    """What is said of two ROIs that share more than a volume."""
    names = (one.roi.name, other.roi.name)
    subject = " and ".join(names)
    if not np.allclose(one.solid.axes, other.solid.axes, atol=_PARALLEL):
        yield Unknown(subject, "they are drawn on planes of different orientation", names)
        return
    overlap_cc = one.overlap_cc(other)
    if overlap_cc > limit_cc:
        message = f"they share {overlap_cc:.3g} cc; {remark}"
        yield Alert(subject, message, names, overlap_cc, f"<= {limit_cc:.3g} cc", "cc")


class _Sections:
    """A solid whose cross-sections are polygons."""

    def __init__(self, roi: ROI, solid: Solid) -> None:
        self.roi, self.solid = roi, solid
        self.bottom_mm = np.array([layer.bottom_mm for layer in solid.layers])
        self.top_mm = np.array([layer.top_mm for layer in solid.layers])
        self._regions: dict[int, shapely.Geometry] = {}

    def region(self, index: int) -> shapely.Geometry:
        """The cross-section of a layer, made once."""
        if index not in self._regions:
            self._regions[index] = region_of(self.solid.layers[index].outlines)
        return self._regions[index]

    def overlap_cc(self, other: _Sections) -> float:
        """The volume that two solids on parallel planes share."""
        low_mm = np.maximum(self.bottom_mm[:, None], other.bottom_mm)
        height_mm = np.minimum(self.top_mm[:, None], other.top_mm) - low_mm
        pairs = np.argwhere(height_mm > MIN_THICKNESS_MM).tolist() if self._may_meet(other) else []
        if not pairs:
            return 0.0
        own = np.array([self.region(i) for i, _ in pairs], dtype=object)
        others = np.array([other.region(j) for _, j in pairs], dtype=object)
        meet = np.flatnonzero(shapely.intersects(own, others))
        area_mm2 = shapely.area(shapely.intersection(own[meet], others[meet]))
        return float(area_mm2 @ height_mm[height_mm > MIN_THICKNESS_MM][meet]) / 1000.0

    def _may_meet(self, other: _Sections) -> bool:
        """Whether the boxes around both meet."""
        a, b = self.solid.bounds_mm(), other.solid.bounds_mm()
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def both_of_a_pair(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Of paired organs both are drawn, and about as large.

    One alone may be all there is or all that was asked for: that is a note. Of organs cut by the end of the scan sizes
    aren't compared. Rule of thumb; volume as in Hui et al. 2018.
    """
    scan = scan_of(case)
    by_name = {standard: roi for roi, standard in _organs(case)}
    for left, right in _pairs(case):
        cut = scan is not None and any(scan.ends_met(roi) or scan.is_left_by(roi) for roi in (left, right))
        solids = (solid_of(case, left), solid_of(case, right))
        yield from (solid for solid in solids if isinstance(solid, Unknown))
        if cut or any(isinstance(solid, Unknown) for solid in solids):
            continue
        small, large = sorted(solid.outline_volume_cc() for solid in solids if isinstance(solid, Solid))
        if large > thresholds["ratio"] * small:
            names = (left.name, right.name)
            message = f"one is {large:.3g} cc, the other {small:.3g} cc: look whether one of them is drawn whole"
            ratio = large / small if small > 0 else None
            yield Alert(" and ".join(names), message, names, ratio, f"<= {thresholds['ratio']:g}")
    for standard, roi in by_name.items():
        partner = _partner(case, standard)
        both = case.organ(standard)
        if partner is None or partner in by_name or both in by_name:
            continue
        message = f"{roi.name!r} is drawn, and {partner} isn't"
        yield Alert(partner, message, (roi.name,), severity=Severity.NOTE)


def no_density_overrides(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """The densities that the dose was calculated with are those of the CT, but for supports and artefacts.

    Overrides are listed. One of an organ, a target or the body changes the dose in the patient: somebody has to know
    why. TG-275: density overrides applied and documented. DICOM PS3.3, C.8.8.8: ROIPhysicalPropertiesSequence.
    """
    for roi in case.study.structure_set.rois:
        if not roi.physical_properties:
            continue
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


def _organs(case: Case) -> list[tuple[ROI, str]]:
    """The drawn organs, each with its TG-263 name."""
    named = [(roi, case.names.standard(roi.name)) for roi in drawn(case) if is_organ(case, roi) and not is_target(roi)]
    return [(roi, standard) for roi, standard in named if standard is not None]


def _partner(case: Case, standard: str) -> str | None:
    """The TG-263 name of the same organ on the other side."""
    side = case.names.side(standard)
    if side is None:
        return None
    other = standard[:-1] + ("R" if side == "left" else "L")
    return other if case.names.side(other) not in (None, side) else None


def _pairs(case: Case) -> list[tuple[ROI, ROI]]:
    """The organs of which both sides are drawn once: left and right."""
    organs = _organs(case)
    names = [standard for _, standard in organs]
    by_name = {standard: roi for roi, standard in organs if names.count(standard) == 1}
    found = []
    for standard, roi in by_name.items():
        partner = _partner(case, standard)
        if case.names.side(standard) == "left" and partner in by_name:
            found.append((roi, by_name[partner]))
    return found


def _middle_x_mm(roi: ROI) -> float:
    """x of an ROI's middle in the patient: contours' mean points, weighted by area. +x is the patient's left."""
    points = [contour.points_mm for contour in roi.closed_contours]
    areas = [max(abs(signed_area(contour[:, :2])), 1e-6) for contour in points]
    return float(np.average([contour[:, 0].mean() for contour in points], weights=areas))


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C1",
        "rois-drawn",
        "required ROIs are drawn, none is empty, and no two have one name",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (empty structures); TG-275 (2020)",
        rois_drawn,
        carried_by="required-roi",
    ),
    PlanCheck(
        "C4",
        "plausible-volumes",
        "organs are as large as organs of adults are",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "ICRP Publication 89; Hui et al., Med Phys 2018;45:2089; rule of thumb",
        plausible_volumes,
        MappingProxyType({"factor": Threshold(1.0, "", "widening of all ranges, by a factor")}),
    ),
    PlanCheck(
        "C5",
        "sides",
        "left and right organs lie on their sides",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (laterality); TG-275 (2020)",
        sides_not_swapped,
        MappingProxyType({"beyond_mm": Threshold(10.0, "mm", "distance of a left organ to the right of its partner")}),
        carried_by="laterality",
    ),
    PlanCheck(
        "C8",
        "organs-apart",
        "organs don't overlap that can't, and no PTV holds a part of the cord",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (adjacent structures overlap); rule of thumb",
        apart_from_each_other,
        MappingProxyType(
            {
                "overlap_cc": Threshold(5.0, "cc", "volume that two organs share"),
                "percent": Threshold(2.0, "%", "share of the smaller organ that both have"),
                "cord_cc": Threshold(0.1, "cc", "volume of the cord in a PTV"),
            }
        ),
    ),
    PlanCheck(
        "C11",
        "paired-organs",
        "of paired organs both are drawn, and about as large",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Hui et al., Med Phys 2018;45:2089; rule of thumb",
        both_of_a_pair,
        MappingProxyType({"ratio": Threshold(2.0, "", "volume of the larger one over that of the smaller")}),
    ),
    PlanCheck(
        "C14",
        "density-overrides",
        "no density is overridden in an organ or a target",
        Severity.WARNING,
        Confidence.CERTAIN,
        "TG-275 (2020); DICOM PS3.3 C.8.8.8",
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
