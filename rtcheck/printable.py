"""Text from files, made fit for one line of a terminal or a page."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["STEERING", "one_line", "shown"]

#: Signs that steer what shows a text, and belong to none: controls, breaks of lines, changes of writing direction.
STEERING = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_RUN = re.compile(f"[{STEERING}]+")
#: Categories of signs without a shape: controls, formats, surrogates, private and unassigned ones, breaks.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str) -> str:
    """`text` with a blank for each run of control signs, line breaks and changes of writing direction."""
    return _RUN.sub(" ", text).strip()


def shown(text: str) -> str:
    """A name or a line with the code point of what neither needs in its place: ``plan⟨U+001B⟩[2J.dcm``.

    That is what steers a terminal or turns the writing direction, and bytes that are no text.
    """
    if text.isprintable():
        return text
    return "".join(f"⟨U+{ord(sign):04X}⟩" if unicodedata.category(sign) in _UNSHOWN else sign for sign in text)
