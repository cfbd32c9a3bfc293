"""The patient's outline among the ROIs of a structure set, and whether it is drawn whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.nomenclature import Names, helper_word
from rtcheck.nomenclature.helpers import words_of
from rtcheck.study import ROI

#: RTROIInterpretedType of the patient's outline, and its name in TG-263.
BODY_TYPE, BODY_NAME = "EXTERNAL", "Body"
#: Other ROIs may reach so far beyond the body's bounding box (mm): PTVs in air, and slices at its ends.
BEYOND_BODY_MM = 10.0
#: Types of what isn't the patient, or is drawn by dose and not by anatomy.
_BESIDE_THE_PATIENT = frozenset(
    (
        *("SUPPORT", "FIXATION", "BOLUS", "EXTERNAL", "MARKER", "REGISTRATION", "ISOCENTER"),
        *("CONTROL", "TREATED_VOLUME", "IRRAD_VOLUME", "DOSE_REGION", "DOSE_MEASUREMENT"),
    )
)
#: Words that tell the same in a name.
_SUPPORT = "couch table tabletop bolus mask cushion cradle baseplate board frame support immobilisation immobilization"
_SUPPORT_WORDS = frozenset(f"{_SUPPORT} fixation marker air tisch liege maske".split())


@dataclass(frozen=True)
class Body:
    """The patient's outline.

    Attributes
    ----------
    roi : ROI or None
        None where there is none, or it isn't clear which it is.
    problem : str
        Why it doesn't stand for the whole body; empty where it does.
    """

    roi: ROI | None
    problem: str = ""


def body_of(rois: Sequence[ROI], names: Names) -> Body:
    """The ROI of type EXTERNAL, else the one named Body in any spelling.

    An outline beyond whose bounding box another structure of the patient reaches by more than `BEYOND_BODY_MM` isn't
    whole: volumes at a dose, taken of it, would be too small. Tables, boluses and what is drawn by dose don't count.
    """
    typed = [roi for roi in rois if roi.interpreted_type == BODY_TYPE]
    named = names.match(BODY_NAME, tuple(roi.name for roi in rois))
    found = typed or [roi for roi in rois if roi.name in named]
    if len(found) == 1:
        return Body(found[0], _cut(found[0], rois))
    if found:
        listed = ", ".join(repr(roi.name) for roi in found)
        return Body(None, f"which ROI is the whole body? {listed} may be; give one of them alone the type {BODY_TYPE}")
    return Body(None, f"no ROI is the whole body: none has the type {BODY_TYPE}, and none is named {BODY_NAME}")


def _cut(body: ROI, rois: Sequence[ROI]) -> str:
    """Which ROI reaches beyond the body, and how far; empty where none does."""
    if not body.closed_contours:
        return ""  # its DVH says so
    low, high = _box(body)
    for roi in rois:
        if roi is body or not roi.closed_contours or _is_beside(roi):
            continue
        own_low, own_high = _box(roi)
        beyond = float(max((low - own_low).max(), (own_high - high).max()))
        if beyond > BEYOND_BODY_MM:
            return f"{body.name!r} isn't the whole body: {roi.name!r} reaches {beyond:.0f} mm beyond it"
    return ""


def _is_beside(roi: ROI) -> bool:
    """Whether an ROI is none of the patient: a support structure, or a helper that may reach into the air."""
    if roi.interpreted_type in _BESIDE_THE_PATIENT:
        return True
    words = {word.lower() for word in words_of(roi.name)}
    return bool(words & _SUPPORT_WORDS) or bool(helper_word(roi.name))


def _box(roi: ROI) -> tuple[FloatArray, FloatArray]:
    """Least and largest coordinates of an ROI's closed contours."""
    points = np.concatenate([contour.points_mm for contour in roi.closed_contours])
    return points.min(axis=0), points.max(axis=0)
