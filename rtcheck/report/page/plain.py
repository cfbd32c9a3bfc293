"""Texts of files made safe to show: nothing invisible, nothing that turns the writing direction, no patient's name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TypeVar

from rtcheck.report.page.model import Own

#: Joiners that Arabic, Persian and Indic writing need; they have no width and turn nothing.
_JOINERS = frozenset("\u200c\u200d")
#: Controls, formats (among them changes of direction), private use, surrogates, unassigned.
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
#: Blanks of all kinds, line breaks among them, are one blank.
_BLANKS = frozenset({"Zs", "Zl", "Zp"})

T = TypeVar("T")


def visible(text: str) -> str:
    """`text` on one line, with the code point of what can't be seen in its place: ``PTV⟨U+202E⟩1``.

    A tab or a line break becomes a blank. Nothing is taken out: two names that differ stay different.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def spelt(character: str) -> str:
    """The code point in place of a character: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


@cache
def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANKS or character in "\t\n\r\v\f\x85":
        return " "
    if category in _INVISIBLE and character not in _JOINERS:
        return spelt(character)
    return character


def made_plain(tree: T, redact: Callable[[str], str]) -> T:
    """A tree of dataclasses and tuples with every text made visible, and all but rtcheck's own redacted."""
    if isinstance(tree, Own):
        return Own(visible(tree))  # type: ignore[return-value]
    if isinstance(tree, str):
        return redact(visible(tree))  # type: ignore[return-value]
    if isinstance(tree, tuple):
        return tuple(made_plain(one, redact) for one in tree)  # type: ignore[return-value]
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **{one.name: made_plain(getattr(tree, one.name), redact) for one in fields(tree)})
    return tree
