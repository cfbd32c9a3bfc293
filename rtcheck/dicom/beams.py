"""Doses of beams and control points that make up a plan's, each treating beam once: or a refusal that names the gaps.

References
----------
.. [1] DICOM PS3.3, C.8.8.3: DoseSummationType BEAM and CONTROL_POINT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rtcheck.dicom.index import Kind
from rtcheck.dicom.links import Candidate, ambiguous
from rtcheck.dicom.parts import BeamPart, beams_named
from rtcheck.errors import IncompleteStudyError, InconsistentStudyError, UnsupportedDoseError
from rtcheck.study import Beam, Plan

#: How to mend doses of beams that don't make up a plan's.
EXPORT_WHOLE = "export the plan's dose, or the doses of all its beams"


@dataclass(frozen=True, eq=False)
class BeamGroup:
    """The doses that add up to a fraction group's.

    Attributes
    ----------
    doses : tuple of Candidate
        In the order of beams and control points.
    group_numbers : tuple of int
        Empty where the plan has one group alone.
    beams : tuple of Beam
    """

    doses: tuple[Candidate, ...]
    group_numbers: tuple[int, ...]
    beams: tuple[Beam, ...]

    def describe(self) -> str:
        """What was added, for the reader."""
        names = ", ".join(_name(beam) for beam in self.beams)
        which = f" of fraction group {self.group_numbers[0]}" if self.group_numbers else ""
        beams = "1 beam" if len(self.beams) == 1 else f"{len(self.beams)} beams"
        what = f"the doses of {beams}{which} are added ({names})"
        return what if len(self.doses) == len(self.beams) else f"{what}, from {len(self.doses)} files"


@dataclass(frozen=True, eq=False)
class _Part:
    """A dose, and the treating beams that it is that of."""

    dose: Candidate
    named: tuple[BeamPart, ...]

    @property
    def beams(self) -> set[int]:
        return {one.beam for one in self.named}

    def intervals(self, beam: int) -> list[tuple[int, int]]:
        return [interval for one in self.named if one.beam == beam for interval in one.intervals]


def beam_groups(candidate: Candidate, plan: Plan, doses: Sequence[Candidate]) -> list[BeamGroup]:
    """Which doses of beams and control points make up each fraction group's dose.

    Parameters
    ----------
    candidate : Candidate
        The plan.
    plan : Plan
        The same, in full.
    doses : sequence of Candidate
        Of BEAM or CONTROL_POINT type, that name the plan.

    Returns
    -------
    list of BeamGroup
        One for each fraction group that uses treating beams. Every such beam has one BEAM dose, or CONTROL_POINT doses
        from its first control point to its last. Doses of setup beams alone are left out.

    Raises
    ------
    IncompleteStudyError
        A beam, or some of its control points, have no dose.
    AmbiguousStudyError
        Two doses are there of one beam.
    InconsistentStudyError
        Doses name beams or groups that the plan doesn't have or doesn't use so, or control points twice.
    UnsupportedDoseError
        A dose doesn't say which beam's it is; groups can't be told apart; or sources are used as well.
    """
    group_of = _groups_of_beams(candidate, plan)
    beams = {beam.number: beam for beam in plan.beams}
    parts = [part for dose in doses if (part := _part(candidate, plan, dose, group_of)) is not None]
    used = _whole_beams(parts)
    _check_control_points(candidate, [part for part in parts if part not in used.values()], used, beams, group_of)
    for part in parts:
        if part not in used.values():
            used |= {beam: part for beam in part.beams if beam not in used}
    missing = [_name(beams[number]) for number in group_of if number not in used]
    if missing:
        raise IncompleteStudyError(
            f"only doses of beams are there of the plan {candidate.describe()}, and none of beam {', '.join(missing)}",
            doses[0].name,
            EXPORT_WHOLE,
        )
    several = len(plan.fraction_groups) > 1
    ordered = sorted(parts, key=lambda part: min((one.beam, one.intervals) for one in part.named))
    return [
        BeamGroup(
            tuple(part.dose for part in ordered if group in {group_of[beam] for beam in part.beams}),
            (group,) if several else (),
            tuple(beams[number] for number in sorted(group_of) if group_of[number] == group),
        )
        for group in dict.fromkeys(group_of.values())
    ]


def _groups_of_beams(candidate: Candidate, plan: Plan) -> dict[int, int]:
    """The fraction group of every treating beam that is used."""
    for item in candidate.instance.attributes.items("FractionGroupSequence"):
        if item.items("ReferencedBrachyApplicationSetupSequence"):
            raise UnsupportedDoseError(
                f"the plan {candidate.describe()} uses sources, and only doses of beams are there",
                mend="export the plan's dose",
            )
    treating = {beam.number for beam in plan.beams if beam.treats}
    group_of: dict[int, int] = {}
    for group in plan.fraction_groups:
        own = [one.number for one in group.beams if one.number in treating]
        if not own and (not group.beams or any(dose.target_prescription_dose_gy for dose in group.target_doses)):
            raise IncompleteStudyError(
                f"only doses of beams are there of the plan {candidate.describe()}, and its fraction group "
                f"{group.number} uses no treating beam",
                mend="export the plan's dose",
            )
        for number in own:
            if number in group_of:
                raise UnsupportedDoseError(
                    f"beam {number} of the plan {candidate.describe()} is used in fraction groups {group_of[number]} "
                    f"and {group.number}: whose dose a beam's is can't be told",
                    mend="export the plan's dose or that of each fraction group",
                )
            group_of[number] = group.number
    if not group_of:
        raise IncompleteStudyError(
            f"only doses of beams are there of the plan {candidate.describe()}, and it uses no treating beam",
            mend="export the plan's dose",
        )
    return group_of


def _part(candidate: Candidate, plan: Plan, dose: Candidate, group_of: Mapping[int, int]) -> _Part | None:
    """What a dose is that of; None for one of setup beams alone."""
    named = beams_named(dose.instance.attributes, plan.sop_instance_uid)
    if not named:
        raise UnsupportedDoseError(f"{dose.unusable}, and doesn't say of which beam", dose.name, EXPORT_WHOLE)
    known = {beam.number for beam in plan.beams}
    for one in named:
        if one.beam not in known:
            _refuse(candidate, dose, f"the dose is that of beam {one.beam}, which the plan doesn't have")
        if one.beam in group_of and one.group not in (None, group_of[one.beam]):
            _refuse(
                candidate,
                dose,
                f"the dose is that of beam {one.beam} in fraction group {one.group}, which doesn't use it",
            )
        if dose.summation == "CONTROL_POINT" and one.beam in group_of and not one.intervals:
            raise UnsupportedDoseError(
                f"{dose.unusable}, and doesn't say of which control points of beam {one.beam}", dose.name, EXPORT_WHOLE
            )
    idle = sorted({one.beam for one in named if one.beam not in group_of})
    if len(idle) == len({one.beam for one in named}):
        return None
    if idle:
        _refuse(candidate, dose, f"the dose is also that of beam {idle[0]}, which no fraction group treats with")
    if len({group_of[one.beam] for one in named}) > 1:
        raise UnsupportedDoseError("the dose is that of beams of several fraction groups", dose.name, EXPORT_WHOLE)
    return _Part(dose, named)


def _refuse(candidate: Candidate, dose: Candidate, problem: str) -> None:
    raise InconsistentStudyError(
        f"{problem} (plan {candidate.describe()})", dose.name, "export the plan and its doses together"
    )


def _whole_beams(parts: Sequence[_Part]) -> dict[int, _Part]:
    """The BEAM dose of every beam that has one."""
    found: dict[int, _Part] = {}
    for part in parts:
        if part.dose.summation == "BEAM":
            for beam in part.beams:
                if beam in found:
                    raise ambiguous(Kind.DOSE, (found[beam].dose, part.dose))
                found[beam] = part
    return found


def _check_control_points(
    candidate: Candidate,
    parts: Sequence[_Part],
    whole: Mapping[int, _Part],
    beams: Mapping[int, Beam],
    group_of: Mapping[int, int],
) -> None:
    """Refuse doses of control points that aren't those of whole beams, each stretch once."""
    for part in parts:
        twice = sorted(part.beams & set(whole))
        if twice:
            raise ambiguous(Kind.DOSE, (whole[twice[0]].dose, part.dose))
    for number in group_of:
        stretches = sorted((start, stop, part.dose.name) for part in parts for start, stop in part.intervals(number))
        if stretches:
            _check_chain(candidate, beams[number], stretches)


def _check_chain(candidate: Candidate, beam: Beam, stretches: Sequence[tuple[int, int, str]]) -> None:
    where = f"beam {_name(beam)} of the plan {candidate.describe()}"
    if not beam.control_points:
        raise IncompleteStudyError(
            f"{where} doesn't state its NumberOfControlPoints, so that nothing shows whether all have a dose",
            mend=EXPORT_WHOLE,
        )
    last = beam.control_points - 1
    for start, stop, name in stretches:
        if not 0 <= start < stop <= last:
            raise InconsistentStudyError(
                f"the dose is that of control points {start} to {stop}, and {where} has them from 0 to {last}",
                name,
                EXPORT_WHOLE,
            )
    gaps = []
    for (_, before, first), (after, _, second) in pairwise([(0, 0, ""), *stretches, (last, last, "")]):
        if after < before:
            raise InconsistentStudyError(
                f"control points {after} to {before} of {where} are in two doses, {first} and {second}",
                mend="leave out the one that doesn't belong",
            )
        if after > before:
            gaps.append(f"{before} to {after}")
    if gaps:
        raise IncompleteStudyError(
            f"no dose is there of control points {', '.join(gaps)} of {where}", stretches[0][2], EXPORT_WHOLE
        )


def _name(beam: Beam) -> str:
    return f"{beam.number} {beam.name!r}" if beam.name else f"{beam.number}"
