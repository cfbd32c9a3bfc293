"""The structure set that doses are looked at with, and the frame of reference that all lie in or are moved into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rtcheck.dicom.deliveries import Delivery
from rtcheck.dicom.index import Kind
from rtcheck.dicom.links import Candidate, ambiguous, described, linked
from rtcheck.dicom.pool import Pool
from rtcheck.dicom.registration import registration_between
from rtcheck.errors import IncompleteStudyError, InconsistentStudyError


@dataclass(frozen=True, eq=False)
class Placed:
    """Doses, their structure set, and the frame of reference of the study, which is the structure set's."""

    deliveries: tuple[Delivery, ...]
    structures: Candidate
    frame_of_reference_uid: str


def place(pool: Pool, deliveries: Sequence[Delivery]) -> Placed:
    """Find the structure set of some doses, and where they lie.

    Raises
    ------
    IncompleteStudyError, AmbiguousStudyError, InconsistentStudyError
        See `rtcheck.dicom.read_study`.
    """
    framed = [replace(one, frame_of_reference_uid=_dose_frame(pool, one)) for one in deliveries]
    structures = _choose_structures(pool, framed)
    for one in framed:
        _check_plan(one)
    frame = _study_frame(pool, structures, framed)
    return Placed(tuple(_in_study(pool, one, structures, frame) for one in framed), structures, frame)


def wanted_structures(one: Delivery) -> set[str]:
    """The structure sets that a dose and its plan name."""
    named = {uid for dose in one.doses for uid in dose.structure_uids}
    return named | set(one.plan.structure_uids if one.plan else ())


def _dose_frame(pool: Pool, one: Delivery) -> str:
    frames = [_frame_of(pool, dose, one.plan) for dose in one.doses]
    other = next((number for number, frame in enumerate(frames) if frame != frames[0]), None)
    if other is not None:
        raise InconsistentStudyError(
            f"the dose lies in frame of reference {frames[other]}, and {one.doses[0].name} in {frames[0]}: doses of "
            "beams are added in one alone",
            one.doses[other].name,
            "export the plan's dose",
        )
    return frames[0]


def _frame_of(pool: Pool, dose: Candidate, plan: Candidate | None) -> str:
    if dose.frames:
        (frame,) = dose.frames
    elif plan is not None and plan.frames and linked(plan, dose):
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


def _choose_structures(pool: Pool, deliveries: Sequence[Delivery]) -> Candidate:
    candidates = pool.of[Kind.STRUCTURES]
    if not candidates:
        raise IncompleteStudyError("no RT Structure Set is among the files", mend="add the structure set export")
    each = [wanted_structures(one) for one in deliveries]
    wanted = set[str]().union(*each)
    named = [one for one in candidates if one.uid in wanted]
    if pool.structures is None and len(named) > 1:
        raise ambiguous(Kind.STRUCTURES, named)
    found = pool.structures or (named[0] if named else None)
    foreign = [one for one, own in zip(deliveries, each, strict=True) if own and (not found or found.uid not in own)]
    if foreign and pool.structures is None:
        # One set that suits a plan is not another plan's.
        raise _other_structures(foreign[0], candidates)
    if found is None:
        return _structures_by_frame(pool, deliveries, candidates)
    if wanted - {found.uid}:
        message = f"plan and dose name {', '.join(sorted(wanted))}; used is {found.describe()}"
        pool.note("structures-not-referenced", found.name, message)
    return found


def _other_structures(one: Delivery, candidates: Sequence[Candidate]) -> InconsistentStudyError:
    return InconsistentStudyError(
        f"plan and dose belong to structure set {', '.join(sorted(wanted_structures(one)))}, and given is "
        f"{'; '.join(described(candidates))}",
        one.doses[0].name,
        "add the structure set that they name, or name the one to use with --structures",
    )


def _structures_by_frame(pool: Pool, deliveries: Sequence[Delivery], candidates: Sequence[Candidate]) -> Candidate:
    frames = {one.frame_of_reference_uid for one in deliveries}
    fitting = [one for one in candidates if one.frames & frames] or [
        one for one in candidates if len(one.frames) == 1 and _are_registered(pool, frames, *one.frames)
    ]
    if len(fitting) > 1:
        raise ambiguous(Kind.STRUCTURES, fitting)
    if not fitting:
        unstated = [one for one in candidates if not one.frames]
        raise (
            _unverifiable(unstated[0])
            if unstated
            else _other_frame(candidates[0], deliveries[0].frame_of_reference_uid)
        )
    pool.note("structures-by-frame", fitting[0].name, "taken by frame of reference: neither plan nor dose names one")
    return fitting[0]


def _are_registered(pool: Pool, frames: set[str], fixed: str) -> bool:
    files = [one.instance for one in pool.of[Kind.REGISTRATION]]
    return all(registration_between(files, frame, fixed)[0] is not None for frame in frames)


def _other_frame(structures: Candidate, frame: str, unused: str = "") -> InconsistentStudyError:
    because = f" ({unused})" if unused else ""
    return InconsistentStudyError(
        f"the ROIs lie in frame of reference {', '.join(sorted(structures.frames))}, the dose in {frame}{because}",
        structures.name,
        "give the structure set drawn on the planning images (choose with --structures), or add the rigid spatial "
        "registration that links them",
    )


def _check_plan(one: Delivery) -> None:
    plan, frame = one.plan, one.frame_of_reference_uid
    if plan is not None and plan.frames and frame not in plan.frames:
        raise InconsistentStudyError(
            f"the plan lies in frame of reference {', '.join(plan.frames)}, its dose in {frame}",
            plan.name,
            "export plan and dose together",
        )


def _study_frame(pool: Pool, structures: Candidate, deliveries: Sequence[Delivery]) -> str:
    if len(structures.frames) == 1:
        (frame,) = structures.frames
        return frame
    if structures.frames:
        raise _other_frame(structures, deliveries[0].frame_of_reference_uid)
    naming = [one.plan for one in deliveries if one.plan and structures.uid in one.plan.structure_uids]
    frames = {frame for plan in naming for frame in plan.frames}
    if len(frames) != 1:
        raise _unverifiable(structures)
    pool.note("frame-of-reference-from-plan", structures.name, "the frame of reference is taken from the plan")
    return frames.pop()


def _in_study(pool: Pool, one: Delivery, structures: Candidate, frame: str) -> Delivery:
    """The same dose, moved into the study's frame of reference where it lies in another."""
    if one.frame_of_reference_uid == frame:
        return one
    files = [registration.instance for registration in pool.of[Kind.REGISTRATION]]
    registration, unused = registration_between(files, one.frame_of_reference_uid, frame)
    if registration is None:
        raise _other_frame(structures, one.frame_of_reference_uid, unused)
    if unused:
        pool.note("registration-not-used", one.doses[0].name, unused)
    message = f"the dose is moved from frame of reference {one.frame_of_reference_uid} to {frame} by {registration}"
    pool.note("dose-registered", one.doses[0].name, message)
    return replace(one, registration=registration)
