"""rtcheck.synthetic: the building blocks against closed forms, and the committed samples against what they promise."""

from __future__ import annotations

import filecmp
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import shapely
from scipy.interpolate import RegularGridInterpolator

from rtcheck.errors import UsageError
from rtcheck.synthetic import (
    SAMPLES,
    RoiSpec,
    box_contours,
    ct_datasets,
    cylinder_contours,
    dose_dataset,
    linear_dose,
    plan_dataset,
    save,
    sphere_contours,
    structure_set_dataset,
    uid,
    write_sample,
)
from rtcheck.synthetic import __main__ as synthetic_main
from rtcheck.synthetic.__main__ import main
from rtcheck.synthetic.anatomy import Lesion
from rtcheck.synthetic.contouring import contour_plane, fill, resample, signed_area
from rtcheck.synthetic.delivery import Delivery, trilinear
from rtcheck.synthetic.headers import decimal_string

ORGANS = ["Liver", "Kidney_L", "Kidney_R", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart"]
ORGANS += ["Lung_L", "Lung_R", "Esophagus"]
#: Drawn inside of organs.
PARTS = {"Kidney_Cortex_L": "Kidney_L", "Kidney_Cortex_R": "Kidney_R"}
#: Every plan of every sample: the sample's name and the lesion that the plan treats.
PLANS = [(spec.name, delivery.lesion) for spec in SAMPLES.values() for delivery in spec.deliveries]
TWO_PLANS = "two-lesions-two-plans"


def roi_names(name: str) -> list[str]:
    targets = [lesion.named(kind) for lesion in SAMPLES[name].lesions for kind in ("GTV", "CTV", "PTV")]
    return ["Body", *ORGANS, *PARTS, *targets]


def delivered(name: str, lesion: str) -> tuple[Lesion, Delivery]:
    """A lesion of a sample and the plan's delivery to it."""
    delivery = next(delivery for delivery in SAMPLES[name].deliveries if delivery.lesion == lesion)
    return SAMPLES[name].lesion(delivery), delivery


def prism_volume_cc(contours: tuple[np.ndarray, ...], spacing_mm: float) -> float:
    return sum(abs(signed_area(points)) for points in contours) * spacing_mm / 1000


# Building blocks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing_mm", [0.2, 1.0, 3.0])
def test_nelms_cylinder_volume_counts_half_slice_end_caps(spacing_mm: float) -> None:
    contours = cylinder_contours(12, 24, spacing_mm, (1, -2, 6))
    z = [points[0, 2] for points in contours]
    assert (min(z), max(z)) == pytest.approx((-6, 18))
    assert prism_volume_cc(contours, spacing_mm) == pytest.approx(np.pi * 144 * (24 + spacing_mm) / 1000, rel=1e-9)


def test_sphere_and_box_volumes() -> None:
    assert prism_volume_cc(sphere_contours(12, 0.2), 0.2) == pytest.approx(4 / 3 * np.pi * 1.728, rel=1e-4)
    assert prism_volume_cc(box_contours((20, 10, 30), 3), 3) == pytest.approx(20 * 10 * 33 / 1000)


def test_height_that_isnt_a_multiple_of_the_spacing_is_refused() -> None:
    with pytest.raises(UsageError, match="multiple"):
        cylinder_contours(10, 10, 3)


def test_linear_dose_is_linear_and_never_negative() -> None:
    dose = linear_dose((5, 4, 3), (0, 0, -2), (1, 2, 3), gradient_gy_per_mm=(0.1, 0.2, 1), dose_gy=1, at_mm=(0, 0, 0))
    assert dose[2, 0, 0] == pytest.approx(1)
    assert dose[4, 3, 2] == pytest.approx(1 + 0.6 + 1.2 + 2)
    assert dose.min() == 0


def test_marching_squares_follows_a_circle_and_a_hole() -> None:
    x = np.arange(-30.0, 31.0, 3.0)
    radius = np.hypot(x[None, :], x[:, None])
    loops = contour_plane(np.maximum(radius - 24, 9 - radius), x, x)
    areas = sorted(signed_area(loop) for loop in loops)
    assert areas == pytest.approx([-np.pi * 81, np.pi * 576], rel=0.03)
    outer = max(loops, key=signed_area)
    assert np.hypot(*outer.T) == pytest.approx(24, abs=0.2)
    assert len(resample(outer, 5.0)) == 30


def test_marching_squares_keeps_saddles_apart_and_closes_at_the_border() -> None:
    values = np.array([[-1.0, 1.0], [1.0, -1.0]])
    loops = contour_plane(values, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert len(loops) == 2
    assert all(signed_area(loop) > 0 for loop in loops)


def test_fill_agrees_with_shapely() -> None:
    points = np.array([[0.3, 0.2], [9.6, 1.1], [5.2, 4.4], [8.1, 9.3], [1.2, 7.7]])
    x, y = np.arange(-1.0, 12.0, 0.5), np.arange(-2.0, 11.0, 0.7)
    expected = shapely.contains_xy(shapely.Polygon(points), *np.meshgrid(x, y))
    assert np.array_equal(fill(points, x, y), expected)


def test_trilinear_agrees_with_scipy() -> None:
    axes = [np.arange(n) * 3.0 - 4 for n in (6, 5, 4)]
    values = np.cos(np.arange(4 * 5 * 6.0)).reshape(4, 5, 6)
    points = [np.linspace(axis[0], axis[-1], 17) for axis in axes]
    expected = RegularGridInterpolator(axes[::-1], values)(np.stack(points[::-1], axis=1))
    assert trilinear(values, axes, points) == pytest.approx(expected)


# DICOM objects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 32])
def test_dose_reads_back(tmp_path: Path, bits: int) -> None:
    dose = linear_dose((6, 5, 4), (-3, -4, -5), (2, 2.5, 3))
    path = save(dose_dataset(dose, (-3, -4, -5), (2, 2.5, 3), bits=bits), tmp_path / "deep" / "dose.dcm")
    read = pydicom.dcmread(path)
    assert read.pixel_array * float(read.DoseGridScaling) == pytest.approx(dose, abs=dose.max() / 2**16)
    assert [float(v) for v in read.GridFrameOffsetVector] == [0, 2, 4, 6, 8, 10]
    assert [float(v) for v in read.PixelSpacing] == [2.5, 3]
    assert (read.Rows, read.Columns, read.NumberOfFrames) == (5, 4, 6)


def test_dose_takes_offsets_and_orientation_as_they_shall_stand() -> None:
    dataset = dose_dataset(
        np.zeros((2, 3, 4)),
        (0, 0, 5),
        offsets_mm=(5, 8.5),
        orientation=(-1, 0, 0, 0, 1, 0),
        plan=None,
        units="RELATIVE",
    )
    assert [str(v) for v in dataset.GridFrameOffsetVector] == ["5", "8.5"]
    assert dataset.ImageOrientationPatient[0] == -1
    assert dataset.DoseUnits == "RELATIVE"
    assert "ReferencedRTPlanSequence" not in dataset


@pytest.mark.parametrize(
    ("dose", "options"),
    [
        (np.zeros((3, 3)), {}),
        (np.full((2, 2, 2), -1.0), {}),
        (np.full((2, 2, 2), np.nan), {}),
        (np.full((2, 2, 2), 70.0), {"bits": 16, "scaling": 0.001}),
    ],
)
def test_dose_that_pixels_cant_hold_is_refused(dose: np.ndarray, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        dose_dataset(dose, (0, 0, 0), **options)


def test_objects_of_one_key_belong_together() -> None:
    ct = ct_datasets(np.zeros((3, 8, 8)), (-4, -4, 0), key="a")
    rois = [RoiSpec("Liver", 1, cylinder_contours(3, 6, 3, (0, 0, 3))), RoiSpec("Empty", 2, ())]
    structure_set = structure_set_dataset(rois, ct=ct, key="a")
    plan = plan_dataset(60, 30, key="a", target_roi_number=1)
    dose = dose_dataset(np.ones((3, 8, 8)), (-4, -4, 0), key="a")
    assert len({d.FrameOfReferenceUID for d in (*ct, structure_set, plan, dose)}) == 1
    assert len({(d.PatientID, d.StudyInstanceUID) for d in (*ct, structure_set, plan, dose)}) == 1
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structure_set.SOPInstanceUID
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    contour = structure_set.ROIContourSequence[0].ContourSequence[2]
    assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == ct[2].SOPInstanceUID
    assert "ContourSequence" not in structure_set.ROIContourSequence[1]
    assert uid("a", "CT", 1) != uid("b", "CT", 1)


def test_plan_without_fractions_is_refused() -> None:
    with pytest.raises(UsageError, match="0 fractions"):
        plan_dataset(40, 0)


@pytest.mark.parametrize(("value", "text"), [(-0.0001, "0"), (12.5, "12.5"), (-102.0, "-102"), (0.12345, "0.123")])
def test_decimal_strings(value: float, text: str) -> None:
    assert decimal_string(value) == text


def test_decimal_string_too_long_is_refused() -> None:
    with pytest.raises(OverflowError):
        decimal_string(1 / 3, 16)


# The committed samples ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample with one of its plans as pydicom, shapely and scipy read it."""

    structure_set: pydicom.Dataset
    plan: pydicom.Dataset
    dose: pydicom.Dataset
    shapes: dict[str, dict[float, shapely.Geometry]]
    interpolate: RegularGridInterpolator

    def points_mm(self, name: str, minus: str | None = None, step_mm: float = 2.0) -> np.ndarray:
        """Points ``(z, y, x)`` of an ROI, `step_mm` apart in plane and 1 mm across planes."""
        points = []
        for z, whole in self.shapes[name].items():
            shape = whole.difference(self.shapes[minus][z]) if minus and z in self.shapes[minus] else whole
            x0, y0, x1, y1 = shape.bounds
            x, y = np.meshgrid(np.arange(x0, x1, step_mm), np.arange(y0, y1, step_mm))
            inside = shapely.contains_xy(shape, x, y)
            for dz in (-1, 0, 1):
                points.append(np.c_[np.full(inside.sum(), z + dz), y[inside], x[inside]])
        return np.concatenate(points)

    def doses_gy(self, name: str, minus: str | None = None, step_mm: float = 2.0) -> np.ndarray:
        """Dose at `points_mm`; NaN outside the grid."""
        return self.interpolate(self.points_mm(name, minus, step_mm))

    def volume_cc(self, name: str) -> float:
        return sum(shape.area for shape in self.shapes[name].values()) * 3 / 1000


@lru_cache(maxsize=2)
def load(folder: Path, lesion: str = "") -> Sample:
    suffix = f"_{lesion}" if lesion else ""
    files = ("RTSTRUCT", f"RTPLAN{suffix}", f"RTDOSE{suffix}")
    structure_set, plan, dose = (pydicom.dcmread(folder / f"{file}.dcm") for file in files)
    shapes: dict[str, dict[float, shapely.Geometry]] = {}
    for roi, item in zip(structure_set.StructureSetROISequence, structure_set.ROIContourSequence, strict=True):
        planes: dict[float, list[shapely.Polygon]] = {}
        for contour in item.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            assert len(points) == contour.NumberOfContourPoints
            planes.setdefault(points[0, 2], []).append(shapely.Polygon(points[:, :2]))
        assert all(polygon.is_valid for polygons in planes.values() for polygon in polygons)
        shapes[roi.ROIName] = {z: shapely.union_all(polygons) for z, polygons in planes.items()}
    origin = [float(v) for v in dose.ImagePositionPatient]
    spacing = [float(v) for v in dose.PixelSpacing]
    z = origin[2] + np.array(dose.GridFrameOffsetVector, dtype=float)
    y, x = origin[1] + spacing[0] * np.arange(dose.Rows), origin[0] + spacing[1] * np.arange(dose.Columns)
    dose_gy = dose.pixel_array * float(dose.DoseGridScaling)
    interpolate = RegularGridInterpolator((z, y, x), dose_gy, bounds_error=False, fill_value=np.nan)
    return Sample(structure_set, plan, dose, shapes, interpolate)


CC_PER_POINT = 2.0 * 2.0 * 1.0 / 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_same_seed_same_bytes_as_committed(name: str, tmp_path: Path, sample_plans: Path) -> None:
    written = write_sample(name, tmp_path, seed=1)
    committed = sorted(path.relative_to(sample_plans / name) for path in (sample_plans / name).rglob("*.dcm"))
    assert sorted(path.relative_to(tmp_path) for path in written) == committed
    _, different, missing = filecmp.cmpfiles(tmp_path, sample_plans / name, committed, shallow=False)
    assert (different, missing) == ([], [])


def test_samples_are_small(sample_plans: Path) -> None:
    assert sum(path.stat().st_size for path in sample_plans.rglob("*.dcm")) < 30e6


def test_unknown_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hcc-sbrt-5fx"):
        write_sample("nope", tmp_path)


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


@pytest.mark.parametrize(("name", "lesion"), PLANS)
def test_objects_of_a_sample_reference_each_other(name: str, lesion: str, sample_plans: Path) -> None:
    sample = load(sample_plans / name, lesion)
    ct = [pydicom.dcmread(path) for path in sorted((sample_plans / name / "CT").glob("*.dcm"))]
    everything = [sample.structure_set, sample.plan, sample.dose, *ct]
    assert {d.PatientID for d in everything} == {SAMPLES[name].patient_id}
    assert len({d.FrameOfReferenceUID for d in everything}) == 1
    assert sample.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == sample.structure_set.SOPInstanceUID
    assert sample.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == sample.plan.SOPInstanceUID
    slices = {image.SOPInstanceUID for image in ct}
    for item in sample.structure_set.ROIContourSequence:
        for contour in item.ContourSequence:
            assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID in slices
    assert all(float(v) <= 1.0 for v in ct[0].PixelSpacing)
    z = [float(image.ImagePositionPatient[2]) for image in ct]
    assert np.diff(z) == pytest.approx(3.0)
    assert ct[60].pixel_array.shape == (256, 400)
    assert ct[60].pixel_array.max() - 1024 > 200


@pytest.mark.parametrize(("name", "lesion"), PLANS)
def test_prescription_is_consistent(name: str, lesion: str, sample_plans: Path) -> None:
    target, delivery = delivered(name, lesion)
    sample = load(sample_plans / name, lesion)
    plan = sample.plan
    reference, group = plan.DoseReferenceSequence[0], plan.FractionGroupSequence[0]
    total_gy = float(reference.TargetPrescriptionDose)
    assert (total_gy, group.NumberOfFractionsPlanned) == (delivery.total_dose_gy, delivery.fractions)
    per_fraction_gy = sum(float(beam.BeamDose) for beam in group.ReferencedBeamSequence)
    assert per_fraction_gy * group.NumberOfFractionsPlanned == pytest.approx(total_gy)
    assert (reference.DoseReferenceType, reference.DoseReferenceStructureType) == ("TARGET", "VOLUME")
    assert reference.ReferencedROINumber == roi_names(name).index(target.named("PTV")) + 1
    isocentre = [float(v) for v in plan.BeamSequence[0].ControlPointSequence[0].IsocenterPosition]
    ptv = sample.shapes[target.named("PTV")]
    nearest = min(ptv, key=lambda z: abs(z - isocentre[2]))
    assert shapely.contains_xy(ptv[nearest], *isocentre[:2])


@pytest.mark.parametrize("name", SAMPLES)
def test_anatomy_is_possible(name: str, sample_plans: Path) -> None:
    lesions = SAMPLES[name].lesions
    sample = load(sample_plans / name, lesions[0].name)
    shapes = sample.shapes
    assert list(shapes) == roi_names(name)
    for z, body in shapes["Body"].items():
        here = [shapes[organ][z] for organ in ORGANS if z in shapes[organ]]
        assert shapely.union_all(here).area == pytest.approx(sum(shape.area for shape in here)), f"overlap at z={z}"
        assert all(body.covers(shape) for shape in here)
    for part, organ in PARTS.items():
        assert all(shapes[organ][z].buffer(0.5).covers(shape) for z, shape in shapes[part].items())
        assert 0.75 < sample.volume_cc(part) / sample.volume_cc(organ) < 0.95
    for lesion in lesions:
        gtv, ctv, ptv = (shapes[lesion.named(kind)] for kind in ("GTV", "CTV", "PTV"))
        assert all(ctv[z].covers(shape) for z, shape in gtv.items())
        assert all(ptv[z].covers(shape) for z, shape in ctv.items())
        middle = min(ctv, key=lambda z: abs(z - lesion.centre_mm[2]))
        margin_mm = shapely.distance(ptv[middle].exterior, shapely.points(ctv[middle].exterior.coords))
        assert lesion.ptv_margin_mm - 0.5 < margin_mm.min() < margin_mm.max() < lesion.ptv_margin_mm + 0.3
    assert all(shapes["Liver"][z].covers(shape) for z, shape in shapes[lesions[0].named("CTV")].items())
    assert 140 < sample.volume_cc("Kidney_L") < 180
    assert 140 < sample.volume_cc("Kidney_R") < 180
    assert 2200 < sample.volume_cc("Lung_L") + sample.volume_cc("Lung_R") < 4000
    assert 500 < sample.volume_cc("Heart") < 700


@pytest.mark.parametrize(("name", "lesion"), PLANS)
def test_dose_covers_the_ptv_and_leaves_true_zeros(name: str, lesion: str, sample_plans: Path) -> None:
    target, delivery = delivered(name, lesion)
    sample = load(sample_plans / name, lesion)
    prescribed_gy = delivery.total_dose_gy
    ptv_gy = sample.doses_gy(target.named("PTV"), step_mm=1.0)
    assert np.quantile(ptv_gy, 0.05) / prescribed_gy == pytest.approx(1.005, abs=0.004)
    assert 1.04 < ptv_gy.max() / prescribed_gy < 1.09
    pixels = sample.dose.pixel_array
    assert (pixels == 0).mean() > 0.3
    assert pixels.max() * float(sample.dose.DoseGridScaling) == pytest.approx(ptv_gy.max(), rel=0.01)
    for roi in roi_names(name) if name != "grid-misses-liver" else ():
        assert not np.isnan(sample.doses_gy(roi, step_mm=5.0)).any(), roi


@pytest.mark.parametrize(
    ("name", "low_cc", "high_cc"),
    [("hcc-sbrt-5fx", 1150, 1350), ("hcc-imrt-25fx", 850, 1000), ("hcc-35gy-5fx", 1200, 1400)],
)
def test_liver_spared_below_15_gy(name: str, low_cc: float, high_cc: float, sample_plans: Path) -> None:
    liver_gy = load(sample_plans / name).doses_gy("Liver", minus="GTV")
    assert low_cc < (liver_gy < 15).sum() * CC_PER_POINT < high_cc
    assert liver_gy.mean() < 20


def test_cpb7_liver_is_large_enough_and_spared_too_little(sample_plans: Path) -> None:
    liver_gy = load(sample_plans / "hcc-cpb7-large-ptv").doses_gy("Liver", minus="GTV")
    assert len(liver_gy) * CC_PER_POINT > 850
    assert 250 < (liver_gy < 15).sum() * CC_PER_POINT < 500


def test_cut_grid_leaves_the_liver_rule_undecided(sample_plans: Path) -> None:
    sample = load(sample_plans / "grid-misses-liver")
    liver_gy = sample.doses_gy("Liver", minus="GTV")
    known_cc = (liver_gy < 15).sum() * CC_PER_POINT
    unknown_cc = np.isnan(liver_gy).sum() * CC_PER_POINT
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
    assert (sample.doses_gy("Bowel_Small") >= 15).sum() * CC_PER_POINT < 10
    assert sample.doses_gy("Stomach").max() < 45
    assert sample.doses_gy("SpinalCord", step_mm=1.0).max() < 45
    assert 100 * (sample.doses_gy("Heart") >= 25).mean() < 10
    assert sample.doses_gy("Esophagus", step_mm=1.0).mean() < 34


def test_two_plans_spare_the_liver_alone_and_not_together(sample_plans: Path) -> None:
    liver, spine = (load(sample_plans / TWO_PLANS, lesion) for lesion in ("Liver", "Spine"))
    points_mm = liver.points_mm("Liver", minus="GTV_Liver")
    liver_gy, spine_gy = liver.interpolate(points_mm), spine.interpolate(points_mm)
    liver_cc, spine_cc, sum_cc = (
        (dose_gy < 15).sum() * CC_PER_POINT for dose_gy in (liver_gy, spine_gy, liver_gy + spine_gy)
    )
    assert 770 < liver_cc < 790
    assert 1125 < spine_cc < 1150
    assert 640 < sum_cc < 665
    assert spine_gy.max() < 15
    assert liver_gy.max() > 40


def test_two_plans_of_a_patient_share_all_but_their_grids_and_targets(sample_plans: Path) -> None:
    liver, spine = (load(sample_plans / TWO_PLANS, lesion) for lesion in ("Liver", "Spine"))
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
    cord_gy = load(sample_plans / TWO_PLANS, "Spine").doses_gy("SpinalCord", step_mm=1.0)
    assert 15 < cord_gy.max() < 20.3


def test_bed_of_the_spine_plan_falls_short_of_60_gy() -> None:
    beds_gy = [d.total_dose_gy * (1 + d.total_dose_gy / d.fractions / 10) for d in SAMPLES[TWO_PLANS].deliveries]
    assert beds_gy == pytest.approx([72.0, 51.3])
