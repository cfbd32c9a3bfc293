"""From an index of files to a `Study`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtcheck.dicom.beam_sum import beam_sum
from rtcheck.dicom.choose import choose
from rtcheck.dicom.deliveries import Delivery
from rtcheck.dicom.image import read_series
from rtcheck.dicom.index import Index, Instance, Kind, listed
from rtcheck.dicom.normalisation import Normalisation
from rtcheck.dicom.placement import Placed
from rtcheck.dicom.pool import Wanted
from rtcheck.dicom.rtdose import in_frame, read_dose
from rtcheck.dicom.rtplan import read_plan
from rtcheck.dicom.rtstruct import read_structure_set
from rtcheck.study import ImageSeries, Note, Patient, PlanDose, RTDose, StructureSet, Study


def assemble(index: Index, wanted: Wanted) -> Study:
    """Choose what belongs together and read it.

    Parameters
    ----------
    index : Index
    wanted : Wanted
        What the user chose.

    Returns
    -------
    Study

    Raises
    ------
    InputError, UsageError
        See `rtcheck.dicom.read_study`.
    """
    chosen = choose(index, wanted)
    placed = chosen.placed
    frame = placed.frame_of_reference_uid
    plans = {one.plan: read_plan(one.plan.instance) for one in placed.deliveries if one.plan}
    sum_notes: list[Note] = []
    plan_doses = tuple(
        PlanDose(
            plans[one.plan] if one.plan else None,
            _dose(one, frame, wanted.normalisation, sum_notes),
            one.group_numbers,
        )
        for one in placed.deliveries
    )
    structures = replace(read_structure_set(placed.structures.instance), frame_of_reference_uid=frame)
    used = _used(placed)
    patient, patient_notes = _patient(used, index.of(Kind.IMAGE))
    images, image_notes = _images(index, patient, structures, frame)
    parts = [dose.instance for one in placed.deliveries for dose in one.doses if dose.is_part]
    return Study(
        patient=patient,
        structure_set=structures,
        plan_doses=plan_doses,
        images=images,
        sources=tuple(instance.source for instance in used) + tuple(s for series in images for s in series.sources),
        notes=(
            *index.notes,
            *chosen.notes,
            *patient_notes,
            *(note for instance in used if instance not in parts for note in instance.notes),
            *_merged(parts, "doses of beams"),
            *sum_notes,
            *image_notes,
        ),
        study_instance_uid=used[0].attributes.text("StudyInstanceUID") or "",
    )


def _used(placed: Placed) -> list[Instance]:
    """Plans, structure set, doses and registrations, each once."""
    plans = [one.plan.instance for one in placed.deliveries if one.plan]
    doses = [dose.instance for one in placed.deliveries for dose in one.doses]
    moved = [one.registration.file for one in placed.deliveries if one.registration]
    return list(dict.fromkeys([*plans, placed.structures.instance, *doses, *moved]))


def _dose(one: Delivery, study_frame: str, normalisation: Normalisation | None, notes: list[Note]) -> RTDose:
    """A dose in the study's frame of reference: as it stands in its file, or the sum of its beams."""
    doses = [
        in_frame(
            read_dose(dose.instance, part=dose.is_part, normalisation=normalisation),
            one.frame_of_reference_uid,
            one.registration,
            study_frame,
        )
        for dose in one.doses
    ]
    if not one.doses[0].is_part or one.plan is None:
        return doses[0]
    total, remark = beam_sum(doses, one.plan.uid, whole_plan=not one.group_numbers)
    if remark:
        notes.append(Note("beams-resampled", total.source.name, remark))
    return total


def _patient(used: Sequence[Instance], images: Sequence[Instance]) -> tuple[Patient, list[Note]]:
    """The patient, and a note where the files tell different names, birth dates or sexes under one ID."""
    best = max(used, key=lambda instance: bool(instance.patient.patient_id))
    own = [image for image in images if image.patient.patient_id == best.patient.patient_id]
    notes = []
    for keyword in ("name", "birth_date", "sex"):
        told = {str(getattr(i.patient, keyword) or "").rstrip("^ ").upper(): i.name for i in (*own, *used)}
        told.pop("", None)
        if len(told) > 1:
            message = f"the patient's {keyword.replace('_', ' ')} differs between {' and '.join(told.values())}"
            notes.append(Note("patient-differs", best.name, message))
    return best.patient, notes


def _images(
    index: Index, patient: Patient, structures: StructureSet, frame: str
) -> tuple[tuple[ImageSeries, ...], list[Note]]:
    notes: list[Note] = []
    enhanced = [image.name for image in index.of(Kind.ENHANCED_IMAGE)]
    if enhanced:
        notes.append(Note("enhanced-images", enhanced[0], f"multi-frame images are not read: {listed(enhanced)}"))
    own = [one for one in index.of(Kind.IMAGE) if one.patient.patient_id in ("", patient.patient_id)]
    foreign = [one.name for one in index.of(Kind.IMAGE) if one not in set(own)]
    if foreign:
        notes.append(Note("other-patient", foreign[0], f"{len(foreign)} images of other patients are left out"))
    series, series_notes = read_series(own)
    notes += series_notes
    fitting = [one for one in series if _in_frame(one, structures, frame)]
    for one in series:
        if one not in fitting:
            message = f"{one.modality} series {one.series_instance_uid} is not in the dose's frame of reference"
            notes.append(Note("series-left-out", one.sources[0].name, message))
    names = {source.name for one in fitting for source in one.sources}
    return tuple(fitting), notes + _merged((image for image in own if image.name in names), "images")


def _in_frame(series: ImageSeries, structures: StructureSet, frame: str) -> bool:
    if series.frame_of_reference_uid:
        return series.frame_of_reference_uid == frame
    return not structures.referenced_image_uids.isdisjoint(series.sop_instance_uids)


def _merged(instances: Iterable[Instance], what: str) -> list[Note]:
    """Notes of many files, one for all that say the same."""
    by_code: dict[str, list[Note]] = {}
    for instance in instances:
        for note in instance.notes:
            by_code.setdefault(note.code, []).append(note)
    return [
        Note(code, same[0].where, same[0].message if len(same) == 1 else f"{len(same)} {what}: {same[0].message}")
        for code, same in by_code.items()
    ]
