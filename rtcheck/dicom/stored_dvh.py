"""DVHs that a planning system stored in its RT Dose: read as they stand, or kept with the reason why they can't be.

A second opinion is never worth the dose: whatever is wrong with a stored DVH, the dose beside it is read.

References
----------
.. [1] DICOM PS3.3, C.8.8.4 (RT DVH module).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtcheck.dicom.attributes import Attributes
from rtcheck.errors import UnreadableFileError
from rtcheck.geometry import FloatArray, read_only
from rtcheck.study import StoredDVH

#: Volumes of systems that integrate in floating point end a little below 0, and rise a little (share of the whole).
VOLUME_NOISE = 1e-4
#: Less than this share of the whole in a bin is rounding, not volume.
NO_VOLUME = 1e-10
#: A stated mean may differ from the curve's by so much: systems take it from their voxels, not from their bins.
MEAN_TOLERANCE = 0.1
#: Beyond this it is of another volume than the curve.
DOUBTFUL_MEAN = 0.02
#: As for the mean; a maximum lies in the last bin that holds volume.
MAX_TOLERANCE = 0.01
#: No dose is this many times the normalisation dose: relative doses above it are percent.
LARGEST_RATIO = 5.0
_NOTHING = np.empty(0)
read_only(_NOTHING)


@dataclass(frozen=True, eq=False)
class _Stored:
    """A stored DVH before its units are known: bin edges and stated doses as in the file, scaled."""

    roi_numbers: tuple[int, ...]
    dose_type: str | None
    is_relative: bool
    in_percent: bool
    edges: FloatArray
    volume: FloatArray
    minimum: float | None
    maximum: float | None
    mean: float | None


@dataclass(frozen=True)
class _UnusableError(Exception):
    """Why a stored DVH can't be used."""

    problem: str


def read_stored_dvhs(attributes: Attributes) -> tuple[StoredDVH, ...]:
    """Every item of DVHSequence.

    Parameters
    ----------
    attributes : Attributes
        Of the RT Dose.

    Returns
    -------
    tuple of StoredDVH
        In the file's order; what can't be used says why.
    """
    try:
        items = attributes.items("DVHSequence")
    except UnreadableFileError as error:
        return (_unusable((), f"the DVHSequence is damaged: {error.problem}"),)
    normalization, missing = _normalization(attributes)
    read = [_read(item) for item in items]
    relative = [one for one in read if isinstance(one, _Stored) and one.is_relative]
    scale = _relative_scale(relative, normalization)
    built = [_in_gray(one, scale, normalization, missing) if isinstance(one, _Stored) else one for one in read]
    return _with_stated_doses(built)


def _normalization(attributes: Attributes) -> tuple[float | None, str]:
    try:
        value = attributes.number("DVHNormalizationDoseValue")
    except UnreadableFileError as error:
        return None, error.problem
    if value is None:
        return None, "DVHNormalizationDoseValue is missing"
    return (value, "") if value > 0 else (None, f"DVHNormalizationDoseValue is {value:g}")


def _read(item: Attributes) -> _Stored | StoredDVH:
    numbers: tuple[int, ...] = ()
    try:
        numbers, excluded = _rois(item)
        if not numbers:
            raise _UnusableError("it names no ROI that it includes")
        if excluded:
            raise _UnusableError(f"it leaves out ROI {', '.join(map(str, excluded))} of what it is of")
        return _values(item, numbers)
    except UnreadableFileError as error:
        return _unusable(numbers, error.problem)
    except _UnusableError as error:
        return _unusable(numbers, error.problem)


def _rois(item: Attributes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the ROIs included and excluded (DVHROIContributionType)."""
    included: list[int] = []
    excluded: list[int] = []
    for reference in item.items("DVHReferencedROISequence"):
        number = reference.integer("ReferencedROINumber")
        if number is not None:
            (excluded if reference.code("DVHROIContributionType") == "EXCLUDED" else included).append(number)
    return tuple(included), tuple(excluded)


def _values(item: Attributes, numbers: tuple[int, ...]) -> _Stored:
    kind = _choice(item, "DVHType", ("CUMULATIVE", "DIFFERENTIAL"))
    units = _choice(item, "DoseUnits", ("GY", "RELATIVE"))
    volume_units = _choice(item, "DVHVolumeUnits", ("CM3", "PERCENT"))
    dose_type = item.code("DoseType")
    if dose_type == "ERROR":
        raise _UnusableError("DoseType is ERROR: it is of a difference of doses")
    scaling = item.number("DVHDoseScaling")
    if scaling is None or scaling <= 0:
        raise _UnusableError("DVHDoseScaling is missing" if scaling is None else f"DVHDoseScaling is {scaling:g}")
    widths, volumes = _bins(item)
    edges = np.concatenate([[0.0], np.cumsum(widths)]) * scaling
    if kind == "DIFFERENTIAL":
        volumes = np.cumsum(volumes[::-1])[::-1]
    return _Stored(
        numbers,
        dose_type,
        units == "RELATIVE",
        volume_units == "PERCENT",
        edges,
        _falling(volumes),
        item.number("DVHMinimumDose"),
        item.number("DVHMaximumDose"),
        item.number("DVHMeanDose"),
    )


def _choice(item: Attributes, keyword: str, known: Sequence[str]) -> str:
    value = item.code(keyword)
    if value is None:
        raise _UnusableError(f"{keyword} is missing")
    if value not in known:
        raise _UnusableError(f"{keyword} is {value}, not {' or '.join(known)}")
    return value


def _bins(item: Attributes) -> tuple[FloatArray, FloatArray]:
    """Widths of the bins, and the volume that stands with each."""
    data = item.numbers("DVHData")
    count = item.integer("DVHNumberOfBins")
    if not len(data):
        raise _UnusableError("DVHData is missing")
    if len(data) % 2 or (count is not None and len(data) != 2 * count):
        raise _UnusableError(f"DVHData holds {len(data)} numbers for {'unstated' if count is None else count} bins")
    widths, volumes = data[::2], data[1::2]
    if widths.min() < 0:
        raise _UnusableError(f"a bin is {widths.min():g} wide")
    if widths.sum() <= 0:
        raise _UnusableError("its bins have no width")
    if volumes.max() <= 0:
        raise _UnusableError("its volume is zero")
    if volumes.min() < -VOLUME_NOISE * volumes.max():
        raise _UnusableError(f"a volume is {volumes.min():g}")
    return widths, np.maximum(volumes, 0.0)


def _falling(volumes: FloatArray) -> FloatArray:
    """Cumulative volumes at the bins' edges: each stands at its bin's lower edge, and beyond the last there is none."""
    fallen = np.minimum.accumulate(volumes)
    if (volumes - fallen).max() > VOLUME_NOISE * volumes.max():
        raise _UnusableError("it is called cumulative, and its volumes rise")
    return np.append(fallen, 0.0)


def _relative_scale(relative: Sequence[_Stored], normalization: float | None) -> float | None:
    """Gray per unit of relative dose; whether these are percent shows over all DVHs of a file together."""
    if normalization is None or not relative:
        return None
    return normalization / (100.0 if max(one.edges[-1] for one in relative) > LARGEST_RATIO else 1.0)


def _in_gray(stored: _Stored, scale: float | None, normalization: float | None, missing: str) -> StoredDVH:
    remarks: tuple[str, ...] = ()
    if stored.is_relative:
        if scale is None or normalization is None:
            return _unusable(stored.roi_numbers, f"its doses are relative, and {missing}")
        text = "percent" if scale < normalization else "parts"
        remarks = (f"doses are {text} of DVHNormalizationDoseValue, {normalization:g} Gy",)
    gray = scale if stored.is_relative and scale is not None else 1.0
    whole = float(stored.volume[0])
    percent = stored.volume if stored.in_percent else 100.0 * stored.volume / whole
    dose = stored.edges * gray
    for array in (dose, percent):
        read_only(array)
    minimum, maximum, mean = (
        None if value is None else value * gray for value in (stored.minimum, stored.maximum, stored.mean)
    )
    return StoredDVH(
        stored.roi_numbers,
        dose,
        percent,
        None if stored.in_percent else whole,
        minimum,
        maximum,
        mean,
        stored.dose_type,
        remarks=remarks,
    )


def _unusable(roi_numbers: tuple[int, ...], problem: str) -> StoredDVH:
    return StoredDVH(roi_numbers, _NOTHING, _NOTHING, problem=problem)


# Some systems state minimum, maximum and mean in percent of a dose that they don't name, although DoseUnits is GY. The
# curve beside them tells: its last bin that holds volume bounds the maximum.


def _with_stated_doses(dvhs: Sequence[StoredDVH]) -> tuple[StoredDVH, ...]:
    """Stated doses in gray where the curve confirms them as gray or as percent of one dose, else none."""
    contradicting = [one for one in dvhs if not one.problem and not _fits(one, 1.0)]
    percent_of = _percent_of_gy(contradicting)
    checked = []
    for one in dvhs:
        if one not in contradicting:
            checked.append(_with_doubt(one))
        elif percent_of is not None and _fits(one, percent_of / 100.0):
            checked.append(_with_doubt(_in_percent(one, percent_of)))
        else:
            text = "DVHMinimumDose, DVHMaximumDose and DVHMeanDose contradict the curve and are left out"
            checked.append(replace(one, min_gy=None, max_gy=None, mean_gy=None, remarks=(*one.remarks, text)))
    return tuple(checked)


def _with_doubt(one: StoredDVH) -> StoredDVH:
    """With a remark where the stated mean is of something else than the curve."""
    if one.problem or one.mean_gy is None:
        return one
    low, high = _maximum_gy(one)
    mean = _mean_gy(one)
    if abs(one.mean_gy - mean) <= (high - low) + DOUBTFUL_MEAN * mean:
        return one
    text = f"the stated mean of {one.mean_gy:.4g} Gy isn't its curve's, {mean:.4g} Gy"
    return replace(one, remarks=(*one.remarks, text))


def _mean_gy(one: StoredDVH) -> float:
    """Mean dose of the curve."""
    return float(np.trapezoid(one.volume_percent, one.dose_gy)) / float(one.volume_percent[0])


def _in_percent(one: StoredDVH, percent_of_gy: float) -> StoredDVH:
    minimum, maximum, mean = (
        None if value is None else value * percent_of_gy / 100.0 for value in (one.min_gy, one.max_gy, one.mean_gy)
    )
    text = f"DVHMinimumDose, DVHMaximumDose and DVHMeanDose are percent of {percent_of_gy:.6g} Gy, not gray"
    return replace(one, min_gy=minimum, max_gy=maximum, mean_gy=mean, remarks=(*one.remarks, text))


def _fits(one: StoredDVH, factor: float) -> bool:
    """Whether the stated maximum and mean, times a factor, are those of the curve."""
    low, high = _maximum_gy(one)
    bin_gy = high - low
    if one.max_gy is not None:
        slack = bin_gy + MAX_TOLERANCE * high
        if not low - slack <= one.max_gy * factor <= high + slack:
            return False
    if one.mean_gy is not None:
        mean = _mean_gy(one)
        return abs(one.mean_gy * factor - mean) <= bin_gy + MEAN_TOLERANCE * mean
    return True


def _maximum_gy(one: StoredDVH) -> tuple[float, float]:
    """Edges of the last bin that holds volume."""
    held = np.flatnonzero(one.volume_percent > NO_VOLUME * one.volume_percent[0])
    last = int(held[-1])
    return float(one.dose_gy[last]), float(one.dose_gy[min(last + 1, len(one.dose_gy) - 1)])


def _percent_of_gy(dvhs: Sequence[StoredDVH]) -> float | None:
    """The one dose of which the stated maxima are percent: the roundest number that every curve allows."""
    bounds = [
        [100.0 * edge / one.max_gy for edge in _maximum_gy(one)]
        for one in dvhs
        if one.max_gy is not None and one.max_gy > 0
    ]
    if not bounds:
        return None
    low, high = max(bound[0] for bound in bounds), min(bound[1] for bound in bounds)
    if low > high:
        return float(np.median(bounds))
    rounded = (round((low + high) / 2, digits) for digits in range(6))
    return next((value for value in rounded if low <= value <= high), (low + high) / 2)
