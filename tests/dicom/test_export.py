"""What rtcheck writes as DICOM can be read back, by its own reader and by pydicom, and says what was computed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from rtcheck.case import Case
from rtcheck.dicom import dvh_object, pdf_object
from rtcheck.dicom.index import read_instance
from rtcheck.dicom.stored_dvh import read_stored_dvhs
from rtcheck.errors import UsageError
from tests.plan_checks.samples import case_of, sample
from tests.studies import box_roi, dose, empty_roi, study

NOON = datetime(2025, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def written() -> bytes:
    return dvh_object(case_of(), NOON)[0]


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def test_written_dvhs_come_back_as_they_were_computed(written: bytes) -> None:
    stored = read_stored_dvhs(read_instance("dvh.dcm", written).attributes)
    dvhs = case_of().dvhs()
    assert len(stored) == len(dvhs) == 17
    for one, dvh in zip(stored, dvhs, strict=True):
        assert (one.problem, one.remarks) == ("", ())
        assert one.volume_cc == pytest.approx(dvh.volume_cc, rel=1e-6)
        assert one.mean_gy == pytest.approx(dvh.mean_gy, abs=1e-6)
        at_gy = float(one.dose_gy[len(one.dose_gy) // 2])
        assert dvh.curve is not None
        assert one.volume_percent[len(one.dose_gy) // 2] == pytest.approx(
            100 * dvh.curve.volume_at(at_gy) / dvh.volume_cc, abs=0.01
        )


def test_the_object_belongs_to_the_plans_patient_and_study(written: bytes) -> None:
    dataset, of = read(written), sample()
    assert dataset.PatientID == of.patient.patient_id
    assert dataset.StudyInstanceUID == of.study_instance_uid != ""
    assert dataset.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == of.plans[0].sop_instance_uid
    assert "PixelData" not in dataset
    assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID


def test_the_same_content_is_the_same_file_and_another_time_another_object(written: bytes) -> None:
    assert dvh_object(case_of(), NOON)[0] == written
    later = read(dvh_object(case_of(), NOON.replace(hour=13))[0])
    assert later.SOPInstanceUID != read(written).SOPInstanceUID


def test_an_roi_that_isnt_known_whole_is_left_out_by_name() -> None:
    half = box_roi(1, "Half", ((-10, 10), (-10, 10), (50, 80)))
    whole = box_roi(2, "Whole", ((-10, 10), (-10, 10), (-10, 10)))
    case = Case(study([half, whole, empty_roi(3, "Empty")], dose(2.0), study_instance_uid="1.2"))
    content, left_out = dvh_object(case, NOON)
    assert [item.DVHReferencedROISequence[0].ReferencedROINumber for item in read(content).DVHSequence] == [2]
    assert "outside the dose grid" in left_out["Half"]
    assert set(left_out) == {"Half", "Empty"}


def test_nothing_is_written_where_no_roi_has_a_dvh() -> None:
    with pytest.raises(UsageError, match="no ROI has a DVH to write: Empty"):
        dvh_object(Case(study([empty_roi(1, "Empty")], dose(2.0), study_instance_uid="1.2")), NOON)


def test_without_a_study_uid_nothing_can_be_filed() -> None:
    with pytest.raises(UsageError, match="StudyInstanceUID"):
        pdf_object(replace(sample(), study_instance_uid=""), b"%PDF-1.7", NOON, "Report")


def test_a_pdf_is_kept_byte_for_byte() -> None:
    pdf = b"%PDF-1.7 odd length"
    dataset = read(pdf_object(sample(), pdf, NOON, "rtcheck report"))
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.1"
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == pdf
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert dataset.PatientName == sample().patient.name


def test_the_command_writes_the_dvhs(tmp_path: Path, sample_plans: Path) -> None:
    from typer.testing import CliRunner

    from rtcheck.cli import app

    out = tmp_path / "dvh.dcm"
    ran = CliRunner().invoke(app, ["dvh", str(sample_plans / "hcc-sbrt-5fx"), "--roi", "GTV", "--dicom", str(out)])
    assert ran.exit_code == 0
    assert len(pydicom.dcmread(out).DVHSequence) == 17
