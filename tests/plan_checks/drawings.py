"""ROIs made of squares and boxes, for checks of contours and organs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.study import ROI, Contour, GeometricType
from tests import studies

BOX = ((-20, 20), (-20, 20), (-20, 20))
CLOSED = GeometricType.CLOSED_PLANAR


def contour(points, z_mm, kind=CLOSED):
    flat = np.array(points, float)
    return Contour(kind, np.column_stack([flat, np.full(len(flat), float(z_mm))]))


def square(x_mm, y_mm, half_mm, z_mm, kind=CLOSED):
    return contour(
        [(x_mm + i * half_mm, y_mm + j * half_mm) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))], z_mm, kind
    )


def box(name="Liver", kind="ORGAN", limits=BOX, spacing_mm=2.0):
    return studies.box_roi(1, name, limits, kind, spacing_mm)


def cube(name, side_mm, x_mm=0.0, z_mm=0.0, kind="ORGAN"):
    half = side_mm / 2
    return box(name, kind, ((x_mm - half, x_mm + half), (-half, half), (z_mm - half, z_mm + half)))


def flat(roi):
    """An ROI drawn as a line, which has no volume."""
    line = Contour(CLOSED, np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 0.0]]))
    return replace(roi, contours=(line,))


def without(roi, *heights_mm):
    """An ROI without its contours at some heights."""
    kept = tuple(one for one in roi.contours if not np.isclose(one.points_mm[0, 2], heights_mm).any())
    assert len(kept) == len(roi.contours) - len(heights_mm)
    return replace(roi, contours=kept)


def with_more(roi: ROI, *more: Contour) -> ROI:
    return replace(roi, contours=(*roi.contours, *more))


def drawn(*rois):
    """A case of some ROIs, numbered in their order."""
    numbered = [replace(roi, number=number + 1) for number, roi in enumerate(rois)]
    return Case(studies.study(numbered, studies.dose(1.0)))
