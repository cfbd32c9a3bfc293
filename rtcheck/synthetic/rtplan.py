"""RT Plan datasets: one phase or several, one target or several, the prescription stated where asked.

A prescription may stand in dose references, in doses of phases, in doses of beams, or in free text alone; each of
them can be left out, and with ``structure_set=None`` nothing says which ROIs it is about.

References
----------
.. [1] DICOM PS3.3, C.8.8.10 (RT Prescription), C.8.8.13 (RT Fraction Scheme).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage

from rtcheck.errors import UsageError
from rtcheck.synthetic.beams import RIGHT_SIDE, ArcPath, arc, tolerance_table
from rtcheck.synthetic.headers import (
    DATES,
    FRAME,
    TIMES,
    add_frame_of_reference,
    approve,
    decimal_string,
    new_dataset,
    reference,
    uid,
)

MU_PER_GY = 240.0


class PlanOptions(TypedDict, total=False):
    """What every kind of plan may be given; all by keyword, all optional.

    Attributes
    ----------
    beams : int
        Arcs of each phase, equally weighted; 2 where not given.
    energy_mv : int
        Nominal photon energy.
    isocentre_mm : sequence of float, shape (3,)
    aperture_mm : float
        Radius of the opening round the isocentre.
    path : ArcPath
        Where the gantry goes.
    dose_references : bool
        False leaves DoseReferenceSequence out.
    beam_doses : bool
        False leaves BeamDose and its point out; the metersets stay.
    label : str
        RTPlanLabel; e.g. ``40Gy5F`` where not given, which states a prescription too.
    name : str
        RTPlanName; the label where not given.
    description, prescription_description : str
        RTPlanDescription and PrescriptionDescription.
    key, patient_id, patient_name : str
        See `new_dataset`.
    instance : str
        Tells several plans of one `key` apart.
    frame : str
        Tells several frames of reference of one `key` apart: the UID is ``uid(key, frame)``.
    structure_set : str or None
        Instance name of the structure set referenced; None references none.
    """

    beams: int
    energy_mv: int
    isocentre_mm: Sequence[float]
    aperture_mm: float
    path: ArcPath
    dose_references: bool
    beam_doses: bool
    label: str | None
    name: str | None
    description: str | None
    prescription_description: str | None
    key: str
    instance: str
    frame: str
    structure_set: str | None
    patient_id: str | None
    patient_name: str


def plan_dataset(
    total_dose_gy: float = 40.0,
    fractions: int = 5,
    *,
    target: str = "PTV",
    target_roi_number: int | None = None,
    **options: Unpack[PlanOptions],
) -> FileDataset:
    """An RT Plan of one prescription and one fraction group, approved, curative.

    Parameters
    ----------
    total_dose_gy : float
        TargetPrescriptionDose; the beam doses of all fractions add up to it.
    fractions : int
    target : str
        DoseReferenceDescription.
    target_roi_number : int, optional
        ROI of the target: DoseReferenceStructureType is VOLUME with it, SITE without.
    **options
        See `PlanOptions`.

    Raises
    ------
    UsageError
        If there is no fraction or no beam.
    """
    references = [dose_reference(1, total_dose_gy, target, target_roi_number, key=_reference_key(options))]
    return _plan(references, [(fractions, total_dose_gy)], [None], **options)


def boost_plan_dataset(
    doses_gy: Mapping[str, float],
    fractions: int = 25,
    *,
    roi_numbers: Mapping[str, int] | None = None,
    **options: Unpack[PlanOptions],
) -> FileDataset:
    """An RT Plan with a simultaneous integrated boost: several targets, each with its dose, in one fraction group.

    Parameters
    ----------
    doses_gy : mapping of str to float
        Total dose of each target, by DoseReferenceDescription, e.g. ``{"PTV_high": 60, "PTV_low": 50}``. The beam
        doses of all fractions add up to the highest.
    fractions : int
    roi_numbers : mapping of str to int, optional
        ROI of each target that has one; the others are SITE.
    **options
        See `PlanOptions`.

    Raises
    ------
    UsageError
        If there is no target, no fraction or no beam.
    """
    if not doses_gy:
        raise UsageError("a plan of no target; give at least one dose")
    numbers = roi_numbers or {}
    references = [
        dose_reference(number, dose_gy, target, numbers.get(target), key=_reference_key(options))
        for number, (target, dose_gy) in enumerate(doses_gy.items(), start=1)
    ]
    return _plan(references, [(fractions, max(doses_gy.values()))], [None], **options)


def phased_plan_dataset(
    phases: Sequence[tuple[int, float]],
    *,
    phase_doses: bool = True,
    target: str = "PTV",
    target_roi_number: int | None = None,
    **options: Unpack[PlanOptions],
) -> FileDataset:
    """An RT Plan of several phases: a fraction group each, with its own beams, numbered through.

    Parameters
    ----------
    phases : sequence of tuple
        ``(fractions, dose_gy)`` of each phase, e.g. ``[(25, 50.0), (7, 14.0), (3, 6.0)]``. The dose reference holds
        their sum; the beam doses of a phase's fractions add up to its dose.
    phase_doses : bool
        Whether each fraction group states its dose: ReferencedDoseReferenceSequence with TargetPrescriptionDose.
    target, target_roi_number
        See `plan_dataset`.
    **options
        See `PlanOptions`.

    Raises
    ------
    UsageError
        If there is no phase, or a phase of no fraction or no beam.
    """
    if not phases:
        raise UsageError("a plan of no phase; give at least one")
    total_dose_gy = sum(dose_gy for _, dose_gy in phases)
    references = [dose_reference(1, total_dose_gy, target, target_roi_number, key=_reference_key(options))]
    stated = [{1: dose_gy} if phase_doses else None for _, dose_gy in phases]
    return _plan(references, phases, stated, **options)


def _plan(
    references: Sequence[Dataset],
    phases: Sequence[tuple[int, float]],
    stated_gy: Sequence[Mapping[int, float] | None],
    *,
    beams: int = 2,
    energy_mv: int = 10,
    isocentre_mm: Sequence[float] = (0.0, 0.0, 0.0),
    aperture_mm: float = 30.0,
    path: ArcPath = RIGHT_SIDE,
    dose_references: bool = True,
    beam_doses: bool = True,
    label: str | None = None,
    name: str | None = None,
    description: str | None = None,
    prescription_description: str | None = None,
    key: str = "phantom",
    instance: str = "RTPLAN",
    frame: str = FRAME,
    structure_set: str | None = "RTSTRUCT",
    patient_id: str | None = None,
    patient_name: str = "Phantom^Synthetic",
) -> FileDataset:
    """The plan of these dose references and phases; `stated_gy` has what each fraction group prescribes itself."""
    for fractions, _ in phases:
        if fractions < 1 or beams < 1:
            raise UsageError(f"a plan of {fractions} fractions and {beams} beams; give at least one of each")
    dataset = new_dataset(
        RTPlanStorage, "RTPLAN", key=key, instance=(instance,), patient_id=patient_id, patient_name=patient_name
    )
    dataset.OperatorsName = ""
    add_frame_of_reference(dataset, key, frame)
    dataset.RTPlanLabel = _label(phases) if label is None else label
    dataset.RTPlanName = dataset.RTPlanLabel if name is None else name
    for keyword, text in (("RTPlanDescription", description), ("PrescriptionDescription", prescription_description)):
        if text is not None:
            setattr(dataset, keyword, text)
    dataset.RTPlanDate, dataset.RTPlanTime = DATES["RTPLAN"], TIMES["RTPLAN"]
    dataset.PlanIntent = "CURATIVE"
    dataset.RTPlanGeometry = "TREATMENT_DEVICE" if structure_set is None else "PATIENT"
    if structure_set is not None:
        dataset.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, uid(key, structure_set))]
    if dose_references:
        dataset.DoseReferenceSequence = list(references)
    dataset.ToleranceTableSequence = [tolerance_table()]
    numbers = [range(beams * index + 1, beams * (index + 1) + 1) for index in range(len(phases))]
    dataset.FractionGroupSequence = [
        fraction_group(
            index + 1,
            fractions,
            numbers[index],
            dose_gy / fractions / beams,
            isocentre_mm,
            beam_doses=beam_doses,
            target_doses_gy=stated_gy[index],
        )
        for index, (fractions, dose_gy) in enumerate(phases)
    ]
    dataset.BeamSequence = [
        arc(number, energy_mv, isocentre_mm, aperture_mm, path) for number in range(1, beams * len(phases) + 1)
    ]
    setup = Dataset()
    setup.PatientPosition, setup.PatientSetupNumber, setup.SetupTechnique = "HFS", 1, "ISOCENTRIC"
    dataset.PatientSetupSequence = [setup]
    approve(dataset, "RTPLAN")
    return dataset


def _reference_key(options: PlanOptions) -> str:
    """What DoseReferenceUIDs are derived from: the references of two plans of one `key` aren't the same."""
    key, instance = options.get("key", "phantom"), options.get("instance", "RTPLAN")
    return key if instance == "RTPLAN" else f"{key}/{instance}"


def _label(phases: Sequence[tuple[int, float]]) -> str:
    return f"{sum(dose_gy for _, dose_gy in phases):g}Gy{sum(fractions for fractions, _ in phases)}F"[:16]


def dose_reference(
    number: int, total_dose_gy: float, target: str, roi_number: int | None = None, *, key: str = "phantom"
) -> Dataset:
    """An item of DoseReferenceSequence: a target with its prescribed total dose in Gy."""
    item = Dataset()
    item.DoseReferenceNumber = number
    item.DoseReferenceUID = uid(key, "dose-reference", number)
    item.DoseReferenceStructureType = "SITE" if roi_number is None else "VOLUME"
    if roi_number is not None:
        item.ReferencedROINumber = roi_number
    item.DoseReferenceDescription = target
    item.DoseReferenceType = "TARGET"
    item.TargetPrescriptionDose = decimal_string(total_dose_gy, 6)
    return item


def fraction_group(
    number: int,
    fractions: int,
    beam_numbers: Sequence[int],
    beam_dose_gy: float,
    point_mm: Sequence[float] = (0.0, 0.0, 0.0),
    *,
    beam_doses: bool = True,
    target_doses_gy: Mapping[int, float] | None = None,
) -> Dataset:
    """An item of FractionGroupSequence: one phase [1]_.

    Parameters
    ----------
    number, fractions : int
    beam_numbers : sequence of int
    beam_dose_gy : float
        Of each beam and fraction, at `point_mm`.
    point_mm : sequence of float, shape (3,)
    beam_doses : bool
        False leaves BeamDose and its point out; the metersets stay.
    target_doses_gy : mapping of int to float, optional
        TargetPrescriptionDose of the phase, by the number of the dose reference that gets it.
    """
    group = Dataset()
    group.FractionGroupNumber = number
    group.NumberOfFractionsPlanned = fractions
    group.NumberOfBeams = len(beam_numbers)
    group.NumberOfBrachyApplicationSetups = 0
    group.ReferencedBeamSequence = []
    for beam_number in beam_numbers:
        beam = Dataset()
        if beam_doses:
            beam.BeamDoseSpecificationPoint = [decimal_string(value) for value in point_mm]
            beam.BeamDose = decimal_string(beam_dose_gy, 9)
        beam.BeamMeterset = decimal_string(beam_dose_gy * MU_PER_GY)
        beam.ReferencedBeamNumber = beam_number
        group.ReferencedBeamSequence.append(beam)
    if target_doses_gy:
        group.ReferencedDoseReferenceSequence = [_phase_dose(*item) for item in target_doses_gy.items()]
    return group


def _phase_dose(reference_number: int, dose_gy: float) -> Dataset:
    item = Dataset()
    item.ReferencedDoseReferenceNumber = reference_number
    item.TargetPrescriptionDose = decimal_string(dose_gy, 6)
    return item
