"""From an index of files to a `Study`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtcheck.dicom.choose import Chosen, choose
from rtcheck.dicom.image import read_series
from rtcheck.dicom.index import Index, Instance, Kind, listed
from rtcheck.dicom.rtdose import read_dose, with_frame_of_reference
from rtcheck.dicom.rtplan import read_plan
from rtcheck.dicom.rtstruct import read_structure_set
from rtcheck.study import ImageSeries, Note, Patient, Plan, PlanDose, RTDose, StructureSet, Study


def assemble(index: Index, *, plan: str | None = None, dose: str | None = None, structures: str | None = None) -> Study:
    """Choose what belongs together and read it.

    Parameters
    ----------
    index : Index
    plan, dose, structures : str, optional
        Label, file name or SOP Instance UID of the object to use.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        See `rtcheck.dicom.read_study`.
    """
    chosen = choose(index, plan, dose, structures)
    frame = chosen.frame_of_reference_uid
    the_plan = read_plan(chosen.plan.instance) if chosen.plan else None
    the_dose = with_frame_of_reference(read_dose(chosen.dose.instance), frame)
    the_structures = replace(read_structure_set(chosen.structures.instance), frame_of_reference_uid=frame)
    used = [one.instance for one in (chosen.plan, chosen.structures, chosen.dose) if one is not None]
    patient, patient_notes = _patient(used)
    images, image_notes = _images(index, patient, the_structures, frame)
    return Study(
        patient=patient,
        structure_set=the_structures,
        plan_doses=(PlanDose(the_plan, the_dose),),
        images=images,
        sources=tuple(instance.source for instance in used) + tuple(s for series in images for s in series.sources),
        notes=(
            *index.notes,
            *chosen.notes,
            *patient_notes,
            *(note for instance in used for note in instance.notes),
            *_coverage_notes(the_plan, the_dose, chosen),
            *image_notes,
        ),
    )


def _patient(used: Sequence[Instance]) -> tuple[Patient, list[Note]]:
    """The patient, and a note where the files tell different names, birth dates or sexes under one ID."""
    best = max(used, key=lambda instance: bool(instance.patient.patient_id))
    notes = []
    for keyword in ("name", "birth_date", "sex"):
        told = {str(getattr(i.patient, keyword) or "").rstrip("^ ").upper(): i.name for i in used}
        told.pop("", None)
        if len(told) > 1:
            message = f"the patient's {keyword.replace('_', ' ')} differs between {' and '.join(told.values())}"
            notes.append(Note("patient-differs", best.name, message))
    return best.patient, notes


def _coverage_notes(plan: Plan | None, dose: RTDose, chosen: Chosen) -> list[Note]:
    groups = len(plan.fraction_groups) if plan else 1
    if dose.summation_type == "FRACTION" and groups > 1:
        message = f"the dose is that of one fraction group, and the plan has {groups}"
        return [Note("dose-of-one-fraction-group", chosen.dose.name, message)]
    return []


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
    return tuple(fitting), notes + _merged(image for image in own if image.name in names)


def _in_frame(series: ImageSeries, structures: StructureSet, frame: str) -> bool:
    if series.frame_of_reference_uid:
        return series.frame_of_reference_uid == frame
    return not structures.referenced_image_uids.isdisjoint(series.sop_instance_uids)


def _merged(images: Iterable[Instance]) -> list[Note]:
    """Notes of a series' files, one for all that say the same."""
    by_code: dict[str, list[Note]] = {}
    for image in images:
        for note in image.notes:
            by_code.setdefault(note.code, []).append(note)
    return [
        Note(code, same[0].where, same[0].message if len(same) == 1 else f"{len(same)} images: {same[0].message}")
        for code, same in by_code.items()
    ]
