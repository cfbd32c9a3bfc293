"""Section C, sizes: are organs as large as organs are, and those of a pair about equal?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.contour_scan import scan_of
from rtcheck.plan_checks.rois import no_organ, organs, pairs, partner, solid_of
from rtcheck.solid import Solid

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


def plausible_volumes(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Organs are as large as organs of adults are.

    The ranges (`VOLUMES_CC`) are broad. Of an organ that reaches the end of the scan a part may be missing, so that it
    may be smaller. Volume as in Hui et al. 2018; ICRP Publication 89 for the reference adult.
    """
    yield from no_organ(case)
    scan = scan_of(case)
    for roi, standard in organs(case):
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


def both_of_a_pair(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Of paired organs both are drawn, and about as large.

    One alone may be all there is or all that was asked for: that is a note. Of organs cut by the end of the scan sizes
    aren't compared. Rule of thumb; volume as in Hui et al. 2018.
    """
    yield from no_organ(case)
    scan = scan_of(case)
    by_name = {standard: roi for roi, standard in organs(case)}
    for left, right in pairs(case):
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
        other = partner(case, standard)
        if other is None or other in by_name or case.organ(standard) in by_name:
            continue
        message = f"{roi.name!r} is drawn, and {other} isn't"
        yield Alert(other, message, (roi.name,), severity=Severity.NOTE)


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C4",
        "plausible-volumes",
        "organs are as large as organs of adults are",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "ICRP Publication 89; Hui et al., Med Phys 2018;45:2089; rule of thumb",
        plausible_volumes,
        tunable(factor=(1.0, "", "widening of all ranges, by a factor")),
    ),
    PlanCheck(
        "C11",
        "paired-organs",
        "of paired organs both are drawn, and about as large",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Hui et al., Med Phys 2018;45:2089; rule of thumb",
        both_of_a_pair,
        tunable(ratio=(2.0, "", "volume of the larger one over that of the smaller")),
    ),
)
