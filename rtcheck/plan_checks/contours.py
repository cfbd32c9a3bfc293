"""Section C, contours as they were drawn: missing slices and stray pieces.

No DVH is needed: the solids that contours bound are made once a case, and carry what the engine noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.nomenclature import helper_word
from rtcheck.nomenclature.helpers import words_of
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Thresholds, tunable
from rtcheck.plan_checks.contour_pieces import Piece, near_each_other, pieces
from rtcheck.plan_checks.rois import NO_ANATOMY_TYPES, each_solid
from rtcheck.plan_checks.wording import listed, point_text
from rtcheck.solid import Flag, Solid
from rtcheck.study import ROI

#: Organs in one piece, by TG-263 name: a second piece far from the first is something else.
_ONE_PIECE = frozenset(
    (
        *("Liver", "Kidney_L", "Kidney_R", "Heart", "Lung_L", "Lung_R", "Spleen", "Stomach", "Esophagus", "Bladder"),
        *("Rectum", "SpinalCord", "SpinalCanal", "Brain", "Brainstem", "Eye_L", "Eye_R", "Prostate"),
        *("Parotid_L", "Parotid_R", "Femur_Head_L", "Femur_Head_R"),
    )
)
#: A fragment is on so few slices: a click, or the rest of a stroke.
_FRAGMENT_SLICES = 2
#: So many details stand in a message.
_MOST_NAMED = 3
#: Words in names of what has many pieces by nature.
_MANY_WORDS = frozenset(
    (
        *("bowel", "colon", "jejunum", "ileum", "intestine", "intestines", "vessel", "vessels", "ves"),
        *("node", "nodes", "nodal", "ln", "lns", "lymph", "rib", "ribs", "bone", "bones", "marrow"),
        *("seed", "seeds", "marker", "markers", "wire", "wires", "clip", "clips", "scar", "all"),
    )
)


def has_many_pieces(case: Case, roi: ROI) -> bool:
    """Whether an ROI may be in many pieces: bowel, nodes, vessels, bones, collections, and what was made to plan."""
    if roi.interpreted_type in NO_ANATOMY_TYPES or helper_word(roi.name):
        return True
    words = (*words_of(roi.name), *words_of(case.names.standard(roi.name) or ""))
    return any(word.lower() in _MANY_WORDS for word in words)


def no_missing_slices(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """No slice is missing between the first and the last of an ROI.

    One or two missing slices are bridged in all DVHs, and said. A wider gap between outlines that lie above each other
    is left open: slices that were lost, or two things. Gaps are told by the ROI's own spacing, so that contours on
    every second slice have none. "Missing slices" of Stuhr et al. 2022.
    """
    yield from each_solid(case, partial(_gaps, case))


def _gaps(case: Case, roi: ROI, solid: Solid) -> Iterator[Answer]:
    open_gaps = [flag.message for flag in solid.flags if flag.flag is Flag.LARGE_GAP]
    bridged = [flag.message for flag in solid.flags if flag.flag is Flag.MISSING_SLICE_BRIDGED]
    if not open_gaps and not bridged:
        return
    widest_mm = float(np.diff([layer.at_mm for layer in solid.layers]).max())
    told = listed(open_gaps + bridged, _MOST_NAMED, "; ")
    if open_gaps and not has_many_pieces(case, roi):
        message = f"contours are missing, or the ROI is in parts: {told}; draw them, or part the ROI in two"
        yield Alert(roi.name, message, (roi.name,), widest_mm, unit="mm")
        return
    message = f"contours are missing: {told}"
    yield Alert(roi.name, message, (roi.name,), widest_mm, unit="mm", severity=Severity.WARNING)


def no_stray_pieces(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No fragment lies far from the rest of its ROI, and organs that are in one piece have no second one.

    A fragment is drawn on one or two slices, and small by itself and beside its ROI. Bowel, nodes, vessels, bones and
    helper structures may have many pieces. Outliers of contours as in Hui et al. 2018; the numbers are a rule of thumb.
    """
    yield from each_solid(case, partial(_told_stray, case, thresholds))


def _told_stray(case: Case, thresholds: Thresholds, roi: ROI, solid: Solid) -> Iterator[Answer]:
    stray = [] if has_many_pieces(case, roi) else _stray(case, roi, solid, thresholds)
    if not stray:
        return
    told = listed([_place_text(piece, solid) for piece, _ in stray], _MOST_NAMED, "; ")
    noun = "piece lies" if len(stray) == 1 else "pieces lie"
    limit = f"{thresholds['distance_mm']:g} mm"
    message = f"{len(stray)} {noun} more than {limit} from the rest: {told}; delete what doesn't belong"
    nearest_mm = min(distance_mm for _, distance_mm in stray)
    yield Alert(roi.name, message, (roi.name,), nearest_mm, f"<= {limit}", "mm")


def _stray(case: Case, roi: ROI, solid: Solid, thresholds: Thresholds) -> list[tuple[Piece, float]]:
    """The pieces that don't belong to an ROI, each with its distance (mm) from the rest."""
    groups = near_each_other(pieces(solid), thresholds["distance_mm"])
    alone = case.names.standard(roi.name) in _ONE_PIECE

    def is_stray(piece: Piece) -> bool:
        small = piece.slices <= _FRAGMENT_SLICES and piece.volume_cc < thresholds["volume_cc"]
        return alone or (small and piece.volume_cc < thresholds["percent"] / 100.0 * groups[0].volume_cc)

    stray = [piece for piece in groups[1:] if is_stray(piece)]
    rest = [piece for piece in groups if not any(piece is one for one in stray)]
    return [(piece, min(piece.distance_mm(other) for other in rest)) for piece in stray]


def _place_text(piece: Piece, solid: Solid) -> str:
    return f"{piece.volume_cc:.2g} cc at {point_text(piece.centre_mm(solid))}"


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C2",
        "missing-slices",
        "no slice is missing inside an ROI",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (missing slices); AAPM TG-275 (2020)",
        no_missing_slices,
    ),
    PlanCheck(
        "C3",
        "stray-pieces",
        "no piece of an ROI lies far from the rest",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "Hui et al., Med Phys 2018;45:2089; rule of thumb",
        no_stray_pieces,
        tunable(
            distance_mm=(10.0, "mm", "distance of a piece from the rest"),
            volume_cc=(0.3, "cc", "volume below which a piece is a fragment"),
            percent=(5.0, "%", "share of the ROI below which a piece is a fragment"),
        ),
    ),
)
