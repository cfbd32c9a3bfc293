"""The dose axis as a value: its label, the basis of each ROI, and the lines of what is prescribed."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

from rtcheck.errors import UsageError
from rtcheck.fractionation import parse_schedule
from rtcheck.study import Prescription
from rtcheck.tissue import AlphaBeta, AlphaBetaTable
from rtcheck.ui.dose_scale import DoseScale, prescribed_lines
from rtcheck.units import PHYSICAL, DoseKind, eqd2_basis

TABLE = AlphaBetaTable(
    (
        AlphaBeta("any", "tissue", 3.0, "", is_generic=True),
        AlphaBeta("liver", "liver", 2.0, "", is_default=True, organs=("Liver",)),
        AlphaBeta("ptv", "tumour", 10.0, "", is_default=True, organs=("PTV*",)),
        AlphaBeta("a", "a", 4.0, "", is_default=True, organs=("*_A",)),
        AlphaBeta("b", "b", 5.0, "", is_default=True, organs=("B_*",)),
    )
)
OWN = DoseScale(DoseKind.EQD2, table=TABLE)


def prescribed(target: str, schedule: str) -> Prescription:
    return Prescription(parse_schedule(schedule), target, None, "test")


def test_labels_name_the_basis():
    assert DoseScale().axis == "Physical dose [Gy]"
    assert DoseScale(DoseKind.BED, 10.0).axis == "BED (alpha/beta 10 Gy) [Gy]"
    assert OWN.axis == "EQD2 (each organ's own alpha/beta) [Gy]"
    assert DoseScale(of="<b>x</b> alone").axis == "Physical dose [Gy] · &lt;b&gt;x&lt;/b&gt; alone"


def test_each_organ_has_its_own_basis_and_says_it():
    assert OWN.basis("Liver") == eqd2_basis(2)
    assert OWN.basis("Liver - GTV*") == eqd2_basis(2)
    assert OWN.basis("Elbow") == eqd2_basis(3)
    assert OWN.named("Liver", eqd2_basis(2)) == "Liver, alpha/beta 2 Gy"
    assert DoseScale().basis("Liver") == PHYSICAL
    assert DoseScale().named("Liver", PHYSICAL) == "Liver"


def test_an_organ_that_two_patterns_fit_has_no_basis():
    with pytest.raises(UsageError):
        OWN.basis("B_A")


def test_lines_of_one_dose_are_one_and_others_name_their_targets():
    same = [prescribed("PTV_1", "5x8Gy"), prescribed("PTV_2", "5x8Gy")]
    assert prescribed_lines(same, DoseScale()) == [(40.0, "prescribed 40 Gy")]
    other = [*same, prescribed("<PTV_3>", "3x9Gy")]
    assert prescribed_lines(other, DoseScale()) == [(40.0, "PTV_1, PTV_2: 40 Gy"), (27.0, "&lt;PTV_3&gt;: 27 Gy")]


def test_lines_are_in_the_basis_of_the_axis():
    assert prescribed_lines([prescribed("PTV_1", "5x8Gy")], OWN) == [(60.0, "prescribed 60 Gy EQD2")]
    bed = DoseScale(DoseKind.BED, 10.0)
    assert prescribed_lines([prescribed("PTV_1", "5x8Gy")], bed) == [(72.0, "prescribed 72 Gy BED")]
