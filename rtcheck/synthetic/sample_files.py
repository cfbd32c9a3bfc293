"""The samples as files: DICOM and case sheets."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from rtcheck.errors import UsageError
from rtcheck.synthetic.anatomy import Phantom
from rtcheck.synthetic.delivery import Delivery, dose_on_grid
from rtcheck.synthetic.headers import save
from rtcheck.synthetic.phantom import CT_PIXEL_MM, ct_positions_mm, hounsfield, phantom_rois
from rtcheck.synthetic.rtdose import dose_dataset
from rtcheck.synthetic.rtplan import boost_plan_dataset
from rtcheck.synthetic.samples import SAMPLES, SampleSpec
from rtcheck.synthetic.sheets import sheet_text
from rtcheck.synthetic.writer import ct_datasets, structure_set_dataset


class Who(TypedDict):
    """What ties the objects of a sample together."""

    key: str
    patient_id: str
    patient_name: str


def write_sample(name: str, folder: Path, seed: int = 1) -> tuple[Path, ...]:
    """Write the DICOM files and the case sheets of one sample into `folder`.

    Parameters
    ----------
    name : str
        A key of `SAMPLES`.
    folder : pathlib.Path
        Made where it doesn't exist. Holds ``RTSTRUCT.dcm``, ``RTPLAN.dcm``, ``RTDOSE.dcm``, ``CT/*.dcm`` and
        ``case.yaml`` after; a plan and a dose named after its lesion for each delivery where there are several
        (``RTPLAN_Liver.dcm``), and a sheet for each further case with the same files (``case-reduced.yaml``).
    seed : int
        Varies the organs by a few percent, and every UID. The same seed gives the same bytes.

    Returns
    -------
    tuple of pathlib.Path
        The files written.

    Raises
    ------
    UsageError
        If there is no sample of that name.
    """
    spec = _sample(name)
    return (*_write_dicom(spec, folder, seed), *write_sheets(name, folder))


def write_sheets(name: str, folder: Path) -> tuple[Path, ...]:
    """Write the case sheets of one sample alone; see `write_sample`.

    Parameters
    ----------
    name : str
    folder : pathlib.Path
        Made where it doesn't exist.

    Returns
    -------
    tuple of pathlib.Path
        The files written.

    Raises
    ------
    UsageError
        If there is no sample of that name.
    """
    spec = _sample(name)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in spec.sheets:
        path = folder / sheet.sheet.file
        path.write_text(sheet_text(sheet), encoding="utf-8", newline="\n")
        paths.append(path)
    return tuple(paths)


def write_all(
    folder: Path, seed: int = 1, *, on_written: Callable[[str, tuple[Path, ...]], None] | None = None
) -> dict[str, tuple[Path, ...]]:
    """Write every sample into a folder of its name inside `folder`.

    Parameters
    ----------
    folder : pathlib.Path
    seed : int
    on_written : callable, optional
        Called with the name and the files of each sample as soon as it is complete.

    Returns
    -------
    dict
        The files written, by sample.
    """
    written = {}
    for name in SAMPLES:
        written[name] = write_sample(name, folder / name, seed)
        if on_written is not None:
            on_written(name, written[name])
    return written


def _sample(name: str) -> SampleSpec:
    if name not in SAMPLES:
        raise UsageError(f"no sample is named {name!r}; there are {', '.join(SAMPLES)}")
    return SAMPLES[name]


def _write_dicom(spec: SampleSpec, folder: Path, seed: int) -> tuple[Path, ...]:
    phantom = spec.phantom(seed)
    who = Who(key=spec.key(seed), patient_id=spec.patient_id, patient_name=spec.patient_name)
    first_mm = [axis[0] for axis in (*ct_positions_mm(), phantom.planes_mm())]
    ct = ct_datasets(_hounsfield(phantom), first_mm, (phantom.slice_mm, CT_PIXEL_MM, CT_PIXEL_MM), **who)
    datasets = {"RTSTRUCT.dcm": structure_set_dataset(phantom_rois(phantom), ct=ct, label="Liver", **who)}
    for delivery in spec.deliveries:
        datasets |= _delivered(spec, phantom, delivery, who)
    datasets |= {f"CT/CT_{index:03d}.dcm": image for index, image in enumerate(ct, start=1)}
    return tuple(save(dataset, folder / path) for path, dataset in datasets.items())


def _delivered(spec: SampleSpec, phantom: Phantom, delivery: Delivery, who: Who) -> dict[str, FileDataset]:
    """Plan and dose of one delivery, by file name."""
    lesions = spec.treated(delivery)
    rois = {roi.name: roi for roi in phantom_rois(phantom)}
    ptvs = {lesion: rois[lesion.named("PTV")] for lesion in lesions}
    isocentre_mm = lesions[0].centre_mm
    reach_mm = max(
        float(np.linalg.norm(np.subtract(lesion.centre_mm, isocentre_mm))) + lesion.ptv_radius_mm for lesion in lesions
    )
    plan, dose = spec.file_stem("RTPLAN", delivery), spec.file_stem("RTDOSE", delivery)
    x_mm, y_mm, z_mm = delivery.grid.axes_mm()
    return {
        f"{plan}.dcm": boost_plan_dataset(
            {ptv.name: delivery.total_dose_gy for ptv in ptvs.values()},
            delivery.fractions,
            roi_numbers={ptv.name: ptv.number for ptv in ptvs.values()},
            isocentre_mm=isocentre_mm,
            aperture_mm=reach_mm + 5,
            path=delivery.path,
            label=delivery.label,
            instance=plan,
            **who,
        ),
        f"{dose}.dcm": dose_dataset(
            dose_on_grid(phantom, delivery, {lesion: ptv.contours for lesion, ptv in ptvs.items()}),
            (x_mm[0], y_mm[0], z_mm[0]),
            (delivery.grid.spacing_mm,) * 3,
            bits=16,
            instance=dose,
            plan=plan,
            **who,
        ),
    }


@lru_cache(maxsize=1)
def _hounsfield(phantom: Phantom) -> NDArray[np.int16]:
    return hounsfield(phantom)
