"""rtcheck.sheet."""

from __future__ import annotations

import pytest

from rtcheck.sheet import says_nothing


@pytest.mark.parametrize(
    "text", ["", " ", "-", "n/a", "N.A.", "none", "TBD", "not known", "xxx", "x", "keine", "unknown", "...", "12"]
)
def test_words_for_nothing_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["liver", "L1", "\u809d", "\u80ba\u810f", "D0.5cc of the stomach", "T12", "os"])
def test_organs_and_reasons_say_something(text: str) -> None:
    assert not says_nothing(text)
