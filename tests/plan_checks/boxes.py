"""Targets made of boxes of an odd number of slices around a plane, and samples with one ROI changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.sheet import CaseSheet
from tests import studies
from tests.plan_checks.samples import sample

TRUNK = studies.box_roi(90, "Body", ((-90, 90), (-90, 90), (-46.5, 46.5)), "EXTERNAL", 3.0)


def cube(name, half_mm, *, at=(0.0, 0.0, 0.0), kind=None, slices=5):
    """A box of an odd number of slices of 3 mm around a plane."""
    x, y, z = at
    limits = ((x - half_mm, x + half_mm), (y - half_mm, y + half_mm), (z - 1.5 * slices, z + 1.5 * slices))
    return studies.box_roi(1, name, limits, name[:3] if kind is None else kind, 3.0)


GTV, CTV, PTV = cube("GTV", 8.0), cube("CTV", 13.0, slices=9), cube("PTV", 17.0, slices=11)


def case(*rois, **sheet):
    numbered = [replace(roi, number=number) for number, roi in enumerate(rois, start=1)]
    return Case(studies.study(numbered, studies.dose(1.0)), sheet=CaseSheet(**sheet))


def with_roi(name, change, of="hcc-sbrt-5fx"):
    """A sample with one ROI changed, or left out."""
    study = sample(of)
    changed = (change(roi) if roi.name == name else roi for roi in study.structure_set.rois)
    rois = tuple(roi for roi in changed if roi is not None)
    return Case(replace(study, structure_set=replace(study.structure_set, rois=rois)))


def moved(roi, x_mm):
    """An ROI shifted to the left."""
    contours = (replace(one, points_mm=one.points_mm + np.array([x_mm, 0.0, 0.0])) for one in roi.contours)
    return replace(roi, contours=tuple(contours))
