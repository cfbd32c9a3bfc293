"""Stored DVHs: every unit and type, the traps of real systems, and the reason why one can't be used."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from rtcheck.dicom import read_dose

#: Ten cubic centimetres, from 1 to 3 Gy, in bins of half a gray.
VOLUMES = [10.0, 10.0, 10.0, 6.0, 3.0, 1.0]
EDGES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
PERCENT = [100.0, 100.0, 100.0, 60.0, 30.0, 10.0, 0.0]
MEAN_GY = 1.75


def text(widths, volumes):
    return "\\".join(f"{value:.10g}" for pair in zip(widths, volumes, strict=True) for value in pair).encode()


def item(make, volumes=VOLUMES, widths=None, rois=((1, "INCLUDED"),), data=None, **changes):
    ds = Dataset()
    ds.DVHReferencedROISequence = []
    for number, contribution in rois:
        referenced = Dataset()
        referenced.ReferencedROINumber = number
        referenced.DVHROIContributionType = contribution
        ds.DVHReferencedROISequence.append(referenced)
    widths = [0.5] * len(volumes) if widths is None else widths
    values = {
        "DVHType": "CUMULATIVE",
        "DoseUnits": "GY",
        "DoseType": "PHYSICAL",
        "DVHDoseScaling": 1,
        "DVHVolumeUnits": "CM3",
        "DVHNumberOfBins": len(volumes),
        "DVHMinimumDose": 1.0,
        "DVHMaximumDose": 2.9,
        "DVHMeanDose": MEAN_GY,
    } | changes
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, value)
    make.put_raw(ds, 0x30040058, "DS", text(widths, volumes) if data is None else data)
    return ds


def read(make, *items, syntax="implicit", **changes):
    ds = make.dose()
    ds.DVHSequence = list(items)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    dose = read_dose([("dose.dcm", make.to_bytes(ds, syntax))])
    assert dose.dose_gy.max() > 0
    return dose.stored_dvhs


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "deflated"])
def test_cumulative_is_read_in_every_encoding(make, syntax):
    (stored,) = read(make, item(make), syntax=syntax)
    assert stored.roi_numbers == (1,)
    np.testing.assert_array_equal(stored.dose_gy, EDGES)
    np.testing.assert_allclose(stored.volume_percent, PERCENT)
    assert stored.volume_cc == 10.0
    assert (stored.min_gy, stored.max_gy, stored.mean_gy) == (1.0, 2.9, MEAN_GY)
    assert (stored.dose_type, stored.problem, stored.remarks) == ("PHYSICAL", "", ())
    assert not stored.dose_gy.flags.writeable
    assert not stored.volume_percent.flags.writeable


def test_no_sequence_is_no_stored_dvh(make):
    assert read_dose([("dose.dcm", make.to_bytes(make.dose()))]).stored_dvhs == ()


def test_differential_is_the_same_curve(make):
    (stored,) = read(make, item(make, [0, 0, 4, 3, 2, 1], DVHType="DIFFERENTIAL"))
    np.testing.assert_allclose(stored.volume_percent, PERCENT)
    assert stored.volume_cc == 10.0


def test_bin_widths_are_scaled_and_may_differ(make):
    (stored,) = read(make, item(make, [10, 10, 5], [50, 100, 150], DVHDoseScaling="0.01", DVHMeanDose=None))
    np.testing.assert_allclose(stored.dose_gy, [0.0, 0.5, 1.5, 3.0])
    assert stored.mean_gy is None


def test_volumes_in_percent_have_no_whole(make):
    (stored,) = read(make, item(make, PERCENT[:-1], DVHVolumeUnits="PERCENT"))
    np.testing.assert_allclose(stored.volume_percent, PERCENT)
    assert stored.volume_cc is None


@pytest.mark.parametrize(("factor", "words"), [(100, "percent"), (1, "parts")])
def test_relative_doses_are_percent_or_parts_of_the_normalization(make, factor, words):
    """2 Gy are 100 % of the normalization: 3 Gy stand as 150 or as 1.5."""
    stated = {"DVHMinimumDose": None, "DVHMaximumDose": factor * 1.45, "DVHMeanDose": factor * MEAN_GY / 2}
    relative = item(make, widths=[factor / 4] * 6, DoseUnits="RELATIVE", **stated)
    (stored,) = read(make, relative, DVHNormalizationDoseValue=2)
    np.testing.assert_allclose(stored.dose_gy, EDGES)
    assert stored.mean_gy == pytest.approx(MEAN_GY)
    assert stored.remarks == (f"doses are {words} of DVHNormalizationDoseValue, 2 Gy",)


def test_low_relative_doses_are_read_like_the_others_of_the_file(make):
    """An ROI that gets 3 % at most doesn't turn percent into parts."""
    target = item(make, widths=[25.0] * 6, DoseUnits="RELATIVE", DVHMeanDose=None, DVHMaximumDose=None)
    far = item(make, widths=[0.5] * 6, DoseUnits="RELATIVE", DVHMeanDose=None, DVHMaximumDose=None)
    stored = read(make, target, far, DVHNormalizationDoseValue=2)
    assert [one.dose_gy[-1] for one in stored] == pytest.approx([3.0, 0.06])


@pytest.mark.parametrize("syntax", ["implicit", "explicit"])
def test_data_over_64_kb_are_read(make, syntax):
    """In explicit encodings their length doesn't fit a decimal string's, so that writers make them unknown."""
    volumes = np.linspace(1000, 1, 20_000)
    ds = item(make, volumes, [0.001] * len(volumes), DVHMeanDose=None, DVHMaximumDose=None)
    raw = text([0.001] * len(volumes), volumes)
    assert len(raw) > 2**16
    if syntax == "explicit":
        make.put_raw(ds, 0x30040058, "UN", raw)
    (stored,) = read(make, ds, syntax=syntax)
    assert stored.problem == ""
    assert len(stored.dose_gy) == 20_001
    np.testing.assert_allclose(stored.volume_percent[:-1] * 10, volumes, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DVHType": "NATURAL"}, "DVHType is NATURAL"),
        ({"DVHType": None}, "DVHType is missing"),
        ({"DoseUnits": "SV"}, "DoseUnits is SV"),
        ({"DoseType": "ERROR"}, "DoseType is ERROR"),
        ({"DVHVolumeUnits": "PER_U"}, "DVHVolumeUnits is PER_U"),
        ({"DVHDoseScaling": None}, "DVHDoseScaling is missing"),
        ({"DVHDoseScaling": 0}, "DVHDoseScaling is 0"),
        ({"DVHNumberOfBins": 7}, "12 numbers for 7 bins"),
        ({"data": b"0.5\\10\\0.5"}, "3 numbers for 6 bins"),
        ({"data": b""}, "DVHData is missing"),
        ({"data": b"0.5\\ten\\0.5\\1"}, "no list of numbers"),
        ({"data": b"0.5\\1e999"}, "not finite"),
        ({"widths": [0.5, -0.5, 0.5, 0.5, 0.5, 0.5]}, "a bin is -0.5 wide"),
        ({"widths": [0.0] * 6}, "no width"),
        ({"volumes": [10, 10, 6, 8, 2, 1]}, "volumes rise"),
        ({"volumes": [10, 10, 6, 4, 2, -1]}, "a volume is -1"),
        ({"volumes": [0, 0, 0, 0, 0, 0]}, "volume is zero"),
        ({"rois": ((1, "INCLUDED"), (2, "EXCLUDED"))}, "leaves out ROI 2"),
        ({"rois": ((2, "EXCLUDED"),)}, "names no ROI"),
        ({"rois": ()}, "names no ROI"),
        ({"DoseUnits": "RELATIVE"}, "relative, and DVHNormalizationDoseValue is missing"),
        ({"DVHMeanDose": "nan"}, "DVHMeanDose"),
    ],
)
@pytest.mark.filterwarnings("ignore")  # pydicom's, at what is written wrongly on purpose
def test_what_cannot_be_used_says_why_and_harms_nothing_else(make, changes, words):
    mean = changes.pop("DVHMeanDose", None)
    broken = item(make, **changes)
    if mean is not None:
        make.put_raw(broken, 0x30040074, "DS", mean.encode())
    stored, healthy = read(make, broken, item(make, rois=((3, "INCLUDED"),)))
    assert words in stored.problem
    assert len(stored.dose_gy) == len(stored.volume_percent) == 0
    assert (healthy.roi_numbers, healthy.problem) == ((3,), "")


def test_relative_to_a_normalization_of_zero_cannot_be_used(make):
    (stored,) = read(make, item(make, DoseUnits="RELATIVE"), DVHNormalizationDoseValue=0)
    assert "DVHNormalizationDoseValue is 0" in stored.problem


def test_relative_to_two_normalizations_cannot_be_used(make):
    (stored,) = read(make, item(make, DoseUnits="RELATIVE"), DVHNormalizationDoseValue=[1, 2])
    assert "DVHNormalizationDoseValue must be one number" in stored.problem


def test_damaged_sequence_does_not_cost_the_dose(make):
    ds = make.dose()
    ds.DVHSequence = [item(make)]
    content = make.to_bytes(ds)
    item_tag = content.index(b"\xfe\xff\x00\xe0", content.index(b"\x04\x30\x50\x00"))
    dose = read_dose([("dose.dcm", content[:item_tag] + b"\x04\x30\x01\x00" + content[item_tag + 4 :])])
    (stored,) = dose.stored_dvhs
    assert stored.problem.startswith("the DVHSequence is damaged")
    assert dose.dose_gy.max() > 0


def test_several_rois_are_their_union(make):
    (stored,) = read(make, item(make, rois=((1, "INCLUDED"), (2, "INCLUDED"))))
    assert (stored.roi_numbers, stored.problem) == ((1, 2), "")


def test_bin_count_that_is_not_stated_is_that_of_the_data(make):
    (stored,) = read(make, item(make, DVHNumberOfBins=None))
    assert stored.problem == ""


def test_rounding_of_the_last_volumes_is_no_volume(make):
    (stored,) = read(make, item(make, [10, 10, 10, 6, 3, 1, -3e-13, 2e-13]))
    assert stored.problem == ""
    np.testing.assert_allclose(stored.volume_percent, [*PERCENT, 0.0, 0.0], atol=1e-11)
    assert stored.max_gy == 2.9


def percent_of(gray, volumes, maximum_gy, mean_gy, roi):
    """An item whose extrema and mean stand in percent of a dose."""
    stated = {
        "DVHMinimumDose": 0.0,
        "DVHMaximumDose": f"{100 * maximum_gy / gray:.8f}",
        "DVHMeanDose": f"{100 * mean_gy / gray:.8f}",
    }
    return {"volumes": volumes, "rois": ((roi, "INCLUDED"),)} | stated


def test_stated_doses_in_percent_are_converted_and_said(make):
    """Each curve bounds the dose that is 100 %; the roundest number within all bounds is taken."""
    target = percent_of(2.0, VOLUMES, 2.93, MEAN_GY, 1)
    organ = percent_of(2.0, [5.0, 2.0], 0.73, 0.45, 2)
    stored = read(make, item(make, **target), item(make, **organ))
    assert [one.max_gy for one in stored] == pytest.approx([2.93, 0.73])
    assert [one.mean_gy for one in stored] == pytest.approx([MEAN_GY, 0.45])
    expected = "DVHMinimumDose, DVHMaximumDose and DVHMeanDose are percent of 2 Gy, not gray"
    assert {one.remarks for one in stored} == {(expected,)}


def test_stated_doses_that_fit_nothing_are_left_out(make):
    (stored,) = read(make, item(make, DVHMaximumDose=150, DVHMeanDose=3))
    assert (stored.min_gy, stored.max_gy, stored.mean_gy) == (None, None, None)
    assert "contradict the curve" in stored.remarks[0]
    assert stored.problem == ""


def test_mean_of_another_volume_is_said(make):
    """Body curves may leave out what gets no dose, while the mean is over all of it."""
    volumes = np.linspace(10, 0.1, 100)
    mean = 0.5 * 10 * 0.1  # linear, to 1 Gy
    (stored,) = read(make, item(make, volumes, [0.01] * 100, DVHMaximumDose=0.995, DVHMeanDose=f"{0.93 * mean:.4f}"))
    assert stored.mean_gy == pytest.approx(0.465)
    assert "the stated mean of 0.465 Gy isn't its curve's, 0.5" in stored.remarks[0]


def test_eclipse_states_percent_of_14_gy(shared_data):
    """Known of this export: the doses stated are percent, although DoseUnits is GY."""
    stored = read_dose(shared_data / "eclipse-breast" / "rtdose.dcm").stored_dvhs
    assert [one.roi_numbers for one in stored] == [(1,), (3,), (4,), (5,), (6,), (7,), (8,), (9,), (10,)]
    assert all(one.problem == "" for one in stored)
    assert all("percent of 14 Gy" in one.remarks[0] for one in stored)
    assert stored[0].max_gy == pytest.approx(1.04862666666667 * 14)
    lung = stored[4]
    assert lung.volume_cc == pytest.approx(2008.94858711153)
    assert lung.mean_gy == pytest.approx(0.0649481091498262 * 14)
    assert len(lung.dose_gy) == 1275
