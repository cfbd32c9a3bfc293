"""A second opinion: the DVH of an independent engine, dicompyler-core.

Its known faults (absolute frame offsets, swapped pixel spacing, missing inner slices) are why it is a second opinion
and never the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from types import ModuleType

import numpy as np
import pydicom
import pydicom.dicomio

from rtcheck.geometry import FloatArray


@dataclass(frozen=True, eq=False)
class PeerDVH:
    """The cumulative DVH that dicompyler-core computed.

    Attributes
    ----------
    dose_gy : ndarray, shape (n,)
        Lower edges of its bins.
    volume_cc : ndarray, shape (n,)
        Volume that receives at least that dose.
    mean_gy : float
    """

    dose_gy: FloatArray
    volume_cc: FloatArray
    mean_gy: float

    @property
    def total_cc(self) -> float:
        """The whole volume."""
        return float(self.volume_cc[0])


def peer_dvh(structures: bytes, dose: bytes, roi_number: int) -> PeerDVH:
    """Compute a DVH with dicompyler-core.

    Parameters
    ----------
    structures, dose : bytes
        The RTSTRUCT and RTDOSE files.
    roi_number : int
    """
    dvhcalc = _dicompyler()
    computed = dvhcalc.get_dvh(_dataset(structures), _dataset(dose), roi_number)
    cumulative = computed.cumulative.absolute_volume(computed.volume)
    edges = np.asarray(cumulative.bins[:-1], np.float64)
    return PeerDVH(edges, np.asarray(cumulative.counts, np.float64), float(computed.mean))


def _dataset(content: bytes) -> pydicom.Dataset:
    dataset = pydicom.dcmread(BytesIO(content), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:  # it asks for the pixels of files without file meta
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    return dataset


def _dicompyler() -> ModuleType:
    """Import dicompyler-core, whose newest release asks pydicom for a name that pydicom 3 removed."""
    if not hasattr(pydicom.dicomio, "read_file"):
        pydicom.dicomio.read_file = pydicom.dcmread  # type: ignore[attr-defined]
    from dicompylercore import dvhcalc  # noqa: PLC0415  only with the name above in place, and slow to import

    module: ModuleType = dvhcalc
    return module
