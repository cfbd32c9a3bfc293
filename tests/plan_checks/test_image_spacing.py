"""Section F, where slices lie."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from tests.plan_checks.mutants import slices_at, with_ct
from tests.plan_checks.samples import files, fires, mutant, only, unchecked


def test_lost_slices_are_a_warning():
    finding = only(slices_at([0, 3, 6, 12, 15, 24, 27, 30, 33]), "F2")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 3)
    assert "6 mm from 6 to 12 mm" in finding.message


def test_lost_slices_are_noticed_in_the_files():
    names = sorted(name for name in files() if name.startswith("CT/"))
    finding = only(Case(mutant({}, without=[names[40], names[41]])), "F2")
    assert finding.observed == 2


def test_two_images_of_one_place_are_a_warning():
    finding = only(slices_at([0, 3, 6, 6, 9, 12]), "F2")
    assert (finding.verdict, finding.observed) == (Verdict.ACCEPTABLE, 1)
    assert "the first at 6 mm" in finding.message


def test_unequal_distances_are_a_warning():
    finding = only(slices_at([0, 3, 6, 9, 12, 14, 16, 19]), "F2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "2 to 3 mm apart, not equally" in finding.message


def test_tissue_between_slices_that_is_not_imaged_is_a_warning():
    finding = only(with_ct(slice_thicknesses_mm=(1.0,)), "F2")
    assert finding.verdict is Verdict.ACCEPTABLE
    assert "what lies between isn't imaged" in finding.message


def test_overlapping_slices_pass():
    assert not fires(with_ct(slice_thicknesses_mm=(5.0,)), "F2")


def test_a_single_slice_has_no_spacing():
    (finding,) = unchecked(slices_at([0]), "F2")
    assert finding.verdict is Verdict.INFO


@settings(max_examples=25)
@given(start=st.floats(-2000, 2000), step=st.floats(0.5, 3), count=st.integers(3, 60), lost=st.integers(1, 58))
def test_a_lost_slice_is_found_wherever_it_was(start, step, count, lost):
    positions = start + step * np.arange(count + 2)
    whole = slices_at(positions)
    found = {finding.message for finding in fires(whole, "F2")}
    assert not [message for message in found if "missing" in message or "equally" in message]
    inner = 1 + lost % count
    (finding,) = [
        one for one in fires(slices_at(np.delete(positions, inner)), "F2") if "seem to be missing" in one.message
    ]
    assert finding.observed == 1
