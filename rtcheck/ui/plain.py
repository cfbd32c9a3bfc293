"""Text from files, shown as it stands: whatever a patient or an ROI is called, it is never markup."""

from __future__ import annotations

import html
import re

from rtcheck.printable import one_line

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit looks for links, mail addresses and :emoji: in the finished text, where a backslash is gone already.
_FOUND_LATER = re.compile(r"(https?(?=:)|www(?=\.)|:(?=[\w+-])|@(?=\w))", re.IGNORECASE)
#: U+2060, which has no width and isn't a place to break a line.
WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """Markdown that shows `text` literally, on one line."""
    joined = _FOUND_LATER.sub(lambda match: match.group() + WORD_JOINER, one_line(text))
    return _PUNCTUATION.sub(r"\\\1", joined)


def plotly_text(text: str) -> str:
    """Plotly's pseudo-HTML that shows `text` literally."""
    return html.escape(one_line(text), quote=False)
