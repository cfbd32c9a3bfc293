"""What a dose names of its plan: fraction groups, beams and control points.

References
----------
.. [1] DICOM PS3.3, C.8.8.3: ReferencedRTPlanSequence of the RT Dose module.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.dicom.attributes import Attributes


@dataclass(frozen=True)
class BeamPart:
    """A beam that a dose names, all of it or some of its control points.

    Attributes
    ----------
    beam : int
    group : int or None
        The fraction group that uses it, where the dose says so.
    intervals : tuple of (int, int)
        First and last control point of each stretch; empty where the dose names none.
    """

    beam: int
    group: int | None
    intervals: tuple[tuple[int, int], ...] = ()


def groups_named(attributes: Attributes, plan_uid: str) -> tuple[int, ...]:
    """Numbers of the fraction groups of a plan that a dose is that of, ascending; empty where it doesn't say."""
    numbers = (item.integer("ReferencedFractionGroupNumber") for item in _groups(attributes, plan_uid))
    return tuple(sorted({number for number in numbers if number is not None}))


def beams_named(attributes: Attributes, plan_uid: str) -> tuple[BeamPart, ...]:
    """The beams of a plan that a dose is that of; empty where it doesn't say.

    Raises
    ------
    UnreadableFileError
        A beam without a number, or a stretch of control points without both ends.
    """
    return tuple(
        BeamPart(
            _number(beam, "ReferencedBeamNumber"), group.integer("ReferencedFractionGroupNumber"), _stretches(beam)
        )
        for group in _groups(attributes, plan_uid)
        for beam in group.items("ReferencedBeamSequence")
    )


def _groups(attributes: Attributes, plan_uid: str) -> list[Attributes]:
    return [
        group
        for plan in attributes.items("ReferencedRTPlanSequence")
        if plan.text("ReferencedSOPInstanceUID") == plan_uid
        for group in plan.items("ReferencedFractionGroupSequence")
    ]


def _stretches(beam: Attributes) -> tuple[tuple[int, int], ...]:
    return tuple(
        (_number(item, "ReferencedStartControlPointIndex"), _number(item, "ReferencedStopControlPointIndex"))
        for item in beam.items("ReferencedControlPointSequence")
    )


def _number(item: Attributes, keyword: str) -> int:
    number = item.integer(keyword)
    return item.missing(keyword) if number is None else number
