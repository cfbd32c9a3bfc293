"""Read-only ROI expressions: ``"Liver - GTV*"``, ``"(PTV + 5mm) & Liver"``, ``"ring(PTV, 0mm, 20mm)"``.

=============================  =====================================================================================
``A - B``, ``A + B``           without, or; from left to right
``A & B``                      and; binds tighter than ``-`` and ``+``
``A + 5mm``, ``A - 0.3cm``     a margin around A, or taken off it; binds as ``+`` and ``-`` do, so that
                               ``Body - PTV* + 3mm`` is ``(Body - PTV*) + 3mm``
``ring(A, 0mm, 20mm)``         what lies between 0 and 20 mm outside of A: ``(A + 20mm) - (A + 0mm)``
``any(A, B)``, ``all(A, B)``   no solid, but a question of each by itself: at least one of them, or each of them
                               (``each`` is ``all``); only as the whole expression
=============================  =====================================================================================

Operators need blanks around them, because names hold hyphens; a margin's sign may touch its number (``PTV +5mm``).
Parentheses group, quotes hold a name together (a quote in it is doubled: ``'Dr''s PTV'``), and inside the brackets of a
function commas separate. ``*`` and ``?`` match several ROIs, whose union is meant; as a member of ``any`` or ``all``
they mean each of these ROIs. An ROI whose name equals the whole text wins over the expression.

Cross-sections are combined as polygons, prism by prism, so nothing is lost where two ROIs touch. The operands are taken
as prisms with half-slice ends; another convention then reads the *combination*, whose ends are those of the left
operand (of both, for `+` and `&`). Its volume may differ from that of the parts read one by one by a part of their end
slices. How a margin is made stands in `rtcheck.roi_algebra.margins`.
"""

from rtcheck.roi_algebra.booleans import combine
from rtcheck.roi_algebra.evaluation import evaluate
from rtcheck.roi_algebra.expression import (
    Expression,
    Margin,
    Name,
    Operation,
    Ring,
    Selection,
    names,
    quoted,
    subjects,
    text_of,
)
from rtcheck.roi_algebra.grammar import parse_expression
from rtcheck.roi_algebra.margins import with_margin
from rtcheck.roi_algebra.mending import margin_hint, needs_quotes, read_as_name

__all__ = [
    "Expression",
    "Margin",
    "Name",
    "Operation",
    "Ring",
    "Selection",
    "combine",
    "evaluate",
    "margin_hint",
    "names",
    "needs_quotes",
    "parse_expression",
    "quoted",
    "read_as_name",
    "subjects",
    "text_of",
    "with_margin",
]
