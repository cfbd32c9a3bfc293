"""The sample plans: what they are and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from rtcheck.errors import UsageError
from rtcheck.synthetic.anatomy import SLICE_MM, Lesion, Phantom, planes_mm
from rtcheck.synthetic.beams import FULL_TURN
from rtcheck.synthetic.delivery import WHOLE_BODY, Delivery, DoseGrid, dose_on_grid
from rtcheck.synthetic.headers import save
from rtcheck.synthetic.phantom import CT_PIXEL_MM, ct_positions_mm, hounsfield, phantom_rois
from rtcheck.synthetic.rtdose import dose_dataset
from rtcheck.synthetic.rtplan import plan_dataset
from rtcheck.synthetic.writer import ct_datasets, structure_set_dataset


class Who(TypedDict):
    """What ties the objects of a sample together."""

    key: str
    patient_id: str
    patient_name: str


@dataclass(frozen=True)
class SampleSpec:
    """One sample: a patient with a structure set, and a plan with its dose for each delivery.

    Attributes
    ----------
    name : str
        Its folder.
    description : str
        What it shows.
    patient_id, patient_name : str
    anatomy : str
        Samples of the same anatomy show the same phantom.
    lesions : tuple of Lesion
    deliveries : tuple of Delivery
        Each to the lesion that it names; no two to the same.
    liver_scale : float
        See `Phantom`.
    """

    name: str
    description: str
    patient_id: str
    patient_name: str
    anatomy: str
    lesions: tuple[Lesion, ...]
    deliveries: tuple[Delivery, ...]
    liver_scale: float = 1.0

    def key(self, seed: int) -> str:
        """What all UIDs of the sample are derived from."""
        return f"{self.name}/{seed}"

    def phantom(self, seed: int) -> Phantom:
        """The anatomy with its tumours."""
        return Phantom(f"{self.anatomy}/{seed}", self.lesions, self.liver_scale)

    def lesion(self, delivery: Delivery) -> Lesion:
        """The lesion that a delivery treats."""
        return next(lesion for lesion in self.lesions if lesion.name == delivery.lesion)


SMALL_LESION = Lesion((-96.0, -14.0, -30.0), 18.1)
#: Two planning systems, two grids: both hold the whole body section, and hardly a sample of one lies on the other's.
LIVER_GRID = DoseGrid((-170.0, -112.0, -167.0), 4.0, (86, 57, 93))
SPINE_GRID = DoseGrid((-171.5, -113.5, -169.0), 3.5, (99, 66, 107))

SAMPLES: dict[str, SampleSpec] = {
    spec.name: spec
    for spec in (
        SampleSpec(
            "hcc-sbrt-5fx",
            "40 Gy in 5 fractions (BED10 72 Gy) to a small lesion; meets every rule",
            "SYNTH-HCC-001",
            "Phantom^Liver SBRT",
            "small lesion",
            (SMALL_LESION,),
            (Delivery(40.0, 5),),
        ),
        SampleSpec(
            "hcc-imrt-25fx",
            "50 Gy in 25 fractions (BED10 exactly 60 Gy) to a larger lesion; meets the QUANTEC limits",
            "SYNTH-HCC-002",
            "Phantom^Liver IMRT",
            "larger lesion",
            (Lesion((-86.0, -12.0, -6.0), 27.0),),
            (Delivery(50.0, 25, hot=0.06, steep_mm=9.0, bath=0.44, bath_mm=75.0),),
        ),
        SampleSpec(
            "hcc-cpb7-large-ptv",
            "40 Gy in 5 fractions to a large lesion in a small liver; less than 700 cc of liver gets under 15 Gy",
            "SYNTH-HCC-003",
            "Phantom^Liver Small",
            "large lesion",
            (Lesion((-71.0, -21.0, 7.0), 39.0),),
            (Delivery(40.0, 5, steep_mm=9.0, bath=0.36, bath_mm=70.0),),
            liver_scale=0.79,
        ),
        SampleSpec(
            "hcc-35gy-5fx",
            "35 Gy in 5 fractions (BED10 59.5 Gy): the prescription alone falls short",
            "SYNTH-HCC-004",
            "Phantom^Liver Low Dose",
            "small lesion",
            (SMALL_LESION,),
            (Delivery(35.0, 5),),
        ),
        SampleSpec(
            "grid-misses-liver",
            "40 Gy in 5 fractions; the dose grid ends inside the liver, so the spared volume can't be decided",
            "SYNTH-HCC-005",
            "Phantom^Liver Cut Grid",
            "small lesion",
            (SMALL_LESION,),
            # The last frame lies at z = 9 mm.
            (Delivery(40.0, 5, grid=replace(WHOLE_BODY, samples=(115, 77, 60))),),
        ),
        SampleSpec(
            "two-lesions-two-plans",
            "40 Gy in 5 fractions to the liver and 27 Gy in 3 to a vertebra: each plan alone spares the liver, the sum "
            "of both doesn't",
            "SYNTH-HCC-006",
            "Phantom^Liver And Spine",
            "two lesions",
            (
                Lesion((-62.0, -8.0, 20.0), 19.0, "Liver"),
                Lesion((0.0, 55.0, 16.5), 14.0, "Spine", ctv_margin_mm=2.0, ptv_margin_mm=2.0),
            ),
            (
                Delivery(40.0, 5, "Liver", "Liver 40Gy5F", grid=LIVER_GRID),
                Delivery(27.0, 3, "Spine", "T12 27Gy3F", steep_mm=5.0, path=FULL_TURN, grid=SPINE_GRID),
            ),
            liver_scale=0.8,
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
        Made where it doesn't exist. Holds ``RTSTRUCT.dcm``, ``RTPLAN.dcm``, ``RTDOSE.dcm`` and ``CT/*.dcm`` after; a
        plan and a dose for each lesion that has a name (``RTPLAN_Liver.dcm``).
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
    datasets = {"RTSTRUCT.dcm": structure_set_dataset(phantom_rois(phantom), ct=ct, label="Liver", **who)}
    for delivery in spec.deliveries:
        datasets |= _delivered(phantom, spec.lesion(delivery), delivery, who)
    datasets |= {f"CT/CT_{index:03d}.dcm": image for index, image in enumerate(ct, start=1)}
    return tuple(save(dataset, folder / path) for path, dataset in datasets.items())


def _delivered(phantom: Phantom, lesion: Lesion, delivery: Delivery, who: Who) -> dict[str, FileDataset]:
    """Plan and dose of one delivery, by file name."""
    ptv = next(roi for roi in phantom_rois(phantom) if roi.name == lesion.named("PTV"))
    plan, dose = lesion.named("RTPLAN"), lesion.named("RTDOSE")
    x_mm, y_mm, z_mm = delivery.grid.axes_mm()
    return {
        f"{plan}.dcm": plan_dataset(
            delivery.total_dose_gy,
            delivery.fractions,
            target=ptv.name,
            target_roi_number=ptv.number,
            isocentre_mm=lesion.centre_mm,
            aperture_mm=lesion.ptv_radius_mm + 5,
            path=delivery.path,
            label=delivery.label,
            instance=plan,
            **who,
        ),
        f"{dose}.dcm": dose_dataset(
            dose_on_grid(phantom, lesion, delivery, ptv.contours),
            (x_mm[0], y_mm[0], z_mm[0]),
            (delivery.grid.spacing_mm,) * 3,
            bits=16,
            instance=dose,
            plan=plan,
            **who,
        ),
    }


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
