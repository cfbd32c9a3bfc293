"""Analytic phantoms and liver plans, written as DICOM: ``sample_plans/`` and every test case are made with it.

Solids (`Sphere`, `Cylinder`, `Cone`, `Torus`, `Ellipsoid`, `Together`) and doses (`LinearDose`, `GaussianDose`,
`RadialDose`) have an exact DVH, their `Truth`; `contours_of` draws a solid, `sampled` puts a dose on a grid.
"""

from rtcheck.synthetic.beams import FULL_TURN, RIGHT_SIDE, ArcPath
from rtcheck.synthetic.doses import GaussianDose, LinearDose, RadialDose, dose_grid, sampled
from rtcheck.synthetic.drawing import contours_of
from rtcheck.synthetic.headers import FRAME, save, uid
from rtcheck.synthetic.parts import beam_doses, segment_doses
from rtcheck.synthetic.registration import registration_dataset
from rtcheck.synthetic.revolved import Cone, Cylinder, Sphere, Torus, capped
from rtcheck.synthetic.rtdose import dose_dataset
from rtcheck.synthetic.rtplan import (
    PlanOptions,
    boost_plan_dataset,
    dose_reference,
    fraction_group,
    phased_plan_dataset,
    plan_dataset,
)
from rtcheck.synthetic.sample_files import write_all, write_sample, write_sheets
from rtcheck.synthetic.samples import SAMPLES, SampleSpec
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
from rtcheck.synthetic.writer import RoiSpec, ct_datasets, point_roi, structure_set_dataset

__all__ = [
    "FRAME",
    "FULL_TURN",
    "RIGHT_SIDE",
    "SAMPLES",
    "ArcPath",
    "Cone",
    "Cylinder",
    "Ellipsoid",
    "GaussianDose",
    "LinearDose",
    "PlanOptions",
    "RadialDose",
    "RoiSpec",
    "SampleSpec",
    "Sphere",
    "Together",
    "Torus",
    "Truth",
    "beam_doses",
    "boost_plan_dataset",
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
    "phased_plan_dataset",
    "plan_dataset",
    "plane_positions",
    "point_roi",
    "polygon_contours",
    "registration_dataset",
    "sampled",
    "save",
    "segment_doses",
    "sphere_contours",
    "structure_set_dataset",
    "uid",
    "write_all",
    "write_sample",
    "write_sheets",
]
