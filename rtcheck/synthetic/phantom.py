"""The phantom as ROIs and as CT numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray
from rtcheck.synthetic.anatomy import Organs, Phantom
from rtcheck.synthetic.contouring import contour_plane, fill, resample, signed_area
from rtcheck.synthetic.writer import RoiSpec

#: In-plane raster on which the implicit surfaces are sampled.
RASTER_MM = 3.0
RASTER_X_MM = RASTER_MM * np.arange(-60, 61, dtype=np.float64)
RASTER_Y_MM = RASTER_MM * np.arange(-40, 41, dtype=np.float64)
#: Fragments smaller than this aren't drawn: organs, and targets (whose poles are small).
SMALLEST_ORGAN_MM2, SMALLEST_TARGET_MM2 = 90.0, 10.0

#: Name, RTROIInterpretedType, colour and contour point spacing in mm. The ROI number is the position from 1; the
#: targets follow, lesion by lesion.
ORGANS: tuple[tuple[str, str, tuple[int, int, int], float], ...] = (
    ("Body", "EXTERNAL", (0, 255, 0), 9.0),
    ("Liver", "ORGAN", (165, 100, 50), 5.0),
    ("Kidney_L", "ORGAN", (255, 200, 0), 3.5),
    ("Kidney_R", "ORGAN", (200, 160, 0), 3.5),
    ("Stomach", "ORGAN", (255, 128, 192), 4.0),
    ("Duodenum", "ORGAN", (255, 128, 0), 3.5),
    ("Bowel_Small", "ORGAN", (128, 200, 120), 5.0),
    ("SpinalCord", "ORGAN", (255, 255, 0), 2.0),
    ("Heart", "ORGAN", (230, 60, 90), 4.0),
    ("Lung_L", "ORGAN", (90, 160, 255), 6.0),
    ("Lung_R", "ORGAN", (40, 110, 220), 6.0),
    ("Esophagus", "ORGAN", (180, 120, 255), 2.5),
    ("Kidney_Cortex_L", "ORGAN", (255, 225, 120), 3.0),
    ("Kidney_Cortex_R", "ORGAN", (225, 195, 100), 3.0),
)
#: RTROIInterpretedType, colours of the first lesion, the second and so on, and contour point spacing in mm.
TARGETS: tuple[tuple[str, tuple[tuple[int, int, int], ...], float], ...] = (
    ("GTV", ((255, 0, 0), (180, 0, 60), (255, 90, 60), (140, 0, 0)), 2.5),
    ("CTV", ((255, 0, 255), (170, 0, 200), (255, 110, 220), (120, 0, 120)), 2.5),
    ("PTV", ((0, 255, 255), (0, 170, 255), (120, 255, 200), (0, 120, 160)), 3.0),
)
#: Drawn into the CT and not contoured: name and contour point spacing.
CT_ONLY = (("Muscle", 5.0), ("Cavity", 5.0), ("Bones", 2.5), ("Spleen", 4.0), ("Aorta", 3.0), ("Cava", 3.0))

#: CT numbers in the order in which they are painted over air.
HU = (
    ("Body", -90),
    ("Muscle", 50),
    ("Cavity", -80),
    ("Bowel_Small", 25),
    ("Lung_L", -820),
    ("Lung_R", -820),
    ("Bones", 320),
    ("SpinalCord", 35),
    ("Aorta", 160),
    ("Cava", 130),
    ("Heart", 110),
    ("Esophagus", 40),
    ("Spleen", 115),
    ("Liver", 105),
    ("Kidney_L", 170),
    ("Kidney_R", 170),
    ("Stomach", 15),
    ("Duodenum", 30),
)
GTV_HU = 70
#: The image is wider than high: it holds the body and little air, and tells rows from columns.
CT_ROWS, CT_COLUMNS, CT_PIXEL_MM = 256, 400, 0.9765625


def ct_positions_mm() -> tuple[FloatArray, FloatArray]:
    """x of every CT column and y of every row; shape ``(CT_COLUMNS,)`` and ``(CT_ROWS,)``."""
    x_mm, y_mm = (
        (np.arange(count, dtype=np.float64) - (count - 1) / 2) * CT_PIXEL_MM for count in (CT_COLUMNS, CT_ROWS)
    )
    return x_mm, y_mm


@lru_cache(maxsize=4)
def phantom_contours(phantom: Phantom) -> dict[str, tuple[FloatArray, ...]]:
    """Contours of everything in the phantom by name, feet to head; each of shape ``(n, 3)``."""
    z_mm = phantom.planes_mm()
    organs = Organs(phantom, RASTER_X_MM[None, None, :], RASTER_Y_MM[None, :, None], z_mm[:, None, None])
    spacings = {name: spacing for name, _, _, spacing in ORGANS} | dict(CT_ONLY)
    contours = {
        name: _contours(getattr(organs, name.lower()), z_mm, spacing, SMALLEST_ORGAN_MM2)
        for name, spacing in spacings.items()
    }
    for lesion in phantom.lesions:
        fields = {"GTV": organs.gtv(lesion), "CTV": organs.ctv(lesion), "PTV": organs.ptv(lesion)}
        for kind, _, spacing in TARGETS:
            contours[lesion.named(kind)] = _contours(fields[kind], z_mm, spacing, SMALLEST_TARGET_MM2)
    return contours


def _contours(field: FloatArray, z_mm: FloatArray, spacing_mm: float, smallest_mm2: float) -> tuple[FloatArray, ...]:
    shape = (len(z_mm), len(RASTER_Y_MM), len(RASTER_X_MM))
    contours = []
    for z, plane in zip(z_mm, np.broadcast_to(field, shape), strict=True):
        for loop in contour_plane(plane, RASTER_X_MM, RASTER_Y_MM):
            if signed_area(loop) >= smallest_mm2:
                points = resample(loop, spacing_mm)
                contours.append(np.column_stack([points, np.full(len(points), z)]))
    return tuple(contours)


def phantom_rois(phantom: Phantom) -> tuple[RoiSpec, ...]:
    """The organs, then the targets of each lesion, as they are drawn on the phantom."""
    contours = phantom_contours(phantom)
    styles = [(name, interpreted_type, color) for name, interpreted_type, color, _ in ORGANS]
    for index, lesion in enumerate(phantom.lesions):
        styles += [
            (lesion.named(kind), kind, colors[index % len(colors)])
            for kind, colors, _ in TARGETS
            if kind in lesion.drawn
        ]
    return tuple(
        RoiSpec(name, number, contours[name], interpreted_type, color=color)
        for number, (name, interpreted_type, color) in enumerate(styles, start=1)
    )


def hounsfield(phantom: Phantom) -> NDArray[np.int16]:
    """CT numbers of the phantom, without noise; shape ``(planes, CT_ROWS, CT_COLUMNS)``."""
    z_mm, (x_mm, y_mm) = phantom.planes_mm(), ct_positions_mm()
    pixels = np.full((len(z_mm), CT_ROWS, CT_COLUMNS), -1000, dtype=np.int16)
    contours = phantom_contours(phantom)
    for name, value in (*HU, *((lesion.named("GTV"), GTV_HU) for lesion in phantom.lesions)):
        for points in contours[name]:
            plane = pixels[round((points[0, 2] - z_mm[0]) / (z_mm[1] - z_mm[0]))]
            plane[fill(points, x_mm, y_mm)] = value
    return pixels
