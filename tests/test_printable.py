"""rtcheck.printable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.printable import one_line, shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\u202ec\x00", "a b c"),
        ("\x1b[2J\x9b2J", "[2J 2J"),
        ("Leber\u200f\u2067 \u061cPTV\u2028", "Leber PTV"),
        ("\u5c71\u7530 \u0645\u06cc\u200c\u0631\u0648\u062f", "\u5c71\u7530 \u0645\u06cc\u200c\u0631\u0648\u062f"),
    ],
)
def test_what_steers_is_a_blank(text: str, line: str) -> None:
    assert " ".join(one_line(text).split()) == line


@given(st.text())
def test_neither_keeps_what_steers(text: str) -> None:
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in shown(text))
    assert not any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in one_line(text))
    assert not any(unicodedata.bidirectional(sign) in ("RLO", "LRO", "RLE", "LRE", "PDF") for sign in one_line(text))


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_a_text_that_can_be_seen_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_the_code_point_stands_in_place_of_what_is_not_seen() -> None:
    assert shown("plan\x1b[2J.dcm") == "plan⟨U+001B⟩[2J.dcm"
