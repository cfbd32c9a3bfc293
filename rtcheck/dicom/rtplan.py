"""RT Plan and RT Ion Plan: prescriptions and fraction groups; beams are read by `rtbeams`.

References
----------
.. [1] DICOM PS3.3, C.8.8.9 to C.8.8.13 (RT plan modules).
"""

from __future__ import annotations

from typing import Protocol

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.rtbeams import count_of, number_of, or_none, read_beams, tolerance_table_numbers
from rtcheck.study import Beam, DoseReference, FractionGroup, PhaseDose, Plan, ReferencedBeam, SourceFile


class PlanFile(Protocol):
    """What is needed of an indexed RT Plan."""

    @property
    def attributes(self) -> Attributes:
        """The plan's data set."""

    @property
    def source(self) -> SourceFile:
        """The plan's file."""


def read_plan(file: PlanFile) -> Plan:
    """Read an RT Plan.

    Parameters
    ----------
    file : Instance

    Returns
    -------
    Plan

    Raises
    ------
    UnreadableFileError
        No SOPInstanceUID or no fraction group; two beams, fraction groups or dose references of one number; a fraction
        group uses a beam or prescribes to a dose reference that the plan doesn't have; a number that is none.
    """
    attributes = file.attributes
    structure_sets = attributes.uids("ReferencedStructureSetSequence")
    if len(structure_sets) > 1:
        attributes.wrong("ReferencedStructureSetSequence", "names more than one structure set")
    beams = read_beams(attributes)
    groups = tuple(_fraction_group(item) for item in attributes.items("FractionGroupSequence"))
    references = tuple(_dose_reference(item) for item in attributes.items("DoseReferenceSequence"))
    if not groups:
        attributes.missing("FractionGroupSequence")
    _check_unique(attributes, "BeamNumber", [beam.number for beam in beams])
    _check_unique(attributes, "FractionGroupNumber", [group.number for group in groups])
    _check_unique(attributes, "DoseReferenceNumber", [reference.number for reference in references])
    _check_beams(attributes, groups, beams)
    _check_references(attributes, groups, references)
    positions = (item.code("PatientPosition") for item in attributes.items("PatientSetupSequence"))
    return Plan(
        sop_instance_uid=attributes.required("SOPInstanceUID"),
        label=attributes.text("RTPlanLabel") or "",
        name=attributes.text("RTPlanName"),
        dose_references=references,
        fraction_groups=groups,
        beams=beams,
        referenced_structure_set_uid=structure_sets[0] if structure_sets else None,
        referenced_dose_uids=attributes.uids("ReferencedDoseSequence"),
        source=file.source,
        frame_of_reference_uid=attributes.text("FrameOfReferenceUID"),
        plan_intent=attributes.code("PlanIntent"),
        approval_status=attributes.code("ApprovalStatus"),
        date=attributes.text("RTPlanDate"),
        patient_positions=tuple(dict.fromkeys(position for position in positions if position)),
        description=attributes.text("RTPlanDescription"),
        prescription_description=attributes.text("PrescriptionDescription"),
        time=or_none(attributes.text, "RTPlanTime"),
        tolerance_table_numbers=tolerance_table_numbers(attributes),
    )


def _dose_reference(item: Attributes) -> DoseReference:
    return DoseReference(
        number=number_of(item, "DoseReferenceNumber"),
        structure_type=item.code("DoseReferenceStructureType"),
        description=item.text("DoseReferenceDescription"),
        reference_type=item.code("DoseReferenceType"),
        target_prescription_dose_gy=_not_negative(item, "TargetPrescriptionDose"),
        referenced_roi_number=item.integer("ReferencedROINumber"),
        dose_reference_uid=item.text("DoseReferenceUID"),
    )


def _fraction_group(item: Attributes) -> FractionGroup:
    fractions = count_of(item, "NumberOfFractionsPlanned")
    beams = tuple(
        ReferencedBeam(
            number=number_of(beam, "ReferencedBeamNumber"),
            beam_dose_gy=_not_negative(beam, "BeamDose"),
            meterset=_not_negative(beam, "BeamMeterset"),
            point_mm=_point(beam),
        )
        for beam in item.items("ReferencedBeamSequence")
    )
    stated = item.integer("NumberOfBeams")
    if stated is not None and stated != len(beams):
        item.wrong("NumberOfBeams", f"differs from the {len(beams)} beams listed")
    _check_unique(item, "ReferencedBeamNumber", [beam.number for beam in beams])
    doses = tuple(_phase_dose(dose) for dose in item.items("ReferencedDoseReferenceSequence"))
    targets = tuple(dose for dose in doses if dose is not None)
    _check_unique(item, "ReferencedDoseReferenceNumber", [dose.dose_reference_number for dose in targets])
    return FractionGroup(number_of(item, "FractionGroupNumber"), fractions, beams, targets)


def _point(beam: Attributes) -> tuple[float, float, float] | None:
    """Where the beam's dose is stated; None where it isn't told."""
    position = beam.numbers("BeamDoseSpecificationPoint")
    return (float(position[0]), float(position[1]), float(position[2])) if len(position) == 3 else None


def _phase_dose(item: Attributes) -> PhaseDose | None:
    """What a fraction group prescribes to a dose reference; None where it names the reference and no dose."""
    dose_gy = _not_negative(item, "TargetPrescriptionDose")
    return None if dose_gy is None else PhaseDose(number_of(item, "ReferencedDoseReferenceNumber"), dose_gy)


def _not_negative(item: Attributes, keyword: str) -> float | None:
    value = item.number(keyword)
    if value is not None and value < 0:
        item.wrong(keyword, "must not be negative")
    return value


def _check_unique(attributes: Attributes, keyword: str, numbers: list[int]) -> None:
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        attributes.refuse(f"{keyword} {twice[0]} stands twice", "export the plan again")


def _check_beams(attributes: Attributes, groups: tuple[FractionGroup, ...], beams: tuple[Beam, ...]) -> None:
    known = {beam.number for beam in beams}
    for group in groups:
        absent = [beam.number for beam in group.beams if beam.number not in known]
        if absent:
            attributes.refuse(
                f"fraction group {group.number} uses beam {absent[0]}, which the plan doesn't hold",
                "export the plan again, complete",
            )


def _check_references(
    attributes: Attributes, groups: tuple[FractionGroup, ...], references: tuple[DoseReference, ...]
) -> None:
    known = {reference.number for reference in references}
    for group in groups:
        absent = [dose.dose_reference_number for dose in group.target_doses if dose.dose_reference_number not in known]
        if absent:
            attributes.refuse(
                f"fraction group {group.number} prescribes to dose reference {absent[0]}, which the plan doesn't hold",
                "export the plan again, complete",
            )
