"""The five sample plans: what they are and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import UsageError
from rtcheck.synthetic.anatomy import SLICE_MM, Phantom, planes_mm
from rtcheck.synthetic.delivery import GRID_SPACING_MM, Delivery, dose_on_grid, grid_axes_mm
from rtcheck.synthetic.headers import save
from rtcheck.synthetic.implicit import Point
from rtcheck.synthetic.phantom import CT_PIXEL_MM, ct_positions_mm, hounsfield, phantom_rois
from rtcheck.synthetic.rtplan import plan_dataset
from rtcheck.synthetic.writer import ct_datasets, dose_dataset, structure_set_dataset


class Who(TypedDict):
    """What ties the objects of a sample together."""

    key: str
    patient_id: str
    patient_name: str


@dataclass(frozen=True)
class SampleSpec:
    """One sample plan.

    Attributes
    ----------
    name : str
        Its folder.
    description : str
        What it shows.
    patient_id, patient_name : str
    anatomy : str
        Samples of the same anatomy show the same phantom.
    gtv_centre_mm : tuple of float
    gtv_radius_mm, liver_scale : float
        See `Phantom`.
    delivery : Delivery
    grid_top_mm : float or None
        The dose grid's last frame is the last one not above this z; None for the whole grid.
    """

    name: str
    description: str
    patient_id: str
    patient_name: str
    anatomy: str
    gtv_centre_mm: Point
    gtv_radius_mm: float
    delivery: Delivery
    liver_scale: float = 1.0
    grid_top_mm: float | None = None

    def key(self, seed: int) -> str:
        """What all UIDs of the sample are derived from."""
        return f"{self.name}/{seed}"

    def phantom(self, seed: int) -> Phantom:
        """The anatomy with its tumour."""
        return Phantom(f"{self.anatomy}/{seed}", self.gtv_centre_mm, self.gtv_radius_mm, self.liver_scale)


SMALL_LESION: Point = (-96.0, -14.0, -30.0)

SAMPLES: dict[str, SampleSpec] = {
    spec.name: spec
    for spec in (
        SampleSpec(
            "hcc-sbrt-5fx",
            "40 Gy in 5 fractions (BED10 72 Gy) to a small lesion; meets every rule",
            "SYNTH-HCC-001",
            "Phantom^Liver SBRT",
            "small lesion",
            SMALL_LESION,
            18.1,
            Delivery(40.0, 5),
        ),
        SampleSpec(
            "hcc-imrt-25fx",
            "50 Gy in 25 fractions (BED10 exactly 60 Gy) to a larger lesion; meets the QUANTEC limits",
            "SYNTH-HCC-002",
            "Phantom^Liver IMRT",
            "larger lesion",
            (-86.0, -12.0, -6.0),
            27.0,
            Delivery(50.0, 25, hot=0.06, steep_mm=9.0, bath=0.44, bath_mm=75.0),
        ),
        SampleSpec(
            "hcc-cpb7-large-ptv",
            "40 Gy in 5 fractions to a large lesion in a small liver; less than 700 cc of liver gets under 15 Gy",
            "SYNTH-HCC-003",
            "Phantom^Liver Small",
            "large lesion",
            (-71.0, -21.0, 7.0),
            39.0,
            Delivery(40.0, 5, steep_mm=9.0, bath=0.36, bath_mm=70.0),
            liver_scale=0.79,
        ),
        SampleSpec(
            "hcc-35gy-5fx",
            "35 Gy in 5 fractions (BED10 59.5 Gy): the prescription alone falls short",
            "SYNTH-HCC-004",
            "Phantom^Liver Low Dose",
            "small lesion",
            SMALL_LESION,
            18.1,
            Delivery(35.0, 5),
        ),
        SampleSpec(
            "grid-misses-liver",
            "40 Gy in 5 fractions; the dose grid ends inside the liver, so the spared volume can't be decided",
            "SYNTH-HCC-005",
            "Phantom^Liver Cut Grid",
            "small lesion",
            SMALL_LESION,
            18.1,
            Delivery(40.0, 5),
            grid_top_mm=9.0,
        ),
    )
}


def write_sample(name: str, folder: Path, seed: int = 1) -> tuple[Path, ...]:
    """Write the DICOM files of one sample into `folder`.

    Parameters
    ----------
    name : str
        A key of `SAMPLES`.
    folder : pathlib.Path
        Made where it doesn't exist. Holds ``RTSTRUCT.dcm``, ``RTPLAN.dcm``, ``RTDOSE.dcm`` and ``CT/*.dcm`` after.
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
    if name not in SAMPLES:
        raise UsageError(f"no sample is named {name!r}; there are {', '.join(SAMPLES)}")
    spec = SAMPLES[name]
    phantom = spec.phantom(seed)
    who = Who(key=spec.key(seed), patient_id=spec.patient_id, patient_name=spec.patient_name)
    first_mm = [axis[0] for axis in (*ct_positions_mm(), planes_mm())]
    ct = ct_datasets(_hounsfield(phantom), first_mm, (SLICE_MM, CT_PIXEL_MM, CT_PIXEL_MM), **who)
    rois = phantom_rois(phantom)
    ptv = next(roi for roi in rois if roi.name == "PTV")
    x_mm, y_mm, grid_z_mm = grid_axes_mm()
    frames = len(grid_z_mm) if spec.grid_top_mm is None else int(np.sum(grid_z_mm <= spec.grid_top_mm))
    dose_gy = dose_on_grid(phantom, spec.delivery, ptv.contours)[:frames]
    delivery = spec.delivery
    datasets = {
        "RTSTRUCT.dcm": structure_set_dataset(rois, ct=ct, label="Liver", **who),
        "RTPLAN.dcm": plan_dataset(
            delivery.total_dose_gy,
            delivery.fractions,
            target_roi_number=ptv.number,
            isocentre_mm=spec.gtv_centre_mm,
            aperture_mm=phantom.gtv_radius_mm + phantom.ctv_margin_mm + phantom.ptv_margin_mm + 5,
            **who,
        ),
        "RTDOSE.dcm": dose_dataset(dose_gy, (x_mm[0], y_mm[0], grid_z_mm[0]), (GRID_SPACING_MM,) * 3, bits=16, **who),
    } | {f"CT/CT_{index:03d}.dcm": image for index, image in enumerate(ct, start=1)}
    return tuple(save(dataset, folder / path) for path, dataset in datasets.items())


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


@lru_cache(maxsize=1)
def _hounsfield(phantom: Phantom) -> NDArray[np.int16]:
    return hounsfield(phantom)
