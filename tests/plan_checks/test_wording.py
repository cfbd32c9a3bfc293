"""How plan checks write names, numbers and places."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.plan_checks.wording import listed, numbers, point_text


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_names_beyond_the_most_are_counted(names, text) -> None:
    assert listed(names, most=2) == text


def test_texts_may_be_parted_otherwise() -> None:
    assert listed(["a, b", "c"], separator="; ") == "a, b; c"


def test_numbers_are_written_once_and_never_as_minus_zero() -> None:
    assert numbers([1.0, 1.001, -0.001, 2.5]) == "1, 0, 2.5"
    assert point_text(np.array([-0.4, 12.6, 3.0])) == "(0, 13, 3) mm"
    assert point_text((-0.4, 12.64, 3.0), 1) == "(-0.4, 12.6, 3) mm"
