"""Analytic phantoms and liver plans, written as DICOM: ``sample_plans/`` and every test case are made with it."""

from rtcheck.synthetic.headers import save, uid
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
from rtcheck.synthetic.writer import RoiSpec, ct_datasets, dose_dataset, structure_set_dataset

__all__ = [
    "SAMPLES",
    "RoiSpec",
    "SampleSpec",
    "box_contours",
    "circle",
    "ct_datasets",
    "cylinder_contours",
    "dose_dataset",
    "dose_reference",
    "fraction_group",
    "linear_dose",
    "plan_dataset",
    "plane_positions",
    "polygon_contours",
    "save",
    "sphere_contours",
    "structure_set_dataset",
    "uid",
    "write_all",
    "write_sample",
]
