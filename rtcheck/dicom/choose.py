"""Which plan, dose and structure set belong together: by UIDs and frame of reference, and never by guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rtcheck.dicom.index import Index, Kind, listed
from rtcheck.dicom.links import OPTION, Candidate, ambiguous, candidate, described, select
from rtcheck.errors import (
    AmbiguousStudyError,
    IncompleteStudyError,
    InconsistentStudyError,
    UnsupportedDoseError,
)
from rtcheck.study import Note

_RT_KINDS = (Kind.PLAN, Kind.DOSE, Kind.STRUCTURES)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Objects that belong together, and the frame of reference that they share."""

    dose: Candidate
    plan: Candidate | None
    structures: Candidate
    frame_of_reference_uid: str
    notes: tuple[Note, ...]


@dataclass(eq=False)
class _Pool:
    """Candidates that are still in question, and those that the user chose."""

    of: dict[Kind, list[Candidate]]
    selected: dict[Kind, Candidate]
    notes: list[Note] = field(default_factory=list)

    def note(self, code: str, where: str, message: str) -> None:
        self.notes.append(Note(code, where, message))


def choose(index: Index, plan: str | None, dose: str | None, structures: str | None) -> Chosen:
    """Choose the objects of one study.

    Parameters
    ----------
    index : Index
    plan, dose, structures : str or None
        Label, file name or SOP Instance UID of the object wanted.

    Returns
    -------
    Chosen

    Raises
    ------
    IncompleteStudyError, AmbiguousStudyError, InconsistentStudyError, UnsupportedDoseError
        See `rtcheck.dicom.read_study`.
    """
    candidates = {kind: [candidate(instance) for instance in index.of(kind)] for kind in _RT_KINDS}
    selectors = {Kind.PLAN: plan, Kind.DOSE: dose, Kind.STRUCTURES: structures}
    selected = {
        kind: select(candidates[kind], selector, kind) for kind, selector in selectors.items() if selector is not None
    }
    pool = _Pool(candidates, selected)
    _keep_one_patient(pool)
    the_dose = _choose_dose(pool)
    the_plan = _choose_plan(pool, the_dose)
    frame = _dose_frame(pool, the_dose, the_plan)
    the_structures = _choose_structures(pool, the_dose, the_plan, frame)
    _check_frames(pool, frame, the_plan, the_structures)
    _note_left_out(pool, {the_dose, the_plan, the_structures})
    return Chosen(the_dose, the_plan, the_structures, frame, tuple(pool.notes))


def _keep_one_patient(pool: _Pool) -> None:
    wanted = {one.patient_id for one in pool.selected.values()} - {""}
    if len(wanted) > 1:
        chosen = "; ".join(described(pool.selected.values()))
        raise InconsistentStudyError(f"the objects chosen belong to different patients: {chosen}")
    present = {one.patient_id for candidates in pool.of.values() for one in candidates}
    patients = wanted or present - {""}
    if len(patients) > 1:
        raise _several_patients(pool, sorted(present))
    if not patients:
        return
    (patient,) = patients
    others = [one for some in pool.of.values() for one in some if one.patient_id not in (patient, "")]
    if others:
        pool.note("other-patient", others[0].name, f"left out, of other patients: {listed(described(others))}")
    if "" in present:
        # Without an ID an object is only taken for the patient's where no other patient is about.
        nameless = [one for some in pool.of.values() for one in some if not one.patient_id]
        if others:
            kept = set(pool.selected.values())
            others += [one for one in nameless if one not in kept]
        pool.note("patient-id-missing", nameless[0].name, f"no PatientID in {listed(one.name for one in nameless)}")
    for kind, candidates in pool.of.items():
        pool.of[kind] = [one for one in candidates if one not in others]


def _several_patients(pool: _Pool, patients: list[str]) -> AmbiguousStudyError:
    """The error that names every patient's objects, one candidate for each object that can be chosen."""

    def own(patient: str, kind: Kind) -> list[Candidate]:
        return [one for one in pool.of[kind] if one.patient_id == patient]

    asked = next((kind for kind in _RT_KINDS if all(own(patient, kind) for patient in patients)), Kind.DOSE)
    described_objects, selectors = [], []
    for patient in patients:
        name = f"patient {patient or 'without ID'}"
        for one in own(patient, asked):
            described_objects.append(f"{name}: {asked.value} {one.label!r} ({one.name}, {one.uid})")
            selectors.append(one.selector)
        if not own(patient, asked):
            others = ", ".join(one.name for kind in _RT_KINDS for one in own(patient, kind))
            described_objects.append(f"{name}: no {asked.value} ({others})")
            selectors.append("")
    return AmbiguousStudyError("patient", tuple(described_objects), OPTION[asked], tuple(selectors))


def _choose_dose(pool: _Pool) -> Candidate:
    doses = pool.of[Kind.DOSE]
    if not doses:
        raise IncompleteStudyError("no RT Dose is among the files", mend="add the dose export")
    chosen = pool.selected.get(Kind.DOSE)
    usable = [one for one in doses if one.unusable is None] if chosen is None else [chosen]
    if chosen is not None and chosen.unusable is not None:
        raise UnsupportedDoseError(chosen.unusable, chosen.name, "choose another with --dose")
    unusable = [f"{one.name}: {one.unusable}" for one in doses if one.unusable is not None]
    if not usable:
        raise UnsupportedDoseError(
            f"no dose can be used ({listed(unusable)})", mend="export the plan's physical dose in gray"
        )
    if unusable:
        pool.note(
            "doses-left-out",
            unusable[0].partition(":")[0],
            f"{len(unusable)} doses are no candidates: {listed(unusable)}",
        )
    usable = _of_selected_plan(pool, usable)
    if len(usable) > 1:
        usable = _of_selected_structures(pool, usable)
    if len(usable) == 1:
        return usable[0]
    # Each dose with a plan of its own: the plan is what the user knows by name.
    plans = [[plan for plan in pool.of[Kind.PLAN] if _linked(plan, dose)] for dose in usable]
    own = [some[0] for some in plans if len(some) == 1]
    if len(set(own)) == len(usable):
        raise ambiguous(Kind.PLAN, own)
    raise ambiguous(Kind.DOSE, usable)


def _linked(plan: Candidate, dose: Candidate) -> bool:
    return plan.uid in dose.plan_uids or (bool(dose.uid) and dose.uid in plan.dose_uids)


def _of_selected_plan(pool: _Pool, doses: list[Candidate]) -> list[Candidate]:
    plan = pool.selected.get(Kind.PLAN)
    if plan is None:
        return doses
    fitting = [one for one in doses if _linked(plan, one)] or [one for one in doses if not one.plan_uids]
    if not fitting:
        raise InconsistentStudyError(
            f"no dose belongs to the plan {plan.describe()}; there are: {'; '.join(described(doses))}",
            mend="add the plan's dose, or choose another with --plan or --dose",
        )
    return fitting


def _of_selected_structures(pool: _Pool, doses: list[Candidate]) -> list[Candidate]:
    structures = pool.selected.get(Kind.STRUCTURES)
    if structures is None:
        return doses

    def names_them(dose: Candidate) -> bool:
        plans = (plan for plan in pool.of[Kind.PLAN] if _linked(plan, dose))
        return structures.uid in dose.structure_uids or any(structures.uid in plan.structure_uids for plan in plans)

    by_name = [one for one in doses if names_them(one)]
    return by_name or [one for one in doses if one.frames & structures.frames] or doses


def _choose_plan(pool: _Pool, dose: Candidate) -> Candidate | None:
    plans = pool.of[Kind.PLAN]
    chosen = pool.selected.get(Kind.PLAN)
    linked = [one for one in plans if _linked(one, dose)]
    if len(dose.plan_uids) > 1:
        pool.note("multi-plan-dose", dose.name, f"the dose is that of {len(dose.plan_uids)} plans together")
    if chosen is not None:
        linked = [chosen]
        if dose.plan_uids and not _linked(chosen, dose):
            raise _foreign_plan(dose, [chosen])
    if len(linked) > 1:
        raise ambiguous(Kind.PLAN, linked)
    if linked:
        if linked[0].uid not in dose.plan_uids:
            pool.note("plan-not-referenced", dose.name, f"the dose doesn't name the plan {linked[0].describe()}")
        return linked[0]
    if not plans:
        missing = f" ({', '.join(dose.plan_uids)})" if dose.plan_uids else ""
        pool.note("no-plan", dose.name, f"the dose's plan{missing} is not among the files: no schedule is known")
        return None
    if dose.plan_uids:
        raise _foreign_plan(dose, plans)
    return _plan_by_other_links(pool, dose, plans)


def _foreign_plan(dose: Candidate, plans: list[Candidate]) -> InconsistentStudyError:
    return InconsistentStudyError(
        f"the dose belongs to plan {', '.join(dose.plan_uids)}, and given is {'; '.join(described(plans))}",
        dose.name,
        "add the plan that the dose names, choose another dose with --dose, or leave the plan out",
    )


def _plan_by_other_links(pool: _Pool, dose: Candidate, plans: list[Candidate]) -> Candidate:
    """The plan of a dose that names none, where one plan alone shares its structure set or frame of reference."""
    if len(plans) > 1:
        raise ambiguous(Kind.PLAN, plans)
    (plan,) = plans
    if not (set(plan.structure_uids) & set(dose.structure_uids) or plan.frames & dose.frames):
        raise InconsistentStudyError(
            f"nothing links the dose to the plan {plan.describe()}",
            dose.name,
            "choose the plan with --plan if it is the dose's, or leave it out",
        )
    pool.note("plan-not-referenced", dose.name, f"the dose names no plan; {plan.describe()} is taken")
    return plan


def _dose_frame(pool: _Pool, dose: Candidate, plan: Candidate | None) -> str:
    if dose.frames:
        (frame,) = dose.frames
    elif plan is not None and plan.frames and _linked(plan, dose):
        (frame,) = plan.frames
        pool.note("frame-of-reference-from-plan", dose.name, "the dose's frame of reference is taken from its plan")
    else:
        raise _unverifiable(dose)
    return frame


def _unverifiable(one: Candidate) -> InconsistentStudyError:
    return InconsistentStudyError(
        "no frame of reference is stated, so that nothing shows that dose and ROIs lie in the same coordinates",
        one.name,
        "export it with FrameOfReferenceUID",
    )


def _choose_structures(pool: _Pool, dose: Candidate, plan: Candidate | None, frame: str) -> Candidate:
    candidates = pool.of[Kind.STRUCTURES]
    if not candidates:
        raise IncompleteStudyError("no RT Structure Set is among the files", mend="add the structure set export")
    wanted = set(dose.structure_uids) | set(plan.structure_uids if plan else ())
    chosen = pool.selected.get(Kind.STRUCTURES)
    named = [one for one in candidates if one.uid in wanted]
    if chosen is None and len(named) > 1:
        raise ambiguous(Kind.STRUCTURES, named)
    found = chosen or (named[0] if named else None)
    if found is not None:
        if wanted - {found.uid}:
            message = f"plan and dose name {', '.join(sorted(wanted))}; used is {found.describe()}"
            pool.note("structures-not-referenced", found.name, message)
        return found
    there = "; ".join(described(candidates))
    if wanted:
        raise InconsistentStudyError(
            f"plan and dose belong to structure set {', '.join(sorted(wanted))}, and given is {there}",
            dose.name,
            "add the structure set that they name, or name the one to use with --structures",
        )
    fitting = [one for one in candidates if frame in one.frames]
    if len(fitting) > 1:
        raise ambiguous(Kind.STRUCTURES, fitting)
    if not fitting:
        unstated = [one for one in candidates if not one.frames]
        raise _unverifiable(unstated[0]) if unstated else _other_frame(candidates[0], frame)
    pool.note("structures-by-frame", fitting[0].name, "taken by frame of reference: neither plan nor dose names one")
    return fitting[0]


def _other_frame(structures: Candidate, frame: str) -> InconsistentStudyError:
    return InconsistentStudyError(
        f"the ROIs lie in frame of reference {', '.join(sorted(structures.frames))}, the dose in {frame}",
        structures.name,
        "give the structure set drawn on the planning images (choose with --structures)",
    )


def _check_frames(pool: _Pool, frame: str, plan: Candidate | None, structures: Candidate) -> None:
    if plan is not None and plan.frames and frame not in plan.frames:
        raise InconsistentStudyError(
            f"the plan lies in frame of reference {', '.join(plan.frames)}, its dose in {frame}",
            plan.name,
            "export plan and dose together",
        )
    if not structures.frames:
        if plan is None or not plan.frames or structures.uid not in plan.structure_uids:
            raise _unverifiable(structures)
        pool.note("frame-of-reference-from-plan", structures.name, "the frame of reference is taken from the plan")
    elif structures.frames != {frame}:
        raise _other_frame(structures, frame)


def _note_left_out(pool: _Pool, used: set[Candidate | None]) -> None:
    unused = [one for some in pool.of.values() for one in some if one not in used and one.unusable is None]
    if unused:
        message = f"{len(unused)} objects are not used: {listed(described(unused))}"
        pool.note("objects-left-out", PurePosixPath(unused[0].name).as_posix(), message)
