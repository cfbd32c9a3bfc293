"""Section C, contours as they were drawn: missing slices, stray pieces, faults of single contours, truncated organs.

No DVH is needed for any of it: the solids that contours bound are made once a case, and carry what the engine noticed.

References
----------
.. [1] Stuhr D, Zhou Y, Pham H, et al. Automated plan checking software demonstrates continuous and sustained
   improvements in safety and quality: a 3-year longitudinal analysis. Pract Radiat Oncol 2022;12(2):163-169.
.. [2] Hui CB, Nourzadeh H, Watkins WT, et al. Quality assurance tool for organ at risk delineation in radiation therapy
   using a parametric statistical approach. Med Phys 2018;45(5):2089-2096.
.. [3] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [4] DICOM PS3.3, C.8.8.6 (ROI Contour module).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import shapely

from rtcheck.case import Case
from rtcheck.contoured import TARGET_TYPES
from rtcheck.errors import NoVolumeError
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import helper_word, normalised
from rtcheck.nomenclature.helpers import words_of
from rtcheck.outlines import signed_area, valid_polygon
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Threshold, Thresholds, Unknown
from rtcheck.solid import Flag, Solid
from rtcheck.study import ROI, GeometricType, ImageSeries

#: RTROIInterpretedTypes of what is neither a target nor anatomy.
_NO_ANATOMY = frozenset(
    (
        *("SUPPORT", "FIXATION", "BOLUS", "MARKER", "REGISTRATION", "ISOCENTER", "CONTRAST_AGENT"),
        *("CONTROL", "TREATED_VOLUME", "IRRAD_VOLUME", "DOSE_REGION", "DOSE_MEASUREMENT", "BRACHY_CHANNEL"),
    )
)
_TARGET_BEGINNINGS = ("gtv", "ctv", "ptv", "itv", "igtv", "ictv")
#: Names of the list that are no organs.
_NO_ORGANS = frozenset(("Body", "Skin", "Couch", "CouchSurface", "CouchInterior"))
#: Words in names of what has many pieces by nature.
_MANY_WORDS = frozenset(
    (
        *("bowel", "colon", "jejunum", "ileum", "intestine", "intestines", "vessel", "vessels", "ves"),
        *("node", "nodes", "nodal", "ln", "lns", "lymph", "rib", "ribs", "bone", "bones", "marrow"),
        *("seed", "seeds", "marker", "markers", "wire", "wires", "clip", "clips", "scar", "all"),
    )
)
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
#: Layers this close (mm) touch.
_TOUCHING_MM = 0.01
#: Distances of so many pairs of outlines are computed together.
_PAIRS_AT_ONCE = 16
#: So many details stand in a message.
_MOST_NAMED = 3


def drawn(case: Case) -> tuple[ROI, ...]:
    """The ROIs that have closed contours."""
    return tuple(roi for roi in case.study.structure_set.rois if roi.closed_contours)


def is_target(roi: ROI) -> bool:
    """Whether an ROI is a target: by its type, or by its name where the type doesn't contradict; helpers aren't."""
    if roi.interpreted_type in TARGET_TYPES:
        return True
    if roi.interpreted_type not in (None, "", "ORGAN", "ITV") or helper_word(roi.name):
        return False
    return normalised(roi.name).startswith(_TARGET_BEGINNINGS)


def is_organ(case: Case, roi: ROI) -> bool:
    """Whether an ROI is named as an organ of the list."""
    return roi.interpreted_type not in _NO_ANATOMY and case.names.standard(roi.name) not in (None, *_NO_ORGANS)


def matters(case: Case, roi: ROI) -> bool:
    """Whether an ROI is a target or an organ: numbers are asked of it."""
    return is_target(roi) or is_organ(case, roi)


def solid_of(case: Case, roi: ROI) -> Solid | Unknown:
    """The solid of an ROI, or why it has none."""
    try:
        return case.contoured.solid_of(roi)
    except NoVolumeError as error:
        return Unknown(roi.name, str(error), (roi.name,))


def has_many_pieces(case: Case, roi: ROI) -> bool:
    """Whether an ROI may be in many pieces: bowel, nodes, vessels, bones, collections, and what was made to plan."""
    if roi.interpreted_type in _NO_ANATOMY or helper_word(roi.name):
        return True
    words = (*words_of(roi.name), *words_of(case.names.standard(roi.name) or ""))
    return any(word.lower() in _MANY_WORDS for word in words)


def no_missing_slices(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """No slice is missing between the first and the last of an ROI.

    One or two missing slices are bridged in all DVHs, and said. A wider gap between outlines that lie above each other
    is left open: slices that were lost, or two things. Gaps are told by the ROI's own spacing, so that contours on
    every second slice have none. "Missing slices" of Stuhr et al. 2022.
    """
    for roi in drawn(case):
        solid = solid_of(case, roi)
        if isinstance(solid, Unknown):
            yield from [solid] if matters(case, roi) else []  # C12 says it of every ROI
            continue
        open_gaps = [flag.message for flag in solid.flags if flag.flag is Flag.LARGE_GAP]
        bridged = [flag.message for flag in solid.flags if flag.flag is Flag.MISSING_SLICE_BRIDGED]
        if not open_gaps and not bridged:
            continue
        widest_mm = float(np.diff([layer.at_mm for layer in solid.layers]).max())
        told = _listed(open_gaps + bridged)
        if open_gaps and not has_many_pieces(case, roi):
            message = f"contours are missing, or the ROI is in parts: {told}; draw them, or part the ROI in two"
            yield Alert(roi.name, message, (roi.name,), widest_mm, unit="mm")
            continue
        message = f"contours are missing: {told}"
        yield Alert(roi.name, message, (roi.name,), widest_mm, unit="mm", severity=Severity.WARNING)


@dataclass(frozen=True, eq=False)
class Piece:
    """What hangs together of a solid.

    Attributes
    ----------
    volume_cc : float
        Of the outer outlines.
    outlines : ndarray of shapely polygons, shape (n,)
    bottom_mm, top_mm : ndarray, shape (n,)
        Between which heights each holds.
    """

    volume_cc: float
    outlines: FloatArray
    bottom_mm: FloatArray
    top_mm: FloatArray

    @property
    def slices(self) -> int:
        """On how many slices it is drawn."""
        return len(np.unique(self.bottom_mm))

    def distance_mm(self, other: Piece) -> float:
        """How far apart two pieces are at their nearest."""
        own, others = shapely.bounds(self.outlines)[:, None], shapely.bounds(other.outlines)
        apart = np.stack(
            [
                np.maximum(others[..., 0] - own[..., 2], own[..., 0] - others[..., 2]),
                np.maximum(others[..., 1] - own[..., 3], own[..., 1] - others[..., 3]),
                np.maximum(other.bottom_mm - self.top_mm[:, None], self.bottom_mm[:, None] - other.top_mm),
            ]
        ).clip(min=0.0)
        least = np.linalg.norm(apart, axis=0).ravel()
        nearest = np.inf
        # Boxes first: of two organs only a few outlines can be the nearest ones.
        for pairs in np.array_split(np.argsort(least), max(len(least) // _PAIRS_AT_ONCE, 1)):
            if least[pairs[0]] >= nearest:
                break
            i, j = np.unravel_index(pairs, apart.shape[1:])
            flat = shapely.distance(self.outlines[i], other.outlines[j])
            nearest = min(nearest, float(np.hypot(flat, apart[2][i, j]).min()))
        return float(nearest)

    def centre_mm(self, solid: Solid) -> FloatArray:
        """Where it lies in the patient; shape ``(3,)``."""
        middle = shapely.centroid(shapely.geometrycollections(self.outlines))
        height = (self.bottom_mm.min() + self.top_mm.max()) / 2
        return np.asarray(np.array([middle.x, middle.y, height]) @ solid.axes)


def pieces(solid: Solid) -> tuple[Piece, ...]:
    """The pieces of a solid, the largest first: outlines of neighbouring slices that lie above each other are one.

    Holes count as full. A solid with one outline a slice, each above the next, is one piece that isn't looked into:
    then nothing is returned.
    """
    outer = [[outline for outline in layer.outlines if signed_area(outline) > 0.0] for layer in solid.layers]
    if _is_pile(solid, outer):
        return ()
    layer_of = np.repeat(np.arange(len(outer)), [len(layer) for layer in outer])
    polygons = np.array([valid_polygon(outline) for layer in outer for outline in layer], dtype=object)
    piece_of = np.arange(len(polygons))
    for lower in range(len(outer) - 1):
        if solid.layers[lower + 1].bottom_mm - solid.layers[lower].top_mm > _TOUCHING_MM:
            continue
        below, above = np.flatnonzero(layer_of == lower), np.flatnonzero(layer_of == lower + 1)
        for i, j in np.argwhere(shapely.intersects(polygons[below][:, None], polygons[above])).tolist():
            one, other = piece_of[below[i]], piece_of[above[j]]
            piece_of[piece_of == other] = one
    bottom = np.array([layer.bottom_mm for layer in solid.layers])[layer_of]
    top = np.array([layer.top_mm for layer in solid.layers])[layer_of]
    volume_cc = shapely.area(polygons) * (top - bottom) / 1000.0
    found = [
        Piece(float(volume_cc[own].sum()), polygons[own], bottom[own], top[own])
        for own in (piece_of == number for number in np.unique(piece_of))
    ]
    return tuple(sorted(found, key=lambda piece: -piece.volume_cc))


def _is_pile(solid: Solid, outer: list[list[FloatArray]]) -> bool:
    """Whether there is one outline a slice whose bounding boxes overlap from slice to slice: nearly every ROI."""
    if any(len(layer) != 1 for layer in outer):
        return False
    low = np.array([layer[0].min(axis=0) for layer in outer])
    high = np.array([layer[0].max(axis=0) for layer in outer])
    touch = all(above.bottom_mm - below.top_mm <= _TOUCHING_MM for below, above in pairwise(solid.layers))
    return touch and bool(((low[1:] <= high[:-1]) & (low[:-1] <= high[1:])).all())


def no_stray_pieces(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """No fragment lies far from the rest of its ROI, and organs that are in one piece have no second one.

    A fragment is drawn on one or two slices, and small by itself and beside its ROI. Bowel, nodes, vessels, bones and
    helper structures may have many pieces. Outliers of contours as in Hui et al. 2018; the numbers are a rule of thumb.
    """
    for roi in drawn(case):
        solid = solid_of(case, roi)
        if isinstance(solid, Unknown):
            yield from [solid] if matters(case, roi) else []  # C12 says it of every ROI
            continue
        stray = [] if has_many_pieces(case, roi) else _stray(case, roi, solid, thresholds)
        if not stray:
            continue
        told = _listed([_place_text(piece, solid) for piece, _ in stray])
        noun = "piece lies" if len(stray) == 1 else "pieces lie"
        limit = f"{thresholds['distance_mm']:g} mm"
        message = f"{len(stray)} {noun} more than {limit} from the rest: {told}; delete what doesn't belong"
        nearest_mm = min(distance_mm for _, distance_mm in stray)
        yield Alert(roi.name, message, (roi.name,), nearest_mm, f"<= {limit}", "mm")


def _stray(case: Case, roi: ROI, solid: Solid, thresholds: Thresholds) -> list[tuple[Piece, float]]:
    """The pieces that don't belong to an ROI, each with its distance (mm) from the rest."""
    groups = _near_each_other(pieces(solid), thresholds["distance_mm"])
    alone = case.names.standard(roi.name) in _ONE_PIECE

    def is_stray(piece: Piece) -> bool:
        small = piece.slices <= _FRAGMENT_SLICES and piece.volume_cc < thresholds["volume_cc"]
        return alone or (small and piece.volume_cc < thresholds["percent"] / 100.0 * groups[0].volume_cc)

    stray = [piece for piece in groups[1:] if is_stray(piece)]
    rest = [piece for piece in groups if not any(piece is one for one in stray)]
    return [(piece, min(piece.distance_mm(other) for other in rest)) for piece in stray]


def _near_each_other(found: tuple[Piece, ...], distance_mm: float) -> list[Piece]:
    """Pieces no further apart than a distance taken together, the largest first.

    Slices of a thin oblique organ needn't lie above each other: each is near the next, though not near the first.
    """
    groups: list[Piece] = []
    for piece in found:
        near = [group for group in groups if group.distance_mm(piece) <= distance_mm]
        joined = Piece(
            sum(one.volume_cc for one in (piece, *near)),
            np.concatenate([one.outlines for one in (piece, *near)]),
            np.concatenate([one.bottom_mm for one in (piece, *near)]),
            np.concatenate([one.top_mm for one in (piece, *near)]),
        )
        groups = [*(group for group in groups if not any(group is one for one in near)), joined]
    return sorted(groups, key=lambda group: -group.volume_cc)


def _place_text(piece: Piece, solid: Solid) -> str:
    x, y, z = piece.centre_mm(solid)
    return f"{piece.volume_cc:.2g} cc at ({x:.0f}, {y:.0f}, {z:.0f}) mm"


def sound_contours(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Contours are closed, planar, have three points at least, and don't cross themselves.

    DICOM PS3.3, C.8.8.6: the points of a CLOSED_PLANAR contour lie in one plane. How they are read in spite of it is
    that of the engine: even-odd where a contour crosses itself, which is said where it makes a difference. Keyholes and
    contours that touch themselves bound what is meant.
    """
    for roi in case.study.structure_set.rois:
        faults = _faults(case, roi, thresholds)
        if not faults:
            continue
        loud = any(severity is Severity.WARNING for severity, _ in faults)
        message = "; ".join(text for _, text in faults)
        yield Alert(roi.name, message, (roi.name,), severity=None if loud else Severity.NOTE)


_Fault = tuple[Severity, str]
#: What the engine noticed of the outlines of one plane.
_FLAGGED = MappingProxyType(
    {
        Flag.NESTED_ALIKE: Severity.WARNING,
        Flag.NON_PLANAR: Severity.NOTE,
        Flag.OVERLAPPING_CONTOURS: Severity.NOTE,
        Flag.DUPLICATE_CONTOURS: Severity.NOTE,
    }
)


def _faults(case: Case, roi: ROI, thresholds: Thresholds) -> list[_Fault]:
    """What is wrong with an ROI's contours, and how loud that is."""
    faults: list[_Fault] = []
    short = sum(1 for one in roi.contours if one.geometric_type.is_closed and len(one.points_mm) < 3)
    loose = sorted(
        {one.geometric_type.value for one in roi.contours if not one.geometric_type.is_closed}
        - {GeometricType.POINT.value}
    )
    told = Severity.WARNING if matters(case, roi) else Severity.NOTE
    if short:
        faults.append((told, f"{_counted(short)} fewer than three points, and no area"))
    if loose:
        # Wires and guide lines are drawn open; an organ isn't.
        faults.append((told, f"{' and '.join(loose)} contours bound no area, and aren't in any DVH"))
    if not roi.closed_contours:
        return faults
    solid = solid_of(case, roi)
    if isinstance(solid, Unknown):
        return [*faults, (told, f"no volume can be told: {solid.message}")]
    helper = bool(helper_word(roi.name)) or roi.interpreted_type in _NO_ANATOMY
    faults += [
        (Severity.NOTE if helper else _FLAGGED[flag.flag], flag.message)
        for flag in solid.flags
        if flag.flag in _FLAGGED
    ]
    invalid = _invalid(roi, solid)
    flat = sum(1 for bounded_mm2, _ in invalid if bounded_mm2 == 0.0)
    share = thresholds["crossing_percent"] / 100.0
    lost_mm2 = [lost for bounded, lost in invalid if lost > share * bounded]
    if flat:
        faults.append((told, f"{_counted(flat)} no area"))
    if lost_mm2:
        text = f"{len(lost_mm2)} of {len(roi.closed_contours)} contours cross or run over themselves"
        text += f" ({sum(lost_mm2):.3g} mm2); even-odd holds there: draw them again"
        faults.append((Severity.NOTE if helper else Severity.WARNING, text))
    return faults


def _counted(count: int) -> str:
    return "1 contour has" if count == 1 else f"{count} contours have"


def _invalid(roi: ROI, solid: Solid) -> list[tuple[float, float]]:
    """Of contours that aren't simple: the area (mm2) that each bounds even-odd, and by how much its own differs."""
    flat = [contour.points_mm @ solid.axes[:2].T for contour in roi.closed_contours]
    polygons = np.array([shapely.Polygon(points) for points in flat], dtype=object)
    found = []
    for index in np.flatnonzero(~shapely.is_valid(polygons)).tolist():
        # The halves of a figure of eight cancel in the signed area; a loop inside is in it twice.
        bounded_mm2 = float(shapely.make_valid(polygons[index]).area)
        found.append((bounded_mm2, abs(abs(signed_area(flat[index])) - bounded_mm2)))
    return found


def spacing_fits_images(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Targets and organs are drawn on every slice of the image, and on enough of them.

    With contours on every second slice half of the solid is a guess, and a volume on one to three slices depends on the
    convention for its ends more than on what was drawn: numbers of it are fragile. Rule of thumb; compare DVHs between
    systems in Nelms et al., Med Phys 2015;42:4435.
    """
    spacing_mm = _image_spacing_mm(case)
    if spacing_mm is None:
        yield Unknown("images", "no series of two slices or more is there: their spacing isn't known")
    for roi in drawn(case):
        solid = solid_of(case, roi) if matters(case, roi) else None
        if not isinstance(solid, Solid):
            continue  # what has no volume is said by C12
        planes = len(solid.layers)
        if planes <= thresholds["few_slices"]:
            severity = Severity.WARNING if planes == 1 else Severity.NOTE
            message = f"drawn on {planes} {'slice' if planes == 1 else 'slices'}: its numbers are fragile"
            limit = f"> {thresholds['few_slices']:g} slices"
            yield Alert(roi.name, message, (roi.name,), float(planes), limit, severity=severity)
        if planes < 2 or spacing_mm is None:
            continue
        own_mm = float(np.median(np.diff([layer.at_mm for layer in solid.layers])))
        if own_mm > thresholds["spacing_factor"] * spacing_mm:
            message = f"contours {own_mm:g} mm apart on slices {spacing_mm:g} mm apart: what lies between is a guess"
            limit = f"<= {thresholds['spacing_factor'] * spacing_mm:g} mm"
            yield Alert(roi.name, message, (roi.name,), own_mm, limit, "mm")


def _image_spacing_mm(case: Case) -> float | None:
    """The smallest usual distance of slices of a CT, or of another series where there is no CT."""
    series = [one for one in case.study.images if len(one.slice_positions_mm) > 1]
    chosen = [one for one in series if one.modality == "CT"] or series
    gaps = [float(np.median(np.diff(one.slice_positions_mm))) for one in chosen]
    return min(gaps) if gaps else None


#: Organs, as limits name them, that percent of the volume or a spared volume is asked of, and that fit into a scan.
#: Of the liver a lost part makes the spared volume look too small, and the mean dose too large.
_WHOLE_ORGANS = MappingProxyType(
    {
        "Liver": Severity.ERROR,
        **dict.fromkeys(
            ("Lungs", "Kidneys", "Heart", "Spleen", "Stomach", "Bladder", "Rectum", "Parotids"), Severity.WARNING
        ),
    }
)


@dataclass(frozen=True, eq=False)
class Scan:
    """How far the patient is known along one direction.

    Attributes
    ----------
    what : str
        Whose ends these are, for the reader.
    normal : ndarray, shape (3,)
    low_mm, high_mm : float
        First and last slice along `normal`.
    spacing_mm : float
    """

    what: str
    normal: FloatArray
    low_mm: float
    high_mm: float
    spacing_mm: float

    def ends_met(self, roi: ROI) -> tuple[float, ...]:
        """The ends of the scan (mm) that an ROI reaches: it lies on the slice there, or beyond."""
        heights = np.concatenate([contour.points_mm @ self.normal for contour in roi.closed_contours])
        near = 0.5 * self.spacing_mm
        low, high = float(heights.min()), float(heights.max())
        return tuple(
            end
            for end, met in ((self.low_mm, low < self.low_mm + near), (self.high_mm, high > self.high_mm - near))
            if met
        )

    def is_left_by(self, roi: ROI) -> bool:
        """Whether an ROI goes on beyond an end: then that isn't the scan's."""
        heights = np.concatenate([contour.points_mm @ self.normal for contour in roi.closed_contours])
        return bool(heights.min() < self.low_mm - self.spacing_mm or heights.max() > self.high_mm + self.spacing_mm)


def scan_of(case: Case) -> Scan | None:
    """The image series that was drawn on, if it holds all organs; else the body's outline; None without either."""
    organs = [roi for roi in drawn(case) if is_organ(case, roi)]
    series = [one for one in case.study.images if len(one.slice_positions_mm) > 1]
    referenced = case.study.structure_set.referenced_image_uids

    def order(one: ImageSeries) -> tuple[bool, bool, int]:
        return referenced.isdisjoint(one.sop_instance_uids), one.modality != "CT", -len(one.slice_positions_mm)

    for one in sorted(series, key=order):
        positions = one.slice_positions_mm
        spacing_mm = float(np.median(np.diff(positions)))
        scan = Scan(f"the {one.modality}", one.normal, float(positions[0]), float(positions[-1]), spacing_mm)
        if not any(scan.is_left_by(roi) for roi in organs):
            return scan
    body = case.body
    solid = solid_of(case, body) if body is not None and body.closed_contours else None
    if body is None or not isinstance(solid, Solid) or len(solid.layers) < 2:
        return None
    heights = np.array([layer.at_mm for layer in solid.layers])
    spacing_mm = float(np.median(np.diff(heights)))
    what = f"what is drawn of {body.name!r} (no image series tells how far the scan goes)"
    return Scan(what, solid.axes[2], float(heights[0]), float(heights[-1]), spacing_mm)


def no_truncated_organ(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """Organs of which percent or a spared volume is asked lie in the scan with both ends.

    Of an organ that reaches the first or the last slice a part may be missing: then percentages, mean dose and spared
    volume are those of the part that was scanned. Cord, esophagus, bowel and body always leave the scan, and aren't
    asked for. A fault that trial centres report; rule of thumb.
    """
    organs = [(roi, case.organ(roi.name)) for roi in drawn(case) if is_organ(case, roi)]
    asked = [(roi, organ) for roi, organ in organs if organ in _WHOLE_ORGANS]
    scan = scan_of(case) if asked else None
    if asked and scan is None:
        names = tuple(roi.name for roi, _ in asked)
        yield Unknown(", ".join(names), "neither images nor the body's outline tell how far the scan goes", names)
    for roi, organ in asked if scan is not None else ():
        assert scan is not None
        if scan.is_left_by(roi):
            yield Unknown(roi.name, f"it goes on beyond {scan.what}: the scan's ends aren't known", (roi.name,))
        elif ends := scan.ends_met(roi):
            where = " and ".join(f"{end:g} mm" for end in ends)
            message = f"reaches the end of {scan.what} at {where}: what lies beyond isn't in its volume"
            yield Alert(roi.name, message, (roi.name,), ends[0], unit="mm", severity=_WHOLE_ORGANS[organ])


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST_NAMED
    return "; ".join([*texts[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "C2",
        "missing-slices",
        "no slice is missing inside an ROI",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "Stuhr et al., Pract Radiat Oncol 2022;12:163 (missing slices); TG-275 (2020)",
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
        MappingProxyType(
            {
                "distance_mm": Threshold(10.0, "mm", "distance of a piece from the rest"),
                "volume_cc": Threshold(0.3, "cc", "volume below which a piece is a fragment"),
                "percent": Threshold(5.0, "%", "share of the ROI below which a piece is a fragment"),
            }
        ),
    ),
    PlanCheck(
        "C12",
        "sound-contours",
        "contours are closed, planar, and don't cross themselves",
        Severity.WARNING,
        Confidence.CERTAIN,
        "DICOM PS3.3 C.8.8.6",
        sound_contours,
        MappingProxyType(
            {"crossing_percent": Threshold(1.0, "%", "share of a contour's area that it runs over twice")}
        ),
    ),
    PlanCheck(
        "C13",
        "contour-spacing",
        "targets and organs are drawn on every slice, and on enough of them",
        Severity.WARNING,
        Confidence.CERTAIN,
        "Nelms et al., Med Phys 2015;42:4435; rule of thumb",
        spacing_fits_images,
        MappingProxyType(
            {
                "spacing_factor": Threshold(1.5, "", "spacing of contours in slices of the image"),
                "few_slices": Threshold(3.0, "slices", "slices at which numbers are fragile"),
            }
        ),
    ),
    PlanCheck(
        "C15",
        "whole-organs",
        "organs that percentages are asked of lie in the scan with both ends",
        Severity.ERROR,
        Confidence.HEURISTIC,
        "QUANTEC: limits are on whole organs (Marks et al., IJROBP 2010;76(3 Suppl):S10); rule of thumb",
        no_truncated_organ,
    ),
)
