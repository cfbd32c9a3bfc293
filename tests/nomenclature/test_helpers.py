"""Which words of a name make it a helper structure's, and which only look like one."""

from __future__ import annotations

import pytest

from rtcheck.nomenclature import helper_word


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("GTV_ring20mm", "ring"),
        ("PTV_opt", "opt"),
        ("PTVopt", "opt"),
        ("PTVOptLung", "Opt"),
        ("optPTV_2", "opt"),
        ("GTV_old", "old"),
        ("PTV_eval", "eval"),
        ("PTV1_WALL", "WALL"),
        ("ctv prv", "prv"),
        ("PTV liver minus GTV", "minus"),
        ("PTV-GTV", "PTV-GTV"),
        ("PTV_1 - CTV", "PTV_1 - CTV"),
        ("GTV + 20mm", "+ 20mm"),
        ("PTV Dose50", "Dose"),
        ("ITV.tmp", "tmp"),
        ("PTV_ISO95", "ISO"),
    ],
)
def test_a_word_that_tells_a_helper_structure_is_found(name: str, word: str) -> None:
    assert helper_word(name) == word


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PTV 56Gy",
            "CTV",
            "Tumor Bed",
            "PTV_1",
            "GTV_ALL",
            "PTV prostate",
            "PTV_Temporal",
            "CTV_Golden",
            "GTV_spring",
        ),
        *(
            "PTV High Dose",
            "PTV_LowDose",
            "PTV_High",
            "GTVp",
            "CTVn_L",
            "PTV-liver",
            "PTV_5mm",
            "PTV-1",
            "GTV_wallet",
            "",
        ),
        *("PTV_50.4", "ptv 4 AND 5", "CTV Prüfung", "PTV 大"),
    ],
)
def test_a_word_inside_another_makes_no_target_a_helper(name: str) -> None:
    assert helper_word(name) == ""
