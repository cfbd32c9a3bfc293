"""The same work done with dicompyler-core: ``python -m bench.peer FOLDER`` prints the metrics of every ROI.

Nothing of rtcheck is imported, so that a cold process pays for dicompyler-core alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pydicom.dicomio


def parse_contours(structures: pydicom.Dataset) -> list[np.ndarray]:
    """Every ContourData as floats, shape ``(n, 3)``, on pydicom's default path."""
    contours = (c for roi in structures.ROIContourSequence for c in roi.get("ContourSequence", ()))
    return [np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3) for contour in contours]


def parsed(folder: Path) -> tuple[pydicom.Dataset, pydicom.Dataset]:
    """RTSTRUCT and RTDOSE of a folder, with every number parsed: pydicom leaves that to the first use."""
    datasets = {dataset.Modality: dataset for dataset in map(pydicom.dcmread, sorted(folder.glob("*.dcm")))}
    parse_contours(datasets["RTSTRUCT"])
    _ = datasets["RTDOSE"].pixel_array
    return datasets["RTSTRUCT"], datasets["RTDOSE"]


def all_dvhs(structures: pydicom.Dataset, dose: pydicom.Dataset) -> dict[str, Any]:
    """`get_dvh` of every ROI with its defaults; ``dvh.DVH`` by name."""
    calculator = dvhcalc()
    rois = structures.StructureSetROISequence
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that aren't ours
        return {roi.ROIName: calculator.get_dvh(structures, dose, int(roi.ROINumber)) for roi in rois}


def dvhcalc() -> Any:
    """Its newest release asks pydicom for a name that pydicom 3 removed."""
    if not hasattr(pydicom.dicomio, "read_file"):
        pydicom.dicomio.read_file = pydicom.dcmread  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dicompylercore import dvhcalc as module  # noqa: PLC0415  only with the name above in place
    return module


def main(arguments: Sequence[str] | None = None) -> None:
    """Print volume, mean, D98, D50, D2 and maximum of every ROI of a folder."""
    folder = Path((sys.argv[1:] if arguments is None else arguments)[0])
    datasets = {dataset.Modality: dataset for dataset in map(pydicom.dcmread, sorted(folder.glob("*.dcm")))}
    for name, dvh in all_dvhs(datasets["RTSTRUCT"], datasets["RTDOSE"]).items():
        doses = [dvh.statistic(metric).value for metric in ("D98", "D50", "D2")]
        print(name, f"{dvh.volume:.2f} cc", *(f"{dose:.2f} Gy" for dose in (dvh.mean, *doses, dvh.max)))


if __name__ == "__main__":
    main()
