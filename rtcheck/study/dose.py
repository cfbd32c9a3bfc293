"""An RT Dose in absolute gray, and the DVHs stored beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray, Grid
from rtcheck.study.files import SourceFile


@dataclass(frozen=True, eq=False)
class StoredDVH:
    """A DVH that the planning system stored with its dose (DICOM PS3.3, C.8.8.4: RT DVH module).

    Attributes
    ----------
    roi_numbers : tuple of int
        The ROIs whose union it is of; nearly always one.
    dose_gy : ndarray, shape (n,), read-only
        Edges of its bins, from 0; empty where it can't be used.
    volume_percent : ndarray, shape (n,), read-only
        Share of the whole that receives at least that dose, falling to 0.
    volume_cc : float or None
        The whole; None where the file gives volumes in percent alone.
    min_gy, max_gy, mean_gy : float or None
        As the file states them, converted to gray; None where it doesn't, or where they contradict the curve.
    dose_type : str or None
        ``PHYSICAL``, ``EFFECTIVE``.
    problem : str
        Why it can't be used; empty where it can.
    remarks : tuple of str
        How its numbers were understood.
    """

    roi_numbers: tuple[int, ...]
    dose_gy: FloatArray
    volume_percent: FloatArray
    volume_cc: float | None = None
    min_gy: float | None = None
    max_gy: float | None = None
    mean_gy: float | None = None
    dose_type: str | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RTDose:
    """An RT Dose in absolute gray.

    Attributes
    ----------
    dose_gy : ndarray, shape grid.shape, float32, read-only
        Pixel values times DoseGridScaling, indexed ``[frame, row, column]``. NaN where unknown, which only a sum of
        beams' doses on different grids has.
    dose_type : str or None
        ``PHYSICAL``, ``EFFECTIVE``; None where the file doesn't say.
    summation_type : str or None
        ``PLAN``, ``MULTI_PLAN``, ``FRACTION`` (holds the whole fraction group's dose), ...
    stored_dvhs : tuple of StoredDVH
        What the planning system stored beside the dose, usable or not, in the file's order.
    parts : tuple of SourceFile
        The doses of beams or control points that it was summed from; empty for a dose as it stands in one file.
    normalisation : str
        For a RELATIVE dose, what the user said its values mean, e.g. ``"100 = 50 Gy"``; empty for absolute dose.
    registration : str
        The spatial registration that moved it into the study's frame of reference; empty where none was needed.
    tissue_heterogeneity : str or None
        TissueHeterogeneityCorrection: ``IMAGE``, ``ROI_OVERRIDE``, ``WATER``; several are joined by ``/``.
    comment : str or None
        DoseComment.
    bits_stored : int or None
        BitsStored of its pixels.
    """

    sop_instance_uid: str
    grid: Grid
    dose_gy: NDArray[np.float32]
    dose_type: str | None
    summation_type: str | None
    referenced_plan_uids: tuple[str, ...]
    referenced_structure_set_uid: str | None
    source: SourceFile
    dose_grid_scaling: float = 1.0
    date: str | None = None
    stored_dvhs: tuple[StoredDVH, ...] = ()
    parts: tuple[SourceFile, ...] = ()
    normalisation: str = ""
    registration: str = ""
    tissue_heterogeneity: str | None = None
    comment: str | None = None
    bits_stored: int | None = None
    time: str | None = None
