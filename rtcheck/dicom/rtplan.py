"""RT Plan and RT Ion Plan: prescriptions, fraction groups and beams.

References
----------
.. [1] DICOM PS3.3, C.8.8.9 to C.8.8.14 (RT plan modules), C.8.8.25 (ion beams).
"""

from __future__ import annotations

from typing import Protocol

from rtcheck.dicom.attributes import Attributes
from rtcheck.study import Beam, DoseReference, FractionGroup, Plan, ReferencedBeam, SourceFile


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
        group uses a beam that the plan doesn't have; a number that is none.
    """
    attributes = file.attributes
    structure_sets = attributes.uids("ReferencedStructureSetSequence")
    if len(structure_sets) > 1:
        attributes.wrong("ReferencedStructureSetSequence", "names more than one structure set")
    beams = tuple(_beam(item) for keyword in _BEAM_SEQUENCES for item in attributes.items(keyword))
    groups = tuple(_fraction_group(item) for item in attributes.items("FractionGroupSequence"))
    references = tuple(_dose_reference(item) for item in attributes.items("DoseReferenceSequence"))
    if not groups:
        attributes.missing("FractionGroupSequence")
    _check_unique(attributes, "BeamNumber", [beam.number for beam in beams])
    _check_unique(attributes, "FractionGroupNumber", [group.number for group in groups])
    _check_unique(attributes, "DoseReferenceNumber", [reference.number for reference in references])
    _check_beams(attributes, groups, beams)
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
    )


_BEAM_SEQUENCES = ("BeamSequence", "IonBeamSequence")


def _dose_reference(item: Attributes) -> DoseReference:
    return DoseReference(
        number=_number(item, "DoseReferenceNumber"),
        structure_type=item.code("DoseReferenceStructureType"),
        description=item.text("DoseReferenceDescription"),
        reference_type=item.code("DoseReferenceType"),
        target_prescription_dose_gy=_not_negative(item, "TargetPrescriptionDose"),
        referenced_roi_number=item.integer("ReferencedROINumber"),
        dose_reference_uid=item.text("DoseReferenceUID"),
    )


def _fraction_group(item: Attributes) -> FractionGroup:
    fractions = item.integer("NumberOfFractionsPlanned")
    if fractions is not None and fractions < 0:
        item.wrong("NumberOfFractionsPlanned", "must not be negative")
    beams = tuple(
        ReferencedBeam(
            number=_number(beam, "ReferencedBeamNumber"),
            beam_dose_gy=_not_negative(beam, "BeamDose"),
            meterset=_not_negative(beam, "BeamMeterset"),
        )
        for beam in item.items("ReferencedBeamSequence")
    )
    stated = item.integer("NumberOfBeams")
    if stated is not None and stated != len(beams):
        item.wrong("NumberOfBeams", f"differs from the {len(beams)} beams listed")
    _check_unique(item, "ReferencedBeamNumber", [beam.number for beam in beams])
    return FractionGroup(number=_number(item, "FractionGroupNumber"), fractions_planned=fractions, beams=beams)


def _beam(item: Attributes) -> Beam:
    return Beam(
        number=_number(item, "BeamNumber"),
        name=item.text("BeamName"),
        radiation_type=item.code("RadiationType"),
        treatment_delivery_type=item.code("TreatmentDeliveryType"),
        treatment_machine_name=item.text("TreatmentMachineName"),
    )


def _number(item: Attributes, keyword: str) -> int:
    number = item.integer(keyword)
    return item.missing(keyword) if number is None else number


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
