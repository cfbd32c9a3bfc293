"""A target in a ball of dose, for checks of plan quality."""

from __future__ import annotations

import numpy as np

from rtcheck.case import Case
from tests import studies

BODY = studies.box_roi(1, "Body", ((-56, 56), (-56, 56), (-56, 56)), "EXTERNAL", 4.0)
RX_GY = 40.0


def ball(x, y, z):
    """40 Gy within 20 mm, falling by 2 Gy/mm."""
    return np.clip(RX_GY + 2.0 * (20.0 - np.sqrt(x**2 + y**2 + z**2)), 0.0, RX_GY + 8.0)


def target_box(limits, number=2, name="PTV"):
    return studies.box_roi(number, name, limits, "PTV", 4.0)


def target_cube(half_mm, x_mm=0.0, number=2, name="PTV"):
    return target_box(((x_mm - half_mm, x_mm + half_mm), *(2 * ((-half_mm, half_mm),))), number, name)


def ball_case(*rois, gray=ball, fractions=5, spacing_mm=4.0, rx_gy=RX_GY, body=BODY, **changes):
    references = [studies.target_reference(1, rx_gy, name="PTV")] if rx_gy else []
    dose = studies.dose(gray, spacing_mm=spacing_mm)
    others = [body] if body else []
    return Case(studies.study([*others, *rois], dose, studies.plan(references, (fractions,)), **changes))


def hot(limits, gray):
    """The ball, and more in a box of the voxels whose centres lie in it."""
    (x0, x1), (y0, y1), (z0, z1) = limits

    def values(x, y, z):
        inside = (x > x0) & (x < x1) & (y > y0) & (y < y1) & (z > z0) & (z < z1)
        return np.where(inside, gray, ball(x, y, z))

    return values
