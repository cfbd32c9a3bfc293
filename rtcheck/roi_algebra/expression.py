"""What an ROI expression is made of, and its canonical text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rtcheck.roi_algebra.scan import DISTANCE, is_one_word

#: How tightly the operators bind; names, functions and parentheses bind tightest.
BINDING = {"&": 2, "+": 1, "-": 1}
_ATOM = 3


class _Text:
    """Prints as its canonical text."""

    def __str__(self) -> str:
        return text_of(self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Name(_Text):
    """A name or pattern in an expression."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Operation(_Text):
    """Two expressions joined by ``-``, ``+`` or ``&``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Margin(_Text):
    """What lies within `distance_mm` of an expression; for a negative distance, what lies as deep in it."""

    of: Expression
    distance_mm: float


@dataclass(frozen=True)
class Ring(_Text):
    """What lies outside of an expression, between two distances from it."""

    of: Expression
    inner_mm: float
    outer_mm: float


@dataclass(frozen=True)
class Selection(_Text):
    """At least one of several expressions, or each of them; each is asked by itself, and there is no solid."""

    quantifier: Literal["any", "all"]
    members: tuple[Expression, ...]


Expression = Name | Operation | Margin | Ring | Selection


def names(expression: Expression) -> tuple[Name, ...]:
    """The names of an expression, from left to right."""
    if isinstance(expression, Name):
        return (expression,)
    if isinstance(expression, Operation):
        return names(expression.left) + names(expression.right)
    if isinstance(expression, Selection):
        return tuple(name for member in expression.members for name in names(member))
    return names(expression.of)


def subjects(expression: Expression) -> tuple[Name, ...]:
    """The names that an expression is about, from left to right: all but what is taken away from them."""
    if isinstance(expression, Name):
        return (expression,)
    if isinstance(expression, Operation):
        right = () if expression.operator == "-" else subjects(expression.right)
        return subjects(expression.left) + right
    if isinstance(expression, Selection):
        return tuple(name for member in expression.members for name in subjects(member))
    return subjects(expression.of)


def text_of(expression: Expression) -> str:
    """The canonical text, which parses to the same expression.

    Parentheses stand only where they are needed, distances are in mm, and names are quoted where they were. A name that
    no unquoted text gives is quoted too.
    """
    return _text(expression, in_call=False)


def quoted(name: str) -> str:
    """A name in quotes, for an expression to mean exactly this ROI."""
    if "'" in name and '"' not in name:
        return f'"{name}"'
    doubled = name.replace("'", "''")
    return f"'{doubled}'"


def _text(expression: Expression, *, in_call: bool) -> str:
    if isinstance(expression, Name):
        return _name_text(expression, in_call=in_call)
    if isinstance(expression, Selection):
        members = ", ".join(_text(member, in_call=True) for member in expression.members)
        return f"{expression.quantifier}({members})"
    if isinstance(expression, Ring):
        of = _text(expression.of, in_call=True)
        return f"ring({of}, {distance_text(expression.inner_mm)}, {distance_text(expression.outer_mm)})"
    if isinstance(expression, Margin):
        sign = "-" if expression.distance_mm < 0 else "+"
        return f"{_operand_text(expression.of, 1, in_call)} {sign} {distance_text(abs(expression.distance_mm))}"
    binding = BINDING[expression.operator]
    left = _operand_text(expression.left, binding, in_call)
    right = _operand_text(expression.right, binding + 1, in_call)
    return f"{left} {expression.operator} {right}"


def distance_text(distance_mm: float) -> str:
    """The shortest decimal number that is this distance, in mm."""
    return f"{np.format_float_positional(distance_mm, trim='-')}mm"


def _operand_text(expression: Expression, binding: int, in_call: bool) -> str:
    """An operand, in parentheses where it binds less tightly."""
    own = _ATOM
    if isinstance(expression, Operation):
        own = BINDING[expression.operator]
    elif isinstance(expression, Margin):
        own = BINDING["+"]
    text = _text(expression, in_call=in_call)
    return text if own >= binding else f"({text})"


def _name_text(name: Name, *, in_call: bool) -> str:
    if name.quoted or not is_one_word(name.text, in_call=in_call):
        return quoted(name.text)
    # After a sign it would be a distance.
    return f"({name.text})" if DISTANCE.fullmatch(name.text) else name.text
