"""Expressions -> solids."""

from __future__ import annotations

from collections.abc import Callable

from rtcheck.errors import ParseError
from rtcheck.roi_algebra.booleans import combine
from rtcheck.roi_algebra.expression import Expression, Margin, Name, Ring, Selection, text_of
from rtcheck.roi_algebra.margins import with_margin
from rtcheck.solid import Solid


def evaluate(expression: Expression, solid_of: Callable[[Name], Solid]) -> Solid:
    """The solid that an expression means; `solid_of` turns its names into solids.

    Raises
    ------
    ParseError
        For ``any(...)`` and ``all(...)``: they ask each ROI by itself, and no solid answers for them.
    NoVolumeError
        The ROIs are drawn on planes of different orientation.
    """
    if isinstance(expression, Name):
        return solid_of(expression)
    if isinstance(expression, Selection):
        reason = f"{expression.quantifier}(...) asks each ROI by itself; ask for one of them"
        raise ParseError(text_of(expression), 0, reason)
    if isinstance(expression, Margin):
        return _with_margin(expression, solid_of)
    if isinstance(expression, Ring):
        solid = evaluate(expression.of, solid_of)
        outer, inner = (with_margin(solid, distance) for distance in (expression.outer_mm, expression.inner_mm))
        ring = combine("-", outer, inner)
        # Both are of the same contours: once is enough.
        return Solid(ring.axes, ring.layers, solid.flags)
    left, right = evaluate(expression.left, solid_of), evaluate(expression.right, solid_of)
    return combine(expression.operator, left, right)


def _with_margin(margin: Margin, solid_of: Callable[[Name], Solid]) -> Solid:
    of = margin.of
    solid = with_margin(evaluate(of, solid_of), margin.distance_mm)
    if margin.distance_mm < 0.0 and isinstance(of, Margin) and of.distance_mm + margin.distance_mm >= 0.0:
        # Whatever is grown and shrunk by no more holds what it was made of, the corners of its stairs too.
        whole = combine("+", solid, evaluate(of.of, solid_of))
        return Solid(whole.axes, whole.layers, solid.flags)
    return solid
