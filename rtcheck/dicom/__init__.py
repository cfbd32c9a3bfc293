"""DICOM files to `Study`: the only reader, and the only part of rtcheck that knows how DICOM is written."""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.dicom import rtdose, rtplan, rtstruct
from rtcheck.dicom.assemble import assemble
from rtcheck.dicom.export import dvh_object, pdf_object
from rtcheck.dicom.files import Source, find_files
from rtcheck.dicom.index import Instance, Kind, build_index, read_instance
from rtcheck.dicom.normalisation import parse_normalisation
from rtcheck.dicom.pool import Wanted
from rtcheck.errors import IncompleteStudyError, UnreadableFileError, UsageError
from rtcheck.study import Plan, RTDose, StructureSet, Study

__all__ = [
    "Source",
    "dvh_object",
    "pdf_object",
    "read_dose",
    "read_plan",
    "read_structure_set",
    "read_study",
]


def read_study(
    path: Source,
    *,
    plan: str | Sequence[str] | None = None,
    dose: str | None = None,
    structures: str | None = None,
    normalisation: str | None = None,
) -> Study:
    """Read one patient's doses, structure set, plans and image geometry.

    Files may have any name, stand in any order, and be mixed with others. What belongs together is told by UIDs,
    patient and frame of reference; where two objects fit, nothing is guessed. Doses are added, never multiplied: a
    dose of a fraction group is that of all its fractions.

    Parameters
    ----------
    path : str, path-like, or sequence
        A folder (read with everything below it), a zip, one file, a list of these, or a list of ``(name, bytes)``.
    plan : str or sequence of str, optional
        Label, file name or SOP Instance UID of the plan to use where several fit; several are given together. Without
        it, plans that each name targets of their own are taken together, and other plans are a question.
    dose, structures : str, optional
        Label, file name or SOP Instance UID of the object to use where several fit.
    normalisation : str, optional
        What the values of the dose mean where it is RELATIVE: ``"100=50Gy"``.

    Returns
    -------
    Study
        ``plan_doses`` has one entry for each plan, or for each fraction group whose dose stands alone; doses of beams
        are summed, and a dose in another frame of reference is moved by the rigid registration that links the two.
        Without a plan among the files its plan is None. ``notes`` says how the files were understood, and what was left
        out.

    Raises
    ------
    UnreadableFileError
        A file is no DICOM, cut short or damaged, or lacks what it must hold; a zip is damaged, encrypted or unsafe.
    UnsupportedDoseError
        The dose isn't a plan's absolute dose: RELATIVE without a normalisation, ERROR, a part of a plan that can't be
        told, or compressed.
    IncompleteStudyError
        No DICOM file, no dose or no structure set is there, or nothing answers to a selector; doses of fraction groups,
        beams or control points don't make up the plan's.
    AmbiguousStudyError
        Two candidates fit, or several patients are there, and nobody chose.
    InconsistentStudyError
        Objects name others than those given, or lie in different frames of reference that no registration links, or in
        none that is known.
    ParseError, UsageError
        The normalisation makes no sense, or there is nothing, or more than one dose, to normalise; a plan is named
        twice, or none of an empty sequence.
    """
    plans = (plan,) if isinstance(plan, str) else tuple(plan or ())
    if plan is not None and not plans:
        raise UsageError("no plan is named: name at least one, or leave the choice out")
    units = parse_normalisation(normalisation) if normalisation is not None else None
    index = build_index(find_files(path))
    if not any(index.instances.values()):
        ignored = f" ({index.notes[0].message})" if index.notes else ""
        raise IncompleteStudyError(
            f"no DICOM file is there{ignored}", _where(path), "give a folder, a zip or DICOM files"
        )
    return assemble(index, Wanted(plans, dose, structures, units))


def read_dose(path: Source) -> RTDose:
    """Read one RT Dose alone; its SOP Instance UID and frame of reference may be missing (empty).

    Parameters
    ----------
    path : path, or sequence of one path or ``(name, bytes)``

    Returns
    -------
    RTDose

    Raises
    ------
    UnreadableFileError, UnsupportedDoseError
        See `read_study`.
    """
    return rtdose.read_dose(_only(path, Kind.DOSE))


def read_plan(path: Source) -> Plan:
    """Read one RT Plan alone; `UnreadableFileError` where it can't be."""
    return rtplan.read_plan(_only(path, Kind.PLAN))


def read_structure_set(path: Source) -> StructureSet:
    """Read one RT Structure Set alone; `UnreadableFileError` where it can't be."""
    return rtstruct.read_structure_set(_only(path, Kind.STRUCTURES))


def _only(path: Source, kind: Kind) -> Instance:
    files = list(find_files(path))
    if len(files) != 1:
        raise UsageError(f"{_where(path)}: one file is read here, and {len(files)} are given")
    ((name, data),) = files
    if data is None:
        raise UnreadableFileError("it is not a DICOM file", name)
    instance = read_instance(name, data)
    if instance.kind is not kind:
        raise UnreadableFileError(f"it is no {kind.value} but {instance.source.modality}", name)
    return instance


def _where(path: Source) -> str:
    return "the files given" if isinstance(path, list | tuple) else str(path)
