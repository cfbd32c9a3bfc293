"""The committed sample plans: bytes, anatomy, margins, prescriptions and doses are what they promise."""

from __future__ import annotations

import filecmp
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import shapely

from rtcheck.errors import UsageError
from rtcheck.synthetic import SAMPLES, uid, write_sample, write_sheets
from rtcheck.synthetic import __main__ as synthetic_main
from rtcheck.synthetic.__main__ import main
from rtcheck.synthetic.anatomy import Lesion
from rtcheck.synthetic.delivery import Delivery
from tests.synthetic.committed import ORGANS, PLANS, load, margins_mm, slices, structures

#: Drawn inside of organs.
PARTS = {"Kidney_Cortex_L": "Kidney_L", "Kidney_Cortex_R": "Kidney_R"}
TWO_PLANS = "two-lesions-two-plans"


def roi_names(name: str) -> list[str]:
    targets = [lesion.named(kind) for lesion in SAMPLES[name].lesions for kind in lesion.drawn]
    return ["Body", *ORGANS, *PARTS, *targets]


def delivered(name: str, suffix: str) -> tuple[tuple[Lesion, ...], Delivery]:
    """The lesions that a plan of a sample treats, and its delivery to them."""
    spec = SAMPLES[name]
    delivery = next(delivery for delivery in spec.deliveries if spec.file_stem("", delivery) == suffix)
    return spec.treated(delivery), delivery


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_same_seed_same_bytes_as_committed(name: str, tmp_path: Path, sample_plans: Path) -> None:
    written = write_sample(name, tmp_path, seed=1)
    committed = sorted(path.relative_to(sample_plans / name) for path in (sample_plans / name).rglob("*.*"))
    assert sorted(path.relative_to(tmp_path) for path in written) == committed
    _, different, missing = filecmp.cmpfiles(tmp_path, sample_plans / name, committed, shallow=False)
    assert (different, missing) == ([], [])


def test_committed_folders_are_the_samples(sample_plans: Path) -> None:
    assert {path.name for path in sample_plans.iterdir() if path.is_dir()} == set(SAMPLES)


def test_samples_are_small(sample_plans: Path) -> None:
    assert sum(path.stat().st_size for path in sample_plans.rglob("*.dcm")) < 43e6


@pytest.mark.parametrize("write", [write_sample, write_sheets])
def test_unknown_sample_is_refused(tmp_path: Path, write: Any) -> None:
    with pytest.raises(UsageError, match="hcc-sbrt-5fx"):
        write("nope", tmp_path)


def test_command_line_says_what_it_wrote_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def written(name: str, folder: Path, seed: int) -> tuple[Path, ...]:
        asked.append((name, folder, seed))
        (tmp_path / "one.dcm").write_bytes(b"0" * 1_200_000)
        return (tmp_path / "one.dcm",)

    monkeypatch.setattr(synthetic_main, "write_sample", written)
    assert main([str(tmp_path), "--only", "grid-misses-liver", "--seed", "2"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "grid-misses-liver: 1 files, 1.2 MB" in captured.err
    assert asked == [("grid-misses-liver", tmp_path / "grid-misses-liver", 2)]


def test_another_seed_makes_another_plan() -> None:
    assert uid(SAMPLES["hcc-sbrt-5fx"].key(1), "RTPLAN") != uid(SAMPLES["hcc-sbrt-5fx"].key(2), "RTPLAN")


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_contours_lie_on_the_slices_that_they_reference(name: str, sample_plans: Path) -> None:
    structure_set, shapes = structures(sample_plans / name)
    ct = slices(sample_plans / name)
    assert {d.PatientID for d in (structure_set, *ct)} == {SAMPLES[name].patient_id}
    assert len({d.FrameOfReferenceUID for d in (structure_set, *ct)}) == 1
    positions = {image.SOPInstanceUID: float(image.ImagePositionPatient[2]) for image in ct}
    for item in structure_set.ROIContourSequence:
        referenced = {
            positions[contour.ContourImageSequence[0].ReferencedSOPInstanceUID] for contour in item.ContourSequence
        }
        number = item.ReferencedROINumber
        (roi,) = (roi for roi in structure_set.StructureSetROISequence if roi.ROINumber == number)
        assert referenced == set(shapes[roi.ROIName])
    thickness_mm = 4.0 if name == "ct-4mm" else 3.0
    assert np.diff(sorted(positions.values())) == pytest.approx(thickness_mm)
    assert {float(image.SliceThickness) for image in ct} == {thickness_mm}
    assert all(float(v) <= 1.0 for v in ct[0].PixelSpacing)
    middle = pydicom.dcmread(sample_plans / name / "CT" / "CT_061.dcm")
    assert middle.pixel_array.shape == (256, 400)
    assert middle.pixel_array.max() - 1024 > 200


@pytest.mark.parametrize(("name", "suffix"), PLANS)
def test_objects_of_a_sample_reference_each_other(name: str, suffix: str, sample_plans: Path) -> None:
    sample = load(sample_plans / name, suffix)
    everything = [sample.structure_set, sample.plan, sample.dose]
    assert {d.PatientID for d in everything} == {SAMPLES[name].patient_id}
    assert len({d.FrameOfReferenceUID for d in everything}) == 1
    assert sample.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == sample.structure_set.SOPInstanceUID
    assert sample.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == sample.plan.SOPInstanceUID
    (table,) = sample.plan.ToleranceTableSequence
    assert {beam.ReferencedToleranceTableNumber for beam in sample.plan.BeamSequence} == {table.ToleranceTableNumber}


@pytest.mark.parametrize(("name", "suffix"), PLANS)
def test_prescription_is_consistent(name: str, suffix: str, sample_plans: Path) -> None:
    treated, delivery = delivered(name, suffix)
    sample = load(sample_plans / name, suffix)
    plan, group = sample.plan, sample.plan.FractionGroupSequence[0]
    per_fraction_gy = sum(float(beam.BeamDose) for beam in group.ReferencedBeamSequence)
    assert group.NumberOfFractionsPlanned == delivery.fractions
    assert per_fraction_gy * group.NumberOfFractionsPlanned == pytest.approx(delivery.total_dose_gy)
    for lesion, reference in zip(treated, plan.DoseReferenceSequence, strict=True):
        assert float(reference.TargetPrescriptionDose) == delivery.total_dose_gy
        assert (reference.DoseReferenceType, reference.DoseReferenceStructureType) == ("TARGET", "VOLUME")
        assert reference.ReferencedROINumber == roi_names(name).index(lesion.named("PTV")) + 1
    isocentre = [float(v) for v in plan.BeamSequence[0].ControlPointSequence[0].IsocenterPosition]
    ptv = sample.shapes[treated[0].named("PTV")]
    nearest = min(ptv, key=lambda z: abs(z - isocentre[2]))
    assert shapely.contains_xy(ptv[nearest], *isocentre[:2])


@pytest.mark.parametrize(("name", "suffix"), PLANS)
def test_fields_open_over_every_target(name: str, suffix: str, sample_plans: Path) -> None:
    treated, _ = delivered(name, suffix)
    sample = load(sample_plans / name, suffix)
    point = sample.plan.BeamSequence[0].ControlPointSequence[0]
    (jaw,) = (item for item in point.BeamLimitingDevicePositionSequence if item.RTBeamLimitingDeviceType == "ASYMX")
    opening_mm = float(jaw.LeafJawPositions[1])
    assert opening_mm < 150
    for lesion in treated:
        for z, shape in sample.shapes[lesion.named("PTV")].items():
            offsets_mm = np.c_[shapely.get_coordinates(shape), np.full(shapely.get_num_coordinates(shape), z)]
            assert np.linalg.norm(offsets_mm - treated[0].centre_mm, axis=1).max() < opening_mm


@pytest.mark.parametrize("name", SAMPLES)
def test_anatomy_is_possible(name: str, sample_plans: Path) -> None:
    sample = load(sample_plans / name, next(suffix for one, suffix in PLANS if one == name))
    shapes = sample.shapes
    assert list(shapes) == roi_names(name)
    for z, body in shapes["Body"].items():
        here = [shapes[organ][z] for organ in ORGANS if z in shapes[organ]]
        assert shapely.union_all(here).area == pytest.approx(sum(shape.area for shape in here)), f"overlap at z={z}"
        assert all(body.covers(shape) for shape in here)
    for part, organ in PARTS.items():
        assert all(shapes[organ][z].buffer(0.5).covers(shape) for z, shape in shapes[part].items())
        assert 0.75 < sample.volume_cc(part) / sample.volume_cc(organ) < 0.95
    assert 140 < sample.volume_cc("Kidney_L") < 180
    assert 140 < sample.volume_cc("Kidney_R") < 180
    assert 2200 < sample.volume_cc("Lung_L") + sample.volume_cc("Lung_R") < 4000
    assert 500 < sample.volume_cc("Heart") < 700


@pytest.mark.parametrize("name", SAMPLES)
def test_margins_are_what_they_should_be_in_every_direction(name: str, sample_plans: Path) -> None:
    _, shapes = structures(sample_plans / name)
    for lesion in SAMPLES[name].lesions:
        steps = (("GTV", "CTV", lesion.ctv_margin_mm), ("CTV", "PTV", lesion.ptv_margin_mm))
        for inner, outer, margin_mm in steps:
            if outer not in lesion.drawn:
                continue
            small, large = shapes[lesion.named(inner)], shapes[lesion.named(outer)]
            assert all(large[z].covers(shape) for z, shape in small.items())
            found = margins_mm(small, large)
            assert found.min() > margin_mm - 0.12
            # The ends of a volume lie on slices.
            assert np.median(found) < margin_mm + 0.4
            assert found.max() < margin_mm + 2.01
            assert all(body.covers(large[z]) for z, body in shapes["Body"].items() if z in large)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "suffix"), PLANS)
def test_dose_covers_the_ptv_and_leaves_true_zeros(name: str, suffix: str, sample_plans: Path) -> None:
    treated, delivery = delivered(name, suffix)
    sample = load(sample_plans / name, suffix)
    prescribed_gy = delivery.total_dose_gy
    hottest_gy = []
    for lesion in treated:
        ptv_gy = sample.doses_gy(lesion.named("PTV"), step_mm=1.0)
        assert np.quantile(ptv_gy, 0.05) / prescribed_gy == pytest.approx(1.005, abs=0.004)
        assert 1.04 < ptv_gy.max() / prescribed_gy < 1.09
        hottest_gy.append(ptv_gy.max())
    pixels = sample.dose.pixel_array
    assert (pixels == 0).mean() > 0.3
    assert sample.dose_gy.max() == pytest.approx(max(hottest_gy), rel=0.01)
    for roi in roi_names(name) if name != "grid-misses-liver" else ():
        assert not np.isnan(sample.doses_gy(roi, step_mm=6.0)).any(), roi


@pytest.mark.parametrize(
    ("name", "low_cc", "high_cc"),
    [
        ("hcc-sbrt-5fx", 1150, 1350),
        ("hcc-imrt-25fx", 850, 1000),
        ("hcc-35gy-5fx", 1200, 1400),
        ("ct-4mm", 1150, 1200),
        ("margin-8mm", 1150, 1220),
    ],
)
def test_liver_spared_below_15_gy(name: str, low_cc: float, high_cc: float, sample_plans: Path) -> None:
    sample = load(sample_plans / name)
    liver_gy = sample.doses_gy("Liver", minus="GTV")
    assert low_cc < (liver_gy < 15).sum() * sample.cc_per_point() < high_cc
    assert liver_gy.mean() < 20


def test_cpb7_liver_is_large_enough_and_spared_too_little(sample_plans: Path) -> None:
    sample = load(sample_plans / "hcc-cpb7-large-ptv")
    liver_gy = sample.doses_gy("Liver", minus="GTV")
    assert len(liver_gy) * sample.cc_per_point() > 850
    assert 250 < (liver_gy < 15).sum() * sample.cc_per_point() < 500


def test_cut_grid_leaves_the_liver_rule_undecided(sample_plans: Path) -> None:
    sample = load(sample_plans / "grid-misses-liver")
    liver_gy = sample.doses_gy("Liver", minus="GTV")
    known_cc = (liver_gy < 15).sum() * sample.cc_per_point()
    unknown_cc = np.isnan(liver_gy).sum() * sample.cc_per_point()
    assert known_cc < 650
    assert known_cc + unknown_cc > 900
    assert not np.isnan(sample.doses_gy("PTV")).any()


def test_imrt_sample_meets_the_quantec_limits(sample_plans: Path) -> None:
    sample = load(sample_plans / "hcc-imrt-25fx")
    kidneys = np.concatenate([sample.doses_gy("Kidney_L"), sample.doses_gy("Kidney_R")])
    lungs = np.concatenate([sample.doses_gy("Lung_L"), sample.doses_gy("Lung_R")])
    assert kidneys.mean() < 15
    for dose_gy, percent in ((12, 55), (20, 32), (23, 30), (28, 20)):
        assert 100 * (kidneys >= dose_gy).mean() < percent / 2
    assert 100 * (lungs >= 20).mean() < 5
    assert (sample.doses_gy("Bowel_Small") >= 15).sum() * sample.cc_per_point() < 10
    assert sample.doses_gy("Stomach").max() < 45
    assert sample.doses_gy("SpinalCord", step_mm=1.0).max() < 45
    assert 100 * (sample.doses_gy("Heart") >= 25).mean() < 10
    assert sample.doses_gy("Esophagus", step_mm=1.0).mean() < 34


def test_two_plans_spare_the_liver_alone_and_not_together(sample_plans: Path) -> None:
    liver, spine = (load(sample_plans / TWO_PLANS, suffix) for suffix in ("_Liver", "_Spine"))
    points_mm = liver.points_mm("Liver", minus="GTV_Liver")
    liver_gy, spine_gy = liver.at(points_mm), spine.at(points_mm)
    liver_cc, spine_cc, sum_cc = (
        (dose_gy < 15).sum() * liver.cc_per_point() for dose_gy in (liver_gy, spine_gy, liver_gy + spine_gy)
    )
    assert 770 < liver_cc < 790
    assert 1125 < spine_cc < 1150
    assert 640 < sum_cc < 665
    assert spine_gy.max() < 15
    assert liver_gy.max() > 40


def test_two_plans_of_a_patient_share_all_but_their_grids_and_targets(sample_plans: Path) -> None:
    liver, spine = (load(sample_plans / TWO_PLANS, suffix) for suffix in ("_Liver", "_Spine"))
    assert liver.structure_set.SOPInstanceUID == spine.structure_set.SOPInstanceUID
    assert (liver.plan.RTPlanLabel, spine.plan.RTPlanLabel) == ("Liver 40Gy5F", "T12 27Gy3F")
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        assert len({d[keyword].value for d in (liver.plan, spine.plan, liver.dose, spine.dose)}) == 4
    references = [sample.plan.DoseReferenceSequence[0] for sample in (liver, spine)]
    assert [reference.DoseReferenceDescription for reference in references] == ["PTV_Liver", "PTV_Spine"]
    assert references[0].DoseReferenceUID != references[1].DoseReferenceUID
    assert (liver.dose.PixelSpacing, spine.dose.PixelSpacing) == ([4, 4], [3.5, 3.5])
    for sample in (liver, spine):
        pixels = sample.dose.pixel_array
        assert max(face.max() for axis in range(3) for face in (pixels.take(0, axis), pixels.take(-1, axis))) == 0


def test_spine_plan_spares_the_cord(sample_plans: Path) -> None:
    cord_gy = load(sample_plans / TWO_PLANS, "_Spine").doses_gy("SpinalCord", step_mm=1.0)
    assert 15 < cord_gy.max() < 20.3


def test_bed_of_the_spine_plan_falls_short_of_60_gy() -> None:
    beds_gy = [d.total_dose_gy * (1 + d.total_dose_gy / d.fractions / 10) for d in SAMPLES[TWO_PLANS].deliveries]
    assert beds_gy == pytest.approx([72.0, 51.3])


def test_six_lesions_spare_every_organ(sample_plans: Path) -> None:
    sample = load(sample_plans / "six-lesions")
    assert len(SAMPLES["six-lesions"].lesions) == 6
    liver_gy = sample.doses_gy("Liver")
    lungs_gy = np.concatenate([sample.doses_gy("Lung_L"), sample.doses_gy("Lung_R")])
    assert (liver_gy < 15).sum() * sample.cc_per_point() > 1100
    assert 100 * (lungs_gy >= 20).mean() < 5
    for organ in ("Kidney_L", "Kidney_R", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart", "Esophagus"):
        assert sample.doses_gy(organ).max() < 15, organ


def test_missing_ptv_is_missing_and_its_lesion_isnt_treated(sample_plans: Path) -> None:
    sample = load(sample_plans / "missing-ptv")
    assert {"GTV_2", "CTV_2"} < set(sample.shapes)
    assert "PTV_2" not in sample.shapes
    assert sample.doses_gy("GTV_2").max() < 25
