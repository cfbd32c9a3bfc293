"""The check of where the slices of a CT lie: equally far apart, none lost, none twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.geometry import FloatArray
from rtcheck.plan_checks.check import Alert, Answer, Thresholds, Unknown
from rtcheck.plan_checks.image_facts import SAME_MM, called, each_ct
from rtcheck.study import ImageSeries

#: A distance of two slices that is this near a multiple of the usual one, as a share of it, is slices that were lost.
MULTIPLE = 0.1


def spacing(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The slices of the planning CT are equally far apart, none is missing, and none is there twice.

    What lies in a gap isn't known, and neither is which of two images of one place the dose was calculated on, as where
    phases of a 4D CT were mixed up. Slices that are thinner than they are apart leave tissue between them that isn't
    imaged. MPPG 11.a: correct CT dataset used.
    """
    yield from each_ct(case, lambda series: _spacing(series, thresholds))


def _spacing(series: ImageSeries, thresholds: Thresholds) -> Iterator[Answer]:
    subject, positions = called(series), series.slice_positions_mm
    if len(positions) < 2:
        yield Unknown(subject, "it has a single slice")
        return
    steps = np.diff(positions)
    if twice := int((steps < SAME_MM).sum()):
        at = positions[int(np.argmin(steps))]
        yield Alert(
            subject,
            f"{twice} slices lie where another one does, the first at {at:.4g} mm: are two series mixed up?",
            observed=float(twice),
            limit="0",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
        )
    places = np.concatenate([positions[:1], positions[1:][steps >= SAME_MM]])
    yield from _gaps(subject, places, thresholds["uniform_mm"])
    thicknesses = series.slice_thicknesses_mm
    usual = float(np.median(np.diff(places))) if len(places) > 1 else 0.0
    if thicknesses and usual > max(thicknesses) + thresholds["uniform_mm"]:
        yield Alert(
            subject,
            f"its slices are {max(thicknesses):.4g} mm thick and {usual:.4g} mm apart: what lies between isn't imaged",
            observed=usual,
            limit=f"<= {max(thicknesses):.4g} mm",
            unit="mm",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
        )


def _gaps(subject: str, positions: FloatArray, tolerance_mm: float) -> Iterator[Answer]:
    """Slices that were lost, and other distances than the usual one."""
    steps = np.diff(positions)
    if not len(steps):
        return
    usual = float(np.median(steps))
    times = steps / usual
    lost = (np.round(times) >= 2) & (np.abs(times - np.round(times)) <= MULTIPLE)
    if lost.any():
        missing, first = int(np.round(times[lost] - 1).sum()), int(np.flatnonzero(lost)[0])
        yield Alert(
            subject,
            f"{missing} slices seem to be missing: slices are {usual:.4g} mm apart, and {steps[first]:.4g} mm from "
            f"{positions[first]:.4g} to {positions[first + 1]:.4g} mm; send the whole series",
            observed=float(missing),
            limit="0",
        )
    uneven = ~lost & (np.abs(steps - usual) > tolerance_mm)
    if uneven.any():
        yield Alert(
            subject,
            f"its slices are {steps[~lost].min():.4g} to {steps[~lost].max():.4g} mm apart, not equally",
            observed=float(steps[uneven][np.argmax(np.abs(steps[uneven] - usual))]),
            limit=f"{usual:.4g} mm",
            unit="mm",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
        )
