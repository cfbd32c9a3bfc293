"""rtcheck.synthetic.rtdose and parts: every kind of dose that a system may export, as pydicom reads it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import FileDataset

from rtcheck.errors import UsageError
from rtcheck.synthetic import beam_doses, dose_dataset, linear_dose, plan_dataset, save, segment_doses, uid

DOSE_GY = linear_dose((6, 7, 8), (-8, -7, -6), (2, 2, 2), gradient_gy_per_mm=(0.3, -0.2, 0.5), dose_gy=20.0)


def read_back(dataset: FileDataset, tmp_path: Path, name: str = "dose") -> pydicom.Dataset:
    return pydicom.dcmread(save(dataset, tmp_path / f"{name}.dcm"))


def values(dataset: pydicom.Dataset) -> np.ndarray:
    return dataset.pixel_array * float(dataset.DoseGridScaling)


# Which part of which plan ---------------------------------------------------------------------------------------------


def test_a_fraction_groups_dose_names_its_plan_and_its_group(tmp_path: Path) -> None:
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), summation_type="FRACTION", group=2), tmp_path)
    assert dose.DoseSummationType == "FRACTION"
    (plan,) = dose.ReferencedRTPlanSequence
    assert plan.ReferencedSOPInstanceUID == plan_dataset().SOPInstanceUID
    (group,) = plan.ReferencedFractionGroupSequence
    assert group.ReferencedFractionGroupNumber == 2
    assert "ReferencedBeamSequence" not in group


def test_a_beams_dose_names_its_group_and_its_beam(tmp_path: Path) -> None:
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), summation_type="BEAM", group=1, beam=2), tmp_path)
    assert dose.DoseSummationType == "BEAM"
    (group,) = dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence
    (beam,) = group.ReferencedBeamSequence
    assert (group.ReferencedFractionGroupNumber, beam.ReferencedBeamNumber) == (1, 2)
    assert "ReferencedControlPointSequence" not in beam


def test_a_segments_dose_names_the_control_points_that_bound_it(tmp_path: Path) -> None:
    options: dict[str, Any] = {"summation_type": "CONTROL_POINT", "group": 1, "beam": 2, "control_points": (3, 4)}
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), **options), tmp_path)
    assert dose.DoseSummationType == "CONTROL_POINT"
    (beam,) = dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence[0].ReferencedBeamSequence
    (segment,) = beam.ReferencedControlPointSequence
    assert beam.ReferencedBeamNumber == 2
    assert (segment.ReferencedStartControlPointIndex, segment.ReferencedStopControlPointIndex) == (3, 4)


def test_a_sum_of_plans_names_them_all(tmp_path: Path) -> None:
    plans = ("RTPLAN_Liver", "RTPLAN_Spine")
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), plan=plans, summation_type="MULTI_PLAN", key="a"), tmp_path)
    referenced = [item.ReferencedSOPInstanceUID for item in dose.ReferencedRTPlanSequence]
    assert referenced == [uid("a", plan) for plan in plans]


@pytest.mark.parametrize(
    "options",
    [
        {"beam": 1},
        {"group": 1, "control_points": (0, 1)},
        {"control_points": (0, 1)},
        {"group": 1, "plan": None},
        {"group": 1, "plan": ("A", "B")},
    ],
)
def test_a_part_of_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="give `"):
        dose_dataset(DOSE_GY, (0, 0, 0), **options)


def test_a_dose_may_be_of_another_frame_of_reference(tmp_path: Path) -> None:
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), key="a", frame="second"), tmp_path)
    assert dose.FrameOfReferenceUID == uid("a", "second")
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == uid("a", "RTPLAN")


# Relative dose --------------------------------------------------------------------------------------------------------


def test_a_relative_dose_is_in_percent_of_what_stands_as_100(tmp_path: Path) -> None:
    dose = read_back(dose_dataset(DOSE_GY, (0, 0, 0), relative_to_gy=40.0), tmp_path)
    assert dose.DoseUnits == "RELATIVE"
    assert values(dose) == pytest.approx(DOSE_GY / 40 * 100, abs=1e-6)


@pytest.mark.parametrize("whole_gy", [0.0, -1.0, float("nan")])
def test_a_dose_relative_to_nothing_is_refused(whole_gy: float) -> None:
    with pytest.raises(UsageError, match="stands as 100"):
        dose_dataset(DOSE_GY, (0, 0, 0), relative_to_gy=whole_gy)


# Parts that add up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 32])
def test_beam_doses_as_written_add_up_within_pixel_rounding(bits: int, tmp_path: Path) -> None:
    datasets = [
        read_back(
            dose_dataset(
                part, (0, 0, 0), bits=bits, instance=f"RTDOSE_B{beam}", summation_type="BEAM", group=1, beam=beam
            ),
            tmp_path,
            str(beam),
        )
        for beam, part in enumerate(beam_doses(DOSE_GY, 3), start=1)
    ]
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == 3
    rounding = sum(float(dataset.DoseGridScaling) for dataset in datasets) / 2
    total = sum(values(dataset) for dataset in datasets)
    assert np.abs(total - DOSE_GY).max() <= rounding * (1 + 1e-6)


def test_segments_of_a_beam_chain_and_add_up_to_it(tmp_path: Path) -> None:
    plan = plan_dataset(40, 5)
    beam_gy = beam_doses(DOSE_GY, 2)[1]
    count = plan.BeamSequence[1].NumberOfControlPoints
    segments = segment_doses(beam_gy, count)
    assert len(segments) == count - 1
    ends = [(k, k + 1) for k in range(len(segments))]
    datasets = [
        read_back(
            dose_dataset(
                segment,
                (0, 0, 0),
                instance=f"RTDOSE_S{start}",
                summation_type="CONTROL_POINT",
                group=1,
                beam=2,
                control_points=(start, stop),
            ),
            tmp_path,
            str(start),
        )
        for segment, (start, stop) in zip(segments, ends, strict=True)
    ]
    items = [
        d.ReferencedRTPlanSequence[0]
        .ReferencedFractionGroupSequence[0]
        .ReferencedBeamSequence[0]
        .ReferencedControlPointSequence[0]
        for d in datasets
    ]
    chain = [(item.ReferencedStartControlPointIndex, item.ReferencedStopControlPointIndex) for item in items]
    assert chain == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert sum(values(dataset) for dataset in datasets) == pytest.approx(beam_gy, abs=1e-6)


@given(parts=st.integers(1, 7), shape=st.tuples(*[st.integers(1, 6)] * 3))
def test_parts_are_not_negative_differ_and_add_up(parts: int, shape: tuple[int, int, int]) -> None:
    dose_gy = 1.0 + np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    for split in (beam_doses(dose_gy, parts), segment_doses(dose_gy, parts + 1)):
        assert len(split) == parts
        assert all((part > 0).all() for part in split)
        assert sum(split) == pytest.approx(dose_gy, rel=1e-12)


def test_weights_of_beams_vary_from_place_to_place() -> None:
    first, second = beam_doses(np.ones((9, 9, 9)), 2)
    assert first[4, 4, 0] < 0.2
    assert second[4, 4, 0] > 0.8
    assert np.abs(np.diff(first, axis=2)).max() < 0.2


@pytest.mark.parametrize(
    "split",
    [
        lambda: beam_doses(DOSE_GY, 0),
        lambda: segment_doses(DOSE_GY, 1),
        lambda: beam_doses(DOSE_GY[0], 2),
    ],
)
def test_a_split_into_nothing_is_refused(split: Any) -> None:
    with pytest.raises(UsageError):
        split()
