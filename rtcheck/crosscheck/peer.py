"""dicompyler-core: its DVH of an ROI, and ours as a value of its own type.

Known faults of its release 0.5.6, for which it is a second opinion and never the first:

* frame offsets that are absolute are added to the first frame's position, so that the dose lies elsewhere;
* the smallest gap between contour planes is the thickness of every slice: a missing slice is lost, slices of unequal
  spacing are cut short, and a single slice has no volume;
* a dose voxel is inside or outside as its centre is, and of a slice only the plane through its contours is sampled;
* volume beyond the dose grid's first and last frame is spread over the doses inside;
* a volume that the ROI doesn't have gets the dose 0, and so does every volume where one bin holds all of it: of bins
  that are as near, the first answers.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pydicom.dicomio
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RTDoseStorage, RTStructureSetStorage

from rtcheck.dvh import DVH
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.geometry import AXIS_TOLERANCE, FloatArray, read_only
from rtcheck.study import ROI, RTDose

#: Bins of dicompyler-core's histograms, and of those that `to_dicompyler` makes.
BIN_GY = 0.01
#: Pixels for its copy of the dose reach up to here.
_LARGEST_PIXEL = 2**31 - 1
#: An instance UID for data sets that are never written.
_UID = UID("2.25.1")
#: What it is known to raise at data it can't read.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class PeerError(RtcheckError):
    """dicompyler-core has no answer; `str()` says why."""


@dataclass(frozen=True, eq=False)
class PeerDVH:
    """The cumulative DVH that dicompyler-core computed.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,), read-only
        Edges of its bins, from 0.
    volume_percent : ndarray, shape (n,), read-only
        Share of its volume that receives at least that dose, falling to 0.
    volume_cc : float
    mean_gy : float
    misplaced_mm : float
        First frame offset that it added to the first frame's position; 0 where offsets are relative, as they should be.
    """

    dose_gy: FloatArray
    volume_percent: FloatArray
    volume_cc: float
    mean_gy: float
    misplaced_mm: float = 0.0


def peer_dvh(roi: ROI, dose: RTDose | Dataset) -> PeerDVH:
    """Compute a DVH with dicompyler-core, from values and without files.

    It is given closed contours alone and frame offsets that are relative: both are known to mislead it.

    Parameters
    ----------
    roi : ROI
    dose : RTDose or pydicom.Dataset
        A dataset of `dose_dataset` saves time where many ROIs are asked.

    Raises
    ------
    PeerError
        It refuses or breaks, or has no volume for the ROI: its message says why.
    """
    contours = [contour.points_mm for contour in roi.closed_contours]
    if not contours:
        raise PeerError("the ROI has no closed contours")
    if any(np.ptp(points[:, 2]) > 0.5 for points in contours):
        raise PeerError("dicompyler-core knows transverse contours alone")
    return _compute(structure_dataset(roi), dose_dataset(dose) if isinstance(dose, RTDose) else dose, roi.number)


def peer_dvh_of_files(structures: bytes, dose: bytes, roi_number: int) -> PeerDVH:
    """Compute a DVH with dicompyler-core from two files as they stand, its faults at reading included.

    Parameters
    ----------
    structures, dose : bytes
        The RTSTRUCT and RTDOSE files.
    roi_number : int

    Raises
    ------
    PeerError
        As for `peer_dvh`.
    """
    return _compute(_dataset(structures), _dataset(dose), roi_number)


def _compute(structures: Dataset, dose: Dataset, roi_number: int) -> PeerDVH:
    with _quiet():
        try:
            computed = dicompyler("dvhcalc").get_dvh(structures, dose, roi_number)
            volume_cc = float(computed.volume)
            mean_gy = float(computed.mean)
        except _FAULTS as error:
            raise PeerError(f"dicompyler-core fails: {type(error).__name__}: {error}") from error
    edges, counts = np.asarray(computed.bins, np.float64), np.asarray(computed.counts, np.float64)
    if len(counts) == 1:
        edges = np.array([0.0, BIN_GY])  # it calls a histogram's only bin 1 Gy wide, and it is as wide as all others
    if volume_cc <= 0 or len(edges) != len(counts) + 1:
        raise PeerError("dicompyler-core finds no dose voxel in it")
    percent = np.append(100.0 * counts / counts[0], 0.0)
    for array in (edges, percent):
        read_only(array)
    return PeerDVH(edges, percent, volume_cc, mean_gy, _misplaced_mm(dose))


def _misplaced_mm(dose: Dataset) -> float:
    """By how much it puts the dose too high: offsets that aren't relative to the first frame are added all the same."""
    offsets = dose.get("GridFrameOffsetVector")
    return float(offsets[0]) if offsets else 0.0


def _dataset(content: bytes) -> Dataset:
    dataset = pydicom.dcmread(BytesIO(content), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:  # it asks for the pixels of files without file meta
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def structure_dataset(roi: ROI) -> Dataset:
    """The data set of a structure set that holds one ROI's closed contours."""
    dataset = _new_dataset(RTStructureSetStorage)
    named, drawn = Dataset(), Dataset()
    named.ROINumber, named.ROIName = roi.number, roi.name
    drawn.ReferencedROINumber = roi.number
    drawn.ContourSequence = []
    for contour in roi.closed_contours:
        item = Dataset()
        item.ContourGeometricType = "CLOSED_PLANAR"
        item.NumberOfContourPoints = len(contour.points_mm)
        _put(item, "ContourData", contour.points_mm.ravel().tolist())
        drawn.ContourSequence.append(item)
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [named], [drawn]
    return dataset


def dose_dataset(dose: RTDose) -> Dataset:
    """The data set of a dose, with relative frame offsets and 32-bit pixels.

    Raises
    ------
    PeerError
        Part of the dose isn't known.
    """
    if np.isnan(dose.dose_gy).any():
        raise PeerError("part of the dose isn't known (beams on different grids), and pixels can't say so")
    grid = dose.grid
    dataset = _new_dataset(RTDoseStorage)
    peak_gy = float(dose.dose_gy.max())
    scaling = peak_gy / _LARGEST_PIXEL if peak_gy > 0 else 1.0
    pixels = np.rint(dose.dose_gy.astype(np.float64) / scaling)
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = grid.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 32
    dataset.HighBit, dataset.PixelRepresentation = 31, 0
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    directions = np.concatenate([grid.row_direction, grid.column_direction])
    # Cosines that are off an axis by rounding are no direction that it knows.
    near = np.abs(directions - np.rint(directions)) < AXIS_TOLERANCE
    _put(dataset, "ImageOrientationPatient", np.where(near, np.rint(directions), directions).tolist())
    _put(dataset, "ImagePositionPatient", grid.origin_mm.tolist())
    _put(dataset, "PixelSpacing", [grid.row_spacing_mm, grid.column_spacing_mm])
    _put(dataset, "GridFrameOffsetVector", grid.frame_offsets_mm.tolist())
    _put(dataset, "DoseGridScaling", scaling)
    dataset.PixelData = np.minimum(pixels, _LARGEST_PIXEL).astype("<u4").tobytes()
    return dataset


def _new_dataset(sop_class: UID) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, _UID
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = sop_class, _UID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _put(dataset: Dataset, keyword: str, value: float | list[float]) -> None:
    """Numbers of VR DS as they are: made decimal strings, they would cost time and digits."""
    tag = pydicom.datadict.tag_for_keyword(keyword)
    assert tag is not None
    dataset[tag] = DataElement(tag, "DS", value, already_converted=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """What dicompyler-core and what it imports warn of is theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def dicompyler(module: str) -> ModuleType:
    """Import a module of dicompyler-core, whose newest release asks pydicom for a name that pydicom 3 removed."""
    if not hasattr(pydicom.dicomio, "read_file"):
        pydicom.dicomio.read_file = pydicom.dcmread  # type: ignore[attr-defined]
    # A library that logs without a handler writes to stderr; where the caller logs, he still gets it.
    logging.getLogger("dicompylercore").addHandler(logging.NullHandler())
    with _quiet():
        return import_module(f"dicompylercore.{module}")


def to_dicompyler(dvh: DVH, *, color: tuple[int, int, int] | None = None, bin_gy: float = BIN_GY) -> Any:
    """A DVH as dicompyler-core's own value: cumulative, in cc and Gy.

    Parameters
    ----------
    dvh : DVH
        Its only named dose reference, where there is exactly one, becomes ``rx_dose``.
    color : tuple of int, optional
        ROIDisplayColor.
    bin_gy : float
        Width of the bins, in Gy.

    Returns
    -------
    dicompylercore.dvh.DVH
        Of the part inside the dose grid; ``notes`` says how much is outside. Its statistics are those of the nearest
        bin: ``D95`` and ``V20Gy`` are good to one bin, ``min`` and ``max`` are upper edges of bins. Asked for more
        volume than there is, and for any volume of a uniform dose, it answers 0 Gy.

    Raises
    ------
    UsageError
        Without a curve there is nothing to hand over, and its own empty value reads as a dose of zero.
    """
    if dvh.curve is None:
        raise UsageError(f"{dvh.roi}: {dvh.problem or 'all of it lies outside the dose grid'}; there is no DVH to give")
    count = int(np.floor(dvh.curve.dose_gy[-1] / bin_gy)) + 1
    edges = np.arange(count + 1) * bin_gy
    references = list(dvh.reference_gy.values())
    return dicompyler("dvh").DVH(
        counts=np.array([dvh.curve.volume_at(float(edge)) for edge in edges[:-1]]),
        bins=edges,
        dvh_type="cumulative",
        dose_units="Gy",
        volume_units="cm3",
        rx_dose=references[0] if len(references) == 1 else None,
        name=dvh.roi,
        color=None if color is None else np.array(color),
        notes=f"{dvh.outside_percent:.3g} % of the volume lies outside the dose grid" if dvh.outside_cc else None,
    )
