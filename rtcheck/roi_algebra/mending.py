"""Texts that two people may read in two ways, and what to tell whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rtcheck.errors import ParseError
from rtcheck.roi_algebra.expression import quoted
from rtcheck.roi_algebra.scan import DISTANCE, Token, tokens

_SIGNS = re.compile(r"[-+&()'\",]")
_NAME_AND_MARGIN = re.compile(rf"(?P<name>.*\S)\s*(?P<sign>[-+])\s*(?P<distance>{DISTANCE.pattern})", re.ASCII)
_NAME_AND_NUMBER = re.compile(r"(?P<name>.*\S)\s*\+\s*(?P<number>\d+(?:\.\d+)?)", re.ASCII)
_DECIMAL_COMMA = re.compile(r"(?P<whole>\d+),(?P<rest>\d+\s*(?:mm|cm))", re.ASCII)


def read_as_name(text: str, existing: Iterable[str]) -> tuple[int, str] | None:
    """An existing ROI name that a part of an expression may just as well be, and where.

    ``Vessels - left + Heart`` may mean the ROI ``Vessels - left``, and ``PTV +3mm & Liver`` the ROI ``PTV+3mm``. Quotes
    around the name say so, and parentheses around the operation say that it isn't meant.

    Parameters
    ----------
    text : str
        An expression.
    existing : iterable of str
        The names of all ROIs.
    """
    found = tokens(text)
    squeezed = {_squeezed(name): name for name in existing}
    for index, token in enumerate(found):
        before = found[index - 1] if index else token
        part = ""
        if token.kind == "margin" and before.kind == "word":
            part, at = text[before.position : token.end], before.position
        elif token.kind == "word" and before.kind == "operator" and DISTANCE.fullmatch(token.text):
            part, at = token.text, token.position
        if part and _squeezed(part) in squeezed:
            return at, squeezed[_squeezed(part)]
    kinds = [(token.kind, token.text) for token in found]
    for name in existing:
        wanted = _written(name)
        for start in range(len(found) - len(wanted) if len(wanted) > 1 else 0):
            stop = start + len(wanted)
            enclosed = start > 0 and found[start - 1].kind == "open" and found[stop].kind == "close"
            if kinds[start:stop] == wanted and not enclosed:
                return found[start].position, name
    return None


def needs_quotes(text: str, existing: Iterable[str]) -> str:
    """What to say of an existing ROI name that stands unquoted in a text that is no expression; empty for none."""
    inside = [name for name in existing if _SIGNS.search(name) and name in text and quoted(name) not in text]
    return f"the ROI {max(inside, key=len)!r} needs quotes here: {quoted(max(inside, key=len))}" if inside else ""


def margin_hint(name: str) -> str:
    """What to say of a name that no ROI has where a margin may have been meant; empty where not."""
    if match := _NAME_AND_MARGIN.fullmatch(name):
        return f"for a margin put blanks around the sign: {match['name']} {match['sign']} {match['distance']}"
    if match := _NAME_AND_NUMBER.fullmatch(name):
        return f"for a margin put blanks around the sign, and a unit: {match['name']} + {match['number']}mm"
    if match := _DECIMAL_COMMA.fullmatch(name):
        return f"for a margin write a decimal point: {match['whole']}.{match['rest']}"
    if DISTANCE.fullmatch(name):
        return "a margin stands after what it is of: PTV + 5mm"
    if name.replace(".", "", 1).isdecimal():
        return f"a margin needs its unit: {name}mm or {name}cm"
    return ""


def _written(name: str) -> list[tuple[str, str]]:
    """The tokens that a name gives where it stands unquoted; empty for one that can't."""
    if not _SIGNS.search(name):
        return []
    try:
        found: list[Token] = tokens(name)[:-1]
    except ParseError:
        return []
    return [(token.kind, token.text) for token in found]


def _squeezed(name: str) -> str:
    """A name without case, blanks and underscores."""
    return "".join(name.casefold().replace("_", " ").split())
