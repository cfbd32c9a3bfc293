"""Real plans and odd encodings beside the project: read, or refused as their README says."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest

from rtcheck.dicom import read_dose, read_plan, read_structure_set, read_study
from rtcheck.errors import (
    InconsistentStudyError,
    UnreadableFileError,
    UnsupportedDoseError,
)

ENCODED_DOSES = ["rtdose", "rtdose_1frame", "rtdose_expb", "rtdose_expb_1frame", "rtdose_rle", "rtdose_rle_1frame"]
CASES = {"eclipse-breast": 10, "eclipse-prostate": 16, "raystation-brain-5mets": 28}


@pytest.mark.parametrize("case", CASES)
def test_clinical_case_is_what_pydicom_reads(shared_data, case):
    study = read_study(shared_data / case)
    theirs = pydicom.dcmread(shared_data / case / "rtdose.dcm")
    expected = theirs.pixel_array * np.float64(theirs.DoseGridScaling)
    np.testing.assert_array_equal(study.dose.dose_gy, expected.astype(np.float32))
    theirs = pydicom.dcmread(shared_data / case / "rtss.dcm")
    assert len(study.structure_set.rois) == CASES[case]
    drawn = {item.ReferencedROINumber: item.get("ContourSequence", []) for item in theirs.ROIContourSequence}
    for roi, item in zip(study.structure_set.rois, theirs.StructureSetROISequence, strict=True):
        assert (roi.number, roi.name) == (item.ROINumber, item.ROIName)
        contours = drawn.get(item.ROINumber, [])
        assert len(roi.contours) == len(contours)
        for ours, other in zip(roi.contours[:3], contours[:3], strict=True):
            np.testing.assert_array_equal(ours.points_mm.ravel(), np.array(other.ContourData, float))
    theirs = pydicom.dcmread(shared_data / case / "rtplan.dcm")
    assert study.plan.label == theirs.RTPlanLabel
    assert [beam.name for beam in study.plan.beams] == [beam.BeamName for beam in theirs.BeamSequence]
    fractions = [group.NumberOfFractionsPlanned for group in theirs.FractionGroupSequence]
    assert [group.fractions_planned for group in study.plan.fraction_groups] == fractions


def test_breast_has_its_slice(shared_data):
    (series,) = read_study(shared_data / "eclipse-breast").images
    assert series.modality == "CT"


def test_prostate_is_read_beside_tables_and_notes_the_names(shared_data, codes):
    assert codes(read_study(shared_data / "eclipse-prostate")) == ["ignored-files", "patient-differs"]


def test_points_are_kept(shared_data):
    rois = read_study(shared_data / "raystation-brain-5mets").structure_set.rois
    assert sum(any(c.geometric_type.value == "POINT" for c in roi.contours) for roi in rois) == 4


def test_empty_rois_are_kept(shared_data):
    rois = read_study(shared_data / "eclipse-prostate").structure_set.rois
    assert sum(not roi.contours for roi in rois) == 10


@pytest.mark.parametrize("name", ENCODED_DOSES)
def test_relative_beam_dose_is_refused(shared_data, name):
    with pytest.raises(UnsupportedDoseError, match="RELATIVE"):
        read_dose(shared_data / "dicom-encodings" / f"{name}.dcm")


def as_plan_dose(path, **changes):
    """The sample with units and summation made absolute, everything else as it stands."""
    ds = pydicom.dcmread(path)
    ds.DoseUnits, ds.DoseSummationType = "GY", "PLAN"
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    file = BytesIO()
    pydicom.dcmwrite(file, ds)
    return [(path.name, file.getvalue())]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("name", ["rtdose", "rtdose_expb", "rtdose_rle"])
def test_every_encoding_holds_the_same_dose(shared_data, name):
    dose = read_dose(as_plan_dose(shared_data / "dicom-encodings" / f"{name}.dcm"))
    reference = pydicom.dcmread(shared_data / "dicom-encodings" / "rtdose.dcm")
    np.testing.assert_array_equal(dose.dose_gy, (reference.pixel_array * np.float64("1e-6")).astype(np.float32))
    assert dose.grid.shape == (15, 10, 10)


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("name", ["rtdose_1frame", "rtdose_expb_1frame", "rtdose_rle_1frame"])
def test_fewer_frames_than_offsets_is_refused(shared_data, name):
    path = shared_data / "dicom-encodings" / f"{name}.dcm"
    with pytest.raises(UnreadableFileError, match="15 offsets for 1 frames"):
        read_dose(as_plan_dose(path))
    dose = read_dose(as_plan_dose(path, GridFrameOffsetVector=[0]))
    assert dose.grid.shape == (1, 10, 10)


def test_truncated_plan_is_refused_whole_one_is_read(shared_data):
    folder = shared_data / "dicom-encodings"
    with pytest.raises(UnreadableFileError, match="cut short"):
        read_plan(folder / "rtplan_truncated.dcm")
    assert read_plan(folder / "rtplan.dcm").fraction_groups[0].fractions_planned == 30


def test_structure_set_without_meta_is_read(shared_data):
    structures = read_structure_set(shared_data / "dicom-encodings" / "rtstruct.dcm")
    assert len(structures.rois) == 3
    assert structures.frame_of_reference_uid


def test_feet_first_frames_run_to_the_feet(shared_data):
    grid = read_dose(shared_data / "feet-first" / "rtdose_ffs.dcm").grid
    np.testing.assert_array_equal(grid.normal, [0, 0, -1])
    np.testing.assert_allclose(grid.position_mm(80, 0, 0), [99.90417554, -99.38342162, 100 - 80 * 2.5])
    np.testing.assert_allclose(grid.position_mm(0, 0, 1), [97.90417554, -99.38342162, 100])


def test_non_square_pixels_are_read_alone_and_make_no_study(shared_data, make):
    path = shared_data / "feet-first" / "rtdose_non_square_pixels.dcm"
    dose = read_dose(path)
    assert dose.sop_instance_uid == dose.grid.frame_of_reference_uid == ""
    assert (dose.grid.row_spacing_mm, dose.grid.column_spacing_mm) == (1.03125, pytest.approx(1.0078947))
    assert np.all(np.diff(dose.grid.frame_offsets_mm) < 0)
    files = [("dose.dcm", path.read_bytes()), ("rs.dcm", make.to_bytes(make.structures()))]
    with pytest.raises(InconsistentStudyError, match="no frame of reference"):
        read_study(files)


@pytest.mark.parametrize("shape", ["Sphere", "Cylinder"])
@pytest.mark.parametrize("spacing", ["02_0", "10_0", "30_0"])
def test_benchmark_phantoms_are_read_without_a_plan(shared_data, shape, spacing, codes):
    folder = shared_data / "nelms"
    study = read_study([folder / "Linear_AntPost_3mm.dcm", folder / f"{shape}_{spacing}.dcm"])
    assert study.plan is None
    assert codes(study) == ["no-plan", "structures-by-frame"]
