"""What contours mean between the slices and beyond the last one: named conventions, for systems differ here most.

The same convention feeds volume and dose.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Between(Enum):
    """The solid between two contour planes."""

    #: Each contour reaches half way to its neighbours, unchanged.
    PRISM = "prism"
    #: The outline changes from one contour to the next (shape-based interpolation); branches are followed.
    INTERPOLATED = "interpolated"


class Ends(Enum):
    """The solid beyond the outermost contours."""

    #: The last contour reaches half a slice further, unchanged.
    HALF_SLICE = "half-slice"
    #: Nothing lies beyond the last contour.
    NONE = "none"
    #: A dome half a slice high stands on the last contour.
    ROUNDED = "rounded"


@dataclass(frozen=True)
class Convention:
    """How a stack of contours is read as a solid.

    Attributes
    ----------
    between : Between
    ends : Ends
    """

    between: Between = Between.PRISM
    ends: Ends = Ends.HALF_SLICE

    def __str__(self) -> str:
        ends = "no ends" if self.ends is Ends.NONE else f"{self.ends.value} ends"
        return f"{self.between.value}, {ends}"


#: Right prisms with half-slice ends: the convention of the analytic benchmark, and the one that verdicts are given in.
DEFAULT_CONVENTION = Convention()
#: All of them; metrics carry the interval over these.
CONVENTIONS = tuple(Convention(between, ends) for between in Between for ends in Ends)
