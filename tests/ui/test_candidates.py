"""A candidate as the reader describes it, and the selector that the reader then takes."""

from __future__ import annotations

import pytest

from rtcheck.ui.candidates import selector_of


@pytest.mark.parametrize(
    ("description", "option", "selector"),
    [
        ("'40Gy5F' (RTPLAN.dcm, 1.2.826.0.1, patient SYNTH-1)", "--plan", "1.2.826.0.1"),
        ("(a/RTDOSE.dcm, 1.2.826.0.2, patient without ID)", "--dose", "1.2.826.0.2"),
        ("'x' (RTDOSE.dcm, no SOP Instance UID, patient P)", "--dose", "RTDOSE.dcm"),
        ("patient A: plan 'x' (p.dcm, 1.2.3.4), dose '' (d.dcm, 1.2.3.5)", "--plan", "1.2.3.4"),
        ("patient A: plan 'x' (p.dcm, 1.2.3.4), dose '' (d.dcm, 1.2.3.5)", "--dose", "1.2.3.5"),
    ],
)
def test_selector(description, option, selector):
    assert selector_of(description, option) == selector
