"""Read-only ROI expressions: ``"Liver - GTV*"``, ``"Kidney_L + Kidney_R"``, ``"PTV_* & Liver"``.

Operators are `-` (without), `+` (or), `&` (and), evaluated from left to right with `&` binding tighter; they need
blanks around them, because names hold hyphens. Parentheses group, quotes hold a name together, `*` and `?` match
several ROIs, whose union is meant. An ROI whose name equals the whole text wins over the expression.

Cross-sections are combined as polygons, prism by prism, so nothing is lost where two ROIs touch. The operands are taken
as prisms with half-slice ends; another convention then reads the *combination*, whose ends are those of the left
operand (of both, for `+` and `&`). Its volume may differ from that of the parts read one by one by a part of their end
slices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from rtcheck.errors import NoVolumeError, ParseError
from rtcheck.geometry import FloatArray
from rtcheck.outlines import rings, valid_polygon
from rtcheck.solid import Flag, Layer, QualityFlag, Solid

#: Layers thinner than this (mm) are rounding, not anatomy.
_MIN_THICKNESS_MM = 1e-3
#: No expression that means something nests deeper.
MAX_PARENTHESES = 50
#: Axes closer than this are the same: those of oblique ROIs are fitted to rounded points.
_AXES_TOLERANCE = 5e-4


@dataclass(frozen=True)
class Name:
    """A name or pattern in an expression, and where it stands."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Operation:
    """Two expressions joined by ``-``, ``+`` or ``&``."""

    operator: str
    left: Expression
    right: Expression


Expression = Name | Operation

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<paren>[()])|(?P<operator>[-+&](?=\s|$))|(?P<word>[^\s()"']+))"""
)
_BINDING = {"&": 2, "+": 1, "-": 1}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def parse_expression(text: str) -> Expression:
    """Read an ROI expression.

    Raises
    ------
    ParseError
        With the position of what makes no sense.
    """
    if text.count("(") > MAX_PARENTHESES:
        raise ParseError(text, text.index("("), f"more than {MAX_PARENTHESES} parentheses")
    tokens = list(_tokens(text))
    if not tokens:
        raise ParseError(text, 0, "expected an ROI name or expression")
    expression, rest = _binary(text, tokens, 0, 1)
    if rest != len(tokens):
        raise ParseError(text, tokens[rest].position, "expected an operator (- + &) or the end")
    return expression


def names(expression: Expression) -> tuple[Name, ...]:
    """The names of an expression, from left to right."""
    if isinstance(expression, Name):
        return (expression,)
    return names(expression.left) + names(expression.right)


def evaluate(expression: Expression, solid_of: Callable[[Name], Solid]) -> Solid:
    """The solid that an expression means; `solid_of` turns its names into solids."""
    if isinstance(expression, Name):
        return solid_of(expression)
    left, right = evaluate(expression.left, solid_of), evaluate(expression.right, solid_of)
    return combine(expression.operator, left, right)


def combine(operator: str, left: Solid, right: Solid) -> Solid:
    """``left - right``, ``left + right`` or ``left & right`` of two solids; `NoVolumeError` if not parallel."""
    # How large a gap in what is taken away really is makes little difference to what is left.
    taken = tuple(
        replace(flag, flag=Flag.SEPARATE_PARTS) if operator == "-" and flag.flag is Flag.LARGE_GAP else flag
        for flag in right.flags
    )
    flags: tuple[QualityFlag, ...] = left.flags + taken
    if not left.layers or not right.layers:
        kept = right if operator == "+" and not left.layers else left
        return Solid(kept.axes, () if operator == "&" else kept.layers, flags)
    if not np.allclose(left.axes, right.axes, atol=_AXES_TOLERANCE):
        raise NoVolumeError("the ROIs are drawn on planes of different orientation")
    join = {"-": shapely.difference, "+": shapely.union, "&": shapely.intersection}[operator]
    cuts = _cuts(left, right)
    sections = _Sections(left), _Sections(right)
    layers = []
    for bottom, top in pairwise(cuts.tolist()):
        found = [some.layer_at((bottom + top) / 2) for some in sections]
        outlines = tuple(rings(join(*(some.region(layer) for some, layer in zip(sections, found, strict=True)))))
        if outlines:
            layers.append(_piece(bottom, top, outlines, operator, found))
    return Solid(left.axes, tuple(layers), flags)


def _tokens(text: str) -> Iterator[_Token]:
    """Tokens, with words that only blanks separate joined to one name: ``BRAIN STEM``."""
    held: _Token | None = None
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            blanks = len(text[position:]) - len(text[position:].lstrip())
            raise ParseError(text, position + blanks, "a quote that doesn't end")
        kind = str(match.lastgroup)
        token = _Token(kind, match.group(kind), match.start(kind))
        position = match.end()
        if kind == "word":
            held = token if held is None else _Token("word", text[held.position : position], held.position)
            continue
        if held is not None:
            yield held
            held = None
        yield token
    if held is not None:
        yield held


def _binary(text: str, tokens: list[_Token], index: int, binding: int) -> tuple[Expression, int]:
    """An expression of operators that bind at least as tightly as `binding`."""
    left, index = _operand(text, tokens, index)
    while index < len(tokens) and _BINDING.get(tokens[index].text, 0) >= binding and tokens[index].kind == "operator":
        operator = tokens[index].text
        right, index = _binary(text, tokens, index + 1, _BINDING[operator] + 1)
        left = Operation(operator, left, right)
    return left, index


def _operand(text: str, tokens: list[_Token], index: int) -> tuple[Expression, int]:
    if index >= len(tokens):
        raise ParseError(text, len(text), "expected an ROI name")
    token = tokens[index]
    if token.kind == "word":
        return Name(token.text), index + 1
    if token.kind == "quoted":
        return Name(token.text[1:-1], quoted=True), index + 1
    if token.text != "(":
        raise ParseError(text, token.position, "expected an ROI name")
    inner, index = _binary(text, tokens, index + 1, 1)
    if index >= len(tokens) or tokens[index].text != ")":
        raise ParseError(text, token.position, "this parenthesis isn't closed")
    return inner, index + 1


def _cuts(left: Solid, right: Solid) -> FloatArray:
    """Heights at which either solid changes its cross-section, without slivers."""
    layers = [*left.layers, *right.layers]
    # Also at the outermost contours: what lies beyond them stays apart.
    outermost = {layer.at_mm for layer in layers if layer.open_below or layer.open_above}
    heights = sorted(outermost.union(*((layer.bottom_mm, layer.top_mm) for layer in layers)))
    kept = heights[:1]
    for height in heights[1:]:
        if height - kept[-1] > _MIN_THICKNESS_MM:
            kept.append(height)
    return np.array(kept)


def _piece(
    bottom: float, top: float, outlines: tuple[FloatArray, ...], operator: str, found: list[Layer | None]
) -> Layer:
    """A layer of a combination: where its contours were drawn, and whether it lies beyond the outermost of them."""
    left, right = found
    deciding = [layer for layer in ((left,) if operator == "-" else (left, right)) if layer is not None]
    middle = (bottom + top) / 2
    below = [layer.open_below and middle < layer.at_mm for layer in deciding]
    above = [layer.open_above and middle > layer.at_mm for layer in deciding]
    beyond = any if operator == "&" else all
    if beyond(low or high for low, high in zip(below, above, strict=True)):
        low = any(below)
        return Layer(bottom, top, outlines, top if low else bottom, low, not low)
    planes = [layer.at_mm for layer in deciding if bottom <= layer.at_mm <= top]
    return Layer(bottom, top, outlines, planes[0] if planes else None)


class _Sections:
    """Cross-sections of a solid as polygons, made once per layer."""

    def __init__(self, solid: Solid) -> None:
        self._layers = solid.layers
        self._bottoms = np.array([layer.bottom_mm for layer in solid.layers])
        self._made: dict[int, shapely.Geometry] = {}

    def layer_at(self, height_mm: float) -> Layer | None:
        """The layer at a height; None in a gap and beyond the ends."""
        index = int(np.searchsorted(self._bottoms, height_mm, side="right")) - 1
        return None if index < 0 or height_mm >= self._layers[index].top_mm else self._layers[index]

    def region(self, layer: Layer | None) -> shapely.Geometry:
        """The cross-section of a layer."""
        if layer is None:
            return shapely.Polygon()
        if id(layer) not in self._made:
            self._made[id(layer)] = _region(layer.outlines)
        return self._made[id(layer)]


def _region(outlines: tuple[FloatArray, ...]) -> shapely.Geometry:
    """The area that outlines bound, even-odd."""
    region: shapely.Geometry = shapely.Polygon()
    for outline in outlines:
        region = shapely.symmetric_difference(region, valid_polygon(outline))
    return region
