"""Decimal strings: exactly what `float` says, or an error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dicom.decimals import parse_decimals

plain = st.from_regex(r"-?([0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,9})", fullmatch=True)
scientific = st.floats(allow_nan=False, allow_infinity=False).map(repr)
blanks = st.text(" ", max_size=2)


@given(st.lists(plain, min_size=1, max_size=50))
def test_plain_numbers_are_those_of_float(numbers):
    parsed = parse_decimals("\\".join(numbers).encode())
    np.testing.assert_array_equal(parsed, [float(number) for number in numbers])


@given(st.lists(st.tuples(blanks, plain | scientific, blanks).map("".join), min_size=1, max_size=20))
def test_any_numbers_are_those_of_float(numbers):
    parsed = parse_decimals("\\".join(numbers).encode())
    np.testing.assert_array_equal(parsed, [float(number) for number in numbers])


@given(st.text("0123456789.-+eE \\", max_size=20))
def test_text_is_read_as_float_reads_it_or_refused(text):
    try:
        expected = [float(part) for part in text.split("\\")] if text else []
    except ValueError:
        with pytest.raises(ValueError):
            parse_decimals(text.encode())
    else:
        np.testing.assert_array_equal(parse_decimals(text.encode()), expected)


@pytest.mark.parametrize(
    "text", [b"1\\\\2", b"1\\2\\", b"1\\abc", b"1 2\\3", b"1..2", b"1.2.3\\4", b"-", b".", b"1\0\\2", b" ", b"1\\ "]
)
def test_nonsense_is_refused(text):
    with pytest.raises(ValueError):
        parse_decimals(text)


def test_empty_is_empty():
    assert parse_decimals(b"").shape == (0,)


def test_points_of_one_number_are_not_lent_to_another():
    # As many points as numbers, and still wrong: two in the first, none in the second.
    with pytest.raises(ValueError):
        parse_decimals(b"1.2.3\\45")
