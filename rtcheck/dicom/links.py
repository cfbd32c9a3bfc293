"""RT objects as candidates: what each is called and which others it names, before any is read in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rtcheck.dicom.index import Instance, Kind
from rtcheck.dicom.rtdose import is_part, unusable_reason
from rtcheck.dicom.rtstruct import frames_of_reference
from rtcheck.errors import AmbiguousStudyError, IncompleteStudyError

#: The command-line option, and keyword of `read_study`, that chooses an object of each kind.
OPTION = {Kind.PLAN: "--plan", Kind.DOSE: "--dose", Kind.STRUCTURES: "--structures"}


@dataclass(frozen=True, eq=False)
class Candidate:
    """One plan, dose, structure set or registration, and its links.

    Attributes
    ----------
    label : str
        RTPlanLabel or StructureSetLabel; of a dose its comment or series description. May be empty.
    frames : frozenset of str
        Frames of reference stated.
    plan_uids, dose_uids, structure_uids : tuple of str
        SOP Instance UIDs of the objects that it names.
    unusable : str or None
        Why a dose is no candidate.
    is_part : bool
        Whether a dose is that of beams or control points, of which several may add up to a plan's.
    """

    instance: Instance
    label: str
    frames: frozenset[str]
    plan_uids: tuple[str, ...] = ()
    dose_uids: tuple[str, ...] = ()
    structure_uids: tuple[str, ...] = ()
    unusable: str | None = None
    is_part: bool = False

    @property
    def summation(self) -> str | None:
        """DoseSummationType."""
        return self.instance.attributes.code("DoseSummationType")

    @property
    def is_relative(self) -> bool:
        """Whether a dose is in units of a dose that the file doesn't tell."""
        return self.instance.attributes.code("DoseUnits") == "RELATIVE"

    @property
    def is_rejected(self) -> bool:
        """Whether a plan's approval was refused."""
        return self.instance.attributes.code("ApprovalStatus") == "REJECTED"

    @property
    def sums_plans(self) -> bool:
        """Whether a dose is that of several plans together."""
        return self.summation == "MULTI_PLAN" or len(self.plan_uids) > 1

    @property
    def selector(self) -> str:
        """What chooses this object and no other: its UID, or the file where it has none."""
        return self.uid or self.name

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return self.instance.uid

    @property
    def name(self) -> str:
        """File name."""
        return self.instance.name

    @property
    def patient_id(self) -> str:
        """PatientID; empty where not stated."""
        return self.instance.patient.patient_id

    def describe(self) -> str:
        """Label, file, UID and patient, to choose by."""
        label = f"{self.label!r} " if self.label else ""
        uid = self.uid or "no SOP Instance UID"
        return f"{label}({self.name}, {uid}, patient {self.patient_id or 'without ID'})"

    def answers_to(self, selector: str) -> bool:
        """Whether a selector means this object: its label, file name or SOP Instance UID."""
        selector = selector.strip().removeprefix("./")
        return selector in {self.label, self.name, PurePosixPath(self.name).name, self.uid} - {""}


def candidate(instance: Instance, *, normalised: bool = False) -> Candidate:
    """An object as a candidate; whether it is `normalised` is that of `rtcheck.dicom.rtdose.unusable_reason`."""
    attributes = instance.attributes
    frame = attributes.text("FrameOfReferenceUID")
    if instance.kind is Kind.STRUCTURES:
        return Candidate(instance, attributes.text("StructureSetLabel") or "", frames_of_reference(attributes))
    if instance.kind is Kind.REGISTRATION:
        return Candidate(instance, attributes.text("SeriesDescription") or "", frozenset())
    is_dose = instance.kind is Kind.DOSE
    label = (attributes.text("DoseComment") or attributes.text("SeriesDescription")) if is_dose else None
    return Candidate(
        instance,
        label=(label if is_dose else attributes.text("RTPlanLabel")) or "",
        frames=frozenset({frame} if frame else ()),
        plan_uids=attributes.uids("ReferencedRTPlanSequence") if is_dose else (),
        dose_uids=() if is_dose else attributes.uids("ReferencedDoseSequence"),
        structure_uids=attributes.uids("ReferencedStructureSetSequence"),
        unusable=unusable_reason(attributes, normalised=normalised) if is_dose else None,
        is_part=is_dose and is_part(attributes, normalised=normalised),
    )


def linked(plan: Candidate, dose: Candidate) -> bool:
    """Whether a dose names a plan, or the plan the dose."""
    return plan.uid in dose.plan_uids or (bool(dose.uid) and dose.uid in plan.dose_uids)


def select(candidates: Sequence[Candidate], selector: str, kind: Kind) -> Candidate:
    """The one candidate that a selector means.

    Raises
    ------
    IncompleteStudyError
        None answers to it.
    AmbiguousStudyError
        Several answer to it.
    """
    matches = [one for one in candidates if one.answers_to(selector)]
    if not matches:
        there = "; ".join(described(candidates)) or "none"
        raise IncompleteStudyError(
            f"no {kind.value} has the label, file name or SOP Instance UID {selector!r}",
            mend=f"{OPTION[kind]} can choose from: {there}",
        )
    if len(matches) > 1:
        raise ambiguous(kind, matches)
    return matches[0]


def ambiguous(kind: Kind, candidates: Iterable[Candidate]) -> AmbiguousStudyError:
    """The error that names the candidates."""
    listed = tuple(candidates)
    return AmbiguousStudyError(kind.value, described(listed), OPTION[kind], tuple(one.selector for one in listed))


def described(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """A description of each."""
    return tuple(one.describe() for one in candidates)
