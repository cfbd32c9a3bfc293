"""Analytic phantoms and liver plans, written as DICOM: ``sample_plans/`` and every test case are made with it.

Solids (`Sphere`, `Cylinder`, `Cone`, `Torus`, `Ellipsoid`, `Together`) and doses (`LinearDose`, `GaussianDose`,
`RadialDose`) have an exact DVH, their `Truth`; `contours_of` draws a solid, `sampled` puts a dose on a grid.
"""

from rtcheck.synthetic.doses import GaussianDose, LinearDose, RadialDose, dose_grid, sampled
from rtcheck.synthetic.drawing import contours_of
from rtcheck.synthetic.headers import save, uid
from rtcheck.synthetic.revolved import Cone, Cylinder, Sphere, Torus, capped
from rtcheck.synthetic.rtplan import dose_reference, fraction_group, plan_dataset
from rtcheck.synthetic.samples import SAMPLES, SampleSpec, write_all, write_sample
from rtcheck.synthetic.shapes import (
    box_contours,
    circle,
    cylinder_contours,
    linear_dose,
    plane_positions,
    polygon_contours,
    sphere_contours,
)
from rtcheck.synthetic.solids import Ellipsoid, Together
from rtcheck.synthetic.truth import Truth
from rtcheck.synthetic.writer import RoiSpec, ct_datasets, dose_dataset, structure_set_dataset

__all__ = [
    "SAMPLES",
    "Cone",
    "Cylinder",
    "Ellipsoid",
    "GaussianDose",
    "LinearDose",
    "RadialDose",
    "RoiSpec",
    "SampleSpec",
    "Sphere",
    "Together",
    "Torus",
    "Truth",
    "box_contours",
    "capped",
    "circle",
    "contours_of",
    "ct_datasets",
    "cylinder_contours",
    "dose_dataset",
    "dose_grid",
    "dose_reference",
    "fraction_group",
    "linear_dose",
    "plan_dataset",
    "plane_positions",
    "polygon_contours",
    "sampled",
    "save",
    "sphere_contours",
    "structure_set_dataset",
    "uid",
    "write_all",
    "write_sample",
]
