"""The objects of one patient that are still in question, and those that the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rtcheck.dicom.index import Index, Kind, listed
from rtcheck.dicom.links import OPTION, Candidate, candidate, described, linked, select
from rtcheck.dicom.normalisation import Normalisation
from rtcheck.dicom.rtplan import read_plan
from rtcheck.errors import AmbiguousStudyError, InconsistentStudyError, UsageError
from rtcheck.study import Note, Plan

RT_KINDS = (Kind.PLAN, Kind.DOSE, Kind.STRUCTURES)


@dataclass(frozen=True)
class Wanted:
    """What the user chose: labels, file names or SOP Instance UIDs, and what relative doses mean.

    Attributes
    ----------
    plans : tuple of str
        Empty where none was chosen.
    dose, structures : str or None
    normalisation : Normalisation or None
    """

    plans: tuple[str, ...] = ()
    dose: str | None = None
    structures: str | None = None
    normalisation: Normalisation | None = None


@dataclass(eq=False)
class Pool:
    """Candidates by kind, and those that were chosen.

    Attributes
    ----------
    of : dict of Kind to list of Candidate
        Those of one patient.
    plans : tuple of Candidate
        The plans that the user chose.
    dose, structures : Candidate or None
        Those that the user chose.
    notes : list of Note
    """

    of: dict[Kind, list[Candidate]]
    plans: tuple[Candidate, ...] = ()
    dose: Candidate | None = None
    structures: Candidate | None = None
    notes: list[Note] = field(default_factory=list)
    _read: dict[Candidate, Plan] = field(default_factory=dict)

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """Everything that the user chose."""
        return tuple(one for one in (*self.plans, self.structures, self.dose) if one is not None)

    def note(self, code: str, where: str, message: str) -> None:
        """Add a note."""
        self.notes.append(Note(code, where, message))

    def plan(self, plan: Candidate) -> Plan:
        """A plan in full, read once."""
        if plan not in self._read:
            self._read[plan] = read_plan(plan.instance)
        return self._read[plan]

    def plans_of(self, dose: Candidate) -> list[Candidate]:
        """The plans that a dose belongs to."""
        return [plan for plan in self.of[Kind.PLAN] if linked(plan, dose)]


def fill(index: Index, wanted: Wanted) -> Pool:
    """The objects of an index, those of one patient, with what was chosen among them.

    Raises
    ------
    IncompleteStudyError, AmbiguousStudyError
        Nothing, or more than one object, answers to a selector; or several patients are there and nobody chose.
    InconsistentStudyError
        The objects chosen belong to different patients.
    UsageError
        A plan is chosen twice.
    """
    normalised = wanted.normalisation is not None
    kinds = (*RT_KINDS, Kind.REGISTRATION)
    pool = Pool({kind: [candidate(one, normalised=normalised) for one in index.of(kind)] for kind in kinds})
    for selector in wanted.plans:
        plan = select(pool.of[Kind.PLAN], selector, Kind.PLAN)
        if plan in pool.plans:
            raise UsageError(f"the plan {plan.describe()} is named twice; its dose can be given once")
        pool.plans += (plan,)
    if wanted.dose is not None:
        pool.dose = select(pool.of[Kind.DOSE], wanted.dose, Kind.DOSE)
    if wanted.structures is not None:
        pool.structures = select(pool.of[Kind.STRUCTURES], wanted.structures, Kind.STRUCTURES)
    _keep_one_patient(pool)
    return pool


def _keep_one_patient(pool: Pool) -> None:
    wanted = {one.patient_id for one in pool.chosen} - {""}
    if len(wanted) > 1:
        chosen = "; ".join(described(pool.chosen))
        raise InconsistentStudyError(f"the objects chosen belong to different patients: {chosen}")
    objects = [one for kind in RT_KINDS for one in pool.of[kind]]
    present = {one.patient_id for one in objects}
    patients = wanted or present - {""}
    if len(patients) > 1:
        raise _several_patients(pool, sorted(present))
    (patient,) = patients or {""}
    # A registration is no object that a patient is told by: another's is left out, whoever is about.
    others = [one for one in (*objects, *pool.of[Kind.REGISTRATION]) if one.patient_id not in (patient, "")]
    if others:
        pool.note("other-patient", others[0].name, f"left out, of other patients: {listed(described(others))}")
    if patient and "" in present:
        # Without an ID an object is only taken for the patient's where no other patient is about.
        nameless = [one for one in objects if not one.patient_id]
        if any(one in others for one in objects):
            others += [one for one in nameless if one not in pool.chosen]
        pool.note("patient-id-missing", nameless[0].name, f"no PatientID in {listed(one.name for one in nameless)}")
    for kind, candidates in pool.of.items():
        pool.of[kind] = [one for one in candidates if one not in others]


def _several_patients(pool: Pool, patients: Sequence[str]) -> AmbiguousStudyError:
    """The error that names every patient's objects, one candidate for each object that can be chosen."""

    def own(patient: str, kind: Kind) -> list[Candidate]:
        return [one for one in pool.of[kind] if one.patient_id == patient]

    asked = next((kind for kind in RT_KINDS if all(own(patient, kind) for patient in patients)), Kind.DOSE)
    described_objects, selectors = [], []
    for patient in patients:
        name = f"patient {patient or 'without ID'}"
        for one in own(patient, asked):
            described_objects.append(f"{name}: {asked.value} {one.label!r} ({one.name}, {one.uid})")
            selectors.append(one.selector)
        if not own(patient, asked):
            others = ", ".join(one.name for kind in RT_KINDS for one in own(patient, kind))
            described_objects.append(f"{name}: no {asked.value} ({others})")
            selectors.append("")
    return AmbiguousStudyError("patient", tuple(described_objects), OPTION[asked], tuple(selectors))
