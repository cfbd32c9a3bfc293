from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.printable import one_line
from rtcheck.ui.plain import WORD_JOINER, plain, plotly_text


def read_back(markdown: str) -> str:
    """What CommonMark shows of a text in which every ASCII punctuation character is escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace(WORD_JOINER, "")


@given(st.text())
def test_every_punctuation_character_is_escaped_and_nothing_is_lost(text):
    shown = plain(text)
    assert read_back(shown) == one_line(text).replace(WORD_JOINER, "")
    assert not re.search(r"[!-/:-@\[-`{-~]", re.sub(r"\\.", "", shown))


@pytest.mark.parametrize("text", ["http://e.example", "HTTPS://e.example", "www.e.example", "a@e.example", ":smile:"])
def test_what_is_looked_for_after_the_escapes_is_broken_up(text):
    shown = plain(text).replace("\\", "")
    assert not re.search(r"https?://|www\.|\w@\w|:\w+:", shown, re.IGNORECASE)
    assert read_back(plain(text)) == text


def test_lines_and_writing_direction_cannot_be_changed():
    assert one_line("a\nb\u202ec\x00") == "a b c"


@given(st.text(alphabet="<>&b/ \"'a"))
def test_plotly_text_holds_no_tag(text):
    assert "<" not in plotly_text(text)
    assert html.unescape(plotly_text(text)) == one_line(text)
